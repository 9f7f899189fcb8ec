"""Everything that the tenant page says: standing and why, documents, platforms, contacts, changes, duties."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from agreements.calendar.actions import working_calendar
from agreements.calendar.deadline_table import Debtor
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.files import StoredFile
from agreements.kernel.instants import legal_date
from agreements.parties.actions import address_in_clear, contact_details, notice_address_in_force
from agreements.parties.models import Contact, NoticeAddress, OwnPlatform, QualificationDocument, Tenant
from agreements.parties.rules import NoticeChannel
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import OPEN_CASE_STATES
from compliance.changes.models import ChangeEvent, ChangeNotice, ChangeNoticeItem
from compliance.desk import rules
from compliance.desk.cases import CaseRow, case_rows
from compliance.desk.duties import Duty, duties
from compliance.desk.holds import HoldRow, hold_rows, stands
from compliance.desk.reading import Position, lacking_by_tenant, positions_of
from compliance.desk.rules import Standing
from compliance.expiry.reading import Outlook, outlooks_of_documents
from compliance.gateway.actions import Answer, Question, answers_to
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES, ObligationState
from compliance.service.models import Hold
from compliance.service.models_account import AdjustmentRequest
from compliance.service.rules import HoldGround
from compliance.upstream.models import UpstreamImpact
from compliance.upstream.reading import impacts_of_tenant

AGREEMENTS_SHOWN = 50
CONTACTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class MaskedContact:
    """A contact, masked; `order_no` of the agreement whose header it came with."""

    contact: Contact
    order_no: str | None
    name: str | None
    phone: str | None
    email: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change with its clocks, one an agreement, and the tenant's notices of it, earliest arrival first."""

    change: ChangeEvent
    duties: list[Duty]
    notices: list[ChangeNotice]

    @property
    def is_open(self) -> bool:
        return any(duty.obligation.state in OPEN_STATES for duty in self.duties)


@dataclass(frozen=True, slots=True)
class Kept:
    """How many duties were performed, and how many of them late."""

    performed: int
    late: int


@dataclass(frozen=True, slots=True)
class TenantRecord:
    """A tenant with all that hangs on it.

    lacking  what is missing before activation, as words of the catalogue
    answers  what the gateway answers now, by product
    theirs, ours  open duties of the tenant, and of us towards it; `kept` what was performed before
    outlooks      warnings before documents expire, by document
    impacts       changes at data sources that touch its agreements, latest receipt first
    """

    tenant: Tenant
    standing: Standing
    open_cases: list[CaseRow]
    holds: list[HoldRow]
    answers: list[Answer]
    agreements: list[Agreement]
    agreements_total: int
    positions: dict[int, Position]
    documents: list[QualificationDocument]
    lacking: tuple[str, ...]
    address: NoticeAddress | None
    address_masked: str | None
    postal: NoticeAddress | None
    postal_masked: str | None
    contacts: list[MaskedContact]
    platforms: list[OwnPlatform]
    changes: list[ChangeRow]
    theirs: list[Duty]
    ours: list[Duty]
    their_kept: Kept
    our_kept: Kept
    outlooks: dict[int, Outlook]
    impacts: list[UpstreamImpact]


def record_of_tenant(session: Session, tenant: Tenant, *, now: datetime) -> TenantRecord:
    agreements = _agreements(session, tenant)
    all_duties = duties(
        session,
        Obligation.agreement_id.in_(select(Agreement.id).where(Agreement.tenant_id == tenant.id)),
        calendar=working_calendar(session),
        now=now,
    )
    open_duties = [duty for duty in all_duties if duty.obligation.state in OPEN_STATES]
    cases = case_rows(session, BreachCase.tenant_id == tenant.id, BreachCase.state.in_(OPEN_CASE_STATES), now=now)
    holds = hold_rows(session, Hold.tenant_id == tenant.id, stands())
    address = notice_address_in_force(session, tenant.id)
    postal = notice_address_in_force(session, tenant.id, NoticeChannel.COURIER)
    documents = _documents(session, tenant)
    return TenantRecord(
        tenant=tenant,
        standing=rules.standing_of(
            cases=[row.case.state for row in cases],
            is_held=any(row.effective_at is not None and row.hold.ground is not HoldGround.FREEZE for row in holds),
            owes_overdue=any(duty.is_late and duty.obligation.debtor == "tenant" for duty in open_duties),
            ended_for_breach=_ended_for_breach(session, tenant),
        ),
        open_cases=cases,
        holds=holds,
        answers=answers_to(session, Question(tenant.tenant_key), now=now),
        agreements=agreements,
        agreements_total=session.scalar(select(func.count(Agreement.id)).where(Agreement.tenant_id == tenant.id)) or 0,
        positions=positions_of(session, agreements, now=now),
        documents=documents,
        lacking=lacking_by_tenant(session, {tenant.id}, now=now)[tenant.id],
        address=address,
        address_masked=rules.masked(address_in_clear(session, address)) if address else None,
        postal=postal,
        postal_masked=rules.masked(address_in_clear(session, postal)) if postal else None,
        contacts=_contacts(session, tenant),
        platforms=list(
            session.scalars(
                select(OwnPlatform)
                .where(OwnPlatform.tenant_id == tenant.id)
                .order_by(OwnPlatform.removed_at.is_not(None), OwnPlatform.doubted_at.is_(None), OwnPlatform.id)
            )
        ),
        changes=changes_of(session, tenant, all_duties),
        theirs=[duty for duty in open_duties if duty.obligation.debtor != "provider"],
        ours=[duty for duty in open_duties if duty.obligation.debtor != "tenant"],
        their_kept=_kept(all_duties, Debtor.TENANT),
        our_kept=_kept(all_duties, Debtor.PROVIDER),
        outlooks=outlooks_of_documents(session, documents, now=now),
        impacts=impacts_of_tenant(session, tenant.id),
    )


