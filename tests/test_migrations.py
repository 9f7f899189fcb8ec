"""The migrations make the tables that the models declare, down to the last column."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from agreements.kernel.db import Base, db


def test_a_migrated_database_has_exactly_the_declared_tables(app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
