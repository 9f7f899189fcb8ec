"""How dates, instants and amounts read on pages: always Shanghai time, in the person's language."""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext
from jinja2 import pass_context
from jinja2.runtime import Context

from agreements.kernel.access.models import Locale
from agreements.kernel.errors import N_
from agreements.kernel.instants import SHANGHAI, legal_date, require_aware
from agreements.kernel.money import Money
from agreements.kernel.web.language import actor_name, current_locale, text

WEEKDAYS = {
    Locale.ZH: ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    Locale.EN: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
MAIN_NUMERALS = frozenset("一二三四五六七八九十")
CLAUSES_APART = re.compile(r"\s*[,+、]\s*")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(value: date | datetime) -> str:
    """2025年11月12日 周三, or Wed 12 Nov 2025; of an instant its Shanghai date."""
    on = legal_date(value) if isinstance(value, datetime) else value
    if current_locale() is Locale.ZH:
        return f"{on.year}年{on.month}月{on.day}日 {WEEKDAYS[Locale.ZH][on.weekday()]}"
    return f"{WEEKDAYS[Locale.EN][on.weekday()]} {on.day} {MONTHS[on.month - 1]} {on.year}"


def short_day(value: date | datetime) -> str:
    """2025-11-12, for dense tables; of an instant its Shanghai date."""
    return (legal_date(value) if isinstance(value, datetime) else value).isoformat()


def until(bound: datetime) -> str:
    """The exclusive end of a period as people write it: 2025年11月12日 周三 24:00 for 2025-11-13 00:00 (rule T-5)."""
    local = require_aware(bound).astimezone(SHANGHAI)
    if local.time() != time():
        return instant(bound)
    return f"{day(local.date() - timedelta(days=1))} 24:00"


def month_name(value: date) -> str:
    """11月, or Nov."""
    return f"{value.month}月" if current_locale() is Locale.ZH else MONTHS[value.month - 1]


def instant(value: datetime) -> str:
    """2025年11月12日 周三 16:40, or Wed 12 Nov 2025 16:40."""
    return f"{day(value)} {clock_time(value)}"


def clock_time(value: datetime) -> str:
    """16:40 in Shanghai."""
    return f"{require_aware(value).astimezone(SHANGHAI):%H:%M}"


def yuan(amount: Money | int) -> str:
    """¥1,200.00; a plain number is fen."""
    fen = amount.fen if isinstance(amount, Money) else amount
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}¥{whole:,}.{rest:02}"


def whole(number: int) -> str:
    """30,000."""
    return f"{number:,}"


def relative(value: date | datetime, now: datetime) -> str:
    """Calendar days from today, to stand beside a date: in 3 days, tomorrow, today, 2 days ago."""
    on = legal_date(value) if isinstance(value, datetime) else value
    days = (on - legal_date(now)).days
    match days:
        case -1:
            return text(N_("yesterday"))
        case 0:
            return text(N_("today"))
        case 1:
            return text(N_("tomorrow"))
    if days > 0:
        return text(N_("in %(num)s days")) % {"num": days}
    return text(N_("%(num)s days ago")) % {"num": -days}


def relative_until(bound: datetime, now: datetime) -> str:
    """As `relative`, for the last day before an exclusive bound."""
    return relative(bound - timedelta(microseconds=1), now)


def time_left(bound: datetime, now: datetime) -> str:
    """How long until an instant, or since it, in its two largest units: 1 day 3 h, 3 h 20 min; under a minute 0 min."""
    minutes = int(abs(bound - now).total_seconds()) // 60
    days, hours = divmod(minutes // 60, 24)
    if days:
        return str(gettext("%(days)s d %(hours)s h", days=days, hours=hours))
    if hours:
        return str(gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes % 60))
    return str(gettext("%(minutes)s min", minutes=minutes))


def clause_words(text: str) -> str:
    """How a clause is cited: 第3.3条, 第4.4、6.1条, 主协议三、1; Clause 3.3, Clauses 4.4, 6.1, Main agreement 三 1.

    text  one clause or several, as rules name them: "3.3", "3.3 + 4.4", "三 1"; a statute stays as it is
    """
    is_chinese = current_locale() is Locale.ZH
    comma = "、" if is_chinese else ", "
    parts = CLAUSES_APART.split(text.strip())
    main = [part for part in parts if part[:1] in MAIN_NUMERALS]
    annex = [part for part in parts if part[:1].isdigit()]
    if len(main) + len(annex) != len(parts):
        return text
    words = [
        str(gettext("Main agreement %(clause)s", clause=part.replace(" ", "、") if is_chinese else part))
        for part in main
    ]
    if len(annex) == 1:
        words.append(str(gettext("Clause %(clause)s", clause=annex[0])))
    elif annex:
        words.append(str(gettext("Clauses %(clauses)s", clauses=comma.join(annex))))
    return ("，" if is_chinese else ", ").join(words)


FILTERS = (
    actor_name,
    clause_words,
    day,
    short_day,
    until,
    instant,
    clock_time,
    yuan,
    whole,
    relative,
    relative_until,
    time_left,
    month_name,
)


def as_filter(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that Jinja asks at each rendering.

    It works out a constant when it compiles a template, in the language of whoever opens the page first; what asks for
    the context it leaves alone.
    """

    @pass_context
    def said(_context: Context, *values: Any, **options: Any) -> Any:
        return function(*values, **options)

    return said
