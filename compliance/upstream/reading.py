"""What pages show of sources' changes; nothing here changes anything."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from agreements.kernel.instants import legal_date
from agreements.parties.models import Tenant
from agreements.register.models import Agreement
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES, ObligationState, count_trace, is_overdue
from compliance.upstream.answers import answers_of
from compliance.upstream.mapping import notice_deadline
from compliance.upstream.models import UpstreamAnswer, UpstreamChange, UpstreamImpact
from compliance.upstream.rules import RUNNING, AnswerKind, ChangeState, ImpactState, Triage

NOT_OURS = (Triage.MAINTENANCE, Triage.IRRELEVANT)


@dataclass(frozen=True, slots=True)
class ImpactRow:
    """One agreement's part as a page shows it.

    obligation     our duty that counts now: the notice's, or once the source took the change back, the withdrawal's
    is_overdue     whether we are late at this instant, whether or not a sweep has recorded it (T-15)
    answers        what the tenant said, oldest first
    open_question  the oldest question without our reply, or None
    """

    impact: UpstreamImpact
    agreement: Agreement
    tenant: Tenant
    obligation: Obligation
    is_overdue: bool
    answers: list[UpstreamAnswer]
    open_question: UpstreamAnswer | None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A change with how far telling the tenants has come.

    on_time, late   duties to notify that were performed
    waiting         duties that are still open, of notices and of withdrawal notices; `overdue` of them late by now
    exempt          agreements found not affected
    due_on …        of the earliest duty still open, else of the standard form; None where nothing is owed any more
    count_trace     how that date was counted, as `obligation.count_trace`
    """

    change: UpstreamChange
    rows: list[ImpactRow]
    on_time: int
    late: int
    waiting: int
    overdue: int
    exempt: int
    due_on: date | None
    target_at: datetime | None
    overdue_from: datetime | None
    count_trace: dict[str, Any] | None
    provisional: bool

    @property
    def is_late(self) -> bool:
        """Say whether we have failed somebody in time, now or for good."""
        return bool(self.overdue or self.late)

    @property
    def questions(self) -> list[UpstreamAnswer]:
        """Questions of tenants without our reply, oldest first."""
        return [row.open_question for row in self.rows if row.open_question is not None]


def changes(*, state: ChangeState | None = None, only_running: bool = False) -> Select[UpstreamChange]:
    """Return the list's statement: the latest receipt first."""
    statement = select(UpstreamChange).options(joinedload(UpstreamChange.data_source))
    if state is not None:
        statement = statement.where(UpstreamChange.state == state)
    if only_running:
        statement = statement.where(UpstreamChange.state.in_((*RUNNING, ChangeState.WITHDRAWN)))
    return statement.order_by(UpstreamChange.received_at.desc(), UpstreamChange.id.desc())


def campaign(session: Session, change: UpstreamChange, *, now: datetime) -> Campaign:
    """Return one change with everything its page shows."""
    return campaigns_of(session, [change], now=now)[0]


def campaigns_of(session: Session, changes: Sequence[UpstreamChange], *, now: datetime) -> list[Campaign]:
    """Return these changes, in their order, with a fixed number of queries but for the dates of unmapped ones."""
    impacts: dict[int, list[UpstreamImpact]] = defaultdict(list)
    for impact in session.scalars(
        select(UpstreamImpact)
        .where(UpstreamImpact.change_id.in_([change.id for change in changes]))
        .options(
            joinedload(UpstreamImpact.obligation),
            joinedload(UpstreamImpact.withdrawal_obligation),
            joinedload(UpstreamImpact.notice),
            joinedload(UpstreamImpact.withdrawal_notice),
            joinedload(UpstreamImpact.agreement).joinedload(Agreement.tenant).joinedload(Tenant.party),
        )
        .order_by(UpstreamImpact.tenant_id, UpstreamImpact.agreement_id)
    ):
        impacts[impact.change_id].append(impact)
    answers = answers_of(session, [impact for some in impacts.values() for impact in some])
    return [_campaign(session, change, impacts[change.id], answers, now=now) for change in changes]


def _campaign(
    session: Session,
    change: UpstreamChange,
    impacts: list[UpstreamImpact],
    answers: dict[int, list[UpstreamAnswer]],
    *,
    now: datetime,
) -> Campaign:
    notices = [impact.obligation for impact in impacts]
    duties = notices + [each.withdrawal_obligation for each in impacts if each.withdrawal_obligation is not None]
    waiting = sorted(
        (duty for duty in duties if duty.state in OPEN_STATES), key=lambda duty: (duty.overdue_from, duty.id)
    )
    first: Any = waiting[0] if waiting else None
    trace = first.count_trace if first else None
    if first is None and not impacts and change.state in RUNNING and change.triage not in NOT_OURS:
        first = notice_deadline(session, change, None, now=now)
        trace = count_trace(first)
    return Campaign(
        change=change,
        rows=[_row(impact, answers[impact.id], now=now) for impact in impacts],
        on_time=sum(duty.state is ObligationState.PERFORMED_ON_TIME for duty in notices),
        late=sum(duty.state is ObligationState.PERFORMED_LATE for duty in notices),
        waiting=len(waiting),
        overdue=sum(_is_late(duty, now=now) for duty in waiting),
        exempt=sum(impact.state is ImpactState.NOT_APPLICABLE for impact in impacts),
        due_on=first.due_on if first else None,
        target_at=first.target_at if first else None,
        overdue_from=first.overdue_from if first else None,
        count_trace=trace,
        provisional=bool(first and first.provisional),
    )


