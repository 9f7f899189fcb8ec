"""Every address of the application with what no column holds: it says so, and never that something of ours broke."""

from io import BytesIO
from itertools import cycle, islice

import pytest
from werkzeug.routing import AnyConverter, IntegerConverter

from agreements.kernel.access.rules import Role
from agreements.kernel.web.mounting import Audience, access_of_endpoint
from tests.builders_access import signed_in_client
from tests.builders_rest import a_program, a_world

LARGEST = 2**31 - 1
HUGE = ("2147483648", "9999999999", "9" * 23, "9" * 5000)
CONTROL, HALF = "%00", "%ed%a0%80"
# What pages and interfaces ask of an address; of one that does not read a name, the name is refused all the same.
SEARCHES = {"/agreements", "/changes", "/cases", "/audit", "/calendar/list"}
PROBES = {"health.live", "health.ready"}
QUERY_NAMES = (
    *("action", "act", "actor", "at", "by", "clause", "cursor", "day", "effective_at", "ending", "failing", "first"),
    *("from", "inside", "kind", "last", "locale", "month", "next", "notice", "on", "order", "page", "product", "q"),
    *("seq", "seen", "show", "side", "size", "sort", "source", "state", "subject", "tenant", "timeline", "to"),
    *("type", "until", "v", "view", "when", "year"),
)


def addresses_of(app, *, number="1", word="x"):
    """Every rule's method and address with these in its places, where it has a place for one of them."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in PROBES:
            continue  # 503 is their answer here
        address = rule.rule
        for name, converter in rule._converters.items():
            if isinstance(converter, AnyConverter):
                value = next(iter(converter.items))
            else:
                value = number if isinstance(converter, IntegerConverter) else word
            start = address.rindex("<", 0, address.index(f"{name}>"))
            address = address[:start] + value + address[address.index(f"{name}>") + len(name) + 1 :]
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield rule, method, address


class Everybody:
    """A person with every role, their program, and a stranger: whoever the address answers."""

    def __init__(self, app):
        self.app = app
        self.person = signed_in_client(app, *Role)
        self.program = a_program(app, *Role)

    def ask(self, rule, method, address):
        audience = access_of_endpoint(self.app, rule.endpoint).audience
        if audience in (Audience.STAFF_KEYS, Audience.GATEWAY_KEYS):
            return self.program.client.open(address, method=method, headers=self.program.headers, buffered=True)
        return (self.person.get if method == "GET" else self.person.post)(address, buffered=True)


@pytest.fixture
def everybody(app):
    a_world(app)
    return Everybody(app)


@pytest.mark.both_engines
@pytest.mark.parametrize("number", HUGE, ids=lambda number: f"{len(number)} digits")
def test_a_number_that_no_column_holds_leads_nowhere(app, everybody, number):
    asked = [found for found in addresses_of(app, number=number) if number in found[2]]

    assert len(asked) > 60
    for rule, method, address in asked:
        assert everybody.ask(rule, method, address).status_code in (404, 405), f"{method} {rule.rule}"


@pytest.mark.both_engines
def test_the_largest_number_is_asked_for_and_not_found(app, everybody):
    for rule, method, address in addresses_of(app, number=str(LARGEST)):
        if method == "GET":
            assert everybody.ask(rule, method, address).status_code < 500, rule.rule


@pytest.mark.both_engines
def test_a_path_with_what_cannot_be_shown_leads_nowhere(app, everybody):
    asked = [found for found in addresses_of(app, word=f"a{CONTROL}b") if CONTROL in found[2]]

    assert len(asked) > 30
    for rule, method, address in asked:
        answer = everybody.ask(rule, method, address)
        is_gateway = access_of_endpoint(app, rule.endpoint).audience is Audience.GATEWAY_KEYS
        assert answer.status_code == (401 if is_gateway else 404), f"{method} {rule.rule}"


@pytest.mark.both_engines
def test_a_query_with_what_cannot_be_shown_is_refused_by_its_name(app, everybody):
    names = cycle(QUERY_NAMES)
    for rule, method, address in addresses_of(app):
        audience = access_of_endpoint(app, rule.endpoint).audience
        if method != "GET" or audience is Audience.GATEWAY_KEYS or rule.endpoint == "static":
            continue
        for name in islice(names, len(QUERY_NAMES) if rule.rule in SEARCHES else 3):
            answer = everybody.ask(rule, method, f"{address}?{name}=a{CONTROL}")
            assert answer.status_code == 422, f"{rule.rule} {name}"
            assert name in answer.text


@pytest.mark.both_engines
@pytest.mark.parametrize("value", ["9" * 10, "9" * 5000, f"-1{HALF}%27"], ids=lambda value: value[:12])
def test_a_query_that_cannot_be_meant_breaks_nothing(app, everybody, value):
    for rule, method, address in addresses_of(app):
        if method != "GET":
            continue
        for query in ("&".join(f"{name}={value}" for name in QUERY_NAMES), f"page={value}"):
            answer = everybody.ask(rule, method, f"{address}?{query}")
            assert answer.status_code < 500, f"{rule.rule} {query[:40]}"


@pytest.mark.both_engines
@pytest.mark.parametrize("control", ["\x00", "\x07", "\x0b", "\x1f"])
def test_a_form_with_what_cannot_be_shown_is_refused_by_its_field(everybody, control):
    answer = everybody.person.post("/sign-in", data={"login": f"a{control}b", "password": "x"})
    assert (answer.status_code, "login" in answer.text) == (422, True)


@pytest.mark.both_engines
def test_so_is_the_name_of_a_file(everybody):
    answer = everybody.person.post("/upstream/new", data={"file": (BytesIO(b"x"), "a\x00b.pdf")})

    assert (answer.status_code, "file" in answer.text) == (422, True)


def test_tabs_and_line_breaks_are_text(everybody):
    assert everybody.person.get("/agreements?q=a%09b%0d%0ac").status_code == 200
