"""What is due: duties of both sides, decisions that cases wait for, notices on their way, agreements not in service.

Each list shows its most urgent rows and says how many there are in all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from agreements.calendar.actions import warning_thresholds, working_calendar
from agreements.kernel.instants import end_of, legal_date
from agreements.parties.models import Party, Tenant
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE, AgreementState
from agreements.register.term_models import SpecSnapshot
from agreements.register.term_tasks import term_tasks
from compliance.alarms.actions import open_alarms
from compliance.alarms.models import Alarm
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import OPEN_CASE_STATES, CaseState
from compliance.desk import reading
from compliance.desk.cases import case_rows
from compliance.desk.charts import Endings, Punctuality, endings, punctuality
from compliance.desk.duty_board import Choice, SideBoard, side_boards
from compliance.desk.reading import AnySelect, with_whose
from compliance.desk.rules import DECISIONS, NextAct, NextStep, Whose
from compliance.desk.sources import SourceNotice, running_notices
from compliance.desk.tenant_tasks import TenantTasks, tenant_tasks
from compliance.notices.models import Notice, Outbox
from compliance.notices.rules import FAILING_AFTER, NoticeState, OutboxState
from compliance.service.models import Hold, ServiceActivation

SHOWN = 20
NEW_ORDER = timedelta(days=14)
"""How long after its registration an order's product page is asked for; later it can hardly be shown any more."""
ALARMS_SHOWN = 5
ALWAYS_OURS = (CaseState.SUSPECTED, CaseState.CONFIRMED)
SOMETIMES_OURS = tuple(state for state in OPEN_CASE_STATES if state not in (*ALWAYS_OURS, CaseState.RECTIFIED))


