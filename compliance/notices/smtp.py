"""Sending by SMTP: one recipient a transaction, bounded in time, and an honest account of how it ended."""

import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from socket import SHUT_RDWR, create_connection
from threading import Timer

from agreements.kernel.settings import Settings
from compliance.notices.dispatch import Delivery, Message
from compliance.notices.rules import Outcome

SECURITIES = ("none", "starttls", "tls")
TROUBLE = (OSError, smtplib.SMTPException)  # ssl errors are OSErrors


class NoTls(smtplib.SMTPException):
    """The server does not offer the encryption that the settings ask for; nothing is sent in clear instead."""


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """A mail server as the settings name it.

    security         none, starttls or tls; with the last two nothing is ever sent in clear or to an unproven server
    timeout_seconds  bound of one whole delivery
    """

    host: str
    port: int
    security: str = "none"
    username: str = ""
    password: str = ""
    timeout_seconds: float = 30.0

    def deliver(self, message: Message) -> Delivery:
        """Hand one message over.

        A 5xx answer about this message or recipient is `refused`; trouble before the message was handed over is
        `temporary`; no answer after its final dot is `unknown`, for the server may have taken it.
        """
        our_name = message.sender.rpartition("@")[2] or "localhost"
        client = smtplib.SMTP(local_hostname=our_name)  # connects to nothing yet
        watchdog = Timer(self.timeout_seconds, _hang_up, (client,))
        watchdog.daemon = True
        watchdog.start()
        host = ""
        try:
            host = self._connect(client)
            if watchdog.finished.is_set():
                raise TimeoutError("connecting took all the time there was")
            self._open(client)
            outcome, reply = _hand_over(client, message)
        except TROUBLE as error:
            outcome, reply = Outcome.TEMPORARY, _words(error)
        finally:
            watchdog.cancel()
            client.close()
        return Delivery(outcome, reply.replace(message.recipient, "<recipient>"), host)

    def _connect(self, client: smtplib.SMTP) -> str:
        """Connect, and return the address that was connected to.

        A quarter of the time each, for a name may stand for two addresses that are tried one after the other.
        """
        connection = create_connection((self.host, self.port), timeout=self.timeout_seconds / 4)
        client.sock = connection
        host, port = connection.getpeername()[:2]
        if self.security == "tls":
            self._encrypt(client)
        code, text = client.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
        return f"{host}:{port}"

    def _open(self, client: smtplib.SMTP) -> None:
        _greet(client)
        if self.security == "starttls":
            code, _ = client.docmd("STARTTLS") if client.has_extn("starttls") else (502, b"")
            if code != 220:
                raise NoTls("the server does not offer STARTTLS")
            self._encrypt(client)
            _greet(client)  # what it said in clear doesn't count
        if self.username:
            client.login(self.username, self.password)

    def _encrypt(self, client: smtplib.SMTP) -> None:
        if client.sock is None:
            raise NoTls("the connection is gone")
        client.sock = ssl.create_default_context().wrap_socket(client.sock, server_hostname=self.host)
        client.file = None


def _greet(client: smtplib.SMTP) -> None:
    code, text = client.ehlo()
    if code >= 400:
        raise smtplib.SMTPHeloError(code, text)


def _hand_over(client: smtplib.SMTP, message: Message) -> tuple[Outcome, str]:
    """Say from whom, to whom and what. Trouble before the final dot raises; after it the outcome is unknown."""
    commands: tuple[Callable[[], tuple[int, bytes]], ...] = (
        lambda: client.mail(message.sender),
        lambda: client.rcpt(message.recipient),
        lambda: client.docmd("DATA"),
    )
    for command in commands:
        code, text = command()
        if code >= 400:
            return _judge(code), _reply(code, text)
    try:
        client.send(re.sub(rb"(?m)^\.", b"..", message.content) + b".\r\n")
        code, text = client.getreply()
    except TROUBLE as error:
        return Outcome.UNKNOWN, _words(error)
    with suppress(*TROUBLE):
        client.docmd("QUIT")
    return _judge(code), _reply(code, text)


def transport_of(settings: Settings) -> SmtpTransport:
    """Return the mail server that the settings name; a security it does not know raises ValueError."""
    if settings.smtp_security not in SECURITIES:
        raise ValueError(f"smtp_security must be one of {', '.join(SECURITIES)}, not {settings.smtp_security!r}")
    return SmtpTransport(
        host=settings.smtp_host,
        port=settings.smtp_port,
        timeout_seconds=settings.smtp_timeout_seconds,
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=settings.smtp_password,
    )


def _judge(code: int) -> Outcome:
    if code < 400:
        return Outcome.ACCEPTED
    return Outcome.REFUSED if code >= 500 else Outcome.TEMPORARY


def _reply(code: int, text: bytes) -> str:
    return f"{code} {text.decode('utf-8', 'replace')}"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _hang_up(client: smtplib.SMTP) -> None:
    connection = client.sock
    if connection is not None:
        with suppress(OSError):
            connection.shutdown(SHUT_RDWR)
