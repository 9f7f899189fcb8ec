"""An act is done once for a key: replayed answers, other content, a kill in between, two at a time, thirty days."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from agreements.kernel import idempotency
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import Conflict
from agreements.kernel.idempotency import KeptAnswer, forget_answers, one_at_a_time
from agreements.kernel.web import rest_once
from compliance.changes.models import ChangeEvent
from tests.builders_rest import TENANT, a_program

FOUND = {
    "tenant_key": TENANT,
    "source": "own_discovery",
    "changes": [{"kind": "licence", "description": "Scope of business", "occurred_on": "2024-09-18"}],
}


@pytest.fixture
def program(app):
    return a_program(app)


def changes():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(ChangeEvent))


def test_the_same_request_gets_the_same_answer_and_acts_once(program):
    before = changes()

    first = program.post("/changes", FOUND, key="k-1")
    again = program.post("/changes", json.dumps(FOUND, indent=3, sort_keys=True), key="k-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.data, again.location) == (first.data, first.location)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert changes() == before + 1


def test_the_same_key_with_other_content_is_refused(program):
    program.post("/changes", FOUND, key="k-1")

    other = program.post("/changes", FOUND | {"source": "public_register"}, key="k-1")
    elsewhere = program.post("/cases/1/dismiss", {"version": 4, "reason": "r"}, key="k-1")

    for answer in (other, elsewhere):
        assert (answer.status_code, answer.json["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_another_person_s_key_is_another_key(app, program):
    program.post("/changes", FOUND, key="k-1")

    answer = a_program(app).post("/changes", FOUND, key="k-1")

    assert (answer.status_code, answer.json["code"]) == (409, "SAME_CHANGE")


def test_a_refused_act_may_be_tried_again_with_its_key(program):
    too_early = program.post("/cases/1/confirm", {"version": 9, "reason": "r", "ground_class": "other"}, key="k-1")
    refused = program.post("/cases/1/confirm", {"version": 4, "reason": "r", "ground_class": "other"}, key="k-1")

    assert (too_early.status_code, too_early.json["code"]) == (409, "STALE")
    assert (refused.status_code, refused.json["code"]) == (409, "NOT_OPEN")


class Killed(BaseException):
    """What a kill looks like from inside."""


@pytest.mark.parametrize("moment", ["before the answer is kept", "before the commit"])
def test_a_kill_leaves_neither_the_act_nor_its_key(program, monkeypatch, moment):
    before = changes()

    def killed(*_arguments, **_values):
        raise Killed

    with monkeypatch.context() as patched:
        if moment == "before the answer is kept":
            patched.setattr(rest_once, "KeptAnswer", killed)
        else:
            patched.setattr("sqlalchemy.orm.Session.commit", killed)
        with pytest.raises(Killed):
            program.post("/changes", FOUND, key="k-1")

    assert changes() == before
    assert db.session.scalar(select(func.count()).select_from(KeptAnswer)) == 0
    db.session.rollback()
    after = program.post("/changes", FOUND, key="k-1")
    assert (after.status_code, after.headers.get("Idempotency-Replayed")) == (201, None)
    assert changes() == before + 1


def test_a_kill_after_the_commit_leaves_both(program, monkeypatch):
    def killed(*_arguments, **_values):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(rest_once, "answer", killed)
        with pytest.raises(Killed):
            program.post("/changes", FOUND, key="k-1")

    again = program.post("/changes", FOUND, key="k-1")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")


def test_a_request_that_is_being_answered_is_not_answered_twice(program):
    with one_at_a_time(f"person:{program.person_id}", "k-1"):
        answer = program.post("/changes", FOUND, key="k-1")
        other = program.post("/changes", FOUND, key="k-2")

    assert (answer.status_code, answer.json["code"]) == (409, "IDEMPOTENCY_IN_PROGRESS")
    assert other.status_code == 201
    with one_at_a_time("person:1", "k-1"), pytest.raises(Conflict), one_at_a_time("person:1", "k-1"):
        pass


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "k 1"])
def test_an_act_without_a_key_of_ours_is_refused(program, key):
    headers = {**program.headers} | ({"Idempotency-Key": key} if key else {})

    answer = program.client.post("/api/v1/changes", json=FOUND, headers=headers)

    assert (answer.status_code, answer.json["code"]) == (422, "IDEMPOTENCY_KEY_MISSING")


def test_answers_are_kept_for_thirty_days(program):
    program.post("/changes", FOUND, key="k-1")

    with unit_of_work() as session:
        kept_at = session.scalar(select(KeptAnswer.kept_at))
        assert forget_answers(session, wall=kept_at + timedelta(days=30)) == 0
        assert forget_answers(session, wall=kept_at + timedelta(days=30, microseconds=1)) == 1


def test_a_hash_tells_requests_apart_by_what_they_say():
    same = idempotency.request_hash("POST", "/a", {"x": 1, "y": [2]})

    assert idempotency.request_hash("POST", "/a", {"y": [2], "x": 1}) == same
    assert idempotency.request_hash("POST", "/b", {"x": 1, "y": [2]}) != same
    assert idempotency.request_hash("POST", "/a", {"x": 1, "y": [3]}) != same
