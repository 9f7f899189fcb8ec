"""Changing a CHECK, or whether a column may be empty, of a table that holds rows, on both engines.

SQLite can't alter a constraint. Its own advice where nothing stored changes is to write the table's text anew
(https://www.sqlite.org/lang_altertable.html, section 7); Alembic's copying of the table would lose every CHECK it does
not know. The new condition must hold for all rows; `replace_check` asks first.
"""

import re

import sqlalchemy as sa
from alembic import op

_STORED = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :table"


def replace_check(table: str, name: str, condition: str) -> None:
    """Give the CHECK of this name another condition, or add it. Raises ValueError where a row breaks it."""
    connection = op.get_bind()
    if connection.execute(sa.text(f"SELECT 1 FROM {table} WHERE NOT ({condition}) LIMIT 1")).first():  # noqa: S608 - ours
        raise ValueError(f"a row of {table} does not fit {name}: {condition}")
    if connection.dialect.name == "sqlite":
        _rewrite(connection, table, name, condition)
    else:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition})")


def _rewrite(connection: sa.Connection, table: str, name: str, condition: str) -> None:
    text: str = connection.execute(sa.text(_STORED), {"table": table}).scalar_one()
    clause = f"CONSTRAINT {name} CHECK ({condition})"
    start = text.find(f"CONSTRAINT {name} CHECK")
    if start < 0:
        body = text.rstrip().removesuffix(")").rstrip()
        changed = f"{body}, \n\t{clause}\n)"
    else:
        changed = text[:start] + clause + text[_end_of(text, start) :]
    _store(connection, table, changed)


def _store(connection: sa.Connection, table: str, text: str) -> None:
    """Write a table's text anew; nothing stored in the table may change by it."""
    version = connection.execute(sa.text("PRAGMA schema_version")).scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_schema SET sql = :text WHERE type = 'table' AND name = :table"),
        {"text": text, "table": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def _end_of(text: str, start: int) -> int:
    """Return the place after the parenthesis that closes the condition; text in quotes does not count."""
    depth = 0
    for found in re.compile(r"'(?:[^']|'')*'|[()]").finditer(text, text.index("CHECK", start)):
        depth += {"(": 1, ")": -1}.get(found.group(), 0)
        if depth == 0:
            return found.end()
    raise ValueError(f"no end of the condition in: {text}")


def allow_null(table: str, column: str) -> None:
    """Let a column be empty."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.alter_column(table, column, nullable=True)
        return
    text: str = connection.execute(sa.text(_STORED), {"table": table}).scalar_one()
    changed, found = re.subn(rf"(\n\t\"?{column}\"? [^\n]*?) NOT NULL", r"\1", text, count=1)
    if not found:
        raise ValueError(f"{table}.{column} may be empty already, or its text is not ours: {text}")
    _store(connection, table, changed)


def drop_check(table: str, name: str) -> None:
    """Take the CHECK of this name away."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        return
    text: str = connection.execute(sa.text(_STORED), {"table": table}).scalar_one()
    start = text.index(f"CONSTRAINT {name} CHECK")
    before, after = text[:start].rstrip(), text[_end_of(text, start) :]
    _store(connection, table, before.removesuffix(",") + after)
