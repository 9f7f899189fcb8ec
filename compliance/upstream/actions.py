"""Taking in what a source announces, reading it under 2.4 or 4.3, and closing it (domain 6.7)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from agreements.kernel import revisions
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, IllegalMove, InvalidInput
from agreements.parties.actions import Upload, keep_upload
from agreements.products.models import DataSource, Product
from agreements.products.sources import only_served_from, products_of_source
from compliance.alarms.actions import settle_alarms
from compliance.alarms.rules import AlarmKind
from compliance.obligations.actions import void
from compliance.upstream.judging import OURS, waits_for_arrival
from compliance.upstream.models import UpstreamChange, UpstreamImpact, UpstreamKind, UpstreamProduct
from compliance.upstream.moving import (
    cause_of,
    move_change,
    move_impact,
    record,
    require_text,
    require_version,
    write_change,
)
from compliance.upstream.rules import (
    CANCELLATIONS,
    RELEVANT,
    WITHOUT_FILE,
    ChangeEvent,
    ChangeKind,
    ChangeState,
    ImpactEvent,
    ImpactState,
    ReceivedVia,
    Triage,
    check_receipt,
    require_closable,
)

LONGEST_SUBJECT = 200
LONGEST_SUMMARY = 900
BEFORE_DISPATCH = (ChangeState.RECEIVED, ChangeState.TRIAGED, ChangeState.MAPPED)


@dataclass(frozen=True, slots=True)
class Content:
    """What a source announces.

    kinds         at least one
    subject       one line: what changes; it goes into the letters, so it names no tenant and no source
    summary       what the source said, for the letters; empty takes the subject
    effective_on  Shanghai date from which it holds; None where the source named none
    products      what it touches; None takes all that the source serves
    cancelled     ids of the products that stop as a whole; None takes, for a full cancellation, those that no other
                  source serves, and none otherwise
    """

    kinds: frozenset[ChangeKind]
    subject: str
    summary: str = ""
    effective_on: date | None = None
    products: tuple[Product, ...] | None = None
    cancelled: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """When and how an announcement reached us; `upload` is the original, needed but for a call or our own finding."""

    received_at: datetime
    received_via: ReceivedVia
    upload: Upload | None = None


def record_receipt(
    session: Session,
    source: DataSource,
    content: Content,
    receipt: Receipt,
    *,
    triage: Triage | None = None,
    actor: Actor,
    now: datetime,
) -> UpstreamChange:
    """Clause 2.4: the source's notice reached us, and the day runs from then, whenever it is typed in (T-13, E-22).

    triage  what a legal officer reads in it at once; then nobody has to click again before the notices go out. None
            leaves it to legal, who is called after an hour; the clock does not wait.
    Raises Conflict (SAME_NOTICE) where the very same notice is on record.
    """
    require(actor, Permission.RECORD_UPSTREAM)
    if triage is not None:
        require(actor, Permission.HANDLE_UPSTREAM)
    change = enter(session, source, content, receipt, amends=None, actor=actor, now=now)
    if triage is not None:
        decide_triage(session, change, triage, reason="", version=change.version, actor=actor, now=now)
    return change


def enter(
    session: Session,
    source: DataSource,
    content: Content,
    receipt: Receipt,
    *,
    amends: UpstreamChange | None,
    actor: Actor,
    now: datetime,
) -> UpstreamChange:
    """Write down one announcement with its products. The right to do so is checked by the caller."""
    subject, summary = _check(content)
    check_receipt(received_at=receipt.received_at, effective_on=content.effective_on, now=now)
    if receipt.upload is None and receipt.received_via not in WITHOUT_FILE:
        raise InvalidInput(
            N_("Attach the source's notice."),
            field="file",
            clause="2.4",
            remedy=N_("Only what was said by telephone, or found by ourselves, has no file."),
        )
    same = select(UpstreamChange.id).where(
        UpstreamChange.data_source_id == source.id,
        UpstreamChange.received_at == receipt.received_at,
        UpstreamChange.subject == subject,
    )
    if session.scalar(same) is not None:
        raise Conflict(N_("This notice of the source is on record already."), code="SAME_NOTICE", clause="2.4")
    change = UpstreamChange(
        data_source_id=source.id,
        subject=subject,
        summary=summary,
        effective_on=content.effective_on,
        file_id=keep_upload(session, receipt.upload, now=now).id if receipt.upload else None,
        received_at=receipt.received_at,
        received_via=receipt.received_via,
        recorded_at=now,
        recorded_by=actor.name,
        state=ChangeState.RECEIVED,
        version=1,
        amends_id=amends.id if amends else None,
    )
    session.add(change)
    session.flush()  # kinds, products and the audit row name its id
    _set_content(session, change, content)
    record(
        session,
        change,
        "upstream.received",
        actor=actor,
        now=now,
        as_of=receipt.received_at,
        details=_details(change) | {"via": receipt.received_via.value, "amends": change.amends_id},
    )
    return change


def restate(
    session: Session, change: UpstreamChange, content: Content, *, version: int, actor: Actor, now: datetime
) -> None:
    """Correct what was typed in a hurry, as long as no letter says it; the receipt and its clock stay.

    An agreement that was mapped by a product named in error is taken out by `exempt`. What the source itself corrects
    is an amendment.
    """
    require(actor, Permission.HANDLE_UPSTREAM)
    require_version(change, version)
    if change.state not in BEFORE_DISPATCH:
        raise IllegalMove(
            N_("The notices of this change have gone out with what was recorded."),
            clause="2.4",
            remedy=N_("Record the source's correction as an amendment."),
        )
    subject, summary = _check(content)
    before = _details(change)
    write_change(
        session,
        change,
        values={"subject": subject, "summary": summary, "effective_on": content.effective_on},
    )
    _set_content(session, change, content)
    record(
        session,
        change,
        "upstream.restated",
        actor=actor,
        now=now,
        details={"before": before, "after": _details(change)},
    )
    _tell_gateways(session, change, "upstream.restated", now=now)


def decide_triage(
    session: Session,
    change: UpstreamChange,
    triage: Triage,
    *,
    reason: str,
    version: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Domain 6.7: legal reads the notice under 2.4, 4.3, both or neither; only what 2.4 covers is sent out.

    reason  needed where it is no matter of 2.4. Where agreements were mapped meanwhile, saying so takes an approver,
            for it ends duties that have begun.
    """
    is_relevant = triage in RELEVANT
    has_impacts = change.mapped_at is not None and _impacts(session, change)
    require(actor, Permission.HANDLE_UPSTREAM if is_relevant or not has_impacts else Permission.SETTLE_UPSTREAM)
    require_version(change, version)
    if change.triage is not None:
        raise IllegalMove(N_("Legal has read this notice already."), clause="2.4")
    if not is_relevant:
        reason = require_text(reason, "reason")
    values: dict[str, object] = {
        "triage": triage,
        "triage_reason": reason.strip() or None,
        "triaged_at": now,
        "triaged_by": actor.name,
    }
    if change.state is ChangeState.MAPPED:  # the scheduler knew the products before legal read the notice
        write_change(session, change, values=values)
        record(
            session,
            change,
            "upstream.triage",
            actor=actor,
            now=now,
            reason=reason or None,
            details={"triage": triage.value},
        )
    else:
        move_change(
            session,
            change,
            ChangeEvent.TRIAGE,
            actor=actor,
            now=now,
            reason=reason or None,
            values=values,
            details={"triage": triage.value},
        )
    if is_relevant:
        _tell_gateways(session, change, "upstream.triage", now=now)
    else:
        for impact in _impacts(session, change):
            _exempt(session, impact, reason=reason, actor=actor, now=now)
    dealt_with = (AlarmKind.UPSTREAM_UNREAD,) if is_relevant else OURS
    settle_alarms(session, cause=cause_of(change.id), kinds=dealt_with, actor=actor, now=now)


