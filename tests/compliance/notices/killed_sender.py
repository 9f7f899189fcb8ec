"""Sender processes for the kill test.

Run as `python killed_sender.py INSTANCE PORT`. It reads lines: on each it forks a sender that sends what is due until
nothing is left. The sender prints its process id when it is about to begin; "ended" follows once it has ended, by itself
or killed.
"""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from sqlalchemy import select

from agreements.kernel import clock
from agreements.kernel.db import db, unit_of_work
from app import create_app
from compliance.notices.models import Outbox
from compliance.notices.rules import OutboxState
from compliance.notices.sender import send_due
from compliance.notices.smtp import SmtpTransport

OPEN = select(Outbox.id).where(Outbox.state.in_((OutboxState.PENDING, OutboxState.CLAIMED))).limit(1)


def send_all(instance, port):
    transport = SmtpTransport("127.0.0.1", port, timeout_seconds=5.0)
    with create_app(instance_path=instance).app_context():
        session = db.session()
        os.write(sys.stdout.fileno(), b"%d\n" % os.getpid())
        while session.scalar(OPEN) is not None:
            now = clock.now(session)
            send_due(unit_of_work, transport, now=now)
            session.rollback()
            time.sleep(0.05)


def main(instance, port):
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            send_all(instance, int(port))
            os._exit(0)
        os.waitpid(child, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
