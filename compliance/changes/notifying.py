"""The tenant's notices of its changes, judged by when they arrived and in which form (clause 3.3 b)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.instants import start_of
from agreements.parties.actions import Upload, keep_upload
from agreements.parties.models import Tenant
from compliance.changes.actions import notification_period, obligations_of
from compliance.changes.models import ChangeEvent, ChangeNotice, ChangeNoticeItem
from compliance.changes.rules import NoticeVia
from compliance.obligations.actions import record_performance
from compliance.obligations.models import Obligation
from compliance.obligations.rules import FormLevel, ObligationState, form_suffices, may_be_performed

EARLIEST_NOTICE = timedelta(days=366)
"""How long before a change its notice can have come; earlier, the date is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How a notice was judged under one agreement; None where its form was too weak to perform anything (E-19)."""

    obligation: Obligation
    state: ObligationState | None


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
    if not changes:
        raise InvalidInput(N_("Choose the changes that the notice reports."), field="changes", clause="3.3")
    notice = keep_notice(
        session,
        tenant,
        arrived_at=arrived_at,
        earliest_on=min(change.occurred_on for change in changes),
        form=form,
        via=via,
        upload=upload,
        actor=actor,
        now=now,
    )
    return report_changes(session, notice, changes, actor=actor, now=now)


def keep_notice(
    session: Session,
    tenant: Tenant,
    *,
    arrived_at: datetime,
    earliest_on: date,
    form: FormLevel,
    via: NoticeVia,
    upload: Upload | None,
    actor: Actor,
    now: datetime,
    corrects: ChangeNotice | None = None,
    correction: str | None = None,
) -> ChangeNotice:
    """Keep a notice of the tenant's, whatever it will perform.

    earliest_on  day of the earliest change it reports, past or announced
    """
    if arrived_at > now:
        raise InvalidInput(N_("The notice can't have arrived in the future."), field="arrived_at", clause="3.3")
    if arrived_at < start_of(earliest_on) - EARLIEST_NOTICE:
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
        corrects_id=corrects.id if corrects else None,
        correction=correction,
        recorded_at=now,
        recorded_by=actor.name,
    )
    session.add(notice)
    session.flush()  # items and audit name its id
    return notice


def report_changes(
    session: Session, notice: ChangeNotice, changes: list[ChangeEvent], *, actor: Actor, now: datetime
) -> list[Judged]:
    """Say which changes a notice reports, and judge each by its own clock."""
    if any(change.tenant_id != notice.tenant_id for change in changes):
        raise InvalidInput(N_("Choose the changes that the notice reports."), field="changes", clause="3.3")
    session.add_all(ChangeNoticeItem(change_notice_id=notice.id, change_event_id=change.id) for change in changes)
    audit.record(
        session,
        actor=actor,
        act="change.notified",
        subject=f"change_notice:{notice.id}",
        tenant_id=notice.tenant_id,
        clause="3.3",
        now=now,
        as_of=notice.arrived_at,
        details={
            "changes": [change.id for change in changes],
            "form": notice.form.value,
            "via": notice.via.value,
        },
    )
    return [
        judged
        for change in changes
        for judged in _judge(session, change, arrived_at=notice.arrived_at, form=notice.form, actor=actor, now=now)
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
