"""Data sources, and which products they stand behind: what an announcement of theirs touches (clause 2.4)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, InvalidInput, NotFound
from agreements.products.models import DataSource, Product, ProductSource

LONGEST_NAME = 120


def source_of_id(session: Session, source_id: int) -> DataSource:
    """Return the data source, or raise NotFound."""
    source = session.get(DataSource, source_id)
    if source is None:
        raise NotFound(N_("There is no data source %(id)s."), field="source", id=source_id)
    return source


def sources(session: Session) -> list[DataSource]:
    """Return all data sources by name."""
    return list(session.scalars(select(DataSource).order_by(DataSource.name, DataSource.id)))


def ensure_source(session: Session, name: str, *, actor: Actor, now: datetime) -> DataSource:
    """Return the source of this name, adding it the first time."""
    require(actor, Permission.MANAGE_SOURCES)
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidInput(
            N_("A data source needs a name of at most %(most)s characters."), field="name", most=LONGEST_NAME
        )
    source = session.scalar(select(DataSource).where(DataSource.name == name))
    if source is None:
        source = DataSource(name=name, recorded_at=now)
        session.add(source)
        session.flush()  # the audit row names its id
        audit.record(session, actor=actor, act="source.added", subject=f"source:{source.id}", now=now)
    return source


def link_source(session: Session, source: DataSource, product: Product, *, actor: Actor, now: datetime) -> None:
    """Say that a product is served from a source, from now on. Said again, nothing changes."""
    require(actor, Permission.MANAGE_SOURCES)
    if _link(session, source, product) is not None:
        return
    session.add(ProductSource(product_id=product.id, data_source_id=source.id, linked_at=now))
    _record(session, "source.linked", source, product, actor=actor, now=now)


def unlink_source(session: Session, source: DataSource, product: Product, *, actor: Actor, now: datetime) -> None:
    """Say that a product is no longer served from a source. Said again, nothing changes."""
    require(actor, Permission.MANAGE_SOURCES)
    link = _link(session, source, product)
    if link is None:
        return
    link.ended_at = now
    _record(session, "source.unlinked", source, product, actor=actor, now=now)


def products_of_source(session: Session, source_id: int) -> list[Product]:
    """Return the products now served from a source, by code."""
    return list(
        session.scalars(
            select(Product)
            .join(ProductSource)
            .where(ProductSource.data_source_id == source_id, ProductSource.ended_at.is_(None))
            .order_by(Product.code)
        )
    )


def only_served_from(session: Session, source_id: int) -> set[int]:
    """Return ids of the products that have no other source: what a source ends altogether, nobody serves."""
    elsewhere = select(ProductSource.product_id).where(
        ProductSource.data_source_id != source_id, ProductSource.ended_at.is_(None)
    )
    return set(
        session.scalars(
            select(ProductSource.product_id).where(
                ProductSource.data_source_id == source_id,
                ProductSource.ended_at.is_(None),
                ProductSource.product_id.not_in(elsewhere),
            )
        )
    )


def _link(session: Session, source: DataSource, product: Product) -> ProductSource | None:
    return session.scalar(
        select(ProductSource).where(
            ProductSource.data_source_id == source.id,
            ProductSource.product_id == product.id,
            ProductSource.ended_at.is_(None),
        )
    )


def _record(session: Session, act: str, source: DataSource, product: Product, *, actor: Actor, now: datetime) -> None:
    audit.record(
        session, actor=actor, act=act, subject=f"source:{source.id}", now=now, details={"product_id": product.id}
    )
