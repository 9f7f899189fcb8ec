"""Clause 4.4, 民法典 564 and 565, domain 6.4: an end for breach is decided, declared, and comes with the arrival."""

import re

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, IllegalMove, NotPermitted
from agreements.register.actions import advance
from agreements.register.ending import ending_of
from agreements.register.ending_rules import EndingGround
from agreements.register.rules import AgreementState
from compliance.breaches import board
from compliance.breaches.actions import close, confirm, dismiss
from compliance.breaches.rules import CaseState, GroundClass
from compliance.breaches.termination import decide_termination
from compliance.breaches.waiting import Waits
from compliance.gateway.actions import decide_call
from compliance.notices.actions import body_text
from compliance.notices.rules import Language, NoticeKind
from tests.builders import at
from tests.builders_access import signed_in_client
from tests.builders_compliance import a_suspected_case, an_unrectified_case, arrive, sweep, the_case
from tests.builders_desk import opened_at, read, text_of, zh
from tests.builders_register import APPROVER, OFFICER

DECIDED = at("Mon 2024-09-30 10:00")
ARRIVED = at("Tue 2024-10-08 09:30")


def decide(session, case, *, actor=APPROVER, now=DECIDED, language=Language.ZH):
    return decide_termination(
        session,
        case,
        reason="拒不改正",
        language=language,
        version=case.version,
        actor=actor,
        now=now,
    )


def test_the_agreement_ends_when_the_declaration_has_arrived_and_not_before(session):
    case = an_unrectified_case(session)
    agreement = case.agreement
    notice = decide(session, case)
    sweep(session, at("Tue 2024-10-08 09:00"), "termination_execute")
    assert (case.state, agreement.state) == (CaseState.TERMINATION_DECIDED, AgreementState.IN_SERVICE)

    arrive(session, notice, ARRIVED)
    assert sweep(session, at("Wed 2024-10-09 09:00"), "termination_execute") == 1
    assert sweep(session, at("Wed 2024-10-09 09:01"), "termination_execute") == 0

    assert (case.state, agreement.state) == (CaseState.TERMINATED, AgreementState.ENDED_FOR_BREACH)
    ending = ending_of(session, agreement.id)
    assert (ending.ground, ending.ended_at, ending.breach) == (EndingGround.BREACH, ARRIVED, f"case:{case.id}")
    recorded = session.scalars(select(AuditEvent).where(AuditEvent.act == "agreement.end_for_breach")).one()
    assert (recorded.as_of, recorded.recorded_at) == (ARRIVED, at("Wed 2024-10-09 09:00"))
    close(
        session, case, reservation="保留全部权利", version=case.version, actor=OFFICER, now=at("Thu 2024-10-10 09:00")
    )
    assert case.state is CaseState.CLOSED


def test_the_gateway_denies_from_the_arrival_before_any_job_has_run(session):
    case = an_unrectified_case(session)
    key, product = case.agreement.tenant.tenant_key, case.agreement.product.code
    notice = decide(session, case)
    arrive(session, notice, ARRIVED)

    def reasons(when):
        return [code.value for code in decide_call(session, key, product, now=at(when)).reason_codes]

    assert reasons("Tue 2024-10-08 09:29") == []
    assert reasons("Tue 2024-10-08 09:30") == ["TERMINATED"]
    sweep(session, at("Wed 2024-10-09 09:00"), "termination_execute")
    assert reasons("Wed 2024-10-09 09:00") == ["TERMINATED"]


@pytest.mark.parametrize("language", list(Language))
def test_the_letter_names_breach_demand_clause_and_what_survives(session, language):
    case = an_unrectified_case(session)
    said = body_text(session, decide(session, case, language=language))

    assert case.demand_notice.number in said
    assert {"4.4", "6.2", "5.1"} <= set(re.findall(r"\d\.\d", said))
    assert ("第五百六十五条" in said) is (language is Language.ZH)


def test_only_an_approver_ends_and_only_a_confirmed_breach(session):
    case = a_suspected_case(session)
    with pytest.raises(IllegalMove, match="suspected"):
        decide(session, case)

    confirm(session, case, ground_class=GroundClass.OTHER, version=case.version, actor=OFFICER, now=DECIDED)
    with pytest.raises(NotPermitted):
        decide(session, case, actor=OFFICER)
    decide(session, case)
    assert case.state is CaseState.TERMINATION_DECIDED


def test_e_43_the_right_lapses_a_year_after_we_knew_though_nothing_is_waived(session):
    case = a_suspected_case(session)
    known = at("Mon 2024-09-23 10:00")
    confirm(session, case, ground_class=GroundClass.OTHER, version=case.version, actor=OFFICER, now=known)
    case.agreement.service_end_exclusive_at = at("Wed 2026-07-29 00:00")

    with pytest.raises(Conflict, match="lapsed"):
        decide(session, case, now=at("Wed 2025-09-24 00:00"))
    assert decide(session, case, now=at("Tue 2025-09-23 23:59")).kind is NoticeKind.TERMINATION_NOTICE


