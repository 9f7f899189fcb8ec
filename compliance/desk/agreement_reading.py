"""Everything that the agreement page and `agreements show` say of one agreement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from agreements.calendar.actions import working_calendar
from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.files import StoredFile
from agreements.kernel.instants import legal_date
from agreements.register.actions import agreement_of_order, terms_in_force
from agreements.register.coming import Coming, coming_of
from agreements.register.ending import ending_of
from agreements.register.models import Agreement, Instrument, Term
from agreements.register.snapshots import snapshot_of
from compliance.breaches.models import BreachCase
from compliance.desk import rules
from compliance.desk.cases import CaseRow, case_rows
from compliance.desk.duties import Duty, duties
from compliance.desk.holds import HoldRow, hold_rows, reaches
from compliance.desk.reading import Position, positions_of
from compliance.desk.rules import OrderSums
from compliance.expiry.reading import Outlook, outlook_of_agreement
from compliance.gateway.actions import Answer, Question, answers_to
from compliance.notices.models import Notice
from compliance.obligations.models import Obligation
from compliance.service.models import ServiceActivation
from compliance.upstream.models import UpstreamImpact
from compliance.upstream.reading import impacts_of_agreement

EVENTS_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Record:
    """The agreement with all that hangs on it.

    answer      what the gateway answers now for the tenant and product; another order may be the one that allows
    terms       in force at the instant asked about, by key
    outlook     the warnings before its end; None once it has ended, or before it is in force
    impacts     changes at data sources that touch it, latest receipt first
    timeline    acts, newest first; of the tenant as a whole too (documents, notice address)
    events      how many acts there are in all
    """

    agreement: Agreement
    position: Position
    coming: list[Coming]
    activation: ServiceActivation | None
    answer: Answer
    sums: OrderSums
    terms: list[Term]
    holds: list[HoldRow]
    duties: list[Duty]
    cases: list[CaseRow]
    notices: list[Notice]
    outlook: Outlook | None
    impacts: list[UpstreamImpact]
    timeline: list[AuditEvent]
    events: int


def record_of(session: Session, order_no: str, *, terms_at: datetime, now: datetime, whole_timeline: bool) -> Record:
    agreement = agreement_of_order(session, order_no)
    [answer] = answers_to(session, Question(agreement.tenant.tenant_key, agreement.product.code), now=now)
    timeline = _timeline(session, agreement)
    return Record(
        agreement=agreement,
        position=positions_of(session, [agreement], now=now)[agreement.id],
        coming=coming_of(session, agreement, now=now),
        activation=session.get(ServiceActivation, agreement.id),
        answer=answer,
        sums=sums_of(agreement),
        terms=sorted_terms(session, agreement, at=terms_at),
        holds=hold_rows(session, reaches([agreement.id], [agreement.tenant_id])),
        duties=duties(session, Obligation.agreement_id == agreement.id, calendar=working_calendar(session), now=now),
        cases=case_rows(session, BreachCase.agreement_id == agreement.id, now=now),
        notices=list(
            session.scalars(select(Notice).where(Notice.agreement_id == agreement.id).order_by(Notice.id.desc()))
        ),
        outlook=outlook_of_agreement(session, agreement, now=now),
        impacts=impacts_of_agreement(session, agreement.id),
        timeline=timeline if whole_timeline else timeline[:EVENTS_SHOWN],
        events=len(timeline),
    )


def sums_of(agreement: Agreement) -> OrderSums:
    return rules.order_sums(
        first_on=legal_date(agreement.service_start_at),
        end_on=legal_date(agreement.service_end_exclusive_at),
        quantity=agreement.quantity,
        list_price_fen=agreement.list_price_fen,
        paid_amount_fen=agreement.paid_amount_fen,
        quota_total=agreement.quota_total,
    )


def sorted_terms(session: Session, agreement: Agreement, *, at: datetime) -> list[Term]:
    """Return the terms in force by clause, then by key; those without a clause last."""
    terms = terms_in_force(session, agreement.id, at=at).values()
    return sorted(terms, key=lambda term: (term.clause is None, _clause_order(term.clause or ""), term.key))


def _clause_order(clause: str) -> list[tuple[int, Any]]:
    """Sort 2.10 after 2.9, and clauses of the main agreement, which have Chinese numerals, first."""
    return [(1, int(part)) if part.isdigit() else (0, part) for part in clause.replace(" ", ".").split(".")]


def _timeline(session: Session, agreement: Agreement) -> list[AuditEvent]:
    return list(
        session.scalars(
            select(AuditEvent)
            .where(
                or_(
                    AuditEvent.agreement_id == agreement.id,
                    and_(AuditEvent.tenant_id == agreement.tenant_id, AuditEvent.agreement_id.is_(None)),
                )
            )
            .order_by(AuditEvent.seq.desc())
        )
    )


def file_of_agreement(session: Session, order_no: str, file_id: int) -> StoredFile:
    """Return a file of the agreement: its text, an instrument's, saved page, the proof of its end; else NotFound."""
    agreement = agreement_of_order(session, order_no)
    if agreement.document_id == file_id:
        return agreement.document
    instrument = session.scalars(
        select(Instrument)
        .where(Instrument.agreement_id == agreement.id, Instrument.file_id == file_id)
        .options(joinedload(Instrument.file))
    ).first()
    if instrument is not None:
        return instrument.file
    for row in (snapshot_of(session, agreement.id), ending_of(session, agreement.id)):
        if row is not None and row.file_id == file_id:
            return row.file
    raise NotFound(N_("This agreement has no such file."), field="file")