def exempt(session: Session, impact: UpstreamImpact, *, reason: str, actor: Actor, now: datetime) -> None:
    """Domain 6.7: an approver finds one agreement not affected; its duty falls away, the reason stays."""
    require(actor, Permission.SETTLE_UPSTREAM)
    if impact.notice_id is not None:
        raise IllegalMove(
            N_("The notice of this agreement has been issued already."),
            clause="2.4",
            remedy=N_("Let it arrive; the tenant's answer settles it."),
        )
    _exempt(session, impact, reason=require_text(reason, "reason"), actor=actor, now=now)
    if not waits_for_arrival(session, impact.change_id):
        settle_alarms(session, cause=cause_of(impact.change_id), kinds=OURS, actor=actor, now=now)


def _exempt(session: Session, impact: UpstreamImpact, *, reason: str, actor: Actor, now: datetime) -> None:
    if impact.state is not ImpactState.PENDING:
        return
    move_impact(
        session, impact, ImpactEvent.EXEMPT, actor=actor, now=now, reason=reason, values={"exempt_reason": reason}
    )
    void(session, impact.obligation, reason=reason, actor=actor, now=now)


def close(session: Session, change: UpstreamChange, *, note: str, version: int, actor: Actor, now: datetime) -> None:
    """Domain 6.7: every agreement is settled and the change is in effect, withdrawn or none of 2.4."""
    require(actor, Permission.HANDLE_UPSTREAM)
    require_version(change, version)
    require_closable(
        change.state,
        triage=change.triage,
        effective_on=change.effective_on,
        impacts=[impact.state for impact in _impacts(session, change)],
    )
    move_change(
        session,
        change,
        ChangeEvent.CLOSE,
        actor=actor,
        now=now,
        reason=note.strip() or None,
        values={"closed_at": now, "closing_note": note.strip() or None},
    )


