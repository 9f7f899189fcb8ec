"""The line `upstream_dispatch` of the table of jobs, run as the scheduler runs it: a transaction an item."""

from sqlalchemy import func, select

from agreements.kernel.db import unit_of_work
from compliance.notices.models import AcknowledgementLink, AnswerLink, Notice, Outbox
from compliance.notices.rules import NoticeState
from compliance.scheduling.jobs import JOBS, Asked, job_named
from compliance.upstream.models import UpstreamChange
from compliance.upstream.rules import ChangeState
from tests.builders import at
from tests.builders_upstream import RECEIVED, a_change, a_source, an_order

NAMES = [job.name for job in JOBS]


def run_job(when=RECEIVED):
    return job_named("upstream_dispatch").run(Asked(due_by=when, now=when, wall=when)).work


def counts(session):
    return [session.scalar(select(func.count()).select_from(table)) for table in (Notice, Outbox, AnswerLink)]


def test_it_runs_every_minute_before_lateness_is_recorded():
    assert job_named("upstream_dispatch").cadence_seconds == 60
    assert NAMES.index("upstream_dispatch") < NAMES.index("obligation_sweep")


def test_a_second_run_finds_nothing_left(app):
    with unit_of_work() as session:
        for number, name in enumerate("甲乙丙", 1):
            an_order(session, number, name)
        a_change(session, a_source(session))

    first, second = run_job(), run_job()

    assert (first.done, first.failed) == (4, 0)  # mapped, and three letters
    assert (second.done, second.failed) == (0, 0)
    with unit_of_work() as session:
        assert counts(session) == [3, 3, 3]
        assert session.scalar(select(func.count()).select_from(AcknowledgementLink)) == 3


def test_a_letter_that_can_not_be_written_stops_no_other(app):
    with unit_of_work() as session:
        an_order(session, 1, "甲")
        an_order(session, 2, "乙", provider_name=None)  # nobody knows who signs
        an_order(session, 3, "丙")
        a_change(session, a_source(session))

    run = run_job()

    assert run.failed == 1
    with unit_of_work() as session:
        assert session.scalars(select(Notice.state)).all() == [NoticeState.QUEUED] * 2
        change = session.scalars(select(UpstreamChange)).one()
        assert change.state is ChangeState.NOTIFYING


def test_after_thirty_silent_days_it_catches_up_once(app):
    with unit_of_work() as session:
        for number, name in enumerate("甲乙", 1):
            an_order(session, number, name)
        source = a_source(session)
        a_change(session, source)
        a_change(session, source, received=at("Wed 2024-11-20 09:00"), subject="返回字段调整")

    run_job(at("Mon 2024-12-09 09:00"))
    run_job(at("Mon 2024-12-09 09:01"))

    with unit_of_work() as session:
        assert counts(session) == [4, 4, 4]
