"""The process in which foreign files are opened: `python -m agreements.intake.formats.reading_process FD`.

It holds the parsers ready and keeps one child waiting for the next file. That child takes it, is confined in memory,
time and files, answers on the file's own socket and ends; a parser's fault or a hostile file can hurt nothing else. No
secret of the program is in its environment.
"""

import gc
import io
import json
import os
import resource
import signal
import socket
import sys
from dataclasses import asdict
from typing import NoReturn

import docx

from agreements.intake.formats.limits import LARGEST_FILE_BYTES, READING_MEMORY_BYTES, READING_SECONDS
from agreements.intake.formats.pdf import read_pdf
from agreements.intake.formats.refusals import Refused
from agreements.intake.formats.word import read_word

READERS = {"PDF": read_pdf, "DOCX": read_word}
LARGEST_LOG_BYTES = 1024 * 1024
WORDS = 16
"""Longest word that asks for a format, in bytes."""

PLAIN_PDF = b"""%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>> endobj
4 0 obj <</Length 65>> stream
BT /F 12 Tf 50 700 Td (A plain agreement) Tj ET 50 600 99 20 re S
endstream endobj
5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj
trailer <</Root 1 0 R>>"""


TAKEN, CLOSED = b"t", b"c"


def serve(control: socket.socket) -> None:
    """Keep a child waiting for each next file; end when the program that asks has ended, or no child comes to wait."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system reaps the children
    warm_up()
    gc.freeze()
    while True:
        said, says = os.pipe()
        if os.fork() == 0:
            os.close(said)
            _wait_and_read(control, says)
        os.close(says)
        word = os.read(said, 1)
        os.close(said)
        if word != TAKEN:
            return


def _wait_and_read(control: socket.socket, says: int) -> NoReturn:
    """Wait for one file, say so, read it; memory that reading writes to is made this child's own before."""
    gc.disable()  # what it would touch is shared with the parent
    read_pdf("", PLAIN_PDF)
    word, sockets, _, _ = socket.recv_fds(control, WORDS, 1)
    os.write(says, TAKEN if word else CLOSED)
    if not word:
        os._exit(0)
    os.close(says)
    control.close()
    _read_one(word.decode(), socket.socket(fileno=sockets[0]))


def warm_up() -> None:
    """Read a file of our own of each kind: what a parser prepares at first use, children then have from the start."""
    read_pdf("", PLAIN_PDF)
    made = io.BytesIO()
    words = docx.Document()
    words.add_paragraph("warm words")
    words.save(made)
    read_word("", made.getvalue())


def _read_one(kind: str, answer: socket.socket) -> NoReturn:
    """Read one file from the socket, answer, end."""
    status = 1
    try:
        confine(READING_MEMORY_BYTES, READING_SECONDS)
        answer.sendall(json.dumps(outcome_of(kind, _received(answer))).encode("ascii"))
        answer.shutdown(socket.SHUT_RDWR)
        status = 0
    finally:
        os._exit(status)


def confine(memory_bytes: int, seconds: int, patience: int = 1) -> None:
    """Bound this process for good: address space, processor time, hardly any writing, no dumps.

    patience  how many times the processor time the clock may run
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_LOG_BYTES, LARGEST_LOG_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process even inside a parser
    signal.setitimer(signal.ITIMER_REAL, seconds * patience)


def outcome_of(kind: str, content: bytes) -> dict[str, object]:
    """Return the text with its pages as plain values, or the code and the values of a refusal."""
    try:
        return {"source": asdict(READERS[kind]("", content))}
    except Refused as refused:
        return {"refused": refused.code, "values": refused.values}
    except MemoryError:
        return {"refused": "READING_EXHAUSTED", "values": {}}
    except Exception as error:  # noqa: BLE001 whatever a parser throws means the file is not what it says it is
        print(f"{kind} not read: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 the program's own log
        return {"refused": "FILE_DAMAGED", "values": {"format": kind}}


def _received(answer: socket.socket) -> bytes:
    pieces, size = [], 0
    while size <= LARGEST_FILE_BYTES and (piece := answer.recv(1 << 20)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