def restore_product(
    session: Session, change: UpstreamChange, product_id: int, *, reason: str, actor: Actor, now: datetime
) -> None:
    """Another source took over: a product that this change cancelled is on offer again from now on."""
    require(actor, Permission.SETTLE_UPSTREAM)
    row = session.get(UpstreamProduct, (change.id, product_id))
    if row is None or not row.is_cancelled or row.restored_at is not None:
        raise Conflict(N_("This product is not withdrawn by this change."), clause="2.4")
    reason = require_text(reason, "reason")
    row.restored_at = now
    row.restored_by = actor.name
    record(
        session,
        change,
        "upstream.product_restored",
        actor=actor,
        now=now,
        reason=reason,
        details={"product_id": product_id},
    )
    revisions.raise_revision(session, tenant_id=None, cause="upstream.product_restored", now=now)


def _check(content: Content) -> tuple[str, str]:
    """Return subject and summary as they will stand in the letters."""
    subject = " ".join(content.subject.split())
    summary = " ".join(content.summary.split()) or subject
    if not content.kinds:
        raise InvalidInput(N_("Choose what changes."), field="kinds", clause="2.4")
    if not 0 < len(subject) <= LONGEST_SUBJECT:
        raise InvalidInput(
            N_("Say in one line of at most %(most)s characters what changes."),
            field="subject",
            clause="2.4",
            most=LONGEST_SUBJECT,
        )
    if len(summary) > LONGEST_SUMMARY:
        raise InvalidInput(
            N_("The summary has at most %(most)s characters; the original is kept as a file."),
            field="summary",
            clause="2.4",
            most=LONGEST_SUMMARY,
        )
    if content.cancelled and not content.kinds & CANCELLATIONS:
        raise InvalidInput(
            N_("Products stop only where the source cancels them."),
            field="cancelled",
            clause="2.4",
            remedy=N_("Choose a partial or a full cancellation too."),
        )
    return subject, summary


def _set_content(session: Session, change: UpstreamChange, content: Content) -> None:
    products = content.products
    if products is None:
        products = tuple(products_of_source(session, change.data_source_id))
    cancelled = content.cancelled
    if cancelled is None:
        is_full = ChangeKind.FULL_CANCELLATION in content.kinds
        cancelled = frozenset(only_served_from(session, change.data_source_id)) if is_full else frozenset()
    session.execute(delete(UpstreamKind).where(UpstreamKind.change_id == change.id))
    session.execute(delete(UpstreamProduct).where(UpstreamProduct.change_id == change.id))
    session.expire(change, ["kind_rows", "products"])
    session.add_all(UpstreamKind(change_id=change.id, kind=kind) for kind in sorted(content.kinds))
    session.add_all(
        UpstreamProduct(change_id=change.id, product_id=product.id, is_cancelled=product.id in cancelled)
        for product in products
    )
    session.flush()  # the audit row reads them back
    session.refresh(change)


def _tell_gateways(session: Session, change: UpstreamChange, cause: str, *, now: datetime) -> None:
    if any(row.is_cancelled for row in change.products):
        revisions.raise_revision(session, tenant_id=None, cause=cause, now=now)


def _impacts(session: Session, change: UpstreamChange) -> list[UpstreamImpact]:
    return list(
        session.scalars(select(UpstreamImpact).where(UpstreamImpact.change_id == change.id).order_by(UpstreamImpact.id))
    )


def _details(change: UpstreamChange) -> dict[str, object]:
    return {
        "kinds": sorted(change.kinds),
        "products": [row.product_id for row in change.products],
        "cancelled": [row.product_id for row in change.products if row.is_cancelled],
        "effective_on": change.effective_on.isoformat() if change.effective_on else None,
        "cause": cause_of(change.id),
    }
