"""Having a foreign file read in a process of its own (see `reading_process`)."""

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from agreements.intake.formats.limits import READING_SECONDS
from agreements.intake.formats.refusals import refusal
from agreements.intake.formats.source import Seen, SourceText

PROJECT = Path(__file__).parents[3]
LARGEST_ANSWER_BYTES = 64 * 1024 * 1024


class ReadingProcess:
    """One process of parsers, started when it is first needed and again should it have ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0

    def answer(self, kind: str, content: bytes) -> dict[str, Any] | None:
        """Return what a child said of the file; None where it ended without a word."""
        ours, theirs = socket.socketpair()
        try:
            try:
                self._hand_over(kind, theirs)
            finally:
                theirs.close()
            ours.settimeout(READING_SECONDS + 2)
            return _answered(ours, content)
        finally:
            ours.close()

    def _hand_over(self, kind: str, theirs: socket.socket) -> None:
        with self._lock:
            for attempt in (1, 2):
                control = self._control_of_living()
                try:
                    socket.send_fds(control, [kind.encode("ascii")], [theirs.fileno()])
                except OSError:
                    self._stop()
                    if attempt == 2:
                        raise
                else:
                    return

    def _control_of_living(self) -> socket.socket:
        """Return the way to the process; after a fork of this program each side has its own."""
        if self._owner != os.getpid():
            self._process, self._control, self._owner = None, None, os.getpid()
        if self._process is not None and self._process.poll() is not None:
            self._stop()
        if self._control is None:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 our own module, no word of a user in it
                    [sys.executable, "-m", "agreements.intake.formats.reading_process", str(theirs.fileno())],
                    cwd=PROJECT,
                    env=plain_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                )
            self._control = ours
        return self._control

    def stop(self) -> None:
        with self._lock:
            if self._owner == os.getpid():
                self._stop()

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._control = None


def plain_environment() -> dict[str, str]:
    """Return an environment without the program's settings and secrets."""
    kept = ("PATH", "LANG", "LC_ALL", "TMPDIR", "HOME")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONPATH": str(PROJECT)}


def _answered(ours: socket.socket, content: bytes) -> dict[str, Any] | None:
    try:
        ours.sendall(content)
        ours.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the child may have said already why it reads no further
    pieces, size = [], 0
    try:
        while piece := ours.recv(1 << 20):
            pieces.append(piece)
            size += len(piece)
            if size > LARGEST_ANSWER_BYTES:
                return None
        answered: dict[str, Any] = json.loads(b"".join(pieces))
    except (OSError, ValueError):
        return None
    return answered


READING = ReadingProcess()
atexit.register(READING.stop)


def read_confined(kind: str, name: str, content: bytes) -> SourceText:
    """Have a file of this kind (PDF or DOCX) read; raises InvalidInput with the reason where it is refused."""
    return source_from(name, READING.answer(kind, content))


def source_from(name: str, answered: dict[str, Any] | None) -> SourceText:
    """Return the text that a reading process answered with, or raise its refusal."""
    if answered is None:
        raise refusal("READING_EXHAUSTED", name)
    if "refused" in answered:
        raise refusal(answered["refused"], name, **answered["values"])
    source = answered["source"]
    return SourceText(
        name,
        source["text"],
        tuple(source["warnings"]),
        tuple(source["page_starts"]),
        tuple(Seen(**span) for span in source["seen"]),
    )
