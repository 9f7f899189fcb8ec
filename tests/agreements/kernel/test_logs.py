"""Logs: one JSON object a line that says what happened and to no eye whom it concerned."""

import json
import logging
import re

import pytest

from agreements.kernel.logs import BLANKED, JsonLines, blank, configure_logs
from agreements.kernel.web.tracing import HEADER


class Lines(logging.Handler):
    """What would be written, line by line."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonLines())
        self.written = []

    def emit(self, record):
        self.written.append(self.format(record))

    @property
    def text(self):
        return "\n".join(self.written)

    def of(self, logger):
        return [line for line in map(json.loads, self.written) if line["logger"] == logger]


@pytest.fixture
def lines():
    """Every line of every logger."""
    handler, root = Lines(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


log = logging.getLogger("luyue.test")


@pytest.mark.parametrize(
    "secret",
    [
        "13800138000",
        "138 0013 8000",
        "+86-138-0013-8000",
        "１３８００１３８０００",
        "11010119900307123x",
        "110101 19900307 123X",
        "zhang.san@tenant.example",
        "张三@例子.公司",
        "lyk_0123456789ab_abcdefghijklmnop",
        "lyp_0123456789ab_abcdefghijklmnop",
        "Qm9va3NBcmVOb3RUb2tlbnNCdXRUaGlzSXNPbmUx-_x",
    ],
)
def test_what_looks_like_a_person_or_a_secret_is_blanked(lines, secret):
    log.info("about %s and more", secret)

    assert lines.of("luyue.test")[0]["event"] == f"about {BLANKED} and more"


@pytest.mark.parametrize(
    "plain",
    [
        "outbox 12: attempt 0123456789abcdef0123456789abcdef failed",
        "due 2026-11-22T18:21:22.259+00:00",
        "order 202407280000123",
        "1732270000000 ms",
        "audit head 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_ids_hashes_and_times_stay_readable(plain):
    assert blank(plain) == plain


def test_an_error_is_told_by_class_and_place_and_never_by_its_text(lines):
    try:
        try:
            int("张三 13800138000")
        except ValueError as error:
            raise RuntimeError("张三") from error
    except RuntimeError:
        log.exception("it failed")

    [line] = lines.of("luyue.test")
    assert (line["error"], line["caused_by"]) == ("RuntimeError", ["ValueError"])
    assert line["at"][-1].startswith("test_logs.py:")
    assert "张三" not in lines.text
    assert "\\u5f20" not in lines.text


def test_nothing_typed_can_end_a_line_or_colour_a_terminal(lines):
    log.info("typed: %s", '\n{"level": "critical"}\r\x1b[31m\u2028\x85')

    [line] = lines.written
    assert line.isascii()
    assert not re.search(r"[\x00-\x1f\x7f]", line)
    assert json.loads(line)["level"] == "info"


def test_a_request_is_one_line_with_its_id_route_status_and_actor(app, lines):
    from tests.builders_access import signed_in_client

    client = signed_in_client(app, name="王小明")
    lines.written.clear()
    answer = client.get("/notices?page=1", headers={HEADER: "call-7f3a9b21"})

    [line] = lines.of("luyue.requests")
    assert answer.headers[HEADER] == line["request_id"] == "call-7f3a9b21"
    assert (line["method"], line["route"], line["status"]) == ("GET", "/notices", 200)
    assert line["actor"] == f"person:{client.person_id}"
    assert line["milliseconds"] > 0
    assert line["time"].endswith("+00:00")


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f g", 'abc"},{"x": 1}', "13800138000@x.cn"])
def test_an_ill_formed_request_id_is_replaced(app, given):
    answer = app.test_client().get("/healthz", headers={HEADER: given})

    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers[HEADER])


def test_configuring_twice_writes_each_line_once(capsys):
    root = logging.getLogger()
    before = list(root.handlers)
    configure_logs()
    configure_logs()
    log.warning("once")
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)

    assert capsys.readouterr().err.count("once") <= 1
