"""`/api/v1/changes/…`: corrected notices, procedures after a notice, announced changes on their day (clause 3.3)."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from flask import g, url_for
from sqlalchemy.orm import Session

from agreements.kernel.db import db
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.web.rest import RestRoom
from agreements.kernel.web.rest_fields import ID
from agreements.kernel.web.rest_lists import page_of_rows
from agreements.kernel.web.rest_once import Created
from compliance.changes import reading
from compliance.changes.announcing import announced_of_id, confirm_announced, drop_announced
from compliance.changes.api import change_of_id, changes_shown, judged_shown, taken_in_shown, upload_of
from compliance.changes.api import room as changes
from compliance.changes.api_schemas import (
    AnnouncedConfirmed,
    AnnouncedPage,
    AnnouncedQuery,
    AnnouncedShown,
    CompleteProcedureBody,
    ConfirmAnnouncedBody,
    DropAnnouncedBody,
    NoticeCorrectionBody,
    NoticeTakenIn,
    OpenProcedureBody,
    ProcedureShown,
)
from compliance.changes.models import AnnouncedChange, ChangeEvent
from compliance.changes.procedures import complete_procedure, duties_of_procedure, open_procedure, procedure_of
from compliance.changes.rules import NoticeVia
from compliance.changes.taking_in import correct_notice, notice_of_id
from compliance.obligations.rules import FormLevel

room = RestRoom(
    "change_acts",
    __name__,
    path="/changes",
    description="Corrected notices, the procedure after a notice, and announced changes on their day (clause 3.3 b).",
)
PROCEDURE = f"/<{ID}:change_id>/procedure"
ANNOUNCED = f"/announced/<{ID}:announced_id>"


@room.acts(
    f"/notices/<{ID}:notice_id>/correction",
    takes=NoticeCorrectionBody,
    answers=NoticeTakenIn,
    status=HTTPStatus.CREATED,
)
def correct(
    session: Session,
    *,
    now: datetime,
    notice_id: int,
    correction: str,
    arrived_at: datetime,
    form: FormLevel,
    via: NoticeVia,
    file: dict[str, Any] | None,
) -> dict[str, Any]:
    """Take in a tenant's corrected notice of the same changes; both are kept, and lateness is not cured."""
    taken = correct_notice(
        session,
        notice_of_id(session, notice_id),
        correction=correction,
        arrived_at=arrived_at,
        form=form,
        via=via,
        upload=upload_of(file, "file"),
        actor=g.actor,
        now=now,
    )
    return taken_in_shown(session, taken, now=now)


@room.reads(PROCEDURE, answers=ProcedureShown)
def procedure(change_id: int) -> dict[str, Any]:
    """What was still missing after the notice of a change, and each duty to complete it."""
    session = db.session()
    return _procedure(session, change_of_id(session, change_id))


@room.acts(PROCEDURE, takes=OpenProcedureBody, answers=ProcedureShown, status=HTTPStatus.CREATED)
def open_one(session: Session, *, now: datetime, change_id: int, needed: str, due_on: date) -> Created:
    """Open the procedure of a change that was notified, until a date of ours; once a change."""
    change = change_of_id(session, change_id)
    open_procedure(session, change, needed=needed, due_on=due_on, actor=g.actor, now=now)
    return Created(_procedure(session, change), url_for(f"{room.name}.procedure", change_id=change.id))


@room.acts(f"{PROCEDURE}/completion", takes=CompleteProcedureBody, answers=ProcedureShown)
def complete(
    session: Session, *, now: datetime, change_id: int, completed_at: datetime, note: str, file: dict[str, Any] | None
) -> dict[str, Any]:
    """Record that what was missing came; on time or late by when the last of it arrived."""
    change = change_of_id(session, change_id)
    upload = upload_of(file, "file")
    complete_procedure(session, change, completed_at=completed_at, note=note, upload=upload, actor=g.actor, now=now)
    return _procedure(session, change)


@room.reads("/announced", answers=AnnouncedPage, query=AnnouncedQuery)
def announced(*, q: str | None, page: int, size: int) -> dict[str, Any]:
    """Announced changes that wait for their day or for a person, the nearest day first."""
    search = reading.Search(reading.ANNOUNCED, (q or "").strip())
    found = page_of_rows(db.session(), reading.announced(search), page=page, size=size)
    return found | {"items": [_announced(each) for each in found["items"]]}


@room.reads(ANNOUNCED, answers=AnnouncedShown)
def one_announced(announced_id: int) -> dict[str, Any]:
    """One announced change with the notice that announced it, and what became of it."""
    return _announced(announced_of_id(db.session(), announced_id))


@room.acts(f"{ANNOUNCED}/confirm", takes=ConfirmAnnouncedBody, answers=AnnouncedConfirmed, status=HTTPStatus.CREATED)
def confirm(
    session: Session, *, now: datetime, announced_id: int, occurred_on: date, proof: dict[str, Any] | None
) -> Created:
    """Record that it took effect; its clocks are judged by the notice that announced it."""
    change, judged = confirm_announced(
        session,
        announced_of_id(session, announced_id),
        occurred_on=occurred_on,
        proof=upload_of(proof, "proof"),
        actor=g.actor,
        now=now,
    )
    [shown] = changes_shown(session, [change], now=now)
    told = {"change": shown, "judged": judged_shown(judged)}
    return Created(told, url_for(f"{changes.name}.one", change_id=change.id))


@room.acts(f"{ANNOUNCED}/drop", takes=DropAnnouncedBody, answers=AnnouncedShown)
def drop(session: Session, *, now: datetime, announced_id: int, reason: str) -> dict[str, Any]:
    """Record that it does not take place, or concerns no agreement any more."""
    found = announced_of_id(session, announced_id)
    drop_announced(session, found, reason=reason, actor=g.actor, now=now)
    return _announced(found)


def _procedure(session: Session, change: ChangeEvent) -> dict[str, Any]:
    found = procedure_of(session, change)
    if found is None:
        raise NotFound(N_("No procedure of this change is open."), field="change", clause="3.3")
    told = {name: getattr(found, name) for name in ProcedureShown._declared_fields if hasattr(found, name)}  # noqa: SLF001
    duties = [
        {
            "obligation_id": duty.id,
            "order_no": duty.agreement.order_no,
            "state": duty.state,
            "overdue_from": duty.overdue_from,
        }
        for duty in duties_of_procedure(session, change)
    ]
    return told | {"change": change.id, "duties": duties}


def _announced(found: AnnouncedChange) -> dict[str, Any]:
    told = {name: getattr(found, name) for name in AnnouncedShown._declared_fields if hasattr(found, name)}  # noqa: SLF001
    return told | {
        "tenant_key": found.tenant.tenant_key,
        "notice": found.change_notice,
        "change": found.change_event_id,
    }
