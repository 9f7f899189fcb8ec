"""Counting open dates again when a term was corrected, decided between, or a supplement reaches back (E-36, I-6, E-11).

An obligation keeps the term that applied when it was triggered; only what we had read wrongly, what an approver chose
of annex and online terms (main 二 3), or what both sides agreed for the past, moves it. What was judged late by a wrong
date is judged again where the right one is later; what was performed in time stays so, whatever we read now.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, String, case, cast, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from agreements.calendar.deadline_rules import Deadline
from agreements.calendar.deadline_table import Unit
from agreements.register.models import Instrument, Term
from agreements.register.term_models import TermConflict
from compliance.obligations import recounting
from compliance.obligations.actions import rejudge
from compliance.obligations.models import Obligation, ObligationRecount
from compliance.obligations.recount_rules import Recount, RecountOutcome, RecountReason, judge_bound, judge_recount
from compliance.obligations.rules import ObligationState
from compliance.obligations.terms_counting import DECIDED, MARK, TERM_OF, count_by_terms

LATE = (ObligationState.OVERDUE, ObligationState.PERFORMED_LATE)


def counted_by_old_terms(session: Session, *, due_by: datetime) -> list[int]:  # noqa: ARG001 - what is known is due
    """Return open obligations whose term was recorded or decided since they were opened; earliest bound first."""
    mark = _mark()
    done = exists().where(ObligationRecount.obligation_id == Obligation.id, ObligationRecount.to_version == mark)
    return list(
        session.scalars(
            select(Obligation.id)
            .where(Obligation.state == ObligationState.OPEN, Obligation.code.in_(TERM_OF), mark.is_not(None), ~done)
            .order_by(Obligation.overdue_from, Obligation.id)
        )
    )


def judged_by_old_terms(session: Session, *, due_by: datetime) -> list[int]:  # noqa: ARG001 - what is known is due
    """Return obligations judged late whose term was recorded or decided since they opened; earliest bound first."""
    mark = _mark()
    done = exists().where(ObligationRecount.obligation_id == Obligation.id, ObligationRecount.to_version == mark)
    return list(
        session.scalars(
            select(Obligation.id)
            .where(Obligation.state.in_(LATE), Obligation.code.in_(TERM_OF), mark.is_not(None), ~done)
            .order_by(Obligation.overdue_from, Obligation.id)
        )
    )


def rejudge_by_terms(session: Session, obligation_id: int, *, now: datetime) -> ObligationRecount | None:
    """E-36: judge what counts as late again by the term as we read it now; None where another scheduler did it.

    Only a later date changes anything: then the duty is open again, or was performed in time, or was late later.
    """
    found = session.execute(
        select(Obligation, _mark()).where(Obligation.id == obligation_id, Obligation.state.in_(LATE))
    ).first()
    if found is None or found[1] is None:
        return None
    obligation, mark = found
    new = count_by_terms(session, obligation, now=now)
    later = new is not None and new.due_on > obligation.due_on
    if new is None:
        reason = RecountReason.NOT_COUNTABLE
    elif later:
        reason = RecountReason.MOVED_LATER
    else:
        reason = RecountReason.SAME_DATE if new.due_on == obligation.due_on else RecountReason.NEVER_EARLIER
    row = ObligationRecount(
        obligation_id=obligation.id,
        generation=obligation.generation + later,
        outcome=RecountOutcome.APPLIED if later else RecountOutcome.KEPT,
        reason=reason,
        from_due_on=obligation.due_on,
        counted_on=new.due_on if new is not None else obligation.due_on,
        from_version=obligation.calendar_version,
        to_version=mark,
        recounted_at=now,
    )
    session.add(row)
    session.flush()  # a second scheduler fails here on the unique key
    recounting.record_recount(session, row, obligation, now=now)
    if later:
        assert new is not None, "what moves was counted"
        rejudge(session, obligation, new, now=now)
    return row


def recount_by_terms(session: Session, obligation_id: int, *, now: datetime) -> ObligationRecount | None:
    """Count one open date again by the term that applied when it was triggered, as we read it now.

    None where another scheduler did it. A term that can't be counted, or a date of ours that would be past, is left to
    a person; a tenant's date is never moved earlier.
    """
    found = session.execute(
        select(Obligation, _mark()).where(Obligation.id == obligation_id, Obligation.state == ObligationState.OPEN)
    ).first()
    if found is None or found[1] is None:
        return None
    obligation, mark = found
    known = select(ObligationRecount.id).where(
        ObligationRecount.obligation_id == obligation.id, ObligationRecount.to_version == mark
    )
    if session.scalar(known) is not None:
        return None
    new = count_by_terms(session, obligation, now=now)
    judged = _judge(obligation, new, now=now)
    moves = judged.outcome is RecountOutcome.APPLIED
    row = ObligationRecount(
        obligation_id=obligation.id,
        generation=obligation.generation + moves,
        outcome=judged.outcome,
        reason=judged.reason,
        from_due_on=obligation.due_on,
        counted_on=judged.due_on,
        from_version=obligation.calendar_version,
        to_version=mark,
        recounted_at=now,
    )
    session.add(row)
    session.flush()  # a second scheduler fails here on the unique key
    recounting.record_recount(session, row, obligation, now=now)
    if moves:
        assert new is not None, "what moves was counted"
        recounting.move_date(session, obligation, new, judged)
    return row


def _judge(obligation: Obligation, new: Deadline | None, *, now: datetime) -> Recount:
    if new is None:
        return Recount(
            RecountOutcome.TO_PERSON,
            RecountReason.NOT_COUNTABLE,
            obligation.due_on,
            obligation.due_on,
            provisional=obligation.provisional,
        )
    if Unit.HOUR in (new.unit, obligation.count_trace["unit"]):
        return judge_bound(obligation.debtor, obligation.overdue_from, new, now=now)
    judged = judge_recount(recounting.date_of(obligation), new, now=now)
    return judged or Recount(
        RecountOutcome.KEPT, RecountReason.SAME_DATE, new.due_on, obligation.due_on, provisional=new.provisional
    )


def _mark() -> ColumnElement[str | None]:
    """Name what last set an obligation's term anew since it was opened: an instrument, a decision, or both; or None.

    The instrument says the term for when the obligation was triggered; the decision is an approver's between two.
    """
    key = case(*((Obligation.code == code, literal(term)) for code, term in TERM_OF.items()))
    newest = (
        select(func.max(Instrument.id))
        .join(Term, Term.instrument_id == Instrument.id)
        .where(
            Instrument.agreement_id == Obligation.agreement_id,
            Term.key == key,
            Instrument.recorded_at > Obligation.opened_at,
            or_(Instrument.effective_at.is_(None), Instrument.effective_at <= Obligation.triggered_at),
        )
        .correlate(Obligation)
        .scalar_subquery()
    )
    decided = (
        select(func.max(TermConflict.id))
        .where(
            TermConflict.agreement_id == Obligation.agreement_id,
            TermConflict.key == key,
            TermConflict.approved_by.is_not(None),
            TermConflict.resolved_at > Obligation.opened_at,
        )
        .correlate(Obligation)
        .scalar_subquery()
    )
    by_instrument = literal(MARK).concat(cast(func.coalesce(newest, 0), String))
    return case(
        (decided.is_not(None), by_instrument.concat(literal(DECIDED)).concat(cast(decided, String))),
        (newest.is_not(None), by_instrument),
        else_=None,
    )
