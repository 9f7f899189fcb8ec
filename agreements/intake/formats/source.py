"""The text of a file with the way back: on which page a character stands, and how surely it was seen."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

NOT_READ = "page_not_read"
"""Warning that a page is a picture; its number follows."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A span of the text (end exclusive) that was recognised from a picture, and how surely, 0 to 1."""

    start: int
    end: int
    confidence: float


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of a file.

    warnings     say how it had to be read
    page_starts  offset of the first character of each page, in order; empty where the format has no pages
    seen         what was recognised from pictures, in order; text outside of it is certain
    """

    name: str
    text: str
    warnings: tuple[str, ...] = ()
    page_starts: Sequence[int] = ()
    seen: Sequence[Seen] = ()

    @property
    def is_partly_unread(self) -> bool:
        """Whether a page is a picture that was not recognised: something else may be agreed on it."""
        return any(warning.startswith(NOT_READ) for warning in self.warnings)

    def page_of(self, offset: int) -> int | None:
        """Return the page, counted from 1, on which a character stands; None where the format has no pages."""
        return max(1, bisect_right(self.page_starts, offset)) if self.page_starts else None

    def confidence_of(self, start: int, end: int) -> float:
        """Return how surely the characters of a span were seen: as surely as the least sure piece of it."""
        first = max(0, bisect_right(self.seen, start, key=lambda span: span.start) - 1)
        least = 1.0
        for span in self.seen[first:]:
            if span.start >= end:
                break
            if span.end > start:
                least = min(least, span.confidence)
        return least
