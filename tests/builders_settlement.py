"""Agreements that ended early, usage statements and settlements for tests."""

from sqlalchemy import update

from agreements.register.models import Agreement
from agreements.register.rules import ENDED_EARLY, AgreementState
from compliance.settlement.actions import confirm, open_settlement
from compliance.settlement.figures import bases_of
from compliance.settlement.rules import Basis
from compliance.settlement.usage import record_usage, sign_off
from tests.builders import a_person, at, day
from tests.builders_compliance import an_agreement_in_service
from tests.builders_register import an_upload

OFFICER = a_person("legal_officer", person_id=101)
OTHER = a_person("legal_officer", name="钱法务", person_id=102)
APPROVER = a_person("legal_approver", name="李审批", person_id=103)
FINANCE = a_person("finance", name="赵财务", person_id=104)
ENDED_AT = at("Fri 2024-11-08 18:00")
NOW = at("Mon 2024-11-11 10:00")


def ended(session, agreement, state=AgreementState.ENDED_BY_AGREEMENT, *, as_of=ENDED_AT):
    """Put an agreement into an ending; an early one as of an instant."""
    early = {"ended_at": as_of} if state in ENDED_EARLY else {}
    session.execute(update(Agreement).where(Agreement.id == agreement.id).values(state=state, **early))
    session.refresh(agreement)
    return agreement


def an_ended_agreement(session, state=AgreementState.ENDED_BY_AGREEMENT, **changed):
    return ended(session, an_agreement_in_service(session, **changed), state)


def a_settlement(session, *, now=NOW, **changed):
    return open_settlement(session, an_ended_agreement(session, **changed), actor=OFFICER, now=now)


def a_usage(session, agreement, used, *, through="Fri 2024-11-08", now=NOW, actor=OFFICER):
    """Recorded; waits for a second person."""
    return record_usage(
        session,
        agreement,
        used=used,
        used_through_on=day(through),
        source="平台计费明细",
        upload=an_upload("usage.csv", content=f"calls,{used}".encode()),
        actor=actor,
        now=now,
    )


def signed_usage(session, agreement, used, **options):
    statement = a_usage(session, agreement, used, **options)
    sign_off(session, statement, actor=OTHER, now=options.get("now", NOW))
    return statement


def confirmed(session, settlement, basis=Basis.PAID_PROPORTIONAL, *, now=NOW):
    found = bases_of(session, settlement).of(basis)
    return confirm(
        session,
        settlement,
        basis=basis,
        reason="按实付金额折算",
        refund=found.refund,
        version=settlement.version,
        actor=APPROVER,
        now=now,
    )


def a_confirmed_settlement(session, used=10000, basis=Basis.PAID_PROPORTIONAL, **changed):
    settlement = a_settlement(session, **changed)
    signed_usage(session, settlement.agreement, used)
    confirmed(session, settlement, basis)
    return settlement
