"""The scheduler's part: count the clocks of what has ended, propose what is due, carry out what people approved."""

from datetime import datetime

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from agreements.kernel import policies
from agreements.kernel.files import FileStore, StoredFile
from agreements.kernel.sweeps import Sweep
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from compliance.retention.clocks import schedule_clocks
from compliance.retention.models import DestructionCertificate, PurgeProposal, RetentionClock
from compliance.retention.purging import destroy, propose
from compliance.retention.rules import OF_AGREEMENTS, ProposalState, months_kept, policy_key

OVER = (
    AgreementState.CANCELLED,
    AgreementState.EXPIRED,
    AgreementState.ENDED_BY_AGREEMENT,
    AgreementState.ENDED_PROVIDER_CAUSE,
    AgreementState.ENDED_FOR_BREACH,
    AgreementState.CLOSED,
)
IS_DESTROYED = (
    select(DestructionCertificate.id)
    .where(
        DestructionCertificate.agreement_id == RetentionClock.agreement_id,
        DestructionCertificate.retention_class == RetentionClock.retention_class,
    )
    .exists()
)
IS_PROPOSED = (
    select(PurgeProposal.id)
    .where(
        PurgeProposal.agreement_id == RetentionClock.agreement_id,
        PurgeProposal.retention_class == RetentionClock.retention_class,
    )
    .exists()
)


def agreements_to_schedule(session: Session, *, due_by: datetime) -> list[int]:
    """Return ids of ended agreements without clocks, or with one that the policy in force counts differently."""
    values = policies.values_of(session, [policy_key(each) for each in OF_AGREEMENTS], at=due_by)
    moved = or_(
        *(
            and_(
                RetentionClock.retention_class == each,
                RetentionClock.months != months_kept(each, values[policy_key(each)]),
            )
            for each in OF_AGREEMENTS
        )
    )
    counted = select(func.count(RetentionClock.id)).where(RetentionClock.agreement_id == Agreement.id)
    bare = select(Agreement.id).where(Agreement.state.in_(OVER), counted.scalar_subquery() < len(OF_AGREEMENTS))
    return sorted(
        {*session.scalars(bare), *session.scalars(select(RetentionClock.agreement_id).where(moved, ~IS_DESTROYED))}
    )


def schedule(session: Session, agreement_id: int, *, now: datetime) -> bool:
    """Write the agreement's clocks down; False where they say the same as before, or it has not ended."""
    return schedule_clocks(session, session.get_one(Agreement, agreement_id), now=now)


def clocks_run_out(session: Session, *, due_by: datetime) -> list[int]:
    """Return ids of clocks that have run out and were not proposed, oldest first; what blocks them is asked later."""
    return list(
        session.scalars(
            select(RetentionClock.id)
            .where(RetentionClock.due_at <= due_by, ~IS_PROPOSED)
            .order_by(RetentionClock.due_at, RetentionClock.id)
        )
    )


def propose_class(session: Session, clock_id: int, *, now: datetime) -> bool:
    """Propose it; False where something keeps it at the moment of the act."""
    clock = session.get_one(RetentionClock, clock_id)
    return propose(session, clock.agreement, clock.retention_class, now=now) is not None


def proposals_to_carry_out(session: Session, *, due_by: datetime) -> list[int]:
    """Return ids of proposals that enough people approved, oldest due first."""
    return list(
        session.scalars(
            select(PurgeProposal.id)
            .where(PurgeProposal.state == ProposalState.APPROVED, PurgeProposal.due_at <= due_by)
            .order_by(PurgeProposal.due_at, PurgeProposal.id)
        )
    )


def carry_out(session: Session, proposal_id: int, *, now: datetime) -> bool:
    """Destroy and certify once, or give it back to the people; False where another process was first."""
    proposal = session.get_one(PurgeProposal, proposal_id)
    if proposal.state is not ProposalState.APPROVED:
        return False
    destroy(session, proposal, now=now)
    return True


def contents_to_remove(session: Session, *, due_by: datetime) -> list[int]:
    """Return ids of purged files whose content may still be on disk."""
    return list(
        session.scalars(
            select(StoredFile.id)
            .where(StoredFile.purged_at <= due_by, StoredFile.removed_at.is_(None))
            .order_by(StoredFile.id)
        )
    )


def remove_content(session: Session, file_id: int, *, now: datetime) -> bool:
    """Take a purged content off the disk; interrupted, it is found again."""
    marked = session.scalar(
        update(StoredFile)
        .where(StoredFile.id == file_id, StoredFile.purged_at.is_not(None), StoredFile.removed_at.is_(None))
        .values(removed_at=now)
        .returning(StoredFile.sha256)
    )
    if marked is None:
        return False
    store: FileStore = session.info["files"]
    store.remove(marked)
    return True


PROPOSING = (
    Sweep("retention_schedule", agreements_to_schedule, schedule),
    Sweep("retention_propose", clocks_run_out, propose_class),
)
CARRYING_OUT = (
    Sweep("retention_purge", proposals_to_carry_out, carry_out),
    Sweep("retention_remove", contents_to_remove, remove_content),
)
