"""Destroying a class of an agreement's papers: proposed when due, approved by several people, certified (clause 5.2).

Files leave the disk, sealed values and what may name a person are erased; rows and the audit trail stay.
"""

import hashlib
from datetime import UTC, datetime
from pathlib import PurePath

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit, policies
from agreements.kernel.access.rules import SCHEDULER, Actor, ActorKind, Permission, require
from agreements.kernel.audit import canonical_json
from agreements.kernel.db import Base
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, NotPermitted, Stale
from agreements.kernel.files import StoredFile
from agreements.kernel.instants import legal_date
from agreements.register.models import Agreement
from compliance.retention.clocks import as_rule, clocks_of, schedule_clocks
from compliance.retention.holding import CLAUSE
from compliance.retention.models import DestroyedItem, DestructionCertificate, PurgeApproval, PurgeProposal
from compliance.retention.planning import Item, Plan, plan_of
from compliance.retention.positions import kept_agreement
from compliance.retention.rules import ItemKind, ProposalState, RetentionClass, WhyKept

GONE = ""
LONGEST_REASON = 400


def propose(
    session: Session, agreement: Agreement, retention_class: RetentionClass, *, now: datetime
) -> PurgeProposal | None:
    """Propose a class whose clock has run out; None where it moved on, something keeps it, or it was proposed before.

    The clock is counted again first, for what was performed or settled since moves it. A class of which nothing is kept
    asks nobody: it is certified as empty at once.
    """
    schedule_clocks(session, agreement, now=now)
    clock = clocks_of(session, agreement.id).get(retention_class)
    if clock is None or clock.due_at > now or proposal_of(session, agreement, retention_class) is not None:
        return None
    if not kept_agreement(session, agreement, retention_class, now=now).is_over:
        return None
    plan = plan_of(session, agreement, retention_class)
    proposal = PurgeProposal(
        agreement_id=agreement.id,
        retention_class=retention_class,
        due_at=clock.due_at,
        proposed_at=now,
        plan_sha256=plan.sha256,
        round=1,
        files=len(plan.files),
        erased=len(plan.erased),
        shared=len(plan.shared),
    )
    session.add(proposal)
    session.flush()  # the audit row names its id
    _record(session, proposal, "retention.proposed", actor=SCHEDULER, now=now)
    if plan.is_empty:
        _certify(session, proposal, plan, [], now=now)
        _move(session, proposal, ProposalState.PROPOSED, ProposalState.DESTROYED, destroyed_at=now)
        session.refresh(proposal)
    return proposal


def proposal_of(session: Session, agreement: Agreement, retention_class: RetentionClass) -> PurgeProposal | None:
    return session.scalar(
        select(PurgeProposal).where(
            PurgeProposal.agreement_id == agreement.id, PurgeProposal.retention_class == retention_class
        )
    )


def proposal_of_id(session: Session, proposal_id: int) -> PurgeProposal:
    proposal = session.get(PurgeProposal, proposal_id)
    if proposal is None:
        raise NotFound(N_("There is no proposal %(number)s."), field="proposal", number=proposal_id)
    return proposal


def approvals_needed(session: Session, *, now: datetime) -> int:
    return int(policies.value_of(session, "destruction_approvals", at=now))


