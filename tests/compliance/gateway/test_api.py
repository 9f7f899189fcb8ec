"""`/gateway/v1` as a gateway meets it: keys and scopes, strict input, denials as answers, the log."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from agreements.kernel import clock
from agreements.kernel.access.keys import revoke_key
from agreements.kernel.access.models import Scope
from agreements.kernel.db import db, unit_of_work
from compliance.gateway.models import DecisionLogEntry
from compliance.sdk.answer import Reason, Verdict
from tests.builders import at
from tests.builders_gateway import ADMIN, PRODUCT, TENANT, a_decided_hold, a_key, an_open_agreement, arrives

DECIDE = "/gateway/v1/decide"
STATUS = f"/gateway/v1/tenants/{TENANT}/status"
QUESTION = {"tenant_key": TENANT, "product": PRODUCT}


@pytest.fixture(autouse=True)
def agreement_id(app):
    """The database lives on 2024-10-15 at noon and has one open agreement."""
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=at("Tue 2024-10-15 12:00"))
        return an_open_agreement(session).id


@pytest.fixture
def suspended(app):
    """Another agreement of the tenant, for the product bank4, suspended since 2024-10-08."""
    with unit_of_work() as session:
        agreement = an_open_agreement(session, order_no="200000000000002", product_code="bank4")
        hold = a_decided_hold(session, agreement, now=at("Tue 2024-10-08 10:00"))
        arrives(session, hold, arrived_at=at("Tue 2024-10-08 10:00"))


@pytest.fixture
def gateway(app):
    """Ask as a gateway whose key carries every scope."""
    with unit_of_work() as session:
        key = a_key(session)
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


def logged():
    return list(db.session().scalars(select(DecisionLogEntry).order_by(DecisionLogEntry.id)))


def is_problem(response, status, code, field=None):
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    assert response.json["code"] == code
    if field is not None:
        assert response.json["field"] == field
        assert response.json["remedy"]
    return True


class TestAllow:
    def test_decide_tells_all_that_a_gateway_needs(self, gateway, agreement_id):
        response = gateway.post(DECIDE, json=QUESTION)

        assert (response.status_code, response.mimetype) == (200, "application/json")
        assert response.headers["Cache-Control"] == "no-store"
        told = response.json
        assert told.pop("revision") > 0
        assert told.pop("terms_version") > 0
        assert told == {
            "tenant_key": TENANT,
            "product": PRODUCT,
            "decision": "allow",
            "reason_codes": [],
            "clause": None,
            "agreement_id": agreement_id,
            "remaining_quota": 30_000,
            "valid_until": "2024-10-15T04:02:00+00:00",
            "epoch": 0,
            "hints": [],
            "unchecked": ["platform", "purpose"],
            "decided_at": "2024-10-15T04:00:00+00:00",
        }

    def test_status_of_a_product_is_the_same_decision(self, gateway):
        assert gateway.get(STATUS, query_string={"product": PRODUCT}).json == gateway.post(DECIDE, json=QUESTION).json

    def test_status_without_a_product_tells_the_standing_of_each(self, gateway):
        told = gateway.get(STATUS).json

        assert told["tenant_key"] == TENANT
        assert [(each["product"], each["decision"]) for each in told["products"]] == [(PRODUCT, "allow")]

    def test_status_may_be_repeated_by_a_proxy_for_a_second(self, gateway):
        assert gateway.get(STATUS).headers["Cache-Control"] == "max-age=1, stale-if-error=3"

    @pytest.mark.parametrize(
        ("now", "cache_control"),
        [
            ("Tue 2025-07-29 23:59:57", "max-age=1, stale-if-error=2"),
            ("Tue 2025-07-29 23:59:59", "max-age=1, stale-if-error=0"),
            ("Tue 2025-07-29 23:59:59.500", "no-store"),
            ("Wed 2025-07-30 00:00", "max-age=1, stale-if-error=3"),
        ],
    )
    def test_no_proxy_may_repeat_an_allow_past_its_bound(self, gateway, now, cache_control):
        with unit_of_work() as session:
            clock.set_rehearsal_clock(session, at(now))

        assert gateway.get(STATUS).headers["Cache-Control"] == cache_control


class TestDeny:
    @pytest.mark.usefixtures("suspended")
    def test_clause_6_1_a_suspension_is_a_normal_answer_with_its_clause(self, gateway):
        response = gateway.get(STATUS, query_string={"product": "bank4"})

        assert response.status_code == 200
        assert (response.json["decision"], response.json["reason_codes"]) == ("deny", ["SUSPENDED"])
        assert (response.json["clause"], response.json["valid_until"]) == ("4.4", None)
        assert response.json["epoch"] == 1

    @pytest.mark.usefixtures("suspended")
    def test_clause_5_1_an_answer_tells_nothing_of_the_case(self, gateway):
        text = gateway.get(STATUS).text

        for detail in ("case", "breach", "notice", "营业执照", "海棠", "200000000000002"):
            assert detail not in text

    def test_decide_denies_an_unknown_tenant(self, gateway):
        response = gateway.post(DECIDE, json={"tenant_key": "nobody", "product": PRODUCT})

        assert response.status_code == 200
        assert (response.json["decision"], response.json["reason_codes"]) == ("deny", ["UNKNOWN_TENANT"])

    def test_the_status_of_an_unknown_tenant_is_a_problem_naming_the_field(self, gateway):
        response = gateway.get("/gateway/v1/tenants/nobody/status")

        assert is_problem(response, 404, "UNKNOWN_TENANT", "tenant_key")
        assert response.headers["Cache-Control"] == "no-store"
        assert logged() == []


class TestLog:
    def test_each_answer_is_logged_with_the_terms_applied(self, gateway, agreement_id):
        told = gateway.post(DECIDE, json={**QUESTION, "platform": "shop.example.com"}).json
        gateway.get(STATUS)

        denied, allowed = logged()

        assert (denied.verdict, denied.reason, denied.platform) == ("deny", "PLATFORM_NOT_ALLOWED", "shop.example.com")
        assert (allowed.verdict, allowed.reason, allowed.agreement_id) == ("allow", None, agreement_id)
        assert (allowed.tenant_key, allowed.product_code, allowed.decided_at) == (
            TENANT,
            PRODUCT,
            at("Tue 2024-10-15 12:00"),
        )
        assert denied.terms_version == allowed.terms_version == told["terms_version"]
        assert allowed.key_id is not None

    def test_what_was_typed_for_an_unknown_tenant_is_not_kept(self, gateway):
        gateway.post(DECIDE, json={"tenant_key": "张三 13000000000", "product": PRODUCT})

        [entry] = logged()

        assert (entry.tenant_key, entry.reason) == (None, "UNKNOWN_TENANT")


class TestKeys:
    @pytest.mark.parametrize("authorization", [None, "Bearer ", "Bearer lyk_nobody_secret", "Basic bHlrOg=="])
    @pytest.mark.parametrize(("method", "address"), [("POST", DECIDE), ("GET", STATUS)])
    def test_without_a_valid_key_nothing_is_told(self, app, method, address, authorization):
        headers = {"Authorization": authorization} if authorization else {}

        response = app.test_client().open(address, method=method, headers=headers, json=QUESTION)

        assert is_problem(response, 401, "KEY_NOT_VALID")
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert logged() == []

    def test_a_revoked_key_is_refused_from_the_next_request_on(self, gateway):
        assert gateway.get(STATUS).status_code == 200
        prefix = gateway.environ_base["HTTP_AUTHORIZATION"].split("_")[1]
        with unit_of_work() as session:
            now = clock.wall()
            assert revoke_key(session, prefix, reason="leaked", actor=ADMIN, now=now, wall=now)

        assert is_problem(gateway.get(STATUS), 401, "KEY_NOT_VALID")
        assert is_problem(gateway.post(DECIDE, json=QUESTION), 401, "KEY_NOT_VALID")

    @pytest.mark.parametrize(("scope", "status"), [(Scope.DECIDE, (200, 403)), (Scope.STATUS, (403, 200))])
    def test_a_key_opens_what_its_scopes_say(self, app, scope, status):
        with unit_of_work() as session:
            headers = {"Authorization": f"Bearer {a_key(session, scope)}"}
        client = app.test_client()

        answers = client.post(DECIDE, json=QUESTION, headers=headers), client.get(STATUS, headers=headers)

        assert tuple(answer.status_code for answer in answers) == status


class TestInput:
    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"tenant": TENANT}, "tenant"),  # an unknown field
            ({"tenant_key": None}, "tenant_key"),
            ({"tenant_key": 1}, "tenant_key"),
            ({"tenant_key": ""}, "tenant_key"),
            ({"tenant_key": "x" * 61}, "tenant_key"),
            ({"tenant_key": "a\u0000b"}, "tenant_key"),
            ({"tenant_key": "\ud800"}, "tenant_key"),
            ({"product": 1.9}, "product"),
            ({"product": True}, "product"),
            ({"product": ["id2-verify"]}, "product"),
            ({"product": "id2-verify\n"}, "product"),
            ({"product": "身份核验"}, "product"),
            ({"platform": 1}, "platform"),
            ({"platform": ""}, "platform"),
            ({"platform": "x" * 201}, "platform"),
            ({"purpose": {}}, "purpose"),
            ({"purpose": "a b"}, "purpose"),
        ],
    )
    def test_a_value_we_cannot_take_is_refused_by_name(self, gateway, changed, field):
        response = gateway.post(DECIDE, data=json.dumps(QUESTION | changed), content_type="application/json")

        assert is_problem(response, 422, "INVALID_INPUT", field)
        assert logged() == []

    def test_a_missing_field_is_refused_by_name(self, gateway):
        assert is_problem(gateway.post(DECIDE, json={"tenant_key": TENANT}), 422, "INVALID_INPUT", "product")

    @pytest.mark.parametrize(
        ("body", "code", "field"),
        [
            (b'{"tenant_key": "a", "product": "b1", "product": "c1"}', "DUPLICATE_FIELD", "product"),
            (b'{"tenant_key": "a", "product": NaN}', "MALFORMED_JSON", "body"),
            (b'{"tenant_key": "a", "product": -Infinity}', "MALFORMED_JSON", "body"),
            (b'{"tenant_key": "a",', "MALFORMED_JSON", "body"),
            (b"", "MALFORMED_JSON", "body"),
            (b"\xff\xfe{}", "MALFORMED_JSON", "body"),
            (b'["tenant_key"]', "MALFORMED_JSON", "body"),
            (b"null", "MALFORMED_JSON", "body"),
            (b"[" * 16_000, "MALFORMED_JSON", "body"),
            (b'{"product": ' + b"9" * 5_000 + b"}", "MALFORMED_JSON", "body"),
        ],
    )
    def test_json_that_two_parsers_may_read_differently_is_refused(self, gateway, body, code, field):
        response = gateway.post(DECIDE, data=body, content_type="application/json")

        assert is_problem(response, 422, code, field)

    def test_a_body_that_is_too_large_is_refused_unread(self, gateway):
        response = gateway.post(DECIDE, data=b" " * 20_000, content_type="application/json")

        assert is_problem(response, 413, "TOO_LARGE")

    @pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
    def test_json_under_another_name_is_refused(self, gateway, content_type):
        response = gateway.post(DECIDE, data=json.dumps(QUESTION), content_type=content_type)

        assert is_problem(response, 415, "MEDIA_TYPE")

    @pytest.mark.parametrize(
        ("query", "code", "field"),
        [
            ("products=id2", "INVALID_INPUT", "products"),
            ("product=id2&product=bank4", "DUPLICATE_FIELD", "product"),
            ("tenant_key=other", "DUPLICATE_FIELD", "tenant_key"),
            ("product=", "INVALID_INPUT", "product"),
            ("product=a%00b", "INVALID_INPUT", "product"),
        ],
    )
    def test_a_query_is_as_strict_as_a_body(self, gateway, query, code, field):
        assert is_problem(gateway.get(f"{STATUS}?{query}"), 422, code, field)

    def test_nothing_but_what_is_offered_answers(self, gateway):
        assert is_problem(gateway.get(DECIDE), 405, "METHOD_NOT_ALLOWED")
        assert is_problem(gateway.get("/gateway/v1/nothing"), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": None},
        {"verdict": Verdict.ALLOW, "reason": None, "agreement_id": None, "terms_version": None},
        {"verdict": Verdict.ALLOW},
        {"tenant_key": None},
        {"terms_version": None},
    ],
)
def test_the_database_refuses_a_log_row_that_contradicts_itself(agreement_id, wrong):
    row = {
        "decided_at": at("Tue 2024-10-15 12:00"),
        "tenant_key": TENANT,
        "product_code": PRODUCT,
        "verdict": Verdict.DENY,
        "reason": Reason.SUSPENDED,
        "agreement_id": agreement_id,
        "terms_version": 1,
        "epoch": 1,
        "revision": 1,
    }

    with pytest.raises(IntegrityError), unit_of_work() as session:
        session.add(DecisionLogEntry(**(row | wrong)))
