"""The words of a document of ours in its two languages: written once in Chinese, with the English beside them.

The Chinese is what is sealed. The English is for a reading copy (`reading_copy`), a translation for convenience.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import force_locale

from agreements.kernel.instants import SHANGHAI, legal_date
from agreements.paper.rules import PaperLanguage


@dataclass(frozen=True, slots=True)
class Phrases:
    """Says a document's words in one language.

    english  by the Chinese text, with the same {places}; a text that is not in it raises KeyError
    """

    language: PaperLanguage
    english: Mapping[str, str]

    @property
    def is_chinese(self) -> bool:
        return self.language is PaperLanguage.ZH

    def __call__(self, chinese: str, **values: object) -> str:
        """Return a text with its places filled in."""
        template = chinese if self.is_chinese else self.english[chinese]
        return template.format_map(values) if values else template

    def day(self, on: date) -> str:
        return f"{on.year}年{on.month}月{on.day}日" if self.is_chinese else f"{on.day} {on:%B %Y}"

    def moment(self, at: datetime) -> str:
        """Return day and minute at the seat."""
        time = f"{at.astimezone(SHANGHAI):%H:%M}"
        day = self.day(legal_date(at))
        return f"{day}{time}" if self.is_chinese else f"{day}, {time}"

    @contextmanager
    def spoken(self) -> Iterator[None]:
        """Let labels of the catalogue speak this language, whatever the reader's is."""
        with force_locale(self.language.value):
            yield
