"""Lists of the REST interface, told page by page."""

import math
from typing import Any

from flask import request, url_for
from marshmallow import Schema, fields
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from agreements.kernel.web.rest_fields import QueryWhole, StrictSchema

MOST_ROWS = 200
ROWS = 50
MOST_PAGES = 1_000_000


class PageQuery(StrictSchema):
    """Which part of a list is asked for."""

    page = QueryWhole(least=1, most=MOST_PAGES, load_default=1, metadata={"description": "From 1."})
    size = QueryWhole(least=1, most=MOST_ROWS, load_default=ROWS, metadata={"description": "Rows of a page."})


def page_of_rows(session: Session, statement: Select[Any], *, page: int, size: int) -> dict[str, Any]:
    """Run a statement that selects one entity for one page; a page past the end is empty.

    Returns {items, page, size, total, links}: `links` is the Link header (RFC 8288) with first, prev, next and last.
    """
    total = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    rows = list(session.scalars(statement.limit(size).offset((page - 1) * size)))
    return page_of_items(rows, total, page=page, size=size)


def page_of_items(items: list[Any], total: int, *, page: int, size: int) -> dict[str, Any]:
    last = max(1, math.ceil(total / size))
    targets = {"first": 1, "prev": min(page - 1, last), "next": page + 1, "last": last}
    links = ", ".join(
        f'<{_address(page=number)}>; rel="{relation}"'
        for relation, number in targets.items()
        if 1 <= number <= last and not (relation in ("prev", "next") and number == page)
    )
    return {"items": items, "page": page, "size": size, "total": total, "links": links}


def _address(**changes: int) -> str:
    assert request.endpoint is not None
    return url_for(request.endpoint, **{**(request.view_args or {}), **request.args.to_dict(), **changes})


def page_schema(item: type[Schema], name: str) -> type[Schema]:
    """Return the schema of one page of a list."""
    return Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "page": fields.Integer(required=True),
            "size": fields.Integer(required=True),
            "total": fields.Integer(required=True, metadata={"description": "Rows of all pages."}),
        },
        name=name,
    )
