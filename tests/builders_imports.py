"""Contract files taken in for review: the example agreement, valid by default."""

from pathlib import Path

from jinja2 import Template

from agreements.intake.actions import accept_all, register, take_in
from agreements.parties.actions import Upload
from tests.builders import at
from tests.builders_register import OFFICER

EXAMPLE = Path(__file__).parent.parent / "examples" / "agreement.md.j2"
ORDER_NO = "900000000000001"
TAKEN_IN = at("Mon 2024-07-29 09:00")
WARNINGS = ["purchaser_account_mismatch", "party_a_contact_is_company_name", "signed_on_non_working_day"]


def agreement_text(**replaced):
    """The example agreement over its year; `replaced` maps a passage of it to another one."""
    text = Template(EXAMPLE.read_text(encoding="utf-8")).render(
        order_no=replaced.pop("order_no", ORDER_NO),
        signed_on="2024年07月28日",
        service_start="2024年07月28日",
        service_end="2025年07月29日",
    )
    for before, after in replaced.pop("passages", {}).items():
        assert before in text, before
        text = text.replace(before, after)
    assert not replaced, replaced
    return text


def a_contract_file(text=None, name="agreement.md"):
    return Upload(name, "text/markdown", (agreement_text() if text is None else text).encode())


def an_import(session, *, text=None, name="agreement.md", now=TAKEN_IN):
    """A contract file under review."""
    return take_in(session, a_contract_file(text, name), actor=OFFICER, now=now)


def registered(session, imported, *, actor=OFFICER, now=TAKEN_IN, product_code="id2-verify", tenant_key="haitang"):
    """Register a review as it stands."""
    return register(session, imported, product_code=product_code, tenant_key=tenant_key, actor=actor, now=now)


def accepted(session, imported):
    """Acknowledge every warning and confirm every amount of a review."""
    accept_all(session, imported, note="test", actor=OFFICER, now=TAKEN_IN)
    return imported
