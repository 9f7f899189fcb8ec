"""What an integrator does from the first file on: take an agreement in, onboard, settle payment, check papers."""

import base64

import pytest

from agreements.intake.batch_reading import work_on
from agreements.kernel.db import db
from tests.builders_files import a_small_pdf
from tests.builders_imports import agreement_text
from tests.builders_orders import a_csv, an_order
from tests.builders_paper import a_plain_pdf
from tests.builders_rest import TENANT, a_program

ORDER = "200000000000001"
NEW = "900000000000001"


def a_file(content, name="agreement.md", media_type="text/markdown"):
    return {"name": name, "media_type": media_type, "content": base64.b64encode(content).decode()}


PROOF = a_file(a_small_pdf(), "proof.pdf", "application/pdf")


@pytest.fixture
def officer(app, world):
    return a_program(app, "legal_officer")


@pytest.fixture
def everybody(app, world):
    return a_program(app, "legal_officer", "legal_approver", "ops", "finance", "admin")


def uploaded(program):
    answer = program.post("/imports", {"file": a_file(agreement_text().encode())})
    assert answer.status_code == 201, answer.json
    return answer


def test_an_uploaded_agreement_is_reviewed_registered_and_paid(everybody):
    answer = uploaded(everybody)
    read, address = answer.json, answer.headers["Location"].removeprefix("/api/v1")
    assert (read["order_no"], read["evidence"]["order.order_no"]["confidence"] > 0.9) == (NEW, True)
    assert read["missing"] == []
    for warning in read["warnings"]:
        everybody.post(f"{address}/warnings/{warning['id']}/acknowledge", {"note": "looked at"})
    for row in read["amounts"]:
        everybody.post(f"{address}/amounts/confirm", {"amount": row["amount"], "value": row["value"]})
    for row in read["deviations"]:
        everybody.post(f"{address}/deviations/acknowledge", {"deviations": [row["id"]], "note": "looked at"})
    done = everybody.post(f"{address}/register", {"product_code": "id2-verify", "tenant_key": "linghe"})
    assert (done.status_code, done.json["agreement"]) == (200, NEW), done.json

    paid = everybody.post(
        f"/agreements/{NEW}/payment",
        {"amount": read["fields_read"]["order.paid_amount"], "paid_at": "2024-07-28T09:00:00+08:00", "reference": "p1"},
    )
    assert (paid.status_code, paid.json["agreement"]["state"]) == (200, "in_service"), paid.json
    refused = everybody.post(f"/agreements/{NEW}/activation", {})
    assert (refused.status_code, refused.json["code"]) == (409, "ONBOARDING_INCOMPLETE")


def test_a_file_that_is_no_agreement_is_refused_with_the_remedy(officer):
    answer = officer.post("/imports", {"file": a_file(b"  ")})

    assert (answer.status_code, answer.json["field"], bool(answer.json["remedy"])) == (422, "file", True)
    assert officer.post("/imports", {"file": {"name": "a.md", "content": "!"}}).json["field"] == "file"


def test_a_review_is_discarded_and_opened_again_by_the_same_file(officer):
    first = uploaded(officer).json

    gone = officer.post(f"/imports/{first['id']}/discard", {"version": first["version"]})
    again = uploaded(officer).json

    assert (gone.json["state"], again["state"], again["id"]) == ("discarded", "under_review", first["id"])


def test_who_may_not_import_can_not_have_a_file_read(app, world):
    assert a_program(app, "auditor").post("/imports", {"file": a_file(b"x")}).status_code == 403


def test_a_list_of_orders_is_read_looked_at_and_registered(everybody, app):
    rows = a_csv(an_order("300000000000001"), an_order("300000000000002", 数量="x"))
    answer = everybody.post("/import-batches/orders", {"file": a_file(rows, "orders.csv", "text/csv")})
    assert (answer.status_code, answer.json["total"], answer.json["done"]) == (201, 2, 0), answer.json
    batch = answer.headers["Location"].removeprefix("/api/v1")
    with app.app_context():
        work_on(answer.json["id"], most=10)
        db.session.remove()

    assert everybody.get(batch).json["counts"] == {"under_review": 1, "refused": 1}
    good, bad = everybody.get(f"{batch}/items").json["items"]
    assert (good["sums"]["quota_total"], good["order"]["paid_amount"]) == (30000, "800.00")
    assert (bad["problem"]["field"], bad["mark"]) == ("quantity", None)
    stale = {"rows": [{"id": good["id"], "mark": "0" * 16}], "product_code": "id2-verify"}
    assert everybody.post("/import-batches/rows/register", stale).status_code == 409
    seen = {"rows": [{"id": good["id"], "mark": good["mark"]}], "product_code": "id2-verify"}
    assert everybody.post("/import-batches/rows/register", seen).json == {
        "registered": 1,
        "known": 0,
        "await_payment": 0,
    }


