"""The database: declarative base, column types, and the one way to open a writing transaction.

SQLite runs through pysqlite3 (its wheel carries a library free of the WAL-reset fault), with our own BEGIN, foreign
keys on, WAL and synchronous FULL. PostgreSQL needs none of this.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import JSON, DateTime, Dialect, Engine, Enum, MetaData, event
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from agreements.kernel.instants import require_aware

WRITES = "luyue_writes"
BUSY_TIMEOUT_MS = 10_000
OLDEST_SQLITE_FOR_WAL = (3, 51, 3)


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


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Open a writing transaction; commit when the block ends, roll everything back when it raises.

    On SQLite the write lock is taken at once (BEGIN IMMEDIATE), so that what is read inside can't change before it is
    written. Anything read in the session before is forgotten.
    """
    session = db.session()
    session.rollback()
    session.connection(execution_options={WRITES: True})
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


def prepare_sqlite(engine: Engine) -> None:
    """Set up every connection of a SQLite engine; refuses WAL on a library with the WAL-reset fault."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        version = tuple(int(part) for part in cursor.execute("SELECT sqlite_version()").fetchone()[0].split("."))
        if version < OLDEST_SQLITE_FOR_WAL:
            raise RuntimeError(f"SQLite {version} may corrupt a WAL database: install the locked pysqlite3")
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
