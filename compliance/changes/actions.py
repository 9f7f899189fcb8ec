"""Recording a tenant's change and its notice of it (clause 3.3 b)."""

from datetime import date, datetime

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
from compliance.changes.models import ChangeEvent
from compliance.changes.rules import (
    ChangeKind,
    ChangeSource,
    NotificationPeriod,
    agreed_period,
    clock_starts,
    was_in_force_on,
)
from compliance.obligations.actions import open_obligation
from compliance.obligations.models import Obligation
from compliance.obligations.rules import (
    ObligationCode,
)


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
    discovered_on: date | None = None,
) -> ChangeEvent:
    """Clause 3.3 (b): a change took effect, so each agreement in force that day has its clock, counted from the change.

    An agreement whose period can't be counted has no clock; that is recorded, and `agreements_without_clock` names it.

    occurred_on  day the change took effect (registration or approval date for licences), Shanghai date; may lie so far
                 back that the obligation is born overdue (E-15)
    discovered_on  day we found it, from the change until today; None for today, or where the tenant told us
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
            remedy=N_("Take in the tenant's early notice: it is kept, and verified on the day of the change."),
        )
    discovered_on = _discovered(source, discovered_on, occurred_on=occurred_on, now=now)
    agreements = agreements_in_force_on(session, tenant, occurred_on)
    if not agreements:
        raise Conflict(
            N_("No agreement of this tenant was in force on %(day)s, so no notice is owed."),
            code="NO_AGREEMENT_IN_FORCE",
            clause="3.3",
            day=occurred_on.isoformat(),
        )
    refuse_the_same_again(session, tenant, kind=kind, description=description.strip(), occurred_on=occurred_on)
    change = ChangeEvent(
        tenant_id=tenant.id,
        kind=kind,
        description=description.strip(),
        occurred_on=occurred_on,
        source=source,
        discovered_on=discovered_on,
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


def _discovered(source: ChangeSource, found_on: date | None, *, occurred_on: date, now: datetime) -> date | None:
    if source is ChangeSource.TENANT_NOTICE:
        return None
    found_on = found_on or legal_date(now)
    if not occurred_on <= found_on <= legal_date(now):
        raise InvalidInput(
            N_("It was found on a day from the change until today."), field="discovered_on", clause="3.3"
        )
    return found_on


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
            cause=cause_of(change.id),
            triggered_at=start_of(change.occurred_on),
            deadline=deadline,
            actor=actor,
            now=now,
        )


def refuse_the_same_again(
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
    in_force = agreements_in_force_on(session, change.tenant, change.occurred_on)
    return [agreement for agreement in in_force if agreement.id not in counted]


def cause_of(change_id: int) -> str:
    return f"change:{change_id}"


def agreements_in_force_on(session: Session, tenant: Tenant, day: date) -> list[Agreement]:
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
            service_end_exclusive_at=agreement.over_from,
        )
    ]


def notification_period(session: Session, agreement: Agreement, *, occurred_on: date) -> NotificationPeriod | None:
    """Clause 3.3 (b) as agreed: the term in force on the day of the change (E-34), or the standard form's.

    None where no clock can run by it.
    """
    term = terms_in_force(session, agreement.id, at=start_of(occurred_on)).get("change_notification")
    return agreed_period(term.value if term else None)


def obligations_of(session: Session, change: ChangeEvent) -> list[Obligation]:
    """Return the clocks a change started, one an agreement."""
    return list(
        session.scalars(select(Obligation).where(Obligation.cause == cause_of(change.id)).order_by(Obligation.id))
    )
