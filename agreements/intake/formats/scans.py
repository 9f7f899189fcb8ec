"""Scans: read only where the optional recognition is installed, one at a time, in a process of its own."""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import sleep

from agreements.intake.formats.confined import PROJECT, plain_environment, source_from
from agreements.intake.formats.limits import (
    MOST_SCANNED_PAGES,
    SCAN_PATIENCE,
    SCAN_SECONDS_A_PAGE,
    SCAN_SECONDS_AT_LEAST,
)
from agreements.intake.formats.refusals import refusal
from agreements.intake.formats.source import SourceText

ATTEMPTS, PAUSE_SECONDS = 25, 0.2
LOCK = f"luyue-scan-reading-{os.getuid()}.lock"


def can_read_scans() -> bool:
    """Say whether the optional recognition (`make ocr`) is installed."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def read_scan(name: str, content: bytes) -> SourceText:
    """Recognise the text of a picture or of a PDF of pictures; every character carries how surely it was seen.

    Takes seconds to minutes and about 1 GB of memory. Raises InvalidInput SCAN_READING_MISSING without the optional
    recognition, Unavailable SCAN_READING_BUSY while another scan is being read anywhere on this machine.
    """
    if not can_read_scans():
        raise refusal("SCAN_READING_MISSING", name)
    with _alone(name):
        try:
            run = subprocess.run(
                [sys.executable, "-m", "agreements.intake.formats.recognising"],
                cwd=PROJECT,
                env=plain_environment(),
                input=content,
                stdout=subprocess.PIPE,
                timeout=SCAN_PATIENCE * (SCAN_SECONDS_AT_LEAST + SCAN_SECONDS_A_PAGE * MOST_SCANNED_PAGES) + 5,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise refusal("READING_EXHAUSTED", name) from None
    try:
        answered = json.loads(run.stdout)
    except ValueError:
        answered = None
    return source_from(name, answered)


@contextmanager
def _alone(name: str, attempts: int = ATTEMPTS) -> Iterator[None]:
    """Hold the one place that this user has on the machine for reading a scan; give up after seconds."""
    path = Path(tempfile.gettempdir()) / LOCK
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "w") as file:
        for attempt in range(attempts, 0, -1):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if attempt == 1:
                    raise refusal("SCAN_READING_BUSY", name) from None
                sleep(PAUSE_SECONDS)
        yield
