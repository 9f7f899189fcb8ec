"""Registering agreements and moving them through their life: the only place that writes `agreement.state`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit, revisions
from agreements.kernel.access.rules import SCHEDULER, Actor, Permission, require
from agreements.kernel.errors import N_, InvalidInput, NotFound, Stale
from agreements.kernel.files import StoredFile
from agreements.kernel.money import Money
from agreements.parties.actions import ContactDetails, add_contact, ensure_tenant
from agreements.products.actions import ensure_product
from agreements.register.ledger import applied_terms
from agreements.register.models import Agreement, Instrument, Term
from agreements.register.online_terms import attach_online_terms
from agreements.register.order_facts import over_from_at
from agreements.register.rules import (
    IN_FORCE,
    AgreementEvent,
    AgreementFacts,
    AgreementState,
    InstrumentKind,
    agreement_move,
    service_starts_at,
)

EARLIEST_PAYMENT = timedelta(days=366)
"""How long before the service period an order can have been paid; earlier, the date is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Registration:
    """`created` is False where the order was registered before; unless its contract joined, nothing was changed."""

    agreement: Agreement
    created: bool
    has_joined: bool = False


def agreement_of_order(session: Session, order_no: str) -> Agreement:
    """Return the agreement, or raise NotFound naming the field."""
    agreement = session.scalar(select(Agreement).where(Agreement.order_no == order_no))
    if agreement is None:
        raise NotFound(
            N_("There is no agreement with order number “%(order_no)s”."),
            field="order_no",
            remedy=N_("Search the register, or import the agreement first."),
            order_no=order_no,
        )
    return agreement


def register_agreement(
    session: Session,
    facts: AgreementFacts,
    *,
    product_code: str,
    tenant_key: str | None,
    contact: ContactDetails,
    document: StoredFile,
    actor: Actor,
    now: datetime,
) -> Registration:
    """Main 一: register an order whose fields a person verified; it then awaits payment.

    The same order again changes nothing (E-49).
    """
    require(actor, Permission.REGISTER_AGREEMENT)
    known = session.scalar(select(Agreement).where(Agreement.order_no == facts.order_no))
    if known is not None:
        return Registration(known, created=False)
    tenant = ensure_tenant(session, facts.tenant_name, tenant_key=tenant_key, actor=actor, now=now)
    product = ensure_product(session, product_code, name=facts.product_name, actor=actor, now=now)
    contact_row = add_contact(session, tenant, contact, now=now)
    session.flush()  # the agreement names the contact's id
    agreement = Agreement(
        order_no=facts.order_no,
        tenant_id=tenant.id,
        product_id=product.id,
        contact_id=contact_row.id,
        state=AgreementState.DRAFT,
        party_a_name=facts.tenant_name,
        provider_name=facts.provider_name,
        purchaser_account=facts.purchaser_account,
        seller_account=facts.seller_account,
        product_name=facts.product_name,
        spec_text=facts.spec_text,
        spec_kind=facts.spec_kind,
        quantity=facts.quantity,
        payment_mode=facts.payment_mode,
        list_price_fen=facts.list_price.fen,
        paid_amount_fen=facts.paid_amount.fen,
        unit_price=None if facts.unit_price is None else str(facts.unit_price),
        quota_total=facts.quota_total,
        quota_unlimited=facts.quota_unlimited,
        service_start_at=facts.service_start_at,
        service_end_exclusive_at=facts.service_end_exclusive_at,
        signed_on=facts.signed_on,
        document_id=document.id,
        registered_at=now,
    )
    session.add(agreement)
    session.flush()  # terms and audit name its id
    _set_annex_terms(session, agreement, facts, document, now=now)
    audit.record(
        session,
        actor=actor,
        act="agreement.imported",
        subject=f"agreement:{agreement.id}",
        agreement_id=agreement.id,
        tenant_id=tenant.id,
        clause="一",
        now=now,
        details={"file_id": document.id, "product": product_code},
    )
    move(session, agreement, AgreementEvent.VERIFY, actor=actor, now=now, as_of=now)
    return Registration(agreement, created=True)


def _set_annex_terms(
    session: Session, agreement: Agreement, facts: AgreementFacts, document: StoredFile, *, now: datetime
) -> None:
    annex = Instrument(
        agreement_id=agreement.id, kind=InstrumentKind.ANNEX, file_id=document.id, effective_at=None, recorded_at=now
    )
    session.add(annex)
    session.flush()  # terms name its id
    session.add_all(
        Term(
            agreement_id=agreement.id,
            instrument_id=annex.id,
            key=fact.key,
            value=fact.value,
            clause=fact.clause,
            text_start=fact.text_start,
            text_end=fact.text_end,
        )
        for fact in facts.terms
    )


