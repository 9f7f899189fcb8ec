"""The rows of the register as the page shows them: plain values, so that fifty of them are written in milliseconds."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel.access.models import Person
from agreements.kernel.among import among
from agreements.kernel.db import rows_of
from agreements.kernel.instants import legal_date
from agreements.kernel.web.formats import clause_words, relative
from agreements.parties.models import Party, Tenant
from agreements.products.models import Product
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from compliance.desk import rules
from compliance.desk.pages import agreement_address, step_address, tenant_address
from compliance.desk.reading import Position


class Listed(NamedTuple):
    """The columns of an agreement that a list shows, in the order of `_LISTED`; `owner` None for nobody."""

    id: int
    order_no: str
    tenant_id: int
    product_id: int
    state: AgreementState
    quota_total: int | None
    quota_unlimited: bool
    effective_at: datetime | None
    service_start_at: datetime
    service_end_exclusive_at: datetime
    ended_at: datetime | None
    product_name: str
    product_code: str
    tenant_key: str
    tenant: str
    owner: str | None


_LISTED = (
    select(
        Agreement.id,
        Agreement.order_no,
        Agreement.tenant_id,
        Agreement.product_id,
        Agreement.state,
        Agreement.quota_total,
        Agreement.quota_unlimited,
        Agreement.effective_at,
        Agreement.service_start_at,
        Agreement.service_end_exclusive_at,
        Agreement.ended_at,
        Agreement.product_name,
        Product.code,
        Tenant.tenant_key,
        Party.name,
        Person.name,
    )
    .join(Product, Product.id == Agreement.product_id)
    .join(Tenant, Tenant.id == Agreement.tenant_id)
    .join(Party, Party.id == Tenant.party_id)
    .outerjoin(Person, Person.id == Agreement.owner_id)
    .where(among(Agreement.id, "ids"))
)


def listed_of_ids(session: Session, ids: Sequence[int]) -> list[Listed]:
    """Return what a list shows of agreements, in the order of their ids; columns, for whole rows cost their reading."""
    found = {row[0]: Listed._make(row) for row in rows_of(session, _LISTED, ids=list(ids))}
    return [found[agreement_id] for agreement_id in ids if agreement_id in found]


class RowShown(NamedTuple):
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
    state: str
    reason: str
    clause: str
    step: str
    step_address: str
    owner: str
    labels: Sequence[str]


class KindsShown(NamedTuple):
    """The different values of columns that many rows share: what is made of each is made once."""

    states: frozenset[str]
    reasons: frozenset[str]
    steps: frozenset[str]


def kinds_of(rows: Sequence[RowShown]) -> KindsShown:
    return KindsShown(
        frozenset(row.state for row in rows),
        frozenset(row.reason for row in rows),
        frozenset(row.step for row in rows),
    )


def shown_rows(
    agreements: Sequence[Listed],
    positions: Mapping[int, Position],
    labels: Mapping[int, Sequence[str]],
    *,
    now: datetime,
) -> list[RowShown]:
    clauses = {decision.clause for decision in (positions[each.id].gateway for each in agreements) if decision.clause}
    cited = {clause: clause_words(clause) for clause in clauses}
    return [_row(each, positions[each.id], labels.get(each.id, ()), cited, now=now) for each in agreements]


def _row(
    agreement: Listed, position: Position, labels: Sequence[str], cited: Mapping[str, str], *, now: datetime
) -> RowShown:
    gateway, step = position.gateway, position.step
    runs = position.state is AgreementState.IN_SERVICE
    ends_on = rules.last_day(agreement.service_end_exclusive_at)
    return RowShown(
        id=agreement.id,
        order_no=agreement.order_no,
        address=agreement_address(agreement.order_no),
        tenant=agreement.tenant,
        tenant_address=tenant_address(agreement.tenant_key),
        product_code=agreement.product_code,
        product_name=agreement.product_name,
        starts_on=legal_date(agreement.service_start_at).isoformat(),
        ends_on=ends_on.isoformat(),
        ends=relative(ends_on, now) if runs else "",
        quota_total=agreement.quota_total,
        quota_unlimited=agreement.quota_unlimited,
        state=position.state.value,
        reason=gateway.reason_codes[0].value if gateway.reason_codes else "",
        clause=cited[gateway.clause] if gateway.clause else "",
        step=step.act.value if step else "",
        step_address=step_address(step, agreement.order_no, agreement.tenant_key) if step else "",
        owner=agreement.owner or "",
        labels=labels,
    )
