"""The contract of an order that a list registered first: its file and terms join, and nothing is registered twice."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit, revisions
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, Stale
from agreements.kernel.files import StoredFile
from agreements.kernel.money import Money
from agreements.parties.actions import ContactDetails, add_contact
from agreements.parties.rules import normalised_name
from agreements.register.models import Agreement, Instrument, Term
from agreements.register.online_terms import note_conflicts
from agreements.register.rules import AgreementFacts, InstrumentKind

WORDING = frozenset({"product_name", "spec_text"})
"""May be written otherwise in the contract: what they mean is compared by the quota, the price and the period."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A fact of the order as registered and as the contract says it."""

    name: str
    registered: Any
    in_contract: Any
    differs: bool

    @property
    def stands_against(self) -> bool:
        """Whether the contract can't join while it is so."""
        return self.differs and self.name not in WORDING


def awaits_contract(session: Session, agreement: Agreement) -> bool:
    """Say whether no contract was read yet: the order came from a list, and its annex says nothing."""
    return _silent_annex(session, agreement) is not None


def compared_facts(facts: AgreementFacts, agreement: Agreement) -> tuple[Compared, ...]:
    """Lay what a contract says of the order beside what is registered; spelling of names is no difference (E-50)."""
    pairs = {
        "tenant_name": (agreement.party_a_name, facts.tenant_name),
        "product_name": (agreement.product_name, facts.product_name),
        "spec_text": (agreement.spec_text, facts.spec_text),
        "spec_kind": (agreement.spec_kind, facts.spec_kind),
        "quota_total": (agreement.quota_total, facts.quota_total),
        "quantity": (agreement.quantity, facts.quantity),
        "list_price": (Money(agreement.list_price_fen), facts.list_price),
        "paid_amount": (Money(agreement.paid_amount_fen), facts.paid_amount),
        "service_start": (agreement.service_start_at, facts.service_start_at),
        "service_end": (agreement.service_end_exclusive_at, facts.service_end_exclusive_at),
    }
    return tuple(Compared(name, one, other, _plain(one) != _plain(other)) for name, (one, other) in pairs.items())


def join_contract(
    session: Session,
    agreement: Agreement,
    facts: AgreementFacts,
    *,
    contact: ContactDetails,
    document: StoredFile,
    actor: Actor,
    now: datetime,
) -> None:
    """Main 一: give a registered order the file and the terms of its contract, which a person verified.

    The terms hold from the agreement's own effect, as the annex does. What is registered of the order stays: a contract
    that says otherwise raises and changes nothing; so does an order whose contract is known.
    """
    require(actor, Permission.REGISTER_AGREEMENT)
    against = [row.name for row in compared_facts(facts, agreement) if row.stands_against]
    if against:
        raise Conflict(
            N_("The contract differs from the registered order: %(fields)s. Nothing was changed."),
            code="CONTRACT_DIFFERS",
            clause="一",
            field="order",
            remedy=N_("Correct what was misread in the file; a changed order needs its supplement."),
            fields="、".join(against),
        )
    annex_id, listed_id = _silent_annex(session, agreement), agreement.document_id
    claimed = session.scalar(
        update(Instrument)
        .where(Instrument.id == annex_id, ~_has_terms())
        .values(file_id=document.id, recorded_at=now)
        .returning(Instrument.id)
    )
    if claimed is None:
        raise Stale(N_("The contract of order %(order_no)s is known already."), order_no=agreement.order_no)
    session.add_all(
        Term(
            agreement_id=agreement.id,
            instrument_id=claimed,
            key=fact.key,
            value=fact.value,
            clause=fact.clause,
            text_start=fact.text_start,
            text_end=fact.text_end,
        )
        for fact in facts.terms
    )
    contact_row = add_contact(session, agreement.tenant, contact, now=now)
    session.flush()  # the agreement names the contact's id
    agreement.contact_id, agreement.document_id = contact_row.id, document.id
    agreement.signed_on = agreement.signed_on or facts.signed_on
    agreement.provider_name = agreement.provider_name or facts.provider_name
    agreement.purchaser_account = agreement.purchaser_account or facts.purchaser_account
    agreement.seller_account = agreement.seller_account or facts.seller_account
    session.flush()
    audit.record(
        session,
        actor=actor,
        act="agreement.contract_joined",
        subject=f"agreement:{agreement.id}",
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause="一",
        now=now,
        details={"file_id": document.id, "listed_in": listed_id},
    )
    note_conflicts(session, agreement, now=now)
    revisions.raise_revision(session, tenant_id=agreement.tenant_id, cause="agreement.contract_joined", now=now)


def _silent_annex(session: Session, agreement: Agreement) -> int | None:
    return session.scalar(
        select(Instrument.id).where(
            Instrument.agreement_id == agreement.id, Instrument.kind == InstrumentKind.ANNEX, ~_has_terms()
        )
    )


def _has_terms() -> Any:
    return exists().where(Term.instrument_id == Instrument.id)


def _plain(value: Any) -> Any:
    return normalised_name(value) if isinstance(value, str) else value
