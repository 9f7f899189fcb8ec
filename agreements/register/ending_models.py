"""How an agreement ended before its time."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type
from agreements.kernel.files import StoredFile
from agreements.register.ending_rules import EndingGround


class AgreementEnding(Base):
    """One early end with its proof, come or agreed for later; `breach` names the case it rests on."""

    __tablename__ = "agreement_ending"
    __table_args__ = (
        CheckConstraint("ground NOT IN ('provider_cause', 'breach') OR arrived_at IS NOT NULL", name="declared"),
        CheckConstraint("(ground = 'breach') = (breach IS NOT NULL)", name="breach"),
        CheckConstraint("(ground = 'breach') = (known_at IS NOT NULL)", name="known"),
        CheckConstraint("ended_at <= recorded_at OR ground = 'both_signed'", name="recorded"),
        CheckConstraint("length(reason) > 0", name="reason"),
    )

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement.id"), primary_key=True)
    ground: Mapped[EndingGround] = mapped_column(enum_type(EndingGround))
    ended_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reason: Mapped[str]
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    arrived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    breach: Mapped[str | None] = mapped_column(String(80))
    known_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str]

    file: Mapped[StoredFile] = relationship()
