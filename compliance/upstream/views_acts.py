"""Pages: legal's acts on a source notice and on one agreement's part; each says what follows before it is done."""

from collections.abc import Callable

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from agreements.kernel import clock
from agreements.kernel.access.rules import Permission, may, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, Conflict, InvalidInput, LuyueError, NotFound
from agreements.kernel.instants import SHANGHAI
from agreements.kernel.web.language import label
from compliance.changes.schemas import read_moment, read_text, read_upload
from compliance.upstream import presenting, reading, schemas
from compliance.upstream.aftermath import fail_aftermath, sign_aftermath
from compliance.upstream.answers import record_answer
from compliance.upstream.correcting import Withdrawal, withdraw
from compliance.upstream.deciding import close, decide_triage, exempt, restore_product
from compliance.upstream.mapping import map_change
from compliance.upstream.moving import change_of_id, impact_of_id
from compliance.upstream.previews import preview
from compliance.upstream.replying import answer_of_id, reply_to_all_asked
from compliance.upstream.rules import AnswerKind, Triage
from compliance.upstream.schemas import Form
from compliance.upstream.views import row_of_impact

upstream_acts = Blueprint("upstream_acts", __name__, url_prefix="/upstream")

CHANGE_ACTS = "<any(triage, withdraw, close):act>"
IMPACT_ACTS = "<any(exempt, answer, sign, fail):act>"
LETTERS_IN_TRIAGE = 3
NEEDS = {
    "triage": Permission.HANDLE_UPSTREAM,
    "withdraw": Permission.HANDLE_UPSTREAM,
    "close": Permission.HANDLE_UPSTREAM,
    "exempt": Permission.SETTLE_UPSTREAM,
    "answer": Permission.HANDLE_UPSTREAM,
    "sign": Permission.SETTLE_UPSTREAM,
    "fail": Permission.SETTLE_UPSTREAM,
}


def _require_to_open(act: str) -> None:
    """An approver may end what was mapped, and take back in silence; an officer may do the rest."""
    if act in ("triage", "withdraw") and Permission.SETTLE_UPSTREAM in _permissions():
        return
    require(g.actor, NEEDS[act])


def _permissions() -> set[Permission]:
    return {each for each in (Permission.HANDLE_UPSTREAM, Permission.SETTLE_UPSTREAM) if may(g.actor, each)}


@upstream_acts.get(f"/<int:change_id>/{CHANGE_ACTS}")
def change_form(change_id: int, act: str) -> ResponseReturnValue:
    return _change_page(change_id, act, MultiDict())


@upstream_acts.post(f"/<int:change_id>/{CHANGE_ACTS}")
def act_on_change(change_id: int, act: str) -> ResponseReturnValue:
    _require_to_open(act)
    try:
        told = ON_CHANGE[act](change_id)
    except (InvalidInput, Conflict) as error:
        return _change_page(change_id, act, request.form, error), error.status
    flash(told, "success")
    return redirect(url_for("upstream.show", change_id=change_id))


def _change_page(change_id: int, act: str, form: Form, error: LuyueError | None = None) -> str:
    _require_to_open(act)
    session = db.session()
    now = clock.now(session)
    change = change_of_id(session, change_id)
    campaign = reading.campaign(session, change, now=now)
    letters = preview(session, change, now=now) if act == "triage" else []
    return render_template(
        f"upstream/{act}.html",
        change=change,
        campaign=campaign,
        progress=presenting.progress_of(campaign),
        is_open=act in presenting.acts_of(change),
        letters=letters[:LETTERS_IN_TRIAGE],
        letters_in_all=len(letters),
        triage_options=[
            (each.value, label("upstream_triage", each), label("upstream_triage_hint", each)) for each in Triage
        ],
        permissions=_permissions(),
        form=form,
        error=error,
        latest=f"{now.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}",
        now=now,
    )


