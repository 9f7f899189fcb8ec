from datetime import timedelta

import pytest
from sqlalchemy import select

from agreements.kernel.access import actions, links, signing_in
from agreements.kernel.access.models import LinkKind, Locale, OneTimeLink, Person, WebSession
from agreements.kernel.access.rules import OPERATOR, Role
from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted, NotSignedIn
from tests.builders import a_person, at
from tests.builders_access import PASSWORD, a_session_token, a_staff_member

NOW = at("Thu 2024-09-12 16:40")


def join(session, token, wall=NOW, login="li"):
    return links.join(
        session, token, name="李法务", login=login, password=PASSWORD, locale=Locale.ZH, now=NOW, wall=wall
    )


def invite(session, *roles, login="", actor=OPERATOR):
    return links.invite(
        session, name="", login=login, roles=[Role(role) for role in roles], actor=actor, now=NOW, wall=NOW
    )


def test_a_link_makes_one_person_with_its_roles_and_works_once(session):
    token = invite(session, "legal_officer", "ops")

    person = join(session, token)

    assert person.roles == {Role.LEGAL_OFFICER, Role.OPS}
    with pytest.raises(NotFound):
        join(session, token, login="other")


def test_a_link_is_stored_as_a_hash_only(session):
    token = invite(session, "ops")

    link = session.scalars(select(OneTimeLink)).one()

    assert token not in (link.token_hash, str(vars(link)))
    assert len(token) == 43


def test_a_link_works_for_72_hours(session):
    token = invite(session, "ops")

    assert links.open_link(session, token, wall=NOW + timedelta(hours=71, minutes=59)).kind is LinkKind.JOIN
    with pytest.raises(NotFound):
        links.open_link(session, token, wall=NOW + timedelta(hours=72))


def test_the_first_administrator_is_invited_until_there_is_one(session):
    first = links.invite_first_administrator(session, roles=[], actor=OPERATOR, now=NOW, wall=NOW)
    second = links.invite_first_administrator(session, roles=[], actor=OPERATOR, now=NOW, wall=NOW)

    with pytest.raises(NotFound):
        join(session, first)
    assert join(session, second).roles == {Role.ADMIN}
    assert links.invite_first_administrator(session, roles=[], actor=OPERATOR, now=NOW, wall=NOW) is None


def test_a_login_is_one_person_in_whatever_form_it_is_typed(session):
    a_staff_member(session, login="  Zhang.San ")

    with pytest.raises(Conflict) as caught:
        a_staff_member(session, login="ＺＨＡＮＧ．san")

    assert caught.value.code == "LOGIN_TAKEN"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": "  "}),
        ("name", {"name": "a\nb"}),
        ("login", {"login": "two words"}),
        ("login", {"login": "x" * 81}),
        ("password", {"password": "short"}),
        ("roles", {"roles": []}),
    ],
)
def test_bad_input_names_its_field_and_writes_nobody(session, field, values):
    given = {"name": "李", "login": "li", "password": PASSWORD, "roles": [Role.OPS], "locale": Locale.ZH} | values

    with pytest.raises(InvalidInput) as caught:
        actions.add_person(session, **given, actor=OPERATOR, now=NOW)

    assert caught.value.field == field
    assert session.scalars(select(Person)).all() == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_only_an_administrator_manages_people(session, role):
    person = a_staff_member(session)
    actor = a_person(role)

    for act in (
        lambda: invite(session, "ops", actor=actor),
        lambda: actions.list_people(session, actor=actor),
        lambda: actions.change_roles(session, person.id, [Role.ADMIN], actor=actor, now=NOW, wall=NOW),
        lambda: actions.disable(session, person.id, reason="x", actor=actor, now=NOW, wall=NOW),
        lambda: actions.enable(session, person.id, actor=actor, now=NOW),
        lambda: links.offer_new_password(session, person.id, actor=actor, now=NOW, wall=NOW),
    ):
        with pytest.raises(NotPermitted):
            act()


def test_the_last_administrator_stays(session):
    admin = a_staff_member(session, "admin")

    with pytest.raises(Conflict):
        actions.disable(session, admin.id, reason="x", actor=OPERATOR, now=NOW, wall=NOW)
    with pytest.raises(Conflict):
        actions.change_roles(session, admin.id, [Role.OPS], actor=OPERATOR, now=NOW, wall=NOW)
    a_staff_member(session, "admin")
    assert actions.disable(session, admin.id, reason="left", actor=OPERATOR, now=NOW, wall=NOW)


def change_roles(session, person):
    actions.change_roles(session, person.id, [Role.OPS], actor=OPERATOR, now=NOW, wall=NOW)


def disable(session, person):
    actions.disable(session, person.id, reason="left", actor=OPERATOR, now=NOW, wall=NOW)


def change_password(session, person):
    actions.change_password(
        session, person.id, current=PASSWORD, new="six other loud pebbles", actor=person.actor, now=NOW, wall=NOW
    )


def set_new_password(session, person):
    token = links.offer_new_password(session, person.id, actor=OPERATOR, now=NOW, wall=NOW)
    links.set_new_password(session, token, password="six other loud pebbles", now=NOW, wall=NOW)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (change_roles, "roles_changed"),
        (disable, "disabled"),
        (change_password, "password_changed"),
        (set_new_password, "password_changed"),
    ],
)
def test_every_session_ends_with_what_changes_a_persons_rights(session, act, reason):
    person = a_staff_member(session)
    tokens = [a_session_token(session, person) for _ in range(2)]

    act(session, person)

    rows = session.scalars(select(WebSession)).all()
    assert [row.end_reason for row in rows] == [reason, reason]
    assert all(signing_in.signed_in(session, token, wall=rows[0].created_at) is None for token in tokens)


def test_a_password_changes_with_the_current_one_by_its_owner_only(session):
    person, other = a_staff_member(session), a_staff_member(session, "admin")

    for actor, current in ((person.actor, "not the password"), (other.actor, PASSWORD)):
        with pytest.raises(InvalidInput) as caught:
            actions.change_password(
                session, person.id, current=current, new="six other loud pebbles", actor=actor, now=NOW, wall=NOW
            )
        assert caught.value.field == "current"


def test_a_disabled_person_cannot_sign_in_until_enabled(session):
    person = a_staff_member(session, login="li")
    disable(session, person)

    with pytest.raises(NotSignedIn):
        signing_in.check_password(session, login="li", password=PASSWORD)
    actions.enable(session, person.id, actor=OPERATOR, now=NOW)
    assert signing_in.check_password(session, login="li", password=PASSWORD) is person


def test_acts_are_recorded_without_secrets_or_logins(session):
    token = invite(session, "ops", login="li.fawu")
    person = join(session, token, login="li.fawu")
    change_roles_to = [Role.AUDITOR]
    actions.change_roles(session, person.id, change_roles_to, actor=OPERATOR, now=NOW, wall=NOW)

    events = session.scalars(select(AuditEvent).order_by(AuditEvent.seq)).all()

    assert [event.act for event in events] == ["person.invited", "person.joined", "person.roles_changed"]
    text = str([event.details for event in events])
    assert token not in text
    assert "li.fawu" not in text
