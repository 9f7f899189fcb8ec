"""Requests to adjust interface and account (clause 3.4): drafted, sealed letter received, executed or refused."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, Stale
from agreements.kernel.instants import legal_date
from agreements.parties.actions import Upload, keep_upload
from agreements.parties.models import OwnPlatform, Tenant
from agreements.parties.platforms import Proof, add_platform, remove_platform, require_identifier, require_own
from agreements.parties.rules import Ownership, PlatformKind
from agreements.register.models import Agreement
from compliance.service.account_rules import (
    LIFTING,
    OPEN_ADJUSTMENTS,
    AdjustmentEvent,
    AdjustmentKind,
    AdjustmentState,
    SealBasis,
    adjustment_move,
)
from compliance.service.freezing import CLAUSE, lift_freeze, standing_freezes
from compliance.service.models import Hold, ServiceActivation
from compliance.service.models_account import AdjustmentRequest


@dataclass(frozen=True, slots=True)
class WantedPlatform:
    """A platform to add; `subject` is whom the proof of ownership names, `valid_until` its last day."""

    kind: PlatformKind
    identifier: str
    ownership: Ownership
    subject: str
    number: str | None = None
    extension: str | None = None
    valid_until: date | None = None


def request_of_id(session: Session, tenant: Tenant, request_id: int) -> AdjustmentRequest:
    """Return a tenant's request; any other raises NotFound."""
    request = session.get(AdjustmentRequest, request_id)
    if request is None or request.tenant_id != tenant.id:
        raise NotFound(N_("This tenant has no such request."), field="adjustment")
    return request


def needs_sealed_request(session: Session, tenant_id: int) -> bool:
    """Clause 3.4: from the first activation on a change of the list of platforms is an adjustment of the account."""
    activated = (
        select(ServiceActivation.agreement_id)
        .join(Agreement, Agreement.id == ServiceActivation.agreement_id)
        .where(Agreement.tenant_id == tenant_id)
        .limit(1)
    )
    return session.scalar(activated) is not None


def require_onboarding(session: Session, tenant: Tenant) -> None:
    """Refuse a change of the list of platforms that no sealed request asked for, once a service was opened."""
    if needs_sealed_request(session, tenant.id):
        raise Conflict(
            N_("The service is open, so a change of platforms is an adjustment of the account."),
            code="SEAL_MISSING",
            clause=CLAUSE,
            remedy=N_("Record the tenant's sealed request; executing it changes the list."),
        )


def draft_request(
    session: Session,
    tenant: Tenant,
    kind: AdjustmentKind,
    *,
    asked: str,
    asked_on: date,
    agreement: Agreement | None = None,
    platform: WantedPlatform | None = None,
    proof: Upload | None = None,
    remove: OwnPlatform | None = None,
    hold: Hold | None = None,
    actor: Actor,
    now: datetime,
) -> AdjustmentRequest:
    """Clause 3.4: write down what the tenant asks for. Nothing is done by it.

    platform, proof  what is to be added, and the file that shows it is the tenant's own
    remove           the platform to take off the list
    hold             the freeze to lift; a reissue may name one too, and lifts it
    """
    require(actor, Permission.RECORD_ADJUSTMENT)
    if not asked.strip():
        raise InvalidInput(N_("Write down what is asked for."), field="asked", clause=CLAUSE)
    if asked_on > legal_date(now):
        raise InvalidInput(N_("The request lies in the future."), field="asked_on", clause=CLAUSE)
    _require_subject(session, tenant, kind, platform=platform, remove=remove, hold=hold, now=now)
    request = AdjustmentRequest(
        tenant_id=tenant.id,
        agreement_id=agreement.id if agreement else None,
        kind=kind,
        state=AdjustmentState.DRAFT,
        asked=asked.strip(),
        asked_on=asked_on,
        drafted_at=now,
        drafted_by=actor.name,
        platform=_as_json(platform) if platform else None,
        platform_id=remove.id if remove else None,
        proof_file_id=keep_upload(session, proof, now=now).id if proof else None,
        hold_id=hold.id if hold else None,
    )
    session.add(request)
    session.flush()  # the audit row names its id
    _record(session, request, "adjustment.drafted", actor=actor, now=now, details={"kind": kind.value})
    return request


