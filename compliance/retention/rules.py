"""Retention classes, holds, and the duties that outlive an agreement (clauses 5.1, 5.2; domain section 12).

The periods are policy [P] with a floor from the law. A class is kept through its last day and may go from the next
day's 00:00; retention dates never roll.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from agreements.calendar.rules import add_months


class RetentionClass(StrEnum):
    CONTRACTS = "contracts"
    NOTICES = "notices"
    CASES = "cases"
    PROCESSING_RECORDS = "processing_records"
    AUTHORIZATIONS = "authorizations"
    CALL_LOGS = "call_logs"


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
LEAST_MONTHS = min(
    FLOOR_MONTHS[each] for each in (RetentionClass.CONTRACTS, RetentionClass.NOTICES, RetentionClass.CASES)
)


def policy_key(retention_class: RetentionClass) -> str:
    return f"retention_{retention_class.value}_months"


def months_kept(retention_class: RetentionClass, policy_months: int) -> int:
    """Return the period that applies: the policy's, but never less than the law asks."""
    return max(policy_months, FLOOR_MONTHS[retention_class])


@dataclass(frozen=True, slots=True)
class Position:
    """Where an agreement stands for retention.

    ended_on  last day of the cooperation; None while it runs
    last_on   last day on which something was performed or settled under it; None where nothing was
    is_held   a dispute's or an authority's hold lies on it or on its tenant
    """

    ended_on: date | None
    last_on: date | None = None
    is_held: bool = False
    has_open_duties: bool = False
    has_open_cases: bool = False
    is_unsettled: bool = False


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
    """A duty that outlives the agreement: its clause, who owes it, and the law beside it; it has no end of its own."""

    duty: SurvivingDuty
    clause: str
    debtor: str
    law: str


SURVIVING = (
    Survival(SurvivingDuty.CONFIDENTIALITY, "5.1", "both", "民法典 501、558"),
    Survival(SurvivingDuty.DATA_PROTECTION, "5.2", "both", "个人信息保护法 47"),
    Survival(SurvivingDuty.AUTHORIZATION_INDEMNITY, "2.1", "tenant", "民法典 567"),
    Survival(SurvivingDuty.ACCRUED_CLAIMS, "6.1", "both", "民法典 566、567"),
    Survival(SurvivingDuty.NO_WAIVER, "6.2", "both", "民法典 188"),
)
