"""Products, as the gateway and the agreements name them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from agreements.kernel.db import Base, UTCDateTime, enum_type


class Sensitivity(StrEnum):
    """How the data of a product is treated (PIPL 28-29); strict until counsel says otherwise."""

    STRICT = "strict"
    ORDINARY = "ordinary"


class Product(Base):
    """One product. `withdrawn_at` is the instant from which its source no longer serves it (clause 2.4)."""

    __tablename__ = "product"
    __table_args__ = (CheckConstraint("length(code) > 0", name="code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str]
    data_sensitivity: Mapped[Sensitivity] = mapped_column(enum_type(Sensitivity))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
