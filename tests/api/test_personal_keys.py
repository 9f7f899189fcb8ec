"""Keys of people's programs: issued on the account page or by command, acting as their person, dead at once."""

import re

import pytest
from sqlalchemy import select

from agreements.kernel import clock
from agreements.kernel.access import actions
from agreements.kernel.access.models import PersonalKey
from agreements.kernel.access.personal_keys import MOST_KEYS, issue_personal_key, keys_of, revoke_personal_key
from agreements.kernel.access.rules import OPERATOR, Actor, ActorKind, Role
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, InvalidInput, NotFound
from tests.builders_access import PASSWORD, a_staff_member, signed_in_client
from tests.builders_rest import a_program


def act_as(session, function, **values):
    return function(session, actor=OPERATOR, now=clock.now(session), wall=clock.wall(), **values)


def test_a_key_is_dead_in_the_request_after_its_revocation(app):
    program = a_program(app)
    assert program.get("/cases").status_code == 200

    with unit_of_work() as session:
        assert act_as(session, revoke_personal_key, prefix=program.prefix, reason="lost")
        assert not act_as(session, revoke_personal_key, prefix=program.prefix, reason="lost")

    refused = program.get("/cases")
    assert (refused.status_code, refused.json["code"]) == (401, "KEY_NOT_VALID")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_a_disabled_person_s_keys_are_dead_and_stay_so(app):
    program = a_program(app)

    with unit_of_work() as session:
        act_as(session, actions.disable, person_id=program.person_id, reason="left")
    assert program.get("/cases").status_code == 401

    with unit_of_work() as session:
        actions.enable(session, program.person_id, actor=OPERATOR, now=clock.now(session))
    assert program.get("/cases").status_code == 401


def test_a_key_has_the_roles_of_its_person_at_that_moment(app, world):
    program = a_program(app, "auditor")
    body = {"version": 1, "reason": "r", "ground_class": "other"}
    assert program.post(f"/cases/{world['suspected']}/confirm", body).status_code == 403

    with unit_of_work() as session:
        act_as(session, actions.change_roles, person_id=program.person_id, roles=[Role.LEGAL_OFFICER])

    assert program.post(f"/cases/{world['suspected']}/confirm", body).status_code == 200


def test_the_audit_trail_names_the_person_and_the_key(app, world):
    program = a_program(app, name="钱法务")

    program.post(f"/cases/{world['suspected']}/confirm", {"version": 1, "reason": "r", "ground_class": "other"})

    event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert (event.act, event.actor_kind, event.actor_name) == ("case.confirm", ActorKind.PERSON, "钱法务")
    assert event.details["via_key"] == program.prefix


def test_a_cookie_opens_nothing(app):
    person = signed_in_client(app)

    assert person.get("/cases").status_code == 200
    assert person.get("/api/v1/cases").status_code == 401
    assert person.post("/api/v1/changes").status_code == 401


@pytest.mark.parametrize("presented", ["", "Bearer", "Bearer x", "Basic {key}", "Bearer {key}x", "Bearer lyk{rest}"])
def test_what_is_not_the_key_is_refused(app, presented):
    program = a_program(app)
    sent = presented.format(key=program.key, rest=program.key[3:])

    answer = app.test_client().get("/api/v1/cases", headers={"Authorization": sent})

    assert answer.status_code == 401


def test_only_a_hash_of_the_key_is_kept(app):
    program = a_program(app)

    row = db.session.scalars(select(PersonalKey)).one()
    secret = program.key.removeprefix(f"lyp_{row.prefix}_")
    assert len(secret) == 43
    assert secret not in {str(getattr(row, column.key)) for column in PersonalKey.__table__.columns}


def test_a_key_issues_no_key(session):
    person = a_staff_member(session)
    by_key = Actor(ActorKind.PERSON, person.name, person.id, person.roles, via_key="0123456789ab")
    another = Actor(ActorKind.PERSON, "李审批", person.id + 1, frozenset(Role))
    facts = {"name": "x", "read_only": True, "now": clock.now(session), "wall": clock.wall()}

    for actor in (by_key, another):
        with pytest.raises(InvalidInput):
            issue_personal_key(session, person, actor=actor, **facts)


def test_a_stranger_revokes_no_key_and_learns_of_none(session):
    person = a_staff_member(session)
    now, wall = clock.now(session), clock.wall()
    key, _ = issue_personal_key(session, person, name="x", read_only=True, actor=OPERATOR, now=now, wall=wall)
    stranger = Actor(ActorKind.PERSON, "李审批", person.id + 1, frozenset({Role.LEGAL_APPROVER}))

    with pytest.raises(NotFound):
        revoke_personal_key(session, key.prefix, reason="r", actor=stranger, now=now, wall=wall)


def test_a_person_holds_a_bounded_number_of_keys(session):
    person = a_staff_member(session)
    facts = {"name": "x", "read_only": True, "actor": OPERATOR, "now": clock.now(session), "wall": clock.wall()}
    for _ in range(MOST_KEYS):
        issue_personal_key(session, person, **facts)

    with pytest.raises(Conflict):
        issue_personal_key(session, person, **facts)


def test_the_account_page_issues_a_key_once_and_revokes_it(app):
    person = signed_in_client(app)

    refused = person.post("/account/keys", {"name": "monthly report", "rights": "read", "password": "wrong"})
    shown = person.post("/account/keys", {"name": "monthly report", "rights": "read", "password": PASSWORD})

    assert refused.status_code == 422
    key = re.search(r"lyp_[0-9a-f]{12}_[\w-]{43}", shown.text).group()
    answer = app.test_client().get("/api/v1/cases", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200
    page = person.get("/account/keys").text
    prefix = key.split("_")[1]
    assert prefix in page
    assert key not in page
    person.post(f"/account/keys/{prefix}/revoke")
    answer = app.test_client().get("/api/v1/cases", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 401


def test_the_command_issues_lists_and_revokes_a_person_s_key(app):
    with unit_of_work() as session:
        person_id = a_staff_member(session, login="qian").id
    runner = app.test_cli_runner()

    issued = runner.invoke(args=["keys", "issue", "--person", "qian", "--name", "script", "--read-only"])
    listed = runner.invoke(args=["keys", "list"])
    row = keys_of(db.session(), person_id)[0]
    revoked = runner.invoke(args=["keys", "revoke", row.prefix, "--reason", "lost"])
    unknown = runner.invoke(args=["keys", "issue", "--person", "nobody", "--name", "script"])

    assert issued.output.startswith(f"lyp_{row.prefix}_")
    assert row.read_only
    assert f"{row.prefix}  live" in listed.output
    assert "qian" in listed.output
    assert revoked.output == f"{row.prefix} is revoked.\n"
    assert unknown.exit_code == 2