def test_many_files_wait_to_be_read(officer):
    answer = officer.post("/import-batches/files", {"files": [a_file(b"a"), a_file(b"b", "b.md")]})

    assert answer.json["counts"] == {"waiting": 2}


def test_a_contact_is_masked_until_somebody_says_why(officer):
    sent = {"role": "legal", "name": "沈知言", "phone": "13900001234", "email": "shen@haitang.example"}
    told = officer.post(f"/tenants/{TENANT}/contacts", sent, key="contact-1")
    assert told.status_code == 201, told.json
    row = next(row for row in told.json["items"] if row["role"] == "legal")
    assert "13900001234" not in told.text

    asked = {"subject": f"contact:{row['id']}", "reason": "to call about the notice"}
    clear = officer.post(f"/tenants/{TENANT}/reveal", asked)

    assert clear.json["values"]["phone"] == "13900001234"
    ended = officer.post(f"/tenants/{TENANT}/contacts/{row['id']}/end", {})
    assert [each["ended_at"] is None for each in ended.json["items"] if each["id"] == row["id"]] == [False]


def test_what_was_shown_in_clear_is_not_kept_with_a_key(officer, app):
    from agreements.kernel.idempotency import KeptAnswer

    sent = {"role": "legal", "name": "沈知言", "phone": "13900001234"}
    row = officer.post(f"/tenants/{TENANT}/contacts", sent).json["items"][0]
    officer.post(f"/tenants/{TENANT}/reveal", {"subject": f"contact:{row['id']}", "reason": "to call"})

    with app.app_context():
        assert not any("1390000" in kept.body for kept in db.session.query(KeptAnswer))
        db.session.remove()


def test_a_notice_address_is_confirmed_by_its_signed_form(officer):
    sent = {"channel": "courier", "address": "杭州市西湖区文三路 1 号 3 楼", "signed_on": "2024-10-01", "proof": PROOF}
    rows = officer.post(f"/tenants/{TENANT}/notice-addresses", sent).json["items"]
    address = f"/tenants/{TENANT}/notice-addresses/{rows[0]['id']}"

    assert (rows[0]["channel"], rows[0]["ended_at"]) == ("courier", None)
    ended = officer.post(f"{address}/end", {"reason": "moved"})
    assert ended.json["items"][0]["end_reason"] == "moved"
    assert officer.post(f"{address}/end", {"reason": "moved"}).status_code == 409


def test_the_industry_decides_what_is_lacking(officer):
    asked = {"industry": "games", "reason": "it runs games"}

    assert officer.post(f"/tenants/{TENANT}/industry", asked).json["industry"] == "games"
    assert officer.get(f"/tenants/{TENANT}/onboarding").json["industry"] == "games"


def test_views_labels_and_owners_are_arranged_by_order_number(officer):
    saved = officer.post("/register/views", {"name": "mine", "search": {"owner": "me", "ending_days": 60}})
    assert saved.status_code == 201, saved.json
    [view] = saved.json["items"]
    assert (view["query"], view["mine"], view["shared"]) == ("ending=60&owner=me", True, False)

    assert officer.post("/register/labels/put", {"orders": [ORDER], "label": "vip"}).json == {"changed": 1}
    assert [row["order_no"] for row in officer.get("/agreements?label=vip").json["items"]] == [ORDER]
    to_me = {"orders": [ORDER], "person_id": officer.person_id}
    assert officer.post("/register/owners/assign", to_me).json == {"changed": 1}
    assert [row["order_no"] for row in officer.get("/agreements?owner=me").json["items"]] == [ORDER]
    taken = officer.get("/register/export.csv?owner=me")
    assert (ORDER in taken.text, taken.text.count("\n")) == (True, 2)
    assert officer.get("/register/export.xlsx?owner=nobody").data[:2] == b"PK"
    assert officer.post("/register/labels/put", {"orders": ["0"], "label": "vip"}).status_code == 404
    assert officer.post(f"/register/views/{view['id']}/delete", {}).json == {"items": []}


