"""Mail to the staff: one message a person with what was raised since the last, tried again until it is taken.

The rows are written before the network is touched; a kill in between sends the same Message-ID again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from uuid import uuid4

from flask_babel import force_locale, gettext
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel.access.models import Person
from agreements.kernel.db import unit_of_work
from agreements.kernel.instants import SHANGHAI
from agreements.kernel.settings import Settings
from agreements.kernel.sweeps import always
from compliance.alarms.actions import address_of, page_of_alarm
from compliance.alarms.models import Alarm, AlarmAddress, AlarmMail, AlarmMailItem, MailState
from compliance.alarms.rules import SPECS, next_try
from compliance.notices.dispatch import Message
from compliance.notices.rules import Outcome
from compliance.notices.sender import Transport

LONGEST_MAIL = 50
"""Alarms in one mail; the page shows the rest."""

CLAIM = timedelta(minutes=2)
"""How long a mail under way is left alone; longer than any transport takes."""


def text_of(alarm: Alarm) -> str:
    """Return what an alarm says, in the language in force."""
    return str(gettext(SPECS[alarm.kind].text, **alarm.details))


@dataclass(frozen=True, slots=True)
class MailCounts:
    accepted: int = 0
    refused: int = 0
    temporary: int = 0


def mail_due(transport: Transport, *, now: datetime, go_on: Callable[[], bool] = always) -> MailCounts:
    """Write the mails that are wanted and hand over those that are due by `now`."""
    with unit_of_work() as session:
        _write_wanted(session, now=now)
    counts = dict.fromkeys(Outcome, 0)
    while go_on():
        with unit_of_work() as session:
            claimed = _claim(session, now=now)
        if claimed is None:
            break
        mail_id, message = claimed
        delivery = transport.deliver(message)
        counts[delivery.outcome] += 1
        with unit_of_work() as session:
            _record(session, mail_id, delivery.outcome, delivery.reply)
    return MailCounts(
        accepted=counts[Outcome.ACCEPTED],
        refused=counts[Outcome.REFUSED],
        temporary=counts[Outcome.TEMPORARY] + counts[Outcome.UNKNOWN],
    )


def _write_wanted(session: Session, *, now: datetime) -> None:
    """Put every open alarm that a person should get and has not been given into one mail to that person."""
    people = session.scalars(
        select(Person)
        .join(AlarmAddress, AlarmAddress.person_id == Person.id)
        .where(Person.disabled_at.is_(None))
        .order_by(Person.id)
    ).all()
    for person in people:
        kinds = [kind for kind, spec in SPECS.items() if spec.roles & person.roles]
        given = select(AlarmMailItem.alarm_id).where(AlarmMailItem.person_id == person.id)
        fresh = session.scalars(
            select(Alarm)
            .where(Alarm.settled_at.is_(None), Alarm.kind.in_(kinds), Alarm.id.not_in(given))
            .order_by(Alarm.as_of, Alarm.id)
        ).all()
        if not fresh:
            continue
        settings: Settings = session.info["settings"]
        domain = settings.smtp_from.rpartition("@")[2] or "localhost"
        mail = AlarmMail(
            person_id=person.id,
            message_id=f"<alarm.{uuid4().hex}@{domain}>",
            state=MailState.PENDING,
            attempts=0,
            created_at=now,
            next_attempt_at=now,
        )
        mail.items = [AlarmMailItem(alarm_id=alarm.id, person_id=person.id) for alarm in fresh]
        session.add(mail)
        session.flush()


def _claim(session: Session, *, now: datetime) -> tuple[int, Message] | None:
    """Take the mail that is due longest, and leave it alone for the others until its answer is recorded."""
    mail = session.scalar(
        select(AlarmMail)
        .where(AlarmMail.state == MailState.PENDING, AlarmMail.next_attempt_at <= now)
        .order_by(AlarmMail.next_attempt_at, AlarmMail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if mail is None:
        return None
    address = address_of(session, mail.person_id)
    if address is None:
        _record(session, mail.id, Outcome.REFUSED, "no address any more")
        return _claim(session, now=now)
    mail.attempts += 1
    mail.next_attempt_at = max(next_try(mail.attempts, now=now), now + CLAIM)
    return mail.id, _message(session, mail, address)


def _message(session: Session, mail: AlarmMail, address: str) -> Message:
    settings: Settings = session.info["settings"]
    with force_locale(mail.person.locale.value):
        lines = []
        for item in mail.items[:LONGEST_MAIL]:
            when = item.alarm.as_of.astimezone(SHANGHAI)
            lines.append(f"- {when:%Y-%m-%d %H:%M} {text_of(item.alarm)}")
            lines.append(f"  {settings.public_url}{page_of_alarm(item.alarm)}")
        if len(mail.items) > LONGEST_MAIL:
            lines.append(gettext("and %(count)s more on the page", count=len(mail.items) - LONGEST_MAIL))
        subject = gettext("Lüyue: %(count)s alarms", count=len(mail.items))
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(addr_spec=settings.smtp_from)
    message["To"] = Address(addr_spec=address)
    message["Subject"] = subject
    message["Message-ID"] = mail.message_id
    message["Date"] = mail.created_at
    message.set_content("\n".join(lines) + "\n", cte="base64")
    return Message(settings.smtp_from, address, message.as_bytes())


def _record(session: Session, mail_id: int, outcome: Outcome, reply: str) -> None:
    """Write down how an attempt ended; a refusal is final, everything else is tried again."""
    values: dict[str, object] = {"reply": reply[:500]}
    if outcome is Outcome.ACCEPTED:
        values["state"] = MailState.ACCEPTED
    elif outcome is Outcome.REFUSED:
        values["state"] = MailState.REFUSED
    session.execute(
        update(AlarmMail).where(AlarmMail.id == mail_id, AlarmMail.state == MailState.PENDING).values(**values)
    )


def waiting_mails(session: Session) -> int:
    """Return how many mails to the staff were not taken yet."""
    return len(session.scalars(select(AlarmMail.id).where(AlarmMail.state == MailState.PENDING)).all())
