"""Arranging the register: views under a name, labels. Bulk acts are of this kind only; what binds goes one by one."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, or_, select
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.models import Person
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.among import among
from agreements.kernel.db import rows_of
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound
from agreements.register.models import Agreement
from compliance.desk.arranging_models import LONGEST_LABEL, LONGEST_NAME, AgreementLabel, SavedView
from compliance.desk.searching import query_of, read_search

MOST_VIEWS = 50
MOST_AT_ONCE = 500
"""Agreements in one bulk act: a page of the register, or a few pages put together by a program."""
MOST_THAT_FIT = 5_000
"""Agreements in one act on all that fit a search: written in one go within seconds, so that nobody waits long."""


class ViewListed(NamedTuple):
    """A saved view as lists show it, in the order of `_VIEWS`; `person` is who made it."""

    id: int
    person_id: int
    person: str
    name: str
    query: str
    is_shared: bool
    saved_at: datetime


_VIEWS = (
    select(
        SavedView.id,
        SavedView.person_id,
        Person.name,
        SavedView.name,
        SavedView.query,
        SavedView.is_shared,
        SavedView.saved_at,
    )
    .join(Person, Person.id == SavedView.person_id)
    .where(or_(SavedView.person_id == bindparam("person_id"), SavedView.is_shared))
    .order_by(SavedView.name, SavedView.id)
)
_LABELS = (
    select(AgreementLabel.agreement_id, AgreementLabel.label)
    .where(among(AgreementLabel.agreement_id, "agreement_ids"))
    .order_by(AgreementLabel.label)
)
_ALL_LABELS = select(AgreementLabel.label).distinct().order_by(AgreementLabel.label).limit(200)


def views_of(session: Session, actor: Actor) -> list[ViewListed]:
    """Return a person's own views and those that others share, by name."""
    return [ViewListed._make(row) for row in rows_of(session, _VIEWS, person_id=actor.id)]


def save_view(
    session: Session, name: str, address: Mapping[str, str], *, is_shared: bool, actor: Actor, now: datetime
) -> SavedView:
    """Keep a search under a name; the same name of the same person is replaced.

    address  the query as the page has it; what the register does not understand is left out
    """
    require(actor, Permission.READ)
    name = _line(name, most=LONGEST_NAME, field="name")
    if actor.id is None:
        raise InvalidInput(N_("Only a person has views of their own."), field="name")
    view = session.scalar(select(SavedView).where(SavedView.person_id == actor.id, SavedView.name == name))
    if view is None:
        if len(session.scalars(select(SavedView.id).where(SavedView.person_id == actor.id)).all()) >= MOST_VIEWS:
            raise Conflict(
                N_("You have %(most)s views already."), field="name", remedy=N_("Delete one first."), most=MOST_VIEWS
            )
        view = SavedView(person_id=actor.id, name=name)
        session.add(view)
    view.query, view.is_shared, view.saved_at = query_of(read_search(address)), is_shared, now
    session.flush()  # the caller shows it
    return view


def delete_view(session: Session, view_id: int, *, actor: Actor) -> None:
    """Delete a view of one's own; a shared one also by who manages people, for when its maker has left."""
    require(actor, Permission.READ)
    view = session.get(SavedView, view_id)
    if view is None or not (view.person_id == actor.id or view.is_shared):
        raise NotFound(N_("There is no such view."), remedy=N_("Open the register again."))
    if view.person_id != actor.id:
        require(actor, Permission.MANAGE_PEOPLE)
    session.delete(view)


def read_label(written: str) -> str:
    """Return a label as it is kept; raises InvalidInput for none and for one too long."""
    return _line(written, most=LONGEST_LABEL, field="label")


def put_label(session: Session, agreement_ids: Collection[int], label: str, *, actor: Actor, now: datetime) -> int:
    """Put a label on agreements. Returns how many did not have it yet."""
    require(actor, Permission.ARRANGE_REGISTER)
    label = read_label(label)
    had = set(session.scalars(select(AgreementLabel.agreement_id).where(AgreementLabel.label == label)))
    fresh = [row for row in _agreements(session, agreement_ids) if row.id not in had]
    session.add_all(
        AgreementLabel(agreement_id=agreement.id, label=label, put_by=actor.name, put_at=now) for agreement in fresh
    )
    _record(session, fresh, "agreement.labelled", label, actor=actor, now=now)
    return len(fresh)


