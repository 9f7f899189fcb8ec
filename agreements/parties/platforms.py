"""The tenant's own platforms (clause 2.3): recorded with proof of ownership, looked at again, taken off."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit, policies, revisions
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, Stale
from agreements.kernel.instants import end_of, legal_date
from agreements.parties.actions import Upload, keep_upload
from agreements.parties.models import OwnPlatform, PartyName, Tenant
from agreements.parties.rules import Ownership, PlatformKind, normalised_name

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that a platform is the tenant's own.

    subject    whom the record names, such as the subject of an ICP filing; must be the tenant, by a present or former
               name, unless `extension` names the clause or supplement that lets it use another's platform
    """

    ownership: Ownership
    subject: str
    number: str | None = None
    file_id: int | None = None
    extension: str | None = None


def platform_of_id(session: Session, tenant: Tenant, platform_id: int) -> OwnPlatform:
    """Return a tenant's platform; any other raises NotFound."""
    platform = session.get(OwnPlatform, platform_id)
    if platform is None or platform.tenant_id != tenant.id:
        raise NotFound(N_("This tenant has no such platform."), field="platform")
    return platform


def require_identifier(session: Session, tenant: Tenant, kind: PlatformKind, identifier: str, *, now: datetime) -> str:
    """Return the identifier as recorded; refuse an unfit one and one that is on the list already."""
    written = identifier.strip().lower()
    if not written or len(written) > LONGEST:
        raise InvalidInput(N_("A platform needs a name of at most 200 characters."), field="identifier")
    same = session.scalar(
        select(OwnPlatform.id).where(
            OwnPlatform.tenant_id == tenant.id,
            OwnPlatform.kind == kind,
            OwnPlatform.identifier == written,
            OwnPlatform.removed_at.is_(None),
            or_(OwnPlatform.valid_until_at.is_(None), OwnPlatform.valid_until_at > now),
        )
    )
    if same is not None:
        raise Conflict(N_("This platform is on the list already."), code="SAME_PLATFORM", clause="2.3")
    return written


def require_own(session: Session, tenant: Tenant, proof: Proof) -> None:
    """Clause 2.3: own means the tenant's; an affiliate is another, unless an instrument says otherwise."""
    if not proof.subject.strip():
        raise InvalidInput(N_("Say whom the proof names."), field="proof_subject", clause="2.3")
    if is_the_tenant(session, tenant, proof.subject) or (proof.extension or "").strip():
        return
    raise InvalidInput(
        N_("The proof names “%(subject)s”, which is not the tenant."),
        field="proof_subject",
        clause="2.3",
        remedy=N_("Name the supplement that extends the limit to this platform, or get the right proof."),
        subject=proof.subject.strip(),
    )


def is_the_tenant(session: Session, tenant: Tenant, name: str) -> bool:
    """Say whether a name is the tenant's, today's or a former one, whatever the spelling."""
    plain = normalised_name(name)
    if plain == tenant.party.normalised_name or plain == normalised_name(tenant.party.name_en or "\0"):
        return True
    former = select(PartyName.id).where(PartyName.party_id == tenant.party_id, PartyName.normalised_name == plain)
    return session.scalars(former.limit(1)).first() is not None