def test_a_declaration_that_arrives_after_the_end_of_the_period_ends_nothing(session):
    case = an_unrectified_case(session)
    agreement = case.agreement
    notice = decide(session, case, now=at("Mon 2025-07-28 10:00"))
    arrive(session, notice, at("Wed 2025-07-30 00:00"))

    sweep(session, at("Wed 2025-07-30 01:00"), "termination_execute")
    advance(session, agreement, now=at("Wed 2025-07-30 01:00"))

    assert (case.state, agreement.state) == (CaseState.TERMINATION_DECIDED, AgreementState.EXPIRED)
    close(session, case, reservation="保留", version=case.version, actor=OFFICER, now=at("Wed 2025-07-30 09:00"))


def test_an_unrecorded_expiry_does_not_hide_an_end_that_came_before_it(session):
    case = an_unrectified_case(session)
    notice = decide(session, case, now=at("Mon 2025-07-28 10:00"))
    arrive(session, notice, at("Tue 2025-07-29 09:00"))

    sweep(session, at("Fri 2025-08-01 09:00"), "termination_execute")
    advance(session, case.agreement, now=at("Fri 2025-08-01 09:00"))

    assert case.agreement.state is AgreementState.ENDED_FOR_BREACH


def test_what_turns_out_to_be_no_breach_ends_nothing_and_can_be_dismissed(session):
    case = an_unrectified_case(session)
    notice = decide(session, case)
    session.execute(
        text("UPDATE obligation SET state = 'performed_on_time', performed_at = triggered_at WHERE id = :id"),
        {"id": case.obligation_id},
    )
    session.expire_all()
    arrive(session, notice, ARRIVED)

    assert sweep(session, at("Wed 2024-10-09 09:00"), "termination_execute") == 0
    dismiss(session, case, reason="通知按期到达", version=case.version, actor=OFFICER, now=at("Wed 2024-10-09 10:00"))
    assert (case.state, case.agreement.state) == (CaseState.DISMISSED, AgreementState.IN_SERVICE)


def test_the_database_refuses_an_end_that_nobody_declared(session):
    case = an_unrectified_case(session)
    session.flush()

    with pytest.raises(IntegrityError, match="declared"), session.begin_nested():
        session.execute(text("UPDATE breach_case SET state = 'terminated' WHERE id = :id"), {"id": case.id})


def test_an_approver_reads_the_declaration_and_sends_it_in_the_browser(app):
    opened_at(app, DECIDED, set_up=an_unrectified_case)
    client = signed_in_client(app, "legal_approver", name="李审批")
    case_id = read(lambda session: the_case(session).id)
    assert zh("case_act.terminate") in text_of(client.get(f"/cases/{case_id}"))
    assert zh("What the end for breach does") in text_of(client.get(f"/cases/{case_id}/terminate"))

    letter = client.get(f"/cases/{case_id}/terminate/letter?language=zh")
    html = letter.get_data(as_text=True)
    assert zh("notice_kind.termination_notice") in html

    def hidden(name):
        return html.split(f'name="{name}" value="')[1].split('"')[0]

    answer = client.post(
        f"/cases/{case_id}/terminate",
        data={
            "version": hidden("version"),
            "seen": hidden("seen"),
            "fingerprint": hidden("fingerprint"),
            "language": "zh",
            "reason": "拒不改正",
        },
    )
    assert answer.status_code == 302
    assert zh("not yet: it ends when the declaration has arrived") in text_of(client.get(f"/cases/{case_id}"))
    assert zh("Ends for breach declared, not arrived") in text_of(client.get("/"))


def test_a_declaration_that_arrives_when_the_year_is_over_ends_nothing_and_the_case_can_be_closed(session):
    case = an_unrectified_case(session)
    agreement = case.agreement
    agreement.service_end_exclusive_at = at("Wed 2026-07-29 00:00")
    notice = decide(session, case, now=at("Tue 2025-09-23 10:00"))
    arrive(session, notice, at("Wed 2025-09-24 00:00"))
    later = at("Wed 2025-09-24 09:00")

    assert sweep(session, later, "termination_execute") == 0
    assert decide_call(session, agreement.tenant.tenant_key, agreement.product.code, now=later).is_allowed
    assert board.rows(session, [case], now=later)[0].waits is Waits.CLOSING
    close(session, case, reservation="保留索赔", version=case.version, actor=OFFICER, now=later)
    assert (case.state, agreement.state) == (CaseState.CLOSED, AgreementState.IN_SERVICE)
