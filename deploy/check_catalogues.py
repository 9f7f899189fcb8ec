"""Refuse a text that is not translated in both catalogues, and a translation that nobody uses.

Texts are extracted from code and templates as translations/babel.cfg says. Enumerations are looked up under keys such
as `case_state.suspected`, which no extractor can see: they must stand in both catalogues, and are never called unused.
"""

import re
import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ("zh", "en")
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None, "lazy_ngettext": (1, 2)}
ENUMERATION_KEY = re.compile(r"[a-z0-9_]+(\.[A-Za-z0-9_-]+)+")
PLACEHOLDER = re.compile(r"%\((\w+)\)")


def used_texts(root: Path) -> dict[str, str]:
    """Return where each text of code and templates stands first, `file:line` by message id."""
    with (root / "translations" / "babel.cfg").open(encoding="utf-8") as config:
        methods, options = parse_mapping_cfg(config)  # type: ignore[no-untyped-call] # Babel has no types here
    found: dict[str, str] = {}
    for file, line, text, _comments, _context in extract_from_dir(root, methods, options, KEYWORDS):
        for form in text if isinstance(text, tuple) else (text,):
            found.setdefault(form, f"{file}:{line}")
    return found


def translations_of(catalogue: Catalog) -> dict[str, list[str]]:
    """Return the translations of each message id, several for a plural; an empty one for what is fuzzy."""
    forms = {}
    for message in catalogue:
        ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
        strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
        for text in filter(None, ids):
            forms[text] = [""] if message.fuzzy else [string or "" for string in strings]
    return forms


def faults(used: dict[str, str], catalogues: dict[str, dict[str, list[str]]]) -> list[str]:
    """Return a line for each text that a reader of one language would miss or see wrongly.

    used        where each text of code and templates stands, by message id
    catalogues  the translations of each message id, by locale
    """
    told = []
    for text in sorted(used.keys() | set().union(*catalogues.values())):
        is_key = ENUMERATION_KEY.fullmatch(text)
        if text not in used and not is_key:
            told.append(f"nobody uses {text!r}")
            continue
        wanted = set(PLACEHOLDER.findall(text))
        for locale, forms in catalogues.items():
            translations = forms.get(text, [""])
            if not all(translations):
                told.append(f"{locale}: not translated: {text!r} ({used.get(text, 'a key of another catalogue')})")
            elif not is_key and any(set(PLACEHOLDER.findall(translation)) != wanted for translation in translations):
                told.append(f"{locale}: other placeholders than in {text!r}: {' / '.join(translations)!r}")
    return told


def main() -> int:
    catalogues = {}
    for locale in LOCALES:
        with (ROOT / "translations" / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
            catalogues[locale] = translations_of(read_po(file, locale=locale, abort_invalid=True))
    told = faults(used_texts(ROOT), catalogues)
    for line in told:
        print(line)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
