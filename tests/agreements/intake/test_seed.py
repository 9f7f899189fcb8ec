"""The real agreement reads to exactly what the specification says; it stays outside the project."""

import json
from pathlib import Path

import pytest

from agreements.intake.clause_reading import clauses_in, clauses_of
from agreements.intake.deviations import DeviationKind, deviations_from
from agreements.intake.standard_form import StandardForm, built_in_form
from agreements.intake.term_kinds import TERMS
from tests.builders_intake import read_draft, read_json

SEED = Path(__file__).parents[4] / "shared" / "seed"
pytestmark = pytest.mark.skipif(
    not (SEED / "expected.json").exists(), reason="the real agreement (../shared/seed) is not on this machine"
)


def seed_text():
    return (SEED / "marketplace-agreement.md").read_text(encoding="utf-8")


def test_the_real_agreement_reads_to_the_expected_json():
    expected = json.loads((SEED / "expected.json").read_text(encoding="utf-8"))
    assert read_json(seed_text(), "marketplace-agreement.md") == expected


def test_every_field_of_the_real_agreement_points_into_its_text():
    text = seed_text()
    for name, evidence in read_draft(text).evidence.items():
        assert text[evidence.start : evidence.end] == evidence.text != "", name


def test_a_form_made_of_the_real_agreement_is_what_it_does_not_depart_from():
    read = clauses_in(seed_text())
    form = StandardForm("real", "real", 1, clauses_of(seed_text()))

    assert deviations_from(form, read.units, read.values) == []
    assert {key: form.value_of(key) for key in TERMS} == {key: built_in_form().value_of(key) for key in TERMS}


def test_every_clause_of_the_real_agreement_says_what_our_words_say():
    read = clauses_in(seed_text())
    found = deviations_from(built_in_form(), read.units, read.values)

    assert {one.kind for one in found} == {DeviationKind.REWORDED}
    assert [one.terms for one in found if one.terms] == []
    assert all(one.unit.number and one.clause.number.startswith(one.unit.number) for one in found if one.clause.number)


def test_the_real_agreement_is_not_quoted_in_the_project():
    root = Path(__file__).parents[3]
    expected = json.loads((SEED / "expected.json").read_text(encoding="utf-8"))
    parties = expected["parties"].values()
    private = {party[name] for party in parties for name in ("name", "phone", "contact", "address")}
    for folder in ("agreements", "tests/agreements/intake", "examples"):
        for path in (root / folder).rglob("*"):
            if path.suffix in {".py", ".md", ".j2", ".txt", ".json"}:
                content = path.read_text(encoding="utf-8")
                assert not [value for value in private if value in content], path
