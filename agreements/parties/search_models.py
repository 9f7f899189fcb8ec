"""By which spellings a party is found."""

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from agreements.kernel.db import Base


class PartySearch(Base):
    """What the register's search compares with: derived from a party's names, and made anew whenever they change.

    spellings      a line each: names folded, in pinyin, first letters of the pinyin (`spelling.spellings_of`)
    indexed_name   the party's name when this was made; another one now means that it must be made again
    forms_version  of the rules it was made by
    """

    __tablename__ = "party_search"
    __table_args__ = (CheckConstraint("forms_version >= 1", name="forms_version"),)

    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), primary_key=True)
    spellings: Mapped[str] = mapped_column(Text)
    indexed_name: Mapped[str]
    forms_version: Mapped[int]
