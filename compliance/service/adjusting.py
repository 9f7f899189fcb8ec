"""Taking requests to adjust interface and account through (clause 3.4): sealed letter received, executed or refused."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, InvalidInput, NotFound, Stale
from agreements.kernel.instants import legal_date
from agreements.paper.rules import SignatureAnswer
from agreements.parties.actions import Upload, keep_upload
from agreements.parties.models import Tenant
from agreements.parties.platforms import add_platform, remove_platform
from agreements.parties.proofs import require_of_the_tenant
from compliance.service.account_rules import (
    OPEN_ADJUSTMENTS,
    AdjustmentEvent,
    AdjustmentKind,
    SealBasis,
    adjustment_move,
)
from compliance.service.asking import proof_of, record_step, wanted_platform
from compliance.service.freezing import CLAUSE, lift_freeze
from compliance.service.models_account import AdjustmentRequest

NO_E_SEAL = {
    SignatureAnswer.ALTERED: N_("This letter was altered after its e-seal was put on."),
    SignatureAnswer.NO_SIGNATURE: N_("This PDF bears no e-seal."),
}


def request_of_id(session: Session, tenant: Tenant, request_id: int) -> AdjustmentRequest:
    """Return a tenant's request; any other raises NotFound."""
    request = session.get(AdjustmentRequest, request_id)
    if request is None or request.tenant_id != tenant.id:
        raise NotFound(N_("This tenant has no such request."), field="adjustment")
    return request


def receive_sealed_letter(
    session: Session,
    request: AdjustmentRequest,
    *,
    letter: Upload,
    received_at: datetime,
    basis: SealBasis,
    seal_record: str | None,
    version: int,
    actor: Actor,
    now: datetime,
    answer: SignatureAnswer | None = None,
) -> None:
    """Clause 3.4: the written, sealed request is here and its seal was checked by the actor.

    seal_record  of an e-seal: by what it was verified and with what result; without it the e-seal counts for nothing
    answer       what our own check said of an e-seal; an altered letter or one without an e-seal is refused. None where
                 it was not checked
    """
    require(actor, Permission.CHECK_SEAL)
    if received_at > now:
        raise InvalidInput(N_("The letter can't have come in the future."), field="received_at", clause=CLAUSE)
    if legal_date(received_at) < request.asked_on:
        raise InvalidInput(N_("The letter came before it was asked for."), field="received_at", clause=CLAUSE)
    written = (seal_record or "").strip() or None
    if basis is SealBasis.E_SEAL and written is None:
        raise InvalidInput(
            N_("An e-seal counts only with the record of its verification."),
            field="seal_record",
            clause=CLAUSE,
            remedy=N_("Verify it with the certification body, and write down the result."),
        )
    if basis is SealBasis.E_SEAL and answer is not None and answer in NO_E_SEAL:
        raise InvalidInput(
            NO_E_SEAL[answer],
            code="NO_E_SEAL",
            field="file",
            clause=CLAUSE,
            remedy=N_("Have the tenant send the sealed original, or take a letter sealed on paper as that."),
        )
    require_of_the_tenant(session, letter.content, clause=CLAUSE)
    _move(
        session,
        request,
        AdjustmentEvent.RECEIVE_SEALED,
        version=version,
        values={
            "letter_file_id": keep_upload(session, letter, now=now).id,
            "letter_received_at": received_at,
            "seal_basis": basis,
            "seal_record": written,
            "seal_answer": answer if basis is SealBasis.E_SEAL else None,
            "seal_checked_at": now,
            "seal_checked_by": actor.name,
        },
    )
    record_step(
        session,
        request,
        "adjustment.sealed_received",
        actor=actor,
        now=now,
        as_of=received_at,
        details={"file_id": request.letter_file_id, "basis": basis.value},
    )


def execute(
    session: Session, request: AdjustmentRequest, *, note: str | None, version: int, actor: Actor, now: datetime
) -> None:
    """Clause 3.4: do what the sealed request asks for. A platform changes, a freeze is lifted, in the same transaction.

    note  what was done outside of this system, such as new credentials handed over; needed where nothing else shows it
    """
    require(actor, Permission.EXECUTE_ADJUSTMENT)
    adjustment_move(request.state, AdjustmentEvent.EXECUTE)
    written = (note or "").strip() or None
    outside = (AdjustmentKind.REISSUE, AdjustmentKind.ACCOUNT, AdjustmentKind.INTERFACE)
    if request.kind in outside and written is None:
        raise InvalidInput(N_("Write down what was done."), field="note", clause=CLAUSE)
    cause = f"adjustment:{request.id}"
    made: dict[str, object] = {}
    if request.kind is AdjustmentKind.ADD_PLATFORM:
        wanted = wanted_platform(request)
        added = add_platform(
            session,
            request.tenant,
            wanted.kind,
            wanted.identifier,
            proof=proof_of(wanted, request.proof_file_id),
            valid_until=wanted.valid_until,
            cause=cause,
            actor=actor,
            now=now,
        )
        made["platform_id"] = added.id
    elif request.own_platform is not None:
        remove_platform(session, request.own_platform, cause=cause, actor=actor, now=now)
    if request.hold is not None and request.hold.lifted_at is None:
        lift_freeze(session, request.hold, request, actor=actor, now=now)
    _move(
        session,
        request,
        AdjustmentEvent.EXECUTE,
        version=version,
        values={"executed_at": now, "executed_by": actor.name, "execution_note": written, **made},
    )
    record_step(session, request, "adjustment.executed", actor=actor, now=now, reason=written)


def refuse(
    session: Session, request: AdjustmentRequest, *, reason: str, version: int, actor: Actor, now: datetime
) -> None:
    """Clause 3.4: the request is not carried out, for want of a seal or authority; the reason stays on record."""
    require(actor, Permission.CHECK_SEAL)
    if not reason.strip():
        raise InvalidInput(N_("Say why it is refused; the tenant is told so."), field="reason", clause=CLAUSE)
    _move(
        session,
        request,
        AdjustmentEvent.REFUSE,
        version=version,
        values={"refused_at": now, "refused_by": actor.name, "refused_reason": reason.strip()},
    )
    record_step(session, request, "adjustment.refused", actor=actor, now=now, reason=reason.strip())


def requests_of(session: Session, tenant_id: int) -> list[AdjustmentRequest]:
    """Return a tenant's requests, open ones first, then the latest."""
    return list(
        session.scalars(
            select(AdjustmentRequest)
            .where(AdjustmentRequest.tenant_id == tenant_id)
            .order_by(AdjustmentRequest.state.not_in(OPEN_ADJUSTMENTS), AdjustmentRequest.id.desc())
        )
    )


def _move(
    session: Session,
    request: AdjustmentRequest,
    event: AdjustmentEvent,
    *,
    version: int,
    values: dict[str, object],
) -> None:
    move = adjustment_move(request.state, event)
    moved = session.scalar(
        update(AdjustmentRequest)
        .where(
            AdjustmentRequest.id == request.id,
            AdjustmentRequest.version == version,
            AdjustmentRequest.state.in_(move.sources),
        )
        .values(state=move.target, version=version + 1, **values)
        .returning(AdjustmentRequest.id)
    )
    if moved is None:
        raise Stale(
            N_("Somebody else acted on this request meanwhile; nothing was done."),
            clause=CLAUSE,
            remedy=N_("Look at the request as it is now, then decide again."),
        )
    session.refresh(request)
