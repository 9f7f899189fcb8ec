"""Products, as the gateway and the agreements name them, and the data sources behind them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.kernel.db import Base, UTCDateTime, enum_type


class Sensitivity(StrEnum):
    """How the data of a product is treated (PIPL 28-29); strict until counsel says otherwise."""

    STRICT = "strict"
    ORDINARY = "ordinary"


class Product(Base):
    """One product; whether its source still serves it follows from the source's notices (clause 2.4)."""

    __tablename__ = "product"
    __table_args__ = (CheckConstraint("length(code) > 0", name="code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str]
    data_sensitivity: Mapped[Sensitivity] = mapped_column(enum_type(Sensitivity))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)


class DataSource(Base):
    """Who supplies the data behind products (数据源方), or the cooperator that relays it; never named to a tenant."""

    __tablename__ = "data_source"
    __table_args__ = (CheckConstraint("length(name) > 0", name="name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)


class ProductSource(Base):
    """That a product is served from a source, until `ended_at`, exclusive; None while it is."""

    __tablename__ = "product_source"
    __table_args__ = (
        Index(
            "uq_product_source_in_force",
            "product_id",
            "data_source_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("ended_at IS NULL OR ended_at >= linked_at", name="period"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    data_source_id: Mapped[int] = mapped_column(ForeignKey("data_source.id"), index=True)
    linked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    product: Mapped[Product] = relationship()
    data_source: Mapped[DataSource] = relationship()
