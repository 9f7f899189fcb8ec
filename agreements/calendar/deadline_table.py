"""The table of deadlines: each rule's clause, who owes it, and its period by the standard form (domain section 7).

Numbers labelled P are ours and may be replaced by the policy in force; a term of the agreement replaces either.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class DeadlineRule(StrEnum):
    CHANGE_NOTIFICATION = "change_notification"
    CHANGE_PROCEDURE = "change_procedure"
    UPSTREAM_NOTICE = "upstream_notice"
    UPSTREAM_WITHDRAWAL_NOTICE = "upstream_withdrawal_notice"
    AUTHORIZATION_DEMAND = "authorization_demand"
    RECTIFICATION = "rectification"
    MAINTENANCE_NOTICE = "maintenance_notice"
    FORCE_MAJEURE_PROOF = "force_majeure_proof"
    AFTERMATH_AGREEMENT = "aftermath_agreement"
    SETTLEMENT_STATEMENT = "settlement_statement"
    EXPIRY_WARNING = "expiry_warning"
    SERVICE_PERIOD_END = "service_period_end"
    RESCISSION_CUTOFF = "rescission_cutoff"
    LIMITATION = "limitation"
    LOG_RETENTION = "log_retention"
    PROCESSING_RECORD_RETENTION = "processing_record_retention"


class Unit(StrEnum):
    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"
    MONTH = "month"
    HOUR = "hour"


class Roll(StrEnum):
    """Where a last day that is not worked moves."""

    FORWARD = "forward"
    BACK = "back"
    NONE = "none"


class Debtor(StrEnum):
    TENANT = "tenant"
    PROVIDER = "provider"
    BOTH = "both"


class Source(StrEnum):
    """Where the number comes from: the agreement, statute, or a policy of ours."""

    CONTRACT = "C"
    STATUTE = "S"
    POLICY = "P"


class Kind(StrEnum):
    """What passing the date means.

    DUTY       the debtor is late
    REMINDER   an aim without a contractual number; nobody is in breach by it
    WARNING    our courtesy before a date: counted back from it
    FIXED      a date that the agreement, or we, named; nothing is counted
    CUTOFF     a right is gone
    RETENTION  records need no longer be kept
    """

    DUTY = "duty"
    REMINDER = "reminder"
    WARNING = "warning"
    FIXED = "fixed"
    CUTOFF = "cutoff"
    RETENTION = "retention"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: `count` and `unit` are None only for a fixed date; `policy` is the key that may replace the count."""

    name: DeadlineRule
    clause: str
    debtor: Debtor
    kind: Kind
    source: Source
    count: int | None
    unit: Unit | None
    policy: str | None = None

    def default_roll(self, unit: Unit | None) -> Roll:
        """Rules T-7, T-9, T-10: where the last day moves if nobody says otherwise.

        A working-day period ends on a working day and an hour is an hour, so neither moves. What must be *done* within
        calendar days or months rolls forward (Civil Code 203), a warning rolls back. A fixed date never moves (204).
        Retention and cut-offs do not move either: nothing has to be done on the last day of keeping records, and
        whether 203 lengthens the one-year right of 564 is open (domain section 15, 7), so nobody is told a right lives
        longer than it surely does. Neither is ever shortened.
        """
        if unit not in (Unit.CALENDAR_DAY, Unit.MONTH):
            return Roll.NONE
        if self.kind is Kind.WARNING:
            return Roll.BACK
        return Roll.FORWARD if self.kind in (Kind.DUTY, Kind.REMINDER) else Roll.NONE


RULES: Mapping[DeadlineRule, Rule] = {
    rule.name: rule
    for rule in (
        Rule(DeadlineRule.CHANGE_NOTIFICATION, "3.3", Debtor.TENANT, Kind.DUTY, Source.CONTRACT, 5, Unit.WORKING_DAY),
        Rule(DeadlineRule.CHANGE_PROCEDURE, "3.3", Debtor.TENANT, Kind.FIXED, Source.POLICY, None, None),
        Rule(DeadlineRule.UPSTREAM_NOTICE, "2.4", Debtor.PROVIDER, Kind.DUTY, Source.CONTRACT, 1, Unit.WORKING_DAY),
        Rule(
            DeadlineRule.UPSTREAM_WITHDRAWAL_NOTICE,
            "2.4",
            Debtor.PROVIDER,
            Kind.DUTY,
            Source.POLICY,
            1,
            Unit.WORKING_DAY,
        ),
        Rule(
            DeadlineRule.AUTHORIZATION_DEMAND,
            "2.1",
            Debtor.TENANT,
            Kind.DUTY,
            Source.POLICY,
            3,
            Unit.WORKING_DAY,
            "authorization_demand_working_days",
        ),
        Rule(
            DeadlineRule.RECTIFICATION,
            "4.4",
            Debtor.TENANT,
            Kind.DUTY,
            Source.POLICY,
            3,
            Unit.WORKING_DAY,
            "rectification_working_days",
        ),
        Rule(
            DeadlineRule.MAINTENANCE_NOTICE,
            "4.3",
            Debtor.PROVIDER,
            Kind.DUTY,
            Source.POLICY,
            1,
            Unit.WORKING_DAY,
            "maintenance_notice_working_days",
        ),
        Rule(
            DeadlineRule.FORCE_MAJEURE_PROOF,
            "7.1.1",
            Debtor.BOTH,
            Kind.REMINDER,
            Source.POLICY,
            30,
            Unit.CALENDAR_DAY,
            "force_majeure_proof_calendar_days",
        ),
        Rule(
            DeadlineRule.AFTERMATH_AGREEMENT,
            "2.4",
            Debtor.BOTH,
            Kind.REMINDER,
            Source.POLICY,
            10,
            Unit.WORKING_DAY,
            "aftermath_agreement_working_days",
        ),
        Rule(
            DeadlineRule.SETTLEMENT_STATEMENT,
            "4.6",
            Debtor.BOTH,
            Kind.REMINDER,
            Source.POLICY,
            10,
            Unit.WORKING_DAY,
            "settlement_statement_working_days",
        ),
        Rule(
            DeadlineRule.EXPIRY_WARNING,
            "T-10",
            Debtor.PROVIDER,
            Kind.WARNING,
            Source.POLICY,
            30,
            Unit.CALENDAR_DAY,
            "expiry_warnings_calendar_days",
        ),
        Rule(DeadlineRule.SERVICE_PERIOD_END, "三 1", Debtor.BOTH, Kind.FIXED, Source.CONTRACT, None, None),
        Rule(DeadlineRule.RESCISSION_CUTOFF, "4.4", Debtor.PROVIDER, Kind.CUTOFF, Source.STATUTE, 12, Unit.MONTH),
        Rule(DeadlineRule.LIMITATION, "6.2", Debtor.BOTH, Kind.CUTOFF, Source.STATUTE, 36, Unit.MONTH),
        Rule(DeadlineRule.LOG_RETENTION, "CSL", Debtor.PROVIDER, Kind.RETENTION, Source.STATUTE, 6, Unit.MONTH),
        Rule(
            DeadlineRule.PROCESSING_RECORD_RETENTION,
            "PIPL 56",
            Debtor.PROVIDER,
            Kind.RETENTION,
            Source.STATUTE,
            36,
            Unit.MONTH,
        ),
    )
}
