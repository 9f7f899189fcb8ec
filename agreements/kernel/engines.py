"""What each engine needs at connection, and what it may not be: SQLite in one file, or PostgreSQL 14 and newer.

SQLite runs through pysqlite3 (its wheel carries a library free of the WAL-reset fault), with our own BEGIN, foreign
keys on, WAL and synchronous FULL. PostgreSQL must write through to its disk and be no standby; sessions give up waiting
before people do. See `db` for what both promise alike. No message here repeats an address: it may hold a password.
"""

from pathlib import Path
from typing import Any

import pysqlite3.dbapi2
from sqlalchemy import URL, Engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from agreements.kernel.errors import N_, LuyueError, Unavailable

WRITES = "luyue_writes"
APPENDS = "luyue_appends"
BUSY_TIMEOUT_MS = 10_000
IDLE_WRITER_MS = 8_000  # less: on PostgreSQL a writer that stands still is cut off before those behind it give up
OLDEST_SQLITE_FOR_WAL = (3, 51, 3)
OLDEST_POSTGRESQL = 140_000  # as server_version_num writes it
WRITERS_LOCK = 0x4C7579  # "Luy": the advisory lock in which writing units queue on PostgreSQL

SESSION_SETTINGS = {
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "30s",
    "default_transaction_isolation": "repeatable read",  # readers see one snapshot, as on SQLite
    "timezone": "UTC",
}
_POSTGRESQL_DRIVERS = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_PASSING_CLASSES = ("08", "40", "53", "57P")
"""SQLSTATE classes of what passes: connection, rollback of one of two, resources, the operator's shutdown."""
_PASSING_STATES = ("25P03", "55P03", "57014")  # idle too long in a transaction, lock not available, statement timeout


def database_address(written: str, instance_path: str) -> URL:
    """Return the address in the form the drivers want; an empty one is luyue.db in the instance folder.

    `postgres://` and `postgresql://` mean psycopg 3. Raises ValueError, without the address, for anything else.
    """
    if not written:
        return URL.create("sqlite", database=str(Path(instance_path) / "luyue.db"))
    try:
        url = make_url(written)
    except ArgumentError:
        url = None
    if url is not None and url.drivername in _POSTGRESQL_DRIVERS:
        return url.set(drivername="postgresql+psycopg")
    if url is not None and url.drivername == "sqlite":
        return url
    raise ValueError("database_url must read postgresql://user:password@host/database, or sqlite:////path/to/file")


def engine_options(url: URL) -> dict[str, Any]:
    """Return what SQLAlchemy is told when it makes the engine."""
    if url.get_backend_name() == "sqlite":
        return {"module": pysqlite3.dbapi2}
    wishes: dict[str, str | int] = {"application_name": "luyue", "connect_timeout": 5}
    return {
        "pool_pre_ping": True,  # a restarted server costs no request its connection
        "pool_size": 10,
        "max_overflow": 20,
        "connect_args": {name: value for name, value in wishes.items() if name not in url.query},
    }


def prepare_engine(engine: Engine) -> None:
    """Set up every connection and transaction of an engine; connecting to an unsuitable one raises."""
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    else:
        _prepare_postgresql(engine)


def _prepare_sqlite(engine: Engine) -> None:
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
        options = connection.get_execution_options()
        writes = options.get(WRITES, False) or options.get(APPENDS, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(engine: Engine) -> None:
    facts = (
        "current_setting('server_version_num')::int, current_setting('fsync'), current_setting('synchronous_commit'),"
        " current_setting('server_encoding'), pg_is_in_recovery()"
    )

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            version, fsync, synchronous_commit, encoding, is_standby = cursor.execute(f"SELECT {facts}").fetchone()
            refuse_unsuitable(version, fsync, synchronous_commit, encoding, is_standby=is_standby)
            settings = SESSION_SETTINGS | {"lock_timeout": f"{BUSY_TIMEOUT_MS}ms"}
            for setting in settings.items():
                cursor.execute("SELECT set_config(%s, %s, false)", setting)
        connection.commit()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        if connection.get_execution_options().get(WRITES, False):
            connection.exec_driver_sql(
                "SET TRANSACTION ISOLATION LEVEL READ COMMITTED;"
                f" SET LOCAL idle_in_transaction_session_timeout = {IDLE_WRITER_MS};"
                f" SELECT pg_advisory_xact_lock({WRITERS_LOCK})"
            )


def refuse_unsuitable(version: int, fsync: str, synchronous_commit: str, encoding: str, *, is_standby: bool) -> None:
    """Raise Unavailable where a server could lose what it acknowledged, or can't hold what we write.

    version  as server_version_num writes it: 140005 is 14.5
    """
    if version < OLDEST_POSTGRESQL:
        raise _unsuitable(N_("This PostgreSQL is older than version 14."), N_("Use a server of version 14 or newer."))
    if is_standby:
        raise _unsuitable(
            N_("This PostgreSQL is a standby and can't be written."), N_("Name the primary server in DATABASE_URL.")
        )
    if fsync != "on" or synchronous_commit == "off":
        raise _unsuitable(
            N_("This PostgreSQL may lose what it has acknowledged: fsync or synchronous_commit is off."),
            N_("Set both to on in postgresql.conf, for this role and for this database."),
        )
    if encoding != "UTF8":
        raise _unsuitable(
            N_("This database is not encoded in UTF-8, so it can't hold Chinese."),
            N_("Create it anew: CREATE DATABASE luyue ENCODING 'UTF8' TEMPLATE template0."),
        )


def _unsuitable(message: str, remedy: str) -> LuyueError:
    return Unavailable(message, code="DATABASE_UNSUITABLE", remedy=remedy)


def is_passing(error: BaseException) -> bool:
    """Say whether an error is the database's and passes by itself: busy, restarting, or one of two had to give way."""
    if isinstance(error, NoFreeConnection):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_PASSING_CLASSES) or state in _PASSING_STATES
    if type(error.orig).__module__.startswith("psycopg"):
        return isinstance(error, OperationalError)  # not reached, or cut off: it has words only
    return "database is locked" in str(error.orig)


def unavailable(detail: str = "") -> Unavailable:
    """Return the answer to somebody whom the database kept waiting.

    detail  what the driver said, for an operator at the command line; it names no password
    """
    if detail:
        return Unavailable(
            N_("The database can't be reached or is busy (%(detail)s)."),
            code="DATABASE_UNAVAILABLE",
            remedy=N_("Check DATABASE_URL and the server, then try again."),
            detail=detail,
        )
    return Unavailable(
        N_("The database is busy or restarting; nothing was changed."),
        code="DATABASE_UNAVAILABLE",
        remedy=N_("Try again in a moment."),
    )
