"""The pages of terms, supplements and ends, as the people use them who may."""

import io

import pytest
from sqlalchemy import select

from agreements.kernel.db import db, unit_of_work
from agreements.register.models import Agreement, Instrument
from agreements.register.supplement_models import Supplement
from agreements.register.term_models import RecordCorrection, TermConflict
from tests.builders import at
from tests.builders_access import signed_in_client
from tests.builders_desk import opened_at, read, zh
from tests.builders_files import A_PDF
from tests.builders_register import a_paid_agreement, a_registered_agreement

ORDER = "200000000000001"
TERMS = f"/agreements/{ORDER}/terms"
NOW = at("Tue 2024-10-08 12:00")


@pytest.fixture
def agreement(app):
    opened_at(app, NOW, set_up=a_paid_agreement)
    return read(lambda session: session.scalars(select(Agreement.id)).one())


def a_file(name="signed.pdf", content=A_PDF):
    return (io.BytesIO(content), name)


def text(response):
    return response.get_data(as_text=True)


def drafts(client, **changed):
    values = {
        "order_no": ORDER,
        "key": ["change_notification", "own_platform_only"],
        "value_change_notification": "10",
        "unit_change_notification": "working_day",
        "form_change_notification": "written",
        "value_own_platform_only": "no",
        "asked_for_at": "2024-11-01T00:00",
        "reaches_back": "no",
        "reason": "甲方要求",
    }
    return client.post("/supplements", data=values | changed)


def test_a_supplement_from_the_picked_terms_to_both_signatures(app, agreement):
    officer = signed_in_client(app, "legal_officer")
    approver = signed_in_client(app, "legal_approver")

    assert "own_platform_only" in text(officer.get(f"/supplements/new?order_no={ORDER}"))
    asked = text(officer.get(f"/supplements/new?order_no={ORDER}&key=change_notification&key=service_end"))
    assert 'name="value_change_notification"' in asked
    assert 'name="value_service_end"' in asked

    drafted = drafts(officer)
    assert drafted.status_code == 302, text(drafted)
    page = drafted.location
    assert "10" in text(officer.get(page))
    signed = {"version": "1", "signed_at": "2024-10-08T11:00", "signer": "沈经理", "file": a_file()}
    refused = officer.post(f"{page}/sign/tenant", data=signed | {"signer": ""})
    assert refused.status_code == 422
    assert officer.post(f"{page}/sign/tenant", data={**signed, "file": a_file()}).status_code == 302
    assert officer.post(f"{page}/sign/provider", data={"version": "2"}).status_code == 403
    assert approver.post(f"{page}/sign/provider", data={"version": "2"}).status_code == 302

    db.session.rollback()
    assert db.session.scalars(select(Supplement.state)).one() == "signed_by_both"
    before = text(officer.get(f"{TERMS}?at=2024-10-31T23:59"))
    after = text(officer.get(f"{TERMS}?at=2024-11-01T00:00"))
    assert "2024年11月1日" not in before.split("</table>")[0].split("<tbody>")[1]
    assert "2024年11月1日" in after.split("</table>")[0].split("<tbody>")[1]
    assert officer.get(f"{page}/file").data == A_PDF
    assert ORDER in text(officer.get("/supplements"))
    assert officer.get("/supplements?state=all&q=海棠").status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"value_change_notification": "ten"},
        {"value_change_notification": "5", "key": ["change_notification"]},
        {"key": []},
        {"reason": " "},
        {"asked_for_at": "soon"},
        {"asked_for_at": "", "reaches_back": "yes"},
    ],
)
def test_a_draft_that_can_not_be_taken_says_why_and_keeps_what_was_typed(app, agreement, changed):
    response = drafts(signed_in_client(app, "legal_officer"), **changed)

    assert response.status_code == 422
    assert db.session.scalars(select(Supplement)).all() == []


def test_online_terms_conflict_and_decision_on_the_page(app, agreement):
    officer = signed_in_client(app, "legal_officer")
    approver = signed_in_client(app, "legal_approver")
    assert officer.get(f"/agreements/{ORDER}/online-terms/new?key=change_notification").status_code == 200

    said = {
        "label": "V3",
        "effective_from_at": "2024-07-01T00:00",
        "key": ["change_notification"],
        "value_change_notification": "8",
        "unit_change_notification": "calendar_day",
        "form_change_notification": "written",
        "clause_change_notification": "5.2",
    }
    preview = officer.post(f"/agreements/{ORDER}/online-terms", data={**said, "act": "preview"})
    assert "在该版本下完成的订单共1份" in text(preview)
    assert "对0份订单适用，1份待审批人裁定" in text(preview)
    assert db.session.scalars(select(TermConflict)).all() == []
    db.session.rollback()

    recorded = officer.post(f"/agreements/{ORDER}/online-terms", data={**said, "file": a_file("online.txt", b"text")})
    assert recorded.status_code == 302, text(recorded)
    conflict = db.session.scalars(select(TermConflict)).one()
    db.session.rollback()
    page = text(approver.get(TERMS))
    assert f"/agreements/{ORDER}/conflicts/{conflict.id}" in page
    decided = approver.post(
        f"/agreements/{ORDER}/conflicts/{conflict.id}", data={"side": "online", "reason": "对我方更不利"}
    )
    assert decided.status_code == 302
    assert "对我方更不利" in text(approver.get(TERMS))


