"""What the desk keeps of its own: a person's address of the calendar feed."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.access.models import Person
from agreements.kernel.db import Base, UTCDateTime


class CalendarFeed(Base):
    """A person's one secret address of the feed; a new one ends the one before. Its token is only hashed here."""

    __tablename__ = "calendar_feed"
    __table_args__ = (CheckConstraint("length(token_hash) = 64", name="token_hash"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, autoincrement=False)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    issued_at: Mapped[datetime] = mapped_column(UTCDateTime)

    person: Mapped[Person] = relationship()
