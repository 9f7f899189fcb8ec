"""Alarms that follow from facts of lower rooms: a notice that reached no address."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.sweeps import Sweep
from compliance.alarms.actions import raise_alarm, settle_alarms
from compliance.alarms.models import Alarm
from compliance.alarms.rules import AlarmKind, number_in
from compliance.notices.models import Notice
from compliance.notices.rules import NoticeState


def cause_of(notice_id: int) -> str:
    return f"notice:{notice_id}"


def find_bounced(session: Session, *, due_by: datetime) -> list[int]:
    """Return notices that bounced and have not called anybody for this bounce."""
    bounced = session.scalars(
        select(Notice)
        .where(Notice.state == NoticeState.BOUNCED, Notice.bounced_at <= due_by)
        .order_by(Notice.bounced_at, Notice.id)
    ).all()
    told = {
        (alarm.cause, alarm.stage)
        for alarm in session.scalars(select(Alarm).where(Alarm.kind == AlarmKind.NOTICE_BOUNCED))
    }
    return [notice.id for notice in bounced if (cause_of(notice.id), _stage(notice)) not in told]


def raise_bounced(session: Session, item_id: int, *, now: datetime) -> bool:
    notice = session.get_one(Notice, item_id)
    if notice.state is not NoticeState.BOUNCED or notice.bounced_at is None:
        return False
    raised = raise_alarm(
        session,
        AlarmKind.NOTICE_BOUNCED,
        cause=cause_of(notice.id),
        stage=_stage(notice),
        as_of=notice.bounced_at,
        now=now,
        tenant_id=notice.tenant_id,
        agreement_id=notice.agreement_id,
        details={"number": notice.number},
    )
    return raised is not None


def find_no_longer_bounced(session: Session, *, due_by: datetime) -> list[int]:  # noqa: ARG001 - what is over is over
    """Return notices with an open alarm that are on another way or arrived since."""
    causes = session.scalars(
        select(Alarm.cause).where(Alarm.kind == AlarmKind.NOTICE_BOUNCED, Alarm.settled_at.is_(None)).order_by(Alarm.id)
    ).all()
    return list(
        session.scalars(
            select(Notice.id)
            .where(
                Notice.id.in_([int(number_in(cause)) for cause in causes]),
                Notice.state.not_in((NoticeState.BOUNCED, NoticeState.QUEUED)),
            )
            .order_by(Notice.id)
        )
    )


def settle_bounced(session: Session, item_id: int, *, now: datetime) -> bool:
    ended = settle_alarms(session, cause=cause_of(item_id), now=now, actor=SCHEDULER, kinds=(AlarmKind.NOTICE_BOUNCED,))
    return ended > 0


def bounced_at(session: Session, item_id: int) -> datetime:
    notice = session.get_one(Notice, item_id)
    return notice.bounced_at or notice.drafted_at


def _stage(notice: Notice) -> str:
    """A notice sent again may bounce again: that is another call."""
    assert notice.bounced_at is not None
    return f"{notice.bounced_at:%Y%m%dT%H%M%S}"


SWEEPS = (
    Sweep("notice_bounced", find_bounced, raise_bounced, due_at=bounced_at),
    Sweep("notice_not_bounced", find_no_longer_bounced, settle_bounced),
)
