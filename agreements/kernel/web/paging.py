"""One page of a long list; the page number lives in the address."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import request
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

Row = TypeVar("Row")
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows of page `number` (from 1) of `total` rows; an empty list has one empty page."""

    rows: list[Row]
    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first_row(self) -> int:
        return min(self.total, (self.number - 1) * self.size + 1)

    @property
    def last_row(self) -> int:
        return min(self.total, self.number * self.size)


def page_of(session: Session, statement: Select[Any], *, size: int = PAGE_SIZE) -> Page[Any]:
    """Run a statement that selects one entity, for the page that the address names; a page too far is the last one."""
    total = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    wanted = request.args.get("page", 1, type=int)
    number = min(max(1, wanted), max(1, -(-total // size)))
    rows = list(session.scalars(statement.limit(size).offset((number - 1) * size)))
    return Page(rows=rows, number=number, size=size, total=total)