def test_an_act_on_all_that_fit_takes_the_very_set_that_was_seen(app, officer):
    search = {"q": ORDER}
    seen = officer.get(f"/register/fitting?q={ORDER}").json
    labelled = officer.post("/register/fitting/labels/put", {"search": search, "mark": seen["mark"], "label": "vip"})
    to_me = {"search": {"label": "vip"}, "mark": seen["mark"], "person_id": officer.person_id}
    assigned = officer.post("/register/fitting/owners/assign", to_me)
    off = {"search": {"owner": "me"}, "mark": seen["mark"], "label": "vip"}

    assert (seen["count"], labelled.json, assigned.json) == (1, {"changed": 1}, {"changed": 1})
    other = officer.post("/register/fitting/labels/take-off", off | {"search": {}})
    assert (other.status_code, other.json["code"]) == (409, "SET_CHANGED")
    assert officer.post("/register/fitting/labels/take-off", off).json == {"changed": 1}
    none = officer.get("/register/fitting?q=nothing").json
    empty = officer.post("/register/fitting/labels/put", {**off, "search": {"q": "nothing"}, "mark": none["mark"]})
    assert (none["count"], empty.status_code) == (0, 422)
    assert "colour" in officer.get("/register/fitting?colour=red").json["errors"]
    assert a_program(app, "auditor").post("/register/fitting/labels/put", off).status_code == 403


def test_online_terms_the_page_and_a_renewal_are_recorded(officer):
    text = a_file(b"<p>terms</p>", "terms.html", "text/html")
    term = {"key": "own_platform_only", "value": False}
    version = {"label": "v3", "effective_from_at": "2024-01-01T00:00:00+08:00", "terms": [term], "file": text}
    made = officer.post(f"/agreements/{ORDER}/online-terms", version)
    assert made.status_code == 201, made.json
    assert officer.get(f"/agreements/{ORDER}/online-terms").json["items"] == [made.json]
    wrong = {**version, "terms": [{"key": "own_platform_only", "value": "no"}]}
    assert officer.post(f"/agreements/{ORDER}/online-terms", wrong).status_code == 422
    twice = {**version, "terms": [term, term]}
    assert officer.post(f"/agreements/{ORDER}/online-terms", twice).status_code == 422

    assert officer.get(f"/agreements/{ORDER}/spec-snapshot").status_code == 404
    linked = officer.post("/agreements/200000000000004/succession", {"predecessor": ORDER, "kind": "renewal"})
    assert (linked.json["kind"], linked.json["predecessor"]["order_no"]) == ("renewal", ORDER)
    assert officer.get(f"/agreements/{ORDER}/succession").json["successors"][0]["order_no"] == "200000000000004"


def test_a_pdf_is_checked_compared_and_kept(officer):
    plain = a_file(a_plain_pdf(), "copy.pdf", "application/pdf")
    checked = officer.post("/paper-checks", {"file": plain})
    assert (checked.json["check"]["answer"], checked.json["verified"]["answer"]) == ("no_signature", "unknown")
    other = a_file(a_plain_pdf("Another text"), "other.pdf", "application/pdf")
    assert officer.post("/paper-checks/comparison", {"first": plain, "second": other}).json["sameness"] == "different"
    assert officer.get("/paper-checks/verification?number=LY-2024-000001-AAAAAA").json["answer"] == "unknown"

    kept = officer.post("/copies", {"file": plain, "order_no": ORDER})
    assert (kept.status_code, officer.get("/copies").json["total"]) == (201, 1)
    formal = officer.post(f"/copies/{kept.json['id']}/formal", {})
    assert (formal.status_code, formal.json["code"]) == (409, "NOT_A_FORMAL_COPY")
    cut_off = a_file(b"%PDF-1.7", "cut off.pdf", "application/pdf")
    assert officer.post("/paper-checks", {"file": cut_off}).status_code == 422


def test_a_sealed_supplement_is_our_signature(app, world, officer):
    approver = a_program(app, "legal_approver")
    body = {
        "order_no": ORDER,
        "changes": [{"key": "own_platform_only", "value": False}],
        "reason": "agreed",
    }
    number = officer.post("/supplements", body).json["number"]

    sealed = approver.post(f"/supplements/{number}/seal", {"version": 1})

    assert (sealed.status_code, sealed.json["kind"]) == (201, "supplement"), sealed.json
    assert officer.get(f"/supplements/{number}").json["state"] == "signed_by_one"
    assert officer.get("/seals/uses").json["total"] == 1
    [seal] = officer.get("/seals").json["items"]
    retired = a_program(app, "admin").post(f"/seals/{seal['id']}/retire", {"reason": "worn"})
    assert retired.json["retired_reason"] == "worn"


def test_a_seal_takes_no_half_characters(app, world):
    sent = {"kind": "contract", "name": "岭云数据", "line": "\ud800", "roles": ["ops"]}

    assert a_program(app, "admin").post("/seals", sent).json["field"] == "line"