def _triage(change_id: int) -> str:
    chosen, version = schemas.read_triage(request.form), schemas.read_version(request.form)
    reason = request.form.get("reason", "").strip()
    with unit_of_work() as session:
        change = change_of_id(session, change_id)
        decide_triage(session, change, chosen, reason=reason, version=version, actor=g.actor, now=clock.now(session))
    if chosen in (Triage.UPSTREAM_CHANGE, Triage.BOTH):
        return str(gettext("Decided. The letters go out within a minute."))
    return str(gettext("Decided. No letter goes out under clause 2.4; your reason stays on record."))


def _withdraw(change_id: int) -> str:
    version = schemas.read_version(request.form)
    given = Withdrawal(
        received_at=read_moment(request.form, "received_at"),
        reason=read_text(request.form, "reason"),
        upload=read_upload(request.files.get("file")),
    )
    silently = request.form.get("without_notice") == "yes"
    with unit_of_work() as session:
        change = change_of_id(session, change_id)
        withdraw(
            session, change, given, without_notice=silently, version=version, actor=g.actor, now=clock.now(session)
        )
    if silently:
        return str(gettext("The change is withdrawn; nobody is told, for nobody can have heard of it."))
    return str(gettext("The change is withdrawn. Each tenant concerned is told within a minute."))


def _close(change_id: int) -> str:
    version, note = schemas.read_version(request.form), read_text(request.form, "note")
    with unit_of_work() as session:
        change = change_of_id(session, change_id)
        close(session, change, note=note, version=version, actor=g.actor, now=clock.now(session))
    return str(gettext("Closed. Everything stays on record."))


ON_CHANGE: dict[str, Callable[[int], str]] = {"triage": _triage, "withdraw": _withdraw, "close": _close}


@upstream_acts.post("/<int:change_id>/map")
def map_now(change_id: int) -> ResponseReturnValue:
    """Find the agreements concerned now rather than at the scheduler's next minute."""
    with unit_of_work() as session:
        found = map_change(session, change_of_id(session, change_id), actor=g.actor, now=clock.now(session))
    flash(gettext("Agreements found in addition: %(count)s.", count=found), "success" if found else "info")
    return redirect(url_for("upstream.show", change_id=change_id))


@upstream_acts.get("/<int:change_id>/products/<int:product_id>/restore")
def restore_form(change_id: int, product_id: int) -> ResponseReturnValue:
    return _restore_page(change_id, product_id, MultiDict())


@upstream_acts.post("/<int:change_id>/products/<int:product_id>/restore")
def restore(change_id: int, product_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.SETTLE_UPSTREAM)
    try:
        reason = read_text(request.form, "reason")
        with unit_of_work() as session:
            change = change_of_id(session, change_id)
            restore_product(session, change, product_id, reason=reason, actor=g.actor, now=clock.now(session))
    except (InvalidInput, Conflict) as error:
        return _restore_page(change_id, product_id, request.form, error), error.status
    flash(gettext("The product is on offer again from now on."), "success")
    return redirect(url_for("upstream.show", change_id=change_id))


def _restore_page(change_id: int, product_id: int, form: Form, error: LuyueError | None = None) -> str:
    require(g.actor, Permission.SETTLE_UPSTREAM)
    session = db.session()
    change = change_of_id(session, change_id)
    row = next((each for each in change.products if each.product_id == product_id), None)
    if row is None:
        raise NotFound(N_("This notice names no such product."), field="product")
    return render_template(
        "upstream/restore.html", change=change, row=row, form=form, error=error, now=clock.now(session)
    )


@upstream_acts.get(f"/agreements/<int:impact_id>/{IMPACT_ACTS}")
def impact_form(impact_id: int, act: str) -> ResponseReturnValue:
    return _impact_page(impact_id, act, MultiDict())


