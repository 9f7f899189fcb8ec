"""Standard forms: loading the built-in one, drafting others, approving them, putting them in force."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, selectinload

from agreements.intake.clause_reading import clauses_of, read_clauses
from agreements.intake.form_models import FormClause, FormState, FormVersion, StandardFormRow
from agreements.intake.standard_form import Part, StandardClause, StandardForm, built_in_form
from agreements.intake.term_kinds import term_as_data, term_from_data
from agreements.kernel import audit
from agreements.kernel.access.rules import OPERATOR, Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, InvalidInput, NotFound, Stale

KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,58}[a-z0-9])")
LONGEST_NAME = 120
LONGEST_WORDING = 5_000
LONGEST_FORM = 100_000
FEWEST_CLAUSES = 3
MOST_MARKS = 8
DATA_FILE = "standard_form.toml"

FORM_MOVES: dict[FormState, tuple[FormState, ...]] = {
    FormState.DRAFT: (FormState.APPROVED, FormState.WITHDRAWN),
    FormState.APPROVED: (FormState.IN_FORCE, FormState.WITHDRAWN),
    FormState.IN_FORCE: (FormState.REPLACED,),
}
"""The one table of legal moves; what is not in it has no way on."""


def load_built_in_form(session: Session, *, now: datetime) -> bool:
    """Start-up step: put the data file's form in force unless this version of it was loaded before.

    A newer file replaces the version in force where that came from a file too; a form that staff rewrote stays.
    Returns whether anything was written.
    """
    form = built_in_form()
    row = session.scalar(select(StandardFormRow).where(StandardFormRow.key == form.key))
    if row is None:
        row = StandardFormRow(key=form.key, name=form.name, created_by=OPERATOR.name, created_at=now)
        session.add(row)
        session.flush()  # its version names its id
    elif any(version.source == DATA_FILE and version.number >= form.version for version in row.versions):
        return False
    in_force = _in_force(session, row.id)
    is_ours = in_force is None or in_force.source == DATA_FILE
    if in_force is not None and is_ours:
        _write(session, in_force, FormState.REPLACED)
    version = FormVersion(
        form_id=row.id,
        number=max((form.version, *(version.number + 1 for version in row.versions))),
        source=DATA_FILE,
        state=FormState.IN_FORCE if is_ours else FormState.APPROVED,
        created_by=OPERATOR.name,
        created_at=now,
        approved_by=OPERATOR.name,
        approved_at=now,
        in_force_at=now if is_ours else None,
    )
    _keep(session, version, form.clauses)
    _record(session, version, "standard_form.loaded", actor=OPERATOR, now=now)
    return True


def forms_in_force(session: Session) -> list[FormVersion]:
    """Return the versions in force, the oldest form first."""
    return list(
        session.scalars(
            select(FormVersion)
            .where(FormVersion.state == FormState.IN_FORCE)
            .options(selectinload(FormVersion.clauses), selectinload(FormVersion.form))
            .order_by(FormVersion.form_id)
        )
    )


def form_of(version: FormVersion) -> StandardForm:
    """Return a version as what agreements are compared with."""
    clauses = tuple(
        StandardClause(
            key=row.key,
            part=row.part,
            number=row.number,
            wording=row.wording,
            terms={key: term_from_data(key, value) for key, value in row.terms.items()},
            marks=tuple(row.marks),
            says=None if row.says is None else tuple(row.says),
        )
        for row in version.clauses
    )
    return StandardForm(version.form.key, version.form.name, version.number, clauses)


def version_of_id(session: Session, version_id: int) -> FormVersion:
    version = session.get(FormVersion, version_id)
    if version is None:
        raise NotFound(N_("There is no such standard form."), remedy=N_("Choose one from the list."))
    return version


def draft_form(
    session: Session,
    *,
    key: str,
    name: str,
    text: str,
    source: str,
    import_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> FormVersion:
    """Draft a form, or a further version of one whose key is given again, from its full text.

    The text is cut into clauses and each is read for the terms it holds; staff then look it through.
    source     where the text is from, for the trail
    import_id  the import that it is from, if any
    """
    require(actor, Permission.DRAFT_STANDARD_FORM)
    key, name = key.strip(), " ".join(name.split())
    clauses = _clauses_of_text(text)
    row = session.scalar(select(StandardFormRow).where(StandardFormRow.key == key))
    if row is None:
        _require_names(key, name)
        row = StandardFormRow(key=key, name=name, created_by=actor.name, created_at=now)
        session.add(row)
        session.flush()  # its version names its id
    version = _new_draft(session, row, clauses, source=source, actor=actor, now=now)
    version.import_id = import_id
    session.flush()
    return version


def draft_next_version(session: Session, version: FormVersion, *, actor: Actor, now: datetime) -> FormVersion:
    """Draft the next version of a form as a copy of one of its versions."""
    require(actor, Permission.DRAFT_STANDARD_FORM)
    clauses = form_of(version).clauses
    source = f"{version.form.key} {version.number}"
    return _new_draft(session, version.form, clauses, source=source, actor=actor, now=now)


def edit_clause(
    session: Session,
    clause: FormClause,
    *,
    number: str,
    wording: str,
    marks: Sequence[str] = (),
    actor: Actor,
    now: datetime,
) -> None:
    """Change a clause of a draft; what its terms say is read from the new wording."""
    require(actor, Permission.DRAFT_STANDARD_FORM)
    _require_draft(clause.version)
    wording, number = wording.strip(), " ".join(number.split())
    if not 0 < len(wording) <= LONGEST_WORDING or len(number) > 20:
        raise InvalidInput(
            N_("A clause has 1 to %(most)s characters, its number at most 20."),
            field="wording",
            remedy=N_("Shorten it, or drop the clause."),
            most=LONGEST_WORDING,
        )
    found = read_clauses(clause.part, number, wording)
    values = {
        "number": number,
        "wording": wording,
        "marks": [mark.strip() for mark in marks if mark.strip()][:MOST_MARKS],
        "terms": {key: term_as_data(value) for key, value in found.items()},
        "says": clause.says if wording == clause.wording else None,
    }
    session.execute(update(FormClause).where(FormClause.id == clause.id).values(**values))
    session.refresh(clause)
    _record(
        session, clause.version, "standard_form.clause_edited", actor=actor, now=now, details={"clause": clause.key}
    )


def drop_clause(session: Session, clause: FormClause, *, actor: Actor, now: datetime) -> None:
    """Take a clause out of a draft."""
    require(actor, Permission.DRAFT_STANDARD_FORM)
    version = clause.version
    _require_draft(version)
    session.execute(delete(FormClause).where(FormClause.id == clause.id))
    session.expire(version)
    _record(session, version, "standard_form.clause_dropped", actor=actor, now=now, details={"clause": clause.key})


def clause_of_id(session: Session, version: FormVersion, clause_id: int) -> FormClause:
    clause = session.get(FormClause, clause_id)
    if clause is None or clause.version_id != version.id:
        raise NotFound(N_("This standard form has no such clause."), remedy=N_("Open the form again."))
    return clause


def approve(session: Session, version: FormVersion, *, actor: Actor, now: datetime) -> None:
    """Approve a draft that somebody else made; its clauses no longer change."""
    require(actor, Permission.APPROVE_STANDARD_FORM)
    if version.drafted_by is not None and version.drafted_by == actor.id:
        raise Conflict(
            N_("Nobody approves a standard form that they drafted."),
            code="SAME_PERSON",
            remedy=N_("Ask another approver."),
        )
    _move(session, version, FormState.APPROVED, actor=actor, now=now, approved_by=actor.name, approved_at=now)


def put_in_force(session: Session, version: FormVersion, *, actor: Actor, now: datetime) -> None:
    """Compare new imports with this version from now on; the version of the form before it is replaced."""
    require(actor, Permission.APPROVE_STANDARD_FORM)
    _require_move(version, FormState.IN_FORCE)
    before = _in_force(session, version.form_id)
    if before is not None:
        _move(session, before, FormState.REPLACED, actor=actor, now=now)
    _move(session, version, FormState.IN_FORCE, actor=actor, now=now, in_force_at=now)


def withdraw(session: Session, version: FormVersion, *, actor: Actor, now: datetime) -> None:
    """Lay a draft or an approved version aside for good."""
    require(actor, Permission.DRAFT_STANDARD_FORM)
    _move(session, version, FormState.WITHDRAWN, actor=actor, now=now)


def _in_force(session: Session, form_id: int) -> FormVersion | None:
    return session.scalar(
        select(FormVersion).where(FormVersion.form_id == form_id, FormVersion.state == FormState.IN_FORCE)
    )


def _clauses_of_text(text: str) -> tuple[StandardClause, ...]:
    if len(text) > LONGEST_FORM:
        raise InvalidInput(
            N_("The text has more than %(most)s characters."),
            field="text",
            remedy=N_("Give the agreement and its annex only."),
            most=LONGEST_FORM,
        )
    clauses = clauses_of(text)
    if len(clauses) < FEWEST_CLAUSES:
        raise InvalidInput(
            N_("Hardly any clauses were found in this text."),
            field="text",
            remedy=N_("Give the full text, each clause on a line of its own with its number."),
        )
    return clauses


def _require_names(key: str, name: str) -> None:
    if not KEY.fullmatch(key):
        raise InvalidInput(
            N_("A form's key has 3 to 60 lower-case letters, digits and hyphens."),
            field="key",
            remedy=N_("Write one such as marketplace-2026."),
        )
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidInput(
            N_("A form's name has 1 to %(most)s characters."),
            field="name",
            remedy=N_("Write the name by which staff choose it."),
            most=LONGEST_NAME,
        )


def _new_draft(
    session: Session,
    row: StandardFormRow,
    clauses: Sequence[StandardClause],
    *,
    source: str,
    actor: Actor,
    now: datetime,
) -> FormVersion:
    version = FormVersion(
        form_id=row.id,
        number=max((0, *(version.number for version in row.versions))) + 1,
        source=source[:200],
        state=FormState.DRAFT,
        drafted_by=actor.id,
        created_by=actor.name,
        created_at=now,
    )
    _keep(session, version, clauses)
    _record(session, version, "standard_form.drafted", actor=actor, now=now)
    return version


def _keep(session: Session, version: FormVersion, clauses: Sequence[StandardClause]) -> None:
    session.add(version)
    session.flush()  # clauses name its id
    session.add_all(
        FormClause(
            version_id=version.id,
            key=clause.key[:80],
            part=Part(clause.part),
            position=position,
            number=clause.number[:20],
            wording=clause.wording,
            terms={key: term_as_data(value) for key, value in clause.terms.items()},
            marks=list(clause.marks),
            says=None if clause.says is None else list(clause.says),
        )
        for position, clause in enumerate(clauses, start=1)
    )
    session.flush()
    session.expire(version)
    session.expire(version.form, ["versions"])


def _require_draft(version: FormVersion) -> None:
    if version.state is not FormState.DRAFT:
        raise Conflict(
            N_("Only a draft can be changed."), code="NOT_A_DRAFT", remedy=N_("Draft the next version of this form.")
        )


def _require_move(version: FormVersion, target: FormState) -> None:
    if target not in FORM_MOVES.get(version.state, ()):
        raise Conflict(
            N_("A standard form that is “%(state)s” can't become “%(target)s”."),
            code="ILLEGAL_MOVE",
            remedy=N_("Draft the next version of this form."),
            state=version.state,
            target=target,
        )


def _move(
    session: Session, version: FormVersion, target: FormState, *, actor: Actor, now: datetime, **values: object
) -> None:
    _require_move(version, target)
    _write(session, version, target, **values)
    _record(session, version, f"standard_form.{target.value}", actor=actor, now=now)


def _write(session: Session, version: FormVersion, target: FormState, **values: object) -> None:
    moved = session.scalar(
        update(FormVersion)
        .where(FormVersion.id == version.id, FormVersion.state == version.state)
        .values(state=target, **values)
        .returning(FormVersion.id)
    )
    if moved is None:
        raise Stale(N_("Somebody else acted on this form meanwhile."), remedy=N_("Look at it again, then decide."))
    session.refresh(version)


def _record(
    session: Session,
    version: FormVersion,
    act: str,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, object] | None = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"standard_form:{version.id}",
        clause="二 2",
        now=now,
        details={"form": version.form.key, "version": version.number, **(details or {})},
    )
