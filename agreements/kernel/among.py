"""Rows of many ids: `column IN (…)` with one parameter, however many ids there are.

A list of fifty rows asks a dozen questions about the same fifty ids. With a parameter for each id SQLAlchemy writes the
statement anew every time, which costs more than SQLite needs to answer it, and PostgreSQL never sees the same text
twice, so it can't keep it prepared.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, Dialect, String, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class IdList(TypeDecorator[Collection[int]]):
    """Ids as one value: an array on PostgreSQL, JSON text on SQLite."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(BigInteger()) if dialect.name == "postgresql" else String())

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> Any:
        ids = list(value or ())
        return ids if dialect.name == "postgresql" else f"[{','.join(map(str, ids))}]"


class _Among(FunctionElement[bool]):
    """What `among` returns: a column and the ids."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: object = None) -> "_Among":  # noqa: ARG002 - their signature
        return self  # a condition as it stands, not a value to compare with true


def among(column: InstrumentedAttribute[int] | InstrumentedAttribute[int | None], parameter: str) -> _Among:
    """Return the condition that a column holds one of the ids given under the parameter's name; none fits no ids."""
    return _Among(column, bindparam(parameter, type_=IdList()))


@compiles(_Among)
def _in_json(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - what the compiler wrote


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY ({ids})"
