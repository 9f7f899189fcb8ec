"""Recording a tenant's change and its notice of it (clause 3.3 b)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.calendar.actions import counting_in_force
from agreements.calendar.deadline_rules import Counting, Deadline
from agreements.calendar.deadline_table import DeadlineRule
from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput
from agreements.kernel.instants import legal_date, start_of
from agreements.parties.actions import Upload, keep_upload
from agreements.parties.models import Tenant
from agreements.register.actions import terms_in_force
from agreements.register.models import Agreement
from compliance.changes.models import ChangeEvent, ChangeNotice, ChangeNoticeItem
from compliance.changes.rules import (
    ChangeKind,
    ChangeSource,
    NoticeVia,
    NotificationPeriod,
    agreed_period,
    clock_starts,
    was_in_force_on,
)
from compliance.obligations.actions import open_obligation, record_performance
from compliance.obligations.models import Obligation
from compliance.obligations.rules import (
    FormLevel,
    ObligationCode,
    ObligationState,
    form_suffices,
    may_be_performed,
)

EARLIEST_NOTICE = timedelta(days=366)
"""How long before a change its notice can have come; earlier, the date is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How a notice was judged under one agreement; None where its form was too weak to perform anything (E-19)."""

    obligation: Obligation
    state: ObligationState | None


def record_change(
    session: Session,
    tenant: Tenant,
    *,
    kind: ChangeKind,
    description: str,
    occurred_on: date,
    source: ChangeSource,
    proof: Upload | None,
    actor: Actor,
    now: datetime,
) -> ChangeEvent:
    """Clause 3.3 (b): a change took effect, so each agreement in force that day has its clock, counted from the change.

    An agreement whose period can't be counted has no clock; that is recorded, and `agreements_without_clock` names it.

    occurred_on  day the change took effect (registration or approval date for licences), Shanghai date; may lie so far
                 back that the obligation is born overdue (E-15)
    Raises Conflict where no agreement was in force that day: then nothing is owed under 3.3 (b); and where the very
    same change is on record.
    """
    require(actor, Permission.RECORD_CHANGE)
    if not description.strip():
        raise InvalidInput(N_("Say what changed."), field="description", clause="3.3")
    if occurred_on > legal_date(now):
        raise InvalidInput(
            N_("The change lies in the future."),
            field="occurred_on",
            clause="3.3",
            remedy=N_("Record it on the day it takes effect; an early notice of the tenant is kept then."),
        )
    agreements = _agreements_in_force_on(session, tenant, occurred_on)
    if not agreements:
        raise Conflict(
            N_("No agreement of this tenant was in force on %(day)s, so no notice is owed."),
            code="NO_AGREEMENT_IN_FORCE",
            clause="3.3",
            day=occurred_on.isoformat(),
        )
    _refuse_the_same_again(session, tenant, kind=kind, description=description.strip(), occurred_on=occurred_on)
    change = ChangeEvent(
        tenant_id=tenant.id,
        kind=kind,
        description=description.strip(),
        occurred_on=occurred_on,
        source=source,
        proof_file_id=keep_upload(session, proof, now=now).id if proof else None,
        recorded_at=now,
        recorded_by=actor.name,
    )
    session.add(change)
    session.flush()  # causes and audit name its id
    audit.record(
        session,
        actor=actor,
        act="change.recorded",
        subject=f"change:{change.id}",
        tenant_id=tenant.id,
        clause="3.3",
        now=now,
        as_of=start_of(occurred_on),
        details={"kind": kind.value, "source": source.value, "occurred_on": occurred_on.isoformat()},
    )
    _start_clocks(session, change, agreements, actor=actor, now=now)
    return change


def _start_clocks(
    session: Session, change: ChangeEvent, agreements: list[Agreement], *, actor: Actor, now: datetime
) -> None:
    """Open one obligation an agreement, or record that its period can't be counted; one odd term stops no other."""
    counting = counting_in_force(session, now=now)
    for agreement in agreements:
        deadline = notification_deadline(session, agreement, occurred_on=change.occurred_on, counting=counting)
        if deadline is None:
            audit.record(
                session,
                actor=actor,
                act="change.no_clock",
                subject=f"change:{change.id}",
                agreement_id=agreement.id,
                tenant_id=change.tenant_id,
                clause="3.3",
                now=now,
                as_of=start_of(change.occurred_on),
            )
            continue
        open_obligation(
            session,
            agreement,
            ObligationCode.TENANT_CHANGE_NOTIFICATION,
            cause=_cause(change.id),
            triggered_at=start_of(change.occurred_on),
            deadline=deadline,
            actor=actor,
            now=now,
        )


def _refuse_the_same_again(
    session: Session, tenant: Tenant, *, kind: ChangeKind, description: str, occurred_on: date
) -> None:
    same = session.scalar(
        select(ChangeEvent.id).where(
            ChangeEvent.tenant_id == tenant.id,
            ChangeEvent.kind == kind,
            ChangeEvent.description == description,
            ChangeEvent.occurred_on == occurred_on,
        )
    )
    if same is not None:
        raise Conflict(
            N_("This change is on record already."),
            code="SAME_CHANGE",
            clause="3.3",
            remedy=N_("Describe what else changed, if it is another one."),
        )


