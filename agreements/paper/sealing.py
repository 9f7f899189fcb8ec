"""Seals as managed objects: made, given to people and roles, retired; every use is logged with its document."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.models import Person
from agreements.kernel.access.rules import Actor, ActorKind, Permission, Role, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, NotPermitted, Stale
from agreements.paper import fonts
from agreements.paper.models import Seal, SealHolder
from agreements.paper.rules import FIRST_ROLES, SealKind
from agreements.paper.seal_drawing import LONGEST_NAME

LINES = {SealKind.COMPANY: "", SealKind.CONTRACT: "合同专用章"}
LONGEST_LINE = 10


def seal_of_id(session: Session, seal_id: int) -> Seal:
    seal = session.get(Seal, seal_id)
    if seal is None:
        raise NotFound(N_("There is no seal %(id)s."), field="seal", id=seal_id)
    return seal


def seal_in_use(session: Session, kind: SealKind) -> Seal | None:
    return session.scalar(select(Seal).where(Seal.kind == kind, Seal.retired_at.is_(None)))


def make_seal(
    session: Session,
    kind: SealKind,
    *,
    name: str,
    line: str,
    roles: Collection[Role],
    person_ids: Collection[int] = (),
    actor: Actor,
    now: datetime,
) -> Seal:
    """Make a seal of a kind; the one in use has to be retired first.

    name  as registered, 2 to 40 characters; line: what stands under the star, may be empty
    """
    require(actor, Permission.MANAGE_SEALS)
    return _make(session, kind, name=name, line=line, roles=roles, person_ids=person_ids, actor=actor, now=now)


def first_seal(session: Session, kind: SealKind, *, name: str, actor: Actor, now: datetime) -> Seal:
    """Return the seal of a kind in use; where none was ever made, make one in our name for legal staff.

    Where the last one was retired none takes its place by itself: Conflict.
    """
    seal = seal_in_use(session, kind)
    if seal is not None:
        return seal
    if session.scalar(select(Seal.id).where(Seal.kind == kind).limit(1)) is not None:
        raise Conflict(
            N_("The seal of this kind is retired."),
            code="SEAL_RETIRED",
            remedy=N_("Make a new seal under Sealed papers."),
        )
    return _make(session, kind, name=name, line=LINES[kind], roles=FIRST_ROLES, person_ids=(), actor=actor, now=now)


def _make(
    session: Session,
    kind: SealKind,
    *,
    name: str,
    line: str,
    roles: Collection[Role],
    person_ids: Collection[int],
    actor: Actor,
    now: datetime,
) -> Seal:
    name, line = "".join(name.split()), line.strip()
    if not 2 <= len(name) <= LONGEST_NAME:
        raise InvalidInput(N_("A seal takes a name of 2 to 40 characters."), field="name")
    if len(line) > LONGEST_LINE:
        raise InvalidInput(N_("The line under the star has at most 10 characters."), field="line")
    fonts.require_shown((name, line))
    if seal_in_use(session, kind) is not None:
        raise Conflict(
            N_("A seal of this kind is in use."), code="SEAL_IN_USE", field="kind", remedy=N_("Retire it first.")
        )
    seal = Seal(kind=kind, name=name, line=line, made_at=now, made_by=actor.name)
    seal.holders = _holders(session, roles, person_ids)
    session.add(seal)
    session.flush()  # the audit row names its id
    _record(session, seal, "seal.made", actor=actor, now=now, details={"kind": kind.value, **_listed(seal)})
    return seal


def give_to(
    session: Session, seal: Seal, *, roles: Collection[Role], person_ids: Collection[int], actor: Actor, now: datetime
) -> None:
    """Say anew who may use a seal; whoever is not named no longer may. An empty list locks the seal."""
    require(actor, Permission.MANAGE_SEALS)
    _require_in_use(seal)
    before = _listed(seal)
    seal.holders.clear()
    session.flush()  # unique keys: the old rows go before the new ones come
    seal.holders.extend(_holders(session, roles, person_ids))
    session.flush()
    if _listed(seal) != before:
        _record(session, seal, "seal.given", actor=actor, now=now, details={"before": before, **_listed(seal)})


def retire(session: Session, seal: Seal, *, reason: str, actor: Actor, now: datetime) -> None:
    """Take a seal out of use for good; documents that bear it stay as they are."""
    require(actor, Permission.MANAGE_SEALS)
    reason = reason.strip()
    if not reason:
        raise InvalidInput(N_("Say why the seal is retired."), field="reason")
    moved = session.scalar(
        update(Seal)
        .where(Seal.id == seal.id, Seal.retired_at.is_(None))
        .values(retired_at=now, retired_by=actor.name, retired_reason=reason[:400])
        .returning(Seal.id)
    )
    if moved is None:
        raise Stale(N_("This seal is retired already."))
    session.refresh(seal)
    _record(session, seal, "seal.retired", actor=actor, now=now, reason=reason)


def may_use(seal: Seal, actor: Actor) -> bool:
    """Say whether somebody is on a seal's list, by role or in person. The scheduler and gateways never are."""
    if seal.retired_at is not None or actor.kind not in (ActorKind.PERSON, ActorKind.OPERATOR):
        return False
    return any(
        each.role in actor.roles if each.role is not None else each.person_id == actor.id for each in seal.holders
    )


def require_use(seal: Seal, actor: Actor) -> None:
    """Raise Conflict for a retired seal, NotPermitted for somebody who is not on its list."""
    _require_in_use(seal)
    if not may_use(seal, actor):
        raise NotPermitted(
            N_("%(name)s may not use this seal."),
            code="SEAL_NOT_YOURS",
            remedy=N_("Ask who is named for it under Sealed papers."),
            name=actor.name,
        )


def _require_in_use(seal: Seal) -> None:
    if seal.retired_at is not None:
        raise Conflict(N_("This seal is retired already."), code="SEAL_RETIRED")


def _holders(session: Session, roles: Collection[Role], person_ids: Collection[int]) -> list[SealHolder]:
    known = set(session.scalars(select(Person.id).where(Person.id.in_(person_ids), Person.disabled_at.is_(None))))
    if known != set(person_ids):
        raise InvalidInput(N_("One of these people is not known or may not sign in."), field="people")
    return [
        *(SealHolder(role=role) for role in sorted(set(roles))),
        *(SealHolder(person_id=person_id) for person_id in sorted(known)),
    ]


def _listed(seal: Seal) -> dict[str, object]:
    return {
        "roles": [each.role.value for each in seal.holders if each.role is not None],
        "people": [each.person_id for each in seal.holders if each.person_id is not None],
    }


def _record(
    session: Session,
    seal: Seal,
    act: str,
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    details: dict[str, object] | None = None,
) -> None:
    audit.record(session, actor=actor, act=act, subject=f"seal:{seal.id}", now=now, reason=reason, details=details)
