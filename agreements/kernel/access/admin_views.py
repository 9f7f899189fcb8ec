"""Pages of the administrator: people with their roles, gateway keys. Links and keys are shown once, in the answer."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agreements.kernel import clock
from agreements.kernel.access import actions, keys, links
from agreements.kernel.access.models import OF_A_GATEWAY, Scope
from agreements.kernel.access.rules import Permission, Role, require
from agreements.kernel.access.schemas import read_roles, read_scopes
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, InvalidInput

people = Blueprint("people", __name__, url_prefix="/admin/people")
gateway_keys = Blueprint("gateway_keys", __name__, url_prefix="/admin/keys")


def link_address(token: str) -> str:
    """Return the full address of a one-time link."""
    return f"{current_app.extensions['luyue']['settings'].public_url}/join/{token}"


@people.get("")
def index() -> ResponseReturnValue:
    session = db.session()
    return render_template(
        "access/people.html",
        people=actions.list_people(session, actor=g.actor),
        invitations=links.open_invitations(session, actor=g.actor, wall=clock.wall()),
    )


@people.get("/invite")
def invite() -> ResponseReturnValue:
    require(g.actor, Permission.MANAGE_PEOPLE)
    return render_template("access/invite.html", roles=Role, form={}, chosen=())


@people.post("/invite")
def invite_submit() -> ResponseReturnValue:
    wall, chosen = clock.wall(), request.form.getlist("roles")
    try:
        roles = read_roles(chosen)
        with unit_of_work() as session:
            token = links.invite(
                session,
                name=request.form.get("name", ""),
                login=request.form.get("login", ""),
                roles=roles,
                actor=g.actor,
                now=clock.now(session),
                wall=wall,
            )
    except (InvalidInput, Conflict) as error:
        page = render_template("access/invite.html", roles=Role, form=request.form, chosen=chosen, error=error)
        return page, error.status
    return render_template("access/link_once.html", address=link_address(token), name=request.form.get("name", ""))


@people.post("/invitations/<int:link_id>/withdraw")
def withdraw_invitation(link_id: int) -> ResponseReturnValue:
    wall = clock.wall()
    with unit_of_work() as session:
        done = links.withdraw_invitation(session, link_id, actor=g.actor, now=clock.now(session), wall=wall)
    flash(gettext("The link no longer works.") if done else gettext("The link had been used or withdrawn."), "info")
    return redirect(url_for("people.index"))


@people.get("/<int:person_id>")
def show(person_id: int) -> ResponseReturnValue:
    return _person_page(person_id)


def _person_page(person_id: int, error: Exception | None = None) -> str:
    require(g.actor, Permission.MANAGE_PEOPLE)
    person = actions.person_of(db.session(), person_id)
    return render_template("access/person.html", person=person, roles=Role, error=error)


@people.post("/<int:person_id>/roles")
def change_roles(person_id: int) -> ResponseReturnValue:
    wall = clock.wall()
    try:
        roles = read_roles(request.form.getlist("roles"))
        with unit_of_work() as session:
            changed = actions.change_roles(session, person_id, roles, actor=g.actor, now=clock.now(session), wall=wall)
    except (InvalidInput, Conflict) as error:
        return _person_page(person_id, error), error.status
    flash(
        gettext("The roles were changed; the person signs in again.") if changed else gettext("Nothing changed."),
        "success" if changed else "info",
    )
    return redirect(url_for("people.show", person_id=person_id))


@people.post("/<int:person_id>/disable")
def disable(person_id: int) -> ResponseReturnValue:
    wall = clock.wall()
    try:
        with unit_of_work() as session:
            actions.disable(
                session,
                person_id,
                reason=request.form.get("reason", ""),
                actor=g.actor,
                now=clock.now(session),
                wall=wall,
            )
    except (InvalidInput, Conflict) as error:
        return _person_page(person_id, error), error.status
    flash(gettext("The person can no longer sign in."), "success")
    return redirect(url_for("people.show", person_id=person_id))


@people.post("/<int:person_id>/enable")
def enable(person_id: int) -> ResponseReturnValue:
    with unit_of_work() as session:
        actions.enable(session, person_id, actor=g.actor, now=clock.now(session))
    flash(gettext("The person can sign in again."), "success")
    return redirect(url_for("people.show", person_id=person_id))


@people.post("/<int:person_id>/new-password")
def offer_new_password(person_id: int) -> ResponseReturnValue:
    wall = clock.wall()
    with unit_of_work() as session:
        token = links.offer_new_password(session, person_id, actor=g.actor, now=clock.now(session), wall=wall)
        name = actions.person_of(session, person_id).name
    return render_template("access/link_once.html", address=link_address(token), name=name)


@gateway_keys.get("")
def list_keys() -> ResponseReturnValue:
    return render_template("access/keys.html", keys=keys.list_keys(db.session(), actor=g.actor))


@gateway_keys.get("/issue")
def issue() -> ResponseReturnValue:
    require(g.actor, Permission.MANAGE_KEYS)
    return render_template("access/key_issue.html", scopes=Scope, form={}, chosen=OF_A_GATEWAY)


@gateway_keys.post("/issue")
def issue_submit() -> ResponseReturnValue:
    wall, chosen = clock.wall(), request.form.getlist("scopes")
    try:
        scopes = read_scopes(chosen)
        with unit_of_work() as session:
            key, secret = keys.issue_key(
                session,
                name=request.form.get("name", ""),
                scopes=scopes,
                actor=g.actor,
                now=clock.now(session),
                wall=wall,
            )
            name = key.name
    except InvalidInput as error:
        page = render_template("access/key_issue.html", scopes=Scope, form=request.form, chosen=chosen, error=error)
        return page, error.status
    return render_template("access/key_once.html", secret=secret, name=name)


@gateway_keys.get("/<prefix>/revoke")
def revoke(prefix: str) -> ResponseReturnValue:
    return render_template("access/key_revoke.html", key=keys.key_by_prefix(db.session(), prefix, actor=g.actor))


@gateway_keys.post("/<prefix>/revoke")
def revoke_submit(prefix: str) -> ResponseReturnValue:
    wall = clock.wall()
    try:
        with unit_of_work() as session:
            reason = request.form.get("reason", "")
            done = keys.revoke_key(session, prefix, reason=reason, actor=g.actor, now=clock.now(session), wall=wall)
    except InvalidInput as error:
        key = keys.key_by_prefix(db.session(), prefix, actor=g.actor)
        return render_template("access/key_revoke.html", key=key, error=error), error.status
    flash(gettext("The key is revoked.") if done else gettext("The key had been revoked before."), "success")
    return redirect(url_for("gateway_keys.list_keys"))
