"""What there is to delete: columns that name a stored file, hold a sealed value or may name a person, and whose it is.

Found in the tables themselves, so that a new room is covered on the day it is written. What leads to no agreement and
no tenant is nobody's to delete here and stays.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, select, union
from sqlalchemy.orm import Session

from agreements.kernel.db import Base
from agreements.paper.rules import PaperKind
from compliance.retention.rules import RetentionClass

FILES = "stored_file"
SEALED = "_sealed"
OWNERS = ("agreement_id", "tenant_id")
MOST_STEPS = 3
CLASS_OF_TABLE = {
    "notice": RetentionClass.NOTICES,
    "outbox": RetentionClass.NOTICES,
    "arrival": RetentionClass.NOTICES,
    "breach_case": RetentionClass.CASES,
    "change_event": RetentionClass.CASES,
    "change_notice": RetentionClass.CASES,
    "change_procedure": RetentionClass.CASES,
}
"""Any other table holds what belongs to the contract."""
PAPER = "official_document"
CLASS_OF_PAPER = {
    PaperKind.NOTICE: RetentionClass.NOTICES,
    PaperKind.RECTIFICATION_DEMAND: RetentionClass.NOTICES,
    PaperKind.SUSPENSION_NOTICE: RetentionClass.NOTICES,
    PaperKind.RESUME_NOTICE: RetentionClass.NOTICES,
    PaperKind.EVIDENCE_COVER: RetentionClass.CASES,
    PaperKind.SUPPLEMENT: RetentionClass.CONTRACTS,
    PaperKind.SETTLEMENT_STATEMENT: RetentionClass.CONTRACTS,
}
"""A sealed letter goes with its notice, a list of evidence with its case; a certificate of destruction never goes."""
MAY_NAME_A_PERSON = {
    "arrival": ("note",),
    "contract_import": ("source_name",),
    "upstream_answer": ("text",),
    "vault_copy": ("name",),
}
"""Plain columns that are erased like sealed ones: what files were called, and what people said."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A column with files or values to erase, of one class.

    steps  foreign keys from its table to the one that names the owner
    only   condition that narrows it to its class; None where the whole column is of it
    """

    column: Column[Any]
    is_file: bool
    steps: tuple[Column[Any], ...]
    owner: Column[Any]
    retention_class: RetentionClass
    only: ColumnElement[bool] | None = None

    @property
    def is_tenants(self) -> bool:
        return self.owner.name == "tenant_id"

    def rows(self, *what: Column[Any]) -> Select[Any]:
        """Return a statement over the rows that hold something, joined to where the owner is named."""
        statement = select(*what).select_from(self.column.table).where(self.column.is_not(None))
        for step in self.steps:
            [target] = step.foreign_keys
            statement = statement.join(target.column.table, step == target.column)
        if self.only is not None:
            statement = statement.where(self.only)
        return statement.where(self.column != "") if not self.is_file else statement


@cache
def holdings() -> tuple[Holding, ...]:
    return tuple(_found())


def _found() -> Iterator[Holding]:
    for table in Base.metadata.sorted_tables:
        plain = MAY_NAME_A_PERSON.get(table.name, ())
        columns = [each for each in table.columns if _is_file(each) or each.name.endswith(SEALED) or each.name in plain]
        way = _way_to_owner(table) if columns else None
        if way is None:
            continue
        steps, owner = way
        for column in columns:
            for retention_class, only in _classes_of(table):
                yield Holding(column, _is_file(column), steps, owner, retention_class, only)


def _classes_of(table: Table) -> list[tuple[RetentionClass, ColumnElement[bool] | None]]:
    if table.name != PAPER:
        return [(CLASS_OF_TABLE.get(table.name, RetentionClass.CONTRACTS), None)]
    return [
        (each, table.c.kind.in_([kind for kind, of in CLASS_OF_PAPER.items() if of is each]))
        for each in dict.fromkeys(CLASS_OF_PAPER.values())
    ]


def _is_file(column: Column[Any]) -> bool:
    return any(key.column.table.name == FILES for key in column.foreign_keys)


def _way_to_owner(table: Table) -> tuple[tuple[Column[Any], ...], Column[Any]] | None:
    """Return the shortest way along foreign keys to a table that names its agreement or its tenant."""
    queue: deque[tuple[Table, tuple[Column[Any], ...]]] = deque([(table, ())])
    while queue:
        here, steps = queue.popleft()
        if here.name == "agreement":
            return steps, here.c.id
        for name in OWNERS:
            if name in here.c:
                return steps, here.c[name]
        if len(steps) < MOST_STEPS:
            queue.extend(
                (key.column.table, (*steps, column))
                for column in here.columns
                for key in column.foreign_keys
                if key.column.table.name != FILES and key.column.table is not here
            )
    return None


def files_of(
    session: Session, *, agreement_id: int, tenant_id: int, retention_class: RetentionClass | None = None
) -> set[int]:
    """Return the ids of files that the agreement's or its tenant's rows name; of one class, or of all."""
    statements = [
        each.rows(each.column).where(each.owner == (tenant_id if each.is_tenants else agreement_id))
        for each in holdings()
        if each.is_file and retention_class in (None, each.retention_class)
    ]
    return set(session.scalars(union(*statements)))


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has a share in a file, and by which class."""

    retention_class: RetentionClass
    agreement_id: int | None
    tenant_id: int | None


def owners_of(session: Session, file_id: int) -> list[Owner]:
    """Return every share in a file; one with neither agreement nor tenant is something that never lets go."""
    found = [
        Owner(each.retention_class, None if each.is_tenants else owner, owner if each.is_tenants else None)
        for each in holdings()
        if each.is_file
        for owner in session.scalars(each.rows(each.owner).where(each.column == file_id))
    ]
    return found + [Owner(RetentionClass.CONTRACTS, None, None) for _ in range(_ownerless(session, file_id))]


def _ownerless(session: Session, file_id: int) -> int:
    """Count references from tables that lead to nobody."""
    known = {each.column for each in holdings()}
    count = 0
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if _is_file(column) and column not in known:
                count += len(session.execute(select(column).where(column == file_id)).all())
    return count
