"""The access log tells in words what was seen; every file that can be handed out has its word."""

import re

import pytest
from flask_babel import force_locale, gettext

from agreements.kernel.web.rest_document import document_of, operations_of
from compliance.retention.holdings import FILES, holdings
from compliance.retention.seen import WORDS, seen

WEB_FILES = re.compile(r"(/files/<|file$|/download|/proof$|\.csv$|\.xlsx$|/statement$)")
NO_PAPERS_OF_TENANTS = ("calendar", "calendar_years", "receipts", "rest_")


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("rest_papers.file:16", ("paper", "16")),
        ("agreement.download:200000000000001/7", ("agreement_file", "200000000000001 · 7")),
        ("contact:3", ("contact", "3")),
        ("register.export:", ("register_export", "")),
        ("a_new_room.file:1", ("other", "a_new_room.file:1")),
    ],
)
def test_a_look_is_told_in_words(subject, told):
    assert seen(subject) == told


def test_every_file_of_the_rest_interface_has_its_word(app):
    files = {
        operation["operationId"]
        for _, path, operation in operations_of(document_of(app))
        if path.startswith("/api/v1")
        and "application/json" not in operation["responses"].get("200", {"content": {"application/json": 0}})["content"]
    }
    known = {name.removeprefix("rest_").replace(".", "_", 1) for name in WORDS}

    assert files
    assert files <= known


def test_every_file_of_the_pages_has_its_word(app):
    files = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and WEB_FILES.search(rule.rule) and not rule.endpoint.startswith(NO_PAPERS_OF_TENANTS)
    }

    assert "papers.download" in files
    assert files <= set(WORDS)


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_whatever_can_be_destroyed_has_its_word(app, locale):
    sources = {FILES, *(f"{each.column.table.name}.{each.column.name}" for each in holdings() if not each.is_file)}
    keys = [f"destroyed_source.{source}" for source in sorted(sources)]

    with app.test_request_context(), force_locale(locale):
        assert [key for key in keys if gettext(key) == key] == []
