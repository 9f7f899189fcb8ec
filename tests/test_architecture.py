"""Promises of the structure that no type checker holds (design, section 2 and 3). Floors are import-linter's."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = [
    *sorted(path for room in ("agreements", "compliance") for path in (ROOT / room).rglob("*.py")),
    ROOT / "app.py",
]
NAMES = [str(path.relative_to(ROOT)) for path in SOURCES]

WALL_CLOCK = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "monotonic"),
    ("time", "localtime"),
    ("time", "gmtime"),
}
FRAMEWORKS = ("flask", "sqlalchemy", "marshmallow", "apscheduler", "flask_sqlalchemy", "flask_babel")
PURE_BESIDES_RULES = (
    "agreements/calendar/deadline_rules.py",
    "agreements/calendar/deadline_table.py",
    "compliance/sdk/decision.py",
    "compliance/sdk/answer.py",
    "compliance/sdk/entitlement.py",
)
LONGEST_FILE = 400
STATE_WRITERS = {
    "Agreement": "agreements/register/actions.py",
    "BreachCase": "compliance/breaches/moving.py",
    "Notice": "compliance/notices/moving.py",
    "Obligation": "compliance/obligations/actions.py",
    "RecordCorrection": "agreements/register/correcting.py",
    "Settlement": "compliance/settlement/moving.py",
    "Supplement": "agreements/register/supplements.py",
    "TermConflict": "agreements/register/online_terms.py",
    "UpstreamChange": "compliance/upstream/moving.py",
    "UpstreamImpact": "compliance/upstream/moving.py",
    "UsageStatement": "compliance/settlement/usage.py",
}


@dataclass(frozen=True)
class Facts:
    """What the tests below ask of one file."""

    modules: tuple  # imported
    clock_reads: tuple
    updated: frozenset  # tables
    assigned: tuple  # lines that assign to a state


@cache
def facts_of(name):
    """Read a file once for all that is asked of it; its tree itself is not kept, for it is large."""
    nodes = list(ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))))
    return Facts(
        modules=tuple(imported_modules(nodes)),
        clock_reads=tuple(reads_of_the_wall_clock(nodes)),
        updated=frozenset(tables_whose_state_is_updated(nodes)),
        assigned=tuple(lines_that_assign_a_state(nodes)),
    )


def imported_modules(nodes):
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def reads_of_the_wall_clock(nodes):
    for node in nodes:
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and (node.value.id, node.attr) in WALL_CLOCK
        ):
            yield f"line {node.lineno}: {node.value.id}.{node.attr}"


def tables_whose_state_is_updated(nodes):
    """Names of the tables X in `update(X)….values(state=…)`, or with values handed through."""
    for call in nodes:
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "values":
            given = {keyword.arg for keyword in call.keywords}
            if given & {"state", None}:
                updated = [
                    inner.args[0].id
                    for inner in ast.walk(call.func)
                    if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "update"
                ]
                yield from updated


def lines_that_assign_a_state(nodes):
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr == "state":
                    yield node.lineno


@pytest.mark.parametrize("name", NAMES)
def test_only_the_kernel_s_clock_reads_the_wall_clock(name):
    if name == "agreements/kernel/clock.py":
        return
    assert facts_of(name).clock_reads == ()


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("/rules.py") or name in PURE_BESIDES_RULES])
def test_rules_import_no_framework_no_clock_and_no_session(name):
    forbidden = [
        module
        for module in facts_of(name).modules
        if module.split(".")[0] in FRAMEWORKS or module.endswith((".clock", ".db", ".models", ".actions"))
    ]
    assert forbidden == []


@pytest.mark.parametrize("name", [name for name in NAMES if re.search(r"/(actions|models|sweeps)\.py$", name)])
def test_use_cases_and_tables_know_no_request(name):
    assert [module for module in facts_of(name).modules if module.split(".")[0] == "flask"] == []


@pytest.mark.parametrize(("table", "writer"), STATE_WRITERS.items())
def test_one_place_writes_the_state_of(table, writer):
    writers = {name for name in NAMES if table in facts_of(name).updated}
    assert writers == {writer}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "compliance/notices/dispatch.py"])
def test_nobody_assigns_to_a_state(name):
    """A state moves by a guarded UPDATE. The exception sets its outbox row to pending again, which nothing hangs on."""
    assert facts_of(name).assigned == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_file_stays_readable(name):
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


def test_the_sdk_imports_nothing_of_ours():
    for path in (ROOT / "compliance" / "sdk").glob("*.py"):
        modules = facts_of(str(path.relative_to(ROOT))).modules
        ours = [module for module in modules if module.startswith(("agreements", "compliance"))]
        assert all(module.startswith("compliance.sdk") for module in ours), path
