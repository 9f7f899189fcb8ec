"""Clause 3.3 (b): which changes must be notified, and under which agreements."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from agreements.calendar.deadline_table import Unit
from agreements.kernel.instants import end_of, legal_date
from compliance.obligations.rules import FormLevel, ObligationState, form_suffices


class ChangeKind(StrEnum):
    """What clause 3.3 lists: 证照、文件、资料信息、业务状况."""

    LICENCE = "licence"
    DOCUMENT = "document"
    INFORMATION = "information"
    BUSINESS_CONDITION = "business_condition"


class ChangeSource(StrEnum):
    """How we came to know."""

    TENANT_NOTICE = "tenant_notice"
    OWN_DISCOVERY = "own_discovery"
    PUBLIC_REGISTER = "public_register"


class NoticeVia(StrEnum):
    """Which channel of ours a tenant's notice entered; the earliest entry counts (domain 4.2)."""

    EMAIL = "email"
    MARKETPLACE_INBOX = "marketplace_inbox"
    COURIER = "courier"
    IN_PERSON = "in_person"
    PHONE = "phone"


class AnnouncedState(StrEnum):
    """Where a change stands that the tenant reported before it took effect."""

    ANNOUNCED = "announced"
    TOOK_EFFECT = "took_effect"
    DROPPED = "dropped"


def was_in_force_on(day: date, *, effective_at: datetime | None, service_end_exclusive_at: datetime) -> bool:
    """Clause 3.3, 三 1: whether an agreement was in force on the Shanghai day of a change.

    From the day it took effect to its last day of service, both included. Suspension and used-up quota don't matter;
    what changed before belongs to the documents of activation.
    """
    if effective_at is None:
        return False
    return legal_date(effective_at) <= day <= legal_date(service_end_exclusive_at - timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class NotificationPeriod:
    """What the agreement asks of a change notice: its period and the weakest form that performs."""

    count: int
    unit: Unit
    form: FormLevel


STARTS_AT_CHANGE = "change"
STANDARD_PERIOD = NotificationPeriod(5, Unit.WORKING_DAY, FormLevel.WRITTEN)


def agreed_period(term: Any) -> NotificationPeriod | None:
    """Clause 3.3 (b) from the applied term {value, unit, starts, form}; the standard form where nothing was read apart.

    A form of "any" is met orally. None where the agreement has no such clause, starts the period at something else than
    the change, or was not understood: then no clock runs by itself and a person decides, for nobody is judged by a
    guess.
    """
    if term is None:
        return STANDARD_PERIOD
    try:
        if term.get("starts", STARTS_AT_CHANGE) != STARTS_AT_CHANGE:
            return None
        form = FormLevel.ORAL if term["form"] == "any" else FormLevel(term["form"])
        return NotificationPeriod(int(term["value"]), Unit(term["unit"]), form)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def clock_starts(occurred_on: date, unit: Unit) -> date | datetime:
    """Clause 3.3 (b): what the period counts from: the day of the change, or its end where hours are agreed.

    The hour of a change is rarely known; counting from the end of its day takes nothing from the tenant.
    """
    return end_of(occurred_on) if unit is Unit.HOUR else occurred_on


class Verdict(StrEnum):
    """What a notice does to one clock, or what the clock waits for; each is a sentence on the page."""

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"
    TOO_WEAK = "too_weak"
    WAITING = "waiting"
    MISSED = "missed"
    PROVISIONAL = "provisional"
    NO_CLOCK = "no_clock"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock as it is judged: its bound and the weakest form that performs; no bound where none can be counted.

    starts_at  the first instant of the day of the change
    """

    starts_at: datetime
    overdue_from: datetime | None
    provisional: bool
    form: FormLevel | None


def foresee(clock: Clock, *, arrived_at: datetime | None, form: FormLevel | None, now: datetime) -> Verdict:
    """Clause 3.3 (b): what recording a notice, or nothing but the change, would mean under one agreement.

    arrived_at, form  of the notice; None where the change was found without one
    """
    if clock.overdue_from is None or clock.form is None:
        return Verdict.NO_CLOCK
    if arrived_at is None or form is None:
        return _unanswered(clock.overdue_from, provisional=clock.provisional, now=now)
    if not form_suffices(form, clock.form):
        return Verdict.TOO_WEAK
    if arrived_at >= clock.overdue_from:
        return Verdict.LATE
    return Verdict.EARLY if arrived_at < clock.starts_at else Verdict.ON_TIME


def judged(clock: Clock, *, state: ObligationState, performed_at: datetime | None, now: datetime) -> Verdict:
    """Say why a clock that was started stands as it does."""
    if state is ObligationState.VOID:
        return Verdict.VOID
    if performed_at is not None:
        if state is ObligationState.PERFORMED_LATE:
            return Verdict.LATE
        return Verdict.EARLY if performed_at < clock.starts_at else Verdict.ON_TIME
    assert clock.overdue_from is not None, "a clock that was started has its bound"
    return _unanswered(clock.overdue_from, provisional=clock.provisional, now=now)


def _unanswered(overdue_from: datetime, *, provisional: bool, now: datetime) -> Verdict:
    if now < overdue_from:
        return Verdict.WAITING
    return Verdict.PROVISIONAL if provisional else Verdict.MISSED