def _row(impact: UpstreamImpact, answers: list[UpstreamAnswer], *, now: datetime) -> ImpactRow:
    duty = impact.withdrawal_obligation or impact.obligation
    questions = (each for each in answers if each.kind is AnswerKind.ASK and each.reply is None)
    return ImpactRow(
        impact=impact,
        agreement=impact.agreement,
        tenant=impact.agreement.tenant,
        obligation=duty,
        is_overdue=any(
            _is_late(each, now=now) for each in (impact.obligation, impact.withdrawal_obligation) if each is not None
        ),
        answers=answers,
        open_question=next(questions, None),
    )


def _is_late(duty: Obligation, *, now: datetime) -> bool:
    return is_overdue(state=duty.state, overdue_from=duty.overdue_from, provisional=duty.provisional, now=now)


def running_campaigns(session: Session, *, now: datetime) -> list[Campaign]:
    """Return the changes of which somebody still has to be told or legal has to decide; the soonest due first."""
    found = session.scalars(changes(only_running=True)).all()
    rows = campaigns_of(session, found, now=now)
    wanted = [each for each in rows if each.waiting or (each.overdue_from is not None and not each.rows)]
    return sorted(wanted, key=lambda each: (each.overdue_from or now, each.change.id))


def overdue_ours(session: Session, *, now: datetime) -> list[Campaign]:
    """Return the changes by which we are late at this instant, as loud as anybody else's lateness; longest first.

    A change that nobody has mapped by its date counts too.
    """
    return [
        each
        for each in running_campaigns(session, now=now)
        if each.overdue
        or (not each.rows and not each.provisional and each.overdue_from is not None and each.overdue_from <= now)
    ]


@dataclass(frozen=True, slots=True)
class MonthScore:
    """How one month's announcements were passed on, by the Shanghai month of our receipt; `month` is its first day.

    open     duties to notify that nobody has performed; `overdue` of them late by now
    """

    month: date
    campaigns: int
    on_time: int
    late: int
    open: int
    overdue: int

    @property
    def on_time_percent(self) -> int | None:
        """Return the share in time of what is decided, rounded down; None where nothing is."""
        decided = self.on_time + self.late + self.overdue
        return self.on_time * 100 // decided if decided else None


def scorecard(session: Session, *, now: datetime, months: int = 12) -> list[MonthScore]:
    """Return the last months that had an announcement, newest first, at most `months` of them."""
    received: dict[date, set[int]] = defaultdict(set)
    duties: dict[date, list[Obligation]] = defaultdict(list)
    rows = session.execute(
        select(UpstreamChange, Obligation)
        .outerjoin(UpstreamImpact, UpstreamImpact.change_id == UpstreamChange.id)
        .outerjoin(Obligation, Obligation.id == UpstreamImpact.obligation_id)
        .where(UpstreamChange.triage.is_(None) | UpstreamChange.triage.not_in(NOT_OURS))
        .order_by(UpstreamChange.id, Obligation.id)
    )
    for change, duty in rows:
        month = legal_date(change.received_at).replace(day=1)
        received[month].add(change.id)
        if duty is not None:
            duties[month].append(duty)
    return [
        _score(month, len(received[month]), duties[month], now=now) for month in sorted(received, reverse=True)[:months]
    ]


def _score(month: date, campaigns: int, duties: Iterable[Obligation], *, now: datetime) -> MonthScore:
    duties = list(duties)
    return MonthScore(
        month=month,
        campaigns=campaigns,
        on_time=sum(duty.state is ObligationState.PERFORMED_ON_TIME for duty in duties),
        late=sum(duty.state is ObligationState.PERFORMED_LATE for duty in duties),
        open=sum(duty.state in OPEN_STATES for duty in duties),
        overdue=sum(_is_late(duty, now=now) for duty in duties),
    )


def impacts_of_agreement(session: Session, agreement_id: int) -> list[UpstreamImpact]:
    """Return the changes that touch an agreement, latest receipt first."""
    return list(
        session.scalars(
            select(UpstreamImpact)
            .join(UpstreamChange, UpstreamChange.id == UpstreamImpact.change_id)
            .where(UpstreamImpact.agreement_id == agreement_id)
            .options(joinedload(UpstreamImpact.change))
            .order_by(UpstreamChange.received_at.desc(), UpstreamChange.id.desc())
        )
    )


def impacts_of_tenant(session: Session, tenant_id: int) -> list[UpstreamImpact]:
    """Return the changes that touch a tenant's agreements, latest receipt first, then by agreement."""
    return list(
        session.scalars(
            select(UpstreamImpact)
            .join(UpstreamChange, UpstreamChange.id == UpstreamImpact.change_id)
            .where(UpstreamImpact.tenant_id == tenant_id)
            .options(joinedload(UpstreamImpact.change), joinedload(UpstreamImpact.agreement))
            .order_by(UpstreamChange.received_at.desc(), UpstreamChange.id.desc(), UpstreamImpact.agreement_id)
        )
    )