def confirm_payment(
    session: Session,
    agreement: Agreement,
    *,
    amount: Money,
    paid_at: datetime,
    reference: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Main 三 1: payment is complete, so the agreement is effective from that instant, whatever was signed.

    amount     what was really paid; it must be the order's paid amount (0.00 where coupons covered all)
    paid_at    when the platform says payment completed; not in the future, nor over a year before the service period
    reference  the platform's payment number
    """
    require(actor, Permission.CONFIRM_PAYMENT)
    if paid_at > now:
        raise InvalidInput(N_("Payment can't have completed in the future."), field="paid_at", clause="三 1")
    if paid_at < agreement.service_start_at - EARLIEST_PAYMENT:
        raise InvalidInput(
            N_("This is more than a year before the service period."),
            field="paid_at",
            clause="三 1",
            remedy=N_("Check the year of the payment."),
        )
    if amount.fen != agreement.paid_amount_fen:
        raise InvalidInput(
            N_("The order says %(expected)s yuan were paid, not %(amount)s."),
            field="amount",
            clause="三 1",
            remedy=N_("Check the platform's payment record; correct the order's record first if it was misread."),
            expected=Money(agreement.paid_amount_fen),
            amount=amount,
        )
    if not reference.strip():
        raise InvalidInput(N_("The platform's payment number is missing."), field="reference", clause="三 1")
    move(
        session,
        agreement,
        AgreementEvent.COMPLETE_PAYMENT,
        actor=actor,
        now=now,
        as_of=paid_at,
        values={"effective_at": paid_at, "payment_reference": reference.strip()},
    )
    attach_online_terms(session, agreement, now=now)
    advance(session, agreement, now=now)


def advance(session: Session, agreement: Agreement, *, now: datetime) -> None:
    """Record the moves that time has already made true: service started, period ended, an agreed end come (一, 三 1).

    Each is dated at its own bound, however late this runs. Running it again changes nothing.
    """
    session.refresh(agreement)
    ended_at, over_from = agreement.ended_at, over_from_at(session, agreement, at=now)
    if agreement.state is AgreementState.EFFECTIVE and agreement.effective_at is not None:
        starts_at = service_starts_at(agreement.service_start_at, agreement.effective_at)
        if starts_at <= now and starts_at < over_from:
            move(session, agreement, AgreementEvent.START_SERVICE, actor=SCHEDULER, now=now, as_of=starts_at)
    if agreement.state in IN_FORCE and over_from <= now:
        event = AgreementEvent.EXPIRE if ended_at is None else AgreementEvent.END_BY_AGREEMENT
        move(session, agreement, event, actor=SCHEDULER, now=now, as_of=over_from)


def move(
    session: Session,
    agreement: Agreement,
    event: AgreementEvent,
    *,
    actor: Actor,
    now: datetime,
    as_of: datetime,
    reason: str | None = None,
    values: dict[str, object] | None = None,
) -> None:
    """Make one legal move, guarded by the state it starts from, and record it."""
    before = agreement.state
    legal = agreement_move(before, event)
    moved = session.scalar(
        update(Agreement)
        .where(Agreement.id == agreement.id, Agreement.state == before)
        .values(state=legal.target, **(values or {}))
        .returning(Agreement.id)
    )
    if moved is None:
        raise Stale(N_("Somebody else moved agreement %(order_no)s meanwhile."), order_no=agreement.order_no)
    session.refresh(agreement)
    audit.record(
        session,
        actor=actor,
        act=f"agreement.{event.value}",
        subject=f"agreement:{agreement.id}",
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause=legal.clause,
        reason=reason,
        now=now,
        as_of=as_of,
        details={"from": before.value, "to": legal.target.value},
    )
    revisions.raise_revision(session, tenant_id=agreement.tenant_id, cause=f"agreement.{event.value}", now=now)


def terms_in_force(session: Session, agreement_id: int, *, at: datetime) -> dict[str, Term]:
    """Return the terms that apply at an instant, keyed by term; each row names the instrument that set it.

    A supplement replaces from its own instant; of annex and online terms the less favourable to us applies (main 二 3).
    """
    return applied_terms(session, [agreement_id], at=at)[agreement_id]
