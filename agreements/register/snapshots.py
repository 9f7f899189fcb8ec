"""The product page as displayed when the order was placed: it governs specification and configuration (main 二 1)."""

from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import update
from sqlalchemy.orm import Session

from agreements.kernel import audit, revisions
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput
from agreements.parties.actions import Upload, keep_upload
from agreements.register.models import Agreement
from agreements.register.rules import IN_FORCE, AgreementState, SpecKind
from agreements.register.term_models import SpecSnapshot

CLAUSE = "二 1"
RUNNING = (AgreementState.PENDING_PAYMENT, *IN_FORCE)


def snapshot_of(session: Session, agreement_id: int) -> SpecSnapshot | None:
    return session.get(SpecSnapshot, agreement_id)


def record_snapshot(
    session: Session,
    agreement: Agreement,
    *,
    url: str,
    displayed_at: datetime,
    calls_each: int | None,
    bonus_each: int,
    upload: Upload | None,
    actor: Actor,
    now: datetime,
) -> SpecSnapshot:
    """Keep the page with its hash. Where it gives more or fewer calls than the form, the page governs the quota.

    displayed_at          when it was displayed: the time of ordering
    calls_each            calls of one unit by the page, bonus not among them; None where it gives none
    """
    require(actor, Permission.RECORD_ONLINE_TERMS)
    if urlsplit(url).scheme not in ("http", "https") or len(url) > 500 or not url.isprintable():
        raise InvalidInput(N_("Give the page's address, beginning with https://."), field="url", clause=CLAUSE)
    if displayed_at > now:
        raise InvalidInput(N_("The page can't have been displayed in the future."), field="displayed_at", clause=CLAUSE)
    if upload is None:
        raise InvalidInput(N_("The saved page is missing."), field="file", clause=CLAUSE)
    if bonus_each < 0 or (calls_each is not None and calls_each < 1) or (bonus_each and calls_each is None):
        raise InvalidInput(N_("Write the calls of one unit, and the bonus apart."), field="calls_each", clause=CLAUSE)
    if snapshot_of(session, agreement.id) is not None:
        raise Conflict(N_("The page of this order is kept already."), code="SNAPSHOT_KNOWN", clause=CLAUSE)
    snapshot = SpecSnapshot(
        agreement_id=agreement.id,
        url=url,
        displayed_at=displayed_at,
        file_id=keep_upload(session, upload, now=now).id,
        calls_each=calls_each,
        bonus_each=bonus_each,
        quota_of_form=agreement.quota_total,
        recorded_at=now,
        recorded_by=actor.name,
    )
    session.add(snapshot)
    quota = _quota_by_page(agreement, calls_each, bonus_each)
    audit.record(
        session,
        actor=actor,
        act="spec_snapshot.recorded",
        subject=f"agreement:{agreement.id}",
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause=CLAUSE,
        now=now,
        as_of=displayed_at,
        details={"file_id": snapshot.file_id, "quota_of_form": agreement.quota_total, "quota_of_page": quota},
    )
    if quota is not None and quota != agreement.quota_total and agreement.state in RUNNING:
        session.execute(update(Agreement).where(Agreement.id == agreement.id).values(quota_total=quota))
        session.refresh(agreement)
        revisions.raise_revision(session, tenant_id=agreement.tenant_id, cause="spec_snapshot.recorded", now=now)
    return snapshot


def _quota_by_page(agreement: Agreement, calls_each: int | None, bonus_each: int) -> int | None:
    if calls_each is None or agreement.spec_kind is not SpecKind.PACK or agreement.quota_unlimited:
        return None
    return (calls_each + bonus_each) * agreement.quantity
