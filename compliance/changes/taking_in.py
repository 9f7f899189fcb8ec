"""Taking in one notice of a tenant's that may report several changes, past, on record and to come (E-16, E-17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, InvalidInput, NotFound
from agreements.kernel.instants import legal_date
from agreements.parties.actions import Upload
from agreements.parties.models import Tenant
from compliance.changes.actions import record_change
from compliance.changes.announcing import announce
from compliance.changes.models import AnnouncedChange, ChangeEvent, ChangeNotice, ChangeNoticeItem
from compliance.changes.notifying import Judged, keep_notice, report_changes
from compliance.changes.procedures import open_procedure
from compliance.changes.rules import AnnouncedState, ChangeKind, ChangeSource, NoticeVia
from compliance.obligations.rules import FormLevel


@dataclass(frozen=True, slots=True)
class Reported:
    """One change as a notice reports it; `occurred_on` may lie ahead."""

    kind: ChangeKind
    description: str
    occurred_on: date


@dataclass(frozen=True, slots=True)
class Missing:
    """What is still missing beside the notice, and until when the tenant has time for it."""

    needed: str
    due_on: date


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What a notice came to; `changes` are those that took effect, new ones and those on record before."""

    notice: ChangeNotice
    changes: list[ChangeEvent]
    announced: list[AnnouncedChange]
    judged: list[Judged]


def notice_of_id(session: Session, notice_id: int) -> ChangeNotice:
    """Return the tenant's notice, or raise NotFound."""
    notice = session.get(ChangeNotice, notice_id)
    if notice is None:
        raise NotFound(N_("There is no notice %(number)s of a tenant's."), field="notice", number=notice_id)
    return notice


def take_in_notice(
    session: Session,
    tenant: Tenant,
    reported: Sequence[Reported],
    known: Sequence[ChangeEvent] = (),
    *,
    arrived_at: datetime,
    form: FormLevel,
    via: NoticeVia,
    upload: Upload | None,
    missing: Missing | None = None,
    actor: Actor,
    now: datetime,
) -> TakenIn:
    """Clause 3.3 (b): keep the notice, record what it reports, and judge each change by its own clock.

    reported  changes that were not on record; those of a day to come are kept as announced, and owe nothing before
    known     changes on record that it reports too
    missing   papers that it lacks: the procedure of each change that took effect stays open (E-18)
    """
    require(actor, Permission.RECORD_PERFORMANCE)
    if not reported and not known:
        raise InvalidInput(N_("Say which changes the notice reports."), field="changes", clause="3.3")
    today = legal_date(now)
    new = [
        record_change(
            session,
            tenant,
            kind=each.kind,
            description=each.description,
            occurred_on=each.occurred_on,
            source=ChangeSource.TENANT_NOTICE,
            proof=None,
            actor=actor,
            now=now,
        )
        for each in reported
        if each.occurred_on <= today
    ]
    to_come = [each for each in reported if each.occurred_on > today]
    if missing is not None and not (new or known):
        raise InvalidInput(
            N_("The procedure follows the change: open it once the change has taken effect."),
            field="needed",
            clause="3.3",
        )
    notice = keep_notice(
        session,
        tenant,
        arrived_at=arrived_at,
        earliest_on=min([change.occurred_on for change in known] + [each.occurred_on for each in reported]),
        form=form,
        via=via,
        upload=upload,
        actor=actor,
        now=now,
    )
    changes = [*known, *new]
    announced = [
        announce(
            session,
            notice,
            kind=each.kind,
            description=each.description,
            expected_on=each.occurred_on,
            actor=actor,
            now=now,
        )
        for each in to_come
    ]
    judged = report_changes(session, notice, changes, actor=actor, now=now) if changes else []
    if missing is not None:
        session.flush()  # the procedure asks for the notices of each change
        for change in changes:
            open_procedure(session, change, needed=missing.needed, due_on=missing.due_on, actor=actor, now=now)
    return TakenIn(notice, changes, announced, judged)


def correct_notice(
    session: Session,
    first: ChangeNotice,
    *,
    correction: str,
    arrived_at: datetime,
    form: FormLevel,
    via: NoticeVia,
    upload: Upload | None,
    actor: Actor,
    now: datetime,
) -> TakenIn:
    """Domain 4.7: the tenant's corrected notice, linked to the first; both are kept.

    It reports the same changes. It does not cure the first one's lateness; where the first was too weak in form to
    perform anything, this one performs by its own arrival.
    """
    require(actor, Permission.RECORD_PERFORMANCE)
    if not correction.strip():
        raise InvalidInput(N_("Say what it corrects."), field="correction", clause="3.3")
    if arrived_at < first.arrived_at:
        raise InvalidInput(
            N_("A correction can't arrive before the notice it corrects."), field="arrived_at", clause="3.3"
        )
    changes = changes_of_notice(session, first)
    announced = announced_by(session, first)
    notice = keep_notice(
        session,
        first.tenant,
        arrived_at=arrived_at,
        earliest_on=min([change.occurred_on for change in changes] + [each.expected_on for each in announced]),
        form=form,
        via=via,
        upload=upload,
        actor=actor,
        now=now,
        corrects=first,
        correction=correction.strip(),
    )
    audit.record(
        session,
        actor=actor,
        act="change.notice_corrected",
        subject=f"change_notice:{first.id}",
        tenant_id=first.tenant_id,
        clause="3.3",
        now=now,
        as_of=arrived_at,
        reason=correction.strip(),
        details={"by": notice.id},
    )
    judged = report_changes(session, notice, changes, actor=actor, now=now) if changes else []
    return TakenIn(notice, changes, announced, judged)


def changes_of_notice(session: Session, notice: ChangeNotice) -> list[ChangeEvent]:
    """Return the changes that a notice reports and that took effect, earliest first."""
    return list(
        session.scalars(
            select(ChangeEvent)
            .join(ChangeNoticeItem, ChangeNoticeItem.change_event_id == ChangeEvent.id)
            .where(ChangeNoticeItem.change_notice_id == notice.id)
            .order_by(ChangeEvent.occurred_on, ChangeEvent.id)
        )
    )


def announced_by(session: Session, notice: ChangeNotice) -> list[AnnouncedChange]:
    """Return the changes that a notice announces and that still lie ahead or were dropped, earliest day first."""
    return list(
        session.scalars(
            select(AnnouncedChange)
            .where(AnnouncedChange.change_notice_id == notice.id, AnnouncedChange.state != AnnouncedState.TOOK_EFFECT)
            .order_by(AnnouncedChange.expected_on, AnnouncedChange.id)
        )
    )
