"""How people arrange the register for themselves: saved views and labels. Nothing here binds anybody."""

from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.access.models import Person
from agreements.kernel.db import Base, UTCDateTime

LONGEST_NAME = 60
LONGEST_LABEL = 30


class SavedView(Base):
    """A search of the register under a name. `query`: the address's, in its normal form."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("person_id", "name"),
        CheckConstraint("length(name) > 0", name="name"),
        Index(None, "is_shared"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    query: Mapped[str] = mapped_column(String(1000))
    is_shared: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="is_shared"))
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)

    person: Mapped[Person] = relationship()


class AgreementLabel(Base):
    """A word that somebody put on an agreement to find it again."""

    __tablename__ = "agreement_label"
    __table_args__ = (Index(None, "label", "agreement_id"), CheckConstraint("length(label) > 0", name="label"))

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), primary_key=True, autoincrement=False)
    label: Mapped[str] = mapped_column(String(LONGEST_LABEL), primary_key=True)
    put_by: Mapped[str]
    put_at: Mapped[datetime] = mapped_column(UTCDateTime)
