"""What the pages and the interface show of documents, copies, seals and uses."""

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from agreements.kernel.access.models import Person
from agreements.kernel.errors import N_, NotFound
from agreements.paper.models import OfficialDocument, Seal, SealHolder, SealUse, VaultCopy
from agreements.paper.rules import PaperKind
from agreements.parties.models import Party, Tenant
from agreements.register.models import Agreement


def documents(*, text: str = "", kind: PaperKind | None = None) -> Select[OfficialDocument]:
    """Return our documents, newest first. text: part of a number, an order number, a tenant's name or a title."""
    statement = (
        select(OfficialDocument)
        .join(Tenant, Tenant.id == OfficialDocument.tenant_id)
        .join(Party, Party.id == Tenant.party_id)
        .outerjoin(Agreement, Agreement.id == OfficialDocument.agreement_id)
        .options(joinedload(OfficialDocument.tenant).joinedload(Tenant.party))
        .options(joinedload(OfficialDocument.agreement), joinedload(OfficialDocument.use).joinedload(SealUse.seal))
    )
    if text:
        columns = (OfficialDocument.number, OfficialDocument.title, Party.name, Agreement.order_no)
        statement = statement.where(or_(*(each.icontains(text, autoescape=True) for each in columns)))
    if kind is not None:
        statement = statement.where(OfficialDocument.kind == kind)
    return statement.order_by(OfficialDocument.issued_at.desc(), OfficialDocument.id.desc())


def copies(*, text: str = "") -> Select[VaultCopy]:
    """Return the vault, newest first. text: part of a file's name, an order number or a tenant's name."""
    statement = (
        select(VaultCopy)
        .outerjoin(Agreement, Agreement.id == VaultCopy.agreement_id)
        .outerjoin(Tenant, Tenant.id == Agreement.tenant_id)
        .outerjoin(Party, Party.id == Tenant.party_id)
        .options(joinedload(VaultCopy.file))
        .options(joinedload(VaultCopy.agreement).joinedload(Agreement.tenant).joinedload(Tenant.party))
    )
    if text:
        columns = (VaultCopy.name, Party.name, Agreement.order_no)
        statement = statement.where(or_(*(each.icontains(text, autoescape=True) for each in columns)))
    return statement.order_by(VaultCopy.kept_at.desc(), VaultCopy.id.desc())


def copies_of(session: Session, agreement_id: int) -> list[VaultCopy]:
    """Return an agreement's copies, newest first."""
    return list(session.scalars(copies().where(VaultCopy.agreement_id == agreement_id)))


def documents_of(session: Session, agreement_id: int) -> list[OfficialDocument]:
    return list(session.scalars(documents().where(OfficialDocument.agreement_id == agreement_id)))


def uses(*, seal_id: int | None = None) -> Select[SealUse]:
    """Return the log of uses, newest first."""
    statement = select(SealUse).options(
        joinedload(SealUse.seal),
        joinedload(SealUse.document).joinedload(OfficialDocument.tenant).joinedload(Tenant.party),
    )
    if seal_id is not None:
        statement = statement.where(SealUse.seal_id == seal_id)
    return statement.order_by(SealUse.used_at.desc(), SealUse.id.desc())


def seals() -> Select[Seal]:
    """Return the seals, those in use first."""
    return (
        select(Seal)
        .options(selectinload(Seal.holders).joinedload(SealHolder.person))
        .order_by(Seal.retired_at.is_not(None), Seal.kind, Seal.id.desc())
    )


def times_used(session: Session) -> dict[int, int]:
    """Return how often each seal was used, keyed by its id."""
    rows = session.execute(select(SealUse.seal_id, func.count()).group_by(SealUse.seal_id))
    return {seal_id: count for seal_id, count in rows}  # noqa: C416 - rows are not tuples to the type checker


def people(session: Session) -> list[Person]:
    """Return who may sign in, by name."""
    return list(session.scalars(select(Person).where(Person.disabled_at.is_(None)).order_by(Person.name, Person.id)))


def document_of_id(session: Session, document_id: int) -> OfficialDocument:
    document = session.get(OfficialDocument, document_id)
    if document is None:
        raise NotFound(N_("There is no document %(id)s."), field="document", id=document_id)
    return document
