"""Deleting what is past its period and past every hold: files and sealed values; rows and the audit trail stay."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.errors import N_, Conflict
from agreements.kernel.files import StoredFile
from agreements.register.models import Agreement
from compliance.retention.holding import CLAUSE
from compliance.retention.holdings import Holding, files_of, holdings, owners_of
from compliance.retention.models import RetentionPurge
from compliance.retention.positions import kept_for_owner, kept_whole
from compliance.retention.rules import longest

GONE = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a purge of one agreement would delete.

    files   ids of files that nothing else keeps
    shared  ids of files that stay, for something else keeps them
    values  sealed values, by column
    """

    files: tuple[int, ...]
    shared: tuple[int, ...]
    values: tuple[tuple[Holding, int], ...]

    @property
    def values_count(self) -> int:
        return sum(count for _, count in self.values)


def plan(session: Session, agreement: Agreement, *, now: datetime) -> Plan:
    """Say what may be deleted of an agreement now; nothing where something still keeps it. Changes nothing."""
    if not kept_whole(session, agreement, now=now).is_over:
        return Plan((), (), ())
    gone: list[int] = []
    shared: list[int] = []
    for file_id in sorted(files_of(session, agreement_id=agreement.id, tenant_id=agreement.tenant_id)):
        file = session.get_one(StoredFile, file_id)
        if file.purged_at is not None:
            continue
        kept = longest(kept_for_owner(session, owner, now=now) for owner in owners_of(session, file_id))
        (gone if kept.is_over else shared).append(file_id)
    values = [
        (each, count)
        for each in holdings()
        if not each.is_file
        for count in (len(_rows(session, each, agreement, now=now)),)
        if count
    ]
    return Plan(tuple(gone), tuple(shared), tuple(values))


def purge(session: Session, agreement: Agreement, *, now: datetime) -> RetentionPurge:
    """Clause 5.2: delete what `plan` says; raises Conflict while anything keeps the agreement.

    The contents themselves leave the disk once this is committed, by the next sweep.
    """
    if not kept_whole(session, agreement, now=now).is_over:
        raise Conflict(
            N_("Something still keeps this agreement."),
            code="STILL_KEPT",
            clause=CLAUSE,
            remedy=N_("The retention page says what and until when."),
        )
    found = plan(session, agreement, now=now)
    for file_id in found.files:
        session.execute(update(StoredFile).where(StoredFile.id == file_id).values(purged_at=now))
    for holding, _ in found.values:
        _blank(session, holding, agreement, now=now)
    row = RetentionPurge(
        agreement_id=agreement.id,
        purged_at=now,
        files=len(found.files),
        values=found.values_count,
        shared=len(found.shared),
    )
    session.add(row)
    audit.record(
        session,
        actor=SCHEDULER,
        act="retention.purged",
        subject=f"agreement:{agreement.id}",
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause=CLAUSE,
        now=now,
        details={"files": list(found.files), "values": row.values, "shared": row.shared},
    )
    session.flush()
    session.expire_all()  # what was read before may have been blanked
    return row


def _rows(session: Session, holding: Holding, agreement: Agreement, *, now: datetime) -> list[tuple[object, ...]]:
    """Return the primary keys of rows whose sealed value may go; a tenant's only with its last agreement."""
    if holding.is_tenants and not _tenant_is_over(session, agreement, now=now):
        return []
    owner = agreement.tenant_id if holding.is_tenants else agreement.id
    keys = holding.column.table.primary_key.columns
    return [tuple(row) for row in session.execute(holding.rows(*keys).where(holding.owner == owner))]


def _tenant_is_over(session: Session, agreement: Agreement, *, now: datetime) -> bool:
    others = session.scalars(select(Agreement).where(Agreement.tenant_id == agreement.tenant_id))
    return all(kept_whole(session, each, now=now).is_over for each in others)


def _blank(session: Session, holding: Holding, agreement: Agreement, *, now: datetime) -> None:
    table = holding.column.table
    for key in _rows(session, holding, agreement, now=now):
        here = and_(*(column == value for column, value in zip(table.primary_key.columns, key, strict=True)))
        session.execute(
            update(table).where(here).values({holding.column.name: None if holding.column.nullable else GONE})
        )
