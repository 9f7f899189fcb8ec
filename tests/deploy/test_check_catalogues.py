"""What the catalogue check refuses."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "check_catalogues.py"


@pytest.fixture(scope="module")
def checker():
    spec = importlib.util.spec_from_file_location("check_catalogues", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


USED = {"Due on %(day)s": "compliance/desk/views.py:1"}
GOOD = {"Due on %(day)s": ["%(day)s 到期"], "case_state.open": ["待处理"]}


def test_complete_catalogues_have_no_fault(checker):
    assert checker.faults(USED, {"zh": GOOD, "en": GOOD}) == []


@pytest.mark.parametrize(
    ("zh", "fault"),
    [
        ({**GOOD, "Due on %(day)s": [""]}, "zh: not translated: 'Due on %(day)s' (compliance/desk/views.py:1)"),
        ({"case_state.open": ["待处理"]}, "zh: not translated: 'Due on %(day)s' (compliance/desk/views.py:1)"),
        ({"Due on %(day)s": ["%(day)s 到期"]}, "zh: not translated: 'case_state.open' (a key of another catalogue)"),
        (
            {**GOOD, "Due on %(day)s": ["%(date)s 到期"]},
            "zh: other placeholders than in 'Due on %(day)s': '%(date)s 到期'",
        ),
        ({**GOOD, "Forgotten": ["遗忘"]}, "nobody uses 'Forgotten'"),
    ],
)
def test_a_gap_in_one_language_is_told(checker, zh, fault):
    assert checker.faults(USED, {"zh": zh, "en": GOOD}) == [fault]


def test_texts_are_found_in_code_and_templates(checker, tmp_path):
    (tmp_path / "translations").mkdir()
    (tmp_path / "translations" / "babel.cfg").write_text((SCRIPT.parents[1] / "translations" / "babel.cfg").read_text())
    (tmp_path / "agreements").mkdir()
    (tmp_path / "agreements" / "errors.py").write_text('TEXT = N_("Unknown order %(number)s")\n')
    (tmp_path / "templates" / "desk").mkdir(parents=True)
    (tmp_path / "templates" / "desk" / "today.html").write_text("<h1>\n{{ _('Today') }}</h1>")

    assert checker.used_texts(tmp_path) == {
        "Unknown order %(number)s": "agreements/errors.py:1",
        "Today": "templates/desk/today.html:2",
    }
