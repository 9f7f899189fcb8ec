"""Taking in what a source announces, and correcting what was typed of it (clause 2.4)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, IllegalMove, InvalidInput
from agreements.parties.actions import Upload, keep_upload
from agreements.products.models import DataSource, Product
from agreements.products.sources import only_served_from, products_of_source
from compliance.upstream.deciding import decide_triage, tell_gateways
from compliance.upstream.models import UpstreamChange, UpstreamKind, UpstreamProduct
from compliance.upstream.moving import (
    cause_of,
    record,
    require_version,
    write_change,
)
from compliance.upstream.rules import (
    BEFORE_DISPATCH,
    CANCELLATIONS,
    WITHOUT_FILE,
    ChangeKind,
    ChangeState,
    ReceivedVia,
    Triage,
    check_receipt,
)

LONGEST_SUBJECT = 200
LONGEST_SUMMARY = 900


@dataclass(frozen=True, slots=True)
class Content:
    """What a source announces.

    kinds         at least one
    subject       one line: what changes; it goes into the letters, so it names no tenant and no source
    summary       what the source said, word for word in the letters: again no names, and nothing told us in
                  confidence, such as what we pay; empty takes the subject
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
    tell_gateways(session, change, "upstream.restated", now=now)
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
    tell_gateways(session, change, "upstream.restated", now=now)


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


def _details(change: UpstreamChange) -> dict[str, object]:
    return {
        "kinds": sorted(change.kinds),
        "products": [row.product_id for row in change.products],
        "cancelled": [row.product_id for row in change.products if row.is_cancelled],
        "effective_on": change.effective_on.isoformat() if change.effective_on else None,
        "cause": cause_of(change.id),
    }
