"""Canaries planted through every kind of entry; not one of them may be found in what is written as log."""

import json
import logging
from io import BytesIO

import pytest

from agreements.kernel import clock
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.logs import JsonLines
from agreements.kernel.sweeps import run_sweep
from compliance.notices.dispatch import Delivery
from compliance.notices.rules import Outcome
from compliance.notices.sender import send_due
from compliance.operations.doctor import examine
from compliance.operations.metrics import exposition
from tests.builders_access import signed_in_client
from tests.builders_gateway import a_key
from tests.builders_imports import agreement_text
from tests.builders_notices import DRAFTED_AT, a_queued_notice
from tests.builders_scheduling import a_sweep

PHONES = ("13912345678", "139 1234 5678", "+86 139-1234-5678", "１３９１２３４５６７８")
PEOPLE = ("欧阳金丝雀", "canary.name", "Canary Person")
MAILS = ("canary@secret.example", "CANARY+x@secret.example")
NUMBERS = ("110101199003071233", "11010119900307123X")
TOKEN = "CanaryTokenCanaryTokenCanaryTokenCanary0123"
CANARIES = (*PHONES, *PEOPLE, *MAILS, *NUMBERS, TOKEN, "canary", "secret.example", "金丝雀")


class Written(logging.Handler):
    def __init__(self):
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonLines())
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@pytest.fixture
def written():
    handler, root = Written(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logging.getLogger("sqlalchemy").setLevel(logging.WARNING)  # as `configure_logs` runs it: no statements
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


def hits(written):
    """Canaries found, looked for as they are and as JSON writes them, whatever their case."""
    text = "\n".join(written.lines).casefold()
    return sorted(
        canary for canary in CANARIES if canary.casefold() in text or json.dumps(canary)[1:-1].casefold() in text
    )


def planted_in_pages(app):
    client = signed_in_client(app, "legal_officer", "admin", "ops", name=PEOPLE[0])
    client.get(f"/agreements?q={PHONES[0]}")
    client.get(f"/agreements/{PHONES[0]}")
    client.get(f"/tenants/{MAILS[0]}", headers={"Referer": f"http://x/{TOKEN}", "User-Agent": PEOPLE[1]})
    client.get(f"/n/{TOKEN}")
    client.post(f"/n/{TOKEN}", data={"name": PEOPLE[0]})
    client.get(f"/join/{TOKEN}")
    client.get(f"/nowhere/{TOKEN}/{NUMBERS[0]}?mail={MAILS[0]}")
    client.post("/admin/people/invite", data={"name": PEOPLE[2], "login": PEOPLE[1], "roles": "no such role"})
    client.post("/admin/people/invite", data={"name": PEOPLE[0], "login": PEOPLE[1], "roles": "auditor"})
    client.post("/admin/channels/email/test", data={"address": MAILS[0]})
    client.post("/sign-in", data={"login": MAILS[0], "password": TOKEN})
    client.get("/audit", query_string={"actor": PEOPLE[0], "since": PHONES[0]})


def planted_in_an_import(app):
    client = signed_in_client(app, "legal_officer", name=PEOPLE[2])
    text = agreement_text() + f"\n联系人：{PEOPLE[0]} 电话：{PHONES[0]} 身份证号：{NUMBERS[1]} 邮箱：{MAILS[0]}\n"
    for content, name in ((text.encode(), f"{PEOPLE[0]}.md"), (b"PK\x03\x04", f"{MAILS[1]}.docx")):
        client.client.post(
            "/import",
            data={"csrf_token": client.csrf_token, "file": (BytesIO(content), name)},
            content_type="multipart/form-data",
        )


def planted_in_the_api(app):
    with unit_of_work() as session:
        key = a_key(session)
    client = app.test_client()
    bearer = {"Authorization": f"Bearer {key}"}
    body = {"tenant_key": MAILS[0], "product": PHONES[0], "purpose": NUMBERS[0], "canary": PEOPLE[0]}
    client.post("/gateway/v1/decide", json=body, headers=bearer)
    client.post("/gateway/v1/decide", data=f'{{"{PEOPLE[0]}": "{PHONES[0]}"', headers=bearer)
    client.get(f"/gateway/v1/tenants/{MAILS[0]}/status?product={PHONES[1]}", headers=bearer)
    client.get("/gateway/v1/tenants/x/status", headers={"Authorization": f"Bearer lyk_0123456789ab_{TOKEN}"})
    client.post("/api/v1/agreements", json=body, headers={"Authorization": f"Bearer {TOKEN}"})


def planted_in_sending(app):
    """A mail server that names the recipient in its refusal, and a transport that breaks with the address in its text."""
    with unit_of_work() as session:
        a_queued_notice(session, address=MAILS[0])

    class Refuses:
        timeout_seconds = 1.0

        def deliver(self, message):
            return Delivery(Outcome.TEMPORARY, f"451 {message.recipient} {PEOPLE[0]} {PHONES[0]}", "h")

    class Breaks(Refuses):
        def deliver(self, message):
            raise RuntimeError(f"{message.recipient} {PEOPLE[0]} {NUMBERS[0]}")

    for transport in (Breaks(), Refuses()):
        send_due(unit_of_work, transport, now=clock.wall())
    run_sweep(a_sweep(1, 2, poison=(2,)), due_by=DRAFTED_AT, now=DRAFTED_AT)


def planted_in_a_fault(app):
    def breaks():
        raise ValueError(f"{PEOPLE[0]} {PHONES[0]} {MAILS[0]} {TOKEN}")

    client = app.test_client()
    app.view_functions["access.sign_in"] = breaks
    assert client.get(f"/sign-in?next=/n/{TOKEN}").status_code == 500
    logging.getLogger("some.library").warning("could not reach %s for %s (%s)", MAILS[1], PHONES[2], NUMBERS[1])


@pytest.mark.parametrize(
    "plant", [planted_in_pages, planted_in_an_import, planted_in_the_api, planted_in_sending, planted_in_a_fault]
)
def test_no_canary_is_found_in_the_logs(app, written, plant):
    with unit_of_work() as session:
        clock.install(session)
    plant(app)

    assert written.lines, "something was written"
    assert hits(written) == []


def test_no_canary_is_found_in_metrics_health_or_the_doctors_words(app):
    planted_in_sending(app)
    session = db.session()
    told = exposition(session).decode() + str(examine(session)) + app.test_client().get("/readyz").text

    assert [canary for canary in CANARIES if canary.casefold() in told.casefold()] == []


def test_the_canaries_would_be_found(written):
    """The search itself: what is written in the open is seen."""
    logging.getLogger("x").warning("金丝雀")

    assert hits(written) == ["金丝雀"]