def notification_deadline(
    session: Session, agreement: Agreement, *, occurred_on: date, counting: Counting
) -> Deadline | None:
    """Clause 3.3 (b): until when a change of that day must be notified; None where the period can't be counted."""
    period = notification_period(session, agreement, occurred_on=occurred_on)
    if period is None:
        return None
    return counting.due(
        DeadlineRule.CHANGE_NOTIFICATION,
        clock_starts(occurred_on, period.unit),
        count=period.count,
        unit=period.unit,
    )


def agreements_without_clock(session: Session, change: ChangeEvent) -> list[Agreement]:
    """Return the agreements in force on the day of a change under which no clock runs: a person decides there."""
    counted = {obligation.agreement_id for obligation in obligations_of(session, change)}
    in_force = _agreements_in_force_on(session, change.tenant, change.occurred_on)
    return [agreement for agreement in in_force if agreement.id not in counted]


def _cause(change_id: int) -> str:
    return f"change:{change_id}"


def _agreements_in_force_on(session: Session, tenant: Tenant, day: date) -> list[Agreement]:
    paid = session.scalars(
        select(Agreement)
        .where(Agreement.tenant_id == tenant.id, Agreement.effective_at.is_not(None))
        .order_by(Agreement.id)
    )
    return [
        agreement
        for agreement in paid
        if was_in_force_on(
            day,
            effective_at=agreement.effective_at,
            service_end_exclusive_at=agreement.service_end_exclusive_at,
        )
    ]


def notification_period(session: Session, agreement: Agreement, *, occurred_on: date) -> NotificationPeriod | None:
    """Clause 3.3 (b) as agreed: the term in force on the day of the change (E-34), or the standard form's.

    None where no clock can run by it.
    """
    term = terms_in_force(session, agreement.id, at=start_of(occurred_on)).get("change_notification")
    return agreed_period(term.value if term else None)


def record_change_notice(
    session: Session,
    tenant: Tenant,
    changes: list[ChangeEvent],
    *,
    arrived_at: datetime,
    form: FormLevel,
    via: NoticeVia,
    upload: Upload | None,
    actor: Actor,
    now: datetime,
) -> list[Judged]:
    """Clause 3.3 (b): the tenant's notice of one or several changes; each is judged by its own clock (E-16, E-17).

    arrived_at  earliest entry into any channel of ours (domain 4.2); not in the future
    form        must be at least what the agreement asks, written by the standard form; a weaker one is kept but
                performs nothing (E-19). A later notice of the same change performs nothing more (E-20).
    """
    require(actor, Permission.RECORD_PERFORMANCE)
    if not changes or any(change.tenant_id != tenant.id for change in changes):
        raise InvalidInput(N_("Choose the changes that the notice reports."), field="changes", clause="3.3")
    if arrived_at > now:
        raise InvalidInput(N_("The notice can't have arrived in the future."), field="arrived_at", clause="3.3")
    if arrived_at < min(start_of(change.occurred_on) for change in changes) - EARLIEST_NOTICE:
        raise InvalidInput(
            N_("This is more than a year before the change."),
            field="arrived_at",
            clause="3.3",
            remedy=N_("Check the year of the arrival."),
        )
    if form is not FormLevel.ORAL and upload is None:
        raise InvalidInput(N_("Attach the written notice."), field="file", clause="3.3")
    notice = ChangeNotice(
        tenant_id=tenant.id,
        arrived_at=arrived_at,
        form=form,
        via=via,
        file_id=keep_upload(session, upload, now=now).id if upload else None,
        recorded_at=now,
        recorded_by=actor.name,
    )
    session.add(notice)
    session.flush()  # items and audit name its id
    session.add_all(ChangeNoticeItem(change_notice_id=notice.id, change_event_id=change.id) for change in changes)
    audit.record(
        session,
        actor=actor,
        act="change.notified",
        subject=f"change_notice:{notice.id}",
        tenant_id=tenant.id,
        clause="3.3",
        now=now,
        as_of=arrived_at,
        details={"changes": [change.id for change in changes], "form": form.value, "via": via.value},
    )
    return [
        judged
        for change in changes
        for judged in _judge(session, change, arrived_at=arrived_at, form=form, actor=actor, now=now)
    ]


def _judge(
    session: Session, change: ChangeEvent, *, arrived_at: datetime, form: FormLevel, actor: Actor, now: datetime
) -> list[Judged]:
    judged: list[Judged] = []
    for obligation in obligations_of(session, change):
        if not may_be_performed(obligation.state, arrived_at=arrived_at, overdue_from=obligation.overdue_from):
            continue
        period = notification_period(session, obligation.agreement, occurred_on=change.occurred_on)
        if period is not None and form_suffices(form, period.form):
            state = record_performance(session, obligation, performed_at=arrived_at, actor=actor, now=now)
            judged.append(Judged(obligation, state))
        else:
            judged.append(Judged(obligation, None))
    return judged


def obligations_of(session: Session, change: ChangeEvent) -> list[Obligation]:
    """Return the clocks a change started, one an agreement."""
    return list(
        session.scalars(select(Obligation).where(Obligation.cause == _cause(change.id)).order_by(Obligation.id))
    )


def notices_of(session: Session, change: ChangeEvent) -> list[ChangeNotice]:
    """Return the tenant's notices that report a change, earliest arrival first."""
    return list(
        session.scalars(
            select(ChangeNotice)
            .join(ChangeNoticeItem)
            .where(ChangeNoticeItem.change_event_id == change.id)
            .order_by(ChangeNotice.arrived_at, ChangeNotice.id)
        )
    )
