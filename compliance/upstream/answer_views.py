"""The tenant's own page behind the one-purpose link of a notice: it reads, and accepts, refuses or asks (2.4).

Looking changes nothing, for mail scanners open links too; an answer takes two presses of a button, the second one
after the tenant has read what it is about to say.
"""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from werkzeug.datastructures import MultiDict

from agreements.kernel import clock
from agreements.kernel.access.schemas import read_locale
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, Conflict, InvalidInput, LuyueError, NotFound
from agreements.kernel.web.language import remember
from compliance.changes.schemas import read_word
from compliance.upstream.answers import AnswerPage, answer_by_link, is_open, read_link
from compliance.upstream.models import UpstreamAnswer
from compliance.upstream.rules import AnswerKind
from compliance.upstream.schemas import Form

answers = Blueprint("answers", __name__, url_prefix="/a")

SEND, BACK, REVIEW = "send", "back", "review"


@answers.get("/<token>")
def read(token: str) -> ResponseReturnValue:
    return _page(token, MultiDict())


@answers.post("/<token>")
def answer(token: str) -> ResponseReturnValue:
    """The first press shows what will be said, the second says it; the others show the same page or the one before."""
    given = request.form
    try:
        if "locale" in given:
            return _in_language(token, given)
        if given.get("step") == BACK:
            return _page(token, given)
        kind = read_word(AnswerKind, given, "kind")
        chosen = _chosen(given)
        _require_words(kind, given)
        if given.get("step") != SEND:
            return _review(token, given, kind)
        with unit_of_work() as session:
            answer_by_link(
                session,
                token,
                kind,
                text=given.get("text", ""),
                said_by=given.get("said_by", ""),
                impact_ids=chosen or None,
                now=clock.now(session),
            )
    except NotFound as error:
        return _no_link(error)
    except (InvalidInput, Conflict) as error:
        return _page(token, given, error)
    return redirect(url_for("answers.read", token=token, _anchor="said"))


def _in_language(token: str, given: Form) -> ResponseReturnValue:
    """Show the same page anew in the language that was chosen, with what was typed so far."""
    chosen = read_locale(given["locale"])
    with force_locale(chosen.value):
        if given.get("shown") == REVIEW:
            page = _review(token, given, read_word(AnswerKind, given, "kind"))
        else:
            page = _page(token, given)
    response = make_response(page)
    remember(response, chosen)
    return response


def _require_words(kind: AnswerKind, given: Form) -> None:
    """Say at the first press what the use case would say at the second."""
    if kind is AnswerKind.REFUSE and not given.get("text", "").strip():
        raise InvalidInput(N_("Say what can't be accepted."), field="text", clause="2.4")
    if kind is AnswerKind.ASK and not given.get("text", "").strip():
        raise InvalidInput(N_("Write your question."), field="text", clause="2.4")
    if not given.get("said_by", "").strip():
        raise InvalidInput(N_("Give the name of the person who answers."), field="said_by", clause="2.4")


def _chosen(given: Form) -> list[int]:
    return [int(text) for text in given.getlist("impacts") if text.isascii() and text.isdigit() and len(text) < 10]


def _page(token: str, given: Form, error: LuyueError | None = None) -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    try:
        found = read_link(session, token, now=now)
    except NotFound as unknown:
        return _no_link(unknown)
    page = render_template(
        "upstream/public_answer.html",
        found=found,
        notice=found.notice,
        open=found.open,
        said=_said(found),
        is_open=is_open,
        form=given,
        error=error,
        now=now,
    )
    return page, error.status if error else 200


def _said(found: AnswerPage) -> list[tuple[UpstreamAnswer, list[str]]]:
    """Return each answer once with the orders it was given for, oldest first."""
    together: dict[tuple[object, ...], tuple[UpstreamAnswer, list[str]]] = {}
    for impact in found.impacts:
        for each in found.answers[impact.id]:
            key = (each.kind, each.text, each.answered_at, each.reply)
            together.setdefault(key, (each, []))[1].append(impact.agreement.order_no)
    return sorted(together.values(), key=lambda pair: (pair[0].answered_at, pair[0].id))


def _review(token: str, given: Form, kind: AnswerKind) -> ResponseReturnValue:
    session = db.session()
    now = clock.now(session)
    found = read_link(session, token, now=now)
    chosen = set(_chosen(given))
    about = [impact for impact in found.impacts if impact.id in chosen] or found.open or found.impacts[:1]
    return render_template(
        "upstream/public_review.html",
        notice=found.notice,
        kind=kind,
        about=about,
        form=given,
        now=now,
    )


def _no_link(error: NotFound) -> ResponseReturnValue:
    return render_template("upstream/public_no_link.html", error=error), error.status
