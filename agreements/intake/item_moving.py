"""The one place that moves an item of a batch, guarded by the state it was in."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from agreements.intake.batch_models import IntakeItem, ItemState
from agreements.kernel.errors import N_, Stale


def move_item(session: Session, item: IntakeItem, target: ItemState, **facts: object) -> None:
    """Move an item and write the facts that go with its new state; raises Stale where somebody else was first."""
    moved = session.scalar(
        update(IntakeItem)
        .where(IntakeItem.id == item.id, IntakeItem.state == item.state)
        .values(state=target, **facts)
        .returning(IntakeItem.id)
    )
    if moved is None:
        raise decided_meanwhile()
    session.refresh(item)


def decided_meanwhile() -> Stale:
    return Stale(
        N_("Somebody else decided about one of these rows meanwhile."),
        remedy=N_("Look at the list again, then repeat your act."),
    )
