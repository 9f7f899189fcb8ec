"""Content-addressed files: what was uploaded or sent, kept under the SHA-256 of its bytes and never changed."""

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import BigInteger, Boolean, CheckConstraint, String, false, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from agreements.kernel.db import Base, UTCDateTime
from agreements.kernel.errors import N_, IntegrityBroken, NotFound


class StoredFile(Base):
    """One content, however often it is stored; `name` is what it was called the first time.

    is_made_here  a paper that we made, so no proof of anything that others did
    purged_at   when its retention ended; `removed_at` when the content left the disk; row and hash stay
    """

    __tablename__ = "stored_file"
    __table_args__ = (CheckConstraint("length(sha256) = 64", name="sha256"), CheckConstraint("size >= 0", name="size"))

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    media_type: Mapped[str]
    stored_at: Mapped[datetime] = mapped_column(UTCDateTime)
    is_made_here: Mapped[bool] = mapped_column(
        Boolean(create_constraint=True, name="is_made_here"), default=False, server_default=false()
    )
    purged_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


@dataclass(frozen=True, slots=True)
class FileStore:
    """A folder of contents, each at `<first two hex digits>/<sha256>`."""

    root: Path

    def write(self, content: bytes) -> str:
        """Put the content on disk durably and return its SHA-256; writing it again changes nothing."""
        sha256 = hashlib.sha256(content).hexdigest()
        target = self.root / sha256[:2] / sha256
        if target.exists():
            return sha256
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(uuid4().hex)
        with fresh.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
        return sha256

    def read(self, sha256: str) -> bytes:
        """Return the content; a missing or altered file raises IntegrityBroken."""
        try:
            content = (self.root / sha256[:2] / sha256).read_bytes()
        except FileNotFoundError:
            content = b""
        if hashlib.sha256(content).hexdigest() != sha256:
            raise IntegrityBroken(N_("File %(sha256)s is missing or was altered."), code="FILE_ALTERED", sha256=sha256)
        return content

    def remove(self, sha256: str) -> None:
        """Take a content off the disk; one that is not there is no fault."""
        (self.root / sha256[:2] / sha256).unlink(missing_ok=True)


def keep(
    session: Session, content: bytes, *, name: str, media_type: str, now: datetime, is_made_here: bool = False
) -> StoredFile:
    """Store a content and return its row. The file is durable before the row can be committed."""
    store: FileStore = session.info["files"]
    sha256 = store.write(content)
    row = session.scalar(select(StoredFile).where(StoredFile.sha256 == sha256))
    if row is None:
        row = StoredFile(
            sha256=sha256,
            size=len(content),
            name=name,
            media_type=media_type,
            stored_at=now,
            is_made_here=is_made_here,
        )
        session.add(row)
        session.flush()  # callers need the id
    elif row.purged_at is not None:
        row.purged_at = row.removed_at = None  # it came in anew
        row.name = name
    return row


def content_of(session: Session, file: StoredFile) -> bytes:
    """Return a content; one that was deleted after its retention raises NotFound."""
    if file.purged_at is not None:
        raise NotFound(
            N_("This file was deleted when its retention period was over."), code="FILE_PURGED", clause="5.2"
        )
    store: FileStore = session.info["files"]
    return store.read(file.sha256)
