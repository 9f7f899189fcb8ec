"""Searching the register: what the address asks for, and the statement that answers it (E-50)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from agreements.kernel.access.models import Person
from agreements.kernel.db import rows_of
from agreements.kernel.instants import end_of, legal_date
from agreements.parties.models import Party, Tenant
from agreements.parties.searching import is_tenant_spelt
from agreements.parties.spelling import Word as SearchWord
from agreements.parties.spelling import spellings_of, words_of
from agreements.products.models import Product
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE, AgreementState
from compliance.desk.arranging_models import LONGEST_LABEL, AgreementLabel
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
OWN = "me"
NOBODY = "nobody"

_COUNTED = select(func.count(Agreement.id))
_PRODUCTS = select(Product.id, Product.code, Product.name)

Word = TypeVar("Word", AgreementState, ServiceState)


@dataclass(frozen=True, slots=True)
class FoundPage:
    """The ids of page `number` (from 1), in order, and how many fit in all."""

    ids: list[int]
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Search:
    """What the register shows; None and "" leave a filter out.

    text         words, all of them part of an order number, of a party's or product's name or code, in any spelling
    ending_days  service ends within so many calendar days
    owner        who looks after it: a person's id, OWN for whoever looks, NOBODY
    sort         key of SORTS, descending with "-" before it
    """

    text: str = ""
    state: AgreementState | None = None
    service: ServiceState | None = None
    product: str = ""
    ending_days: int | None = None
    sort: str = NEWEST_FIRST
    owner: str = ""
    label: str = ""

    @property
    def is_filtered(self) -> bool:
        chosen = (self.text, self.state, self.service, self.product, self.owner, self.label)
        return any(chosen) or self.ending_days is not None


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
        owner=_owner(address.get("owner", "")),
        label=address.get("label", "").strip()[:LONGEST_LABEL],
    )


def search_of(
    *,
    q: str | None,
    state: AgreementState | None,
    service: ServiceState | None,
    product: str | None,
    ending_days: int | None,
    owner: str | None,
    label: str | None,
    sort: str,
) -> Search:
    """Return the search that a program asks for, by the names of REST."""
    return Search(
        (q or "").strip(), state, service, product or "", ending_days, sort, owner=owner or "", label=label or ""
    )


def query_of(search: Search) -> str:
    """Return the query of the address that shows a search again; what is left out is not in it."""
    parts = {
        "q": search.text,
        "state": search.state or "",
        "service": search.service or "",
        "product": search.product,
        "ending": "" if search.ending_days is None else str(search.ending_days),
        "owner": search.owner,
        "label": search.label,
        "sort": "" if search.sort == NEWEST_FIRST else search.sort,
    }
    return urlencode({name: value for name, value in parts.items() if value})


def _owner(text: str) -> str:
    is_meant = text in (OWN, NOBODY) or (text.isascii() and text.isdigit() and len(text) < 10)
    return text if is_meant else ""


def _days(text: str) -> int | None:
    is_meant = text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= LONGEST_HORIZON
    return int(text) if is_meant else None


def _word(kind: type[Word], text: str) -> Word | None:
    return next((word for word in kind if word.value == text), None)


def ids_found(session: Session, search: Search, *, now: datetime, person_id: int | None = None) -> Select[int]:
    """Return the statement of the ids that fit, in the order asked for; it joins only what the order needs.

    person_id  who looks, for a search of one's own agreements
    """
    return _in_order(_found(session, search, now=now, person_id=person_id), search.sort)


def page_of_ids(
    session: Session, search: Search, *, number: int, size: int, now: datetime, person_id: int | None = None
) -> FoundPage:
    """Return one page of what fits; a page beyond the last is the last.

    Pages behind the middle are counted from the end, so that no page walks through more than half of the register.
    """
    conditions = _conditions(session, search, now=now, person_id=person_id)
    [(total,)] = rows_of(session, _narrowed(_COUNTED, conditions))
    number = min(max(1, number), max(1, -(-total // size)))
    first = (number - 1) * size
    count = min(size, total - first)
    if first + count <= total - first:
        found = rows_of(session, _narrowed(_part_in_order(search.sort), conditions), count=count, first=first)
        return FoundPage([row[0] for row in found], number, total)
    sort = search.sort.removeprefix("-") if search.sort.startswith("-") else f"-{search.sort}"
    last = total - first - count
    backwards = rows_of(session, _narrowed(_part_in_order(sort), conditions), count=count, first=last)
    return FoundPage([row[0] for row in reversed(backwards)], number, total)


def _found(session: Session, search: Search, *, now: datetime, person_id: int | None) -> Select[int]:
    return select(Agreement.id).where(*_conditions(session, search, now=now, person_id=person_id))


def _narrowed(statement: Select[int], conditions: Sequence[ColumnElement[bool]]) -> Select[int]:
    return statement.where(*conditions) if conditions else statement


@cache
def _part_in_order(sort: str) -> Select[int]:
    """Return the statement of `count` ids after the first `first`, built once for each order."""
    return _in_order(select(Agreement.id), sort).limit(bindparam("count")).offset(bindparam("first"))


def _in_order(statement: Select[int], sort: str) -> Select[int]:
    key = sort.removeprefix("-")
    is_down = sort.startswith("-")
    column = SORTS[key]
    if key == "tenant":
        statement = statement.join(Agreement.tenant).join(Tenant.party)
    elif key == "product":
        statement = statement.join(Agreement.product)
    return statement.order_by(column.desc() if is_down else column, Agreement.id.desc() if is_down else Agreement.id)


def count_found(session: Session, search: Search, *, now: datetime, person_id: int | None = None) -> int:
    statement = _found(session, search, now=now, person_id=person_id).with_only_columns(func.count(Agreement.id))
    return session.scalar(statement) or 0


def agreements_of_ids(session: Session, ids: Sequence[int]) -> list[Agreement]:
    """Return agreements with tenant, party and product, in the order of their ids."""
    rows = session.scalars(
        select(Agreement)
        .where(Agreement.id.in_(ids))
        .options(
            joinedload(Agreement.tenant).joinedload(Tenant.party),
            joinedload(Agreement.product),
            joinedload(Agreement.owner).lazyload(Person.role_rows),
        )
    )
    found = {agreement.id: agreement for agreement in rows}
    return [found[agreement_id] for agreement_id in ids if agreement_id in found]


def _conditions(session: Session, search: Search, *, now: datetime, person_id: int | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if search.text:
        conditions += _contains(session, search.text)
    if search.state:
        conditions.append(is_in_state(search.state, now))
    if search.service:
        conditions.append(_is_switched(search.service, now))
    if search.product:
        conditions.append(Agreement.product_id.in_(select(Product.id).where(Product.code == search.product)))
    if search.owner == NOBODY:
        conditions.append(Agreement.owner_id.is_(None))
    elif search.owner:
        conditions.append(Agreement.owner_id == (person_id if search.owner == OWN else int(search.owner)))
    if search.label:
        labelled = select(AgreementLabel.agreement_id).where(AgreementLabel.label == search.label)
        conditions.append(Agreement.id.in_(labelled))
    if search.ending_days is not None:
        horizon = end_of(legal_date(now) + timedelta(days=search.ending_days))
        conditions += [
            Agreement.state.in_(IN_FORCE),
            Agreement.service_end_exclusive_at > now,
            Agreement.service_end_exclusive_at <= horizon,
        ]
    return conditions


def _contains(session: Session, text: str) -> list[ColumnElement[bool]]:
    """Each word is part of an order number, or of a spelling of the party's or the product's name (E-50).

    Products are few, so their names are spelt here; parties are many and have their spellings in an index.
    """
    words = words_of(text)
    if not words:
        return [false()]
    spelt = [(product_id, spellings_of((code, name))) for product_id, code, name in rows_of(session, _PRODUCTS)]
    return [_has_word(word, spelt) for word in words]


def _has_word(word: SearchWord, products: Sequence[tuple[int, str]]) -> ColumnElement[bool]:
    fitting = [product_id for product_id, spellings in products if word.folded in spellings]
    ways = [Agreement.order_no.contains(word.plain, autoescape=True), is_tenant_spelt(Agreement.tenant_id, word.folded)]
    if fitting:
        ways.append(Agreement.product_id.in_(fitting))
    if not word.folded.isdigit():  # the name as this order prints it, which need not be the catalogue's
        ways.append(Agreement.product_name.icontains(word.plain, autoescape=True))
    return or_(*ways)


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
