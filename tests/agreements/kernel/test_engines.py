"""Which databases are taken, what they are told at connection, and that no message repeats a password."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from agreements.kernel.db import db
from agreements.kernel.engines import database_address, engine_options, refuse_unsuitable
from agreements.kernel.errors import Unavailable
from agreements.kernel.settings import load_settings
from app import create_app

ROOT = Path(__file__).parents[3]
SECRET = "s3cret-of-the-database"
GOOD = {"version": 140_000, "fsync": "on", "synchronous_commit": "on", "encoding": "UTF8", "is_standby": False}


@pytest.fixture
def on_postgresql(installations, tmp_path):
    """An instance on a PostgreSQL database of its own, and how to give the database an order."""
    folder = tmp_path / "instance"
    name = installations.make("postgresql", folder)

    def order(statement):
        with psycopg.connect(installations.server.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.replace("THIS", f'"{name}"'))

    yield folder, order
    installations.remove(name)


class TestAddresses:
    @pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
    def test_every_spelling_of_postgresql_means_psycopg_3(self, scheme):
        url = database_address(f"{scheme}://luyue:{SECRET}@db.example:5433/luyue", "/srv/instance")

        assert (url.drivername, url.host, url.port, url.database) == ("postgresql+psycopg", "db.example", 5433, "luyue")
        assert engine_options(url)["connect_args"]["application_name"] == "luyue"

    def test_nothing_written_means_a_file_in_the_instance_folder(self):
        assert str(database_address("", "/srv/instance")) == "sqlite:////srv/instance/luyue.db"

    @pytest.mark.parametrize(
        "written",
        [f"mysql://luyue:{SECRET}@db/luyue", f"luyue:{SECRET}@db/luyue", f"postgresql+psycopg2://u:{SECRET}@db/x"],
    )
    def test_any_other_address_is_refused_without_repeating_it(self, written):
        with pytest.raises(ValueError, match="postgresql://") as refused:
            database_address(written, "/srv/instance")

        assert SECRET not in str(refused.value)

    def test_an_address_keeps_its_own_wishes(self):
        url = database_address("postgresql://db/luyue?application_name=office&connect_timeout=30", "/srv/instance")

        assert engine_options(url)["connect_args"] == {}

    def test_the_environment_names_the_database_in_plain_words(self, tmp_path, monkeypatch):
        (tmp_path / "config.toml").write_text('database_url = "postgresql://file/luyue"\n')
        assert load_settings(str(tmp_path)).database_url == "postgresql://file/luyue"

        monkeypatch.setenv("DATABASE_URL", "postgresql://plain/luyue")
        assert load_settings(str(tmp_path)).database_url == "postgresql://plain/luyue"

        monkeypatch.setenv("LUYUE_DATABASE_URL", "postgresql://ours/luyue")
        assert load_settings(str(tmp_path)).database_url == "postgresql://ours/luyue"

    def test_settings_in_a_log_show_no_password(self, tmp_path):
        settings = load_settings(
            str(tmp_path), {"database_url": f"postgresql://u:{SECRET}@db/luyue", "smtp_password": SECRET}
        )

        assert SECRET not in repr(settings)


class TestTheGate:
    def test_a_sound_server_is_taken(self):
        refuse_unsuitable(**GOOD)

    @pytest.mark.parametrize(
        ("fault", "named"),
        [
            ({"version": 139_999}, "version 14"),
            ({"fsync": "off"}, "fsync"),
            ({"synchronous_commit": "off"}, "synchronous_commit"),
            ({"encoding": "SQL_ASCII"}, "UTF-8"),
            ({"is_standby": True}, "standby"),
        ],
    )
    def test_a_server_that_could_lose_or_spoil_what_we_write_is_refused(self, fault, named):
        with pytest.raises(Unavailable, match=named):
            refuse_unsuitable(**(GOOD | fault))

    def test_it_is_asked_at_every_connection(self, on_postgresql):
        folder, order = on_postgresql
        order("ALTER DATABASE THIS SET synchronous_commit = off")

        with (
            create_app(instance_path=str(folder)).app_context(),
            pytest.raises(Unavailable, match="synchronous_commit"),
        ):
            db.engine.connect()

    def test_a_session_gives_up_waiting_and_reads_one_snapshot(self, on_postgresql):
        folder, _ = on_postgresql
        with create_app(instance_path=str(folder)).app_context():
            with db.engine.connect() as connection:
                settings = dict(
                    connection.execute(
                        text(
                            "SELECT name, setting FROM pg_settings WHERE name IN ('lock_timeout', 'statement_timeout',"
                            " 'idle_in_transaction_session_timeout', 'application_name', 'transaction_isolation')"
                        )
                    ).all()
                )
            db.engine.dispose()

        assert settings == {
            "lock_timeout": "10000",
            "statement_timeout": "30000",
            "idle_in_transaction_session_timeout": "30000",
            "application_name": "luyue",
            "transaction_isolation": "repeatable read",
        }


class TestAServerOutOfReach:
    ADDRESS = f"postgresql://luyue:{SECRET}@127.0.0.1:1/luyue"

    def test_a_command_says_so_and_names_no_password(self, tmp_path):
        said = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", "jobs", "list"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": self.ADDRESS, "LUYUE_INSTANCE": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

        assert said.returncode == 1
        assert "can't be reached" in said.stderr
        assert "DATABASE_UNAVAILABLE" in said.stderr
        assert "Traceback" not in said.stderr
        assert SECRET not in said.stderr + said.stdout

    def test_a_program_is_asked_to_come_again(self, tmp_path, caplog):
        app = create_app({"database_url": self.ADDRESS}, instance_path=str(tmp_path))

        with caplog.at_level(logging.WARNING):
            answer = app.test_client().post(
                "/gateway/v1/decide", json={}, headers={"Authorization": "Bearer lyk_0123456789ab_x"}
            )

        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.json["code"] == "DATABASE_UNAVAILABLE"
        assert SECRET not in answer.text + caplog.text