def _kept(all_duties: Iterable[Duty], debtor: Debtor) -> Kept:
    states = [duty.obligation.state for duty in all_duties if duty.obligation.debtor is debtor]
    late = states.count(ObligationState.PERFORMED_LATE)
    return Kept(states.count(ObligationState.PERFORMED_ON_TIME) + late, late)


def _documents(session: Session, tenant: Tenant) -> list[QualificationDocument]:
    return list(
        session.scalars(
            select(QualificationDocument)
            .where(QualificationDocument.tenant_id == tenant.id)
            .options(joinedload(QualificationDocument.file))
            .order_by(QualificationDocument.type, QualificationDocument.id.desc())
        )
    )


def _agreements(session: Session, tenant: Tenant) -> list[Agreement]:
    return list(
        session.scalars(
            select(Agreement)
            .where(Agreement.tenant_id == tenant.id)
            .options(joinedload(Agreement.product))
            .order_by(Agreement.service_end_exclusive_at.desc(), Agreement.id.desc())
            .limit(AGREEMENTS_SHOWN)
        )
    )


def _ended_for_breach(session: Session, tenant: Tenant) -> bool:
    return (
        session.scalar(
            select(Agreement.id)
            .where(Agreement.tenant_id == tenant.id, Agreement.state == AgreementState.ENDED_FOR_BREACH)
            .limit(1)
        )
        is not None
    )


def _contacts(session: Session, tenant: Tenant) -> list[MaskedContact]:
    rows = session.execute(
        select(Contact, Agreement.order_no)
        .outerjoin(Agreement, Agreement.contact_id == Contact.id)
        .where(Contact.tenant_id == tenant.id)
        .order_by(Contact.ended_at.is_not(None), Contact.role.is_(None), Contact.id.desc())
        .limit(CONTACTS_SHOWN)
    )
    found = []
    for contact, order_no in rows:
        details = contact_details(session, contact)
        found.append(
            MaskedContact(
                contact,
                order_no,
                rules.masked(details.name),
                rules.masked(details.phone),
                rules.masked(details.email),
                rules.masked(details.address),
            )
        )
    return found


def changes_of(session: Session, tenant: Tenant, all_duties: Iterable[Duty]) -> list[ChangeRow]:
    """Return the tenant's changes, newest first, with their clocks and notices; two queries."""
    changes = session.scalars(
        select(ChangeEvent)
        .where(ChangeEvent.tenant_id == tenant.id)
        .options(joinedload(ChangeEvent.proof_file))
        .order_by(ChangeEvent.occurred_on.desc(), ChangeEvent.id.desc())
    ).all()
    clocks: dict[str, list[Duty]] = defaultdict(list)
    for duty in all_duties:
        clocks[duty.obligation.cause].append(duty)
    notices: dict[int, list[ChangeNotice]] = defaultdict(list)
    for change_id, notice in session.execute(
        select(ChangeNoticeItem.change_event_id, ChangeNotice)
        .join(ChangeNotice, ChangeNotice.id == ChangeNoticeItem.change_notice_id)
        .where(ChangeNotice.tenant_id == tenant.id)
        .options(joinedload(ChangeNotice.file))
        .order_by(ChangeNotice.arrived_at, ChangeNotice.id)
    ):
        notices[change_id].append(notice)
    return [ChangeRow(change, clocks[f"change:{change.id}"], notices[change.id]) for change in changes]


def is_expired(document: QualificationDocument, now: datetime) -> bool:
    """A document counts through its last day of validity."""
    return document.expires_on is not None and legal_date(now) > document.expires_on


def file_of_tenant(session: Session, tenant: Tenant, file_id: int) -> StoredFile:
    """Return a file that one of the tenant's records names; any other raises NotFound."""
    named = (
        select(QualificationDocument.file_id).where(QualificationDocument.tenant_id == tenant.id),
        select(NoticeAddress.proof_file_id).where(NoticeAddress.tenant_id == tenant.id),
        select(OwnPlatform.proof_file_id).where(OwnPlatform.tenant_id == tenant.id),
        select(ChangeEvent.proof_file_id).where(ChangeEvent.tenant_id == tenant.id),
        select(ChangeNotice.file_id).where(ChangeNotice.tenant_id == tenant.id),
        select(AdjustmentRequest.letter_file_id).where(AdjustmentRequest.tenant_id == tenant.id),
        select(AdjustmentRequest.proof_file_id).where(AdjustmentRequest.tenant_id == tenant.id),
    )
    if not any(file_id in set(session.scalars(statement)) for statement in named):
        raise NotFound(N_("This tenant has no such file."), field="file")
    return session.get_one(StoredFile, file_id)
