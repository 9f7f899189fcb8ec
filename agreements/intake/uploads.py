"""A contract file as it comes in: its name without folders, its media type by its ending."""

from pathlib import PurePosixPath

from agreements.parties.actions import Upload

MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
}
LONGEST_NAME = 200


def contract_upload(name: str, content: bytes) -> Upload:
    """Return the upload; what a browser says of name and type is not believed beyond the name's last part."""
    last = PurePosixPath(name.replace("\\", "/").replace("\0", "")).name[-LONGEST_NAME:] or "agreement"
    return Upload(last, MEDIA_TYPES.get(PurePosixPath(last).suffix.lower(), "text/plain"), content)
