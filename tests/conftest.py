"""Fixtures of every room: an application on a database of its own, and a session in a transaction."""

import contextvars
import shutil

import pytest
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import settings

from agreements.kernel.db import db, unit_of_work
from app import create_app

settings.register_profile("ours", deadline=None)  # a busy machine is no fault
settings.load_profile("ours")


@pytest.fixture(scope="session")
def empty_instance(tmp_path_factory):
    """An instance folder with a migrated, empty database; copied for each test."""
    folder = tmp_path_factory.mktemp("template")
    app = create_app(instance_path=str(folder))
    with app.app_context():
        upgrade()
        db.engine.dispose()
    return folder


class OwnContextClient(FlaskClient):
    """A client whose requests see nothing of the test's application context: not its session, not its `g`."""

    def open(self, *args, **options):
        return contextvars.Context().run(super().open, *args, **options)


@pytest.fixture
def app(empty_instance, tmp_path):
    """The application on a fresh copy of the empty database."""
    folder = tmp_path / "instance"
    shutil.copytree(empty_instance, folder)
    app = create_app(instance_path=str(folder))
    app.test_client_class = OwnContextClient
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(app):
    """A session inside one writing transaction; what the test leaves is committed at its end."""
    with unit_of_work() as session:
        yield session
