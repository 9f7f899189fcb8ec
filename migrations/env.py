"""Alembic's environment: the application's own engine and tables; run by `flask --app app db …` and `prepare`."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from agreements.kernel.db import Base, db
from agreements.kernel.engines import WRITES


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        user_module_prefix="kernel_db.",
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # a table may be large
        context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database; there is no SQL-script mode.")

with current_app.app_context(), db.engine.connect().execution_options(**{WRITES: True}) as connection:
    run(connection)
