"""Usage statements: recorded with a file, signed off by a second person; one is effective, replaced and never edited.

The only place that writes `usage_statement.state`.
"""

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, Stale
from agreements.kernel.instants import legal_date
from agreements.parties.actions import Upload, keep_upload
from agreements.register.models import Agreement
from compliance.settlement.figures import order_of
from compliance.settlement.models import Settlement, UsageStatement
from compliance.settlement.moving import CLAUSE, require_text
from compliance.settlement.rules import SettlementState, UsageState, require_second_person

MOST_CALLS = 10**15
LONGEST_SOURCE = 500


def record_usage(
    session: Session,
    agreement: Agreement,
    *,
    used: int,
    used_through_on: date,
    source: str,
    upload: Upload | None,
    knows_beyond_quota: bool = False,
    actor: Actor,
    now: datetime,
) -> UsageStatement:
    """Clause 4.6: record how many billable calls the agreement used in all, through a day, with the file it is from.

    source              where the number comes from, in words
    knows_beyond_quota  whether the actor checked a number over the quota and stands by it; without that it raises
    """
    require(actor, Permission.RECORD_USAGE)
    if not 0 <= used <= MOST_CALLS:
        raise InvalidInput(N_("Usage can't be negative."), field="used")
    if used_through_on > legal_date(now):
        raise InvalidInput(N_("Usage of days to come can't be stated."), field="used_through_on")
    if used_through_on < legal_date(agreement.service_start_at):
        raise InvalidInput(N_("This is before the service began."), field="used_through_on")
    source = require_text(source, "source")[:LONGEST_SOURCE]
    if upload is None:
        raise InvalidInput(
            N_("Attach the file that the usage was read from."), field="file", remedy=N_("Choose the file again.")
        )
    beyond_quota = order_of(agreement).beyond_quota(used)
    if beyond_quota and not knows_beyond_quota:
        raise InvalidInput(
            N_("This is %(beyond)s calls more than the quota of %(quota)s."),
            field="knows_beyond_quota",
            code="BEYOND_QUOTA",
            clause=CLAUSE,
            remedy=N_("Check the number against its file. If it is right, say so; the calls beyond are not charged."),
            beyond=f"{beyond_quota:,}",
            quota=f"{agreement.quota_total:,}",
        )
    statement = UsageStatement(
        agreement_id=agreement.id,
        state=UsageState.RECORDED,
        used=used,
        used_through_on=used_through_on,
        source=source,
        file_id=keep_upload(session, upload, now=now).id,
        recorded_by=actor.name,
        recorded_by_id=actor.id,
        recorded_at=now,
    )
    session.add(statement)
    session.flush()  # the audit row names its id
    _record(session, statement, "usage.recorded", actor=actor, now=now)
    return statement


def sign_off(session: Session, statement: UsageStatement, *, actor: Actor, now: datetime) -> None:
    """A second person checked it against its file: it is effective and replaces the one before."""
    require(actor, Permission.SIGN_OFF_USAGE)
    require_second_person(statement.recorded_by_id, actor.id)
    _require_open(session, statement.agreement_id)
    _require_newest(session, statement)
    before = effective_usage(session, statement.agreement_id)
    if before is not None:
        _move(session, before, UsageState.EFFECTIVE, {"state": UsageState.REPLACED, "replaced_at": now})
        _record(session, before, "usage.replaced", actor=actor, now=now)
    signed: dict[str, object] = {
        "state": UsageState.EFFECTIVE,
        "signed_off_by": actor.name,
        "signed_off_by_id": actor.id,
        "signed_off_at": now,
    }
    _move(session, statement, UsageState.RECORDED, signed)
    _record(session, statement, "usage.signed_off", actor=actor, now=now)


def reject(session: Session, statement: UsageStatement, *, reason: str, actor: Actor, now: datetime) -> None:
    """The second person finds that it does not agree with its file."""
    require(actor, Permission.SIGN_OFF_USAGE)
    reason = require_text(reason, "reason")
    _move(session, statement, UsageState.RECORDED, {"state": UsageState.REJECTED, "rejected_reason": reason})
    _record(session, statement, "usage.rejected", actor=actor, now=now, reason=reason)


def effective_usage(session: Session, agreement_id: int) -> UsageStatement | None:
    return session.scalar(
        select(UsageStatement).where(
            UsageStatement.agreement_id == agreement_id, UsageStatement.state == UsageState.EFFECTIVE
        )
    )


def statements_of(session: Session, agreement_id: int) -> list[UsageStatement]:
    """Return all of an agreement, newest first."""
    return list(
        session.scalars(
            select(UsageStatement).where(UsageStatement.agreement_id == agreement_id).order_by(UsageStatement.id.desc())
        )
    )


def statement_of_id(session: Session, statement_id: int, *, agreement_id: int) -> UsageStatement:
    statement = session.get(UsageStatement, statement_id)
    if statement is None or statement.agreement_id != agreement_id:
        raise NotFound(N_("This agreement has no such usage statement."), field="usage")
    return statement


def _require_open(session: Session, agreement_id: int) -> None:
    """A settlement that was confirmed stands on its statement until it is disputed and withdrawn."""
    settled = session.scalar(
        select(Settlement.id).where(
            Settlement.agreement_id == agreement_id,
            Settlement.state.in_((SettlementState.CONFIRMED, SettlementState.PAID, SettlementState.DISPUTED)),
        )
    )
    if settled is not None:
        raise Conflict(
            N_("The settlement was confirmed on another statement."),
            code="SETTLED",
            clause=CLAUSE,
            remedy=N_("Where that was wrong, dispute and withdraw the settlement first."),
        )


def _require_newest(session: Session, statement: UsageStatement) -> None:
    """Whichever is signed off last would else count, and the money would follow the order of the clicks."""
    newer = session.scalar(
        select(UsageStatement.id).where(
            UsageStatement.agreement_id == statement.agreement_id,
            UsageStatement.id > statement.id,
            UsageStatement.state.in_((UsageState.RECORDED, UsageState.EFFECTIVE)),
        )
    )
    if newer is not None:
        raise Conflict(
            N_("A newer usage statement was recorded."),
            code="NOT_THE_NEWEST",
            clause=CLAUSE,
            remedy=N_("Reject the newer one, or record this usage again."),
        )


def _move(session: Session, statement: UsageStatement, expected: UsageState, values: dict[str, object]) -> None:
    moved = session.scalar(
        update(UsageStatement)
        .where(UsageStatement.id == statement.id, UsageStatement.state == expected)
        .values(**values)
        .returning(UsageStatement.id)
    )
    if moved is None:
        raise Stale(N_("Somebody else decided on this usage statement meanwhile."), clause=CLAUSE)
    session.refresh(statement)


def _record(
    session: Session, statement: UsageStatement, act: str, *, actor: Actor, now: datetime, reason: str | None = None
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"usage:{statement.id}",
        agreement_id=statement.agreement_id,
        tenant_id=statement.agreement.tenant_id,
        clause=CLAUSE,
        reason=reason,
        now=now,
        details={
            "used": statement.used,
            **(
                {"beyond_quota": beyond}
                if (beyond := order_of(statement.agreement).beyond_quota(statement.used))
                else {}
            ),
            "through": statement.used_through_on.isoformat(),
            "file_id": statement.file_id,
        },
    )
