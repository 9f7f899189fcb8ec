"""Many files or orders at once: taken in whole, read piece by piece, restart-safe, every item with its outcome.

What is read here is never registered here: a person confirms (see `order_review` and the review of one import).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agreements.intake.batch_models import BatchKind, IntakeBatch, IntakeItem, ItemState
from agreements.intake.import_record import keyring_of
from agreements.intake.order_files import open_list
from agreements.intake.order_rows import OrderRow, row_from_json
from agreements.kernel import audit, files
from agreements.kernel.access.models import Person
from agreements.kernel.access.rules import OPERATOR, Actor, Permission, require
from agreements.kernel.crypto import Place
from agreements.kernel.errors import N_, InvalidInput, LuyueError, NotFound, listed
from agreements.parties.actions import Upload

MOST_FILES = 500
TABLE = IntakeItem.__tablename__
LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is; counts by state."""

    done: int
    total: int
    counts: dict[ItemState, int]


def open_file_batch(session: Session, uploads: Sequence[Upload], *, actor: Actor, now: datetime) -> IntakeBatch:
    """Keep many contract files; each is read later by itself, and one that is refused keeps no other out."""
    require(actor, Permission.IMPORT_AGREEMENT)
    if not uploads:
        raise InvalidInput(N_("No file was chosen."), field="files", remedy=N_("Choose one or more contract files."))
    if len(uploads) > MOST_FILES:
        raise InvalidInput(
            N_("These are more than %(most)s files."),
            field="files",
            remedy=N_("Upload them in several parts."),
            most=MOST_FILES,
        )
    batch = IntakeBatch(
        kind=BatchKind.FILES,
        name=uploads[0].name,
        rows_total=len(uploads),
        rows_read=0,
        notes={},
        person_id=actor.id,
        created_by=actor.name,
        created_at=now,
    )
    session.add(batch)
    session.flush()  # items name its id
    for place, upload in enumerate(uploads, 1):
        session.add(
            IntakeItem(
                row_key=uuid4().hex,
                batch_id=batch.id,
                line=place,
                name=upload.name,
                state=ItemState.WAITING,
                file_id=_kept(session, upload, now=now),
            )
        )
    details = {"kind": BatchKind.FILES.value, "total": len(uploads)}
    record_batch(session, batch, "batch.uploaded", actor=actor, now=now, details=details)
    return batch


def _kept(session: Session, upload: Upload, *, now: datetime) -> int | None:
    if not upload.content:
        return None
    return files.keep(session, upload.content, name=upload.name, media_type=upload.media_type, now=now).id


def open_order_batch(session: Session, upload: Upload, *, actor: Actor, now: datetime) -> IntakeBatch:
    """Keep a list of orders, its columns understood and its rows counted; the rows are read later.

    Raises InvalidInput, writing nothing, for what is no such list or lacks a column.
    """
    require(actor, Permission.IMPORT_AGREEMENT)
    opened = open_list(upload.name, upload.content)
    batch = IntakeBatch(
        kind=BatchKind.ORDERS,
        name=upload.name,
        file_id=_kept(session, upload, now=now),
        rows_total=opened.rows_total,
        rows_read=0,
        notes={
            "ignored": list(opened.columns.ignored),
            "places": dict(opened.columns.places),
            "head_line": opened.head_line,
        },
        person_id=actor.id,
        created_by=actor.name,
        created_at=now,
    )
    session.add(batch)
    session.flush()  # the audit row names its id
    details = {"kind": BatchKind.ORDERS.value, "total": opened.rows_total, "file_id": batch.file_id}
    record_batch(session, batch, "batch.uploaded", actor=actor, now=now, details=details)
    return batch


def batch_of_id(session: Session, batch_id: int) -> IntakeBatch:
    batch = session.get(IntakeBatch, batch_id)
    if batch is None:
        raise NotFound(N_("There is no such upload."), remedy=N_("Choose one from the list of uploads."))
    return batch


def progress_of(session: Session, batch: IntakeBatch) -> Progress:
    rows = session.execute(
        select(IntakeItem.state, func.count()).where(IntakeItem.batch_id == batch.id).group_by(IntakeItem.state)
    )
    found = {row[0]: row[1] for row in rows}
    counts = {state: found[state] for state in ItemState if state in found}
    return Progress(batch.rows_read, batch.rows_total, counts)


def problem_of(error: LuyueError) -> dict[str, object]:
    """Return why something was not taken, as it is kept: the words are found again where they are shown."""
    return {
        "code": error.code,
        "message": error.message,
        "remedy": error.remedy,
        "field": error.field,
        "values": {name: str(listed(value))[:LONGEST_VALUE] for name, value in error.values.items()},
    }


def error_of(problem: dict[str, object]) -> LuyueError:
    """Return a kept problem as the error that it was, to be shown as every other."""
    values = problem["values"]
    assert isinstance(values, dict)
    remedy, field = problem["remedy"], problem["field"]
    return InvalidInput(
        str(problem["message"]),
        code=str(problem["code"]),
        remedy=str(remedy) if remedy else None,
        field=str(field) if field else None,
        **values,
    )


def row_of(session: Session, item: IntakeItem) -> OrderRow:
    """Return the values of a row in clear."""
    if item.facts_sealed is None:
        raise NotFound(N_("This row was not read."), remedy=N_("Open the list again."))
    return row_from_json(keyring_of(session).decrypt(item.facts_sealed, Place(TABLE, "facts_sealed", item.row_key)))


def sealed_row(session: Session, row: OrderRow, row_key: str) -> str:
    return keyring_of(session).encrypt(row.as_json(), Place(TABLE, "facts_sealed", row_key))


def actor_of(session: Session, batch: IntakeBatch) -> Actor:
    """Return who uploaded a batch, with the roles of now; the command line where no person did."""
    if batch.person_id is None:
        return OPERATOR
    person = session.get(Person, batch.person_id)
    if person is None or person.disabled_at is not None:
        raise InvalidInput(
            N_("Who uploaded this no longer signs in here."), remedy=N_("Let somebody else upload it again.")
        )
    return person.actor


def record_batch(
    session: Session, batch: IntakeBatch, act: str, *, actor: Actor, now: datetime, details: Mapping[str, object]
) -> None:
    audit.record(
        session, actor=actor, act=act, subject=f"batch:{batch.id}", clause="一", now=now, details=dict(details)
    )
