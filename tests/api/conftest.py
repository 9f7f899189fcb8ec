"""Every test here runs on a populated database; on SQLite it is populated once and copied."""

import shutil

import pytest

from agreements.kernel.db import db
from app import create_app
from tests.builders_rest import a_world


def _populate(folder):
    app = create_app(instance_path=str(folder))
    with app.app_context():
        numbers = a_world(app)
        db.session.remove()
        db.engine.dispose()
    return numbers


@pytest.fixture(scope="session")
def populated(installations, tmp_path_factory):
    """(folder, numbers) of a populated SQLite instance."""
    folder = tmp_path_factory.mktemp("populated") / "instance"
    installations.make("sqlite", folder)
    return folder, _populate(folder)


@pytest.fixture
def _made(installations, engine, tmp_path, request):
    folder = tmp_path / "instance"
    if engine == "sqlite":
        template, numbers = request.getfixturevalue("populated")
        shutil.copytree(template, folder)
        yield folder, numbers
    else:
        database = installations.make(engine, folder)
        yield folder, _populate(folder)
        installations.remove(database)


@pytest.fixture
def instance(_made):
    return _made[0]


@pytest.fixture
def world(_made):
    """The numbers of what is in the database: see `a_world`."""
    return _made[1]
