"""Finding parties whatever the spelling (E-50): the index of names, kept as they change, made up where it lacks."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from agreements.parties.models import Party, PartyName, Tenant
from agreements.parties.search_models import PartySearch
from agreements.parties.spelling import FORMS_VERSION, spellings_of


def index_party(session: Session, party: Party, *, former_names: Iterable[str] = ()) -> None:
    """Make a party findable by all its names, former ones too (E-51), its credit code and its tenant key.

    Call it wherever one of them changes.
    """
    key = session.scalar(select(Tenant.tenant_key).where(Tenant.party_id == party.id))
    former = session.scalars(select(PartyName.name).where(PartyName.party_id == party.id))
    also = (name for name in (party.name_en, party.credit_code, key) if name)
    spellings = spellings_of((party.name, *former_names, *former, *also))
    row = session.get(PartySearch, party.id)
    if row is None:
        row = PartySearch(party_id=party.id)
        session.add(row)
    row.spellings, row.indexed_name, row.forms_version = spellings, party.name, FORMS_VERSION


def index_missing(session: Session, *, most: int = 500) -> int:
    """Index parties that came before this index, were renamed behind it, or were indexed by older rules.

    Returns how many it indexed, at most `most`; 0 means that nothing is left.
    """
    parties = session.scalars(
        select(Party)
        .outerjoin(PartySearch, PartySearch.party_id == Party.id)
        .where(
            or_(
                PartySearch.party_id.is_(None),
                PartySearch.indexed_name != Party.name,
                PartySearch.forms_version != FORMS_VERSION,
            )
        )
        .order_by(Party.id)
        .limit(most)
    ).all()
    for party in parties:
        index_party(session, party)
    session.flush()  # the next look must not find them again
    return len(parties)


def is_tenant_spelt(tenant_id: InstrumentedAttribute[int], word: str) -> ColumnElement[bool]:
    """Say in SQL that a tenant's name, in any spelling, or its key contains a folded word (`spelling.words_of`)."""
    return tenant_id.in_(
        select(Tenant.id)
        .join(PartySearch, PartySearch.party_id == Tenant.party_id)
        .where(PartySearch.spellings.contains(word, autoescape=True))
    )
