"""`/api/v1/agreements/…/terms` and `/api/v1/supplements`: the ledger of terms, and the acts that change it."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Response, g, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.web.downloads import stored_file
from agreements.kernel.web.rest import A_FILE, RestRoom, require_shown_text
from agreements.kernel.web.rest_fields import ID, content_of
from agreements.kernel.web.rest_lists import page_of_rows
from agreements.kernel.web.rest_once import Created
from agreements.parties.actions import Upload
from agreements.register import supplements as acts
from agreements.register.actions import agreement_of_order
from agreements.register.api_schemas import (
    CancelBody,
    CorrectionBody,
    CorrectionShown,
    GroundsBody,
    NothingToAdd,
    ResolveBody,
    SignBody,
    SupplementBody,
    SupplementPage,
    SupplementQuery,
    SupplementShown,
    TermsQuery,
    TermsShown,
)
from agreements.register.correcting import (
    approve_correction,
    correction_of_id,
    propose_correction,
    reject_correction,
)
from agreements.register.ledger import ledger_of
from agreements.register.models import Agreement, Term
from agreements.register.online_terms import conflict_of_id, resolve_conflict
from agreements.register.supplement_models import Supplement
from agreements.register.supplement_rules import SigningParty, SupplementState, state_at
from agreements.register.supplements import Change, supplement_of_number
from agreements.register.term_models import RecordCorrection
from agreements.register.term_rules import Side
from agreements.register.views_supplements import ALL, OPEN, OPEN_STATES

terms = RestRoom(
    "terms",
    __name__,
    path="/agreements",
    description="Terms of one agreement at any instant: annex, online terms, supplement, and what applies (main 二 3).",
)
supplements = RestRoom(
    "supplements", __name__, path="/supplements", description="Amendments that both sides sign (clause 8.1)."
)
ORDER, NUMBER = "/<order_no>", "/<number>"


@terms.reads(f"{ORDER}/terms", answers=TermsShown, query=TermsQuery)
def terms_at(order_no: str, *, at: datetime | None) -> dict[str, Any]:
    """Every term at an instant, in three columns, each with the document that says it."""
    session = db.session()
    agreement = agreement_of_order(session, require_shown_text(order_no, "order_no"))
    return _terms(session, agreement, at or clock.now(session))


@terms.acts(f"{ORDER}/conflicts/<{ID}:conflict_id>/resolve", takes=ResolveBody, answers=TermsShown)
def resolve(
    session: Session, *, now: datetime, order_no: str, conflict_id: int, side: Side, reason: str
) -> dict[str, Any]:
    """Say which of two values that can't be compared is the less favourable to us."""
    agreement = agreement_of_order(session, require_shown_text(order_no, "order_no"))
    conflict = conflict_of_id(session, conflict_id)
    _require_of(agreement, conflict.agreement_id)
    resolve_conflict(session, conflict, side, reason=reason, actor=g.actor, now=now)
    return _terms(session, agreement, now)


@terms.acts(f"{ORDER}/corrections", takes=CorrectionBody, answers=CorrectionShown, status=HTTPStatus.CREATED)
def propose(
    session: Session,
    *,
    now: datetime,
    order_no: str,
    key: str,
    value: Any,
    instrument_id: int,
    clause: str | None,
    reason: str,
) -> RecordCorrection:
    """Say what a document really says; another person approves."""
    return propose_correction(
        session,
        agreement_of_order(session, require_shown_text(order_no, "order_no")),
        key,
        value,
        instrument_id=instrument_id,
        clause=clause,
        reason=reason,
        actor=g.actor,
        now=now,
    )


@terms.acts(f"{ORDER}/corrections/<{ID}:correction_id>/approve", takes=NothingToAdd, answers=CorrectionShown)
def approve(session: Session, *, now: datetime, order_no: str, correction_id: int) -> RecordCorrection:
    """Approve a correction, as another person; open dates are counted again."""
    correction = _correction(session, order_no, correction_id)
    approve_correction(session, correction, actor=g.actor, now=now)
    return correction


@terms.acts(f"{ORDER}/corrections/<{ID}:correction_id>/reject", takes=GroundsBody, answers=CorrectionShown)
def reject(session: Session, *, now: datetime, order_no: str, correction_id: int, reason: str) -> RecordCorrection:
    """The record was right."""
    correction = _correction(session, order_no, correction_id)
    reject_correction(session, correction, reason=reason, actor=g.actor, now=now)
    return correction


@supplements.reads("", answers=SupplementPage, query=SupplementQuery)
def listed(*, state: str, page: int, size: int, order_no: str | None = None) -> dict[str, Any]:
    """Supplements, the latest first."""
    session = db.session()
    statement = select(Supplement).order_by(Supplement.id.desc())
    if order_no:
        statement = statement.join(Supplement.agreement).where(Agreement.order_no == order_no)
    if state == OPEN:
        statement = statement.where(Supplement.state.in_(OPEN_STATES))
    elif state != ALL:
        statement = statement.where(Supplement.state == SupplementState(state))
    found = page_of_rows(session, statement, page=page, size=size)
    now = clock.now(session)
    found["items"] = [_shown(each, now) for each in found["items"]]
    return found


