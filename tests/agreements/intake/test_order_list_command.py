"""`agreements import` takes lists of orders too: progress and problems on stderr, the outcome on stdout."""

import json

from sqlalchemy import func, select

from agreements.intake.batch_models import IntakeItem
from agreements.kernel.db import db
from agreements.register.models import Agreement
from tests.builders_orders import a_csv, an_order, an_xlsx


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=["agreements", "import", *arguments])


def count(thing):
    session = db.session()
    session.rollback()
    return session.scalar(select(func.count(thing.id)))


def test_a_list_awaits_a_person_and_names_its_bad_lines(app, tmp_path):
    path = tmp_path / "订单.csv"
    path.write_bytes(a_csv(an_order("3001"), an_order("3002", 数量="x")))
    result = run(app, str(path))
    assert result.exit_code == 1
    assert "2 of 2 rows read" in result.stderr
    assert "line 3: " in result.stderr
    assert "1 under_review, 1 refused" in result.stdout
    assert (count(IntakeItem), count(Agreement)) == (2, 0)


def test_lists_and_the_same_again_with_yes(app, tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.xlsx"
    first.write_bytes(a_csv(an_order("3001"), an_order("3002")))
    second.write_bytes(an_xlsx(an_order("3002"), an_order("3003")))
    result = run(app, str(first), str(second), "--yes", "--product", "id2-verify", "--json")
    assert result.exit_code == 0
    assert "[2/2]" in result.stderr
    assert [each["counts"] for each in json.loads(result.stdout)] == [
        {"registered": 2},
        {"registered": 1, "duplicate": 1},
    ]
    assert count(Agreement) == 3
    again = run(app, str(first), "--yes", "--json")
    assert (again.exit_code, json.loads(again.stdout)[0]["counts"]) == (0, {"duplicate": 2})


def test_a_file_that_is_no_list_is_bad_input(app, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("只是一封信\n", encoding="utf-8")
    result = run(app, str(path))
    assert result.exit_code == 2
    assert "订单编号" in result.stderr
    assert count(IntakeItem) == 0
