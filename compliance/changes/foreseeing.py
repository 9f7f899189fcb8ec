"""What taking in a change or a notice would mean, agreement by agreement, and why a change stands as it does.

Nothing here changes anything: the page of the intake shows it before anything is saved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.calendar.actions import counting_in_force
from agreements.calendar.deadline_rules import Deadline
from agreements.kernel.audit import AuditEvent
from agreements.kernel.files import StoredFile
from agreements.kernel.instants import legal_date, start_of
from agreements.parties.models import Tenant
from agreements.register.models import Agreement
from compliance.changes.actions import (
    agreements_in_force_on,
    agreements_without_clock,
    notification_deadline,
    notification_period,
    obligations_of,
)
from compliance.changes.models import AnnouncedChange, ChangeEvent, ChangeNotice
from compliance.changes.reading import ChangeRow, rows_of
from compliance.changes.rules import Clock, NotificationPeriod, Verdict, foresee, judged
from compliance.obligations.models import Obligation
from compliance.obligations.rules import FormLevel, form_suffices, may_be_performed


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would be recorded under one agreement.

    deadline    of a change not on record yet; None where none can be counted
    obligation  of a change on record
    """

    agreement: Agreement
    period: NotificationPeriod | None
    deadline: Deadline | None
    obligation: Obligation | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Given:
    """The notice as far as it is typed in; None where it came without one, or not yet."""

    arrived_at: datetime | None
    form: FormLevel | None


def foresee_new(session: Session, tenant: Tenant, *, occurred_on: date, given: Given, now: datetime) -> list[Foreseen]:
    """Clause 3.3 (b): what a change of that day, past or to come, and the notice would mean; one an agreement."""
    counting = counting_in_force(session, now=now)
    found = []
    for agreement in agreements_in_force_on(session, tenant, occurred_on):
        period = notification_period(session, agreement, occurred_on=occurred_on)
        deadline = notification_deadline(session, agreement, occurred_on=occurred_on, counting=counting)
        clock = Clock(
            starts_at=start_of(occurred_on),
            overdue_from=deadline.overdue_from if deadline else None,
            provisional=bool(deadline and deadline.provisional),
            form=period.form if period else None,
        )
        verdict = foresee(clock, arrived_at=given.arrived_at, form=given.form, now=now)
        found.append(Foreseen(agreement, period, deadline, None, verdict))
    return found


def foresee_known(session: Session, change: ChangeEvent, *, given: Given, now: datetime) -> list[Foreseen]:
    """What the notice would mean for a change on record, under each agreement."""
    return [
        Foreseen(
            agreement=why.obligation.agreement,
            period=why.period,
            deadline=None,
            obligation=why.obligation,
            verdict=_after(why, given, now=now),
        )
        for why in reasons_of(session, change, obligations_of(session, change), (), now=now)
    ]


def _after(why: "Why", given: Given, *, now: datetime) -> Verdict:
    obligation = why.obligation
    if given.arrived_at is None or not may_be_performed(
        obligation.state, arrived_at=given.arrived_at, overdue_from=obligation.overdue_from
    ):
        return why.verdict
    return foresee(why.clock, arrived_at=given.arrived_at, form=given.form, now=now)


@dataclass(frozen=True, slots=True)
class Why:
    """Why a duty to notify stands as it does. `weak` are the notices whose form performed nothing."""

    obligation: Obligation
    clock: Clock
    period: NotificationPeriod | None
    verdict: Verdict
    weak: list[ChangeNotice]


def reasons_of(
    session: Session,
    change: ChangeEvent,
    clocks: Sequence[Obligation],
    notices: Sequence[ChangeNotice],
    *,
    now: datetime,
) -> list[Why]:
    """Return each clock of a change with its reason, in the order given."""
    found = []
    for obligation in clocks:
        period = notification_period(session, obligation.agreement, occurred_on=change.occurred_on)
        clock = Clock(
            starts_at=start_of(change.occurred_on),
            overdue_from=obligation.overdue_from,
            provisional=obligation.provisional,
            form=period.form if period else None,
        )
        verdict = judged(clock, state=obligation.state, performed_at=obligation.performed_at, now=now)
        weak = [notice for notice in notices if period is None or not form_suffices(notice.form, period.form)]
        found.append(Why(obligation, clock, period, verdict, weak))
    return found


@dataclass(frozen=True, slots=True)
class Dossier:
    """A change with everything about it.

    announced      what the tenant announced, where this change was announced before its day
    without_clock  agreements under which no period can be counted: a person decides there
    timeline       acts by when they became true, oldest first
    """

    row: ChangeRow
    reasons: list[Why]
    without_clock: list[Agreement]
    announced: AnnouncedChange | None
    timeline: list[AuditEvent]

    @property
    def change(self) -> ChangeEvent:
        return self.row.change


def dossier_of(session: Session, change: ChangeEvent, *, now: datetime) -> Dossier:
    [row] = rows_of(session, [change])
    announced = session.scalar(select(AnnouncedChange).where(AnnouncedChange.change_event_id == change.id))
    subjects = [
        f"change:{change.id}",
        *(f"change_notice:{notice.id}" for notice in row.notices),
        *(f"obligation:{duty.id}" for duty in (*row.clocks, *row.procedure_duties)),
        *([f"announced_change:{announced.id}"] if announced else []),
    ]
    return Dossier(
        row=row,
        reasons=reasons_of(session, change, row.clocks, row.notices, now=now),
        without_clock=agreements_without_clock(session, change),
        announced=announced,
        timeline=list(
            session.scalars(
                select(AuditEvent).where(AuditEvent.subject.in_(subjects)).order_by(AuditEvent.as_of, AuditEvent.seq)
            )
        ),
    )


def file_of_change(row: ChangeRow, file_id: int, session: Session) -> StoredFile | None:
    """Return a file that belongs to a change: its proof, a notice of it, or what completed its procedure."""
    named = {row.change.proof_file_id, *(notice.file_id for notice in row.notices)}
    if row.procedure:
        named.add(row.procedure.file_id)
    return session.get(StoredFile, file_id) if file_id in named else None


def is_ahead(day: date, now: datetime) -> bool:
    """Say whether a change of that day lies in the future: it would be kept as announced."""
    return day > legal_date(now)
