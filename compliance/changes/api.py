"""`/api/v1/changes`: tenants' changes with their clocks, recording them, and taking in a notice of them (3.3)."""

from collections.abc import Sequence
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from flask import g, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.db import db
from agreements.kernel.errors import N_, NotFound
from agreements.kernel.web.rest import RestRoom
from agreements.kernel.web.rest_fields import ID, content_of
from agreements.kernel.web.rest_lists import page_of_rows
from agreements.kernel.web.rest_once import Created
from agreements.parties.actions import Upload, tenant_of_key
from compliance.changes import reading
from compliance.changes.actions import agreements_without_clock, record_change
from compliance.changes.api_schemas import (
    ChangePage,
    ChangeQuery,
    ChangesBody,
    ChangeShown,
    ChangesMade,
    NoticeBody,
    NoticeTakenIn,
)
from compliance.changes.models import ChangeEvent
from compliance.changes.notifying import Judged
from compliance.changes.reading import ChangeRow, state_of
from compliance.changes.rules import ChangeSource, NoticeVia
from compliance.changes.taking_in import Missing, Reported, TakenIn, take_in_notice
from compliance.obligations.models import Obligation
from compliance.obligations.rules import FormLevel

room = RestRoom(
    "changes",
    __name__,
    path="/changes",
    description="Changes of tenants' licences, documents, information and business, and their notices (clause 3.3 b).",
)


@room.reads("", answers=ChangePage, query=ChangeQuery)
def listed(*, state: str, q: str | None, sort: str, page: int, size: int) -> dict[str, Any]:
    """Changes, the latest first."""
    session = db.session()
    now = clock.now(session)
    search = reading.Search(state, (q or "").strip(), sort)
    found = page_of_rows(session, reading.changes(search, now=now), page=page, size=size)
    found["items"] = changes_shown(session, found["items"], now=now)
    return found


@room.reads(f"/<{ID}:change_id>", answers=ChangeShown)
def one(change_id: int) -> dict[str, Any]:
    """One change with its clocks and the tenant's notices of it."""
    session = db.session()
    return changes_shown(session, [change_of_id(session, change_id)], now=clock.now(session))[0]


@room.acts("", takes=ChangesBody, answers=ChangesMade, status=HTTPStatus.CREATED)
def record(
    session: Session,
    *,
    now: datetime,
    tenant_key: str,
    source: str,
    discovered_on: date | None,
    changes: list[dict[str, Any]],
    proof: dict[str, Any] | None,
) -> Created:
    """Record one or several changes that we found; each starts its clock under each agreement in force that day."""
    tenant = tenant_of_key(session, tenant_key)
    made = [
        record_change(
            session,
            tenant,
            **each,
            source=ChangeSource(source),
            discovered_on=discovered_on,
            proof=upload_of(proof, "proof"),
            actor=g.actor,
            now=now,
        )
        for each in changes
    ]
    location = url_for(f"{room.name}.one", change_id=made[0].id)
    return Created({"changes": changes_shown(session, made, now=now)}, location)


@room.acts("/notices", takes=NoticeBody, answers=NoticeTakenIn, status=HTTPStatus.CREATED)
def take_in(
    session: Session,
    *,
    now: datetime,
    tenant_key: str,
    arrived_at: datetime,
    form: FormLevel,
    via: NoticeVia,
    reports: list[dict[str, Any]],
    known: list[int],
    file: dict[str, Any] | None,
    missing: dict[str, Any] | None,
) -> dict[str, Any]:
    """Take in a tenant's notice of one or several changes; each is judged by its own clock."""
    tenant = tenant_of_key(session, tenant_key)
    on_record = [change_of_id(session, change_id) for change_id in sorted(set(known))]
    if any(change.tenant_id != tenant.id for change in on_record):
        raise NotFound(N_("This tenant has no such change."), field="known")
    taken = take_in_notice(
        session,
        tenant,
        [Reported(**each) for each in reports],
        on_record,
        arrived_at=arrived_at,
        form=form,
        via=via,
        upload=upload_of(file, "file"),
        missing=Missing(**missing) if missing else None,
        actor=g.actor,
        now=now,
    )
    return taken_in_shown(session, taken, now=now)


def taken_in_shown(session: Session, taken: TakenIn, *, now: datetime) -> dict[str, Any]:
    """Return what is told of a notice that was taken in."""
    return {
        "notice": taken.notice,
        "changes": changes_shown(session, taken.changes, now=now),
        "announced": taken.announced,
        "judged": judged_shown(taken.judged),
    }


def judged_shown(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Return what was said of each clock."""
    return [
        {"obligation_id": each.obligation.id, "order_no": each.obligation.agreement.order_no, "state": each.state}
        for each in judged
    ]


def upload_of(sent: dict[str, Any] | None, field: str) -> Upload | None:
    """Return a file as it was sent; None for none."""
    return Upload(sent["name"], sent["media_type"], content_of(sent, field)) if sent else None


def change_of_id(session: Session, change_id: int) -> ChangeEvent:
    """Return the change, or raise NotFound."""
    change = session.scalar(select(ChangeEvent).where(ChangeEvent.id == change_id))
    if change is None:
        raise NotFound(N_("There is no change %(number)s."), field="change", number=change_id)
    return change


def changes_shown(session: Session, changes: Sequence[ChangeEvent], *, now: datetime) -> list[dict[str, Any]]:
    """Return what is told of each change."""
    return [_row(session, row, now=now) for row in reading.rows_of(session, changes)]


def _row(session: Session, row: ChangeRow, *, now: datetime) -> dict[str, Any]:
    change = row.change
    return {
        "id": change.id,
        "tenant_key": change.tenant.tenant_key,
        "kind": change.kind,
        "description": change.description,
        "occurred_on": change.occurred_on,
        "source": change.source,
        "discovered_on": change.discovered_on,
        "recorded_at": change.recorded_at,
        "recorded_by": change.recorded_by,
        "clocks": [_clock(obligation, now=now) for obligation in row.clocks],
        "without_clock": [agreement.order_no for agreement in agreements_without_clock(session, change)],
        "notices": row.notices,
    }


def _clock(obligation: Obligation, *, now: datetime) -> dict[str, Any]:
    return {
        "obligation_id": obligation.id,
        "order_no": obligation.agreement.order_no,
        "state": state_of(obligation, now),
        "due_on": obligation.due_on,
        "overdue_from": obligation.overdue_from,
        "performed_at": obligation.performed_at,
        "provisional": obligation.provisional,
    }
