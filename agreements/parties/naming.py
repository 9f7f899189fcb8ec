"""Who a party says it is: names with their history (E-51), credit code, kind, name in another language."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput
from agreements.kernel.instants import legal_date
from agreements.parties.identity import CodeFault, PartyKind, fault_of_code, written_code
from agreements.parties.models import Party, PartyName, Tenant
from agreements.parties.rules import normalised_name
from agreements.parties.searching import index_party

LONGEST_NAME = 200
FAULTS = {
    CodeFault.LENGTH: N_("A unified social credit code has 18 characters."),
    CodeFault.SIGNS: N_("This has a character that no unified social credit code has."),
    CodeFault.CHECK_DIGIT: N_("The check digit does not fit; a character is mistyped."),
    CodeFault.KIND: N_("This code is of another kind of party: 92 begins those of sole traders, and only theirs."),
}


def rename_party(
    session: Session,
    tenant: Tenant,
    name: str,
    *,
    took_effect_on: date,
    cause: str,
    actor: Actor,
    now: datetime,
) -> PartyName:
    """E-51: the tenant has a new name. The contract stays as it is (民法典 532); the old name stays findable.

    took_effect_on  day of the new name's registration, Shanghai date; not before the name before took effect
    cause           what the change was recorded as, for it must be notified (clause 3.3): "change:7"
    """
    require(actor, Permission.RECORD_CHANGE)
    party = tenant.party
    written = " ".join(name.split())
    if not written or len(written) > LONGEST_NAME:
        raise InvalidInput(N_("A name of 1 to 200 characters is needed."), field="name")
    plain = normalised_name(written)
    if plain == party.normalised_name:
        raise InvalidInput(
            N_("This is the same name, spelt another way."),
            field="name",
            remedy=N_("A change of spelling is no change."),
        )
    if session.scalar(select(Party.id).where(Party.normalised_name == plain)) is not None:
        raise Conflict(
            N_("Another party has this name."),
            field="name",
            remedy=N_("Look whether the agreement was assigned or the companies merged."),
        )
    if took_effect_on > legal_date(now):
        raise InvalidInput(N_("The new name takes effect in the future."), field="occurred_on", clause="3.3")
    latest = max((former.until_on for former in party.former_names), default=None)
    if latest is not None and took_effect_on < latest:
        raise InvalidInput(N_("The name before took effect on %(day)s."), field="occurred_on", day=latest.isoformat())
    former = PartyName(
        party_id=party.id,
        name=party.name,
        normalised_name=party.normalised_name,
        until_on=took_effect_on,
        cause=cause,
        recorded_at=now,
        recorded_by=actor.name,
    )
    session.add(former)
    party.name, party.normalised_name = written, plain
    session.flush()  # the index reads the names
    session.expire(party, ["former_names"])
    index_party(session, party)
    audit.record(
        session,
        actor=actor,
        act="party.renamed",
        subject=f"tenant:{tenant.id}",
        tenant_id=tenant.id,
        clause="3.3",
        now=now,
        details={"before": former.name, "after": written, "took_effect_on": took_effect_on.isoformat(), "cause": cause},
    )
    return former


def name_on(party: Party, day: date) -> str:
    """Return the name a party had on a Shanghai date."""
    later = [former for former in party.former_names if former.until_on > day]
    return min(later, key=lambda former: (former.until_on, former.id)).name if later else party.name


def set_identity(
    session: Session,
    tenant: Tenant,
    *,
    kind: PartyKind,
    credit_code: str | None,
    name_en: str | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Record what a party is in law and its credit code, checked by its check digit (GB 32100-2015).

    Raises InvalidInput naming the fault, and Conflict where another party has the code: one company, two records.
    """
    require(actor, Permission.RECORD_DOCUMENTS)
    party = tenant.party
    code = written_code(credit_code or "") or None
    if code is not None:
        fault = fault_of_code(code, kind)
        if fault is not None:
            raise InvalidInput(FAULTS[fault], field="credit_code")
        holder = session.scalar(select(Party).where(Party.credit_code == code, Party.id != party.id))
        if holder is not None:
            raise Conflict(
                N_("“%(name)s” has this code."),
                field="credit_code",
                remedy=N_("One code is one company: look whether it was renamed."),
                name=holder.name,
            )
    party.kind, party.credit_code = kind, code
    party.name_en = " ".join((name_en or "").split())[:LONGEST_NAME] or None
    index_party(session, party)
    audit.record(
        session,
        actor=actor,
        act="party.identity_set",
        subject=f"tenant:{tenant.id}",
        tenant_id=tenant.id,
        now=now,
        details={"kind": kind.value, "credit_code": code, "name_en": party.name_en},
    )
