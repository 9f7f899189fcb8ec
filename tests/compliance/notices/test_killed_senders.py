"""Senders killed at random instants: at least once on the wire with the same bytes, exactly once in the ledger."""

import os
import random
import signal
import subprocess
import sys
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from select import select as select_readable

import pytest
from sqlalchemy import func, select

from agreements.kernel.audit import AuditEvent, verify
from agreements.kernel.db import db, unit_of_work
from compliance.notices.models import DeliveryAttempt, Notice, Outbox
from compliance.notices.rules import NoticeState, OutboxState, Outcome
from tests.builders_notices import a_mail_server, a_queued_notice, letter
from tests.builders_register import an_onboarded_agreement

SCRIPT = Path(__file__).with_name("killed_sender.py")
PAUSE_SECONDS = 0.03
HELD_SECONDS = 3  # within the sender's patience of 5 s, and time enough to kill it before it hears the answer


@contextmanager
def sender_processes(app, server):
    """A process that forks senders; see killed_sender.py."""
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), app.instance_path, str(server.port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={key: value for key, value in os.environ.items() if not key.startswith("LUYUE_")},
        bufsize=0,  # what has been said must not hide in a buffer from `select`
    ) as process:
        yield process
        process.stdin.close()


def start_sender(process):
    """Start one sender, wait until it is about to send, and return its process id."""
    process.stdin.write(b"go\n")
    return int(process.stdout.readline())


def queue_notices(count):
    with unit_of_work() as session:
        for number in range(count):
            agreement = an_onboarded_agreement(session, order_no=f"3{number:014}", tenant_name=f"示例公司{number}")
            a_queued_notice(session, agreement, address=f"t{number}@tenant.example", cause=f"case:{number}:demand")


def kill_senders(process, server, kills, chance):
    """Start sender after sender and kill each: at a random instant, every third one while the server has a message."""
    for number in range(kills):
        server.reached.clear()
        in_the_middle = number % 3 == 0
        server.pause_seconds = HELD_SECONDS if in_the_middle else PAUSE_SECONDS
        sender = start_sender(process)
        if in_the_middle:
            server.reached.wait(timeout=5)
            wait = 0
        else:
            wait = chance.uniform(0, 0.25)
        if not has_ended(process, within=wait):
            os.kill(sender, signal.SIGKILL)
        assert process.stdout.readline() == b"ended\n"


def has_ended(process, *, within):
    """Wait for the sender to end, at most so many seconds."""
    return bool(select_readable([process.stdout], [], [], within)[0])


@pytest.mark.parametrize(("notices", "kills"), [(30, 12), pytest.param(600, 200, marks=pytest.mark.soak)])
def test_a_sender_killed_at_any_instant_loses_and_doubles_nothing_in_the_ledger(app, notices, kills):
    chance = random.Random(20240923)
    queue_notices(notices)

    with a_mail_server(pause_seconds=PAUSE_SECONDS) as server, sender_processes(app, server) as process:
        kill_senders(process, server, kills, chance)
        server.pause_seconds = PAUSE_SECONDS
        last = start_sender(process)
        if not has_ended(process, within=300):
            os.kill(last, signal.SIGKILL)
            pytest.fail("something stays open for ever")

    session = db.session()
    session.rollback()
    assert session.scalars(select(Notice.state)).all() == [NoticeState.SENT] * notices
    assert session.scalars(select(Outbox.state)).all() == [OutboxState.ACCEPTED] * notices
    sent = select(AuditEvent.subject).where(AuditEvent.act == "notice.sent")
    assert sorted(session.scalars(sent)) == sorted(f"notice:{id_}" for id_ in session.scalars(select(Notice.id)))
    accepted = select(func.count()).where(DeliveryAttempt.outcome == Outcome.ACCEPTED)
    assert session.scalar(accepted) == notices
    unknown = select(func.count()).where(DeliveryAttempt.outcome.is_(None))
    assert session.scalar(unknown) > 0, "no sender was killed while it sent"
    verify(session)
    check_wire(session, server, notices)


def check_wire(session, server, notices):
    """Every message was on the wire, each copy with the same bytes and id, and each copy has its attempt."""
    copies = defaultdict(list)
    for recipient, content in server.wire:
        copies[recipient].append(content)
    assert sorted(copies) == sorted(f"t{number}@tenant.example" for number in range(notices))
    rows = {letter(contents[0])[0]["Message-ID"]: contents for contents in copies.values()}
    for outbox in session.scalars(select(Outbox)):
        contents = rows[outbox.message_id]
        assert len(set(contents)) == 1
        attempts = select(func.count()).where(DeliveryAttempt.outbox_id == outbox.id)
        assert len(contents) <= session.scalar(attempts)
