"""Confirming orders of a list after looking at them: many at once, but only what the person saw, and never unseen."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from agreements.intake.batch_models import IntakeItem, ItemState
from agreements.intake.batches import problem_of, row_of
from agreements.intake.item_moving import decided_meanwhile, move_item
from agreements.intake.order_rows import OrderRow
from agreements.intake.order_sums import facts_of_row
from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, InvalidInput, LuyueError
from agreements.kernel.money import parse_yuan
from agreements.parties.actions import ContactDetails
from agreements.parties.rules import normalised_name
from agreements.products.models import Product
from agreements.register.actions import confirm_payment, register_agreement

MOST_AT_ONCE = 100
NO_CONTACT = ContactDetails(None, None, None)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """How many rows became agreements, and how many were known by now and changed nothing."""

    registered: int
    known: int
    await_payment: int


def seen_mark(row: OrderRow, item: IntakeItem) -> str:
    """Return what stands for a row as a person saw it; a row that is another by now has another."""
    return hashlib.sha256(f"{item.state.value}:{row.as_json()}".encode()).hexdigest()[:16]


def products_by_name(session: Session) -> dict[str, str]:
    """Return the product codes by the normalised name, where a name has one code only."""
    codes: dict[str, set[str]] = {}
    for code, name in session.execute(select(Product.code, Product.name)):
        codes.setdefault(normalised_name(name), set()).add(code)
    return {name: next(iter(found)) for name, found in codes.items() if len(found) == 1}


def product_code_of(row: OrderRow, known: Mapping[str, str]) -> str | None:
    """Return the code that the list names, or that of the one product of this name; None where a person must say."""
    return row.product_code or known.get(normalised_name(row.product_name))


def confirm_orders(
    session: Session,
    seen: Mapping[int, str],
    *,
    product_code: str | None,
    actor: Actor,
    now: datetime,
) -> Confirmed:
    """Main 一: register rows whose amounts a person has confirmed by looking at them.

    All of them or none: one that can't be registered raises and names its line. An order that became known meanwhile
    changes nothing (E-49). The agreements have no terms until their contract is read.

    seen          item id → what the person saw (`seen_mark`)
    product_code  for rows whose product is not known by its name
    """
    require(actor, Permission.REGISTER_AGREEMENT)
    known, counts = products_by_name(session), [0, 0, 0]
    for item in _items(session, seen, ItemState.UNDER_REVIEW):
        row = _seen_row(session, item, seen)
        code = product_code_of(row, known) or (product_code or "").strip()
        if not code:
            raise InvalidInput(
                N_("Line %(line)s: the product “%(name)s” has no code yet."),
                field="product_code",
                remedy=N_("Name the code by which the gateway asks for it."),
                line=item.line,
                name=row.product_name,
            )
        assert item.batch.file is not None
        registration = register_agreement(
            session,
            facts_of_row(row),
            product_code=code,
            tenant_key=None,
            contact=NO_CONTACT,
            document=item.batch.file,
            actor=actor,
            now=now,
        )
        target = ItemState.REGISTERED if registration.created else ItemState.DUPLICATE
        if registration.created and row.states_payment:
            target = ItemState.PAYMENT
        counts[0] += registration.created
        counts[1] += not registration.created
        counts[2] += target is ItemState.PAYMENT
        _decide(session, item, target, agreement_id=registration.agreement.id, actor=actor, now=now)
        audit.record(
            session,
            actor=actor,
            act="order_row.confirmed",
            subject=f"intake_item:{item.id}",
            agreement_id=registration.agreement.id,
            tenant_id=registration.agreement.tenant_id,
            clause="一",
            now=now,
            details={
                "batch_id": item.batch_id,
                "line": item.line,
                "list_price": row.list_price,
                "paid_amount": row.paid_amount,
                "created": registration.created,
            },
        )
    return Confirmed(*counts)


def confirm_payments(session: Session, seen: Mapping[int, str], *, actor: Actor, now: datetime) -> tuple[int, int]:
    """Main 三 1: confirm the payments that rows state for orders known here. Finance has looked at each.

    Returns how many were confirmed and how many were refused; a refused one keeps its reason and changes nothing else.
    """
    require(actor, Permission.CONFIRM_PAYMENT)
    paid = refused = 0
    for item in _items(session, seen, ItemState.PAYMENT):
        row, agreement = _seen_row(session, item, seen), item.agreement
        assert agreement is not None
        assert row.paid_at is not None
        try:
            with session.begin_nested():
                confirm_payment(
                    session,
                    agreement,
                    amount=parse_yuan(row.paid_amount, "paid_amount"),
                    paid_at=datetime.fromisoformat(row.paid_at),
                    reference=row.payment_reference or "",
                    actor=actor,
                    now=now,
                )
                _decide(session, item, ItemState.PAID, agreement_id=agreement.id, actor=actor, now=now)
            paid += 1
        except LuyueError as error:
            session.refresh(item)
            move_item(session, item, ItemState.REFUSED, problem=problem_of(error))
            refused += 1
    return paid, refused


def lay_aside(session: Session, item_ids: Collection[int], *, actor: Actor, now: datetime) -> int:
    """Lay rows aside that are not to be registered; the list and the row stay. Returns how many."""
    require(actor, Permission.IMPORT_AGREEMENT)
    count = 0
    for item in _items(session, dict.fromkeys(item_ids, ""), ItemState.UNDER_REVIEW):
        _decide(session, item, ItemState.DISCARDED, agreement_id=None, actor=actor, now=now)
        audit.record(
            session,
            actor=actor,
            act="order_row.discarded",
            subject=f"intake_item:{item.id}",
            clause="一",
            now=now,
            details={"batch_id": item.batch_id, "line": item.line},
        )
        count += 1
    return count


def _items(session: Session, chosen: Mapping[int, str], state: ItemState) -> list[IntakeItem]:
    if not chosen:
        raise InvalidInput(N_("No row was chosen."), field="rows", remedy=N_("Tick the rows you have looked at."))
    if len(chosen) > MOST_AT_ONCE:
        raise InvalidInput(
            N_("These are more than %(most)s rows."),
            field="rows",
            remedy=N_("Confirm them page by page."),
            most=MOST_AT_ONCE,
        )
    rows = session.scalars(
        select(IntakeItem)
        .where(IntakeItem.id.in_(chosen), IntakeItem.state == state)
        .options(joinedload(IntakeItem.batch))
        .order_by(IntakeItem.id)
    ).all()
    if len(rows) != len(chosen):
        raise decided_meanwhile()
    return list(rows)


def _seen_row(session: Session, item: IntakeItem, seen: Mapping[int, str]) -> OrderRow:
    row = row_of(session, item)
    if seen_mark(row, item) != seen[item.id]:
        raise decided_meanwhile()
    return row


def _decide(
    session: Session, item: IntakeItem, target: ItemState, *, agreement_id: int | None, actor: Actor, now: datetime
) -> None:
    move_item(session, item, target, agreement_id=agreement_id, decided_by=actor.name, decided_at=now)