def take_label_off(session: Session, agreement_ids: Collection[int], label: str, *, actor: Actor, now: datetime) -> int:
    """Take a label off agreements. Returns how many had it."""
    require(actor, Permission.ARRANGE_REGISTER)
    label = read_label(label)
    had = session.scalars(
        delete(AgreementLabel)
        .where(AgreementLabel.label == label, AgreementLabel.agreement_id.in_(agreement_ids))
        .returning(AgreementLabel.agreement_id)
    ).all()
    _record(session, _agreements(session, had), "agreement.label_taken_off", label, actor=actor, now=now)
    return len(had)


def labels_of(session: Session, agreement_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the labels of some agreements, keyed by agreement, in the order of words."""
    found: dict[int, list[str]] = {}
    for agreement_id, label in rows_of(session, _LABELS, agreement_ids=list(agreement_ids)):
        found.setdefault(agreement_id, []).append(label)
    return found


def all_labels(session: Session) -> list[str]:
    return [row[0] for row in rows_of(session, _ALL_LABELS)]


def chosen_ids(written: Iterable[str]) -> list[int]:
    """Read the rows that a form names; raises InvalidInput where it names none or too many."""
    ids = sorted({int(text) for text in written if text.isascii() and text.isdigit() and len(text) < 10})
    if not ids:
        raise InvalidInput(N_("No agreement was chosen."), field="ids", remedy=N_("Tick the rows first."))
    if len(ids) > MOST_AT_ONCE:
        raise InvalidInput(
            N_("These are more than %(most)s agreements."),
            field="ids",
            remedy=N_("Choose fewer at a time."),
            most=MOST_AT_ONCE,
        )
    return ids


def mark_of(ids: Iterable[int]) -> str:
    """Return the mark of a set of agreements: what a person confirmed is told from what fits by then."""
    return hashlib.sha256(",".join(map(str, sorted(ids))).encode()).hexdigest()[:32]


def require_few_enough(ids: Collection[int]) -> None:
    """Raise where nothing fits a search, or more than one act takes."""
    if not ids:
        raise InvalidInput(N_("Nothing fits the search."), field="scope", remedy=N_("Open the register again."))
    if len(ids) > MOST_THAT_FIT:
        raise InvalidInput(
            N_("%(count)s agreements fit; one act takes at most %(most)s."),
            field="scope",
            remedy=N_("Narrow the search, then do it part by part."),
            count=len(ids),
            most=MOST_THAT_FIT,
        )


def require_the_same(ids: Collection[int], mark: str) -> None:
    """Raise Conflict where a search finds other agreements than those that were confirmed."""
    if mark_of(ids) != mark:
        raise Conflict(
            N_("What fits has changed in between; nothing was done."),
            code="SET_CHANGED",
            field="scope",
            remedy=N_("Look at the new number, then confirm again."),
        )


def _agreements(session: Session, agreement_ids: Collection[int]) -> list[Agreement]:
    return list(session.scalars(select(Agreement).where(Agreement.id.in_(agreement_ids)).order_by(Agreement.id)))


def _record(
    session: Session, agreements: Iterable[Agreement], act: str, label: str, *, actor: Actor, now: datetime
) -> None:
    for agreement in agreements:
        audit.record(
            session,
            actor=actor,
            act=act,
            subject=f"agreement:{agreement.id}",
            agreement_id=agreement.id,
            tenant_id=agreement.tenant_id,
            now=now,
            details={"label": label},
        )


def _line(written: str, *, most: int, field: str) -> str:
    written = " ".join(written.split())
    if not written:
        raise InvalidInput(N_("It needs a name."), field=field, remedy=N_("Write a short name."))
    if len(written) > most:
        raise InvalidInput(N_("Write at most %(most)s characters."), field=field, remedy=N_("Shorten it."), most=most)
    return written
