"""What tests of reading build with: the example agreement, rendered, and single clauses."""

from pathlib import Path

from agreements.calendar.published import published_calendar
from agreements.intake.clauses import sentences_of
from agreements.intake.document import uniform_document
from agreements.intake.drafting import read_source
from agreements.intake.loading import SourceText
from agreements.intake.printing import draft_as_json
from agreements.intake.terms import read_terms
from agreements.intake.working_days import working_days_of

EXAMPLE = Path(__file__).parent.parent / "examples" / "agreement.md.j2"
DATES = {
    "order_no": "202407280000123",
    "service_start": "2024年07月28日",
    "service_end": "2025年07月29日",
    "signed_on": "2024年07月28日",
}


def example_text(**values):
    """Render the example agreement; its dates are those of a known order unless given."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for name, value in (DATES | values).items():
        text = text.replace("{{ " + name + " }}", value)
    assert "{{" not in text
    return text


def read_draft(text, name="agreement.md"):
    """Read a text with the published calendar."""
    return read_source(SourceText(name, text), is_working_day=working_days_of(published_calendar()))


def read_json(text, name="agreement.md"):
    return draft_as_json(read_draft(text, name))


def changed(text, *pairs):
    """Replace wordings, each of which must be there."""
    for old, new in pairs:
        assert old in text, f"{old} is not in the text"
        text = text.replace(old, new, 1)
    return text


def terms_of(*clauses):
    """Read clauses on their own, as numbered paragraphs of an annex; returns terms, their readings and all."""
    document = uniform_document("附件：最终用户使用协议\n\n" + "\n\n".join(clauses))
    return read_terms(document, sentences_of(document, frozenset()))


def main_terms_of(*clauses):
    """Read clauses on their own, as paragraphs of the main agreement."""
    document = uniform_document("\n\n".join(clauses))
    return read_terms(document, sentences_of(document, frozenset()))
