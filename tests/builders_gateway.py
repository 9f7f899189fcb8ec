"""Tenants at the gateway, brought where a test needs them through the real use cases; and the keys of gateways."""

from agreements.kernel import clock, files
from agreements.kernel.access.keys import issue_key
from agreements.kernel.access.models import Scope
from compliance.notices.actions import approve, compose
from compliance.notices.arrivals import record_arrival
from compliance.notices.rules import ArrivalBasis, Fact, Language, NoticeKind, Particulars
from compliance.service.actions import activate_service, decide_breach_hold, lift_hold, put_hold_into_effect
from compliance.service.rules import HoldScope
from tests.builders import a_person, at, day
from tests.builders_register import APPROVER, OFFICER, OPS, an_onboarded_agreement

TENANT = "haitang"
PRODUCT = "id2-verify"
ADMIN = a_person("admin", name="周管理")


def an_open_agreement(session, *, now=None, tenant_key=TENANT, **changed):
    """An agreement in service, onboarded and activated."""
    now = now or at("Mon 2024-07-29 10:00")
    agreement = an_onboarded_agreement(session, now=now, tenant_key=tenant_key, **changed)
    activate_service(session, agreement, actor=OPS, now=now)
    return agreement


def a_notice(session, agreement, kind, *, cause, now):
    """An approved notice of the agreement's breach."""
    notice = compose(
        session,
        kind=kind,
        cause=cause,
        clause="3.3 + 4.4",
        tenant_id=agreement.tenant_id,
        agreement_id=agreement.id,
        particulars=Particulars(
            (Fact(day("Thu 2024-09-12"), "营业执照变更后未通知"),), ("提交变更通知",), signatory="李审批"
        ),
        language=Language.ZH,
        stated_due_on=None,
        actor=APPROVER,
        now=now,
    )
    approve(session, notice, actor=APPROVER, now=now)
    return notice


def a_decided_hold(session, agreement, *, now, scope=HoldScope.AGREEMENT, cause="case:1:1"):
    """A suspension that waits for its notice to arrive."""
    notice = a_notice(session, agreement, NoticeKind.SUSPENSION_NOTICE, cause=cause, now=now)
    return decide_breach_hold(
        session, agreement, scope=scope, clause="4.4", cause=cause, notice=notice, actor=APPROVER, now=now
    )


def arrives(session, hold, *, arrived_at):
    """The suspension's notice is handed over in person."""
    proof = files.keep(session, b"receipt", name="receipt.pdf", media_type="application/pdf", now=arrived_at)
    arrival = record_arrival(
        session,
        hold.notice,
        basis=ArrivalBasis.PERSONAL,
        arrived_at=arrived_at,
        proof=proof,
        note="",
        actor=OFFICER,
        now=arrived_at,
    )
    assert put_hold_into_effect(session, hold, arrival, actor=OFFICER, now=arrived_at)


def is_lifted(session, hold, *, now):
    notice = a_notice(session, hold.agreement, NoticeKind.RESUME_NOTICE, cause=hold.cause, now=now)
    lift_hold(session, hold, resume_notice=notice, actor=APPROVER, now=now)


def a_key(session, *scopes):
    """A gateway's key in clear; it carries every scope by default."""
    now = clock.wall()
    return issue_key(session, name="核验网关", scopes=scopes or Scope, actor=ADMIN, now=now, wall=now)[1]
