"""The outbox pump: claim, send, write down; no network inside a transaction.

A crash anywhere leaves either a pending message or a claimed one whose lease ends; the same bytes go out again. So a
notice is at least once on the wire, under one Message-ID, and exactly once in the ledger.
"""

import logging
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.orm import Session

from agreements.kernel import clock
from agreements.kernel.errors import IntegrityBroken
from agreements.kernel.journal import Sent
from agreements.kernel.sweeps import always
from compliance.notices.dispatch import Claim, Delivery, Message, claim_next, message_of, record_delivery
from compliance.notices.models import Outbox
from compliance.notices.rules import Outcome

log = logging.getLogger(__name__)

UnitOfWork = Callable[[], AbstractContextManager[Session]]
MOST_PER_RUN = 200


class Transport(Protocol):
    """What can put a message on the wire within a known time."""

    @property
    def timeout_seconds(self) -> float: ...

    def deliver(self, message: Message) -> Delivery: ...


@dataclass(frozen=True, slots=True)
class SendCounts:
    """What one run did. `failed` counts errors of our own, each logged; those messages are tried again."""

    accepted: int = 0
    refused: int = 0
    temporary: int = 0
    unknown: int = 0
    late: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        return self.accepted + self.refused + self.temporary + self.unknown + self.late + self.failed


def lease_of(transport: Transport) -> timedelta:
    """Return how long a claim lasts: clearly longer than the longest delivery."""
    return timedelta(seconds=transport.timeout_seconds * 1.5)


def send_due(
    work: UnitOfWork,
    transport: Transport,
    *,
    now: datetime,
    read_now: Callable[[Session], datetime] = clock.now,
    go_on: Callable[[], bool] = always,
) -> SendCounts:
    """Send what is due by `now`, oldest first, at most 200 messages.

    work      opens a writing transaction, as `kernel.db.unit_of_work` does
    read_now  tells the time at which an attempt really began and ended: sending is an act of ours and never back-dated
    go_on     asked before each message is claimed; False ends the run, and a message under way is finished first
    """
    counts: Counter[str] = Counter()
    for _ in range(MOST_PER_RUN):
        if not go_on():
            break
        with work() as session:
            started_at = max(now, read_now(session))
            claim = claim_next(session, now=started_at, wall=clock.wall(), lease=lease_of(transport))
        if claim is None:
            break
        counts[_send_one(work, transport, claim, now=started_at, read_now=read_now)] += 1
    return SendCounts(**counts)


def _send_one(
    work: UnitOfWork, transport: Transport, claim: Claim, *, now: datetime, read_now: Callable[[Session], datetime]
) -> str:
    """Send one claimed message; returns the name of what to count."""
    try:
        delivery = _deliver(work, transport, claim, began_at=now)
        with work() as session:
            in_time = record_delivery(session, claim, delivery, now=max(now, read_now(session)))
    except Exception:
        log.exception("outbox %s: attempt %s failed", claim.outbox_id, claim.token)
        return "failed"
    return delivery.outcome.value if in_time else "late"


def _deliver(work: UnitOfWork, transport: Transport, claim: Claim, *, began_at: datetime) -> Delivery:
    """Read the message in one transaction, write the journal, send outside any; what no journal holds is not sent."""
    try:
        with work() as session:
            outbox = session.get_one(Outbox, claim.outbox_id)
            message, journal = message_of(session, outbox), session.info["journal"]
            sent = _entry(outbox, claim, at=began_at)
        journal.write(sent)
    except IntegrityBroken as error:
        log.error("outbox %s: %s", claim.outbox_id, error.code)  # noqa: TRY400 - the trace says no more than the code
        return Delivery(Outcome.TEMPORARY, error.code, "")
    except OSError as error:
        log.error("outbox %s: the send journal can't be written (%s)", claim.outbox_id, type(error).__name__)  # noqa: TRY400 - the same
        return Delivery(Outcome.TEMPORARY, "send journal", "")
    return transport.deliver(message)


def _entry(outbox: Outbox, claim: Claim, *, at: datetime) -> Sent:
    notice = outbox.notice
    return Sent(notice.public_id, notice.kind.value, notice.cause, outbox.address_hash, claim.token, at)
