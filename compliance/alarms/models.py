"""Alarms, the address at which one of us wants them, and the mails that carried them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.access.models import Person
from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.parties.models import Tenant
from agreements.register.models import Agreement
from compliance.alarms.rules import AlarmKind


class Alarm(Base):
    """One call for a person, once for a kind, cause and stage, whatever number of schedulers run.

    cause    what it is about, such as "upstream:7"
    stage    which of several moments of the cause, such as "noon"
    as_of    when it fell due; `raised_at` when it was noticed
    details  ids, numbers, codes and ISO dates for its text; no personal data
    """

    __tablename__ = "alarm"
    __table_args__ = (
        UniqueConstraint("kind", "cause", "stage"),
        Index(None, "settled_at", "raised_at"),
        Index(None, "cause"),
        CheckConstraint("raised_at >= as_of", name="raised_after"),
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="settled"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AlarmKind] = mapped_column(enum_type(AlarmKind))
    cause: Mapped[str] = mapped_column(String(120))
    stage: Mapped[str] = mapped_column(String(40))
    tenant_id: Mapped[int | None] = mapped_column(ForeignKey("tenant.id"))
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreement.id"))
    as_of: Mapped[datetime] = mapped_column(UTCDateTime)
    raised_at: Mapped[datetime] = mapped_column(UTCDateTime)
    details: Mapped[dict[str, Any]]
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    settled_by: Mapped[str | None] = mapped_column(String(120))

    tenant: Mapped[Tenant | None] = relationship()
    agreement: Mapped[Agreement | None] = relationship()


class AlarmAddress(Base):
    """Where a person wants alarms; encrypted. Without a row they are on the pages only."""

    __tablename__ = "alarm_address"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    address_sealed: Mapped[str]
    set_at: Mapped[datetime] = mapped_column(UTCDateTime)

    person: Mapped[Person] = relationship()


class MailState(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class AlarmMail(Base):
    """One mail to one person with the alarms raised since the one before; tried again under the same Message-ID."""

    __tablename__ = "alarm_mail"
    __table_args__ = (Index(None, "state", "next_attempt_at"), CheckConstraint("attempts >= 0", name="attempts"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    state: Mapped[MailState] = mapped_column(enum_type(MailState))
    attempts: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    next_attempt_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reply: Mapped[str | None] = mapped_column(String(500))

    person: Mapped[Person] = relationship()
    items: Mapped[list["AlarmMailItem"]] = relationship(order_by="AlarmMailItem.alarm_id")


class AlarmMailItem(Base):
    """That an alarm is in a mail to a person; a person gets an alarm once."""

    __tablename__ = "alarm_mail_item"
    __table_args__ = (Index(None, "alarm_mail_id"),)

    alarm_id: Mapped[int] = mapped_column(ForeignKey("alarm.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    alarm_mail_id: Mapped[int] = mapped_column(ForeignKey("alarm_mail.id"))

    alarm: Mapped[Alarm] = relationship()
