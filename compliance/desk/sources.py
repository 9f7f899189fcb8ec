"""Source notices that run: how many tenants have been told, and how long there is left (clause 2.4).

Counted by the database: one campaign may touch every agreement there is.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload

from compliance.notices.models import Notice
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES, ObligationCode, ObligationState, count_trace
from compliance.upstream.mapping import notice_deadline
from compliance.upstream.models import UpstreamChange, UpstreamImpact
from compliance.upstream.rules import RUNNING, ChangeState, ImpactState, Triage

CODES = (ObligationCode.PROVIDER_UPSTREAM_NOTICE, ObligationCode.PROVIDER_UPSTREAM_WITHDRAWAL_NOTICE)
NOT_OURS = (Triage.MAINTENANCE, Triage.IRRELEVANT)


@dataclass(frozen=True, slots=True)
class SourceNotice:
    """A running campaign. All counts are of agreements.

    affected      that the notice is owed to; 0 before it is mapped
    sent          whose letter has left us; `arrived` whose letter has arrived
    waiting       to whom it is still owed; `overdue` of them past the bound
    overdue_from  exclusive bound of the earliest duty that is open, or, unmapped, as the standard form counts
    """

    change: UpstreamChange
    affected: int
    sent: int
    arrived: int
    waiting: int
    overdue: int
    overdue_from: datetime
    target_at: datetime | None
    provisional: bool
    calendar_version: str
    count_trace: dict[str, Any]

    @property
    def is_late(self) -> bool:
        return self.overdue > 0

    def is_behind(self, now: datetime) -> bool:
        """Say whether our own target has passed though the bound has not."""
        return self.target_at is not None and self.target_at <= now


def running_notices(session: Session, *, now: datetime) -> list[SourceNotice]:
    """Return the campaigns in which somebody still has to be told; the soonest due first."""
    changes = session.scalars(
        select(UpstreamChange)
        .where(UpstreamChange.state.in_((*RUNNING, ChangeState.WITHDRAWN)))
        .options(joinedload(UpstreamChange.data_source))
    ).all()
    counts = _counts(session, [change.id for change in changes], now=now)
    found = []
    for change in changes:
        affected, sent, arrived, waiting, overdue, first = counts.get(change.id, (0, 0, 0, 0, 0, None))
        if first is not None:
            duty = session.get_one(Obligation, first)
            found.append(
                SourceNotice(
                    change,
                    affected,
                    sent,
                    arrived,
                    waiting,
                    overdue,
                    duty.overdue_from,
                    duty.target_at,
                    duty.provisional,
                    duty.calendar_version,
                    duty.count_trace,
                )
            )
        elif not affected and change.state in RUNNING and change.triage not in NOT_OURS:
            due = notice_deadline(session, change, None, now=now)
            late = int(due.overdue_from <= now and not due.provisional)
            found.append(
                SourceNotice(
                    change,
                    0,
                    0,
                    0,
                    0,
                    late,
                    due.overdue_from,
                    due.target_at,
                    due.provisional,
                    due.calendar_version,
                    count_trace(due),
                )
            )
    return sorted(found, key=lambda each: (each.overdue_from, each.change.id))


def _counts(session: Session, change_ids: list[int], *, now: datetime) -> dict[int, tuple[Any, ...]]:
    """Return by change: affected, sent, arrived, waiting, overdue, and the obligation that falls due first."""
    is_open = Obligation.state.in_(OPEN_STATES)
    is_late = and_(is_open, Obligation.overdue_from <= now, Obligation.provisional.is_(False))
    is_owed = UpstreamImpact.state != ImpactState.NOT_APPLICABLE
    rows = session.execute(
        select(
            UpstreamImpact.change_id,
            _number(is_owed),
            _number(and_(is_owed, Notice.sent_at.is_not(None))),
            _number(Obligation.state.in_((ObligationState.PERFORMED_ON_TIME, ObligationState.PERFORMED_LATE))),
            _number(is_open),
            _number(is_late),
            func.min(case((is_open, Obligation.id))),
        )
        .join(
            Obligation,
            or_(
                and_(UpstreamImpact.withdrawal_obligation_id.is_(None), Obligation.id == UpstreamImpact.obligation_id),
                Obligation.id == UpstreamImpact.withdrawal_obligation_id,
            ),
        )
        .outerjoin(Notice, Notice.id == func.coalesce(UpstreamImpact.withdrawal_notice_id, UpstreamImpact.notice_id))
        .where(UpstreamImpact.change_id.in_(change_ids))
        .group_by(UpstreamImpact.change_id)
    )
    return {row[0]: tuple(row[1:]) for row in rows}


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
