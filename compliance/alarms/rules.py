"""Kinds of alarms: how urgent each is, whom it calls, where it leads (domain 8; reliability 2, promise 6)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from agreements.kernel.access.rules import Role
from agreements.kernel.errors import N_


class AlarmKind(StrEnum):
    CHANNEL_FAILING = "channel_failing"
    NOTICE_BOUNCED = "notice_bounced"
    UPSTREAM_UNMAPPED = "upstream_unmapped"
    UPSTREAM_UNREAD = "upstream_unread"
    UPSTREAM_NOT_ARRIVED = "upstream_not_arrived"
    UPSTREAM_OVERDUE = "upstream_overdue"
    UPSTREAM_NO_ADDRESS = "upstream_no_address"
    AGREEMENT_ENDING = "agreement_ending"
    RENEWAL_UNPAID = "renewal_unpaid"
    DOCUMENT_EXPIRING = "document_expiring"
    CALENDAR_YEAR_MISSING = "calendar_year_missing"
    CALENDAR_PROVISIONAL = "calendar_provisional"
    RECOUNT_UNDECIDED = "recount_undecided"
    ANNOUNCED_CHANGE_DUE = "announced_change_due"
    PLATFORM_RECHECK_DUE = "platform_recheck_due"
    PLATFORM_IN_DOUBT = "platform_in_doubt"
    OWN_DOCUMENT_EXPIRING = "own_document_expiring"
    TERM_UNDECIDED = "term_undecided"


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
    AlarmKind.AGREEMENT_ENDING: AlarmSpec(
        Severity.WARNING,
        frozenset({Role.LEGAL_OFFICER, Role.OPS}),
        N_("The service period of order %(order_no)s ends on %(last_on)s; no renewal order is registered."),
        "/agreements/{order_no}",
    ),
    AlarmKind.RENEWAL_UNPAID: AlarmSpec(
        Severity.WARNING,
        frozenset({Role.LEGAL_OFFICER, Role.OPS, Role.FINANCE}),
        N_("Order %(order_no)s ends on %(last_on)s; its renewal %(renewal_no)s is not paid yet."),
        "/agreements/{renewal_no}",
    ),
    AlarmKind.DOCUMENT_EXPIRING: AlarmSpec(
        Severity.WARNING,
        frozenset({Role.LEGAL_OFFICER}),
        N_("A document of the tenant expires on %(last_on)s and is not renewed yet."),
        "/tenants/{tenant_key}",
    ),
    AlarmKind.UPSTREAM_UNMAPPED: AlarmSpec(
        Severity.WARNING,
        _LEGAL | _OPS,
        N_("Nobody knows whom source notice %(change)s touches; our notices are due on %(due_on)s."),
        "/upstream/{id}",
    ),
    AlarmKind.UPSTREAM_UNREAD: AlarmSpec(
        Severity.WARNING,
        _LEGAL,
        N_("Source notice %(change)s waits for legal to read it; our notices are due on %(due_on)s."),
        "/upstream/{id}",
    ),
    AlarmKind.UPSTREAM_NOT_ARRIVED: AlarmSpec(
        Severity.DANGER,
        _LEGAL,
        N_("Our notices of source notice %(change)s are due on %(due_on)s; %(waiting)s have not arrived."),
        "/upstream/{id}",
    ),
    AlarmKind.UPSTREAM_OVERDUE: AlarmSpec(
        Severity.DANGER,
        _LEGAL,
        N_("We are late: %(waiting)s of our notices of source notice %(change)s had not arrived by %(due_on)s."),
        "/upstream/{id}",
    ),
    AlarmKind.UPSTREAM_NO_ADDRESS: AlarmSpec(
        Severity.DANGER,
        _LEGAL,
        N_("Notice %(number)s has no address to go to; serve it by courier or in person."),
        "/notices/{id}",
    ),
    AlarmKind.CALENDAR_YEAR_MISSING: AlarmSpec(
        Severity.WARNING,
        _LEGAL | {Role.ADMIN},
        N_("The holiday arrangement of %(year)s is not loaded; dates that reach into it are provisional."),
        "/calendar/years",
    ),
    AlarmKind.CALENDAR_PROVISIONAL: AlarmSpec(
        Severity.DANGER,
        _LEGAL,
        N_(
            "A date is near and still provisional: %(due_on)s. Load the arrangement of its year, or act on the earlier."
        ),
        "/agreements/{order_no}",
    ),
    AlarmKind.RECOUNT_UNDECIDED: AlarmSpec(
        Severity.DANGER,
        _LEGAL | {Role.ADMIN},
        N_("The last day of a duty of ours, %(from)s, was counted again and needs your decision."),
        "/calendar/recounts/{id}",
    ),
    AlarmKind.ANNOUNCED_CHANGE_DUE: AlarmSpec(
        Severity.WARNING,
        frozenset({Role.LEGAL_OFFICER}),
        N_("A change that tenant %(tenant_key)s announced for %(expected_on)s is to be verified."),
        "/changes/announced/{id}",
    ),
    AlarmKind.PLATFORM_RECHECK_DUE: AlarmSpec(
        Severity.WARNING,
        frozenset({Role.LEGAL_OFFICER, Role.OPS}),
        N_("The ownership of a platform of tenant %(tenant_key)s is to be looked at again since %(since)s."),
        "/tenants/{tenant_key}",
    ),
    AlarmKind.PLATFORM_IN_DOUBT: AlarmSpec(
        Severity.DANGER,
        _LEGAL,
        N_("A platform of tenant %(tenant_key)s was found to be another's on %(since)s; decide what follows."),
        "/tenants/{tenant_key}",
    ),
    AlarmKind.OWN_DOCUMENT_EXPIRING: AlarmSpec(
        Severity.DANGER,
        _LEGAL | {Role.ADMIN},
        N_("Our own document no. %(number)s is valid through %(last_on)s and is not renewed; we warrant it (4.1)."),
        "/documents/own",
    ),
    AlarmKind.TERM_UNDECIDED: AlarmSpec(
        Severity.WARNING,
        _LEGAL,
        N_(
            "A decision on a term of order %(order_no)s waits since %(since)s; until then the cautious reading applies."
        ),
        "/agreements/{order_no}/terms",
    ),
}


@dataclass(frozen=True, slots=True)
class MissingStage:
    """How long a year's arrangement has been missing: a name, and the Shanghai date from which it holds."""

    name: str
    since: date


def missing_stage(year: int, today: date) -> MissingStage | None:
    """Domain 8: call for the next year's arrangement from 1 November, again from 1 December, and when the year began.

    None while it need not be known yet. The State Council publishes it in October or November.
    """
    for name, since in (
        ("begun", date(year, 1, 1)),
        ("december", date(year - 1, 12, 1)),
        ("november", date(year - 1, 11, 1)),
    ):
        if today >= since:
            return MissingStage(name, since)
    return None


RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30))


def next_try(attempts: int, *, now: datetime) -> datetime:
    """Return when a mail to the staff is tried again after its nth attempt (1 or more)."""
    return now + RETRY_AFTER[min(attempts, len(RETRY_AFTER)) - 1]


def number_in(cause: str) -> str:
    """Return the last part of a cause: "7" of "upstream:7"."""
    return cause.rpartition(":")[2]
