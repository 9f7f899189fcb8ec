"""Every address of the application against every kind of caller."""

import pytest
from werkzeug.routing import AnyConverter, IntegerConverter

from agreements.kernel.access import keys
from agreements.kernel.access.models import Scope
from agreements.kernel.access.rules import OPERATOR, Role
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.web.mounting import Audience, access_of_endpoint, gateway_keys, mount
from tests.builders import at
from tests.builders_access import signed_in_client
from tests.builders_rest import a_program

NOW = at("Thu 2024-09-12 16:40")
# What anybody may reach without signing in: a reviewed list, so that a new public address is a decision.
PUBLIC_ENDPOINTS = {
    "static",
    "access.sign_in",
    "access.sign_in_submit",
    "access.join",
    "access.join_submit",
    "access.choose_language",
    "reference.document",
    "reference.show",
}
PUBLIC_BLUEPRINTS_OF_OTHER_ROOMS = {
    "calendar_ics",
    "receipts",
    "answers",
    "health",
    "verification",
}  # one-purpose links of notices; the operator's probes


def rules_of(app):
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield rule, method, address_of(app, rule)


def address_of(app, rule):
    """An address of the rule with something in each of its places."""
    values = {name: a_value_for(converter) for name, converter in rule._converters.items()}
    with app.test_request_context():
        return app.url_map.bind("localhost").build(rule.endpoint, values, method=next(iter(rule.methods)))


def a_value_for(converter):
    if isinstance(converter, AnyConverter):
        return next(iter(converter.items))
    return 1 if isinstance(converter, IntegerConverter) else "x"


def test_every_endpoint_has_an_access_written_down(app):
    missing = [rule.endpoint for rule in app.url_map.iter_rules() if access_of_endpoint(app, rule.endpoint) is None]

    assert missing == []


def test_only_the_reviewed_addresses_are_public(app):
    public = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if access_of_endpoint(app, rule.endpoint).audience is Audience.PUBLIC
        and rule.endpoint.partition(".")[0] not in PUBLIC_BLUEPRINTS_OF_OTHER_ROOMS
    }

    assert public == PUBLIC_ENDPOINTS


def test_a_stranger_reaches_no_address_of_people_or_gateways(app):
    client = app.test_client()

    for rule, method, address in rules_of(app):
        audience = access_of_endpoint(app, rule.endpoint).audience
        if audience is Audience.PUBLIC:
            continue
        answer = client.open(address, method=method)
        if audience is Audience.PEOPLE and method == "GET" and not address.startswith("/api/"):
            assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/sign-in"), address
        else:
            assert answer.status_code == 401, f"{method} {address}"


def test_a_gateway_key_opens_no_page_and_a_person_no_gateway(app):
    with unit_of_work() as session:
        _, key = keys.issue_key(session, name="gateway", scopes=list(Scope), actor=OPERATOR, now=NOW, wall=NOW)
    person = signed_in_client(app)

    for rule, method, address in rules_of(app):
        audience = access_of_endpoint(app, rule.endpoint).audience
        if audience is Audience.PEOPLE:
            answer = app.test_client().open(address, method=method, headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code in (302, 401), address
        elif audience in (Audience.GATEWAY_KEYS, Audience.STAFF_KEYS):
            assert person.client.open(address, method=method).status_code == 401, address
        if audience is Audience.STAFF_KEYS:
            answer = app.test_client().open(address, method=method, headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == 401, address


def test_a_person_s_key_opens_the_staff_interface_and_nothing_else(app):
    program = a_program(app, *Role)

    for rule, method, address in rules_of(app):
        audience = access_of_endpoint(app, rule.endpoint).audience
        answer = app.test_client().open(address, method=method, headers=program.headers)
        if audience is Audience.STAFF_KEYS:
            assert answer.status_code not in (302, 401, 403), f"{method} {address}"
        elif audience is not Audience.PUBLIC:
            assert answer.status_code in (302, 401), f"{method} {address}"


def test_a_read_only_key_does_no_act(app):
    program = a_program(app, *Role, read_only=True)

    for rule, method, address in rules_of(app):
        if access_of_endpoint(app, rule.endpoint).audience is Audience.STAFF_KEYS and method != "GET":
            answer = app.test_client().open(address, method=method, headers=program.headers)
            assert (answer.status_code, answer.json["code"]) == (403, "KEY_READ_ONLY"), address


ADMIN_PAGES = ["/admin/people", "/admin/people/invite", "/admin/people/1", "/admin/keys", "/admin/keys/issue"]


@pytest.mark.parametrize("role", list(Role))
def test_people_and_keys_are_the_administrators(app, role):
    client = signed_in_client(app, role)

    for address in ADMIN_PAGES:
        assert client.get(address).status_code == (200 if role is Role.ADMIN else 403), address


def test_an_endpoint_that_nobody_mounted_is_refused(app):
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")

    answer = app.test_client().get("/forgotten")

    assert answer.status_code == 403
    assert "secret" not in answer.text


@pytest.fixture
def gateway(app):
    from flask import Blueprint, g

    blueprint = Blueprint("a_gateway", __name__, url_prefix="/gateway/test")
    blueprint.get("")(lambda: g.actor.name)
    mount(app, blueprint, access=gateway_keys(Scope.STATUS))
    return app


def issue(*scopes):
    with unit_of_work() as session:
        row, key = keys.issue_key(session, name="gateway 7", scopes=scopes, actor=OPERATOR, now=NOW, wall=NOW)
        return row.prefix, key


def test_a_gateway_is_admitted_by_its_key_until_it_is_revoked(gateway):
    prefix, key = issue(Scope.STATUS)
    bearer = {"Authorization": f"Bearer {key}"}

    assert gateway.test_client().get("/gateway/test", headers=bearer).text == "gateway 7"
    assert db.session.scalar(keys.select(keys.GatewayKey.last_used_at))
    with unit_of_work() as session:
        keys.revoke_key(session, prefix, reason="lost", actor=OPERATOR, now=NOW, wall=NOW)
    refused = gateway.test_client().get("/gateway/test", headers=bearer)
    assert (refused.status_code, refused.mimetype) == (401, "application/problem+json")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert refused.json["code"] == "KEY_NOT_VALID"


def test_a_key_without_the_scope_is_refused(gateway):
    _, key = issue(Scope.DECIDE)

    answer = gateway.test_client().get("/gateway/test", headers={"Authorization": f"Bearer {key}"})

    assert (answer.status_code, answer.json["code"]) == (403, "SCOPE_MISSING")
