"""Domain 6.1, copied out by hand line by line: every move, what it leads to, and who may make it.

The other test reads the program's own table; this one would notice if the table itself were wrong.
"""

import pytest

from agreements.kernel.access.rules import MATRIX, Permission
from agreements.register.rules import AGREEMENT_MOVES, AgreementEvent, AgreementState

SCHEDULER_ALONE = None
SPECIFIED = [
    # state before, event, state after, permission of a person (None: time alone), roles
    ("draft", "verify", "pending_payment", Permission.REGISTER_AGREEMENT, {"legal_officer"}),
    ("pending_payment", "complete_payment", "effective", Permission.CONFIRM_PAYMENT, {"finance", "ops"}),
    ("pending_payment", "cancel", "cancelled", Permission.CANCEL_ORDER, {"ops"}),
    ("effective", "start_service", "in_service", SCHEDULER_ALONE, set()),
    ("effective", "expire", "expired", SCHEDULER_ALONE, set()),
    ("in_service", "expire", "expired", SCHEDULER_ALONE, set()),
    ("effective", "end_by_agreement", "ended_by_agreement", Permission.END_AGREEMENT, {"legal_approver"}),
    ("in_service", "end_by_agreement", "ended_by_agreement", Permission.END_AGREEMENT, {"legal_approver"}),
    ("effective", "end_provider_cause", "ended_provider_cause", Permission.END_AGREEMENT, {"legal_approver"}),
    ("in_service", "end_provider_cause", "ended_provider_cause", Permission.END_AGREEMENT, {"legal_approver"}),
    ("effective", "end_for_breach", "ended_for_breach", Permission.END_AGREEMENT, {"legal_approver"}),
    ("in_service", "end_for_breach", "ended_for_breach", Permission.END_AGREEMENT, {"legal_approver"}),
    ("expired", "close", "closed", Permission.CLOSE_AGREEMENT, {"legal_officer"}),
    ("ended_by_agreement", "close", "closed", Permission.CLOSE_AGREEMENT, {"legal_officer"}),
    ("ended_provider_cause", "close", "closed", Permission.CLOSE_AGREEMENT, {"legal_officer"}),
    ("ended_for_breach", "close", "closed", Permission.CLOSE_AGREEMENT, {"legal_officer"}),
]
CLAUSES = {
    "verify": "一",
    "complete_payment": "三 1",
    "cancel": "三 1",
    "start_service": "一",
    "expire": "三 1",
    "end_by_agreement": "4.6",
    "end_provider_cause": "4.6",
    "end_for_breach": "4.4",
    "close": "5",
}


def test_the_table_has_the_specified_moves_and_no_other():
    made = {
        (source.value, event.value, move.target.value)
        for event, move in AGREEMENT_MOVES.items()
        for source in move.sources
    }

    assert made == {line[:3] for line in SPECIFIED}
    assert {event.value: move.clause for event, move in AGREEMENT_MOVES.items()} == CLAUSES


def test_every_state_is_reached_and_only_two_are_final():
    reached = {"draft", *(line[2] for line in SPECIFIED)}
    left = {line[0] for line in SPECIFIED}

    assert reached == {state.value for state in AgreementState}
    assert reached - left == {"cancelled", "closed"}
    assert {event.value for event in AgreementEvent} == {line[1] for line in SPECIFIED}


@pytest.mark.parametrize(("permission", "roles"), [line[3:] for line in SPECIFIED if line[3] is not SCHEDULER_ALONE])
def test_whom_the_specification_names_and_nobody_else_may_make_the_move(permission, roles):
    assert {role.value for role in MATRIX[permission]} == roles


def test_import_is_for_officers_and_operations():
    assert {role.value for role in MATRIX[Permission.IMPORT_AGREEMENT]} == {"legal_officer", "ops"}
