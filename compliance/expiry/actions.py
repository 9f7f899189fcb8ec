"""Warning of an end: one message for what is due together, to us and as a courtesy to the tenant (domain 8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.errors import N_, Stale
from agreements.parties.actions import address_in_clear, notice_address_in_force
from agreements.parties.models import QualificationDocument, Tenant
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE, AgreementState, service_starts_at
from compliance.alarms.actions import raise_alarm
from compliance.alarms.models import Alarm
from compliance.alarms.rules import AlarmKind
from compliance.expiry import letters
from compliance.expiry.models import ExpiryWarning
from compliance.expiry.planning import (
    Ending,
    Planner,
    ending_of_agreement,
    ending_of_document,
    last_day,
    reconcile,
    rows_of,
    settle,
    settle_alarms_of,
)
from compliance.expiry.rules import Decision, Due, Silence, WarningState, continues, decide
from compliance.notices.actions import approve, compose, provider_name
from compliance.notices.dispatch import enqueue
from compliance.notices.models import Notice
from compliance.notices.rules import Language, NoticeKind, Particulars

LANGUAGE = Language.ZH
"""The agreement's own language, in which the scheduler writes."""


@dataclass(frozen=True, slots=True)
class Told:
    """What went out: to the tenant, to us, or both."""

    notice: Notice | None
    alarm: Alarm | None


def warn_of_agreement(session: Session, agreement: Agreement, *, now: datetime) -> bool:
    """Main 三 1: settle every warning of a service period that is due by now; False where none is.

    One message names all of them. After the end, or out of force, nothing goes out.
    """
    ending = ending_of_agreement(agreement)
    reconcile(session, ending, Planner(session, now=now))
    due = _due(session, ending, now=now)
    if not due:
        return False
    decision = decide(
        [Due(row.id, row.threshold, row.due_at) for row in due.values()],
        began_at=agreement.effective_at or now,
        end_at=agreement.service_end_exclusive_at,
        in_force=agreement.state in IN_FORCE,
        now=now,
    )
    said = [due[item.id] for item in decision.says]
    renewal = renewal_of(session, agreement) if said else None
    told = Told(None, None)
    if said:
        notice = _write_to_tenant(
            session,
            ending,
            NoticeKind.EXPIRY_WARNING,
            clause="三 1",
            stage=_stage(decision, agreement.service_end_exclusive_at),
            particulars=letters.of_agreement(
                agreement,
                said,
                renewal=renewal,
                signatory=provider_name(session, agreement),
                language=LANGUAGE,
                now=now,
            ),
            now=now,
        )
        told = Told(notice, _call_about_agreement(session, agreement, ending, renewal, decision, now=now))
    _settle(session, ending, due, decision, told, now=now)
    return True


def warn_of_document(session: Session, document: QualificationDocument, *, now: datetime) -> bool:
    """Clause 3.3: the same for a tenant's licence or approval; False where no warning is due."""
    ending = ending_of_document(session, document)
    reconcile(session, ending, Planner(session, now=now))
    due = _due(session, ending, now=now)
    if not due:
        return False
    bound_at = next(iter(due.values())).bound_at
    carrier = session.get(Agreement, ending.agreement_id) if ending.agreement_id else None
    decision = decide(
        [Due(row.id, row.threshold, row.due_at) for row in due.values()],
        began_at=document.verified_at or now,
        end_at=bound_at,
        in_force=carrier is not None,
        now=now,
    )
    said = [due[item.id] for item in decision.says]
    told = Told(None, None)
    if said:
        assert carrier is not None, "nothing is said where nothing is in force"
        notice = _write_to_tenant(
            session,
            ending,
            NoticeKind.DOCUMENT_EXPIRY_WARNING,
            clause="3.3",
            stage=_stage(decision, bound_at),
            particulars=letters.of_document(
                document, said, signatory=provider_name(session, carrier), language=LANGUAGE, now=now
            ),
            now=now,
        )
        tenant = session.get_one(Tenant, document.tenant_id)
        settle_alarms_of(session, ending, now=now)
        alarm = raise_alarm(
            session,
            AlarmKind.DOCUMENT_EXPIRING,
            cause=ending.cause,
            stage=_stage(decision, bound_at),
            as_of=_latest(decision),
            now=now,
            tenant_id=tenant.id,
            details={
                "tenant_key": tenant.tenant_key,
                "last_on": last_day(bound_at).isoformat(),
                "type": document.type.value,
            },
        )
        told = Told(notice, alarm)
    _settle(session, ending, due, decision, told, now=now)
    return True


