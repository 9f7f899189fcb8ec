"""Fixtures of every room: an application on a database of its own, and a session in a transaction.

`--engine` says on which engine: sqlite (the default), postgresql, or both, where what writes the ledger is tried on
each and the rest on SQLite.
"""

import contextvars
import os
import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import HealthCheck, settings

from agreements.kernel import engines
from agreements.kernel.db import db, unit_of_work
from app import create_app
from tests import thrift
from tests.postgresql_server import Databases, a_server

settings.register_profile(  # a busy machine is no fault, and one tree gets one answer from .ci/run
    "ours", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ours")
thrift.begin()

ROOT = Path(__file__).parent
LEDGER = ("agreements/kernel", "agreements/parties", "agreements/register", "compliance")
"""Where a test that works on a session is a test of use cases or sweeps."""
NO_LEDGER = ("compliance/desk", "compliance/sdk")

for name in ("DATABASE_URL", "LUYUE_DATABASE_URL", "LUYUE_INSTANCE"):
    os.environ.pop(name, None)  # whatever the developer's own installation is, no test touches it


def pytest_addoption(parser):
    parser.addoption("--engine", choices=("sqlite", "postgresql", "both"), default="sqlite")


def pytest_generate_tests(metafunc):
    if "engine" not in metafunc.fixturenames:
        return
    if metafunc.definition.get_closest_marker("postgresql") is not None:
        metafunc.parametrize("engine", ["postgresql"])  # whatever was asked for: it is about that engine
    elif metafunc.config.getoption("engine") == "both":
        metafunc.parametrize("engine", _engines_for(metafunc))


def _engines_for(metafunc):
    here = metafunc.definition.path.relative_to(ROOT).as_posix()
    writes_the_ledger = (
        "session" in metafunc.fixturenames and here.startswith(LEDGER) and not here.startswith(NO_LEDGER)
    )
    asks_for_both = metafunc.definition.get_closest_marker("both_engines") is not None
    return ["sqlite", "postgresql"] if writes_the_ledger or asks_for_both else ["sqlite"]


@pytest.fixture
def engine(request):
    """The engine this test runs on."""
    return request.config.getoption("engine")


class Installations:
    """Instance folders with a migrated, empty database each; every engine's first one is copied for each test."""

    def __init__(self, folder):
        self.folder = folder
        self.server = None
        self.databases = None

    def make(self, engine, folder):
        """Make an instance in a folder that does not exist yet; return the name of its database, None for a file."""
        template = self.folder / engine
        if not template.exists():
            self._make_template(engine, template)
        shutil.copytree(template, folder)
        if engine == "sqlite":
            return None
        name = self.databases.copy()
        self._point(folder, name)
        return name

    def make_blank(self, engine, folder):
        """Make an instance whose database has no table yet; return its name, None for a file."""
        folder.mkdir()
        if engine == "sqlite":
            return None
        self._start_server()
        name = self.databases.make_blank()
        self._point(folder, name)
        return name

    def remove(self, database):
        if database is not None:
            self.databases.drop(database)

    def close(self):
        if self.server is not None:
            self.databases.close()
            self.server.close()

    def _make_template(self, engine, template):
        template.mkdir()
        if engine == "postgresql":
            self._start_server()
            self._point(template, self.databases.template)
        app = create_app(instance_path=str(template))
        with app.app_context():
            upgrade()
            db.engine.dispose()

    def _start_server(self):
        if self.server is None:
            self.server = a_server()
            self.databases = Databases(self.server)

    def _point(self, folder, database):
        (folder / "config.toml").write_text(f'database_url = "{self.server.url(database)}"\n', encoding="utf-8")


@pytest.fixture(scope="session")
def installations(tmp_path_factory):
    """Makes instances on either engine; the PostgreSQL server starts with the first that needs it."""
    installations = Installations(tmp_path_factory.mktemp("templates"))
    yield installations
    installations.close()


@pytest.fixture
def blank_instance(installations, engine, tmp_path):
    """An instance folder whose database has no table yet."""
    folder = tmp_path / "instance"
    database = installations.make_blank(engine, folder)
    yield folder
    installations.remove(database)


@pytest.fixture
def instance(installations, engine, tmp_path):
    """An instance folder with a migrated, empty database of its own."""
    folder = tmp_path / "instance"
    database = installations.make(engine, folder)
    yield folder
    installations.remove(database)


class OwnContextClient(FlaskClient):
    """A client whose requests see nothing of the test's application context: not its session, not its `g`."""

    def open(self, *args, **options):
        return contextvars.Context().run(super().open, *args, **options)


@pytest.fixture
def app(instance, monkeypatch):
    """The application on a fresh copy of the empty database."""
    monkeypatch.setattr(engines, "IDLE_WRITER_MS", 60_000)  # a busy machine is no fault
    app = create_app(instance_path=str(instance))
    app.test_client_class = OwnContextClient
    app.jinja_env.bytecode_cache = thrift.TEMPLATES
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(app):
    """A session inside one writing transaction; what the test leaves is committed at its end."""
    with unit_of_work() as session:
        yield session
