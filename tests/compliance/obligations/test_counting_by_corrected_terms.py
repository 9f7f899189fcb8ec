"""E-34, E-36, I-6: which open dates move when a term is corrected or amended, and which don't."""

from sqlalchemy import select

from agreements.register.correcting import approve_correction, propose_correction
from agreements.register.models import Instrument
from agreements.register.supplement_rules import SigningParty
from agreements.register.supplements import Change, draft_supplement, sign
from compliance.alarms.calendar_watch import recount_one_by_terms
from compliance.obligations.models import Obligation, ObligationRecount
from compliance.obligations.recount_rules import RecountOutcome, RecountReason
from compliance.obligations.terms_recounting import counted_by_old_terms
from tests.builders import at, day
from tests.builders_compliance import a_change, an_agreement_in_service
from tests.builders_register import APPROVER, OFFICER, an_upload

NOW = at("Fri 2024-09-13 12:00")
PERIOD = {"value": 5, "unit": "working_day", "starts": "change", "form": "written"}


def a_clock(session):
    """A change of 2024-09-12: notice is owed by Fri 2024-09-20."""
    agreement = an_agreement_in_service(session)
    a_change(session, agreement)
    return agreement, session.scalars(select(Obligation)).one()


def corrected(session, agreement, period):
    annex = session.scalars(select(Instrument).where(Instrument.agreement_id == agreement.id)).first()
    correction = propose_correction(
        session,
        agreement,
        "change_notification",
        period,
        instrument_id=annex.id,
        clause="3.3",
        reason="录入有误",
        actor=OFFICER,
        now=NOW,
    )
    approve_correction(session, correction, actor=APPROVER, now=NOW)


def amended(session, agreement, period, *, applies_from, reaches_back=False):
    supplement = draft_supplement(
        session,
        agreement,
        {"change_notification": Change(period)},
        asked_for_at=applies_from,
        reaches_back=reaches_back,
        reason="延长",
        upload=an_upload(),
        actor=OFFICER,
        now=NOW,
    )
    for party, actor in ((SigningParty.TENANT, OFFICER), (SigningParty.PROVIDER, APPROVER)):
        sign(
            session,
            supplement,
            party,
            signed_at=NOW,
            signer="沈经理",
            upload=an_upload(),
            version=supplement.version,
            actor=actor,
            now=NOW,
        )


def recount(session):
    for obligation_id in counted_by_old_terms(session, due_by=NOW):
        assert recount_one_by_terms(session, obligation_id, now=NOW)
    return session.scalars(select(ObligationRecount)).all()


def test_e_36_a_corrected_period_moves_the_open_date_once(session):
    agreement, obligation = a_clock(session)
    assert obligation.due_on == day("Fri 2024-09-20")

    corrected(session, agreement, {**PERIOD, "value": 10})
    [row] = recount(session)

    assert obligation.due_on == day("Fri 2024-09-27")
    assert (row.outcome, row.reason, obligation.generation) == (RecountOutcome.APPLIED, RecountReason.MOVED_LATER, 2)
    assert counted_by_old_terms(session, due_by=NOW) == []


def test_a_tenants_date_is_never_moved_earlier(session):
    agreement, obligation = a_clock(session)

    corrected(session, agreement, {**PERIOD, "value": 3})
    [row] = recount(session)

    assert (row.outcome, row.reason) == (RecountOutcome.KEPT, RecountReason.NEVER_EARLIER)
    assert obligation.due_on == day("Fri 2024-09-20")
    assert counted_by_old_terms(session, due_by=NOW) == []


def test_i_6_e_34_what_was_triggered_before_a_supplement_keeps_the_old_term(session):
    agreement, obligation = a_clock(session)

    amended(session, agreement, {**PERIOD, "value": 10}, applies_from=None)

    assert counted_by_old_terms(session, due_by=NOW) == []
    assert obligation.due_on == day("Fri 2024-09-20")


def test_a_supplement_that_reaches_back_moves_it(session):
    agreement, obligation = a_clock(session)

    amended(session, agreement, {**PERIOD, "value": 10}, applies_from=at("Sun 2024-09-01 00:00"), reaches_back=True)
    recount(session)

    assert obligation.due_on == day("Fri 2024-09-27")


def test_a_term_that_can_not_be_counted_by_itself_is_left_to_a_person(session):
    agreement, obligation = a_clock(session)

    corrected(session, agreement, {**PERIOD, "value": 2, "unit": "month"})
    [row] = recount(session)

    assert (row.outcome, row.reason) == (RecountOutcome.TO_PERSON, RecountReason.NOT_COUNTABLE)
    assert obligation.due_on == day("Fri 2024-09-20")
