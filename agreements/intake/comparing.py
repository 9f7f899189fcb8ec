"""An import beside a standard form: the nearest one is proposed, a person may choose another (main 二 2)."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from agreements.intake.clause_reading import ReadClauses, clauses_in
from agreements.intake.deviations import Deviation, DeviationKind, deviations_from, distance
from agreements.intake.form_actions import draft_form, form_of, forms_in_force, load_built_in_form
from agreements.intake.form_models import FormState, FormVersion
from agreements.intake.import_record import raise_version, record, require_open, text_of, warn
from agreements.intake.models import ContractImport, ImportDeviation, ReviewWarning
from agreements.intake.standard_form import StandardForm, built_in_form
from agreements.intake.terms import differing_terms, dropped_clauses, shifted_clauses
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict, NotFound

OF_TERMS = ("term_differs_from_standard", "term_not_stated")
OF_COMPARISON = (*OF_TERMS, "clause_numbering_shifted")
"""Families of warnings that say how an agreement differs from a form, and so change with the form."""
LONGEST_NOTE = 500
LONGEST_NAME = 120


def compare_with_nearest(session: Session, imported: ContractImport, text: str, *, now: datetime) -> None:
    """Lay an import beside the form that it departs from least; of two as near, the older form."""
    load_built_in_form(session, now=now)
    read = clauses_in(text)
    candidates = [
        (version, form, deviations_from(form, read.units, read.values))
        for version, form in ((version, form_of(version)) for version in forms_in_force(session))
    ]
    version, form, deviations = min(candidates, key=lambda candidate: distance(candidate[2]))
    _keep_deviations(session, imported, version, deviations)
    _warn_by_form(session, imported, form, read)


def departures_of(session: Session, text: str) -> list[Deviation]:
    """Return how a text departs from the nearest form in force, writing nothing; without one, from the built-in."""
    read = clauses_in(text)
    forms = [form_of(version) for version in forms_in_force(session)] or [built_in_form()]
    return min((deviations_from(form, read.units, read.values) for form in forms), key=distance)


def choose_form(
    session: Session, imported: ContractImport, form_version: FormVersion, *, version: int, actor: Actor, now: datetime
) -> bool:
    """Compare an import with another form; what was acknowledged of the one before stays on record.

    version  of the import as the person saw it; an older one raises Stale
    Returns False, writing nothing, where it is compared with this form already.
    """
    require(actor, Permission.IMPORT_AGREEMENT)
    require_open(imported)
    if imported.form_version_id == form_version.id:
        return False
    if form_version.state is not FormState.IN_FORCE:
        raise Conflict(
            N_("Only a standard form in force can be compared with."),
            code="FORM_NOT_IN_FORCE",
            field="form",
            remedy=N_("Choose one of those in force."),
        )
    raise_version(session, imported, version)
    form = form_of(form_version)
    read = clauses_in(text_of(session, imported))
    deviations = deviations_from(form, read.units, read.values)
    _keep_deviations(session, imported, form_version, deviations)
    _warn_by_form(session, imported, form, read)
    details = {"form": form.key, "version": form.version, "deviations": len(deviations)}
    record(session, imported, "import.form_chosen", actor=actor, now=now, details=details)
    return True


def draft_form_of(
    session: Session, imported: ContractImport, *, key: str = "", name: str = "", actor: Actor, now: datetime
) -> FormVersion:
    """Draft a standard form from an agreement's own text; parties and order are left out.

    Once approved and in force, the same text departs from it nowhere.
    key, name  of the form; unless given, made from the import
    """
    require(actor, Permission.IMPORT_AGREEMENT)
    return draft_form(
        session,
        key=key or f"import-{imported.id}",
        name=name or imported.source_name.rpartition(".")[0][:LONGEST_NAME] or imported.source_name[:LONGEST_NAME],
        text=text_of(session, imported),
        source=imported.source_name,
        import_id=imported.id,
        actor=actor,
        now=now,
    )


def open_deviations(imported: ContractImport) -> list[ImportDeviation]:
    """Return the deviations from the chosen form that somebody must acknowledge yet.

    A clause in other words that was read to say the same asks for nothing.
    """
    return [row for row in deviations_shown(imported) if row.acknowledged_at is None and is_to_be_acknowledged(row)]


def is_to_be_acknowledged(row: ImportDeviation) -> bool:
    return row.kind is not DeviationKind.REWORDED


def deviations_shown(imported: ContractImport) -> list[ImportDeviation]:
    """Return the deviations from the chosen form."""
    return [row for row in imported.deviations if row.form_version_id == imported.form_version_id]


def acknowledge_deviations(
    session: Session,
    imported: ContractImport,
    ids: Iterable[int],
    *,
    note: str = "",
    actor: Actor,
    now: datetime,
    reason: str | None = None,
) -> int:
    """Record that a person read these deviations beside the form's text and accepts them; returns how many were open.

    Clauses in other words may be acknowledged together, once read; each other one by itself, or it raises. The
    warnings that say the same of a clause's terms are acknowledged with it: nobody is asked twice.
    """
    require(actor, Permission.REGISTER_AGREEMENT)
    require_open(imported)
    wanted, of_import = set(ids), {row.id: row for row in deviations_shown(imported)}
    if not wanted or wanted - of_import.keys():
        raise NotFound(N_("This import has no such deviation."), remedy=N_("Open the review again."))
    in_other_words = {DeviationKind.REWORDED, DeviationKind.UNREAD}
    grave = [at for at in wanted if of_import[at].kind not in in_other_words]
    if len(wanted) > 1 and grave and reason is None:
        raise Conflict(
            N_("A clause that says something else is acknowledged by itself."),
            code="ACKNOWLEDGE_ONE_BY_ONE",
            remedy=N_("Read it beside the standard clause, then acknowledge it."),
        )
    done = list(
        session.scalars(
            update(ImportDeviation)
            .where(ImportDeviation.id.in_(wanted), ImportDeviation.acknowledged_at.is_(None))
            .values(acknowledged_by=actor.name, acknowledged_at=now, note=" ".join(note.split())[:LONGEST_NOTE] or None)
            .returning(ImportDeviation.id)
        )
    )
    if done:
        warnings = _acknowledge_with(session, imported, [of_import[at] for at in done], actor=actor, now=now)
        details = {"deviations": sorted(done), "warnings": warnings}
        act = "import.deviation_acknowledged"
        record(session, imported, act, actor=actor, now=now, details=details, reason=reason)
        session.expire(imported, ["deviations", "warnings"])
    return len(done)


def _acknowledge_with(
    session: Session, imported: ContractImport, rows: list[ImportDeviation], *, actor: Actor, now: datetime
) -> list[int]:
    """Acknowledge the warnings that say of a term what its clause was just read to say; returns their numbers."""
    terms = {term for row in rows for term in row.terms}
    return sorted(
        session.scalars(
            update(ReviewWarning)
            .where(
                ReviewWarning.import_id == imported.id,
                ReviewWarning.code.in_(OF_TERMS),
                ReviewWarning.detail.in_(terms),
                ReviewWarning.acknowledged_at.is_(None),
            )
            .values(acknowledged_by=actor.name, acknowledged_at=now)
            .returning(ReviewWarning.id)
        )
    )


def _keep_deviations(
    session: Session, imported: ContractImport, version: FormVersion, deviations: list[Deviation]
) -> None:
    """Keep the deviations from a form, unless the import was compared with it before."""
    imported.form_version_id = version.id
    if not any(row.form_version_id == version.id for row in imported.deviations):
        keys = {row.key: row.id for row in version.clauses}
        session.add_all(
            ImportDeviation(
                import_id=imported.id,
                form_version_id=version.id,
                position=position,
                kind=one.kind,
                clause_id=keys[one.clause.key] if one.clause else None,
                number=one.unit.number if one.unit else None,
                spans=[list(span) for span in one.unit.spans] if one.unit else [],
                terms=list(one.terms),
            )
            for position, one in enumerate(deviations, start=1)
        )


def _warn_by_form(session: Session, imported: ContractImport, form: StandardForm, read: ReadClauses) -> None:
    """Take back the comparison's warnings that nobody acknowledged yet, and give those of this form."""
    stated = {key for key, term in read.terms.items() if term.is_stated}
    changed = differing_terms(read.values, form)
    due = [
        *(f"term_differs_from_standard:{key}" for key in changed),
        *dropped_clauses(form, stated, changed),
        *shifted_clauses(form, {key: term.clause for key, term in read.terms.items()}),
    ]
    kept = {
        f"{row.code}:{row.detail}"
        for row in imported.warnings
        if row.code in OF_COMPARISON and (row.acknowledged_at is not None or f"{row.code}:{row.detail}" in due)
    }
    session.execute(
        delete(ReviewWarning).where(
            ReviewWarning.id.in_(
                row.id
                for row in imported.warnings
                if row.code in OF_COMPARISON and f"{row.code}:{row.detail}" not in kept
            )
        )
    )
    for warning in dict.fromkeys(due):
        if warning not in kept:
            code, _, detail = warning.partition(":")
            warn(session, imported, code, detail)
    session.flush()
    session.refresh(imported)
