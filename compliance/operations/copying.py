"""Copying a database while it is written, and bringing a copy back.

A copy is one committed state. SQLite's is taken by its backup interface, in one step inside a reading transaction, so
that writers go on; the file is never copied as a file. PostgreSQL's is a `pg_dump` of one snapshot.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pysqlite3.dbapi2
from sqlalchemy import URL, Connection, Engine, create_engine, text

from agreements.kernel.engines import engine_options, prepare_engine
from agreements.kernel.errors import N_, Conflict, IntegrityBroken, MissingData

TOOLS = "LUYUE_PG_BIN"
"""Names the folder of pg_dump and pg_restore where they are not on the PATH."""


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy one committed state of a database into another file, whose content is replaced whole or not at all."""
    with (
        closing(pysqlite3.dbapi2.connect(f"file:{source}?mode=ro", uri=True, timeout=60)) as reading,
        closing(pysqlite3.dbapi2.connect(str(target), timeout=60)) as writing,
    ):
        reading.backup(writing)


def finish_sqlite(path: Path) -> None:
    """Make a copy one file without a log beside it, and durable."""
    with closing(pysqlite3.dbapi2.connect(str(path))) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    with path.open("rb") as file:
        os.fsync(file.fileno())


def check_sqlite(path: Path) -> None:
    """Raise IntegrityBroken where a database file is damaged inside, or a row points nowhere."""
    with closing(pysqlite3.dbapi2.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            [(said,)] = connection.execute("PRAGMA integrity_check(1)").fetchall()
            dangling = connection.execute("PRAGMA foreign_key_check").fetchone()
        except pysqlite3.dbapi2.DatabaseError:
            said, dangling = "not a database", None
    if said != "ok" or dangling is not None:
        raise IntegrityBroken(N_("The database in the archive is damaged."), code="COPY_DAMAGED")


def engine_on(url: URL) -> Engine:
    """Return an engine of its own on a database, set up like the application's; the caller disposes of it."""
    engine = create_engine(url, **engine_options(url))
    prepare_engine(engine)
    return engine


def dump_postgresql(url: URL, target: Path, *, snapshot: str) -> None:
    """Write a dump of the state that a transaction exported; raises MissingData where pg_dump is not here."""
    arguments = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"]
    _run("pg_dump", url, arguments)


def load_postgresql(connection: Connection, dump: Path, *, replaces: bool) -> None:
    """Bring a dump back inside the caller's transaction: nobody sees it before the caller commits.

    `replaces` drops what is there first. The connection's settings are changed: close it afterwards.
    """
    script = dump.with_suffix(".sql")
    arguments = ["--no-owner", "--no-privileges", f"--file={script}"]
    if replaces:
        arguments += ["--clean", "--if-exists"]
    _run("pg_restore", connection.engine.url, [*arguments, str(dump)])
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, script.open("rb") as lines:
            _play(cursor, lines)
            cursor.execute("RESET search_path")
    except psycopg.Error as error:
        raise _failed("pg_restore", str(error)) from error
    finally:
        script.unlink(missing_ok=True)


def _play(cursor: psycopg.Cursor[Any], lines: Iterator[bytes]) -> None:
    """Execute a script as pg_restore writes it: statements on lines of their own, and a row a line after each COPY."""
    statements: list[bytes] = []
    for line in lines:
        if line.startswith((b"\\", b"SET transaction_timeout")):
            continue  # for psql only, and for servers newer than the oldest we run on
        if not (line.startswith(b"COPY ") and line.endswith(b" FROM stdin;\n")):
            statements.append(line)
            continue
        cursor.execute(b"".join(statements))
        statements.clear()
        with cursor.copy(line) as copy:
            for row in lines:
                if row == b"\\.\n":
                    break
                copy.write(row)
    cursor.execute(b"".join(statements))


def refuse_company(engine: Engine) -> None:
    """Raise Conflict where somebody else is connected: a database is not replaced under running processes."""
    with engine.connect() as connection:
        others = connection.scalar(
            text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        )
    if others:
        raise Conflict(
            N_("%(count)s other connections use this database."),
            code="IN_USE",
            remedy=N_("Stop web and scheduler first."),
            count=others,
        )


def _run(tool: str, url: URL, arguments: list[str]) -> None:
    found = shutil.which(tool, path=os.pathsep.join(filter(None, (os.environ.get(TOOLS), os.environ.get("PATH")))))
    if found is None:
        raise MissingData(
            N_("%(tool)s is not on this machine."),
            code="TOOL_MISSING",
            remedy=N_("Install PostgreSQL's client programs, or name their folder in %(variable)s."),
            tool=tool,
            variable=TOOLS,
        )
    where = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password}
    if tool == "pg_dump":
        where["PGDATABASE"] = url.database
    where["PGHOST"] = url.query.get("host", url.host)  # type: ignore[assignment] # a socket's folder comes as a parameter
    where["PGPORT"] = url.query.get("port", url.port)  # type: ignore[assignment]
    environment = os.environ | {name: str(value) for name, value in where.items() if value is not None}
    ran = subprocess.run([found, *arguments], env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    if ran.returncode != 0:
        raise _failed(tool, ran.stderr.strip() or str(ran.returncode))


def _failed(tool: str, said: str) -> Conflict:
    first = (said.splitlines() or ["?"])[0][:300]  # what follows quotes rows
    return Conflict(N_("%(tool)s failed: %(said)s"), code="TOOL_FAILED", tool=tool, said=first)


def remove_database_files(path: Path) -> None:
    """Remove a SQLite file with its log."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm", f"{path.name}-journal"):
        with suppress(FileNotFoundError):
            (path.parent / name).unlink()
