"""Clause 8.1, E-34, E-35: a supplement from its draft to the instant from which it applies."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, IllegalMove, InvalidInput, NotPermitted, Stale
from agreements.register.actions import terms_in_force
from agreements.register.supplement_rules import (
    SUPPLEMENT_MOVES,
    SigningParty,
    SupplementEvent,
    SupplementState,
    state_at,
    supplement_move,
)
from agreements.register.supplements import Change, cancel, draft_supplement, sign, take_effect, waiting_to_take_effect
from compliance.gateway.snapshot import entitlement_of
from tests.builders import a_person, at
from tests.builders_register import APPROVER, OFFICER, a_paid_agreement, an_upload

NOW = at("Tue 2024-10-08 12:00")
TEN = {"value": 10, "unit": "working_day", "starts": "change", "form": "written"}
SWITCH = at("Fri 2024-11-01 00:00")


def a_draft(session, agreement, changes=None, *, asked_for_at=SWITCH, reaches_back=False, actor=OFFICER):
    return draft_supplement(
        session,
        agreement,
        {key: Change(value) for key, value in (changes or {"change_notification": TEN}).items()},
        asked_for_at=asked_for_at,
        reaches_back=reaches_back,
        reason="甲方希望延长通知期限",
        upload=None,
        actor=actor,
        now=NOW,
    )


def signs(session, supplement, party, *, actor=None, now=NOW, **changed):
    ours = party is SigningParty.PROVIDER
    values = {
        "signed_at": now,
        "signer": "" if ours else "沈经理",
        "upload": None if ours else an_upload("signed.pdf"),
        "version": supplement.version,
        "actor": actor or (APPROVER if ours else OFFICER),
        "now": now,
    }
    sign(session, supplement, party, **(values | changed))


def signed_by_both(session, supplement, *, now=NOW):
    signs(session, supplement, SigningParty.TENANT, now=now)
    signs(session, supplement, SigningParty.PROVIDER, now=now)
    return supplement


def period(session, agreement, when):
    return terms_in_force(session, agreement.id, at=when)["change_notification"].value["value"]


@pytest.mark.parametrize("party", list(SigningParty))
def test_e_35_signed_by_one_side_it_has_no_effect(session, party):
    agreement = a_paid_agreement(session)
    supplement = a_draft(session, agreement)

    signs(session, supplement, party)

    assert supplement.state is SupplementState.SIGNED_BY_ONE
    assert period(session, agreement, at("Wed 2025-01-01 00:00")) == 5
    with pytest.raises(Conflict, match="signed already"):
        signs(session, supplement, party)


def test_clause_8_1_terms_switch_at_the_exact_instant_without_any_job(session):
    agreement = a_paid_agreement(session)
    supplement = signed_by_both(session, a_draft(session, agreement))

    assert supplement.state is SupplementState.SIGNED_BY_BOTH
    assert period(session, agreement, at("Thu 2024-10-31 23:59:59.999999")) == 5
    assert period(session, agreement, SWITCH) == 10
    assert state_at(supplement.state, in_force_at=supplement.in_force_at, now=SWITCH) is SupplementState.IN_FORCE


def test_a_sweep_records_the_switch_as_of_its_instant_however_late(session):
    agreement = a_paid_agreement(session)
    supplement = signed_by_both(session, a_draft(session, agreement))
    late = at("Mon 2024-11-04 09:00")

    assert waiting_to_take_effect(session, due_by=at("Thu 2024-10-31 23:59:59")) == []
    assert waiting_to_take_effect(session, due_by=SWITCH) == [supplement.id]
    assert take_effect(session, supplement, now=late)
    assert not take_effect(session, supplement, now=late)

    recorded = session.scalars(select(AuditEvent).where(AuditEvent.act == "supplement.take_effect")).one()
    assert (recorded.as_of, recorded.recorded_at) == (SWITCH, late)


@pytest.mark.parametrize(("reaches_back", "applies_before_signing"), [(False, False), (True, True)])
def test_it_applies_before_the_signatures_only_where_it_says_that_it_reaches_back(
    session, reaches_back, applies_before_signing
):
    agreement = a_paid_agreement(session)
    asked = at("Sun 2024-09-01 00:00")

    supplement = a_draft(session, agreement, asked_for_at=asked, reaches_back=reaches_back)
    signed_by_both(session, supplement)

    assert supplement.state is SupplementState.IN_FORCE
    assert supplement.in_force_at == (asked if reaches_back else NOW)
    assert (period(session, agreement, at("Mon 2024-09-30 12:00")) == 10) is applies_before_signing


def test_the_gateway_knows_until_when_an_answer_holds_and_gets_a_revision(session):
    agreement = a_paid_agreement(session)
    key = agreement.tenant.tenant_key
    before = entitlement_of(session, key, at=NOW)

    signed_by_both(session, a_draft(session, agreement, {"own_platform_only": False}))

    [now_in_force] = entitlement_of(session, key, at=NOW).agreements
    [after] = entitlement_of(session, key, at=SWITCH).agreements
    assert (now_in_force.own_platform_only, now_in_force.terms_until_at) == (True, SWITCH)
    assert not after.own_platform_only
    assert entitlement_of(session, key, at=NOW).revision > before.revision


def test_who_drafted_it_does_not_sign_for_us_and_an_officer_never_does(session):
    agreement = a_paid_agreement(session)
    both = a_person("legal_officer", "legal_approver", person_id=7)
    supplement = a_draft(session, agreement, actor=both)

    with pytest.raises(Conflict, match="drafted"):
        signs(session, supplement, SigningParty.PROVIDER, actor=both)
    with pytest.raises(NotPermitted):
        signs(session, supplement, SigningParty.PROVIDER, actor=OFFICER)
    with pytest.raises(InvalidInput, match="signed document"):
        signs(session, supplement, SigningParty.TENANT, upload=None)
    with pytest.raises(InvalidInput, match="future"):
        signs(session, supplement, SigningParty.TENANT, signed_at=at("Tue 2024-10-08 12:01"))
    with pytest.raises(Stale):
        signs(session, supplement, SigningParty.TENANT, version=9)


def test_what_not_both_have_signed_can_be_cancelled_and_what_both_signed_can_not(session):
    agreement = a_paid_agreement(session)
    dropped, kept = a_draft(session, agreement), a_draft(session, agreement)
    signs(session, dropped, SigningParty.TENANT)

    cancel(session, dropped, reason="甲方撤回", version=dropped.version, actor=OFFICER, now=NOW)
    signed_by_both(session, kept)

    assert dropped.state is SupplementState.CANCELLED
    with pytest.raises(IllegalMove) as refused:
        cancel(session, kept, reason="…", version=kept.version, actor=OFFICER, now=NOW)
    assert refused.value.values["legal"] == (SupplementEvent.TAKE_EFFECT,)
    with pytest.raises(IllegalMove):
        signs(session, dropped, SigningParty.PROVIDER)


@pytest.mark.parametrize("event", list(SupplementEvent))
@pytest.mark.parametrize("state", list(SupplementState))
def test_every_pair_of_state_and_event_is_legal_or_says_what_is(state, event):
    if state in SUPPLEMENT_MOVES[event].sources:
        assert supplement_move(state, event).target is SUPPLEMENT_MOVES[event].target
    else:
        with pytest.raises(IllegalMove):
            supplement_move(state, event)


def test_a_goodwill_extension_of_the_period_is_an_amendment(session):
    agreement = a_paid_agreement(session)

    signed_by_both(session, a_draft(session, agreement, {"service_end": "2025-10-31"}, asked_for_at=None))

    assert agreement.service_end_exclusive_at == at("Sat 2025-11-01 00:00")


def test_an_extension_after_the_end_is_a_new_order(session):
    agreement = a_paid_agreement(session)
    after = at("Wed 2025-07-30 00:00")
    supplement = a_draft(session, agreement, {"service_end": "2025-10-31"}, asked_for_at=after)

    with pytest.raises(Conflict, match="period"):
        signed_by_both(session, supplement)


@pytest.mark.parametrize(
    "changes",
    [
        {"change_notification": {**TEN, "value": 5}},  # what applies already
        {"change_notification": "ten days"},
        {"own_platform_only": "no"},
        {"service_end": "next year"},
        {"quota_total": 0},
    ],
)
def test_a_draft_names_something_new_in_the_shape_of_the_term(session, changes):
    agreement = a_paid_agreement(session)

    with pytest.raises(InvalidInput):
        a_draft(session, agreement, changes)


def test_the_database_refuses_a_supplement_in_force_that_one_side_signed(session):
    supplement = a_draft(session, a_paid_agreement(session))

    with pytest.raises(IntegrityError, match="signed_by_both"), session.begin_nested():
        session.execute(text("UPDATE supplement SET state = 'in_force' WHERE id = :id"), {"id": supplement.id})
