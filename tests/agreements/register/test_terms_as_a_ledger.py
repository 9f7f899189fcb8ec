"""Main 二 3, clause 8.1, E-11, E-34 to E-36: annex, online terms, supplements and corrections on one ledger."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, InvalidInput, NotPermitted, Stale
from agreements.register.actions import terms_in_force
from agreements.register.correcting import approve_correction, propose_correction
from agreements.register.ledger import ledger_of, open_conflicts
from agreements.register.models import Instrument
from agreements.register.online_terms import record_online_terms, resolve_conflict
from agreements.register.rules import InstrumentKind, TermFact
from agreements.register.term_models import ConflictState, TermConflict
from agreements.register.term_rules import Comparator, Entry, Judgement, Side, judge, standings
from tests.builders import a_person, at
from tests.builders_register import APPROVER, OFFICER, a_paid_agreement, an_upload

NOW = at("Tue 2024-10-08 12:00")
PERIOD = {"value": 5, "unit": "working_day", "starts": "change", "form": "written"}


def days(value, unit="working_day", **parts):
    return {**PERIOD, "value": value, "unit": unit, **parts}


@pytest.mark.parametrize(
    ("key", "annex", "online", "winner"),
    [
        ("change_notification", days(5), days(7), Side.ONLINE),  # the tenant's duty: the longer
        ("change_notification", days(5), days(3), Side.ANNEX),
        ("change_notification", days(5), days(5, "calendar_day"), Side.ANNEX),  # five working days are never shorter
        ("change_notification", days(5), days(7, "calendar_day"), None),  # nobody can say
        ("change_notification", days(5), days(5, form="written_company_sealed"), Side.ANNEX),  # the looser form
        ("change_notification", days(5), days(9, form="written_company_sealed"), None),  # better and worse at once
        ("change_notification", days(5), days(9, starts="knowledge"), None),
        ("upstream_notice", days(1), days(2), Side.ANNEX),  # our duty: the shorter
        ("upstream_notice", days(2), days(1), Side.ONLINE),
        ("upstream_notice", days(1), {**PERIOD, "value": None}, None),
        ("own_platform_only", True, False, Side.ONLINE),  # the wider permission
        ("upstream_change_is_provider_breach", False, True, Side.ONLINE),  # fewer exemptions
        ("interface_adjustment_form", "written_company_sealed", "written", Side.ONLINE),
        ("interface_adjustment_form", "written_company_sealed", "by_fax", None),
        (
            "suspension",
            {"notice_required": True, "consent_required": False},
            {"notice_required": True, "consent_required": True},
            Side.ONLINE,
        ),
        (
            "suspension",
            {"notice_required": True, "consent_required": False},
            {"notice_required": False, "consent_required": True},
            None,
        ),
        ("quota_total", 30000, 33000, Side.ONLINE),
        ("confidentiality_survives_termination", True, False, None),  # not in the map
    ],
)
def test_main_2_3_the_less_favourable_to_the_provider_wins_term_by_term(key, annex, online, winner):
    assert judge(key, annex, online).winner is winner


@pytest.mark.parametrize(
    ("key", "annex", "online", "meanwhile"),
    [
        ("change_notification", days(5), days(10, "calendar_day"), Side.ONLINE),  # tenants get the longer
        ("upstream_notice", days(1), days(1, "calendar_day", form=None, starts="x"), Side.ONLINE),  # we the shorter
        ("no_waiver", True, False, Side.ANNEX),
    ],
)
def test_e_11_what_can_not_be_compared_is_meanwhile_read_against_us(key, annex, online, meanwhile):
    assert judge(key, annex, online) == Judgement(judge(key, annex, online).comparator, None, meanwhile)


@pytest.mark.parametrize(
    ("key", "value", "applies"),
    [
        ("upstream_notice", {"value": 4, "unit": "hour"}, True),  # less time for us than the usual working day
        ("upstream_notice", days(3), False),
        ("change_notification", days(3), False),
        ("suspension", {"notice_required": False, "consent_required": False}, False),
        ("supplementary_agreement_required", False, False),
    ],
)
def test_e_11_while_the_contract_is_unread_the_online_terms_alone_decide_nothing_for_us(key, value, applies):
    online = Entry(1, 7, key, value, InstrumentKind.ONLINE_TERMS, None)

    assert (key in standings([online], {}, at=NOW)) is applies


INSTANTS = st.integers(0, 40).map(lambda day: datetime(2024, 7, 1, tzinfo=UTC) + timedelta(days=day))
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["online", "supplement", "correct_annex", "correct_supplement"]),
        st.sampled_from(["change_notification", "upstream_notice", "own_platform_only"]),
        st.integers(1, 9),
        INSTANTS,
    ),
    max_size=12,
)


def value_of(key, number):
    return number % 2 == 0 if key == "own_platform_only" else days(number)


@given(acts=ACTS, asked=INSTANTS)
def test_a_term_as_of_an_instant_equals_the_replay_of_the_ledger(acts, asked):
    keys = ("change_notification", "upstream_notice", "own_platform_only")
    entries = [Entry(n, 1, key, value_of(key, 5), InstrumentKind.ANNEX, None) for n, key in enumerate(keys)]
    annex = {key: value_of(key, 5) for key in keys}
    online, supplements = {}, []
    for number, (act, key, size, instant) in enumerate(acts, start=2):
        value = value_of(key, size)
        if act == "online":
            entries.append(Entry(number * 10, number, key, value, InstrumentKind.ONLINE_TERMS, None))
            online = {key: value}  # a later version replaces the former wholly
        elif act == "supplement":
            entries.append(Entry(number * 10, number, key, value, InstrumentKind.SUPPLEMENT, instant))
            supplements.append([instant, number, key, value])
        elif act == "correct_annex":
            entries.append(Entry(number * 10, number, key, value, InstrumentKind.CORRECTION, None, corrects_id=1))
            annex[key] = value
        else:
            wrong = next((row for row in reversed(supplements) if row[2] == key), None)
            if wrong is None:
                continue
            entries.append(
                Entry(number * 10, number, key, value, InstrumentKind.CORRECTION, wrong[0], corrects_id=wrong[1])
            )
            wrong[3] = value

    def replay(key):
        in_force = sorted(row for row in supplements if row[2] == key and row[0] <= asked)
        if in_force:
            return in_force[-1][3]
        if key not in online or online[key] == annex[key]:
            return annex[key]
        judged = judge(key, annex[key], online[key])
        return online[key] if judged.meanwhile is Side.ONLINE else annex[key]

    found = standings(entries, {}, at=asked)

    assert {key: standing.applied.value for key, standing in found.items()} == {key: replay(key) for key in keys}


def online(session, agreement, *terms, effective_from="Mon 2024-07-01 00:00", label="2024-07"):
    return record_online_terms(
        session,
        agreement.product,
        label=label,
        effective_from_at=at(effective_from),
        terms=[TermFact(key, value, "1.1") for key, value in terms],
        upload=an_upload("online.txt", f"在线条款 {label}".encode()),
        actor=OFFICER,
        now=NOW,
    )


def value(session, agreement, key="change_notification", when=NOW):
    return terms_in_force(session, agreement.id, at=when)[key].value


def test_main_2_3_online_terms_apply_where_they_are_worse_for_us_and_both_are_kept(session):
    agreement = a_paid_agreement(session)

    online(session, agreement, ("change_notification", days(7)), ("own_platform_only", True))

    row = ledger_of(session, agreement.id, at=NOW)["change_notification"]
    assert (row.annex.value["value"], row.online.value["value"], row.applied.value["value"]) == (5, 7, 7)
    conflict = session.scalars(select(TermConflict)).one()
    assert (conflict.state, conflict.comparator) == (ConflictState.RESOLVED, Comparator.LONGER)
    assert (conflict.winner_term_id, conflict.approved_by) == (row.online.id, None)


def test_the_time_of_the_order_picks_the_version(session):
    agreement = a_paid_agreement(session)  # paid 2024-07-28
    online(session, agreement, ("change_notification", days(7)), effective_from="Mon 2024-07-01 00:00")
    online(session, agreement, ("change_notification", days(9)), effective_from="Mon 2024-07-29 00:00", label="later")

    assert value(session, agreement)["value"] == 7

    online(session, agreement, ("change_notification", days(8)), effective_from="Sat 2024-07-27 00:00", label="found")
    assert value(session, agreement)["value"] == 8  # it turned up later, but was shown at that order

    later = a_paid_agreement(session, order_no="200000000000002", paid_at=at("Mon 2024-07-29 09:00"))
    assert value(session, later)["value"] == 9


def test_e_11_a_conflict_waits_for_an_approver_and_then_applies(session):
    agreement = a_paid_agreement(session)
    online(session, agreement, ("change_notification", days(8, "calendar_day")))
    [conflict] = open_conflicts(session, agreement.id)
    assert value(session, agreement)["unit"] == "calendar_day"  # roughly the longer, so the tenant has it meanwhile

    with pytest.raises(NotPermitted):
        resolve_conflict(session, conflict, Side.ANNEX, reason="…", actor=OFFICER, now=NOW)
    resolve_conflict(session, conflict, Side.ANNEX, reason="国庆假期内工作日更长", actor=APPROVER, now=NOW)

    assert value(session, agreement)["unit"] == "working_day"
    assert (conflict.approved_by, open_conflicts(session)) == (APPROVER.name, [])
    with pytest.raises(Stale):
        resolve_conflict(session, conflict, Side.ONLINE, reason="…", actor=APPROVER, now=NOW)


def annex_of(session, agreement):
    return session.scalars(select(Instrument).where(Instrument.agreement_id == agreement.id)).first()


def propose(session, agreement, new, *, actor=OFFICER):
    return propose_correction(
        session,
        agreement,
        "change_notification",
        new,
        instrument_id=annex_of(session, agreement).id,
        clause="3.3",
        reason="原文为十个工作日，录入有误",
        actor=actor,
        now=NOW,
    )


def test_e_36_a_correction_needs_an_approver_and_holds_from_the_beginning(session):
    agreement = a_paid_agreement(session)
    both = a_person("legal_officer", "legal_approver", person_id=7)
    correction = propose(session, agreement, days(10), actor=both)
    assert value(session, agreement)["value"] == 5

    with pytest.raises(Conflict, match="second person"):
        approve_correction(session, correction, actor=both, now=NOW)
    with pytest.raises(NotPermitted):
        approve_correction(session, correction, actor=OFFICER, now=NOW)
    approve_correction(session, correction, actor=APPROVER, now=NOW)

    applied = terms_in_force(session, agreement.id, at=at("Sun 2024-07-28 12:00"))["change_notification"]
    assert (applied.value["value"], applied.instrument.kind) == (10, InstrumentKind.CORRECTION)
    acts = session.scalars(select(AuditEvent.act).where(AuditEvent.act.like("correction.%")).order_by(AuditEvent.seq))
    assert acts.all() == ["correction.proposed", "correction.applied"]
    with pytest.raises(Stale):
        approve_correction(session, correction, actor=APPROVER, now=NOW)


@pytest.mark.parametrize("new", [True, "ten", {"value": 10}, days(0), days(10, "fortnight"), days(5)])
def test_a_correction_speaks_in_the_shape_of_the_term_and_says_something_new(session, new):
    agreement = a_paid_agreement(session)

    with pytest.raises(InvalidInput):
        propose(session, agreement, new)


def test_a_correction_of_the_annex_is_compared_with_the_online_terms_anew(session):
    agreement = a_paid_agreement(session)
    online(session, agreement, ("change_notification", days(7)))

    approve_correction(session, propose(session, agreement, days(10)), actor=APPROVER, now=NOW)

    assert value(session, agreement)["value"] == 10
    assert len(session.scalars(select(TermConflict)).all()) == 2  # the first comparison is kept