def renewal_of(session: Session, agreement: Agreement) -> Agreement | None:
    """E-37: the tenant's order for the same product that goes on without a gap; a paid one first, then the earliest."""
    candidates = session.scalars(
        select(Agreement)
        .where(
            Agreement.tenant_id == agreement.tenant_id,
            Agreement.product_id == agreement.product_id,
            Agreement.id != agreement.id,
            Agreement.state.in_((AgreementState.PENDING_PAYMENT, *IN_FORCE)),
            Agreement.service_end_exclusive_at > agreement.service_end_exclusive_at,
        )
        .order_by(Agreement.effective_at.is_(None), Agreement.service_start_at, Agreement.id)
    )
    for candidate in candidates:
        starts_at = candidate.service_start_at
        if candidate.effective_at is not None:
            starts_at = service_starts_at(starts_at, candidate.effective_at)
        if continues(
            start_at=starts_at, end_at=candidate.service_end_exclusive_at, after=agreement.service_end_exclusive_at
        ):
            return candidate
    return None


def _due(session: Session, ending: Ending, *, now: datetime) -> dict[int, ExpiryWarning]:
    return {row.id: row for row in rows_of(session, ending) if row.state is WarningState.PLANNED and row.due_at <= now}


def _latest(decision: Decision) -> datetime:
    return decision.sent[-1].due_at


def _stage(decision: Decision, bound_at: datetime) -> str:
    """Name the message by the end and its last threshold: a corrected end has its own."""
    return f"{last_day(bound_at)}:{min(item.threshold for item in decision.sent)}"


def _write_to_tenant(
    session: Session,
    ending: Ending,
    kind: NoticeKind,
    *,
    clause: str,
    stage: str,
    particulars: Particulars,
    now: datetime,
) -> Notice | None:
    """Compose, approve and queue the courtesy notice; None where the tenant confirmed no address (domain 4.3)."""
    confirmed = notice_address_in_force(session, ending.tenant_id)
    if confirmed is None or ending.agreement_id is None:
        return None
    notice = compose(
        session,
        kind=kind,
        cause=f"{ending.cause}:{stage}",
        clause=clause,
        tenant_id=ending.tenant_id,
        agreement_id=ending.agreement_id,
        particulars=particulars,
        language=LANGUAGE,
        stated_due_on=None,
        actor=SCHEDULER,
        now=now,
    )
    approve(session, notice, actor=SCHEDULER, now=now)
    enqueue(session, notice, address_in_clear(session, confirmed), actor=SCHEDULER, now=now)
    return notice


def _call_about_agreement(
    session: Session,
    agreement: Agreement,
    ending: Ending,
    renewal: Agreement | None,
    decision: Decision,
    *,
    now: datetime,
) -> Alarm | None:
    """Call the staff; not where a paid renewal goes on without a gap, for then there is nothing to do."""
    settle_alarms_of(session, ending, now=now)
    if renewal is not None and renewal.effective_at is not None:
        return None
    last_on: date = last_day(agreement.service_end_exclusive_at)
    details = {"order_no": agreement.order_no, "last_on": last_on.isoformat()}
    if renewal is not None:
        details["renewal_no"] = renewal.order_no
    return raise_alarm(
        session,
        AlarmKind.AGREEMENT_ENDING if renewal is None else AlarmKind.RENEWAL_UNPAID,
        cause=ending.cause,
        stage=_stage(decision, agreement.service_end_exclusive_at),
        as_of=_latest(decision),
        now=now,
        tenant_id=agreement.tenant_id,
        agreement_id=agreement.id,
        details=details,
    )


def _settle(
    session: Session,
    ending: Ending,
    due: dict[int, ExpiryWarning],
    decision: Decision,
    told: Told,
    *,
    now: datetime,
) -> None:
    """Write down what became of each warning, all in the caller's transaction; raises Stale if any was taken."""
    went_out = told.notice is not None or told.alarm is not None
    outcomes: list[tuple[Due, Silence | None]] = [
        (item, None if went_out else Silence.RENEWED) for item in decision.sent
    ]
    outcomes += decision.skipped
    if not went_out:
        settle_alarms_of(session, ending, now=now)
    for item, silence in outcomes:
        told_by_it = silence in (None, Silence.COLLAPSED)
        values: dict[str, object] = {
            "silence": silence,
            "notice_id": told.notice.id if told.notice and told_by_it else None,
            "alarm_id": told.alarm.id if told.alarm and told_by_it else None,
        }
        state = WarningState.SENT if silence is None else WarningState.SKIPPED
        if not settle(session, due[item.id], state, as_of=item.due_at, now=now, values=values):
            raise Stale(N_("Another process settled this warning meanwhile."))
    audit.record(
        session,
        actor=SCHEDULER,
        act="expiry.warned" if went_out else "expiry.skipped",
        subject=ending.name,
        tenant_id=ending.tenant_id,
        agreement_id=ending.agreement_id,
        now=now,
        as_of=max(item.due_at for item, _ in outcomes),
        details={
            "sent": _thresholds(item for item, silence in outcomes if silence is None),
            "skipped": {str(item.threshold): silence.value for item, silence in outcomes if silence is not None},
            "notice": told.notice.number if told.notice else None,
        },
    )


def _thresholds(items: Iterable[Due]) -> list[int]:
    return [item.threshold for item in items]
