"""Clause 3.3 (b): which changes must be notified, and under which agreements."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from agreements.calendar.deadline_table import Unit
from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.instants import legal_date
from compliance.obligations.rules import FormLevel


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


def was_in_force_on(day: date, *, effective_at: datetime | None, service_end_exclusive_at: datetime) -> bool:
    """Clause 3.3, 三 1: whether an agreement was in force on the Shanghai day of a change.

    From the day it took effect to its last day of service, both included. Suspension and used-up quota don't matter;
    what changed before belongs to the documents of activation.
    """
    if effective_at is None:
        return False
    return legal_date(effective_at) <= day < legal_date(service_end_exclusive_at)


@dataclass(frozen=True, slots=True)
class NotificationPeriod:
    """What the agreement asks of a change notice: its period and the weakest form that performs."""

    count: int
    unit: Unit
    form: FormLevel


STANDARD_PERIOD = NotificationPeriod(5, Unit.WORKING_DAY, FormLevel.WRITTEN)


def agreed_period(term: Any) -> NotificationPeriod:
    """Clause 3.3 (b) from the applied term {value, unit, form, …}; the standard form where the term is absent.

    A form of "any" is met orally. A value that can't be understood raises InvalidInput: nobody is judged by a guess.
    """
    if term is None:
        return STANDARD_PERIOD
    try:
        form = FormLevel.ORAL if term["form"] == "any" else FormLevel(term["form"])
        return NotificationPeriod(int(term["value"]), Unit(term["unit"]), form)
    except (KeyError, TypeError, ValueError):
        raise InvalidInput(
            N_("The agreed period of change notices can't be counted: %(term)s."),
            field="change_notification",
            clause="3.3",
            remedy=N_("Correct the term on the agreement's page first."),
            term=term,
        ) from None
