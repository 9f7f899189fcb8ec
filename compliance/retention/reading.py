"""What the retention pages say; nothing here changes anything."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from agreements.kernel.files import StoredFile
from agreements.parties.models import Party, Tenant
from agreements.parties.rules import normalised_name
from agreements.register.actions import terms_in_force
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from compliance.breaches.models import BreachCase
from compliance.obligations.models import Obligation
from compliance.obligations.rules import OPEN_STATES
from compliance.retention.clocks import certificates_of, clocks_of
from compliance.retention.holdings import holdings
from compliance.retention.models import DestructionCertificate, PurgeProposal, RetentionClock, RetentionHold
from compliance.retention.positions import clock_now, kept_agreement, months, position_of, standing_holds
from compliance.retention.purging import proposal_of
from compliance.retention.rules import (
    FLOOR_MONTHS,
    OF_AGREEMENTS,
    SURVIVING,
    Clock,
    Kept,
    Position,
    RetentionClass,
    Survival,
    SurvivingDuty,
    limited,
)
from compliance.retention.sweeps import OVER

LIMIT_OF_CONFIDENTIALITY = "extra.confidentiality_survival"
CONFIDENTIAL = (SurvivingDuty.CONFIDENTIALITY, SurvivingDuty.DATA_PROTECTION)
KEPT_FILES = select(StoredFile.id).where(StoredFile.purged_at.is_(None))


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of an agreement's papers: how many files and sealed values, how long, and why.

    clock      how its date is counted today; `scheduled` how it was written down last
    """

    retention_class: RetentionClass
    months: int
    files: int
    values: int
    kept: Kept
    clock: Clock | None
    scheduled: RetentionClock | None
    proposal: PurgeProposal | None
    certificate: DestructionCertificate | None


@dataclass(frozen=True, slots=True)
class Accrued:
    """Something owed from before the end that goes on: a duty or a case."""

    clause: str
    duty: Obligation | None = None
    case: BreachCase | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that retention says of one agreement.

    tenants    files and sealed values of the tenant as a whole, kept as long as its last agreement
    surviving  duties that outlive it by their clauses; `accrued` what is open under it
    """

    agreement: Agreement
    position: Position
    classes: list[ClassRow]
    tenants: int
    holds: list[RetentionHold]
    past_holds: list[RetentionHold]
    certificates: list[DestructionCertificate]
    surviving: tuple[Survival, ...]
    accrued: list[Accrued]


def ended_agreements(text: str) -> Select[Any]:
    """Return the statement of agreements that are over, latest end first. text: part of a name or an order number."""
    statement = (
        select(Agreement)
        .options(joinedload(Agreement.tenant).joinedload(Tenant.party))
        .join(Tenant, Tenant.id == Agreement.tenant_id)
        .join(Party, Party.id == Tenant.party_id)
    )
    if text:
        statement = statement.where(
            or_(
                Party.normalised_name.contains(normalised_name(text), autoescape=True),
                Agreement.order_no.contains(text.strip(), autoescape=True),
            )
        )
    else:
        statement = statement.where(Agreement.state.in_(OVER))
    return statement.order_by(Agreement.service_end_exclusive_at, Agreement.id)


def destroyed_classes(session: Session, agreement_ids: list[int]) -> Counter[int]:
    """Return how many classes of each agreement were destroyed."""
    statement = select(DestructionCertificate.agreement_id).where(
        DestructionCertificate.agreement_id.in_(agreement_ids)
    )
    return Counter(session.scalars(statement))


def standing(session: Session) -> list[RetentionHold]:
    """Return every hold that stands, newest first."""
    return list(
        session.scalars(
            select(RetentionHold)
            .where(RetentionHold.lifted_at.is_(None))
            .options(joinedload(RetentionHold.tenant).joinedload(Tenant.party), joinedload(RetentionHold.agreement))
            .order_by(RetentionHold.id.desc())
        )
    )


def periods(session: Session, *, now: datetime) -> list[tuple[RetentionClass, int, int]]:
    """Return class, months in force, and the least the law allows."""
    return [(each, months(session, each, now=now), FLOOR_MONTHS[each]) for each in RetentionClass]


def sheet_of(session: Session, agreement: Agreement, *, now: datetime) -> Sheet:
    counts, position = _counts(session, agreement), position_of(session, agreement, now=now)
    scheduled, certificates = clocks_of(session, agreement.id), certificates_of(session, agreement.id)
    return Sheet(
        agreement=agreement,
        position=position,
        classes=[
            ClassRow(
                each,
                months(session, each, now=now),
                counts["file", each],
                counts["value", each],
                kept_agreement(session, agreement, each, now=now),
                clock_now(session, agreement, each, now=now),
                scheduled.get(each),
                proposal_of(session, agreement, each),
                certificates.get(each),
            )
            for each in OF_AGREEMENTS
        ],
        tenants=counts["tenant", None],
        holds=standing_holds(session, agreement),
        past_holds=list(
            session.scalars(
                select(RetentionHold)
                .where(RetentionHold.agreement_id == agreement.id, RetentionHold.lifted_at.is_not(None))
                .order_by(RetentionHold.id.desc())
            )
        ),
        certificates=[certificates[each] for each in OF_AGREEMENTS if each in certificates],
        surviving=_surviving(session, agreement, position.ended_on, now=now),
        accrued=_accrued(session, agreement),
    )


def _surviving(session: Session, agreement: Agreement, ended_on: date | None, *, now: datetime) -> tuple[Survival, ...]:
    """Return the duties that outlive the agreement; where it limits confidentiality in time, with that limit."""
    if agreement.state is AgreementState.CANCELLED:
        return ()
    term = terms_in_force(session, agreement.id, at=now).get(LIMIT_OF_CONFIDENTIALITY)
    if term is None:
        return SURVIVING
    return tuple(
        limited(each, term.value, ended_on=ended_on) if each.duty in CONFIDENTIAL else each for each in SURVIVING
    )


def _counts(session: Session, agreement: Agreement) -> Counter[tuple[str, RetentionClass | None]]:
    """Count files and values; a file that several columns name is one."""
    found: Counter[tuple[str, RetentionClass | None]] = Counter()
    told: defaultdict[RetentionClass, set[int]] = defaultdict(set)
    for each in holdings():
        owner = agreement.tenant_id if each.is_tenants else agreement.id
        rows = each.rows(each.column).where(each.owner == owner)
        if each.is_file:
            ids = set(session.scalars(rows.where(each.column.in_(KEPT_FILES))))
            here = len(ids - told[each.retention_class])
            told[each.retention_class] |= ids
        else:
            here = len(session.execute(rows).all())
        if each.is_tenants and each.column.table.name != "agreement":
            found["tenant", None] += here
        else:
            found["file" if each.is_file else "value", each.retention_class] += here
    return found


def _accrued(session: Session, agreement: Agreement) -> list[Accrued]:
    duties = session.scalars(
        select(Obligation)
        .where(Obligation.agreement_id == agreement.id, Obligation.state.in_(OPEN_STATES))
        .order_by(Obligation.id)
    )
    cases = session.scalars(
        select(BreachCase)
        .where(BreachCase.agreement_id == agreement.id, BreachCase.state.not_in(("dismissed", "closed")))
        .order_by(BreachCase.id)
    )
    return [
        *(Accrued(each.clause, duty=each) for each in duties),
        *(Accrued(each.clause, case=each) for each in cases),
    ]
