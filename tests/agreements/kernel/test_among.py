"""Rows of many ids, asked for with one parameter."""

import pytest
from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite

from agreements.kernel.access.models import Person
from agreements.kernel.among import among
from agreements.kernel.db import rows_of
from tests.builders_access import a_staff_member

pytestmark = pytest.mark.both_engines


@pytest.mark.parametrize("count", [0, 1, 3])
def test_it_finds_the_rows_of_as_many_ids_as_are_given(session, count):
    people = [a_staff_member(session) for _ in range(4)]
    wanted = [person.id for person in people[:count]]

    rows = rows_of(session, select(Person.id).where(among(Person.id, "ids")), ids=wanted)

    assert sorted(row.id for row in rows) == wanted


def test_it_stands_beside_other_conditions_and_sees_what_is_not_written_yet(session):
    one, other, third = (a_staff_member(session, name=name) for name in ("甲", "乙", "丙"))
    third.name = "丁"

    found = rows_of(
        session,
        select(Person.name).where(or_(among(Person.id, "ids"), Person.name == "丁"), ~among(Person.id, "but")),
        ids=[one.id, other.id],
        but=[other.id],
    )

    assert sorted(row.name for row in found) == ["丁", "甲"]


def test_the_text_of_the_statement_is_the_same_for_any_number_of_ids():
    statement = select(Person.id).where(among(Person.id, "ids"))

    assert "person.id IN (SELECT value FROM json_each(?))" in str(statement.compile(dialect=sqlite.dialect()))
    assert "person.id = ANY (" in str(statement.compile(dialect=postgresql.dialect()))
