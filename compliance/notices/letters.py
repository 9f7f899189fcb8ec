"""Writing letters from versioned templates, and the exact bytes that go on the wire."""

import re
from datetime import date, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from agreements.kernel.instants import SHANGHAI, legal_date
from compliance.notices.rules import Language, NoticeKind, one_line

TEMPLATES_FOLDER = Path(__file__).parent / "templates"
RECEIPT = "receipt"
RECEIPT_VERSION = 1
ANSWER = "answer"
ANSWER_VERSION = 1

WEEKDAYS = {
    Language.ZH: ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    Language.EN: ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 - twelve quotes read worse
)
SUBJECTS = {
    Language.ZH: {
        NoticeKind.RECTIFICATION_DEMAND: "改正通知",
        NoticeKind.SUSPENSION_NOTICE: "暂停服务通知",
        NoticeKind.SUSPENSION_WITHDRAWAL: "撤回暂停决定通知",
        NoticeKind.RESUME_NOTICE: "恢复服务通知",
        NoticeKind.TERMINATION_NOTICE: "终止服务暨解除协议通知",
        NoticeKind.EXPIRY_WARNING: "服务期限届满提醒",
        NoticeKind.DOCUMENT_EXPIRY_WARNING: "证照届满提醒",
        NoticeKind.UPSTREAM_CHANGE_NOTICE: "数据源调整通知",
        NoticeKind.UPSTREAM_WITHDRAWAL_NOTICE: "数据源调整撤回通知",
    },
    Language.EN: {
        NoticeKind.RECTIFICATION_DEMAND: "Demand for rectification",
        NoticeKind.SUSPENSION_NOTICE: "Notice of suspension of service",
        NoticeKind.SUSPENSION_WITHDRAWAL: "Withdrawal of a suspension decision",
        NoticeKind.RESUME_NOTICE: "Notice of resumption of service",
        NoticeKind.TERMINATION_NOTICE: "Notice of termination",
        NoticeKind.EXPIRY_WARNING: "The service period is about to end",
        NoticeKind.DOCUMENT_EXPIRY_WARNING: "A document of yours is about to expire",
        NoticeKind.UPSTREAM_CHANGE_NOTICE: "Notice of a change at a data source",
        NoticeKind.UPSTREAM_WITHDRAWAL_NOTICE: "A change at a data source is withdrawn",
    },
}


def day_in_words(day: date, language: Language) -> str:
    """Return 2024年9月27日（周五）, or Friday 27 September 2024."""
    weekday = WEEKDAYS[language][day.weekday()]
    if language is Language.ZH:
        return f"{day.year}年{day.month}月{day.day}日（{weekday}）"
    return f"{weekday} {day.day} {MONTHS[day.month - 1]} {day.year}"


def clauses_in_words(clause: str, language: Language) -> str:
    """Return “3.3 + 4.4” as 第3.3条、第4.4条, or clauses 3.3 and 4.4."""
    numbers = [number.strip() for number in clause.split("+")]
    if language is Language.ZH:
        return "、".join(f"第{number}条" for number in numbers)
    if len(numbers) == 1:
        return f"clause {numbers[0]}"
    return f"clauses {', '.join(numbers[:-1])} and {numbers[-1]}"


@cache
def _environment(language: Language) -> SandboxedEnvironment:
    """Letters are plain text: nothing to escape, but every value is one line without control marks."""
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES_FOLDER),
        undefined=StrictUndefined,
        finalize=one_line,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["day"] = lambda day: day_in_words(day, language)
    environment.filters["clauses"] = lambda clause: clauses_in_words(clause, language)
    return environment


def render(key: str, version: int, language: Language, **values: Any) -> str:
    """Write a letter. A value the template names and the caller lacks raises jinja2.UndefinedError, before issue."""
    text = _environment(language).get_template(f"{key}/v{version}.{language.value}.txt").render(values)
    return re.sub(r"\n{3,}", "\n\n", text)


def subject_of(kind: NoticeKind, language: Language, *, number: str, order_no: str) -> str:
    """Return the subject: what it is, its number and the order; no name of anybody (clause 5.1)."""
    order = "订单" if language is Language.ZH else "order"
    return one_line(f"{SUBJECTS[language][kind]} {number} - {order} {order_no}")


def number_of(public_id: str, drafted_at: datetime) -> str:
    """Return the number that people quote, such as LY-20240923-3F9A1C2B."""
    return f"LY-{legal_date(drafted_at):%Y%m%d}-{public_id[:8].upper()}"


def message_id_of(public_id: str, ordinal: int, sender: str) -> str:
    """Return the Message-ID of a notice's message to its ordinal-th address, counted from 1."""
    return f"<{public_id}.{ordinal}@{sender.rpartition('@')[2]}>"


def build_message(
    *, sender: str, sender_name: str, recipient: str, subject: str, text: str, message_id: str, at: datetime
) -> bytes:
    """Return the whole message, the same for all attempts: one recipient, no copies (clause 5.1), dated `at`."""
    message = EmailMessage(policy=SMTP)
    local, _, domain = sender.rpartition("@")
    message["From"] = Address(one_line(sender_name), local, domain)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = subject
    message["Date"] = format_datetime(at.astimezone(SHANGHAI))
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, charset="utf-8", cte="base64")
    return message.as_bytes()


def link_expires_on(now: datetime, life_calendar_days: int) -> date:
    """Return the last day of a link's life."""
    return legal_date(now) + timedelta(days=life_calendar_days)
