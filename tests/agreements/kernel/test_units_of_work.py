"""What both engines promise: a writing unit has the ledger to itself, readers see one snapshot, appending waits for none."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from agreements.kernel import audit, clock, engines, revisions
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.db import appending, db, unit_of_work
from agreements.kernel.engines import is_passing
from agreements.kernel.revisions import Revision

pytestmark = pytest.mark.both_engines

WRITERS = 6
ACTS = 100
LIMIT = 10


def at_once(app, number, work):
    """Run the work in so many threads that start together; return what each returned, in no order."""
    start = threading.Barrier(number)

    def alone(index):
        with app.app_context():
            start.wait()
            return work(index)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(alone, range(number)))


def raise_revision(session, cause="try"):
    revisions.raise_revision(session, tenant_id=None, cause=cause, now=clock.wall())


def revisions_of(session, cause="try"):
    return session.scalar(select(func.count(Revision.seq)).where(Revision.cause == cause))


def test_six_writers_leave_one_chain_without_fork_or_gap(app):
    def write(writer):
        for number in range(ACTS):
            with unit_of_work() as session:
                audit.record(
                    session, actor=OPERATOR, act="try.made", subject=f"try:{writer}-{number}", now=clock.wall()
                )

    at_once(app, WRITERS, write)

    with unit_of_work() as session:
        count, _ = audit.verify(session)  # no gap in seq, every row chained to the one before
        assert count == WRITERS * ACTS
        assert session.scalar(select(func.count(audit.AuditEvent.prev_hash.distinct()))) == count


def test_a_count_read_in_a_unit_holds_until_it_has_written(app):
    def add_if_there_is_room(_writer):
        for _ in range(LIMIT):
            with unit_of_work() as session:
                if revisions_of(session) < LIMIT:
                    raise_revision(session)

    at_once(app, WRITERS, add_if_there_is_room)

    with unit_of_work() as session:
        assert revisions_of(session) == LIMIT


def test_revisions_are_committed_in_their_order(app):
    """Who has read up to a revision will never be shown an earlier one later."""
    seen, done = [], threading.Event()

    def write_or_read(index):
        if index:
            for _ in range(ACTS):
                with unit_of_work() as session:
                    raise_revision(session)
            done.set()
            return
        while not done.is_set():
            session = db.session()
            session.rollback()
            seen.append((revisions.latest(session), revisions_of(session)))

    at_once(app, 4, write_or_read)

    assert all(latest == count for latest, count in seen)


def test_a_reader_sees_one_snapshot_whatever_is_committed_meanwhile(app):
    session = db.session()
    before = revisions_of(session)

    def write(_index):
        with unit_of_work() as writing:
            raise_revision(writing)

    at_once(app, 1, write)

    assert revisions_of(session) == before
    session.rollback()
    assert revisions_of(session) == before + 1


def test_what_a_unit_raises_leaves_nothing_behind(app):
    def change_ones_mind():
        with unit_of_work() as session:
            raise_revision(session)
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_ones_mind()

    with unit_of_work() as session:
        assert revisions_of(session) == 0


def test_who_waits_too_long_is_told_to_come_again(app, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 100)
    db.engine.dispose()

    def wait_in_vain(_index):
        with pytest.raises(DBAPIError) as waited, unit_of_work():
            pass
        return waited.value

    with unit_of_work():
        [error] = at_once(app, 1, wait_in_vain)

    assert is_passing(error)


@pytest.mark.postgresql
def test_appending_waits_for_no_writer(app):
    def append(_index):
        with appending() as session:
            raise_revision(session, "told")

    with unit_of_work() as session:
        raise_revision(session)
        at_once(app, 1, append)

    with unit_of_work() as session:
        assert (revisions_of(session, "told"), revisions_of(session)) == (1, 1)


def test_a_writer_that_stands_still_is_cut_off_before_those_behind_it_give_up():
    assert engines.IDLE_WRITER_MS < engines.BUSY_TIMEOUT_MS


@pytest.mark.postgresql
def test_a_writer_that_stands_still_gives_the_ledger_back(app, monkeypatch):
    """A stopped process holds the queue no longer than a writer may idle, and nobody behind it is refused."""
    monkeypatch.setattr(engines, "IDLE_WRITER_MS", 300)
    stopped = db.engine.connect().execution_options(**{engines.WRITES: True})
    stopped.begin()

    def write(_index):
        with unit_of_work() as session:
            raise_revision(session)

    at_once(app, 1, write)  # refused, if the stopped one still held the queue

    stopped.invalidate()
    stopped.close()
    with unit_of_work() as session:
        assert revisions_of(session) == 1
