"""`flask gateway …`: the decision a gateway gets, at the command line. Nothing is logged: no gateway was told."""

import click
from marshmallow import ValidationError

from agreements.kernel import clock
from agreements.kernel.cli import LuyueGroup, print_json
from agreements.kernel.db import db
from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.instants import SHANGHAI, parse_instant
from agreements.parties.actions import tenant_of_key
from compliance.gateway.actions import decide_call
from compliance.gateway.schemas import DecideSchema
from compliance.sdk.answer import Decision

commands = LuyueGroup("gateway", help="What gateways are told.")


@commands.command("decide")
@click.option("--tenant", "tenant_key", required=True, metavar="KEY", help="The tenant's key at the gateway.")
@click.option("--product", required=True, metavar="CODE", help="Product code.")
@click.option("--platform", metavar="P", help="The tenant's platform that calls; not judged if left out.")
@click.option("--purpose", metavar="C", help="Purpose code of the call; not judged if left out.")
@click.option("--at", "at_text", metavar="ISO", help="At another time than now; without a zone it is Shanghai time.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def decide_command(
    *, tenant_key: str, product: str, platform: str | None, purpose: str | None, at_text: str | None, as_json: bool
) -> None:
    """Say whether a tenant may call a product. A denial is a normal answer: exit 0."""
    asked = _checked({"tenant_key": tenant_key, "product": product, "platform": platform, "purpose": purpose})
    session = db.session()
    now = clock.now(session) if at_text is None else parse_instant(at_text, "at")
    tenant_of_key(session, tenant_key)
    decision = decide_call(session, **asked, now=now)
    if as_json:
        print_json({"tenant_key": tenant_key, "product": product, **decision.as_json()})
    else:
        click.echo("\n".join(_lines(decision)))


def _checked(asked: dict[str, str | None]) -> dict[str, str]:
    """Hold the command line to what a gateway may send."""
    try:
        checked: dict[str, str] = DecideSchema().load(asked)
    except ValidationError as error:
        field, reasons = next(iter(error.messages_dict.items()))
        raise InvalidInput(
            N_("This value can't be taken: %(reason)s"),
            field=field,
            remedy=N_("Take tenant key and codes from the register."),
            reason=" ".join(reasons),
        ) from None
    return checked


def _lines(decision: Decision) -> list[str]:
    words = [decision.verdict.value.upper(), *decision.reason_codes, *decision.hints]
    lines = [" ".join(words) + (f" [clause {decision.clause}]" if decision.clause else "")]
    if decision.order_no is not None:
        lines.append(f"order {decision.order_no}")
    if decision.remaining_quota is not None:
        lines.append(f"calls left {decision.remaining_quota}")
    if decision.valid_until is not None:
        lines.append(f"valid until {decision.valid_until.astimezone(SHANGHAI).isoformat()}")
    if decision.unchecked:
        lines.append(f"not checked {', '.join(decision.unchecked)}")
    return lines
