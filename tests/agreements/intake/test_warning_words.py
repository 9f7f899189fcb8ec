"""Each warning of the reading side has words of its own in both catalogues and points at the fields it speaks of."""

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from agreements.intake.warning_words import UNKNOWN, meaning_of

CATALOGUES = Path(__file__).parents[3] / "translations"


@pytest.mark.parametrize(
    ("code", "detail", "field"),
    [
        ("term_contradicted", "effective_on", "terms.effective_on"),
        ("term_not_stated", "upstream_change_is_provider_breach", "terms.upstream_change_is_provider_breach"),
        ("notice_addressee_unclear", "change_notification", "terms.change_notification"),
        ("party_roles_reversed", "", "parties.party_a.name"),
        ("text_not_read_to_its_end", "", None),
        ("amount_unclear", "paid_amount", "order.paid_amount"),
        ("service_period_unclear", "", "order.service_end"),
        ("spec_not_understood", "", "order.spec_text"),
    ],
)
@pytest.mark.parametrize("locale", ["zh", "en"])
def test_a_warning_of_reading_has_words_and_fields(code, detail, field, locale):
    meaning = meaning_of(code, detail)
    with (CATALOGUES / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=locale)

    assert meaning.family != UNKNOWN
    assert field is None or field in meaning.fields
    for name in (f"import_warning.{meaning.family}", f"import_warning_meaning.{meaning.family}"):
        assert catalogue[name].string
