"""Bringing an archive back: checked before it is believed, into an empty instance, and silent until a person says so.

Nothing of the old state is trusted to know what was sent since the copy was made. The restored database starts with
sending paused and with everything held back that the send journal saw begin (`notices.held`). Copy and marks come in
one transaction: whoever kills a restore finds what stood there before.
"""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from flask import current_app
from sqlalchemy import Connection, Engine, func, inspect, select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit, clock
from agreements.kernel.access.models import EndReason, GatewayKey, PersonalKey, WebSession
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.audit import AuditEvent
from agreements.kernel.clock import Installation
from agreements.kernel.crypto import Keyring, load_keyring
from agreements.kernel.db import Base, db
from agreements.kernel.engines import WRITES
from agreements.kernel.errors import N_, Conflict, IntegrityBroken
from agreements.kernel.journal import SendJournal
from agreements.kernel.pausing import pause_sending
from compliance.notices.held import Reconciled, reconcile
from compliance.operations.archive import DATABASES, JOURNAL, KEYS, Manifest, copy_member, opened
from compliance.operations.backup import back_up, key_mark, verify_archive
from compliance.operations.copying import (
    check_sqlite,
    copy_sqlite,
    engine_on,
    finish_sqlite,
    load_postgresql,
    refuse_company,
    remove_database_files,
)
from compliance.operations.readiness import newest_revision


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back.

    before     the backup of what stood there, None where nothing did
    live_keys  the keys that open doors in the copy, by prefix and name; some may have been revoked since it was made
    """

    manifest: Manifest
    journal: Reconciled
    before: Path | None
    live_keys: tuple[str, ...]


def restore(path: Path, *, force: bool = False) -> Restored:
    """Bring an archive back into this instance. Web and scheduler must be stopped.

    Everything is checked before anything is replaced: each member's hash, the version of the tables, the keys, and
    that the instance is empty. With `force` what stands there is backed up first, then replaced.
    """
    manifest = verify_archive(path)
    _refuse_another_kind(manifest)
    occupied = _is_occupied(db.engine)
    if occupied and not force:
        raise Conflict(
            N_("This instance holds a database already."),
            code="NOT_EMPTY",
            remedy=N_(
                "Restore into an empty instance, or say --force: what is there is backed up first, then replaced."
            ),
        )
    instance = Path(current_app.instance_path)
    before = None
    if occupied:
        before, _ = back_up(instance / f"before-restore-{uuid4().hex[:8]}.tar.gz", with_keys=True)
    with tempfile.TemporaryDirectory(prefix="restore-", dir=instance) as folder:
        return _bring_back(path, manifest, Path(folder), instance, before)


def _refuse_another_kind(manifest: Manifest) -> None:
    dialect = db.engine.dialect.name
    if manifest.engine != dialect:
        raise Conflict(
            N_("The archive holds a database of %(theirs)s; this instance is set to %(ours)s."),
            code="OTHER_ENGINE",
            remedy=N_("Set or clear DATABASE_URL."),
            theirs=manifest.engine,
            ours=dialect,
        )
    if manifest.schema != newest_revision():
        raise Conflict(
            N_("The archive's tables are at version %(theirs)s; this program wants %(ours)s."),
            code="OTHER_SCHEMA",
            remedy=N_("Restore it with the program that made it (%(program)s), then upgrade."),
            theirs=manifest.schema or "–",
            ours=newest_revision() or "–",
            program=manifest.program,
        )


def _is_occupied(engine: Engine) -> bool:
    if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").exists():
        return False
    known = _tables(engine)
    with Session(engine) as session:
        return any(
            table in known and session.scalar(select(func.count()).select_from(Base.metadata.tables[table]))
            for table in (Installation.__tablename__, AuditEvent.__tablename__)
        )


def _tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) & set(Base.metadata.tables)


def _bring_back(path: Path, manifest: Manifest, folder: Path, instance: Path, before: Path | None) -> Restored:
    with opened(path) as (_, members):
        for member, stream in members:
            copy_member(member, stream, folder / member.name)
    _check_keys(manifest, folder, instance)
    database = folder / DATABASES[manifest.engine]
    if manifest.engine == "sqlite":
        check_sqlite(database)
        _keep_files(manifest, folder, instance)
        _merge_journal(folder, instance)
        engine = engine_on(db.engine.url.set(database=str(database)))
        journal, live_keys = _mark(engine, manifest)
        engine.dispose()
        finish_sqlite(database)
        db.session.remove()
        db.engine.dispose()
        copy_sqlite(database, Path(db.engine.url.database or ""))
        remove_database_files(database)
    else:
        db.session.remove()
        db.engine.dispose()
        refuse_company(db.engine)
        replaces = bool(_tables(db.engine))
        db.engine.dispose()
        _keep_files(manifest, folder, instance)
        _merge_journal(folder, instance)
        engine = engine_on(db.engine.url)
        try:
            journal, live_keys = _mark(
                engine, manifest, load=lambda connection: load_postgresql(connection, database, replaces=replaces)
            )
        finally:
            engine.dispose()
    if manifest.with_keys:
        _put_keys(folder / KEYS, instance)
    return Restored(manifest, journal, before, live_keys)


def _check_keys(manifest: Manifest, folder: Path, instance: Path) -> None:
    """Raise Conflict where nothing at hand would open what the database holds sealed."""
    ring: Keyring = load_keyring(folder / KEYS if manifest.with_keys else instance / KEYS)
    if key_mark(ring) != manifest.key_mark:
        raise Conflict(
            N_("The keys at hand don't open what this archive holds sealed."),
            code="OTHER_KEYS",
            remedy=N_("Put the keys.toml of the original installation into the instance folder first."),
        )


def _keep_files(manifest: Manifest, folder: Path, instance: Path) -> None:
    """Move the files into the store; they are known by their content, so that a file that is there is the same file."""
    for member in manifest.members:
        if member.name.startswith("files/"):
            target = instance / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            (folder / member.name).replace(target)


def _merge_journal(folder: Path, instance: Path) -> None:
    """Add what only the archive's journal saw: on a new machine it is the only one there is."""
    ours = SendJournal(instance / JOURNAL)
    seen = {sent.attempt for sent in ours.read()}
    for sent in SendJournal(folder / JOURNAL).read():
        if sent.attempt not in seen:
            ours.write(sent)


