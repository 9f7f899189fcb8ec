"""The database: declarative base, column types, and the ways to open a transaction that writes.

Both engines make one promise: **a writing unit has the ledger to itself.** Units queue, on SQLite for the file's write
lock, on PostgreSQL for one advisory lock, from before their first look until they have committed. What a use case reads
therefore can't change before it writes: caps, counts and epochs need no locks of their own, the audit chain can't fork,
revisions are committed in their order, and two writers can't block each other for good. Every act writes to that one
chain, so writers would queue there anyhow, only later and holding rows. Guarded updates and unique keys stand all the
same: they tell who was first.

Readers wait for nobody and see one snapshot. What only adds rows by which nobody decides opens `appending`: on
PostgreSQL it waits for no writer either. No network inside any of them.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVarTuple

from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import JSON, DateTime, Dialect, Enum, MetaData, Row, Select
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from agreements.kernel.engines import APPENDS, WRITES
from agreements.kernel.instants import require_aware

Columns = TypeVarTuple("Columns")


class Base(DeclarativeBase):
    """Every table's base. Constraint names are fixed, so that migrations can name them on every engine."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {dict[str, Any]: JSON, list[Any]: JSON}


class UTCDateTime(TypeDecorator[datetime]):
    """An instant. Naive values are refused on the way in; UTC is restored on the way out (SQLite drops the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - their signature
        return None if value is None else require_aware(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - their signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """Read SQLite's text in one step: lists read hundreds of instants."""
        return _instant_of_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _instant_of_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


def enum_type(kind: type[StrEnum], length: int = 40) -> Enum:
    """A column of one of the enum's *values*, held to them by a CHECK on every engine."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=length,
        values_callable=lambda members: [member.value for member in members],
        name=kind.__name__.lower(),
    )


class AppSession(FlaskSession):
    """A session that carries the application's key ring, file store and settings in `info` for the use cases."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.info.update(current_app.extensions["luyue"])


db = SQLAlchemy(session_options={"class_": AppSession, "autoflush": True})


def rows_of(session: Session, statement: Select[*Columns], **values: object) -> Sequence[Row[*Columns]]:
    """Ask for plain columns within the session's transaction, after what it has still to write.

    Pages ask two dozen questions; asked past the session's machinery for objects, each costs a third.
    """
    session.flush()
    return session.connection().execute(statement, values).all()


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Open a writing transaction; commit when the block ends, roll everything back when it raises.

    It waits for the unit before it, ten seconds at most. Anything read in the session before is forgotten.
    """
    with _transaction(WRITES) as session:
        yield session


@contextmanager
def appending() -> Iterator[Session]:
    """Open a transaction that reads one snapshot and adds rows by which no unit of work decides."""
    with _transaction(APPENDS) as session:
        yield session


@contextmanager
def _transaction(kind: str) -> Iterator[Session]:
    session = db.session()
    session.rollback()
    try:
        session.connection(execution_options={kind: True})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
