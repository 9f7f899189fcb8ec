"""Pages: the keys of one's own programs, on the account page. A key is shown once, in the answer that issues it."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agreements.kernel import clock
from agreements.kernel.access import personal_keys
from agreements.kernel.access.actions import person_of
from agreements.kernel.access.passwords import password_fits
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, Conflict, InvalidInput, LuyueError

blueprint = Blueprint("own_keys", __name__, url_prefix="/account/keys")


@blueprint.get("")
def index() -> ResponseReturnValue:
    return _page()


def _page(error: LuyueError | None = None) -> str:
    keys = personal_keys.keys_of(db.session(), g.actor.id)
    return render_template("access/own_keys.html", keys=keys, error=error, form=request.form if error else {})


@blueprint.post("")
def issue() -> ResponseReturnValue:
    """Issue a key; the password is asked again, for a key outlives the session that asks for it."""
    try:
        person = person_of(db.session(), g.actor.id)
        if not password_fits(request.form.get("password", ""), person.password_hash):
            raise InvalidInput(N_("The current password is not right."), field="password")
        with unit_of_work() as session:
            key, secret = personal_keys.issue_personal_key(
                session,
                person_of(session, g.actor.id),
                name=request.form.get("name", ""),
                read_only=request.form.get("rights") != "write",
                actor=g.actor,
                now=clock.now(session),
                wall=clock.wall(),
            )
            name = key.name
    except (InvalidInput, Conflict) as error:
        return _page(error), error.status
    return render_template("access/own_key_once.html", secret=secret, name=name)


@blueprint.post("/<prefix>/revoke")
def revoke(prefix: str) -> ResponseReturnValue:
    with unit_of_work() as session:
        done = personal_keys.revoke_personal_key(
            session,
            prefix,
            reason="by its person",
            actor=g.actor,
            now=clock.now(session),
            wall=clock.wall(),
        )
    flash(gettext("The key is revoked.") if done else gettext("The key had been revoked before."), "success")
    return redirect(url_for("own_keys.index"))
