"""Making a backup while everything runs: the database at one committed state, and every file that this state knows."""

import hmac
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.audit import GENESIS, AuditEvent
from agreements.kernel.clock import Installation
from agreements.kernel.crypto import Keyring
from agreements.kernel.db import Base, db
from agreements.kernel.errors import N_, MissingData
from agreements.kernel.files import StoredFile
from agreements.kernel.instants import SHANGHAI
from compliance.operations.archive import (
    DATABASES,
    JOURNAL,
    KEYS,
    Manifest,
    Member,
    copy_member,
    member_of,
    opened,
    write_archive,
)
from compliance.operations.copying import copy_sqlite, dump_postgresql, engine_on, finish_sqlite
from compliance.operations.metrics import program_version
from compliance.operations.readiness import revision_of


def key_mark(ring: Keyring) -> str:
    """Return what two key files share only if one opens what the other sealed."""
    content = b"".join(f"{key_id}:".encode() + ring.keys[key_id] for key_id in sorted(ring.keys))
    return hmac.new(ring.index_key, b"luyue key mark" + content, "sha256").hexdigest()


def back_up(target: Path, *, with_keys: bool = False) -> tuple[Path, Manifest]:
    """Write an archive; `target` is its name, or a folder where it is named by its time. Changes nothing else.

    Returns its path and manifest. `manifest.missing` is not empty where the store has lost files: the rest is saved.
    """
    instance = Path(current_app.instance_path)
    with tempfile.TemporaryDirectory(prefix="backup-", dir=instance) as folder:
        manifest, sources = _collect(Path(folder), instance, with_keys=with_keys)
        path = _named(target, manifest.created_at)
        write_archive(path, manifest, sources)
    return path, manifest


def _named(target: Path, at: datetime) -> Path:
    return target / f"luyue-{at.astimezone(SHANGHAI):%Y%m%dT%H%M%S}.tar.gz" if target.is_dir() else target


def _collect(folder: Path, instance: Path, *, with_keys: bool) -> tuple[Manifest, dict[str, Path]]:
    """Copy the database first: every file that its rows know is on disk by then, and none is ever changed."""
    dialect = db.engine.dialect.name
    database = folder / DATABASES[dialect]
    if dialect == "sqlite":
        copy_sqlite(_sqlite_file(), database)
        finish_sqlite(database)
        engine = engine_on(db.engine.url.set(database=str(database)))
        with Session(engine) as session:
            facts = _facts(session)
            known = _known_files(session)
        engine.dispose()
        finish_sqlite(database)  # reading it has switched the log on
    else:
        with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            connection.exec_driver_sql("SET idle_in_transaction_session_timeout = 0")
            dump_postgresql(db.engine.url, database, snapshot=_snapshot(connection))
            with Session(bind=connection) as session:
                facts = _facts(session)
                known = _known_files(session)
            connection.exec_driver_sql("RESET idle_in_transaction_session_timeout")
    sources = {database.name: database}
    if (instance / JOURNAL).exists():
        journal = folder / JOURNAL
        journal.write_bytes((instance / JOURNAL).read_bytes())  # it grows meanwhile; what is read now is whole lines
        sources[JOURNAL] = journal
    missing = []
    for sha256 in known:
        path = instance / "files" / sha256[:2] / sha256
        if path.is_file():
            sources[f"files/{sha256[:2]}/{sha256}"] = path
        else:
            missing.append(sha256)
    if with_keys:
        sources[KEYS] = instance / KEYS
    members = [member_of(path, name) for name, path in sources.items()]
    altered = {member.name for member in members if member.name.startswith("files/") and not _fits(member)}
    members = [member for member in members if member.name not in altered]
    missing += [name.rpartition("/")[2] for name in altered]
    manifest = Manifest(
        **facts,
        engine=dialect,
        program=program_version(),
        key_mark=key_mark(current_app.extensions["luyue"]["keyring"]),
        with_keys=with_keys,
        missing=sorted(missing),
        members=members,
    )
    return manifest, sources


def _fits(member: Member) -> bool:
    return member.name.rpartition("/")[2] == member.sha256


def _sqlite_file() -> Path:
    name = db.engine.url.database
    if not name or name == ":memory:":
        raise MissingData(N_("A database in memory can't be backed up."))
    return Path(name)


def _snapshot(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT pg_export_snapshot()")))


def _facts(session: Session) -> dict[str, Any]:
    """Return what the copied state says of itself."""
    installation = session.get(Installation, 1)
    last = session.execute(select(AuditEvent.seq, AuditEvent.hash).order_by(AuditEvent.seq.desc()).limit(1)).first()
    return {
        "created_at": clock.now(session),
        "schema": revision_of(session) or "",
        "incarnation": installation.incarnation if installation else "",
        "is_rehearsal": bool(installation and installation.is_rehearsal),
        "counts": {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in sorted(Base.metadata.tables.values(), key=lambda table: table.name)
        },
        "audit_acts": last.seq if last else 0,
        "audit_head": last.hash if last else GENESIS,
    }


def _known_files(session: Session) -> list[str]:
    return list(
        session.scalars(select(StoredFile.sha256).where(StoredFile.purged_at.is_(None)).order_by(StoredFile.sha256))
    )


def verify_archive(path: Path) -> Manifest:
    """Read an archive to its end and check every hash; raises IntegrityBroken or InvalidInput."""
    with opened(path) as (manifest, members):
        for member, stream in members:
            copy_member(member, stream, None)
    return manifest