def approve(
    session: Session, proposal: PurgeProposal, *, seen: str, reason: str, actor: Actor, now: datetime
) -> PurgeApproval:
    """Say yes to destroying exactly what was shown; with the last yes needed, the scheduler carries it out.

    seen  mark of the plan that the person looked at
    Raises Conflict while something keeps the class, on a second yes of one person, and once enough have said yes;
    Stale where the plan is no longer the one that was shown.
    """
    require(actor, Permission.APPROVE_DESTRUCTION)
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        raise NotPermitted(N_("Only a person of the staff approves destruction."), clause=CLAUSE)
    if not (reason := reason.strip()):
        raise InvalidInput(N_("This is missing."), field="reason", remedy=N_("Fill it in."))
    if len(reason) > LONGEST_REASON:
        raise InvalidInput(N_("At most %(longest)s characters fit."), field="reason", longest=LONGEST_REASON)
    if proposal.state is not ProposalState.PROPOSED:
        raise Conflict(
            N_("Proposal %(number)s has all its approvals."),
            code="DESTRUCTION_APPROVED",
            clause=CLAUSE,
            number=proposal.id,
        )
    _require_over(session, proposal, now=now)
    plan = plan_of(session, proposal.agreement, proposal.retention_class)
    if plan.sha256 != seen:
        raise Stale(
            N_("What proposal %(number)s would destroy has changed since you looked; nothing was approved."),
            clause=CLAUSE,
            remedy=N_("Look at the preview again."),
            number=proposal.id,
        )
    if plan.sha256 != proposal.plan_sha256:
        _begin_round(session, proposal, plan)
    standing = approvals_of_round(proposal)
    if any(each.person_id == actor.id for each in standing):
        raise Conflict(
            N_("You have approved proposal %(number)s already."),
            code="SECOND_PERSON_NEEDED",
            clause=CLAUSE,
            remedy=N_("Another person has to approve it too."),
            number=proposal.id,
        )
    approval = PurgeApproval(
        proposal_id=proposal.id,
        person_id=actor.id,
        name=actor.name,
        round=proposal.round,
        plan_sha256=plan.sha256,
        reason=reason,
        approved_at=now,
    )
    session.add(approval)
    if len(standing) + 1 >= approvals_needed(session, now=now):
        _move(session, proposal, ProposalState.PROPOSED, ProposalState.APPROVED)
    _record(session, proposal, "retention.destruction_approved", actor=actor, now=now, reason=reason)
    session.flush()
    session.refresh(proposal)
    return approval


def approvals_of_round(proposal: PurgeProposal) -> list[PurgeApproval]:
    """Return the approvals that count, in their order."""
    return [each for each in proposal.approvals if each.round == proposal.round]


def destroy(session: Session, proposal: PurgeProposal, *, now: datetime) -> DestructionCertificate | None:
    """Carry out what enough people approved, and certify it. The contents leave the disk by the next sweep.

    Where something keeps the class again, or what would go is not what they saw, the proposal goes back to the people
    and None is returned.
    """
    if proposal.state is not ProposalState.APPROVED:
        return None
    agreement = proposal.agreement
    plan = plan_of(session, agreement, proposal.retention_class)
    still_kept = not kept_agreement(session, agreement, proposal.retention_class, now=now).is_over
    approvals = approvals_of_round(proposal)
    too_few = len(approvals) < approvals_needed(session, now=now)
    if still_kept or too_few or plan.sha256 != proposal.plan_sha256:
        _move(session, proposal, ProposalState.APPROVED, ProposalState.PROPOSED)
        if still_kept or plan.sha256 != proposal.plan_sha256:
            _begin_round(session, proposal, plan)
        _record(session, proposal, "retention.destruction_returned", actor=SCHEDULER, now=now)
        return None
    _erase(session, plan, now=now)
    certificate = _certify(session, proposal, plan, approvals, now=now)
    _move(session, proposal, ProposalState.APPROVED, ProposalState.DESTROYED, destroyed_at=now)
    session.flush()
    session.expire_all()  # what was read before may have been erased
    return certificate


def _erase(session: Session, plan: Plan, *, now: datetime) -> None:
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # else the old bytes stay in the page
    for item in plan.items:
        if item.kind is ItemKind.FILE:
            file = session.get_one(StoredFile, item.key[0])
            file.purged_at, file.name = now, f"{file.sha256[:12]}{PurePath(file.name).suffix}"
        else:
            _blank(session, item)


def _blank(session: Session, item: Item) -> None:
    table_name, column_name = item.source.split(".")
    table = Base.metadata.tables[table_name]
    here = and_(*(column == value for column, value in zip(table.primary_key.columns, item.key, strict=True)))
    gone = None if table.c[column_name].nullable else GONE
    session.execute(update(table).where(here).values({column_name: gone}))


