"""`prepare`: the example once, a way in, and nothing changed by a second start."""

from sqlalchemy import func, select

from agreements.kernel import clock
from agreements.kernel.access.links import join, open_link
from agreements.kernel.access.models import Locale
from agreements.kernel.access.rules import Role
from agreements.kernel.db import Base, unit_of_work
from agreements.register.models import Agreement


def counts():
    with unit_of_work() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
        }


def prepare(app, *arguments):
    result = app.test_cli_runner().invoke(args=["prepare", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_second_start_shows_the_same_link_and_writes_nothing(app):
    first = prepare(app)
    before = counts()
    second = prepare(app)

    assert counts() == before
    [link] = [line for line in first.splitlines() if "/join/" in line]
    assert link in second
    assert "lyk_" in first
    assert "lyk_" not in second


def test_the_example_is_open_for_calls(app):
    prepare(app)

    told = app.test_cli_runner().invoke(args=["gateway", "decide", "--tenant", "haitang", "--product", "id2-verify"])

    assert "allow" in told.stdout.lower()


def test_the_first_administrator_ends_the_offer(app):
    said = prepare(app)
    token = said.split("/join/")[1].split()[0]
    with unit_of_work() as session:
        assert set(open_link(session, token, wall=clock.wall()).roles) == set(Role)
        join(
            session,
            token,
            name="钱管理",
            login="qian",
            password="correct horse battery",
            locale=Locale.ZH,
            now=clock.now(session),
            wall=clock.wall(),
        )

    assert "/join/" not in prepare(app)


def test_a_production_start_has_no_example(app):
    prepare(app, "--no-example")

    with unit_of_work() as session:
        assert session.scalar(select(func.count(Agreement.id))) == 0


def test_only_a_new_database_becomes_a_rehearsal(app):
    prepare(app, "--no-example", "--rehearsal", "2024-07-28T09:00")
    refused = app.test_cli_runner().invoke(args=["prepare", "--rehearsal", "2024-08-01T09:00"])

    assert refused.exit_code == 1
    assert "LUYUE_INSTANCE" in refused.stderr
