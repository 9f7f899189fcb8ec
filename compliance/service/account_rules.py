"""What may be done to a tenant's interface and account, and what must be there first (clause 3.4).

An adjustment needs a written, sealed request. A protective freeze is safety and no adjustment: it needs none. Lifting
it, or issuing new credentials, is an adjustment again.
"""

from dataclasses import dataclass
from enum import StrEnum

from agreements.kernel.errors import N_, IllegalMove


class AdjustmentKind(StrEnum):
    """What a request asks for."""

    ADD_PLATFORM = "add_platform"
    REMOVE_PLATFORM = "remove_platform"
    UNFREEZE = "unfreeze"
    REISSUE = "reissue"
    ACCOUNT = "account"
    INTERFACE = "interface"


class AdjustmentState(StrEnum):
    DRAFT = "draft"
    SEALED_RECEIVED = "sealed_received"
    EXECUTED = "executed"
    REFUSED = "refused"


class AdjustmentEvent(StrEnum):
    RECEIVE_SEALED = "receive_sealed"
    EXECUTE = "execute"
    REFUSE = "refuse"


class SealBasis(StrEnum):
    """What makes a letter sealed: the company seal on paper, or an e-seal that was verified (电子签名法 13, 14)."""

    COMPANY_SEAL = "company_seal"
    E_SEAL = "e_seal"


@dataclass(frozen=True, slots=True)
class AdjustmentMove:
    sources: tuple[AdjustmentState, ...]
    target: AdjustmentState


ADJUSTMENT_MOVES: dict[AdjustmentEvent, AdjustmentMove] = {
    AdjustmentEvent.RECEIVE_SEALED: AdjustmentMove((AdjustmentState.DRAFT,), AdjustmentState.SEALED_RECEIVED),
    AdjustmentEvent.EXECUTE: AdjustmentMove((AdjustmentState.SEALED_RECEIVED,), AdjustmentState.EXECUTED),
    AdjustmentEvent.REFUSE: AdjustmentMove(
        (AdjustmentState.DRAFT, AdjustmentState.SEALED_RECEIVED), AdjustmentState.REFUSED
    ),
}
"""The whole of the machine; pages, REST and tests read it."""

OPEN_ADJUSTMENTS = (AdjustmentState.DRAFT, AdjustmentState.SEALED_RECEIVED)
LIFTING = frozenset({AdjustmentKind.UNFREEZE, AdjustmentKind.REISSUE})
"""What may lift a freeze."""


def adjustment_move(state: AdjustmentState, event: AdjustmentEvent) -> AdjustmentMove:
    """Return the move, or raise IllegalMove; a draft that is to be executed lacks its sealed letter."""
    move = ADJUSTMENT_MOVES[event]
    if state in move.sources:
        return move
    if event is AdjustmentEvent.EXECUTE and state is AdjustmentState.DRAFT:
        raise IllegalMove(
            N_("An adjustment waits for the tenant's written, sealed request."),
            code="SEAL_MISSING",
            clause="3.4",
            remedy=N_("Attach the letter with the company seal, or with an e-seal and the record of its verification."),
        )
    raise IllegalMove(
        N_("A request that is %(state)s can't %(event)s."),
        clause="3.4",
        remedy=N_("Legal now: %(legal)s."),
        state=state,
        event=event,
        legal=tuple(legal_adjustments(state)),
    )


def legal_adjustments(state: AdjustmentState) -> list[AdjustmentEvent]:
    """Return what may happen to a request now, in the order of the table."""
    return [event for event, move in ADJUSTMENT_MOVES.items() if state in move.sources]
