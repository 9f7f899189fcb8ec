"""Retention classes, holds, and the duties that outlive an agreement (clauses 5.1, 5.2; domain section 12).

The periods are policy [P] with a floor from the law. A class is kept through its last day and may go from the next
day's 00:00; retention dates never roll.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from agreements.calendar.rules import add_months


class RetentionClass(StrEnum):
    CONTRACTS = "contracts"
    NOTICES = "notices"
    CASES = "cases"
    PROCESSING_RECORDS = "processing_records"
    AUTHORIZATIONS = "authorizations"
    CALL_LOGS = "call_logs"


class CountedFrom(StrEnum):
    """The event that a period counts from: the later of the end and of what was done under the agreement last."""

    END = "end"
    PERFORMED = "performed"
    SETTLED = "settled"


class RestsOn(StrEnum):
    """Whether a period is our policy's, or the law's because our policy says less."""

    POLICY = "policy"
    STATUTE = "statute"


class ProposalState(StrEnum):
    """proposed → approved by enough people → destroyed; back to proposed where what was approved has changed."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DESTROYED = "destroyed"


class ItemKind(StrEnum):
    """A file's content, or a value in the database: sealed, or a plain one that may name a person."""

    FILE = "file"
    VALUE = "value"


class HoldGround(StrEnum):
    DISPUTE = "dispute"
    AUTHORITY = "authority"


class WhyKept(StrEnum):
    """What keeps an agreement's papers now; the first that applies is told."""

    HELD = "held"
    RUNNING = "running"
    OPEN_DUTY = "open_duty"
    OPEN_CASE = "open_case"
    UNSETTLED = "unsettled"
    PERIOD = "period"
    OVER = "over"


FLOOR_MONTHS = {
    RetentionClass.CONTRACTS: 36,  # limitation, Civil Code 188
    RetentionClass.NOTICES: 36,
    RetentionClass.CASES: 36,
    RetentionClass.PROCESSING_RECORDS: 36,  # PIPL 56
    RetentionClass.AUTHORIZATIONS: 36,
    RetentionClass.CALL_LOGS: 6,  # Cybersecurity Law
}
LAW = {
    RetentionClass.CONTRACTS: "民法典 188",
    RetentionClass.NOTICES: "民法典 188",
    RetentionClass.CASES: "民法典 188",
    RetentionClass.PROCESSING_RECORDS: "个人信息保护法 56",
    RetentionClass.AUTHORIZATIONS: "个人信息保护法 56",
    RetentionClass.CALL_LOGS: "网络安全法（网络日志留存）",
}
"""Where the least period of a class comes from."""
OF_AGREEMENTS = (RetentionClass.CONTRACTS, RetentionClass.NOTICES, RetentionClass.CASES)
"""Classes of an agreement's own papers; each has a clock of its own."""


def policy_key(retention_class: RetentionClass) -> str:
    return f"retention_{retention_class.value}_months"


def months_kept(retention_class: RetentionClass, policy_months: int) -> int:
    """Return the period that applies: the policy's, but never less than the law asks."""
    return max(policy_months, FLOOR_MONTHS[retention_class])


@dataclass(frozen=True, slots=True)
class Position:
    """Where an agreement stands for retention.

    ended_on    last day of the cooperation; None while it runs
    last_on     last day on which something was performed or settled under it; None where nothing was
    last_event  which of the two it was
    is_held     a dispute's or an authority's hold lies on it or on its tenant
    """

    ended_on: date | None
    last_on: date | None = None
    last_event: CountedFrom = CountedFrom.PERFORMED
    is_held: bool = False
    has_open_duties: bool = False
    has_open_cases: bool = False
    is_unsettled: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """How one class's period is counted, so that its date explains itself.

    counted_on  the event's own day, not counted; through_on is the last day kept, which never rolls
    months      the period that applies; `floor_months` the least that the law asks
    """

    counted_from: CountedFrom
    counted_on: date
    months: int
    floor_months: int
    rests_on: RestsOn
    through_on: date


