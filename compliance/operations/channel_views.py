"""Admin → Channels: how each channel is set and how it does, a message to try it, and the release after a restore."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from uuid import uuid4

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from agreements.kernel import audit, clock
from agreements.kernel.access.rules import Permission, require
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.pausing import open_pause, release_sending
from agreements.kernel.settings import Settings
from agreements.parties.actions import EMAIL
from compliance.notices.channels import FAILING_CHANNEL_AFTER, failing_addresses, standing_of
from compliance.notices.dispatch import Delivery, Message
from compliance.notices.held import held_of, send_anyway, take_as_sent
from compliance.notices.rules import Channel
from compliance.notices.smtp import transport_of

blueprint = Blueprint("channels", __name__, url_prefix="/admin/channels")


def _settings() -> Settings:
    settings: Settings = current_app.extensions["luyue"]["settings"]
    return settings


@blueprint.get("")
def index() -> ResponseReturnValue:
    require(g.actor, Permission.READ)
    return _page()


def _page(
    error: InvalidInput | None = None, *, tried: Delivery | None = None, address: str = ""
) -> ResponseReturnValue:
    session = db.session()
    session.rollback()
    now = clock.now(session)
    html = render_template(
        "operations/channels.html",
        standings=[(standing_of(session, each, now=now), failing_addresses(session, each)) for each in Channel],
        settings=_settings(),
        pause=open_pause(session),
        limit=FAILING_CHANNEL_AFTER,
        now=now,
        error=error,
        tried=tried,
        address=address,
        form=request.form,
    )
    return html, error.status if error else 200


@blueprint.post("/email/test")
def try_email() -> ResponseReturnValue:
    """Send a message that says what it is to an address typed in, and show what the server answered."""
    require(g.actor, Permission.TEST_CHANNELS)
    address = request.form.get("address", "").strip()
    if not EMAIL.fullmatch(address):
        remedy = N_("Write one address, such as legal@example.com.")
        error = InvalidInput(N_("This is not an e-mail address."), field="address", remedy=remedy)
        return _page(error, address=address)
    settings = _settings()
    delivery = transport_of(settings).deliver(_test_message(settings, address))
    with unit_of_work() as session:
        audit.record(
            session,
            actor=g.actor,
            act="channel.tested",
            subject="channel:email",
            now=clock.now(session),
            details={"outcome": delivery.outcome.value},
        )
    return _page(tried=delivery, address=address)


def _test_message(settings: Settings, address: str) -> Message:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(addr_spec=settings.smtp_from)
    message["To"] = Address(addr_spec=address)
    message["Subject"] = gettext("Lüyue: a test of this channel")
    message["Message-ID"] = f"<test.{uuid4().hex}@{settings.smtp_from.rpartition('@')[2] or 'localhost'}>"
    message["Date"] = clock.wall()
    message.set_content(
        gettext("This message only tries the channel. It is no notice and asks for nothing."), cte="base64"
    )
    return Message(settings.smtp_from, address, message.as_bytes())


@blueprint.post("/release")
def release() -> ResponseReturnValue:
    """Let the scheduler send again after a restore."""
    try:
        with unit_of_work() as session:
            reason = request.form.get("reason", "")
            done = release_sending(session, reason=reason, actor=g.actor, now=clock.now(session))
    except InvalidInput as error:
        return _page(error)
    text = gettext("Sending goes on. What is held back still waits for a person.")
    flash(text if done else gettext("Sending was not paused."), "success" if done else "info")
    return redirect(url_for("channels.index"))


@blueprint.post("/held/<int:outbox_id>")
def decide_held(outbox_id: int) -> ResponseReturnValue:
    """Decide about a held message: it goes out, or the mail system's log shows that it had."""
    try:
        with unit_of_work() as session:
            outbox = held_of(session, outbox_id)
            notice_id = outbox.notice_id
            decide = take_as_sent if request.form.get("decision") == "sent" else send_anyway
            decide(session, outbox, reason=request.form.get("reason", ""), actor=g.actor, now=clock.now(session))
    except InvalidInput as error:
        return _page(error)
    flash(gettext("The decision is recorded."), "success")
    return redirect(url_for("notices.show", notice_id=notice_id))
