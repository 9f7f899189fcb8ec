"""What the signature block asks of the calendar."""

from datetime import date

from agreements.calendar.rules import WorkingCalendar
from agreements.intake.drafting import IsWorkingDay


def working_days_of(calendar: WorkingCalendar) -> IsWorkingDay:
    """Return a question to the calendar that answers None for a day whose year is not published."""

    def is_working_day(day: date) -> bool | None:
        return calendar.is_working_day(day) if calendar.is_settled(day) else None

    return is_working_day
