"""Calendars and dated duties for tests."""

from pathlib import Path

from agreements.calendar.actions import counting_in_force, record_override
from agreements.calendar.arrangement_file import read_arrangement
from agreements.calendar.deadline_table import DeadlineRule
from agreements.calendar.rules import DayRuling
from agreements.kernel.instants import start_of
from compliance.obligations.actions import open_obligation
from compliance.obligations.rules import ObligationCode
from tests.builders import at, day
from tests.builders_compliance import an_agreement_in_service
from tests.builders_register import APPROVER, OFFICER

EXAMPLE = (Path(__file__).parent.parent / "examples" / "calendar-2026.toml").read_bytes()
TENANTS, OURS = ObligationCode.TENANT_CHANGE_NOTIFICATION, ObligationCode.PROVIDER_UPSTREAM_NOTICE
RULES = {TENANTS: DeadlineRule.CHANGE_NOTIFICATION, OURS: DeadlineRule.UPSTREAM_NOTICE}


def a_long_agreement(session, **changed):
    """In service through Friday 31 December 2027."""
    return an_agreement_in_service(session, service_end_exclusive_at=start_of(day("Sat 2028-01-01")), **changed)


def a_duty(session, agreement, code, event, *, number=1, now=None):
    """A duty whose clock an event of that day started, counted by the calendar in force then."""
    now = now or at(f"{event} 12:00")
    return open_obligation(
        session,
        agreement,
        code,
        cause=f"test:{number}",
        triggered_at=start_of(day(event)),
        deadline=counting_in_force(session, now=now).due(RULES[code], day(event)),
        actor=OFFICER,
        now=now,
    )


def the_file_of_2027(*worked):
    """The days of 2026 as an arrangement of 2027, with these weekend days worked."""
    text = EXAMPLE.replace(b"2026-", b"2027-").replace(b"2026", b"2027").replace(b"2025-11-04", b"2026-11-20")
    lines = [line for line in text.decode().splitlines() if not line.startswith("worked")]
    for weekend in worked:
        lines.insert(lines.index("to = 2027-01-03 # included") + 1, f"worked = [{weekend}]")
    return "\n".join(lines).encode()


def a_year_2027(*worked):
    return read_arrangement(the_file_of_2027(*worked))


def rule(session, text, *, is_working, now):
    """Rule one day by a notice of its own."""
    ruling = DayRuling(day(text), is_working=is_working, name="临时安排", source_notice="国办发明电〔2026〕1号")
    return record_override(session, ruling, actor=APPROVER, now=now)
