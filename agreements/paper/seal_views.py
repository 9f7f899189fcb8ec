"""Pages: the seals, who may use them, making and retiring them."""

import io

import pypdfium2
from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from reportlab.pdfgen.canvas import Canvas

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, Role, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict, InvalidInput, LuyueError
from agreements.paper import reading, sealing
from agreements.paper.fonts import REGULAR, font
from agreements.paper.rules import FIRST_ROLES, SealKind
from agreements.paper.schemas import read_people, read_roles, read_word
from agreements.paper.seal_drawing import RADIUS, draw_seal

seals = Blueprint("seals", __name__, url_prefix="/papers/seals")

PICTURE_SCALE = 2.4


@seals.get("")
def index() -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    return _page()


def _page(error: LuyueError | None = None, act: str = "") -> ResponseReturnValue:
    session = db.session()
    found = list(session.scalars(reading.seals()))
    in_use = {each.kind for each in found if each.retired_at is None}
    page = render_template(
        "paper/seals.html",
        tab="seals",
        seals=found,
        missing=[kind for kind in SealKind if kind not in in_use],
        used=reading.times_used(session),
        people=reading.people(session),
        roles=list(Role),
        first_roles=list(FIRST_ROLES),
        lines=sealing.LINES,
        error=error,
        act=act,
        given=request.form,
    )
    return page, error.status if error else 200


@seals.post("")
def make() -> ResponseReturnValue:
    try:
        with unit_of_work() as session:
            sealing.make_seal(
                session,
                read_word(SealKind, request.form.get("kind", ""), "kind"),
                name=request.form.get("name", ""),
                line=request.form.get("line", ""),
                roles=read_roles(request.form),
                person_ids=read_people(request.form),
                actor=g.actor,
                now=clock.now(session),
            )
    except (InvalidInput, Conflict) as error:
        return _page(error, "make")
    flash(gettext("The seal is made."), "success")
    return redirect(url_for("seals.index"))


@seals.post("/<int:seal_id>/holders")
def give(seal_id: int) -> ResponseReturnValue:
    with unit_of_work() as session:
        sealing.give_to(
            session,
            sealing.seal_of_id(session, seal_id),
            roles=read_roles(request.form),
            person_ids=read_people(request.form),
            actor=g.actor,
            now=clock.now(session),
        )
    flash(gettext("Who may use the seal is written down."), "success")
    return redirect(url_for("seals.index"))


@seals.post("/<int:seal_id>/retire")
def retire(seal_id: int) -> ResponseReturnValue:
    try:
        with unit_of_work() as session:
            sealing.retire(
                session,
                sealing.seal_of_id(session, seal_id),
                reason=request.form.get("reason", ""),
                actor=g.actor,
                now=clock.now(session),
            )
    except InvalidInput as error:
        return _page(error, f"retire-{seal_id}")
    flash(gettext("The seal is retired."), "success")
    return redirect(url_for("seals.index"))


@seals.get("/<int:seal_id>/picture")
def picture(seal_id: int) -> ResponseReturnValue:
    """Draw the seal as a small picture, marked as a specimen by what it is: nothing is signed by it."""
    require(g.actor, Permission.READ)
    seal = sealing.seal_of_id(db.session(), seal_id)
    font(REGULAR)
    target, side = io.BytesIO(), 2 * RADIUS + 4
    canvas = Canvas(target, pagesize=(side, side), invariant=1, initialFontName=REGULAR)
    canvas.translate(side / 2, side / 2)
    draw_seal(canvas, seal.name, seal.line)
    canvas.save()
    document = pypdfium2.PdfDocument(target.getvalue())
    drawn = io.BytesIO()
    document[0].render(scale=PICTURE_SCALE).to_pil().save(drawn, "PNG")
    document.close()
    return Response(drawn.getvalue(), mimetype="image/png", headers={"Cache-Control": "private, max-age=3600"})