def _mark(
    engine: Engine, manifest: Manifest, *, load: Callable[[Connection], None] = lambda _connection: None
) -> tuple[Reconciled, tuple[str, ...]]:
    """Load, check, pause and hold back, in one transaction: nobody ever sees the copy without its marks."""
    journal = SendJournal(Path(current_app.instance_path) / JOURNAL)
    with engine.connect().execution_options(**{WRITES: True}) as connection, Session(bind=connection) as session:
        load(session.connection())
        _check_content(session, manifest)
        now = max(clock.now(session), manifest.created_at)
        pause_sending(session, "restore", copy_made_at=manifest.created_at, actor=OPERATOR, now=now)
        session.execute(update(Installation).values(incarnation=uuid4().hex))
        session.execute(
            update(WebSession)
            .where(WebSession.ended_at.is_(None))
            .values(ended_at=clock.wall(), end_reason=EndReason.SIGNED_OUT)
        )
        found = reconcile(session, journal, actor=OPERATOR, now=now)
        audit.record(
            session,
            actor=OPERATOR,
            act="installation.restored",
            subject="installation:1",
            now=now,
            details={
                "copy_made_at": manifest.created_at.isoformat(),
                "audit_head": manifest.audit_head,
                "held": found.held,
                "unknown": found.unknown,
                "missing_files": len(manifest.missing),
            },
        )
        live_keys = _live_keys(session)
        session.commit()
    return found, live_keys


def _live_keys(session: Session) -> tuple[str, ...]:
    return tuple(
        f"{prefix} {name}"
        for kind in (GatewayKey, PersonalKey)
        for prefix, name in session.execute(
            select(kind.prefix, kind.name).where(kind.revoked_at.is_(None)).order_by(kind.id)
        )
    )


def _check_content(session: Session, manifest: Manifest) -> None:
    acts, head = audit.verify(session)
    counts = {
        name: session.scalar(select(func.count()).select_from(Base.metadata.tables[name]))
        for name in manifest.counts
        if name in Base.metadata.tables
    }
    if (acts, head) != (manifest.audit_acts, manifest.audit_head) or counts != manifest.counts:
        raise IntegrityBroken(
            N_("The database in the archive is not the one its manifest describes."), code="COPY_DAMAGED"
        )


def _put_keys(fresh: Path, instance: Path) -> None:
    """Put the archive's key file in place; another one that stands there is kept under a name that says so."""
    current = instance / KEYS
    with suppress(FileNotFoundError):
        if current.read_bytes() == fresh.read_bytes():
            return
        current.replace(instance / f"keys.toml.before-restore-{uuid4().hex[:8]}")
    fresh.chmod(0o600)
    fresh.replace(current)
