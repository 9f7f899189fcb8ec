"""Moving a case: the only place that writes `breach_case.state`, guarded by the state and version that were seen."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor
from agreements.kernel.errors import N_, InvalidInput, Stale
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import CaseEvent, case_move


def move(
    session: Session,
    case: BreachCase,
    event: CaseEvent,
    *,
    version: int,
    actor: Actor,
    now: datetime,
    as_of: datetime | None = None,
    reason: str | None = None,
    values: dict[str, object] | None = None,
    details: dict[str, object] | None = None,
) -> None:
    """Make one legal move of the version that was seen, and record it."""
    before = case.state
    move = case_move(before, event)
    write(session, case, version=version, values={"state": move.target, **(values or {})})
    record(
        session,
        case,
        f"case.{event.value}",
        actor=actor,
        now=now,
        as_of=as_of or now,
        reason=reason,
        details={"from": before.value, "to": move.target.value, **(details or {})},
    )


def write(session: Session, case: BreachCase, *, version: int, values: dict[str, object]) -> None:
    session.flush()  # what the caller set on the row counts before the guard is asked
    moved = session.scalar(
        update(BreachCase)
        .where(BreachCase.id == case.id, BreachCase.version == version, BreachCase.state == case.state)
        .values(version=version + 1, **values)
        .returning(BreachCase.id)
    )
    if moved is None:
        raise _moved_on(case)
    session.refresh(case)


def require_version(case: BreachCase, version: int) -> None:
    """Raise Stale unless the case is still the one that was seen; `write` asks again in its own statement."""
    if case.version != version:
        raise _moved_on(case)


def _moved_on(case: BreachCase) -> Stale:
    return Stale(
        N_("Somebody else acted on case %(case_id)s meanwhile."),
        remedy=N_("Look at the case again, then decide."),
        case_id=case.id,
    )


def record(
    session: Session,
    case: BreachCase,
    act: str,
    *,
    actor: Actor,
    now: datetime,
    as_of: datetime,
    reason: str | None = None,
    details: dict[str, object] | None = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"case:{case.id}",
        agreement_id=case.agreement_id,
        tenant_id=case.tenant_id,
        clause=case.clause,
        reason=reason,
        now=now,
        as_of=as_of,
        details=details,
    )


def has_lapsed(case: BreachCase) -> bool:
    """民法典 564: whether a declaration arrived when the year was over, so that it ended nothing."""
    notice, until_at = case.termination_notice, case.termination_until_at
    return (
        notice is not None and notice.arrived_at is not None and until_at is not None and notice.arrived_at >= until_at
    )


def require_text(text: str, field: str) -> None:
    if not text.strip():
        raise InvalidInput(N_("Write down the grounds; they stay on record."), field=field)
