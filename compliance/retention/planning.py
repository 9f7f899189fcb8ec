"""What destroying one class of an agreement's papers would take, thing by thing. Nothing here changes anything."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel.audit import canonical_json
from agreements.kernel.files import StoredFile
from agreements.register.models import Agreement
from compliance.retention.holdings import FILES, Holding, Owner, files_of, holdings, owners_of
from compliance.retention.models import DestructionCertificate
from compliance.retention.positions import holds_ever
from compliance.retention.rules import ItemKind, RetentionClass


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to destroy; the fields are those of `DestroyedItem`, key: the row's primary key as it is stored."""

    kind: ItemKind
    source: str
    key: tuple[Any, ...]
    sha256: str
    size: int

    @property
    def row(self) -> str:
        return ":".join(str(part) for part in self.key)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go of one class. shared: ids of files that stay, for something else keeps them.

    sha256  mark of all of it, and of the holds that ever covered the agreement: a yes given before one is void
    """

    items: tuple[Item, ...]
    shared: tuple[int, ...]
    sha256: str

    @property
    def is_empty(self) -> bool:
        """Nothing would go, and no share in a file would be given up."""
        return not self.items and not self.shared

    @property
    def files(self) -> tuple[Item, ...]:
        return tuple(each for each in self.items if each.kind is ItemKind.FILE)

    @property
    def erased(self) -> tuple[Item, ...]:
        return tuple(each for each in self.items if each.kind is ItemKind.VALUE)

    def erased_by_source(self) -> list[tuple[str, int]]:
        """Return table and column with the number of values, in the tables' order."""
        sources = [each.source for each in self.erased]
        return [(source, sources.count(source)) for source in dict.fromkeys(sources)]


def plan_of(session: Session, agreement: Agreement, retention_class: RetentionClass) -> Plan:
    """Say what destroying a class would take, whether or not it is due.

    A file that several own goes with the last: it stays while one of them has no certificate. What belongs to the
    tenant as a whole goes with the last of its agreements.
    """
    released = _Released(session, agreement, retention_class)
    items: list[Item] = []
    shared: list[int] = []
    found = files_of(session, agreement_id=agreement.id, tenant_id=agreement.tenant_id, retention_class=retention_class)
    for file in session.scalars(select(StoredFile).where(StoredFile.id.in_(found)).order_by(StoredFile.id)):
        if file.purged_at is not None:
            continue
        if all(released.lets_go(owner) for owner in owners_of(session, file.id)):
            items.append(Item(ItemKind.FILE, FILES, (file.id,), file.sha256, file.size))
        else:
            shared.append(file.id)
    for holding in holdings():
        if not holding.is_file and holding.retention_class is retention_class:
            items.extend(_values(session, holding, agreement, released))
    return Plan(tuple(items), tuple(shared), _mark(session, agreement, items, shared))


def _values(session: Session, holding: Holding, agreement: Agreement, released: "_Released") -> Iterator[Item]:
    if holding.is_tenants and not released.lets_go(Owner(holding.retention_class, None, agreement.tenant_id)):
        return
    owner = agreement.tenant_id if holding.is_tenants else agreement.id
    table = holding.column.table
    keys = table.primary_key.columns
    statement = holding.rows(holding.column, *keys).where(holding.owner == owner).order_by(*keys)
    for value, *key in session.execute(statement):
        content = value.encode()
        yield Item(
            ItemKind.VALUE,
            f"{table.name}.{holding.column.name}",
            tuple(key),
            hashlib.sha256(content).hexdigest(),
            len(content),
        )


def _mark(session: Session, agreement: Agreement, items: list[Item], shared: list[int]) -> str:
    content = {
        "items": [[each.source, each.row, each.sha256] for each in items],
        "shared": shared,
        "holds": holds_ever(session, agreement),
    }
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


class _Released:
    """Which owners have let go: those with a certificate of the class, and the one that is being asked about."""

    def __init__(self, session: Session, agreement: Agreement, retention_class: RetentionClass) -> None:
        self._session = session
        self._known: dict[Owner, bool] = {Owner(retention_class, agreement.id, None): True}

    def lets_go(self, owner: Owner) -> bool:
        if owner not in self._known:
            self._known[owner] = self._ask(owner)
        return self._known[owner]

    def _ask(self, owner: Owner) -> bool:
        if owner.agreement_id is not None:
            return (
                self._session.scalar(
                    select(DestructionCertificate.id).where(
                        DestructionCertificate.agreement_id == owner.agreement_id,
                        DestructionCertificate.retention_class == owner.retention_class,
                    )
                )
                is not None
            )
        if owner.tenant_id is None:
            return False
        agreements = self._session.scalars(select(Agreement.id).where(Agreement.tenant_id == owner.tenant_id)).all()
        return bool(agreements) and all(
            self.lets_go(Owner(owner.retention_class, agreement_id, None)) for agreement_id in agreements
        )
