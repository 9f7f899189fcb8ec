"""The life of a supplementary agreement (clause 8.1; domain 5). `SUPPLEMENT_MOVES` is the whole of the machine."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agreements.kernel.errors import N_, IllegalMove


class SupplementState(StrEnum):
    DRAFT = "draft"
    SIGNED_BY_ONE = "signed_by_one"
    SIGNED_BY_BOTH = "signed_by_both"
    IN_FORCE = "in_force"
    CANCELLED = "cancelled"


class SupplementEvent(StrEnum):
    SIGN_FIRST = "sign_first"
    SIGN_SECOND = "sign_second"
    TAKE_EFFECT = "take_effect"
    CANCEL = "cancel"


class SigningParty(StrEnum):
    PROVIDER = "provider"
    TENANT = "tenant"


@dataclass(frozen=True, slots=True)
class SupplementMove:
    sources: tuple[SupplementState, ...]
    target: SupplementState


SUPPLEMENT_MOVES: dict[SupplementEvent, SupplementMove] = {
    SupplementEvent.SIGN_FIRST: SupplementMove((SupplementState.DRAFT,), SupplementState.SIGNED_BY_ONE),
    SupplementEvent.SIGN_SECOND: SupplementMove((SupplementState.SIGNED_BY_ONE,), SupplementState.SIGNED_BY_BOTH),
    SupplementEvent.TAKE_EFFECT: SupplementMove((SupplementState.SIGNED_BY_BOTH,), SupplementState.IN_FORCE),
    SupplementEvent.CANCEL: SupplementMove(
        (SupplementState.DRAFT, SupplementState.SIGNED_BY_ONE), SupplementState.CANCELLED
    ),
}


def supplement_move(state: SupplementState, event: SupplementEvent) -> SupplementMove:
    """Return the move, or raise IllegalMove saying what is legal now."""
    move = SUPPLEMENT_MOVES[event]
    if state not in move.sources:
        raise IllegalMove(
            N_("A supplement that is %(state)s can't %(event)s."),
            clause="8.1",
            remedy=N_("Legal now: %(legal)s."),
            state=state,
            event=event,
            legal=tuple(each for each, known in SUPPLEMENT_MOVES.items() if state in known.sources),
        )
    return move


def takes_effect_at(asked_for: datetime | None, *, signed_by_both_at: datetime, reaches_back: bool) -> datetime:
    """Clause 8.1: the instant the document names; never before both signed unless it says that it reaches back."""
    if asked_for is None:
        return signed_by_both_at
    return asked_for if reaches_back else max(asked_for, signed_by_both_at)


def state_at(state: SupplementState, *, in_force_at: datetime | None, now: datetime) -> SupplementState:
    """What is signed by both is in force from its instant, whether or not a job has recorded it."""
    if state is SupplementState.SIGNED_BY_BOTH and in_force_at is not None and in_force_at <= now:
        return SupplementState.IN_FORCE
    return state
