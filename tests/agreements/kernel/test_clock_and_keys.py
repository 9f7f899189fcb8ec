"""Time, encryption and files of the ground floor."""

from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, StatementError

from agreements.kernel import clock, files, policies
from agreements.kernel.clock import Installation
from agreements.kernel.crypto import Place, load_keyring
from agreements.kernel.errors import Conflict, IntegrityBroken, InvalidInput
from agreements.kernel.instants import legal_date, parse_date, parse_instant
from agreements.kernel.money import Money, parse_yuan
from tests.builders import a_person, at, day


def test_a_normal_database_refuses_to_move_time(session):
    clock.install(session)

    with pytest.raises(Conflict, match="not a rehearsal"):
        clock.set_rehearsal_clock(session, at("Thu 2024-09-12 10:00"))
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text("INSERT INTO rehearsal_clock (id, is_rehearsal, now_at) VALUES (1, true, '2024-01-01')"))
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text("INSERT INTO rehearsal_clock (id, is_rehearsal, now_at) VALUES (1, false, '2024-01-01')"))


def test_a_rehearsal_lives_by_its_own_clock_which_only_goes_forward(session):
    clock.install(session, rehearsal_at=at("Thu 2024-09-12 10:00"))
    assert clock.now(session) == at("Thu 2024-09-12 10:00")

    clock.set_rehearsal_clock(session, at("Sat 2024-09-21 00:00"))

    assert clock.now(session) == at("Sat 2024-09-21 00:00")
    with pytest.raises(Conflict, match="forward"):
        clock.set_rehearsal_clock(session, at("Thu 2024-09-12 10:00"))


def test_a_naive_instant_never_reaches_the_database(session):
    session.add(Installation(id=1, incarnation="x", is_rehearsal=False, created_at=datetime(2024, 9, 12)))  # noqa: DTZ001

    with pytest.raises(StatementError, match="no time zone"):
        session.flush()
    session.rollback()


def test_the_legal_date_is_shanghai_s():
    assert legal_date(at("Thu 2024-09-12 00:00")) == day("Thu 2024-09-12")
    assert legal_date(at("Thu 2024-09-12 23:59")) == day("Thu 2024-09-12")
    assert parse_instant("2024-09-12T16:40", "x") == at("Thu 2024-09-12 16:40")
    with pytest.raises(InvalidInput, match="from"):
        parse_date("2024-9-12", "from")


@pytest.mark.parametrize(("text", "fen"), [("1200.0", 120000), ("1,200.00", 120000), ("0.01", 1), ("800", 80000)])
def test_yuan_are_read_exactly(text, fen):
    assert parse_yuan(text, "amount") == Money(fen)


@pytest.mark.parametrize("text", ["10.005", "NaN", "Infinity", "", "1200元", "1e400"])
def test_an_amount_that_is_not_whole_fen_is_refused(text):
    with pytest.raises(InvalidInput, match="amount"):
        parse_yuan(text, "amount")


def test_a_sealed_value_can_not_be_moved(tmp_path):
    keyring = load_keyring(tmp_path / "keys.toml")
    sealed = keyring.encrypt("13000000000", Place("contact", "phone_sealed", "row1"))

    assert keyring.decrypt(sealed, Place("contact", "phone_sealed", "row1")) == "13000000000"
    for place in (
        Place("contact", "phone_sealed", "row2"),
        Place("contact", "name_sealed", "row1"),
        Place("party", "phone_sealed", "row1"),
    ):
        with pytest.raises(IntegrityBroken):
            keyring.decrypt(sealed, place)
    assert (tmp_path / "keys.toml").stat().st_mode & 0o077 == 0
    assert load_keyring(tmp_path / "keys.toml") == keyring


def test_an_altered_file_is_noticed(app, session):
    stored = files.keep(session, b"proof", name="p.txt", media_type="text/plain", now=at("Thu 2024-09-12 10:00"))
    again = files.keep(session, b"proof", name="q.txt", media_type="text/plain", now=at("Thu 2024-09-12 11:00"))
    assert again.id == stored.id

    path = app.extensions["luyue"]["files"].root / stored.sha256[:2] / stored.sha256
    path.write_bytes(b"forged")

    with pytest.raises(IntegrityBroken):
        files.content_of(session, stored)


def test_a_policy_keeps_its_history(session):
    admin = a_person("admin")
    policies.change(
        session,
        "rectification_working_days",
        5,
        effective_at=at("Fri 2024-09-13 00:00"),
        reason="法务意见",
        actor=admin,
        now=at("Thu 2024-09-12 10:00"),
    )

    assert policies.value_of(session, "rectification_working_days", at=at("Thu 2024-09-12 23:59")) == 3
    assert policies.value_of(session, "rectification_working_days", at=at("Fri 2024-09-13 00:00")) == 5
    with pytest.raises(InvalidInput, match="past"):
        policies.change(
            session,
            "rectification_working_days",
            2,
            effective_at=at("Wed 2024-09-11 00:00"),
            reason="x",
            actor=admin,
            now=at("Thu 2024-09-12 10:00"),
        )


@pytest.mark.parametrize("text", ["2024-W37-4", "20240912", "2024-02-30", "２０２４-09-12"])
def test_only_a_plain_calendar_date_is_taken(text):
    with pytest.raises(InvalidInput, match="from"):
        parse_date(text, "from")


def test_an_instant_outside_the_calendar_is_refused():
    with pytest.raises(InvalidInput, match="from"):
        parse_instant("0001-01-01T00:00+14:00", "from")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rectification_working_days", 0),
        ("rectification_working_days", True),
        ("rectification_working_days", "3"),
        ("provider_target_hour", 25),
        ("onboarding_documents", ["passport"]),
        ("auto_suspend_change_notification", 1),
    ],
)
def test_a_policy_takes_only_what_can_be_meant(session, key, value):
    now = at("Thu 2024-09-12 10:00")

    with pytest.raises(InvalidInput, match="value"):
        policies.change(session, key, value, effective_at=now, reason="x", actor=a_person("admin"), now=now)
