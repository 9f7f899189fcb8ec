"""Moving a settlement: the only place that writes `settlement.state`, guarded by the state and version seen."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor
from agreements.kernel.errors import N_, InvalidInput, Stale
from compliance.settlement.models import Settlement
from compliance.settlement.rules import SettlementEvent, settlement_move

CLAUSE = "4.6"
LONGEST_TEXT = 2000


def move(
    session: Session,
    settlement: Settlement,
    event: SettlementEvent,
    *,
    version: int,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    values: dict[str, object] | None = None,
    details: dict[str, object] | None = None,
) -> None:
    """Make one legal move of the version that was seen, and record it."""
    before = settlement.state
    target = settlement_move(before, event).target
    write(session, settlement, version=version, values={"state": target, **(values or {})})
    record(
        session,
        settlement,
        f"settlement.{event.value}",
        actor=actor,
        now=now,
        reason=reason,
        details={"from": before.value, "to": target.value, **(details or {})},
    )


def write(session: Session, settlement: Settlement, *, version: int, values: dict[str, object]) -> None:
    """Write to the version that was seen, or raise Stale."""
    session.flush()  # what the caller set on the row counts before the guard is asked
    moved = session.scalar(
        update(Settlement)
        .where(Settlement.id == settlement.id, Settlement.version == version, Settlement.state == settlement.state)
        .values(version=version + 1, **values)
        .returning(Settlement.id)
    )
    if moved is None:
        raise Stale(
            N_("Somebody else acted on settlement %(number)s meanwhile."),
            remedy=N_("Look at the settlement again, then decide."),
            number=settlement.id,
        )
    session.refresh(settlement)


def record(
    session: Session,
    settlement: Settlement,
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
        subject=f"settlement:{settlement.id}",
        agreement_id=settlement.agreement_id,
        tenant_id=settlement.agreement.tenant_id,
        clause=CLAUSE,
        reason=reason,
        now=now,
        details=details,
    )


def require_text(written: str, field: str) -> str:
    """Return the text without white space around it; raise InvalidInput where it says nothing or is too long."""
    written = written.strip()
    if not written:
        raise InvalidInput(N_("Write down the grounds; they stay on record."), field=field)
    if len(written) > LONGEST_TEXT:
        raise InvalidInput(N_("At most %(longest)s characters fit."), field=field, longest=LONGEST_TEXT)
    return written
