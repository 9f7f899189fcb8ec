"""The State Council's arrangements of 2004 to 2026, as the chinesecalendar package carries them.

The package is read here and nowhere else. It was chosen because it refuses years it does not know instead of guessing.
"""

from functools import cache

import chinese_calendar
from chinese_calendar import constants

from agreements.calendar.rules import WorkingCalendar
from agreements.kernel.errors import N_

HOLIDAY_NAMES = (
    N_("New Year's Day"),
    N_("Spring Festival"),
    N_("Tomb-sweeping Day"),
    N_("Labour Day"),
    N_("Dragon Boat Festival"),
    N_("Mid-autumn Festival"),
    N_("National Day"),
    N_("Anti-Fascist 70th Day"),
)

# Notices that were read day by day against the package; for other years the package is our only source.
NOTICES = {
    2024: "国办发明电〔2023〕7号",
    2025: "国办发明电〔2024〕12号",
    2026: "国务院办公厅关于2026年部分节假日安排的通知（2025-11-04）",
}


@cache
def published_calendar() -> WorkingCalendar:
    """Return the working days of all years in the package; nothing of ours is in it (version suffix `+0`)."""
    release = f"chinesecalendar-{chinese_calendar.__version__}"
    years = frozenset(day.year for day in constants.holidays)
    return WorkingCalendar(
        published_years=years,
        holidays=constants.holidays,
        adjusted=constants.workdays,
        version=f"{release}+0",
        year_notices={year: NOTICES.get(year, release) for year in years},
    )


def chinese_name(name: str) -> str:
    """Return a holiday's Chinese name; a name of our own records is returned as it was typed."""
    return next((holiday.chinese for holiday in constants.Holiday if holiday.value == name), name)


def english_name(name: str) -> str:
    """Return the catalogue entry of a holiday that is written in Chinese; any other name as it was typed."""
    return next(
        (
            holiday.value
            for holiday in constants.Holiday
            if name in (holiday.value, holiday.chinese, f"{holiday.chinese}节")
        ),
        name,
    )
