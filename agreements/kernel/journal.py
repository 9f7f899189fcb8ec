"""The send journal: a line for each attempt, written durably outside the database before the wire is touched.

After an older copy of the database was restored it is the only witness of what was sent since. It holds no address,
only the keyed hash by which the outbox knows one.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from agreements.kernel.instants import parse_instant

_one_at_a_time = Lock()


@dataclass(frozen=True, slots=True)
class Sent:
    """An attempt that was about to begin.

    notice   the notice's public id; `kind` and `cause` tell what it was about
    address  keyed hash of the address
    attempt  the attempt's token
    """

    notice: str
    kind: str
    cause: str
    address: str
    attempt: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SendJournal:
    """The file; it need not exist yet."""

    path: Path

    def write(self, sent: Sent) -> None:
        """Append one line and wait until the disk has it. An OSError means: do not send."""
        line = json.dumps({**asdict(sent), "at": sent.at.isoformat()}, sort_keys=True)
        is_new = not self.path.exists()
        with _one_at_a_time:
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                size = os.fstat(descriptor).st_size
                torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"  # the power went while it was written
                os.write(descriptor, (b"\n" if torn else b"") + f"{line}\n".encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        if is_new:
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # the name of a new file is durable only with its folder
            finally:
                os.close(folder)

    def read(self) -> Iterator[Sent]:
        """Return every attempt, oldest first; a torn line stands for an attempt that never began."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for line in file:
                sent = _read_line(line)
                if sent is not None:
                    yield sent


def _read_line(line: bytes) -> Sent | None:
    try:
        values = json.loads(line)
        return Sent(**{**values, "at": parse_instant(values["at"], "at")})
    except (ValueError, TypeError, KeyError):
        return None
