"""Clauses 4.6 and 8.1, T-15: what both agreed for later comes at its exact instant, whether or not a job has run."""

import pytest
from sqlalchemy import select

from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, InvalidInput
from agreements.register.actions import advance
from agreements.register.ending import end_by_agreement, end_for_provider_cause, ending_of
from agreements.register.ending_models import AgreementEnding
from agreements.register.ending_rules import EndingGround
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from agreements.register.supplements import take_effect
from agreements.register.sweeps import advance_agreement, agreement_due_at, agreements_to_advance
from compliance.desk.reading import is_in_state, life_of, positions_of
from compliance.desk.rules import state_at
from compliance.gateway.actions import decide_call
from compliance.gateway.snapshot import entitlement_of
from tests.builders import at
from tests.builders_compliance import an_agreement_in_service
from tests.builders_desk import move_clock, opened_at, read, text_of, zh
from tests.builders_register import APPROVER, a_paid_agreement, a_signed_supplement, an_upload

NOW = at("Tue 2024-10-08 12:00")
ENDS = at("Fri 2024-11-01 00:00")


def agree(session, agreement, *, ended_at=ENDS, ground=EndingGround.BOTH_SIGNED, now=NOW):
    return end_by_agreement(
        session,
        agreement,
        ground,
        ended_at=ended_at,
        reason="双方协商一致",
        proof=an_upload(),
        actor=APPROVER,
        now=now,
    )


def reasons(session, agreement, when):
    tenant, product = agreement.tenant.tenant_key, agreement.product.code
    return [code.value for code in decide_call(session, tenant, product, now=when).reason_codes]


def test_an_end_agreed_for_later_comes_at_its_instant_though_no_job_has_run(session):
    agreement = an_agreement_in_service(session)
    agree(session, agreement)
    before, after = at("Thu 2024-10-31 23:59:59"), ENDS

    assert agreement.state is AgreementState.IN_SERVICE
    assert reasons(session, agreement, before) == []
    assert reasons(session, agreement, after) == ["TERMINATED"]
    assert state_at(life_of(agreement), before) is AgreementState.IN_SERVICE
    assert state_at(life_of(agreement), after) is AgreementState.ENDED_BY_AGREEMENT
    for when, state in ((before, AgreementState.IN_SERVICE), (after, AgreementState.ENDED_BY_AGREEMENT)):
        assert session.scalars(select(AgreementEnding.agreement_id)).all() == [agreement.id]
        found = session.scalars(select(Agreement).where(is_in_state(state, when))).all()
        assert found == [agreement]
        assert not positions_of(session, [agreement], now=after)[agreement.id].gateway.is_allowed


def test_a_late_job_records_it_as_of_its_instant_and_once(session):
    agreement = a_paid_agreement(session)
    agree(session, agreement)
    late = at("Mon 2024-11-04 09:00")

    assert agreements_to_advance(session, due_by=at("Thu 2024-10-31 23:59:59")) == []
    assert agreements_to_advance(session, due_by=late) == [agreement.id]
    assert agreement_due_at(session, agreement.id) == ENDS
    assert advance_agreement(session, agreement.id, now=late)
    assert not advance_agreement(session, agreement.id, now=at("Fri 2025-08-29 09:00"))

    assert agreement.state is AgreementState.ENDED_BY_AGREEMENT
    ended = session.scalars(select(AuditEvent).where(AuditEvent.act == "agreement.end_by_agreement")).one()
    assert (ended.as_of, ended.recorded_at) == (ENDS, late)