@dataclass(frozen=True, slots=True)
class Listed:
    """The first rows of a list, most urgent first, and how many there are."""

    rows: list[Any]
    total: int


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice on its way; `case_id` of the case it belongs to, `attempts` of its busiest address."""

    notice: Notice
    whose: Whose
    case_id: int | None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class AgreementRow:
    agreement: Agreement
    whose: Whose
    step: NextStep | None = None
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    """All of the page."""

    ours: SideBoard
    theirs: SideBoard
    alarms: Listed
    sources: list[SourceNotice]
    decisions: Listed
    terms: Listed
    suspensions: Listed
    terminations: Listed
    demands: Listed
    failing: Listed
    unpaid: Listed
    not_open: Listed
    no_page: Listed
    ending: Listed
    ending_calendar_days: int
    tenants: TenantTasks
    punctuality: list[Punctuality]
    endings: list[Endings]
    agreements: int


def board(session: Session, choice: Choice, *, now: datetime) -> Board:
    ours, theirs = side_boards(session, choice, working_calendar(session), now=now)
    ending_days = max(warning_thresholds(session, now=now), default=30)
    return Board(
        ours=ours,
        theirs=theirs,
        alarms=Listed(
            open_alarms(session, limit=ALARMS_SHOWN),
            _count(session, select(Alarm.id).where(Alarm.settled_at.is_(None))),
        ),
        sources=running_notices(session, now=now),
        decisions=_decisions(session, now=now),
        terms=_terms(session, now=now),
        suspensions=_notices_of_cases(session, CaseState.SUSPENSION_DECIDED),
        terminations=_notices_of_cases(session, CaseState.TERMINATION_DECIDED),
        demands=_notices_of_cases(session, CaseState.RECTIFICATION_DEMANDED),
        failing=_failing(session),
        unpaid=_agreements(
            session,
            Agreement.state == AgreementState.PENDING_PAYMENT,
            order=Agreement.service_start_at,
            act=NextAct.CONFIRM_PAYMENT,
        ),
        not_open=_not_open(session, now=now),
        no_page=_agreements(
            session,
            Agreement.state.in_(IN_FORCE),
            Agreement.registered_at > now - NEW_ORDER,
            Agreement.registered_at <= now,
            ~exists().where(SpecSnapshot.agreement_id == Agreement.id),
            order=Agreement.registered_at,
        ),
        ending=_agreements(
            session,
            Agreement.state.in_(IN_FORCE),
            Agreement.service_end_exclusive_at > now,
            Agreement.service_end_exclusive_at <= end_of(legal_date(now) + timedelta(days=ending_days)),
            order=Agreement.service_end_exclusive_at,
        ),
        ending_calendar_days=ending_days,
        tenants=tenant_tasks(session, now=now),
        punctuality=punctuality(session, now=now),
        endings=endings(session, now=now),
        agreements=session.scalar(select(func.count(Agreement.id))) or 0,
    )


def _count(session: Session, statement: AnySelect) -> int:
    return session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0


def _decisions(session: Session, *, now: datetime) -> Listed:
    """Return what waits for a decision: what a tenant waits for first, then the longest in breach.

    Whatever is suspected or confirmed waits for us, so it is counted by the database and read only as far as shown.
    """
    rows = []
    total = 0
    for state in ALWAYS_OURS:
        of_state = BreachCase.state == state
        first = select(BreachCase.id).where(of_state).order_by(BreachCase.suspected_as_of, BreachCase.id).limit(SHOWN)
        rows += case_rows(session, BreachCase.id.in_(session.scalars(first).all()), now=now)
        total += _count(session, select(BreachCase.id).where(of_state))
    others = [
        row for row in case_rows(session, BreachCase.state.in_(SOMETIMES_OURS), now=now) if row.step.act in DECISIONS
    ]
    ranked = sorted(
        (row for row in rows + others if row.step.act in DECISIONS),
        key=lambda row: (DECISIONS.index(row.step.act), row.case.suspected_as_of),
    )
    return Listed(ranked[:SHOWN], total + len(others))


def _terms(session: Session, *, now: datetime) -> Listed:
    """Return the decisions on terms that wait, by our own limit (main 二 3, I-7)."""
    tasks = term_tasks(session, now=now)
    return Listed(tasks[:SHOWN], len(tasks))


def _notices_of_cases(session: Session, state: CaseState) -> Listed:
    """Return the notices that cases in a state wait for to arrive, oldest first (clauses 4.4, 6.1; domain 4.2).

    A demand that bounced is not under way: it stands among the failing notices alone.
    """
    if state is CaseState.SUSPENSION_DECIDED:
        statement = (
            select(Notice, BreachCase.id)
            .join(Hold, Hold.notice_id == Notice.id)
            .join(BreachCase, BreachCase.hold_id == Hold.id)
        )
    elif state is CaseState.TERMINATION_DECIDED:
        statement = select(Notice, BreachCase.id).join(BreachCase, BreachCase.termination_notice_id == Notice.id)
    else:
        statement = (
            select(Notice, BreachCase.id)
            .join(BreachCase, BreachCase.demand_notice_id == Notice.id)
            .where(Notice.state != NoticeState.BOUNCED)
        )
    statement = statement.where(BreachCase.state == state, Notice.arrived_at.is_(None))
    rows: Any = session.execute(
        with_whose(statement, BreachCase.agreement_id).order_by(Notice.drafted_at, Notice.id).limit(SHOWN)
    )
    return Listed(
        [
            NoticeRow(notice, Whose(order_no, tenant_key, name), case_id)
            for notice, case_id, order_no, tenant_key, name in rows
        ],
        _count(session, statement.with_only_columns(Notice.id)),
    )


def _failing(session: Session) -> Listed:
    """Return notices whose every address bounced, or that failed three times or more."""
    attempts = (
        select(Outbox.notice_id, func.max(Outbox.attempts).label("attempts"))
        .where(Outbox.state.in_((OutboxState.PENDING, OutboxState.CLAIMED, OutboxState.UNDELIVERABLE)))
        .group_by(Outbox.notice_id)
        .subquery()
    )
    statement = (
        select(Notice, func.coalesce(attempts.c.attempts, 0))
        .outerjoin(attempts, attempts.c.notice_id == Notice.id)
        .where(
            (Notice.state == NoticeState.BOUNCED)
            | ((Notice.state == NoticeState.QUEUED) & (attempts.c.attempts >= FAILING_AFTER))
        )
    )
    rows = session.execute(
        with_whose(statement, Notice.agreement_id).order_by(Notice.drafted_at, Notice.id).limit(SHOWN)
    )
    return Listed(
        [
            NoticeRow(notice, Whose(order_no, tenant_key, name), None, tried)
            for notice, tried, order_no, tenant_key, name in rows
        ],
        _count(session, statement.with_only_columns(Notice.id)),
    )


def _agreements(session: Session, *conditions: ColumnElement[bool], order: Any, act: NextAct | None = None) -> Listed:
    first = session.execute(
        select(Agreement.id, func.count().over()).where(*conditions).order_by(order, Agreement.id).limit(SHOWN)
    ).all()
    rows = session.execute(
        select(Agreement, Agreement.order_no, Tenant.tenant_key, Party.name)
        .join(Tenant, Tenant.id == Agreement.tenant_id)
        .join(Party, Party.id == Tenant.party_id)
        .where(Agreement.id.in_([row[0] for row in first]))
        .order_by(order, Agreement.id)
    )
    step = NextStep(act) if act else None
    return Listed(
        [AgreementRow(agreement, Whose(*whose), step) for agreement, *whose in rows], first[0][1] if first else 0
    )


def _not_open(session: Session, *, now: datetime) -> Listed:
    """Return agreements in their service period whose service was never opened, with what is missing (3.3 a)."""
    running = aliased(Agreement)  # few are never opened: find those by the index before their rows are read
    never_opened = (
        select(running.id)
        .outerjoin(ServiceActivation, ServiceActivation.agreement_id == running.id)
        .where(
            running.state.in_(IN_FORCE),
            running.service_end_exclusive_at > now,
            ServiceActivation.agreement_id.is_(None),
        )
    )
    listed = _agreements(
        session,
        Agreement.id.in_(never_opened),
        reading.is_in_state(AgreementState.IN_SERVICE, now),
        order=Agreement.service_start_at,
    )
    lacking = reading.lacking_by_tenant(session, {row.agreement.tenant_id for row in listed.rows}, now=now)
    rows = []
    for row in listed.rows:
        missing = lacking[row.agreement.tenant_id]
        act = NextAct.COMPLETE_ONBOARDING if missing else NextAct.ACTIVATE
        rows.append(AgreementRow(row.agreement, row.whose, NextStep(act), missing))
    return Listed(rows, listed.total)
