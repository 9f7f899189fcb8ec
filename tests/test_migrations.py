"""The migrations make the tables that the models declare, down to the last CHECK, on either engine."""

import importlib
import pkgutil

import pytest
from flask_migrate import upgrade
from sqlalchemy import inspect

import agreements
import compliance
from agreements.kernel.db import Base, db
from app import create_app

pytestmark = pytest.mark.both_engines
KINDS = ("columns", "pk_constraint", "foreign_keys", "unique_constraints", "check_constraints", "indexes")


def declare_every_table():
    for package in (agreements, compliance):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if module.name.endswith(".models"):
                importlib.import_module(module.name)


def tables_made_by(make, installations, engine, folder):
    """Return what an empty database holds after `make`: one line a column, key, constraint and index."""
    name = installations.make_blank(engine, folder)
    app = create_app(instance_path=str(folder))
    with app.app_context():
        make()
        inspector = inspect(db.engine)
        held = {
            f"{table} {kind}: {_told(each, nameless=engine == 'sqlite' and kind == 'foreign_keys')}"
            for table in inspector.get_table_names()
            if table != "alembic_version"
            for kind in KINDS
            for each in _each(getattr(inspector, f"get_{kind}")(table))
        }
        db.session.remove()
        db.engine.dispose()
    installations.remove(name)
    return held


def _each(found):
    return [found] if isinstance(found, dict) else found


def _told(entry, *, nameless):
    """Say an entry in one line; SQLite names no foreign key that came with a later column."""
    left_out = {"comment", "duplicates_constraint"} | ({"name"} if nameless else set())
    said = {name: value for name, value in entry.items() if name not in left_out}
    said |= {name: str(value) for name, value in said.pop("dialect_options", {}).items()}
    return ", ".join(f"{name}={value!s}" for name, value in sorted(said.items()))


def test_a_migrated_database_has_exactly_the_declared_tables(installations, engine, tmp_path):
    declare_every_table()

    migrated = tables_made_by(upgrade, installations, engine, tmp_path / "migrated")
    declared = tables_made_by(lambda: Base.metadata.create_all(db.engine), installations, engine, tmp_path / "declared")

    assert sorted(migrated - declared) == []
    assert sorted(declared - migrated) == []


def test_migrating_again_changes_nothing(installations, engine, tmp_path):
    def twice():
        upgrade()
        upgrade()

    once = tables_made_by(upgrade, installations, engine, tmp_path / "once")
    assert tables_made_by(twice, installations, engine, tmp_path / "twice") == once
