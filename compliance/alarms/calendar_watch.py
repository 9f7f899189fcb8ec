"""The calendar's watch: dates counted again where it changed, alarms while a year is missing (T-14, E-47, domain 8)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.calendar.actions import working_calendar
from agreements.kernel.access.rules import SCHEDULER, Actor
from agreements.kernel.instants import legal_date, start_of
from agreements.kernel.sweeps import Sweep
from compliance.alarms.actions import raise_alarm, settle_alarms
from compliance.alarms.models import Alarm
from compliance.alarms.rules import AlarmKind, missing_stage, number_in
from compliance.obligations import recounting
from compliance.obligations.models import Obligation, ObligationRecount
from compliance.obligations.recount_rules import RecountOutcome, RecountResolution
from compliance.obligations.rules import ObligationState
from compliance.obligations.terms_recounting import (
    counted_by_old_terms,
    judged_by_old_terms,
    recount_by_terms,
    rejudge_by_terms,
)

NEAR_CALENDAR_DAYS = 14
"""How near a provisional date calls a person."""


def recount_one(session: Session, obligation_id: int, *, now: datetime) -> bool:
    """Count one open date again; call a person where it would be past at once. False where nothing moved."""
    return _told(session, recounting.recount(session, obligation_id, now=now), now=now)


def recount_one_by_terms(session: Session, obligation_id: int, *, now: datetime) -> bool:
    """Count one open date again by its corrected term; call a person where one decides. False where it was done."""
    return _told(session, recount_by_terms(session, obligation_id, now=now), now=now)


def rejudge_one_by_terms(session: Session, obligation_id: int, *, now: datetime) -> bool:
    """Judge what counts as late again by its corrected term; False where it was done."""
    return rejudge_by_terms(session, obligation_id, now=now) is not None


def _told(session: Session, row: ObligationRecount | None, *, now: datetime) -> bool:
    if row is None:
        return False
    if row.outcome is RecountOutcome.TO_PERSON:
        agreement = row.obligation.agreement
        raise_alarm(
            session,
            AlarmKind.RECOUNT_UNDECIDED,
            cause=f"recount:{row.id}",
            stage="past",
            as_of=now,
            now=now,
            tenant_id=agreement.tenant_id,
            agreement_id=agreement.id,
            details={"from": row.from_due_on.isoformat(), "counted_on": row.counted_on.isoformat()},
        )
    return True


def resolve_recount(
    session: Session, recount_id: int, resolution: RecountResolution, *, reason: str, actor: Actor, now: datetime
) -> ObligationRecount:
    """Decide on a date that would be past at once; its alarm ends."""
    row = recounting.resolve(session, recount_id, resolution, reason=reason, actor=actor, now=now)
    settle_alarms(session, cause=f"recount:{row.id}", now=now, actor=actor)
    return row


def find_missing(session: Session, *, due_by: datetime) -> list[int]:
    """Return the years whose arrangement is missing and that have not called anybody at the present stage."""
    calendar, today = working_calendar(session, at=due_by), legal_date(due_by)
    told = {
        (alarm.cause, alarm.stage)
        for alarm in session.scalars(select(Alarm).where(Alarm.kind == AlarmKind.CALENDAR_YEAR_MISSING))
    }
    found = []
    for year in (today.year, today.year + 1):
        stage = missing_stage(year, today)
        if year not in calendar.published_years and stage and (f"year:{year}", stage.name) not in told:
            found.append(year)
    return found


def raise_missing(session: Session, year: int, *, now: datetime) -> bool:
    stage = missing_stage(year, legal_date(now))
    if stage is None or year in working_calendar(session).published_years:
        return False
    settle_alarms(session, cause=f"year:{year}", now=now, actor=SCHEDULER)  # the later stage speaks for it
    raised = raise_alarm(
        session,
        AlarmKind.CALENDAR_YEAR_MISSING,
        cause=f"year:{year}",
        stage=stage.name,
        as_of=start_of(stage.since),
        now=now,
        details={"year": year, "provisional": len(_provisional(session))},
    )
    return raised is not None


def find_near(session: Session, *, due_by: datetime) -> list[int]:
    """Return open duties whose provisional date may be near, earliest first, and that have not called anybody."""
    told = set(session.scalars(select(Alarm.cause).where(Alarm.kind == AlarmKind.CALENDAR_PROVISIONAL)))
    return [
        obligation.id
        for obligation in _provisional(session)
        if _is_near(obligation, legal_date(due_by)) and f"obligation:{obligation.id}" not in told
    ]


def raise_near(session: Session, obligation_id: int, *, now: datetime) -> bool:
    obligation = session.get_one(Obligation, obligation_id)
    if not _is_open_and_provisional(obligation) or not _is_near(obligation, legal_date(now)):
        return False
    near_from = start_of(_earliest(obligation) - timedelta(days=NEAR_CALENDAR_DAYS))
    raised = raise_alarm(
        session,
        AlarmKind.CALENDAR_PROVISIONAL,
        cause=f"obligation:{obligation.id}",
        stage="near",
        as_of=min(max(near_from, obligation.opened_at), now),
        now=now,
        tenant_id=obligation.agreement.tenant_id,
        agreement_id=obligation.agreement_id,
        details={"due_on": obligation.due_on.isoformat()},
    )
    return raised is not None


def _provisional(session: Session) -> list[Obligation]:
    return list(
        session.scalars(
            select(Obligation)
            .where(Obligation.state == ObligationState.OPEN, Obligation.provisional.is_(True))
            .order_by(Obligation.overdue_from, Obligation.id)
        )
    )


def _is_open_and_provisional(obligation: Obligation) -> bool:
    return obligation.state is ObligationState.OPEN and obligation.provisional


def _earliest(obligation: Obligation) -> date:
    return date.fromisoformat(obligation.count_trace["earliest_on"])


def _is_near(obligation: Obligation, today: date) -> bool:
    return _earliest(obligation) <= today + timedelta(days=NEAR_CALENDAR_DAYS)


def _is_year_known(session: Session, year: int) -> bool:
    return year in working_calendar(session).published_years


def _is_date_final(session: Session, obligation_id: int) -> bool:
    return not _is_open_and_provisional(session.get_one(Obligation, obligation_id))


def _is_recount_over(session: Session, recount_id: int) -> bool:
    return all(row.id != recount_id for row in recounting.undecided(session))


def _settling(name: str, kind: AlarmKind, is_over: Callable[[Session, int], bool]) -> Sweep:
    """Return the sweep that ends the alarms of a kind once their matter is dealt with."""

    def find(session: Session, *, due_by: datetime) -> list[int]:  # noqa: ARG001 - what is over is over
        alarms = select(Alarm.cause).where(Alarm.kind == kind, Alarm.settled_at.is_(None)).order_by(Alarm.id)
        numbers = dict.fromkeys(int(number_in(cause)) for cause in session.scalars(alarms))
        return [number for number in numbers if is_over(session, number)]

    def act(session: Session, item_id: int, *, now: datetime) -> bool:
        causes = select(Alarm.cause).where(Alarm.kind == kind, Alarm.settled_at.is_(None))
        ended = 0
        for cause in set(session.scalars(causes)):
            if number_in(cause) == str(item_id) and is_over(session, item_id):
                ended += settle_alarms(session, cause=cause, now=now, actor=SCHEDULER, kinds=(kind,))
        return ended > 0

    return Sweep(name, find, act)


RECOUNT = (
    Sweep("calendar_recount", recounting.not_recounted, recount_one),
    Sweep("terms_recount", counted_by_old_terms, recount_one_by_terms),
    Sweep("terms_rejudge", judged_by_old_terms, rejudge_one_by_terms),
    _settling("calendar_year_known", AlarmKind.CALENDAR_YEAR_MISSING, _is_year_known),
    _settling("calendar_date_final", AlarmKind.CALENDAR_PROVISIONAL, _is_date_final),
    _settling("calendar_recount_over", AlarmKind.RECOUNT_UNDECIDED, _is_recount_over),
)
GUARD = (
    Sweep("calendar_year_missing", find_missing, raise_missing),
    Sweep("calendar_provisional", find_near, raise_near),
)
