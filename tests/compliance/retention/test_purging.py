"""The daily purge: on the day after the last one, never what is held, never what something else keeps."""

import pytest
from sqlalchemy import select, update

from agreements.kernel import files
from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted, Stale
from agreements.kernel.files import StoredFile
from agreements.parties.actions import contact_details
from agreements.parties.models import Contact
from agreements.register.actions import advance
from agreements.register.models import Agreement
from compliance.breaches.rules import OPEN_CASE_STATES
from compliance.retention.holding import lift_hold, place_hold
from compliance.retention.holdings import holdings
from compliance.retention.models import RetentionPurge
from compliance.retention.positions import kept_whole
from compliance.retention.purging import plan, purge
from compliance.retention.rules import HoldGround, WhyKept
from compliance.retention.sweeps import SWEEPS, agreements_to_purge
from tests.builders import at
from tests.builders_compliance import a_suspected_case, an_agreement_in_service
from tests.builders_register import APPROVER, OFFICER, OPS, a_paid_agreement

LAST = at("Mon 2030-07-29 23:59")
AFTER = at("Tue 2030-07-30 00:00")


def an_expired_agreement(session, **changed):
    """Served through Tue 2025-07-29; everything of it may go from Tue 2030-07-30 on."""
    agreement = an_agreement_in_service(session, **changed)
    advance(session, agreement, now=at("Wed 2025-07-30 00:00"))
    return agreement


def run(session, now):
    """Run the purge as the scheduler does; returns how many acts it made."""
    acted = 0
    for sweep in SWEEPS:
        for item in sweep.find(session, due_by=now):
            acted += sweep.act(session, item, now=now) is not False
    session.expire_all()
    return acted


def hold(session, agreement, *, whole_tenant=False, actor=OFFICER):
    return place_hold(
        session,
        agreement.tenant,
        None if whole_tenant else agreement,
        ground=HoldGround.DISPUTE,
        reference="（2026）示例民初1号",
        reason="甲方起诉",
        actor=actor,
        now=at("Mon 2026-03-02 10:00"),
    )


def test_every_file_and_sealed_value_is_somebody_s(session):
    covered = {each.column.table.name for each in holdings()}

    assert {"agreement", "contact", "notice", "outbox", "usage_statement", "qualification_document"} <= covered
    assert "alarm_address" not in covered  # our own staff's


def test_the_last_day_deletes_nothing_and_the_next_deletes_all(session):
    agreement = an_expired_agreement(session)
    document = agreement.document

    assert run(session, LAST) == 0
    assert kept_whole(session, agreement, now=LAST).why is WhyKept.PERIOD
    assert files.content_of(session, document) == b"agreement text"

    assert run(session, AFTER) >= 2
    with pytest.raises(NotFound, match="retention"):
        files.content_of(session, document)
    assert not (session.info["files"].root / document.sha256[:2] / document.sha256).exists()
    contact = session.scalars(select(Contact)).one()
    assert contact_details(session, contact).phone is None
    assert session.scalars(select(AuditEvent).where(AuditEvent.act == "retention.purged")).one().clause == "5.2"
    assert run(session, AFTER) == 0


def test_a_dry_run_says_what_would_go_and_changes_nothing(session):
    agreement = an_expired_agreement(session)

    assert plan(session, agreement, now=LAST).files == ()
    found = plan(session, agreement, now=AFTER)

    assert agreement.document_id in found.files
    assert found.values_count >= 4
    assert session.scalars(select(StoredFile).where(StoredFile.purged_at.is_not(None))).all() == []


@pytest.mark.parametrize("whole_tenant", [False, True])
def test_what_is_held_is_never_deleted(session, whole_tenant):
    agreement = an_expired_agreement(session)
    held = hold(session, agreement, whole_tenant=whole_tenant)

    assert run(session, at("Mon 2040-01-02 10:00")) == 0
    with pytest.raises(Conflict, match="keeps"):
        purge(session, agreement, now=at("Mon 2040-01-02 10:00"))
    assert files.content_of(session, agreement.document) == b"agreement text"

    lift_hold(session, held, reason="已结案", actor=APPROVER, now=at("Tue 2040-01-03 10:00"))
    assert run(session, at("Tue 2040-01-03 10:01")) >= 1
    assert session.get(RetentionPurge, agreement.id) is not None


def test_a_hold_placed_between_finding_and_deleting_wins(session):
    agreement = an_expired_agreement(session)
    [sweep, _] = SWEEPS
    assert sweep.find(session, due_by=AFTER) == [agreement.id]

    hold(session, agreement)

    assert sweep.act(session, agreement.id, now=AFTER) is False
    assert session.get(RetentionPurge, agreement.id) is None


def test_placing_and_lifting_are_two_rights_with_grounds(session):
    agreement = an_expired_agreement(session)
    with pytest.raises(NotPermitted):
        hold(session, agreement, actor=OPS)
    held = hold(session, agreement)
    now = at("Mon 2026-03-02 11:00")
    for actor, reason, error in ((OFFICER, "结案", NotPermitted), (APPROVER, " ", InvalidInput)):
        with pytest.raises(error):
            lift_hold(session, held, reason=reason, actor=actor, now=now)
    lift_hold(session, held, reason="结案", actor=APPROVER, now=now)
    with pytest.raises(Stale):
        lift_hold(session, held, reason="结案", actor=APPROVER, now=now)
    acts = session.scalars(select(AuditEvent.act).where(AuditEvent.act.like("retention.%"))).all()
    assert acts == ["retention.held", "retention.lifted"]


def test_an_open_case_keeps_everything(session):
    case = a_suspected_case(session)
    advance(session, case.agreement, now=at("Wed 2025-07-30 00:00"))

    assert case.state in OPEN_CASE_STATES
    assert agreements_to_purge(session, due_by=at("Mon 2040-01-02 10:00")) == []


def test_what_another_agreement_of_the_tenant_needs_stays(session):
    first = an_expired_agreement(session)
    second = a_paid_agreement(session, order_no="200000000000002")
    session.execute(
        update(Agreement).where(Agreement.id == second.id).values(service_end_exclusive_at=at("Thu 2032-01-01 00:00"))
    )
    session.refresh(second)

    run(session, AFTER)

    row = session.get_one(RetentionPurge, first.id)
    assert row.shared >= 1  # both name one contract file; the documents are the tenant's
    assert files.content_of(session, second.document) == b"agreement text"
    assert contact_details(session, first.contact).phone == "13000000000"


def test_a_content_that_comes_in_again_is_kept_again(session):
    agreement = an_expired_agreement(session)
    run(session, AFTER)

    row = files.keep(session, b"agreement text", name="again.md", media_type="text/markdown", now=AFTER)

    assert row.id == agreement.document_id
    assert files.content_of(session, row) == b"agreement text"
