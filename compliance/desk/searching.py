"""Searching the register: what the address asks for, and the statement that answers it (E-50)."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from agreements.kernel.instants import end_of, legal_date
from agreements.parties.models import Party, Tenant
from agreements.parties.rules import normalised_name
from agreements.products.models import Product
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE, AgreementState
from compliance.desk.holds import counts, stands
from compliance.desk.reading import is_in_state
from compliance.desk.rules import ServiceState
from compliance.service.models import Hold, ServiceActivation
from compliance.service.rules import HoldGround, HoldScope

LONGEST_QUERY = 200
LONGEST_HORIZON = 3660
SORTS: dict[str, InstrumentedAttribute[Any]] = {
    "registered": Agreement.registered_at,
    "order_no": Agreement.order_no,
    "tenant": Party.normalised_name,
    "product": Product.code,
    "ends": Agreement.service_end_exclusive_at,
    "quota": Agreement.quota_total,
}
NEWEST_FIRST = "-registered"

Word = TypeVar("Word", AgreementState, ServiceState)


@dataclass(frozen=True, slots=True)
class Search:
    """What the register shows; None and "" leave a filter out.

    text         part of an order number, of a party's or product's name or code, in any spelling
    ending_days  service ends within so many calendar days
    sort         key of SORTS, descending with "-" before it
    """

    text: str = ""
    state: AgreementState | None = None
    service: ServiceState | None = None
    product: str = ""
    ending_days: int | None = None
    sort: str = NEWEST_FIRST

    @property
    def is_filtered(self) -> bool:
        return bool(self.text or self.state or self.service or self.product or self.ending_days is not None)


def read_search(address: Mapping[str, str]) -> Search:
    """Read the query of an address. What is not understood is left out: an old bookmark still opens the register."""
    sort = address.get("sort", NEWEST_FIRST)
    return Search(
        text=address.get("q", "").strip()[:LONGEST_QUERY],
        state=_word(AgreementState, address.get("state", "")),
        service=_word(ServiceState, address.get("service", "")),
        product=address.get("product", "")[:LONGEST_QUERY],
        ending_days=_days(address.get("ending", "")),
        sort=sort if sort.removeprefix("-") in SORTS else NEWEST_FIRST,
    )


def _days(text: str) -> int | None:
    is_meant = text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= LONGEST_HORIZON
    return int(text) if is_meant else None


def _word(kind: type[Word], text: str) -> Word | None:
    return next((word for word in kind if word.value == text), None)


def ids_found(session: Session, search: Search, *, now: datetime) -> Select[int]:
    """Return the statement of the ids that fit, in the order asked for; it joins only what the order needs."""
    key = search.sort.removeprefix("-")
    is_down = search.sort.startswith("-")
    column = SORTS[key]
    statement = select(Agreement.id).where(*_conditions(session, search, now=now))
    if key == "tenant":
        statement = statement.join(Agreement.tenant).join(Tenant.party)
    elif key == "product":
        statement = statement.join(Agreement.product)
    return statement.order_by(column.desc() if is_down else column, Agreement.id.desc() if is_down else Agreement.id)


def count_found(session: Session, search: Search, *, now: datetime) -> int:
    statement = select(func.count(Agreement.id)).where(*_conditions(session, search, now=now))
    return session.scalar(statement) or 0


def agreements_of_ids(session: Session, ids: Sequence[int]) -> list[Agreement]:
    """Return agreements with tenant, party and product, in the order of their ids."""
    rows = session.scalars(
        select(Agreement)
        .where(Agreement.id.in_(ids))
        .options(joinedload(Agreement.tenant).joinedload(Tenant.party), joinedload(Agreement.product))
    )
    found = {agreement.id: agreement for agreement in rows}
    return [found[agreement_id] for agreement_id in ids if agreement_id in found]


def _conditions(session: Session, search: Search, *, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if search.text:
        conditions.append(_contains(session, search.text))
    if search.state:
        conditions.append(is_in_state(search.state, now))
    if search.service:
        conditions.append(_is_switched(search.service, now))
    if search.product:
        conditions.append(Agreement.product_id.in_(select(Product.id).where(Product.code == search.product)))
    if search.ending_days is not None:
        horizon = end_of(legal_date(now) + timedelta(days=search.ending_days))
        conditions += [
            Agreement.state.in_(IN_FORCE),
            Agreement.service_end_exclusive_at > now,
            Agreement.service_end_exclusive_at <= horizon,
        ]
    return conditions


def _contains(session: Session, text: str) -> ColumnElement[bool]:
    """Match order number, party and product by their normalised spelling: width, spaces and case don't matter (E-50).

    Products are few, so their names are normalised here; parties are many and keep their normalised name in a column.
    """
    plain = normalised_name(text)
    products = [
        product_id
        for product_id, code, name in session.execute(select(Product.id, Product.code, Product.name))
        if plain in normalised_name(code) or plain in normalised_name(name)
    ]
    return or_(
        Agreement.order_no.contains(plain, autoescape=True),
        Agreement.tenant_id.in_(
            select(Tenant.id)
            .join(Party, Party.id == Tenant.party_id)
            .where(
                Party.normalised_name.contains(plain, autoescape=True)
                | Tenant.tenant_key.contains(plain, autoescape=True)
            )
        ),
        Agreement.product_id.in_(products),
        Agreement.product_name.contains(unicodedata.normalize("NFKC", text), autoescape=True),
    )


def _is_switched(service: ServiceState, now: datetime) -> ColumnElement[bool]:
    """Say in SQL what `rules.service_state` says of one agreement."""
    waiting = Agreement.state.in_((AgreementState.DRAFT, AgreementState.PENDING_PAYMENT))
    running = and_(Agreement.state.in_(IN_FORCE), Agreement.service_end_exclusive_at > now)
    alive = or_(waiting, running)
    activated = exists().where(ServiceActivation.agreement_id == Agreement.id)
    held = _held(counts(), Hold.ground != HoldGround.FREEZE)
    frozen = _held(counts(), Hold.ground == HoldGround.FREEZE)
    pending = _held(~counts())
    match service:
        case ServiceState.CLOSED:
            return ~alive
        case ServiceState.SUSPENDED:
            return and_(alive, held)
        case ServiceState.FROZEN:
            return and_(alive, ~held, frozen)
        case ServiceState.NOT_ACTIVATED:
            return and_(alive, ~held, ~frozen, ~activated)
        case ServiceState.SUSPENSION_PENDING:
            return and_(alive, ~held, ~frozen, activated, pending)
        case ServiceState.OPEN:
            return and_(alive, ~held, ~frozen, activated, ~pending)


def _held(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    standing = (stands(), *conditions)
    own = Agreement.id.in_(select(Hold.agreement_id).where(*standing))
    of_the_tenant = Agreement.tenant_id.in_(select(Hold.tenant_id).where(Hold.scope == HoldScope.TENANT, *standing))
    return or_(own, of_the_tenant)
