import pytest
from sqlalchemy import select

from agreements.kernel.access import keys
from agreements.kernel.access.models import GatewayKey, Scope
from agreements.kernel.access.rules import OPERATOR, ActorKind, Role
from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import InvalidInput, NotPermitted, NotSignedIn
from tests.builders import a_person, at

NOW = at("Thu 2024-09-12 16:40")


def issue(session, *scopes):
    return keys.issue_key(
        session, name="gateway 1", scopes=scopes or (Scope.STATUS,), actor=OPERATOR, now=NOW, wall=NOW
    )


def test_a_key_stands_for_its_gateway(session):
    row, key = issue(session, Scope.STATUS)

    actor = keys.key_actor(session, key, Scope.STATUS)

    assert (actor.kind, actor.id, actor.name, actor.roles) == (ActorKind.GATEWAY, row.id, "gateway 1", frozenset())


def test_only_a_hash_of_the_secret_is_stored_and_nothing_of_it_in_the_trail(session):
    row, key = issue(session)
    secret = key.split("_", 2)[2]

    stored = [getattr(row, column.key) for column in GatewayKey.__table__.columns]

    assert len(secret) == 43
    assert secret not in str(stored)
    assert secret not in str([event.details for event in session.scalars(select(AuditEvent))])


def test_a_key_opens_its_scopes_only(session):
    _, key = issue(session, Scope.STATUS)

    with pytest.raises(NotPermitted) as caught:
        keys.key_actor(session, key, Scope.DECIDE)

    assert caught.value.code == "SCOPE_MISSING"


def test_a_revoked_key_stops_at_once_and_revoking_again_changes_nothing(session):
    row, key = issue(session)

    assert keys.revoke_key(session, row.prefix, reason="lost", actor=OPERATOR, now=NOW, wall=NOW)
    with pytest.raises(NotSignedIn):
        keys.key_actor(session, key, Scope.STATUS)
    assert not keys.revoke_key(session, row.prefix, reason="again", actor=OPERATOR, now=NOW, wall=NOW)
    session.refresh(row)
    assert row.revoke_reason == "lost"


@pytest.mark.parametrize(
    "presented",
    ["", "lyk", "lyk_", "lyk__", "lyk_{prefix}_", "lyk_{prefix}_x", "other_{prefix}_{secret}", "lyk_{prefix}_{secret}x", "lyk_000000000000_{secret}", "钥匙", "lyk_{prefix}_密", "\udcff", "lyk_" + "x" * 500],
)  # fmt: skip
def test_what_is_not_the_key_is_refused_alike(session, presented):
    row, key = issue(session)
    text = presented.replace("{prefix}", row.prefix).replace("{secret}", key.split("_", 2)[2])

    with pytest.raises(NotSignedIn) as caught:
        keys.key_actor(session, text, Scope.STATUS)

    assert caught.value.code == "KEY_NOT_VALID"


def test_a_key_needs_a_name_and_a_scope(session):
    for field, name, scopes in (("name", " ", [Scope.STATUS]), ("scopes", "gateway", [])):
        with pytest.raises(InvalidInput) as caught:
            keys.issue_key(session, name=name, scopes=scopes, actor=OPERATOR, now=NOW, wall=NOW)
        assert caught.value.field == field


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_an_administrator_manages_keys(session, role):
    row, _ = issue(session)
    actor = a_person(role)

    with pytest.raises(NotPermitted):
        keys.issue_key(session, name="x", scopes=[Scope.STATUS], actor=actor, now=NOW, wall=NOW)
    with pytest.raises(NotPermitted):
        keys.revoke_key(session, row.prefix, reason="x", actor=actor, now=NOW, wall=NOW)
    with pytest.raises(NotPermitted):
        keys.list_keys(session, actor=actor)
