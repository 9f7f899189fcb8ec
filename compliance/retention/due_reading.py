"""What the list by due date, the preview and the certificates say; nothing here changes anything."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import N_, InvalidInput, NotFound
from agreements.kernel.files import StoredFile
from agreements.parties.models import Party, Tenant
from agreements.parties.rules import normalised_name
from agreements.register.models import Agreement
from compliance.retention.models import DestructionCertificate, PurgeProposal, RetentionClock
from compliance.retention.planning import Plan, plan_of
from compliance.retention.positions import kept_agreement
from compliance.retention.purging import approvals_of_round, digest_of, proposal_of_id
from compliance.retention.rules import Kept, ProposalState, RetentionClass

MOST_AT_ONCE = 100
WITH_NAMES = joinedload(PurgeProposal.agreement).joinedload(Agreement.tenant).joinedload(Tenant.party)


class Stage(StrEnum):
    """How far a class is: its clock runs, it ran out and something keeps it, or it is proposed, approved, destroyed."""

    RUNNING = "running"
    BLOCKED = "blocked"
    PROPOSED = "proposed"
    APPROVED = "approved"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class DueRow:
    """A scheduled class with what became of it. kept: asked where it is due and not yet approved."""

    clock: RetentionClock
    proposal: PurgeProposal | None
    stage: Stage
    kept: Kept | None
    approvals: int
    certificate: DestructionCertificate | None

    @property
    def can_be_chosen(self) -> bool:
        """It waits for approvals, and nothing keeps it."""
        return self.stage is Stage.PROPOSED and self.kept is not None and self.kept.is_over


def scheduled_classes(
    *, stage: Stage | None, retention_class: RetentionClass | None, text: str, now: datetime
) -> Select[Any]:
    """Return the statement of clocks, the one due first on top. text: part of a name or of an order number."""
    statement = (
        select(RetentionClock)
        .join(Agreement, Agreement.id == RetentionClock.agreement_id)
        .join(Tenant, Tenant.id == Agreement.tenant_id)
        .join(Party, Party.id == Tenant.party_id)
        .outerjoin(
            PurgeProposal,
            and_(
                PurgeProposal.agreement_id == RetentionClock.agreement_id,
                PurgeProposal.retention_class == RetentionClock.retention_class,
            ),
        )
        .options(contains_eager(RetentionClock.agreement).contains_eager(Agreement.tenant).contains_eager(Tenant.party))
        .order_by(RetentionClock.due_at, RetentionClock.id)
    )
    if retention_class is not None:
        statement = statement.where(RetentionClock.retention_class == retention_class)
    if text:
        statement = statement.where(
            or_(
                Party.normalised_name.contains(normalised_name(text), autoescape=True),
                Agreement.order_no.contains(text.strip(), autoescape=True),
            )
        )
    if stage in (Stage.RUNNING, Stage.BLOCKED):
        is_due = RetentionClock.due_at <= now if stage is Stage.BLOCKED else RetentionClock.due_at > now
        return statement.where(PurgeProposal.id.is_(None), is_due)
    return statement if stage is None else statement.where(PurgeProposal.state == ProposalState(stage.value))


def due_rows(session: Session, clocks: list[RetentionClock], *, now: datetime) -> list[DueRow]:
    """Complete one page of clocks."""
    ids = {clock.agreement_id for clock in clocks}
    proposals = {
        (each.agreement_id, each.retention_class): each
        for each in session.scalars(
            select(PurgeProposal)
            .where(PurgeProposal.agreement_id.in_(ids))
            .options(joinedload(PurgeProposal.approvals))
        ).unique()
    }
    certificates = {
        (each.agreement_id, each.retention_class): each
        for each in session.scalars(select(DestructionCertificate).where(DestructionCertificate.agreement_id.in_(ids)))
    }
    rows = []
    for clock in clocks:
        key = clock.agreement_id, clock.retention_class
        proposal = proposals.get(key)
        kept = None
        if clock.due_at <= now and (proposal is None or proposal.state is ProposalState.PROPOSED):
            kept = kept_agreement(session, clock.agreement, clock.retention_class, now=now)
        rows.append(
            DueRow(
                clock=clock,
                proposal=proposal,
                stage=_stage(clock, proposal, now=now),
                kept=kept,
                approvals=len(approvals_of_round(proposal)) if proposal else 0,
                certificate=certificates.get(key),
            )
        )
    return rows


def _stage(clock: RetentionClock, proposal: PurgeProposal | None, *, now: datetime) -> Stage:
    if proposal is not None:
        return Stage(proposal.state.value)
    return Stage.BLOCKED if clock.due_at <= now else Stage.RUNNING


def stage_counts(session: Session, *, now: datetime) -> dict[Stage, int]:
    """Return how many classes are at each stage."""
    return {
        stage: session.scalar(
            select(func.count()).select_from(
                scheduled_classes(stage=stage, retention_class=None, text="", now=now).order_by(None).subquery()
            )
        )
        or 0
        for stage in Stage
    }


@dataclass(frozen=True, slots=True)
class Preview:
    """What one proposal would destroy now. names: of its files, by id; kept: what keeps it, if anything does."""

    proposal: PurgeProposal
    clock: RetentionClock
    plan: Plan
    names: dict[int, str]
    kept: Kept
    approvals: list[Any]
    has_approved: bool

    @property
    def can_be_approved(self) -> bool:
        return self.kept.is_over and self.proposal.state is ProposalState.PROPOSED and not self.has_approved


def previews_of(session: Session, ids: list[int], *, person_id: int | None, now: datetime) -> list[Preview]:
    """Return the previews of these proposals, due first on top; at most a hundred at once."""
    if not ids:
        raise InvalidInput(N_("Choose at least one proposal."), field="proposal")
    if len(ids) > MOST_AT_ONCE:
        raise InvalidInput(N_("At most %(most)s proposals at once."), field="proposal", most=MOST_AT_ONCE)
    proposals = [proposal_of_id(session, each) for each in dict.fromkeys(ids)]
    return [
        _preview(session, each, person_id=person_id, now=now)
        for each in sorted(proposals, key=lambda each: (each.due_at, each.id))
    ]


def _preview(session: Session, proposal: PurgeProposal, *, person_id: int | None, now: datetime) -> Preview:
    plan = plan_of(session, proposal.agreement, proposal.retention_class)
    approvals = approvals_of_round(proposal) if plan.sha256 == proposal.plan_sha256 else []
    return Preview(
        proposal=proposal,
        clock=session.scalars(
            select(RetentionClock).where(
                RetentionClock.agreement_id == proposal.agreement_id,
                RetentionClock.retention_class == proposal.retention_class,
            )
        ).one(),
        plan=plan,
        names=_names(session, [each.key[0] for each in plan.files]),
        kept=kept_agreement(session, proposal.agreement, proposal.retention_class, now=now),
        approvals=approvals,
        has_approved=any(each.person_id == person_id for each in approvals),
    )


def _names(session: Session, ids: list[int]) -> dict[int, str]:
    rows = session.execute(select(StoredFile.id, StoredFile.name).where(StoredFile.id.in_(ids)))
    return {row.id: row.name for row in rows}


def proposals(*, state: ProposalState | None) -> Select[Any]:
    """Return the statement of proposals, due first on top."""
    statement = select(PurgeProposal).options(WITH_NAMES).order_by(PurgeProposal.due_at, PurgeProposal.id)
    return statement if state is None else statement.where(PurgeProposal.state == state)


def certificates() -> Select[Any]:
    """Return the statement of certificates, newest first."""
    return (
        select(DestructionCertificate)
        .options(joinedload(DestructionCertificate.agreement).joinedload(Agreement.tenant).joinedload(Tenant.party))
        .order_by(DestructionCertificate.id.desc())
    )


def certificate_of_number(session: Session, number: str) -> DestructionCertificate:
    found = session.scalar(select(DestructionCertificate).where(DestructionCertificate.number == number))
    if found is None:
        raise NotFound(N_("There is no certificate %(number)s."), field="number", number=number)
    return found


def is_unaltered(session: Session, certificate: DestructionCertificate) -> bool:
    """Say whether a certificate says what it said when it was made: its own mark, and the audit trail's, still fit."""
    told = session.scalars(
        select(AuditEvent).where(
            AuditEvent.act == "retention.purged", AuditEvent.subject == f"purge_proposal:{certificate.proposal_id}"
        )
    ).one_or_none()
    return (
        told is not None
        and told.details["sha256"] == certificate.sha256
        and digest_of(certificate, order_no=certificate.agreement.order_no) == certificate.sha256
    )


def approvals_shown(certificate: DestructionCertificate) -> list[tuple[str, datetime, str]]:
    """Return name, instant and reason of each approval that a certificate names, in order."""
    return [(each["name"], datetime.fromisoformat(each["at"]), each["reason"]) for each in certificate.approvers]
