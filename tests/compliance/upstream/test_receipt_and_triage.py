"""Taking in a source's notice, and legal's reading of it."""

import pytest
from sqlalchemy import select

from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, IllegalMove, InvalidInput, NotPermitted, Stale
from agreements.products.models import Product
from agreements.products.sources import ensure_source, link_source, products_of_source, unlink_source
from agreements.register.rules import TermFact
from compliance.obligations.rules import ObligationState
from compliance.upstream.actions import restate
from compliance.upstream.deciding import close, decide_triage, exempt
from compliance.upstream.mapping import map_change
from compliance.upstream.rules import ChangeKind, ChangeState, ImpactState, ReceivedVia, Triage
from tests.builders import a_person, at, day
from tests.builders_compliance import arrive
from tests.builders_register import APPROVER, FINANCE, OFFICER, OPS, STANDARD_TERMS
from tests.builders_upstream import (
    RECEIVED,
    a_change,
    a_receipt,
    a_source,
    an_order,
    content,
    impact_of,
    impacts_of,
    letters,
    run,
)

LATER = at("Fri 2024-11-08 17:30")


def read(session, change, triage, *, reason="与商品无关", actor=OFFICER, now=LATER):
    decide_triage(session, change, triage, reason=reason, version=change.version, actor=actor, now=now)


def test_anybody_of_the_staff_takes_it_in_but_an_auditor_only_reads(session):
    an_order(session, 1)
    source = a_source(session)

    change = a_change(session, source, triage=None, actor=FINANCE)

    assert (change.state, change.recorded_by) == (ChangeState.RECEIVED, FINANCE.name)
    with pytest.raises(NotPermitted):
        a_change(session, source, triage=None, actor=a_person("auditor"), subject="另一项调整")
    with pytest.raises(NotPermitted):
        a_change(session, source, actor=OPS, subject="另一项调整")  # reading it is legal's


def test_both_times_are_kept(session):
    an_order(session, 1)

    change = a_change(session, a_source(session), now=at("Sat 2024-11-09 09:00"))

    assert (change.received_at, change.recorded_at) == (RECEIVED, at("Sat 2024-11-09 09:00"))
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.act == "upstream.received"))
    assert (event.as_of, event.recorded_at) == (RECEIVED, at("Sat 2024-11-09 09:00"))


def test_the_very_same_notice_is_taken_in_once(session):
    an_order(session, 1)
    source = a_source(session)
    a_change(session, source)

    with pytest.raises(Conflict) as refused:
        a_change(session, source)
    assert refused.value.code == "SAME_NOTICE"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kinds": frozenset()}, "kinds"),
        ({"subject": "  "}, "subject"),
        ({"subject": "长" * 201}, "subject"),
        ({"summary": "长" * 901}, "summary"),
        ({"cancelled": frozenset({1})}, "cancelled"),  # a price rise cancels nothing
    ],
)
def test_what_can_not_stand_in_a_letter_is_refused(session, changed, field):
    an_order(session, 1)

    with pytest.raises(InvalidInput) as refused:
        a_change(session, a_source(session), **changed)
    assert refused.value.field == field


@pytest.mark.parametrize("via", ReceivedVia)
def test_only_a_call_or_our_own_finding_has_no_file(session, via):
    an_order(session, 1)
    receipt = a_receipt(received_via=via, upload=None)

    if via in (ReceivedVia.PHONE, ReceivedVia.OWN_MONITORING):
        assert a_change(session, a_source(session), receipt=receipt).file_id is None
    else:
        with pytest.raises(InvalidInput) as refused:
            a_change(session, a_source(session), receipt=receipt)
        assert refused.value.field == "file"


def test_the_clock_does_not_wait_for_legal_but_nothing_is_sent_before(session):
    agreement = an_order(session, 1)
    change = a_change(session, a_source(session), triage=None, actor=OPS)

    run(session, RECEIVED)

    assert change.state is ChangeState.MAPPED
    assert impact_of(session, change, agreement).obligation.state is ObligationState.OPEN
    assert letters(session) == []
    read(session, change, Triage.UPSTREAM_CHANGE)
    run(session, LATER)
    assert change.state is ChangeState.NOTIFYING
    assert len(letters(session)) == 1


