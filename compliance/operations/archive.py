"""The archive of a backup: one gzip-compressed tar whose first member says what every other member must be.

manifest.json        format, when, which tables, how many rows, the audit head, each member's size and SHA-256
database.sqlite3     or database.dump (PostgreSQL)
send-journal.jsonl   where there is one
files/ab/abcd…       each upload and letter, under the SHA-256 of its bytes
keys.toml            only where it was asked for
"""

import gzip
import hashlib
import json
import os
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from agreements.kernel.errors import N_, IntegrityBroken, InvalidInput
from agreements.kernel.instants import parse_instant

FORMAT = 1
MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
JOURNAL = "send-journal.jsonl"
KEYS = "keys.toml"
NAMES = re.compile(r"database\.(sqlite3|dump)|send-journal\.jsonl|keys\.toml|files/([0-9a-f]{2})/\2[0-9a-f]{62}")
"""What a member may be called: an archive can come from anywhere, and writes nowhere but where it is read into."""

CHUNK = 1024 * 1024
LARGEST_MANIFEST = 64 * CHUNK


@dataclass(frozen=True, slots=True)
class Member:
    """One member: `size` in bytes and the SHA-256 of its bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds.

    created_at   the database's own time when the copy was made
    schema       Alembic revision of the tables
    counts       rows by table
    audit_acts, audit_head  length of the chain and its last hash
    key_mark     tells whether a key ring opens what is sealed, without saying anything about the keys
    missing      SHA-256 of files that the database knows and the store no longer had, or had altered
    """

    created_at: datetime
    engine: str
    program: str
    schema: str
    incarnation: str
    is_rehearsal: bool
    counts: dict[str, int]
    audit_acts: int
    audit_head: str
    key_mark: str
    with_keys: bool
    missing: list[str]
    members: list[Member] = field(default_factory=list)
    format: int = FORMAT

    def as_json(self) -> bytes:
        values = {**asdict(self), "created_at": self.created_at.isoformat()}
        return json.dumps(values, ensure_ascii=True, indent=1, sort_keys=True).encode()


def manifest_from(content: bytes) -> Manifest:
    """Read a manifest; InvalidInput where it is none that this program reads."""
    try:
        values: dict[str, Any] = json.loads(content)
        if values["format"] != FORMAT:
            raise ValueError(values["format"])
        members = [Member(**member) for member in values.pop("members")]
        if not all(NAMES.fullmatch(member.name) for member in members) or len(members) != len(
            {m.name for m in members}
        ):
            raise ValueError("a member that a backup does not have")
        created_at = parse_instant(values.pop("created_at"), "created_at")
        return Manifest(**values, created_at=created_at, members=members)
    except (ValueError, KeyError, TypeError):
        raise _not_ours() from None


def _not_ours() -> InvalidInput:
    return InvalidInput(N_("This is not a backup that this version reads."), field="file")


def member_of(path: Path, name: str) -> Member:
    """Return what the manifest says of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Member(name, size, digest.hexdigest())


def write_archive(target: Path, manifest: Manifest, sources: dict[str, Path]) -> None:
    """Write the archive beside its name and then give it the name: it is there whole, or not at all. Owner-readable."""
    fresh = target.with_name(f".{target.name}.{uuid4().hex[:8]}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            with (
                gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=6, mtime=0, filename="") as packed,
                tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
            ):
                content = manifest.as_json()
                tar.addfile(_entry(MANIFEST, len(content)), BytesIO(content))
                for member in manifest.members:
                    with sources[member.name].open("rb") as file:
                        tar.addfile(_entry(member.name, member.size), file)
            raw.flush()
            os.fsync(raw.fileno())
        fresh.replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        fresh.unlink(missing_ok=True)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


@contextmanager
def opened(path: Path) -> Iterator[tuple[Manifest, Iterator[tuple[Member, IO[bytes]]]]]:
    """Open an archive: its manifest, and each member in order with a stream that must be read before the next.

    Names, sizes and order must be the manifest's; what does not fit raises IntegrityBroken. The hash is the reader's to
    check (`copy_member`).
    """
    try:
        with tarfile.open(path, mode="r:gz") as tar:
            first = tar.next()
            if first is None or first.name != MANIFEST or first.size > LARGEST_MANIFEST:
                raise _not_ours()
            stream = tar.extractfile(first)
            assert stream is not None
            manifest = manifest_from(stream.read())
            yield manifest, _members(tar, manifest)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, FileNotFoundError, IsADirectoryError) as error:
        raise IntegrityBroken(
            N_("The archive can't be read to its end (%(error)s)."), code="ARCHIVE_DAMAGED", error=type(error).__name__
        ) from error


def _members(tar: tarfile.TarFile, manifest: Manifest) -> Iterator[tuple[Member, IO[bytes]]]:
    for member in manifest.members:
        entry = tar.next()
        if entry is None or not entry.isreg() or (entry.name, entry.size) != (member.name, member.size):
            raise damaged(member.name)
        stream = tar.extractfile(entry)
        assert stream is not None
        yield member, stream
    if tar.next() is not None:
        raise damaged(MANIFEST)


def damaged(name: str) -> IntegrityBroken:
    return IntegrityBroken(
        N_("%(name)s in the archive is not what its manifest says."), code="ARCHIVE_DAMAGED", name=name
    )


def copy_member(member: Member, stream: IO[bytes], target: Path | None) -> None:
    """Read a member to its end, into a file where one is given, and check its hash."""
    digest = hashlib.sha256()
    if target is None:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    is_file = member.name.startswith("files/")
    if digest.hexdigest() != member.sha256 or (is_file and not member.name.endswith(member.sha256)):
        raise damaged(member.name)
