"""The job `upstream_dispatch` (domain 8), on all days: what became true, then who must be told, then who is called."""

from agreements.kernel.sweeps import Sweep
from compliance.upstream import due
from compliance.upstream.calling import call, changes_to_call_about
from compliance.upstream.dispatching import (
    issue_letter,
    issue_withdrawal,
    letters_to_issue,
    letters_to_readdress,
    readdress,
    withdrawals_to_issue,
)
from compliance.upstream.judging import (
    advance,
    arrivals_to_judge,
    changes_to_advance,
    judge_arrival,
    judge_withdrawal,
    record_silence,
    silences_to_record,
    withdrawals_to_judge,
)
from compliance.upstream.mapping import changes_to_map, map_by_rule

SWEEPS = (
    Sweep("upstream_arrivals", arrivals_to_judge, judge_arrival, due.arrival_due_at, born_due=True),
    Sweep(
        "upstream_withdrawal_arrivals",
        withdrawals_to_judge,
        judge_withdrawal,
        due.withdrawal_arrival_due_at,
        born_due=True,
    ),
    Sweep("upstream_map", changes_to_map, map_by_rule),
    Sweep("upstream_letters", letters_to_issue, issue_letter, due.letter_due_at, born_due=True),
    Sweep(
        "upstream_withdrawal_letters",
        withdrawals_to_issue,
        issue_withdrawal,
        due.withdrawal_letter_due_at,
        born_due=True,
    ),
    Sweep("upstream_readdress", letters_to_readdress, readdress),
    Sweep("upstream_advance", changes_to_advance, advance),
    Sweep("upstream_silence", silences_to_record, record_silence, due.silence_due_at),
    Sweep("upstream_alarms", changes_to_call_about, call, due.call_due_at, born_due=True),
)
