"""The process in which a foreign PDF is checked: `python -m agreements.paper.checking_process SECONDS`.

The head of the input is one line of JSON, then come the trusted certificates and the file. The
process is confined in memory, time and files before it opens anything; it has no secret in its environment.
"""

import json
import logging
import os
import resource
import subprocess
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from agreements.kernel.errors import N_, InvalidInput
from agreements.paper.checking import NotChecked, PdfCheck, SignatureFound, check
from agreements.paper.rules import SignatureAnswer

PROJECT = Path(__file__).parents[2]
SECONDS = 20
MEMORY_BYTES = 1536 * 1024 * 1024
LARGEST_FILE_BYTES = 20 * 1024 * 1024
REFUSALS = {
    "NOT_A_PDF": N_("This is not a PDF."),
    "ENCRYPTED": N_("This PDF is encrypted; it can't be checked."),
    "DAMAGED": N_("This PDF is damaged; it can't be opened."),
    "TOO_LARGE": N_("This PDF is larger than what is checked: 20 MB, 500 pages, 20 signatures."),
    "GAVE_UP": N_("Checking this PDF took too long or too much memory."),
}
REMEDY = N_("Download the PDF again from where it came, and take it as it is.")


def checked(content: bytes, *, trusted: bytes = b"", at: datetime) -> PdfCheck:
    """Check a file as `checking.check` does, in a confined process; what can't be checked raises InvalidInput."""
    if len(content) > LARGEST_FILE_BYTES:
        raise _refusal("TOO_LARGE")
    head = {"trusted": len(trusted), "at": at.isoformat()}
    given = b"".join((json.dumps(head).encode(), b"\n", trusted, content))
    environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "LANG") if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "agreements.paper.checking_process"],
            input=given,
            capture_output=True,
            timeout=SECONDS + 5,
            check=False,
            cwd=PROJECT,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise _refusal("GAVE_UP") from None
    if done.returncode != 0:
        raise _refusal("GAVE_UP")
    answer: dict[str, Any] = json.loads(done.stdout)
    if "refused" in answer:
        raise _refusal(answer["refused"])
    return from_json(answer)


def from_json(answer: dict[str, Any]) -> PdfCheck:
    return PdfCheck(
        answer=SignatureAnswer(answer["answer"]),
        sha256=answer["sha256"],
        pages=answer["pages"],
        text_sha256=answer["text_sha256"],
        numbers=tuple(answer["numbers"]),
        revisions=tuple(answer["revisions"]),
        signatures=tuple(
            SignatureFound(**{**each, "answer": SignatureAnswer(each["answer"])}) for each in answer["signatures"]
        ),
    )


def _refusal(code: str) -> InvalidInput:
    return InvalidInput(REFUSALS[code], code=code, field="file", remedy=REMEDY)


def _confine() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    _confine()
    logging.disable(logging.CRITICAL)
    head = json.loads(sys.stdin.buffer.readline())
    trusted = sys.stdin.buffer.read(head["trusted"])
    content = sys.stdin.buffer.read(LARGEST_FILE_BYTES + 1)
    try:
        answer: dict[str, Any] = asdict(check(content, trusted=trusted, at=datetime.fromisoformat(head["at"])))
    except NotChecked as fault:
        answer = {"refused": fault.code}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
