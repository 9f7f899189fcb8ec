"""The rows of the register as the page shows them: plain values, so that fifty of them are written in milliseconds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from agreements.kernel.instants import legal_date
from agreements.kernel.web.formats import clause_words, relative_until
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from compliance.desk import rules
from compliance.desk.pages import step_address
from compliance.desk.reading import Position


@dataclass(frozen=True, slots=True)
class RowShown:
    """One agreement in the list.

    starts_on, ends_on  first and last day of service as 2025-03-01
    ends                when service ends, in words; "" where it does not run
    reason              first reason of the gateway's answer, "" where it allows
    step                value of the next act, "" where none waits; `step_address` is where it is done
    """

    id: int
    order_no: str
    address: str
    tenant: str
    tenant_address: str
    product_code: str
    product_name: str
    starts_on: str
    ends_on: str
    ends: str
    quota_total: int | None
    quota_unlimited: bool
    state: AgreementState
    reason: str
    clause: str
    step: str
    step_address: str
    owner: str
    labels: Sequence[str]


def shown_rows(
    agreements: Sequence[Agreement],
    positions: Mapping[int, Position],
    labels: Mapping[int, Sequence[str]],
    *,
    now: datetime,
) -> list[RowShown]:
    return [_row(each, positions[each.id], labels.get(each.id, ()), now=now) for each in agreements]


def _row(agreement: Agreement, position: Position, labels: Sequence[str], *, now: datetime) -> RowShown:
    tenant, gateway, step = agreement.tenant, position.gateway, position.step
    runs = position.state is AgreementState.IN_SERVICE
    return RowShown(
        id=agreement.id,
        order_no=agreement.order_no,
        address=f"/agreements/{quote(agreement.order_no, safe='')}",
        tenant=tenant.party.name,
        tenant_address=f"/tenants/{quote(tenant.tenant_key, safe='')}",
        product_code=agreement.product.code,
        product_name=agreement.product_name,
        starts_on=legal_date(agreement.service_start_at).isoformat(),
        ends_on=rules.last_day(agreement.service_end_exclusive_at).isoformat(),
        ends=relative_until(agreement.service_end_exclusive_at, now) if runs else "",
        quota_total=agreement.quota_total,
        quota_unlimited=agreement.quota_unlimited,
        state=position.state,
        reason=gateway.reason_codes[0].value if gateway.reason_codes else "",
        clause=clause_words(gateway.clause) if gateway.clause else "",
        step=step.act.value if step else "",
        step_address=step_address(step, agreement.order_no, tenant.tenant_key) if step else "",
        owner=agreement.owner.name if agreement.owner else "",
        labels=labels,
    )