def test_products_named_later_are_mapped_by_the_scheduler(session):
    agreement = an_order(session, 1)
    source = ensure_source(session, "新数据源", actor=OFFICER, now=RECEIVED)
    change = a_change(session, source)
    assert run(session, RECEIVED) == 0
    with pytest.raises(Conflict) as refused:
        map_change(session, change, actor=OFFICER, now=RECEIVED)
    assert refused.value.code == "PRODUCTS_UNKNOWN"

    product = session.scalars(select(Product)).one()
    link_source(session, source, product, actor=OFFICER, now=LATER)
    restate(session, change, content(), version=change.version, actor=OFFICER, now=LATER)
    run(session, LATER)

    assert impact_of(session, change, agreement).notice is not None


@pytest.mark.parametrize("triage", [Triage.MAINTENANCE, Triage.IRRELEVANT])
def test_what_is_no_matter_of_2_4_sends_nothing_and_closes(session, triage):
    an_order(session, 1)
    change = a_change(session, a_source(session), triage=None)

    read(session, change, triage)
    run(session, LATER)

    assert (change.state, change.triage_reason) == (ChangeState.TRIAGED, "与商品无关")
    assert impacts_of(session, change) == []
    assert letters(session) == []
    close(session, change, note="", version=change.version, actor=OFFICER, now=LATER)
    assert change.state is ChangeState.CLOSED


def test_saying_so_needs_its_reason(session):
    an_order(session, 1)
    change = a_change(session, a_source(session), triage=None)

    with pytest.raises(InvalidInput) as refused:
        read(session, change, Triage.IRRELEVANT, reason=" ")
    assert refused.value.field == "reason"


def test_once_duties_have_begun_an_approver_ends_them(session):
    agreement = an_order(session, 1)
    change = a_change(session, a_source(session), triage=None)
    run(session, RECEIVED)

    with pytest.raises(NotPermitted):
        read(session, change, Triage.IRRELEVANT)
    read(session, change, Triage.IRRELEVANT, actor=APPROVER)

    impact = impact_of(session, change, agreement)
    assert impact.state is ImpactState.NOT_APPLICABLE
    assert (impact.obligation.state, impact.obligation.void_reason) == (ObligationState.VOID, "与商品无关")
    run(session, LATER)
    assert letters(session) == []


def test_e_33_both_clauses_at_once_follow_2_4(session):
    agreement = an_order(session, 1)
    change = a_change(session, a_source(session), triage=Triage.BOTH, kinds=frozenset({ChangeKind.RESULT_FORM}))

    run(session, RECEIVED)

    assert impact_of(session, change, agreement).obligation.due_on == day("Mon 2024-11-11")
    assert len(letters(session)) == 1


def test_an_approver_takes_out_one_agreement_with_the_reason(session):
    first, second = an_order(session, 1, "甲"), an_order(session, 2, "乙")
    change = a_change(session, a_source(session), triage=None)
    run(session, RECEIVED)

    with pytest.raises(NotPermitted):
        exempt(session, impact_of(session, change, first), reason="未使用该接口", actor=OFFICER, now=LATER)
    exempt(session, impact_of(session, change, first), reason="未使用该接口", actor=APPROVER, now=LATER)
    read(session, change, Triage.UPSTREAM_CHANGE)
    run(session, LATER)

    assert impact_of(session, change, first).obligation.state is ObligationState.VOID
    assert [letter.agreement_id for letter in letters(session)] == [second.id]
    with pytest.raises(IllegalMove):
        exempt(session, impact_of(session, change, second), reason="未使用该接口", actor=APPROVER, now=LATER)