def add_platform(
    session: Session,
    tenant: Tenant,
    kind: PlatformKind,
    identifier: str,
    *,
    proof: Upload | Proof | None,
    valid_until: date | None = None,
    cause: str | None = None,
    actor: Actor,
    now: datetime,
) -> OwnPlatform:
    """Clause 2.3: record a platform of the tenant's own, in force from now.

    proof        a `Proof` is judged; a bare file is kept, and the ownership stands to be checked
    valid_until  last day; None for as long as the agreements last
    cause        the sealed request behind it; the use case above decides whether one is needed (clause 3.4)
    """
    if cause is None:
        require(actor, Permission.RECORD_DOCUMENTS)
    written = require_identifier(session, tenant, kind, identifier, now=now)
    if valid_until is not None and valid_until < legal_date(now):
        raise InvalidInput(N_("The platform's last day has passed."), field="valid_until")
    row = OwnPlatform(
        tenant_id=tenant.id,
        kind=kind,
        identifier=written,
        valid_from_at=now,
        valid_until_at=end_of(valid_until) if valid_until else None,
        recheck_on=next_check_on(session, now=now),
        added_cause=cause,
    )
    if isinstance(proof, Proof):
        require_own(session, tenant, proof)
        row.ownership, row.proof_subject, row.proof_number = proof.ownership, proof.subject.strip(), proof.number
        row.proof_file_id, row.extension_clause = proof.file_id, proof.extension
        row.checked_at, row.checked_by = now, actor.name
    elif proof is not None:
        row.proof_file_id = keep_upload(session, proof, now=now).id
    session.add(row)
    session.flush()  # the audit row names its id
    _record(session, row, "platform.added", actor=actor, now=now, details={"kind": kind.value, "cause": cause})
    return row


def remove_platform(session: Session, platform: OwnPlatform, *, cause: str, actor: Actor, now: datetime) -> None:
    """Clauses 2.3, 3.4: take a platform off the list from now on; `cause` is the sealed request that asks for it."""
    moved = session.scalar(
        update(OwnPlatform)
        .where(OwnPlatform.id == platform.id, OwnPlatform.removed_at.is_(None))
        .values(removed_at=max(now, platform.valid_from_at), removed_cause=cause)
        .returning(OwnPlatform.id)
    )
    if moved is None:
        raise Stale(N_("This platform was taken off the list meanwhile."), clause="2.3")
    session.refresh(platform)
    _record(session, platform, "platform.removed", actor=actor, now=now, details={"cause": cause})


def confirm_ownership(session: Session, platform: OwnPlatform, proof: Proof, *, actor: Actor, now: datetime) -> None:
    """Clause 2.3: somebody looked again and it is the tenant's own still; a doubt ends with it."""
    require(actor, Permission.RECORD_DOCUMENTS)
    _require_listed(platform)
    require_own(session, platform.tenant, proof)
    platform.ownership, platform.proof_subject, platform.proof_number = (
        proof.ownership,
        proof.subject.strip(),
        proof.number,
    )
    platform.proof_file_id = proof.file_id or platform.proof_file_id
    platform.extension_clause = proof.extension
    platform.checked_at, platform.checked_by = now, actor.name
    platform.doubted_at = platform.doubt = None
    platform.recheck_on = next_check_on(session, now=now)
    _record(session, platform, "platform.ownership_confirmed", actor=actor, now=now)


def doubt_ownership(session: Session, platform: OwnPlatform, *, found: str, actor: Actor, now: datetime) -> None:
    """E-46: the look found another owner. The platform stays allowed: stopping is a case's matter, not silent removal.

    found  what was found and where; stays on record
    """
    require(actor, Permission.RECORD_DOCUMENTS)
    _require_listed(platform)
    if not found.strip():
        raise InvalidInput(N_("Write down what was found and where."), field="found", clause="2.3")
    platform.checked_at, platform.checked_by = now, actor.name
    platform.doubted_at, platform.doubt = now, found.strip()
    platform.recheck_on = next_check_on(session, now=now)
    _record(session, platform, "platform.ownership_doubted", actor=actor, now=now, reason=found.strip())


def next_check_on(session: Session, *, now: datetime) -> date:
    """Return the day on which an ownership looked at now is to be looked at again [P]."""
    count = int(policies.value_of(session, "platform_recheck_calendar_days", at=now))
    return legal_date(now) + timedelta(days=count)


def _require_listed(platform: OwnPlatform) -> None:
    if platform.removed_at is not None:
        raise Conflict(N_("This platform is not on the list any more."), clause="2.3")


def _record(
    session: Session,
    platform: OwnPlatform,
    act: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    details: dict[str, object] | None = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"platform:{platform.id}",
        tenant_id=platform.tenant_id,
        clause="2.3",
        now=now,
        reason=reason,
        details=details,
    )
    revisions.raise_revision(session, tenant_id=platform.tenant_id, cause=act, now=now)
