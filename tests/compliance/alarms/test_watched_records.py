"""Alarms about own platforms (2.3, E-46) and about our own documents (4.1)."""

import io

import pytest
from sqlalchemy import select

from agreements.kernel.errors import Conflict
from agreements.parties.own_documents import OwnDocument, OwnDocumentType, record_own_document
from agreements.parties.platforms import Proof, add_platform, confirm_ownership, doubt_ownership, remove_platform
from agreements.parties.rules import Ownership, PlatformKind
from compliance.alarms import own_document_watch, ownership_watch
from compliance.alarms.actions import page_of_alarm
from compliance.alarms.models import Alarm
from compliance.gateway.actions import decide_call
from tests.builders import at, day
from tests.builders_compliance import an_agreement_in_service
from tests.builders_desk import opened_at, read, text_of, zh
from tests.builders_files import a_small_pdf
from tests.builders_register import OFFICER, an_upload

NOW = at("Thu 2024-09-12 15:00")
HALF_A_YEAR_ON = at("Tue 2025-03-11 00:00")


def run(session, sweeps, now):
    for sweep in sweeps:
        for item in sweep.find(session, due_by=now):
            assert sweep.act(session, item, now=now)
            if sweep.due_at:
                assert sweep.due_at(session, item) <= now
        session.flush()


def open_kinds(session):
    return session.scalars(select(Alarm.kind).where(Alarm.settled_at.is_(None)).order_by(Alarm.id)).all()


def test_e_46_a_platform_that_passed_to_another_calls_legal_and_stays_allowed_until_they_decide(session):
    agreement = an_agreement_in_service(session, tenant_key="haitang")
    tenant = agreement.tenant
    proof = Proof(Ownership.ICP_FILING, tenant.party.name, "鄂ICP备1号")
    platform = add_platform(
        session, tenant, PlatformKind.DOMAIN, "shop.example.com", proof=proof, actor=OFFICER, now=NOW
    )
    run(session, ownership_watch.SWEEPS, at("Mon 2025-03-10 23:59"))
    assert open_kinds(session) == []
    run(session, ownership_watch.SWEEPS, HALF_A_YEAR_ON)
    assert open_kinds(session) == ["platform_recheck_due"]
    [alarm] = session.scalars(select(Alarm))
    assert (alarm.as_of, page_of_alarm(alarm)) == (HALF_A_YEAR_ON, "/tenants/haitang")

    looked = at("Tue 2025-03-11 10:00")
    doubt_ownership(session, platform, found="备案主体为他人", actor=OFFICER, now=looked)
    run(session, ownership_watch.SWEEPS, looked)
    run(session, ownership_watch.SWEEPS, looked)
    assert open_kinds(session) == ["platform_in_doubt"]
    assert decide_call(session, "haitang", "id2-verify", platform="shop.example.com", now=looked).is_allowed

    confirm_ownership(session, platform, proof, actor=OFFICER, now=looked)
    run(session, ownership_watch.SWEEPS, looked)
    assert open_kinds(session) == []
    remove_platform(session, platform, cause="adjustment:1", actor=OFFICER, now=looked)
    run(session, ownership_watch.SWEEPS, at("Mon 2026-03-09 10:00"))
    assert open_kinds(session) == []


def of_ours(session, *, expires, replaces=None, now=NOW):
    return record_own_document(
        session,
        OwnDocumentType.TELECOM_LICENCE,
        upload=an_upload(),
        number="浙B2-00000001",
        issuer=None,
        issued_on=None,
        expires_on=day(expires),
        replaces=replaces,
        actor=OFFICER,
        now=now,
    )


def test_clause_4_1_we_are_called_before_our_own_licence_ends_once_a_threshold_until_it_is_renewed(session):
    licence = of_ours(session, expires="Fri 2024-10-18")
    for when, stages in (
        ("Tue 2024-09-17 23:59", []),
        ("Wed 2024-09-18 00:00", ["30"]),
        ("Fri 2024-10-11 09:00", ["7"]),
        ("Fri 2024-10-11 09:05", ["7"]),
        ("Fri 2024-10-18 23:59", ["1"]),
        ("Sat 2024-10-19 00:00", ["expired"]),
    ):
        run(session, own_document_watch.SWEEPS, at(when))
        open_stages = session.scalars(select(Alarm.stage).where(Alarm.settled_at.is_(None))).all()
        assert open_stages == stages, when
    renewed = at("Sat 2024-10-19 10:00")
    of_ours(session, expires="Thu 2029-10-18", replaces=licence, now=renewed)
    with pytest.raises(Conflict):
        of_ours(session, expires="Thu 2029-10-18", replaces=licence, now=renewed)
    run(session, own_document_watch.SWEEPS, renewed)
    assert open_kinds(session) == []


def test_our_own_documents_are_kept_in_the_pages(app):
    officer = opened_at(app, NOW)
    assert zh("No document of ours yet") in text_of(officer.get("/documents/own"))
    form = {
        "type": "business_licence",
        "number": "9133",
        "issuer": "示例局",
        "issued_on": "",
        "expires_on": "2024-10-31",
    }
    assert 'id="file-error"' in officer.post("/documents/own/new", form).text
    officer.post("/documents/own/new", form | {"file": (io.BytesIO(a_small_pdf()), "执照.pdf")})
    assert "9133" in text_of(officer.get("/documents/own"))
    again = form | {"number": "9134", "expires_on": "2034-10-31", "file": (io.BytesIO(a_small_pdf()), "执照.pdf")}
    assert officer.get("/documents/own/new?renews=1").status_code == 200
    officer.post("/documents/own/new?renews=1", again)
    assert zh("replaced") in text_of(officer.get("/documents/own"))
    assert officer.get("/documents/own/1/file").data == a_small_pdf()
    assert read(lambda session: session.scalars(select(OwnDocument.replaces_id)).all()) == [None, 1]
