"""Lists and single records: pages, order, filters, masks, files, and what an address may say."""

import re

import pytest

from tests.builders_files import A_PDF
from tests.builders_rest import TENANT, a_program

LISTS = ["/agreements", "/tenants", "/obligations", "/changes", "/cases", "/notices", "/upstream"]


@pytest.fixture
def program(app, world):
    return a_program(app, "auditor")


def links_of(answer):
    return {relation: path for path, relation in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers["Link"])}


@pytest.mark.parametrize("path", LISTS)
def test_the_pages_of_a_list_hold_each_row_once(program, path):
    sort = "sort=tenant&" if path == "/agreements" else ""
    whole = program.get(f"{path}?{sort}size=200").json
    rows, address = [], f"{path}?{sort}size=1"
    while address:
        answer = program.get(address)
        assert answer.json["total"] == whole["total"]
        rows += answer.json["items"]
        address = links_of(answer).get("next", "").removeprefix("/api/v1")

    assert rows == whole["items"]
    assert len(rows) == whole["total"] > 0


@pytest.mark.parametrize("path", LISTS)
def test_a_page_past_the_end_is_empty_and_leads_back(program, path):
    answer = program.get(f"{path}?page=1000000&size=200")

    assert (answer.status_code, answer.json["items"]) == (200, [])
    assert links_of(answer)["prev"] == links_of(answer)["last"]


NO_QUERIES = (
    *("page=0", "page=-1", "page=1.5", "page=１", "page=x", "page=", "page=1000001", "page=99999999999999999999"),
    *("size=0", "size=201", "colour=red", "page=1&page=2", "sort=colour"),
)


@pytest.mark.parametrize("path", LISTS)
def test_a_query_that_is_not_understood_is_refused(program, path):
    for query in NO_QUERIES:
        answer = program.get(f"{path}?{query}")
        assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), query
        assert answer.json["field"] == query.partition("=")[0]


@pytest.mark.parametrize(
    ("path", "key", "sort"),
    [
        ("/agreements", "order_no", "order_no"),
        ("/agreements", "service_end", "ends"),
        ("/tenants", "recorded_at", "recorded"),
        ("/obligations", "due_on", "due"),
        ("/changes", "occurred_on", "occurred"),
        ("/cases", "suspected_as_of", "since"),
    ],
)
def test_a_list_is_sorted_both_ways(program, path, key, sort):
    up = [row[key] for row in program.get(f"{path}?sort={sort}").json["items"]]
    down = [row[key] for row in program.get(f"{path}?sort=-{sort}").json["items"]]

    assert (up, down) == (sorted(up), sorted(up, reverse=True))


def test_agreements_are_found_and_filtered(program):
    def found(query):
        return sorted(row["order_no"][-1] for row in program.get(f"/agreements?{query}").json["items"])

    assert found("q=白鹭") == ["2"]
    assert found("state=pending_payment") == ["4"]
    assert found("service=open&product=id2-verify") == ["1", "2", "5"]
    assert found("ending_days=10") == []
    assert found("q=%25") == []


def test_obligations_are_filtered_by_side_state_clause_and_due_window(program):
    def found(query):
        return program.get(f"/obligations?{query}").json["total"]

    assert found("state=overdue&debtor=tenant&clause=3.3") == 3
    assert found("clause=4.4") == 1
    assert found("state=open&debtor=tenant") == 0
    assert found("due_from=2024-09-20&due_to=2024-09-20") == 3
    assert found("due_from=2024-09-21&due_to=2024-09-26") == 0
    assert found(f"tenant_key={TENANT}") == 2
    assert found("order_no=200000000000002") == 1


def test_an_obligation_shows_the_days_that_were_counted(program):
    first = program.get("/obligations?clause=3.3&size=1").json["items"][0]

    shown = program.get(f"/obligations/{first['id']}").json

    counted = [day["day"][5:] for day in shown["counted_days"] if day["counted"]]
    assert counted == ["09-13", "09-14", "09-18", "09-19", "09-20"]
    assert (shown["due_on"], shown["overdue_from"]) == ("2024-09-20", "2024-09-21T00:00:00+08:00")


def test_an_agreement_is_shown_as_it_was(program):
    then = program.get("/agreements/200000000000001?at=2024-07-29T00:00:00%2B08:00").json
    now = program.get("/agreements/200000000000001").json

    assert then["agreement"]["service"] == "not_activated"
    assert now["agreement"]["service"] == "open"
    assert {term["key"] for term in now["terms"]} == {"change_notification", "own_platform_only", "suspension"}
    assert [duty["state"] for duty in now["obligations"]] == ["overdue", "overdue"]


def test_contact_data_stay_masked(program):
    shown = program.get(f"/tenants/{TENANT}").text + program.get("/notices/1").text

    assert "l***@tenant.example" in shown
    assert "legal@" not in shown
    assert "13000000000" not in shown


def test_files_are_handed_out_to_be_saved(program, world):
    proof = program.get("/notices/1/proof")
    none = program.get(f"/notices/{world['notice']}/proof")
    text = program.get("/agreements/200000000000001/files/1")
    foreign = program.get("/agreements/200000000000001/files/2")

    assert (proof.status_code, proof.data) == (200, A_PDF)
    assert proof.headers["Content-Disposition"].startswith("attachment")
    assert proof.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert (none.status_code, foreign.status_code, text.data) == (404, 404, b"agreement text")


NOWHERE = (
    *("/agreements/none", "/agreements/%00", "/tenants/%ED%A0%80", "/obligations/99", "/cases/0", "/cases/2147483648"),
    *("/notices/x", "/changes/99", "/upstream/99", "/nowhere", "/cases/1/letters/confirm"),
)


def test_what_is_not_there_is_told_as_a_problem(program):
    for path in NOWHERE:
        answer = program.get(path)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json"), path
