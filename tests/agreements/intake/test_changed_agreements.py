"""Three agreements of our own whose clauses were changed, each with what a person reads in it."""

import json
from pathlib import Path

import pytest

from agreements.intake.clause_reading import clauses_in
from agreements.intake.deviations import deviations_from
from agreements.intake.standard_form import built_in_form
from tests.builders_intake import read_json

FOLDER = Path(__file__).parent / "agreements"
FILES = ["yearly-subscription.txt", "pay-as-you-go.md", "group-pack.md"]


def expected_of(name):
    return json.loads((FOLDER / name).with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FILES)
def test_a_changed_agreement_reads_to_what_it_says(name):
    expected = expected_of(name)
    read = read_json((FOLDER / name).read_text(encoding="utf-8"), name)

    said = {key: read["terms"][key] for key in read["changed_terms"]}
    assert said == expected.pop("changed_terms_say")
    expected.pop("deviations")
    assert {key: read[key] for key in expected} == expected


@pytest.mark.parametrize("name", FILES)
def test_its_departures_from_the_standard_form_are_found_by_meaning(name):
    read = clauses_in((FOLDER / name).read_text(encoding="utf-8"))

    found = deviations_from(built_in_form(), read.units, read.values)

    assert [
        [one.kind.value, one.clause.number if one.clause else None, one.unit.number if one.unit else None]
        for one in found
    ] == expected_of(name)["deviations"]