def test_a_later_document_or_an_earlier_end_takes_the_place_of_one_that_is_coming(session):
    agreement = a_paid_agreement(session)
    agree(session, agreement)
    agree(session, agreement, ended_at=at("Sat 2024-11-30 18:00"))
    assert agreement.ended_at == at("Sat 2024-11-30 18:00")

    arrived = at("Wed 2024-10-09 09:00")
    end_for_provider_cause(
        session,
        agreement,
        arrived_at=arrived,
        reason="停止提供",
        proof=an_upload(),
        actor=APPROVER,
        now=at("Thu 2024-10-10 09:00"),
    )
    assert agreement.state is AgreementState.ENDED_PROVIDER_CAUSE
    assert (ending_of(session, agreement.id).ground, agreement.ended_at) == (EndingGround.PROVIDER_CAUSE, arrived)
    acts = session.scalars(select(AuditEvent.details).where(AuditEvent.act == "agreement.end_agreed")).all()
    assert [act["before"] for act in acts] == [None, ENDS.isoformat()]


@pytest.mark.parametrize("ended_at", [at("Wed 2025-07-30 00:00"), at("Fri 2025-10-31 00:00")])
def test_an_agreed_end_lies_before_the_period_ends(session, ended_at):
    with pytest.raises(InvalidInput, match="own time"):
        agree(session, a_paid_agreement(session), ended_at=ended_at)


def test_an_extension_that_no_job_recorded_keeps_the_service_open_at_the_old_end(session):
    agreement = an_agreement_in_service(session)
    comes = at("Tue 2025-07-29 18:00")
    supplement = a_signed_supplement(
        session, agreement, {"service_end": "2025-10-31", "quota_total": 50000}, now=NOW, asked_for_at=comes
    )
    key = agreement.tenant.tenant_key

    [before] = entitlement_of(session, key, at=at("Tue 2025-07-29 17:59")).agreements
    [after] = entitlement_of(session, key, at=comes).agreements
    assert (before.quota_total, after.quota_total) == (30000, 50000)
    assert after.service_end_exclusive_at == at("Sat 2025-11-01 00:00")
    assert reasons(session, agreement, at("Wed 2025-07-30 00:00")) == []

    advance(session, agreement, now=at("Fri 2025-08-01 09:00"))
    assert agreement.state is AgreementState.IN_SERVICE  # not expired by a bound that had been moved
    assert take_effect(session, supplement, now=at("Fri 2025-08-01 09:00"))
    assert agreement.service_end_exclusive_at == at("Sat 2025-11-01 00:00")


def test_an_end_before_a_supplement_comes_leaves_the_period_as_it_was(session):
    agreement = a_paid_agreement(session)
    supplement = a_signed_supplement(
        session, agreement, {"service_end": "2025-10-31"}, now=NOW, asked_for_at=at("Sun 2024-12-01 00:00")
    )
    agree(session, agreement)
    late = at("Mon 2024-12-02 09:00")

    advance(session, agreement, now=late)
    take_effect(session, supplement, now=late)

    assert agreement.state is AgreementState.ENDED_BY_AGREEMENT
    assert agreement.service_end_exclusive_at == at("Wed 2025-07-30 00:00")


def test_what_has_ended_is_not_ended_again(session):
    agreement = a_paid_agreement(session)
    agree(session, agreement)

    with pytest.raises(Conflict, match="ended_by_agreement"):
        agree(session, agreement, ended_at=at("Sat 2024-11-30 18:00"), now=ENDS)


def test_the_agreement_page_says_what_is_coming(app):
    def set_up(session):
        agreement = an_agreement_in_service(session)
        a_signed_supplement(
            session, agreement, {"own_platform_only": False}, now=NOW, asked_for_at=at("Mon 2024-10-21 00:00")
        )
        agree(session, agreement)

    client = opened_at(app, NOW, set_up=set_up)
    order_no = read(lambda session: session.scalars(select(Agreement.order_no)).one())
    page = text_of(client.get(f"/agreements/{order_no}"))
    said = page.split(zh("Agreed for later"))[1][:300]
    assert said.index("2024年10月21日") < said.index(zh("end by agreement"))

    move_clock(at("Fri 2024-11-01 00:00"))
    page = text_of(client.get(f"/agreements/{order_no}"))
    assert zh("Agreed for later") not in page
    assert zh("agreement_state.ended_by_agreement") in page
