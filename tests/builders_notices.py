"""Notices for tests, and a real mail server on the loopback that does as it is told."""

import asyncio
import contextlib
import random
import socket
import threading
from collections import defaultdict, deque
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.policy import default

from aiosmtpd.controller import Controller

from agreements.kernel import clock
from agreements.kernel.db import unit_of_work
from compliance.notices.actions import approve, compose
from compliance.notices.dispatch import Delivery, claim_next, enqueue, record_delivery
from compliance.notices.rules import Fact, Language, NoticeKind, NoticeState, Outcome, Particulars
from compliance.notices.sender import lease_of, send_due
from compliance.notices.smtp import SmtpTransport
from tests.builders import at, day
from tests.builders_register import APPROVER, OFFICER, an_onboarded_agreement

PATIENCE_SECONDS = 120  # a busy machine is no fault
NOBODY_S_CHOICE = random.SystemRandom()  # the same seed would give two workers the same port
DRAFTED_AT = at("Mon 2024-09-23 09:30")
ADDRESS = "legal@tenant.example"

PARTICULARS = Particulars(
    facts=(
        Fact(day("Thu 2024-09-12"), "贵方营业执照载明的住所发生变更"),
        Fact(day("Fri 2024-09-20"), "通知期限届满，我方未收到书面通知"),
    ),
    requests=("就上述变更向我方送达书面通知", "提交变更后的营业执照副本"),
    signatory="张法务",
)

OWN = {  # what the templates of some kinds name besides
    NoticeKind.EXPIRY_WARNING: {
        "last_on": day("Wed 2024-10-23"),
        "days_left": 30,
        "has_calls": True,
        "renewal_no": None,
        "renewal_from": None,
        "renewal_unpaid": False,
    },
    NoticeKind.DOCUMENT_EXPIRY_WARNING: {
        "last_on": day("Wed 2024-10-23"),
        "days_left": 30,
        "document": "营业执照",
        "document_number": None,
        "is_approval": False,
    },
    NoticeKind.UPSTREAM_CHANGE_NOTICE: {
        "orders": [{"order_no": "200000000000001", "product_name": "身份二要素核验"}],
        "kinds": "价格调整",
        "effective_on": day("Sun 2024-12-01"),
        "left_out": [],
        "is_over": False,
        "cancelled": [],
        "is_cancellation": True,
        "is_price": True,
        "is_result": True,
        "is_other": True,
        "answer_days": 5,
    },
    NoticeKind.UPSTREAM_WITHDRAWAL_NOTICE: {
        "orders": [{"order_no": "200000000000001", "product_name": "身份二要素核验"}],
    },
}


def a_draft(session, agreement=None, *, kind=NoticeKind.RECTIFICATION_DEMAND, now=DRAFTED_AT, **changed):
    """A rectification demand in Chinese, to be met by Fri 2024-09-27, unless something else is asked."""
    agreement = agreement or an_onboarded_agreement(session)
    values = {
        "cause": f"case:1:{kind.value}",
        "clause": "3.3 + 4.4",
        "particulars": replace(PARTICULARS, own=OWN.get(kind, {})),
        "language": Language.ZH,
        "stated_due_on": day("Fri 2024-09-27") if kind is NoticeKind.RECTIFICATION_DEMAND else None,
        "actor": OFFICER,
    }
    return compose(
        session, kind=kind, tenant_id=agreement.tenant_id, agreement_id=agreement.id, now=now, **(values | changed)
    )


def an_approved_notice(session, agreement=None, *, now=DRAFTED_AT, **changed):
    notice = a_draft(session, agreement, now=now, **changed)
    approve(session, notice, actor=OFFICER if notice.kind is NoticeKind.RECTIFICATION_DEMAND else APPROVER, now=now)
    return notice


def a_queued_notice(session, agreement=None, *, address=ADDRESS, now=DRAFTED_AT, **changed):
    notice = an_approved_notice(session, agreement, now=now, **changed)
    enqueue(session, notice, address, actor=OFFICER, now=now)
    return notice


def a_sent_notice(session, agreement=None, *, now=DRAFTED_AT, **changed):
    """A notice that the remote mail system accepted, without any wire."""
    notice = a_queued_notice(session, agreement, now=now, **changed)
    claim = claim_next(session, now=now, wall=clock.wall(), lease=lease_of(SmtpTransport("", 0)))
    record_delivery(session, claim, Delivery(Outcome.ACCEPTED, "250 ok", "127.0.0.1:25"), now=now)
    session.refresh(notice)
    assert notice.state is NoticeState.SENT
    return notice


@dataclass
class MailServer:
    """What it received, and how it shall answer: `answers[recipient]` is a queue of replies to RCPT, then 250.

    drops      how many messages to read to the final dot and then hang up without an answer, keeping them or not
    wire       every message read to its final dot: (recipient, bytes), in order
    reached    set whenever a message was read to its final dot and is not answered yet
    """

    port: int = 0
    answers: dict = field(default_factory=lambda: defaultdict(deque))
    drops: int = 0
    keeps_dropped: bool = True
    wire: list = field(default_factory=list)
    pause_seconds: float = 0.0
    reached: threading.Event = field(default_factory=threading.Event)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: ARG002 - aiosmtpd's signature
        if self.answers[address]:
            return self.answers[address].popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: ARG002 - aiosmtpd's signature
        assert len(envelope.rcpt_tos) == 1, "one recipient a transaction"
        self.reached.set()
        if self.pause_seconds:
            await asyncio.sleep(self.pause_seconds)
        if self.drops:
            self.drops -= 1
            if self.keeps_dropped:
                self.wire.append((envelope.rcpt_tos[0], envelope.original_content))
            server.transport.abort()
            return "250 nobody hears this"
        self.wire.append((envelope.rcpt_tos[0], envelope.original_content))
        return f"250 queued as {len(self.wire)}"

    def transport(self, **changed):
        return SmtpTransport(**({"host": "127.0.0.1", "port": self.port, "timeout_seconds": 60.0} | changed))


@contextmanager
def a_mail_server(**options):
    """A real SMTP server on a free port."""
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", 0))
        server = MailServer(port=ours.getsockname()[1], **options)
        controller = OnABoundSocket(server, hostname="127.0.0.1", port=server.port, ready_timeout=PATIENCE_SECONDS)
        controller.bound = ours
        controller.start()
        try:
            yield server
        finally:
            controller.stop()


class OnABoundSocket(Controller):
    """Listens on a socket that is bound already: a port that was looked up and let go may be another's by then."""

    def _create_server(self):
        return self.loop.create_server(self._factory_invoker, sock=self.bound)


@contextmanager
def free_port():
    """A port for a process that binds it itself, later: of those that no system hands out, so that none gets it meanwhile."""
    with socket.socket() as probe:
        while True:
            port = NOBODY_S_CHOICE.randrange(15_000, 32_000)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                break
        yield port


@contextmanager
def a_rude_server(conversation):
    """A server that runs `conversation(connection)` on its first connection; for what no decent server does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _ = listener.accept()
            with connection:
                conversation(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(timeout=PATIENCE_SECONDS)


def pump(server, now=DRAFTED_AT, **changed):
    """One run of the sender, at the given time."""
    return send_due(unit_of_work, server.transport(**changed), now=now, read_now=lambda _session: now)


def letter(content):
    """Return (headers, text) of a message from the wire."""
    message = message_from_bytes(content, policy=default)
    return message, message.get_content()


def link_token(content):
    """Return the acknowledgement token in a message from the wire."""
    _, text = letter(content)
    return text.split("/n/")[1].split()[0]