def test_what_was_typed_in_a_hurry_is_corrected_until_a_letter_says_it(session):
    an_order(session, 1)
    change = a_change(session, a_source(session), triage=None)
    run(session, RECEIVED)

    restate(
        session, change, content(effective_on=day("Wed 2025-01-01")), version=change.version, actor=OFFICER, now=LATER
    )
    assert change.effective_on == day("Wed 2025-01-01")
    read(session, change, Triage.UPSTREAM_CHANGE)
    run(session, LATER)
    with pytest.raises(IllegalMove):
        restate(session, change, content(), version=change.version, actor=OFFICER, now=LATER)


def test_e_52_two_people_do_not_read_one_notice_at_once(session):
    an_order(session, 1)
    change = a_change(session, a_source(session), triage=None)
    seen = change.version
    read(session, change, Triage.UPSTREAM_CHANGE)

    with pytest.raises(Stale):
        decide_triage(session, change, Triage.IRRELEVANT, reason="无关", version=seen, actor=OFFICER, now=LATER)


def test_an_approver_may_read_it_again_until_a_letter_is_out(session):
    agreement = an_order(session, 1)
    change = a_change(session, a_source(session))
    with pytest.raises(NotPermitted):
        read(session, change, Triage.MAINTENANCE)

    read(session, change, Triage.MAINTENANCE, actor=APPROVER)
    run(session, LATER)
    assert impacts_of(session, change) == []
    read(session, change, Triage.UPSTREAM_CHANGE, actor=APPROVER)
    run(session, LATER)

    assert impact_of(session, change, agreement).notice is not None
    with pytest.raises(IllegalMove):
        read(session, change, Triage.MAINTENANCE, actor=APPROVER)


def test_duties_that_a_reading_ended_are_not_revived(session):
    an_order(session, 1)
    change = a_change(session, a_source(session), triage=None)
    run(session, RECEIVED)
    read(session, change, Triage.IRRELEVANT, actor=APPROVER)

    with pytest.raises(IllegalMove):
        read(session, change, Triage.UPSTREAM_CHANGE, actor=APPROVER)


def test_a_product_is_served_from_a_source_until_it_is_not(session):
    an_order(session, 1)
    source = a_source(session)
    product = session.scalars(select(Product)).one()
    assert products_of_source(session, source.id) == [product]

    link_source(session, source, product, actor=OFFICER, now=LATER)
    assert products_of_source(session, source.id) == [product]
    unlink_source(session, source, product, actor=OFFICER, now=LATER)
    session.flush()
    assert products_of_source(session, source.id) == []
    with pytest.raises(NotPermitted):
        link_source(session, source, product, actor=FINANCE, now=LATER)


def test_a_change_that_touches_nobody_needs_no_letter(session):
    an_order(session, 1, product_code="face-verify")
    source = a_source(session, "face-verify")
    session.add(Product(code="idle", name="无人使用", data_sensitivity="strict", recorded_at=RECEIVED))
    session.flush()
    idle = session.scalars(select(Product).where(Product.code == "idle")).one()
    change = a_change(session, source, products=(idle,))

    run(session, LATER)

    assert change.state is ChangeState.NOTIFIED
    assert letters(session) == []


def test_the_agreement_s_own_period_counts_where_it_was_understood(session):
    term = TermFact(
        "upstream_notice", {"value": 3, "unit": "working_day", "starts": "provider_receipt_of_source_notice"}, "2.4"
    )
    agreement = an_order(session, 1, terms=(*STANDARD_TERMS, term))
    standard = an_order(session, 2, "乙")
    change = a_change(session, a_source(session))
    run(session, RECEIVED)

    assert impact_of(session, change, agreement).obligation.due_on == day("Wed 2024-11-13")
    assert impact_of(session, change, standard).obligation.due_on == day("Mon 2024-11-11")


def test_an_arrived_letter_is_judged_by_any_run_before_or_after_its_deadline(session):
    agreement = an_order(session, 1)
    change = a_change(session, a_source(session))
    run(session, RECEIVED)
    arrive(session, letters(session)[0], at("Mon 2024-11-11 10:00"), now=at("Thu 2024-11-14 10:00"))

    run(session, at("Thu 2024-11-14 10:01"))

    assert impact_of(session, change, agreement).state is ImpactState.NOTIFIED_ON_TIME