def test_a_correction_is_proposed_by_one_and_approved_by_another(app, agreement):
    officer = signed_in_client(app, "legal_officer")
    annex = db.session.scalars(select(Instrument.id)).one()
    db.session.rollback()
    address = f"/agreements/{ORDER}/corrections"
    assert officer.get(f"{address}/new?key=change_notification&instrument={annex}").status_code == 200
    proposed = officer.post(
        address,
        data={
            "key": "change_notification",
            "instrument": str(annex),
            "value_change_notification": "10",
            "unit_change_notification": "working_day",
            "form_change_notification": "written",
            "clause": "3.3",
            "reason": "录入有误",
        },
    )
    assert proposed.status_code == 302, text(proposed)
    correction = db.session.scalars(select(RecordCorrection.id)).one()
    db.session.rollback()

    assert officer.post(f"{address}/{correction}/approve").status_code == 403
    assert signed_in_client(app, "legal_approver").post(f"{address}/{correction}/approve").status_code == 302
    assert db.session.scalars(select(RecordCorrection.state)).one() == "applied"


def test_main_2_1_the_page_governs_and_its_lack_is_a_warning(app, agreement):
    officer = signed_in_client(app, "legal_officer")
    assert "#snapshot" in text(officer.get(TERMS))

    kept = officer.post(
        f"/agreements/{ORDER}/spec-snapshot",
        data={
            "url": "https://market.example/goods/1",
            "displayed_at": "2024-07-28T09:58",
            "calls_each": "30,000",
            "bonus_each": "3000",
            "file": a_file("page.html", b"<html>30000 + 3000</html>"),
        },
    )

    assert kept.status_code == 302, text(kept)
    assert db.session.get(Agreement, agreement).quota_total == 33000
    db.session.rollback()
    page = text(officer.get(TERMS))
    assert "33,000" in page
    assert "#snapshot" not in page


def test_e_37_a_renewal_is_linked_without_a_gap_at_midnight(app, agreement):
    with unit_of_work() as session:
        a_registered_agreement(
            session,
            order_no="200000000000002",
            service_start_at=at("Wed 2025-07-30 00:00"),
            service_end_exclusive_at=at("Fri 2026-07-31 00:00"),
        )
    officer = signed_in_client(app, "legal_officer")
    new = "/agreements/200000000000002"

    linked = officer.post(f"{new}/predecessor", data={"predecessor": ORDER, "kind": "renewal"})

    assert linked.status_code == 302, text(linked)
    assert ORDER in text(officer.get(f"{new}/terms"))
    assert "200000000000002" in text(officer.get(TERMS))
    back = officer.post(f"/agreements/{ORDER}/predecessor", data={"predecessor": "200000000000002", "kind": "renewal"})
    assert back.status_code == 422


def test_an_end_by_agreement_on_the_page_and_what_is_legal_then(app, agreement):
    approver = signed_in_client(app, "legal_approver")
    address = f"/agreements/{ORDER}/ending"
    page = text(approver.get(address))
    assert f"{address}/by-agreement" in page
    assert f"{address}/close" not in page
    given = {"ground": "both_signed", "ended_at": "2024-10-07T18:00", "reason": "协商一致", "proof": a_file()}
    refund = {"ground": "full_refund", "ended_at": "2024-10-09T18:00"}
    early = approver.post(f"{address}/by-agreement", data=given | refund | {"proof": a_file()})
    assert early.status_code == 422  # a refund can't lie in the future
    coming = given | {"ended_at": "2024-10-09T18:00", "proof": a_file()}
    assert approver.post(f"{address}/by-agreement", data=coming).status_code == 302
    assert zh("Ends before its time") in text(approver.get(address))
    assert approver.post(f"{address}/by-agreement", data={**given, "proof": a_file()}).status_code == 302
    assert approver.post(f"{address}/by-agreement", data={**given, "proof": a_file()}).status_code == 409

    officer = signed_in_client(app, "legal_officer")
    page = text(officer.get(address))
    assert f"{address}/close" in page
    assert f"{address}/by-agreement" not in page
    unsettled = officer.post(f"{address}/close", data={"reason": "办结", "retention": "yes"})
    assert unsettled.status_code == 409
