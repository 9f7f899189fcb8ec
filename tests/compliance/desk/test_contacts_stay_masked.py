"""Clause 5.1: no page, and no list taken out of one, holds a telephone number or mail address in full."""

import html
import io
import re
from collections import deque

import pytest
from openpyxl import load_workbook

from agreements.kernel.db import unit_of_work
from tests.builders_desk import opened_at
from tests.builders_imports import accepted, an_import, registered
from tests.compliance.desk.test_tenant_page import NOW, in_service

OF_THE_TENANT = ("13000000000", "legal@tenant.example")
OF_THE_IMPORT = "13900000001"
ADDRESS = re.compile(r'(?:href|hx-get)="(/[^"#]*)')
SHOWS_WHAT_WAS_READ = re.compile(r"/import/[0-9]+")
"""The reading itself, for whoever checks it word by word against the paper."""
MOST_PAGES = 400


def walked(client, *, leaves_out):
    """Follow every link from the first page on; return what each address answered, by address."""
    found, waiting = {}, deque(["/", "/agreements", "/import"])
    patterns = set()
    while waiting and len(found) < MOST_PAGES:
        address = waiting.popleft()
        if address in found or leaves_out(address):
            continue
        answer = client.get(address, buffered=True)
        if answer.status_code >= 400:
            continue
        found[address] = content_of(answer)
        for link in map(html.unescape, ADDRESS.findall(found[address])):
            pattern = re.sub(r"[0-9a-f]{6,}|[0-9]+", "N", link.partition("?")[0])  # one of each kind shows enough
            if pattern not in patterns:
                patterns.add(pattern)
                waiting.append(link)
    return found


def content_of(answer):
    if answer.mimetype.endswith("spreadsheetml.sheet"):
        sheet = load_workbook(io.BytesIO(answer.data)).active
        return "\n".join(str(cell) for line in sheet.iter_rows(values_only=True) for cell in line)
    return answer.data.decode(errors="replace") if answer.mimetype.startswith(("text/", "application/json")) else ""


def is_no_page(address):
    return address.startswith(("/static/", "/sign-out")) or "/files/" in address


def world(app):
    client = opened_at(app, NOW, set_up=in_service)
    with unit_of_work() as session:
        registered(session, accepted(session, an_import(session)), tenant_key="imported")
    return client


def leaks(pages):
    secrets = (*OF_THE_TENANT, OF_THE_IMPORT)
    return {address: secret for address, text in pages.items() for secret in secrets if secret in text}


def test_clause_5_1_lists_and_what_is_taken_out_of_them_hold_no_contact(app):
    client = world(app)
    addresses = ("/agreements", "/agreements/export.csv", "/agreements/export.xlsx", "/import", "/import/orders")
    pages = {address: content_of(client.get(address, buffered=True)) for address in addresses}
    for kind in ("csv", "xlsx"):
        ticked = client.post("/register/rows", data={"ids": ["1", "2"], "act": kind}, buffered=True)
        pages[f"ticked {kind}"] = content_of(ticked)

    assert all("900000000000001" in text for address, text in pages.items() if "import" not in address)
    assert leaks(pages) == {}


@pytest.mark.soak
def test_clause_5_1_every_page_a_legal_officer_reaches_masks_contacts(app):
    client = world(app)
    pages = walked(client, leaves_out=lambda address: is_no_page(address) or SHOWS_WHAT_WAS_READ.fullmatch(address))

    kinds = {address.partition("?")[0].split("/")[1] for address in pages}
    assert {"agreements", "import", "tenants", "cases", "notices", "documents", "calendar", "audit"} <= kinds
    assert leaks(pages) == {}