@upstream_acts.post(f"/agreements/<int:impact_id>/{IMPACT_ACTS}")
def act_on_impact(impact_id: int, act: str) -> ResponseReturnValue:
    require(g.actor, NEEDS[act])
    try:
        told = ON_IMPACT[act](impact_id)
    except (InvalidInput, Conflict) as error:
        return _impact_page(impact_id, act, request.form, error), error.status
    flash(told, "success")
    return redirect(url_for("upstream.impact", impact_id=impact_id))


def _impact_page(impact_id: int, act: str, form: Form, error: LuyueError | None = None) -> str:
    require(g.actor, NEEDS[act])
    session = db.session()
    now = clock.now(session)
    row = row_of_impact(session, impact_of_id(session, impact_id))
    return render_template(
        f"upstream/{act}.html",
        row=row,
        impact=row.impact,
        change=row.impact.change,
        kind_options=[(each.value, label("answer_kind", each), label("answer_kind_hint", each)) for each in AnswerKind],
        form=form,
        error=error,
        latest=f"{now.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}",
        now=now,
    )


def _exempt(impact_id: int) -> str:
    reason = read_text(request.form, "reason")
    with unit_of_work() as session:
        exempt(session, impact_of_id(session, impact_id), reason=reason, actor=g.actor, now=clock.now(session))
    return str(gettext("This agreement is not affected; our duty to it falls away, your reason stays."))


def _answer(impact_id: int) -> str:
    given = schemas.read_answer(request.form)
    upload = read_upload(request.files.get("file"))
    with unit_of_work() as session:
        record_answer(
            session,
            impact_of_id(session, impact_id),
            given.kind,
            text=given.text,
            said_by=given.said_by,
            answered_at=given.answered_at,
            upload=upload,
            actor=g.actor,
            now=clock.now(session),
        )
    return str(gettext("The tenant's answer is recorded."))


def _sign(impact_id: int) -> str:
    signed_at = read_moment(request.form, "signed_at")
    upload = read_upload(request.files.get("file"))
    with unit_of_work() as session:
        sign_aftermath(
            session,
            impact_of_id(session, impact_id),
            signed_at=signed_at,
            upload=upload,
            note=request.form.get("note", ""),
            actor=g.actor,
            now=clock.now(session),
        )
    return str(gettext("The aftermath agreement is recorded as signed by both."))


def _fail(impact_id: int) -> str:
    reason = read_text(request.form, "reason")
    with unit_of_work() as session:
        fail_aftermath(session, impact_of_id(session, impact_id), reason=reason, actor=g.actor, now=clock.now(session))
    return str(gettext("The talks are recorded as broken down: a dispute, nobody's breach."))


ON_IMPACT: dict[str, Callable[[int], str]] = {"exempt": _exempt, "answer": _answer, "sign": _sign, "fail": _fail}


@upstream_acts.get("/answers/<int:answer_id>/reply")
def reply_form(answer_id: int) -> ResponseReturnValue:
    return _reply_page(answer_id, MultiDict())


@upstream_acts.post("/answers/<int:answer_id>/reply")
def send_reply(answer_id: int) -> ResponseReturnValue:
    require(g.actor, Permission.HANDLE_UPSTREAM)
    try:
        text = read_text(request.form, "reply")
        with unit_of_work() as session:
            answer = answer_of_id(session, answer_id)
            impact_id = answer.impact_id
            reply_to_all_asked(session, answer, text=text, actor=g.actor, now=clock.now(session))
    except (InvalidInput, Conflict) as error:
        return _reply_page(answer_id, request.form, error), error.status
    flash(gettext("The reply stands on the page behind the tenant's link."), "success")
    return redirect(url_for("upstream.impact", impact_id=impact_id))


def _reply_page(answer_id: int, form: Form, error: LuyueError | None = None) -> str:
    require(g.actor, Permission.HANDLE_UPSTREAM)
    session = db.session()
    answer = answer_of_id(session, answer_id)
    return render_template(
        "upstream/reply.html",
        answer=answer,
        impact=answer.impact,
        change=answer.impact.change,
        form=form,
        error=error,
        now=clock.now(session),
    )