def _certify(
    session: Session, proposal: PurgeProposal, plan: Plan, approvals: list[PurgeApproval], *, now: datetime
) -> DestructionCertificate:
    rule = as_rule(clocks_of(session, proposal.agreement_id)[proposal.retention_class])
    year = legal_date(now).year
    last = session.scalar(select(func.max(DestructionCertificate.sequence)).where(DestructionCertificate.year == year))
    sequence = (last or 0) + 1
    certificate = DestructionCertificate(
        number=f"XH-{year}-{sequence:04}",
        year=year,
        sequence=sequence,
        proposal_id=proposal.id,
        agreement_id=proposal.agreement_id,
        retention_class=proposal.retention_class,
        counted_from=rule.counted_from,
        counted_on=rule.counted_on,
        months=rule.months,
        floor_months=rule.floor_months,
        rests_on=rule.rests_on,
        through_on=rule.through_on,
        files=len(plan.files),
        erased=len(plan.erased),
        shared=len(plan.shared),
        approvers=[
            {"name": each.name, "at": each.approved_at.isoformat(), "reason": each.reason} for each in approvals
        ],
        issued_at=now,
        items=[
            DestroyedItem(kind=each.kind, source=each.source, row=each.row, sha256=each.sha256, size=each.size)
            for each in plan.items
        ],
    )
    certificate.sha256 = digest_of(certificate, order_no=proposal.agreement.order_no)
    session.add(certificate)
    session.flush()  # the audit row names its number
    _record(
        session,
        proposal,
        "retention.purged",
        actor=SCHEDULER,
        now=now,
        details={
            "certificate": certificate.number,
            "sha256": certificate.sha256,
            "files": certificate.files,
            "values": certificate.erased,
            "shared": certificate.shared,
        },
    )
    return certificate


def digest_of(certificate: DestructionCertificate, *, order_no: str) -> str:
    """Return the SHA-256 of a certificate's canonical content, with which anybody can see that it was not altered."""
    content = {
        "number": certificate.number,
        "order_no": order_no,
        "retention_class": certificate.retention_class.value,
        "counted_from": certificate.counted_from.value,
        "counted_on": certificate.counted_on.isoformat(),
        "months": certificate.months,
        "floor_months": certificate.floor_months,
        "rests_on": certificate.rests_on.value,
        "through_on": certificate.through_on.isoformat(),
        "issued_at": certificate.issued_at.astimezone(UTC).isoformat(),
        "approvers": certificate.approvers,
        "shared": certificate.shared,
        "items": [
            [each.kind.value, each.source, each.row, each.sha256, each.size]
            for each in sorted(certificate.items, key=lambda each: (each.source, each.row))
        ],
    }
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def _begin_round(session: Session, proposal: PurgeProposal, plan: Plan) -> None:
    """Void the approvals so far; the plan as it is now is what people are asked about."""
    proposal.plan_sha256, proposal.round = plan.sha256, proposal.round + 1
    proposal.files, proposal.erased, proposal.shared = len(plan.files), len(plan.erased), len(plan.shared)
    session.flush()


def _move(
    session: Session,
    proposal: PurgeProposal,
    source: ProposalState,
    target: ProposalState,
    *,
    destroyed_at: datetime | None = None,
) -> None:
    moved = session.scalar(
        update(PurgeProposal)
        .where(PurgeProposal.id == proposal.id, PurgeProposal.state == source)
        .values(state=target, destroyed_at=destroyed_at)
        .returning(PurgeProposal.id)
    )
    if moved is None:
        raise Stale(N_("Somebody else moved this proposal meanwhile."), clause=CLAUSE)


def _require_over(session: Session, proposal: PurgeProposal, *, now: datetime) -> None:
    kept = kept_agreement(session, proposal.agreement, proposal.retention_class, now=now)
    if kept.is_over:
        return
    held = kept.why is WhyKept.HELD
    raise Conflict(
        N_("A hold lies on what proposal %(number)s would destroy.")
        if held
        else N_("Something still keeps what proposal %(number)s would destroy."),
        code="STILL_KEPT",
        clause=CLAUSE,
        remedy=N_("The retention page says what and until when."),
        number=proposal.id,
    )


def _record(
    session: Session,
    proposal: PurgeProposal,
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
        subject=f"purge_proposal:{proposal.id}",
        agreement_id=proposal.agreement_id,
        tenant_id=proposal.agreement.tenant_id,
        clause=CLAUSE,
        reason=reason,
        now=now,
        details={"class": proposal.retention_class.value, "plan": proposal.plan_sha256} | (details or {}),
    )
