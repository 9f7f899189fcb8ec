"""Kinds of alarms: how urgent each is, whom it calls, where it leads (domain 8; reliability 2, promise 6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from agreements.kernel.access.rules import Role
from agreements.kernel.errors import N_


class AlarmKind(StrEnum):
    CHANNEL_FAILING = "channel_failing"
    NOTICE_BOUNCED = "notice_bounced"


class Severity(StrEnum):
    """`danger`: a legal period is lost or about to be. `warning`: it will be unless somebody acts."""

    DANGER = "danger"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class AlarmSpec:
    """One kind.

    text   catalogue entry; placeholders are filled from the alarm's details
    page   address it leads to; `{id}` is the number in its cause ("upstream:7"), other names come from the details
    roles  who is called
    """

    severity: Severity
    roles: frozenset[Role]
    text: str
    page: str


_LEGAL = frozenset({Role.LEGAL_OFFICER, Role.LEGAL_APPROVER})
_OPS = frozenset({Role.OPS, Role.ADMIN})

SPECS: dict[AlarmKind, AlarmSpec] = {
    AlarmKind.CHANNEL_FAILING: AlarmSpec(
        Severity.DANGER,
        _OPS | _LEGAL,
        N_("The channel %(channel)s has been refusing messages since %(since)s."),
        "/admin/channels",
    ),
    AlarmKind.NOTICE_BOUNCED: AlarmSpec(
        Severity.DANGER,
        _LEGAL,
        N_("Notice %(number)s reached no address; serve it by courier or in person."),
        "/notices/{id}",
    ),
}

RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30))


def next_try(attempts: int, *, now: datetime) -> datetime:
    """Return when a mail to the staff is tried again after its nth attempt (1 or more)."""
    return now + RETRY_AFTER[min(attempts, len(RETRY_AFTER)) - 1]


def number_in(cause: str) -> str:
    """Return the last part of a cause: "7" of "upstream:7"."""
    return cause.rpartition(":")[2]
