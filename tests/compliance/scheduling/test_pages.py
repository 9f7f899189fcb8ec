"""Admin → Jobs: the table, what is due, running a job by hand."""

import pytest
from sqlalchemy import select

from agreements.kernel import clock
from agreements.kernel.access.models import Locale
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.register.models import Agreement
from compliance.scheduling.jobs import JOBS
from compliance.scheduling.views import duration
from tests.builders_access import signed_in_client
from tests.builders_register import a_paid_agreement
from tests.builders_scheduling import a_heartbeat, a_parked_item, heartbeats


@pytest.fixture
def ops(app):
    """A signed-in person of operations; one agreement has ended unrecorded."""
    with unit_of_work() as session:
        clock.install(session)
        a_paid_agreement(session)
    return signed_in_client(app, "ops", locale=Locale.EN)


def parked():
    with unit_of_work() as session:
        session.add(a_parked_item())


def test_only_who_may_run_jobs_sees_them(app):
    assert signed_in_client(app, "admin").get("/admin/jobs").status_code == 200
    officer = signed_in_client(app, "legal_officer")
    assert officer.get("/admin/jobs").status_code == 403
    assert officer.get("/admin/jobs/lifecycle").status_code == 403
    assert officer.post("/admin/jobs/lifecycle/run").status_code == 403
    assert heartbeats() == []


def test_a_scheduler_that_never_ran_is_said_first(ops):
    page = ops.get("/admin/jobs").text

    assert "The scheduler has never run." in page
    assert page.count("never ran") == len(JOBS)


def test_the_page_shows_heartbeats_steps_and_what_keeps_failing(ops):
    for job in JOBS:
        a_heartbeat(job.name)
    a_heartbeat("clock_check", clock_step_seconds=7200)
    parked()

    page = ops.get("/admin/jobs").text

    assert "The scheduler is punctual." in page
    assert "clock set ahead by 2 h" in page
    assert "4711" in page
    assert "needs a person" in page
    assert "Scheduled work keeps failing and needs a person (1)." in page


def test_chinese_and_english_are_complete(app):
    parked()
    a_heartbeat("lifecycle", failed=2, postponed=1, error="ValueError at x.py:1", done=3)
    page = signed_in_client(app, "ops").get("/admin/jobs").text

    for words in ("协议起止", "整体出错", "2 项失败", "1 项待重试", "需人工处理", "从未运行", "查看到期事项"):
        assert words in page
    assert "job." not in page.replace("jobs.", "")


def test_what_is_due_is_shown_before_it_is_run_and_running_is_recorded(ops):
    assert "1 due by" in ops.get("/admin/jobs/lifecycle").text
    assert db.session().scalars(select(Agreement.state)).one() == "in_service"

    answer = ops.post("/admin/jobs/lifecycle/run", follow_redirects=True)

    assert "1 acted on." in answer.text
    db.session().rollback()
    assert db.session().scalars(select(Agreement.state)).one() == "expired"
    assert [beat.cause for beat in heartbeats("lifecycle")] == [
        "by_hand",
    ]
    asked = db.session().scalars(select(AuditEvent).where(AuditEvent.act == "job.run_by_hand")).one()
    assert (asked.subject, asked.actor_id) == ("job:lifecycle", ops.person_id)
    assert "Nothing was due." in ops.post("/admin/jobs/lifecycle/run", follow_redirects=True).text


def test_what_cannot_be_previewed_is_not_run_on_a_click(ops):
    assert "nothing to preview" in ops.get("/admin/jobs/send_notices").text
    assert ops.post("/admin/jobs/send_notices/run").status_code == 409
    assert ops.get("/admin/jobs/nope").status_code == 404
    assert heartbeats() == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172800, "2 days")],
)
def test_a_length_of_time_reads_in_its_largest_unit(app, seconds, text):
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert duration(seconds) == text
