"""Probes and figures: alive, ready and punctual, and nothing in them that belongs to a tenant."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask_migrate import stamp
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete, select

from agreements.kernel import clock
from agreements.kernel.access.models import Scope
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.db import unit_of_work
from agreements.kernel.pausing import pause_sending
from agreements.kernel.sweeps import SweepFailure
from compliance.notices.models import Outbox
from compliance.scheduling.actions import oldest_due_lags
from compliance.scheduling.jobs import JOBS, Asked, Job, job_named
from compliance.scheduling.models import JobRun
from tests.builders import at
from tests.builders_access import signed_in_client
from tests.builders_compliance import a_suspected_case
from tests.builders_gateway import a_key
from tests.builders_notices import ADDRESS, a_queued_notice
from tests.builders_scheduling import a_heartbeat, a_parked_item, a_sweep
from tests.builders_upstream import RECEIVED, a_change, a_source, an_order


@pytest.fixture
def punctual(app):
    """An installation whose scheduler ran everything a moment ago."""
    stamp()
    for job in JOBS:
        a_heartbeat(job.name)
    return app


def ready(app):
    answer = app.test_client().get("/readyz")
    return answer.status_code, answer.json


def figures(app):
    with unit_of_work() as session:
        key = a_key(session, Scope.METRICS)
    answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    return families, answer.text


def sample(families, name, **labels):
    family = families[name]
    return next(row.value for row in family.samples if labels.items() <= row.labels.items())


def test_alive_asks_nothing_but_the_process(app):
    answer = app.test_client().get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "alive"})


def test_a_punctual_installation_is_ready(punctual):
    status, answer = ready(punctual)

    assert (status, answer["failing"]) == (200, []), answer
    assert set(answer["checks"]) == {"database", "migrations", "scheduler", "due_work", "parked", "clock", "keys"}


def test_a_job_that_missed_three_cadences_makes_it_unready_and_is_named(punctual):
    with unit_of_work() as session:
        session.execute(delete(JobRun).where(JobRun.job == "lifecycle"))
    a_heartbeat("lifecycle", ago=timedelta(seconds=181))

    status, answer = ready(punctual)

    assert (status, answer["failing"]) == (503, ["scheduler"])
    assert answer["checks"]["scheduler"] == "late: lifecycle"


@pytest.mark.parametrize(("waited", "behind"), [(50, False), (80, True)])
def test_an_unsent_message_makes_it_unready_after_a_cadence_and_a_minute(punctual, waited, behind):
    with unit_of_work() as session:
        a_queued_notice(session, now=at("Mon 2024-09-23 09:30"))
        session.scalars(select(Outbox)).one().next_attempt_at = clock.now(session) - timedelta(seconds=waited)

    _, answer = ready(punctual)  # the agreement of 2024 is behind too, in the life of agreements

    assert ("send_notices: 8" in answer["checks"]["due_work"]) is behind


def test_what_waits_for_a_release_is_no_lag(punctual):
    with unit_of_work() as session:
        a_queued_notice(session, now=at("Mon 2024-09-23 09:30"))
        pause_sending(session, "restore", actor=OPERATOR, now=clock.now(session))

    assert "send_notices" not in ready(punctual)[1]["checks"]["due_work"]


def test_one_bad_row_is_no_lag_of_the_job(punctual):
    old = clock.wall() - timedelta(hours=2)
    job = Job("toy", 60, "A toy", (replace(a_sweep(7), due_at=lambda _session, _item: old),))
    with unit_of_work() as session:
        assert oldest_due_lags(session, now=clock.wall(), jobs=(job,))[job] > timedelta(hours=1)
        session.add(
            SweepFailure(
                sweep="toy",
                item_id=7,
                tries=1,
                last_error="X",
                due_by=old,
                first_failed_at=old,
                last_failed_at=old,
                next_try_at=old,
            )
        )
        assert oldest_due_lags(session, now=clock.wall(), jobs=(job,))[job] == timedelta()


def test_letters_that_nobody_signs_make_it_unready_once_they_need_a_person(punctual):
    with unit_of_work() as session:
        for number, name in enumerate("甲乙", 1):
            an_order(session, number, name, provider_name=None)
        a_change(session, a_source(session))
    asked = Asked(due_by=RECEIVED, now=RECEIVED, wall=RECEIVED, pauses=False)
    for _ in range(4):
        job_named("upstream_dispatch").run(asked)
    assert ready(punctual)[1]["checks"]["parked"] == "passed"

    job_named("upstream_dispatch").run(asked)

    status, answer = ready(punctual)
    assert status == 503
    assert answer["checks"]["parked"] == "upstream_dispatch: 2 parked"


def test_one_parked_row_alone_makes_it_unready(punctual):
    with unit_of_work() as session:
        session.add(a_parked_item())

    status, answer = ready(punctual)

    assert (status, answer["failing"]) == (503, ["parked"])
    assert answer["checks"]["parked"] == "lifecycle: 1 parked"


@pytest.mark.parametrize(
    ("beat", "says"),
    [
        ({"clock_step_seconds": 7200}, "jumped by 7200 s"),
        ({"ago": timedelta(seconds=-90)}, "behind the last heartbeat"),
    ],
)
def test_a_doubtful_clock_makes_it_unready(punctual, beat, says):
    a_heartbeat("clock_check", **beat)

    status, answer = ready(punctual)

    assert (status, answer["failing"]) == (503, ["clock"])
    assert says in answer["checks"]["clock"]


def test_a_key_file_that_is_gone_makes_it_unready(punctual):
    (Path(punctual.instance_path) / "keys.toml").unlink()

    assert ready(punctual)[1]["failing"] == ["keys"]


def test_tables_of_another_version_make_it_unready(punctual):
    stamp(revision="base")

    assert ready(punctual)[1]["failing"] == ["migrations"]


def test_metrics_are_for_a_key_with_their_scope_only(app):
    with unit_of_work() as session:
        other = a_key(session, Scope.DECIDE)

    assert app.test_client().get("/metrics").status_code == 401
    assert app.test_client().get("/metrics", headers={"Authorization": f"Bearer {other}"}).status_code == 403
    assert signed_in_client(app, "admin").get("/metrics").status_code == 401


def test_metrics_tell_the_ledger_and_nobodys_name(punctual):
    with unit_of_work() as session:
        case = a_suspected_case(session)
        a_queued_notice(session, case.agreement, now=at("Mon 2024-09-23 09:30"))

    families, text = figures(punctual)

    assert sample(families, "luyue_obligations", side="tenant", state="overdue") == 1
    assert sample(families, "luyue_notices", state="queued") == 1
    assert sample(families, "luyue_agreements", state="in_service") >= 1
    assert sample(families, "luyue_outbox_oldest_due_seconds") > 60
    assert sample(families, "luyue_job_heartbeat_age_seconds", job="lifecycle") < 60
    assert sample(families, "luyue_job_oldest_due_seconds", job="send_notices") > 60
    assert sample(families, "luyue_alarms_open", kind="notice_bounced") == 0
    assert sample(families, "luyue_punctual") == 1
    assert families["luyue_build_info"].samples[0].labels["engine"] in ("sqlite", "postgresql")
    for secret in (ADDRESS, "haitang", "海棠"):
        assert secret not in text


def test_requests_are_counted_by_route_pattern_never_by_address(punctual):
    punctual.test_client().get("/n/a-token-that-is-a-secret")
    punctual.test_client().get("/nowhere/13800138000")

    families, text = figures(punctual)

    assert sample(families, "luyue_http_requests", method="GET", route="/n/<token>", status="404") >= 1
    assert sample(families, "luyue_http_requests", route="(no such address)") >= 1
    assert "a-token-that-is-a-secret" not in text
    assert "13800138000" not in text
