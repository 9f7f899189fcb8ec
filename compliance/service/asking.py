"""Taking down what a tenant asks to adjust (clause 3.4): nothing is done before its sealed letter is here."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput
from agreements.kernel.instants import legal_date
from agreements.parties.actions import Upload, keep_upload
from agreements.parties.models import OwnPlatform, Tenant
from agreements.parties.platforms import Proof, require_identifier, require_own
from agreements.parties.rules import Ownership, PlatformKind
from agreements.register.models import Agreement
from compliance.service.account_rules import LIFTING, OPEN_ADJUSTMENTS, AdjustmentKind, AdjustmentState
from compliance.service.freezing import CLAUSE, standing_freezes
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
    record_step(session, request, "adjustment.drafted", actor=actor, now=now, details={"kind": kind.value})
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
        require_own(session, tenant, proof_of(platform, None))
    waiting = select(AdjustmentRequest.id).where(
        AdjustmentRequest.tenant_id == tenant.id, AdjustmentRequest.state.in_(OPEN_ADJUSTMENTS)
    )
    if remove is not None:
        waiting = waiting.where(AdjustmentRequest.platform_id == remove.id)
    if hold is not None:
        waiting = waiting.where(AdjustmentRequest.hold_id == hold.id)
    if (remove is not None or hold is not None) and session.scalar(waiting.limit(1)) is not None:
        raise Conflict(N_("A request about this is open already."), code="SAME_REQUEST", clause=CLAUSE)


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


def _as_json(platform: WantedPlatform) -> dict[str, object]:
    return asdict(platform) | {"valid_until": platform.valid_until.isoformat() if platform.valid_until else None}


def proof_of(platform: WantedPlatform, file_id: int | None) -> Proof:
    return Proof(platform.ownership, platform.subject, platform.number, file_id, platform.extension)


def record_step(
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
    """Write the audit row of a step of a request."""
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
