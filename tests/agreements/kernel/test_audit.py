"""The audit trail shows every change to itself."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from agreements.kernel import audit
from agreements.kernel.errors import IntegrityBroken
from tests.builders import a_person, at


def three_acts(session):
    for number in (1, 2, 3):
        audit.record(
            session,
            actor=a_person(),
            act="test.act",
            subject=f"thing:{number}",
            now=at("Thu 2024-09-12 10:00"),
            reason="依据",
            details={"n": number},
        )


def test_an_untouched_trail_verifies(session):
    three_acts(session)

    count, last = audit.verify(session)

    assert (count, len(last)) == (3, 64)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_event SET reason = 'x' WHERE seq = 2",
        "UPDATE audit_event SET recorded_at = '2024-09-13 00:00:00.000000' WHERE seq = 2",
        "UPDATE audit_event SET actor_name = 'x' WHERE seq = 2",
        "UPDATE audit_event SET details = '{\"n\": 4}' WHERE seq = 2",
        "UPDATE audit_event SET clause = '3.3' WHERE seq = 2",
        "DELETE FROM audit_event WHERE seq = 2",
    ],
)
def test_an_edited_or_deleted_row_is_named(session, change):
    three_acts(session)

    session.execute(text(change))
    session.expire_all()

    with pytest.raises(IntegrityBroken, match=r"row [23]"):
        audit.verify(session)


def test_the_database_refuses_a_fork(session):
    three_acts(session)

    with pytest.raises(IntegrityError, match="prev_hash"), session.begin_nested():
        session.execute(
            text(
                "INSERT INTO audit_event SELECT 4, recorded_at, as_of, actor_kind, actor_id, actor_name, act, subject,"
                " agreement_id, tenant_id, clause, reason, details, prev_hash, hash || '' FROM audit_event WHERE seq=3"
            )
        )
