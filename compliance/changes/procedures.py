"""Completing the procedure after a change was notified: the second duty of clause 3.3 (b), until the date we set."""

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.calendar.actions import counting_in_force
from agreements.calendar.deadline_table import DeadlineRule
from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, Stale
from agreements.kernel.instants import legal_date, start_of
from agreements.parties.actions import Upload, keep_upload
from compliance.changes.actions import agreements_in_force_on
from compliance.changes.models import ChangeEvent, ChangeProcedure
from compliance.changes.notifying import notices_of
from compliance.obligations.actions import open_obligation, record_performance
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES, ObligationCode


def procedure_of(session: Session, change: ChangeEvent) -> ChangeProcedure | None:
    """Return the procedure that was opened for a change, or None."""
    return session.scalar(select(ChangeProcedure).where(ChangeProcedure.change_event_id == change.id))


def cause_of_procedure(change_id: int) -> str:
    return f"change_procedure:{change_id}"


def open_procedure(
    session: Session, change: ChangeEvent, *, needed: str, due_on: date, actor: Actor, now: datetime
) -> ChangeProcedure:
    """Clause 3.3 (b), E-18: papers are missing after the notice, so the procedure stays open until a date of ours.

    It says nothing about the notice, which may well be on time. One duty an agreement that was in force on the day of
    the change; the contract names no period, so the date is ours and must be told to the tenant.

    due_on  last day, after today
    """
    require(actor, Permission.RECORD_PERFORMANCE)
    if not needed.strip():
        raise InvalidInput(N_("Say what is still missing."), field="needed", clause="3.3")
    if due_on <= legal_date(now):
        raise InvalidInput(
            N_("The date must leave time to prepare: choose one after today."), field="due_on", clause="3.3"
        )
    notices = notices_of(session, change)
    if not notices:
        raise Conflict(
            N_("The procedure follows the tenant's notice, and none of this change is on record."),
            code="NO_NOTICE",
            clause="3.3",
        )
    if procedure_of(session, change) is not None:
        raise Conflict(N_("The procedure of this change was opened before."), code="PROCEDURE_OPEN", clause="3.3")
    procedure = ChangeProcedure(
        change_event_id=change.id, needed=needed.strip(), due_on=due_on, opened_at=now, opened_by=actor.name
    )
    session.add(procedure)
    deadline = counting_in_force(session, now=now).due(DeadlineRule.CHANGE_PROCEDURE, due_on)
    for agreement in agreements_in_force_on(session, change.tenant, change.occurred_on):
        open_obligation(
            session,
            agreement,
            ObligationCode.TENANT_CHANGE_PROCEDURE,
            cause=cause_of_procedure(change.id),
            triggered_at=notices[0].arrived_at,
            deadline=deadline,
            actor=actor,
            now=now,
        )
    _record(session, change, "change.procedure_opened", actor=actor, now=now, as_of=now, reason=needed.strip())
    return procedure


def complete_procedure(
    session: Session,
    change: ChangeEvent,
    *,
    completed_at: datetime,
    note: str,
    upload: Upload | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Record that the tenant completed the procedure; it is on time or late by when the last paper arrived.

    completed_at  when what was missing arrived; not in the future, not before the first notice of the change
    """
    require(actor, Permission.RECORD_PERFORMANCE)
    procedure = procedure_of(session, change)
    if procedure is None:
        raise Conflict(N_("No procedure of this change is open."), code="NO_PROCEDURE", clause="3.3")
    if not note.strip():
        raise InvalidInput(N_("Say what came."), field="note", clause="3.3")
    if completed_at > now:
        raise InvalidInput(N_("This lies in the future."), field="completed_at", clause="3.3")
    if completed_at < min(start_of(change.occurred_on), notices_of(session, change)[0].arrived_at):
        raise InvalidInput(N_("This is before the tenant's notice."), field="completed_at", clause="3.3")
    moved = session.scalar(
        update(ChangeProcedure)
        .where(ChangeProcedure.id == procedure.id, ChangeProcedure.completed_at.is_(None))
        .values(
            completed_at=completed_at,
            completion_note=note.strip(),
            completed_by=actor.name,
            file_id=keep_upload(session, upload, now=now).id if upload else None,
        )
        .returning(ChangeProcedure.id)
    )
    if moved is None:
        raise Stale(N_("Somebody else completed this procedure meanwhile."), clause="3.3")
    session.refresh(procedure)
    for duty in duties_of_procedure(session, change):
        if duty.state in OPEN_STATES:
            record_performance(session, duty, performed_at=completed_at, actor=actor, now=now)
    _record(
        session, change, "change.procedure_completed", actor=actor, now=now, as_of=completed_at, reason=note.strip()
    )


def duties_of_procedure(session: Session, change: ChangeEvent) -> list[Obligation]:
    """Return the duties to complete a change's procedure, one an agreement."""
    return list(
        session.scalars(
            select(Obligation).where(Obligation.cause == cause_of_procedure(change.id)).order_by(Obligation.id)
        )
    )


def _record(
    session: Session, change: ChangeEvent, act: str, *, actor: Actor, now: datetime, as_of: datetime, reason: str
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"change:{change.id}",
        tenant_id=change.tenant_id,
        clause="3.3",
        now=now,
        as_of=as_of,
        reason=reason,
    )