@supplements.reads(NUMBER, answers=SupplementShown)
def one(number: str) -> dict[str, Any]:
    """One supplement with the terms it changes."""
    session = db.session()
    return _shown(supplement_of_number(session, require_shown_text(number, "number")), clock.now(session))


@supplements.acts("", takes=SupplementBody, answers=SupplementShown, status=HTTPStatus.CREATED)
def draft(
    session: Session,
    *,
    now: datetime,
    order_no: str,
    changes: list[dict[str, Any]],
    asked_for_at: datetime | None,
    reaches_back: bool,
    reason: str,
    file: dict[str, Any] | None,
) -> Created:
    """Draft a supplement; it has no effect before both sides have signed."""
    drafted = acts.draft_supplement(
        session,
        agreement_of_order(session, order_no),
        {each["key"]: Change(each["value"], each["clause"]) for each in changes},
        asked_for_at=asked_for_at,
        reaches_back=reaches_back,
        reason=reason,
        upload=_upload(file),
        actor=g.actor,
        now=now,
    )
    return Created(_shown(drafted, now), url_for(f"{supplements.name}.one", number=drafted.number))


@supplements.acts(f"{NUMBER}/sign/provider", takes=SignBody, answers=SupplementShown)
def sign_for_us(session: Session, *, now: datetime, number: str, **given: Any) -> dict[str, Any]:
    """Sign for us, as another person than drafted it."""
    return _sign(session, number, SigningParty.PROVIDER, now=now, **given)


@supplements.acts(f"{NUMBER}/sign/tenant", takes=SignBody, answers=SupplementShown)
def sign_for_the_tenant(session: Session, *, now: datetime, number: str, **given: Any) -> dict[str, Any]:
    """Record the tenant's signature with the signed document."""
    return _sign(session, number, SigningParty.TENANT, now=now, **given)


def _sign(
    session: Session,
    number: str,
    party: SigningParty,
    *,
    now: datetime,
    version: int,
    signed_at: datetime | None,
    signer: str | None,
    file: dict[str, Any] | None,
) -> dict[str, Any]:
    supplement = supplement_of_number(session, require_shown_text(number, "number"))
    acts.sign(
        session,
        supplement,
        party,
        signed_at=signed_at or now,
        signer=signer or "",
        upload=_upload(file),
        version=version,
        actor=g.actor,
        now=now,
    )
    return _shown(supplement, now)


@supplements.acts(f"{NUMBER}/cancel", takes=CancelBody, answers=SupplementShown)
def cancel(session: Session, *, now: datetime, number: str, version: int, reason: str) -> dict[str, Any]:
    """Drop a supplement that not both have signed."""
    supplement = supplement_of_number(session, require_shown_text(number, "number"))
    acts.cancel(session, supplement, reason=reason, version=version, actor=g.actor, now=now)
    return _shown(supplement, now)


@supplements.reads(f"{NUMBER}/file", answers=A_FILE)
def file(number: str) -> Response:
    """The document that is signed: ours when drafted, the tenant's once it has signed."""
    session = db.session()
    found = supplement_of_number(session, require_shown_text(number, "number")).file
    if found is None:
        raise NotFound(N_("This supplement has no document yet."), field="file")
    return stored_file(session, found)


def _correction(session: Session, order_no: str, correction_id: int) -> RecordCorrection:
    correction = correction_of_id(session, correction_id)
    _require_of(agreement_of_order(session, require_shown_text(order_no, "order_no")), correction.agreement_id)
    return correction


def _require_of(agreement: Agreement, agreement_id: int) -> None:
    if agreement.id != agreement_id:
        raise NotFound(N_("This belongs to another agreement."), field="order_no")


def _upload(file: dict[str, Any] | None) -> Upload | None:
    return None if file is None else Upload(file["name"], file["media_type"], content_of(file, "file"))


def _terms(session: Session, agreement: Agreement, at: datetime) -> dict[str, Any]:
    rows = ledger_of(session, agreement.id, at=at)
    return {
        "order_no": agreement.order_no,
        "at": at,
        "terms": [
            {
                "key": key,
                "annex": _said(rows[key].annex),
                "online": _said(rows[key].online),
                "supplement": _said(rows[key].supplement),
                "applied": _said(rows[key].applied),
                "comparator": judgement.comparator if (judgement := rows[key].standing.judgement) else None,
                "decided": rows[key].standing.decided,
                "conflict_id": conflict.id if (conflict := rows[key].conflict) else None,
            }
            for key in sorted(rows)
        ],
    }


def _said(term: Term | None) -> dict[str, Any] | None:
    if term is None:
        return None
    instrument = term.instrument
    return {
        "value": term.value,
        "clause": term.clause,
        "instrument_id": instrument.id,
        "instrument": instrument.kind,
        "effective_at": instrument.effective_at,
        "sha256": instrument.file.sha256,
    }


def _shown(supplement: Supplement, now: datetime) -> dict[str, Any]:
    return {
        "number": supplement.number,
        "version": supplement.version,
        "order_no": supplement.agreement.order_no,
        "state": state_at(supplement.state, in_force_at=supplement.in_force_at, now=now),
        "changes": supplement.terms,
        "asked_for_at": supplement.asked_for_at,
        "reaches_back": supplement.reaches_back,
        "provider_signed_at": supplement.provider_signed_at,
        "tenant_signed_at": supplement.tenant_signed_at,
        "in_force_at": supplement.in_force_at,
    }
