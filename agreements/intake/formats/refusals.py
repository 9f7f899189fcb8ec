"""Why a file is refused, and what to do about it. The reading process knows the words only as codes."""

from enum import StrEnum
from typing import Any

from agreements.kernel.errors import N_, InvalidInput, LuyueError, Unavailable


class ActiveContent(StrEnum):
    """What can act on its own when a file is opened, or bring in what nobody has seen."""

    SCRIPT = "script"
    LAUNCH = "launch"
    EMBEDDED_FILE = "embedded_file"
    FORM = "form"
    MACRO = "macro"
    OUTSIDE_REFERENCE = "outside_reference"
    XML_DECLARATION = "xml_declaration"


class Refused(Exception):
    """Raised by a reader: a code of REASONS with its values, all plain JSON."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values


READ_TODAY = N_(
    "Give the agreement as text, Markdown, Word (.docx) or PDF; with scan reading installed also PNG or JPEG."
)
GET_IT_AGAIN = N_("Get the file again from where it came from, or export it anew as PDF or Word.")

REASONS: dict[str, tuple[str, str]] = {
    "EMPTY": (N_("“%(name)s” is empty."), N_("Choose the file again.")),
    "FORMAT_NOT_READ": (N_("“%(name)s” is a %(format)s file."), READ_TODAY),
    "FILE_ENCRYPTED": (
        N_("“%(name)s” is encrypted or protected by a password."),
        N_("Ask for a copy without a password, or take the protection off and save it again."),
    ),
    "FILE_DAMAGED": (N_("“%(name)s” is damaged: it can't be opened as %(format)s."), GET_IT_AGAIN),
    "TOO_LARGE": (
        N_("“%(name)s” has %(length)s characters, far more than an agreement."),
        N_("Give one agreement at a time, at most %(most)s characters."),
    ),
    "TOO_MANY_PAGES": (
        N_("“%(name)s” has %(pages)s pages, far more than an agreement."),
        N_("Give one agreement at a time, at most %(most)s pages."),
    ),
    "UNPACKS_TOO_LARGE": (
        N_("“%(name)s” unpacks to far more than an agreement."),
        N_("Save it again without large pictures, or as PDF."),
    ),
    "PICTURE_TOO_LARGE": (
        N_("“%(name)s” is a picture of %(width)s × %(height)s points."),
        N_("Scan at 200 to 300 dots per inch; at most %(most)s million points are read."),
    ),
    "ACTIVE_CONTENT": (
        N_("“%(name)s” contains %(what)s; an agreement needs none."),
        N_("Ask for a plain copy, or print the file to a new PDF and upload that."),
    ),
    "READING_EXHAUSTED": (
        N_("Reading “%(name)s” took more time or memory than any agreement needs, and was stopped."),
        GET_IT_AGAIN,
    ),
    "NO_TEXT": (N_("“%(name)s” contains no text."), GET_IT_AGAIN),
    "SCAN_READING_MISSING": (
        N_("“%(name)s” is a scan: a picture without text."),
        N_("Give the original file, or have the administrator install scan reading: make ocr."),
    ),
    "SCAN_READING_BUSY": (
        N_("Another scan is being read; scans are read one at a time."),
        N_("Upload “%(name)s” again in a minute."),
    ),
}


def refusal(code: str, name: str, **values: Any) -> LuyueError:
    """Return the error that says why the file of this name is refused."""
    message, remedy = REASONS[code]
    if "what" in values:
        values["what"] = ActiveContent(str(values["what"]))
    if code == "SCAN_READING_BUSY":
        return Unavailable(message, code=code, field="file", remedy=remedy, name=name)
    own_code = "INVALID_INPUT" if code == "EMPTY" else code
    return InvalidInput(message, code=own_code, field="file", remedy=remedy, name=name, **values)