def _require_subject(
    session: Session,
    tenant: Tenant,
    kind: AdjustmentKind,
    *,
    platform: WantedPlatform | None,
    remove: OwnPlatform | None,
    hold: Hold | None,
    now: datetime,
) -> None:
    if (platform is not None) != (kind is AdjustmentKind.ADD_PLATFORM):
        raise InvalidInput(N_("Name the platform that is to be added."), field="identifier", clause=CLAUSE)
    if (remove is not None) != (kind is AdjustmentKind.REMOVE_PLATFORM):
        raise InvalidInput(N_("Choose the platform that is to be removed."), field="platform", clause=CLAUSE)
    if hold is None and kind is AdjustmentKind.UNFREEZE:
        raise InvalidInput(N_("Choose the freeze that is to be lifted."), field="freeze", clause=CLAUSE)
    if hold is not None and (kind not in LIFTING or hold not in standing_freezes(session, tenant)):
        raise InvalidInput(N_("This freeze can't be lifted by this request."), field="freeze", clause=CLAUSE)
    if platform is not None:
        require_identifier(session, tenant, platform.kind, platform.identifier, now=now)
        require_own(session, tenant, _proof(platform, None))
    waiting = select(AdjustmentRequest.id).where(
        AdjustmentRequest.tenant_id == tenant.id, AdjustmentRequest.state.in_(OPEN_ADJUSTMENTS)
    )
    if remove is not None:
        waiting = waiting.where(AdjustmentRequest.platform_id == remove.id)
    if hold is not None:
        waiting = waiting.where(AdjustmentRequest.hold_id == hold.id)
    if (remove is not None or hold is not None) and session.scalar(waiting.limit(1)) is not None:
        raise Conflict(N_("A request about this is open already."), code="SAME_REQUEST", clause=CLAUSE)


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
) -> None:
    """Clause 3.4: the written, sealed request is here and its seal was checked by the actor.

    seal_record  of an e-seal: by what it was verified and with what result; without it the e-seal counts for nothing
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
            "seal_checked_at": now,
            "seal_checked_by": actor.name,
        },
    )
    _record(
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
            proof=_proof(wanted, request.proof_file_id),
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
    _record(session, request, "adjustment.executed", actor=actor, now=now, reason=written)


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
    _record(session, request, "adjustment.refused", actor=actor, now=now, reason=reason.strip())


def wanted_platform(request: AdjustmentRequest) -> WantedPlatform:
    """Return the platform that a request asks to add."""
    stored = dict(request.platform or {})
    last_day = stored.pop("valid_until")
    return WantedPlatform(
        kind=PlatformKind(stored.pop("kind")),
        ownership=Ownership(stored.pop("ownership")),
        valid_until=date.fromisoformat(last_day) if last_day else None,
        **stored,
    )


def requests_of(session: Session, tenant_id: int) -> list[AdjustmentRequest]:
    """Return a tenant's requests, open ones first, then the latest."""
    return list(
        session.scalars(
            select(AdjustmentRequest)
            .where(AdjustmentRequest.tenant_id == tenant_id)
            .order_by(AdjustmentRequest.state.not_in(OPEN_ADJUSTMENTS), AdjustmentRequest.id.desc())
        )
    )


def _as_json(platform: WantedPlatform) -> dict[str, object]:
    return asdict(platform) | {"valid_until": platform.valid_until.isoformat() if platform.valid_until else None}


def _proof(platform: WantedPlatform, file_id: int | None) -> Proof:
    return Proof(platform.ownership, platform.subject, platform.number, file_id, platform.extension)


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


def _record(
    session: Session,
    request: AdjustmentRequest,
    act: str,
    *,
    actor: Actor,
    now: datetime,
    as_of: datetime | None = None,
    reason: str | None = None,
    details: dict[str, object] | None = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"adjustment:{request.id}",
        tenant_id=request.tenant_id,
        agreement_id=request.agreement_id,
        clause=CLAUSE,
        reason=reason,
        now=now,
        as_of=as_of or now,
        details=details,
    )
