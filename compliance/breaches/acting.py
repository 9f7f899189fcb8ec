"""Doing an act on a case as a person asked, in a page or through REST: on what was seen, with the letter read."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Actor, require
from agreements.kernel.errors import N_, Conflict
from compliance.breaches import actions, suspension, termination
from compliance.breaches.actions import demand_draft
from compliance.breaches.board import acts_open
from compliance.breaches.issuing import Draft, Preview, preview, require_as_read, withdrawal_to_send
from compliance.breaches.models import BreachCase
from compliance.breaches.moving import require_version
from compliance.breaches.schemas import ActForm, LetterChoice
from compliance.breaches.suspension import resume_draft, suspension_draft
from compliance.breaches.waiting import NEEDS, CaseAct


def perform(session: Session, case: BreachCase, act: CaseAct, given: ActForm, *, actor: Actor, now: datetime) -> None:
    """Do the act, if it is open, the case is still the version that was seen, and its letter the one that was read."""
    require(actor, NEEDS[act])
    require_version(case, given.version)
    require_open_act(case, act, now=now)
    _DO[act](session, case, given, actor=actor, now=now)


def require_open_act(case: BreachCase, act: CaseAct, *, now: datetime) -> None:
    if act not in acts_open(case, now=now):
        raise Conflict(N_("This act is not open now."), code="NOT_OPEN")


def draft_of(session: Session, case: BreachCase, act: CaseAct, choice: LetterChoice, *, actor: Actor) -> Draft:
    """Return the letter that an act sends."""
    if act is CaseAct.DEMAND:
        assert choice.due_on is not None, "the schema reads the date of a demand"
        return demand_draft(session, case, stated_due_on=choice.due_on, language=choice.language, actor=actor)
    if act is CaseAct.SUSPEND:
        return suspension_draft(session, case, language=choice.language, actor=actor)
    if act is CaseAct.TERMINATE:
        return termination.termination_draft(session, case, language=choice.language, actor=actor)
    return resume_draft(case, language=choice.language, actor=actor)


def letter_of(
    session: Session, case: BreachCase, act: CaseAct, choice: LetterChoice, *, actor: Actor, now: datetime
) -> Preview | None:
    """Return the letter that an act would send now, to be read before; None where accepting sends none."""
    require(actor, NEEDS[act])
    require_open_act(case, act, now=now)
    if act is CaseAct.ACCEPT:
        return withdrawal_to_send(session, case, actor=actor, now=now)
    return preview(session, case, draft_of(session, case, act, choice, actor=actor), now=now)


def _confirm(session: Session, case: BreachCase, given: ActForm, *, actor: Actor, now: datetime) -> None:
    assert given.ground_class is not None, "the schema reads it"
    actions.confirm(
        session,
        case,
        ground_class=given.ground_class,
        known_on=given.known_on,
        reason=given.text,
        version=given.version,
        actor=actor,
        now=now,
    )


def _dismiss(session: Session, case: BreachCase, given: ActForm, *, actor: Actor, now: datetime) -> None:
    actions.dismiss(session, case, reason=given.text, version=given.version, actor=actor, now=now)


def _demand(session: Session, case: BreachCase, given: ActForm, *, actor: Actor, now: datetime) -> None:
    choice = _as_read(session, case, CaseAct.DEMAND, given, actor=actor, now=now)
    actions.demand_rectification(
        session,
        case,
        stated_due_on=choice.due_on,
        language=choice.language,
        reason=given.text,
        version=given.version,
        actor=actor,
        now=now,
    )


def _suspend(session: Session, case: BreachCase, given: ActForm, *, actor: Actor, now: datetime) -> None:
    choice = _as_read(session, case, CaseAct.SUSPEND, given, actor=actor, now=now)
    suspension.decide_suspension(
        session, case, reason=given.text, language=choice.language, version=given.version, actor=actor, now=now
    )


def _accept(session: Session, case: BreachCase, given: ActForm, *, actor: Actor, now: datetime) -> None:
    require_as_read(withdrawal_to_send(session, case, actor=actor, now=now), given.fingerprint)
    actions.accept_rectification(session, case, note=given.text, version=given.version, actor=actor, now=now)


def _reinstate(session: Session, case: BreachCase, given: ActForm, *, actor: Actor, now: datetime) -> None:
    choice = _as_read(session, case, CaseAct.REINSTATE, given, actor=actor, now=now)
    suspension.reinstate(
        session, case, language=choice.language, reason=given.text, version=given.version, actor=actor, now=now
    )


def _terminate(session: Session, case: BreachCase, given: ActForm, *, actor: Actor, now: datetime) -> None:
    choice = _as_read(session, case, CaseAct.TERMINATE, given, actor=actor, now=now)
    termination.decide_termination(
        session, case, language=choice.language, reason=given.text, version=given.version, actor=actor, now=now
    )


def _close(session: Session, case: BreachCase, given: ActForm, *, actor: Actor, now: datetime) -> None:
    actions.close(session, case, reservation=given.text, version=given.version, actor=actor, now=now)


def _as_read(
    session: Session, case: BreachCase, act: CaseAct, given: ActForm, *, actor: Actor, now: datetime
) -> LetterChoice:
    """Return how the letter shall be, after it proved to be the one that was read."""
    choice = given.letter
    assert choice is not None, "the schema reads it"
    shown = preview(session, case, draft_of(session, case, act, choice, actor=actor), now=now)
    require_as_read(shown, given.fingerprint)
    return choice


_DO: dict[CaseAct, Callable[..., None]] = {
    CaseAct.CONFIRM: _confirm,
    CaseAct.DISMISS: _dismiss,
    CaseAct.DEMAND: _demand,
    CaseAct.ACCEPT: _accept,
    CaseAct.SUSPEND: _suspend,
    CaseAct.REINSTATE: _reinstate,
    CaseAct.TERMINATE: _terminate,
    CaseAct.CLOSE: _close,
}