def clock_of(position: Position, retention_class: RetentionClass, *, policy_months: int) -> Clock | None:
    """Count a class's period from the event that counts; None while the agreement runs. What blocks is not asked."""
    if position.ended_on is None:
        return None
    counted_from, counted_on = CountedFrom.END, position.ended_on
    if position.last_on is not None and position.last_on > counted_on:
        counted_from, counted_on = position.last_event, position.last_on
    months = months_kept(retention_class, policy_months)
    return Clock(
        counted_from=counted_from,
        counted_on=counted_on,
        months=months,
        floor_months=FLOOR_MONTHS[retention_class],
        rests_on=RestsOn.POLICY if policy_months >= FLOOR_MONTHS[retention_class] else RestsOn.STATUTE,
        through_on=add_months(counted_on, months),
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """Why something is kept, and through which day; None as long as no day can be told."""

    why: WhyKept
    through_on: date | None

    @property
    def is_over(self) -> bool:
        return self.why is WhyKept.OVER


def kept(position: Position, *, months: int, today: date) -> Kept:
    """Say how long a class is kept: from the end, or what was last performed, so many months; the last day included."""
    if position.ended_on is None:
        return Kept(WhyKept.HELD if position.is_held else WhyKept.RUNNING, None)
    through = add_months(max(position.ended_on, position.last_on or position.ended_on), months)
    for applies, why in (
        (position.is_held, WhyKept.HELD),
        (position.has_open_duties, WhyKept.OPEN_DUTY),
        (position.has_open_cases, WhyKept.OPEN_CASE),
        (position.is_unsettled, WhyKept.UNSETTLED),
    ):
        if applies:
            return Kept(why, None)
    return Kept(WhyKept.PERIOD if today <= through else WhyKept.OVER, through)


def longest(found: Iterable[Kept]) -> Kept:
    """Return what keeps something that several agreements or classes have a share in: the last to let go."""
    return max(found, key=lambda each: (not each.is_over, each.through_on is None, each.through_on or date.min))


class SurvivingDuty(StrEnum):
    CONFIDENTIALITY = "confidentiality"
    DATA_PROTECTION = "data_protection"
    AUTHORIZATION_INDEMNITY = "authorization_indemnity"
    ACCRUED_CLAIMS = "accrued_claims"
    NO_WAIVER = "no_waiver"


@dataclass(frozen=True, slots=True)
class Survival:
    """A duty that outlives the agreement: its clause, who owes it, and the law beside it.

    agreed_through_on  the last day where the agreement limits it and is over; else, and by the law, it has no end
    agreed_period      that limit, as read from the agreement: {value, unit}
    """

    duty: SurvivingDuty
    clause: str
    debtor: str
    law: str
    agreed_through_on: date | None = None
    agreed_period: Mapping[str, Any] | None = None


def limited(survival: Survival, period: Mapping[str, Any], *, ended_on: date | None) -> Survival:
    """Clause 5.2: give a duty the limit in time that the agreement sets; the law's own protection is not shortened."""
    through = None if ended_on is None else _through(ended_on, period)
    return replace(survival, agreed_through_on=through, agreed_period=period)


def _through(ended_on: date, period: Mapping[str, Any]) -> date | None:
    count, unit = period.get("value"), period.get("unit")
    if not isinstance(count, int):
        return None
    if unit in ("year", "month"):
        return add_months(ended_on, count * (12 if unit == "year" else 1))
    return ended_on + timedelta(days=count) if unit == "calendar_day" else None


SURVIVING = (
    Survival(SurvivingDuty.CONFIDENTIALITY, "5.1", "both", "民法典 501、558"),
    Survival(SurvivingDuty.DATA_PROTECTION, "5.2", "both", "个人信息保护法 47"),
    Survival(SurvivingDuty.AUTHORIZATION_INDEMNITY, "2.1", "tenant", "民法典 567"),
    Survival(SurvivingDuty.ACCRUED_CLAIMS, "6.1", "both", "民法典 566、567"),
    Survival(SurvivingDuty.NO_WAIVER, "6.2", "both", "民法典 188"),
)
