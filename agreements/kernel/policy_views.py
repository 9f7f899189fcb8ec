"""Pages: our policies, each with its default, its history and who may change it. They are ours, not the contract's."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, Conflict, InvalidInput, LuyueError, NotFound, Stale
from agreements.kernel.instants import parse_instant
from agreements.kernel.policies import (
    BOUNDS,
    ONE_OR_MORE,
    Policy,
    PolicyChange,
    PolicyValue,
    all_policies,
    change,
    history,
    policy_of,
    value_of,
)
from agreements.kernel.web.language import label

policies = Blueprint("policies", __name__, url_prefix="/admin/policies")


@dataclass(frozen=True, slots=True)
class Standing:
    """A policy as it stands.

    since  the change that set the value in force; None for the default
    next   the change that will set the next one; None where none is entered
    """

    policy: Policy
    value: PolicyValue
    since: PolicyChange | None
    next: PolicyChange | None


@policies.get("")
def index() -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    session = db.session()
    now = clock.now(session)
    standings = [_standing(session, policy, now=now) for policy in all_policies(session)]
    return render_template("policies/list.html", standings=standings, events=_events(session), counted=counted, now=now)


@policies.get("/<key>")
def show(key: str) -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    return _page(key, MultiDict())


def _page(key: str, form: MultiDict[str, str], error: LuyueError | None = None) -> str:
    session = db.session()
    now = clock.now(session)
    policy = _policy(session, key)
    standing = _standing(session, policy, now=now)
    return render_template(
        "policies/policy.html",
        standing=standing,
        policy=policy,
        history=history(session, key),
        events=_events(session, key),
        counted=counted,
        bounds=BOUNDS.get(policy.unit, ONE_OR_MORE),
        seen=_newest(session, key),
        given=_given(standing, form),
        form=form,
        error=error,
        now=now,
    )


@policies.post("/<key>")
def submit(key: str) -> ResponseReturnValue:
    policy = _policy(db.session(), key)
    try:
        value = _read_value(policy, request.form)
        at = request.form.get("effective_at", "").strip()
        effective_at = parse_instant(at, "effective_at") if at else None
        with unit_of_work() as session:
            now = clock.now(session)
            _require_newest(session, key, request.form.get("seen", ""))
            change(
                session,
                key,
                value,
                effective_at=effective_at or now,
                reason=request.form.get("reason", ""),
                actor=g.actor,
                now=now,
            )
    except (InvalidInput, Conflict) as error:
        return _page(key, request.form, error), error.status
    flash(gettext("The policy is changed."), "success")
    return redirect(url_for("policies.show", key=key))


def counted(unit: str, number: int) -> str:
    """Return a policy's number with its unit in words: 1 working day, 18:00 Shanghai time, 5 %."""
    return label("policy_count", f"{unit}.{'one' if number == 1 else 'many'}").replace("#", f"{number:,}")


def _policy(session: Session, key: str) -> Policy:
    policy = policy_of(session, key)
    if policy is None:
        raise NotFound(N_("There is no policy “%(key)s”."), key=key)
    return policy


def _standing(session: Session, policy: Policy, *, now: datetime) -> Standing:
    changes = history(session, policy.key)
    past = [row for row in changes if row.effective_at <= now]
    future = [row for row in changes if row.effective_at > now]
    return Standing(
        policy=policy,
        value=value_of(session, policy.key, at=now),
        since=max(past, key=lambda row: (row.effective_at, row.id), default=None),
        next=min(future, key=lambda row: (row.effective_at, -row.id), default=None),
    )


def _events(session: Session, key: str | None = None) -> dict[int, AuditEvent]:
    """Return who changed what and why, by the number that the change names."""
    statement = select(AuditEvent).where(AuditEvent.act == "policy.changed")
    if key is not None:
        statement = statement.where(AuditEvent.subject == f"policy:{key}")
    return {event.seq: event for event in session.scalars(statement)}


def _newest(session: Session, key: str) -> int:
    return next((row.id for row in history(session, key)), 0)


def _require_newest(session: Session, key: str, seen: str) -> None:
    if seen != str(_newest(session, key)):
        raise Stale(
            N_("Somebody else changed this policy meanwhile; nothing was done."),
            remedy=N_("Look at the history below, then decide again."),
        )


def _read_value(policy: Policy, form: MultiDict[str, str]) -> PolicyValue:
    """Read a value of the kind of the default; what can't be read raises InvalidInput on field `value`."""
    if isinstance(policy.default, list):
        given = form.getlist("value")
        return [word for word in policy.choices if word in given]
    text = form.get("value", "").strip()
    if isinstance(policy.default, bool):
        if text not in ("on", "off"):
            raise InvalidInput(N_("Choose on or off."), field="value")
        return text == "on"
    if isinstance(policy.default, int):
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise InvalidInput(N_("Give a whole number."), field="value")
        return int(text)
    return text


def _given(standing: Standing, form: MultiDict[str, str]) -> list[str]:
    """Return what the form's value shows: what was typed, else what is in force."""
    if "seen" in form:
        return form.getlist("value")
    value = standing.value
    if isinstance(value, list):
        return value
    if isinstance(value, bool):
        return ["on" if value else "off"]
    return [str(value)]
