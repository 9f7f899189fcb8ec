"""The real agreement reads to exactly what the specification says; it stays outside the project."""

import json
from pathlib import Path

import pytest

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
