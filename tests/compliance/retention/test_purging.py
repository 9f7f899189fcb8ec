"""Destroying by class: proposed on the day after the last, approved by two people, certified; never what is held."""

import pytest
from sqlalchemy import select, update

from agreements.kernel import audit, files, policies
from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted, Stale
from agreements.kernel.files import StoredFile
from agreements.parties.actions import contact_details
from agreements.parties.models import Contact
from agreements.register.actions import advance
from agreements.register.models import Agreement
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import OPEN_CASE_STATES
from compliance.obligations.models import Obligation
from compliance.retention.clocks import certificates_of, clocks_of
from compliance.retention.due_reading import is_unaltered
from compliance.retention.holding import lift_hold, place_hold
from compliance.retention.holdings import holdings
from compliance.retention.models import PurgeProposal, RetentionClock
from compliance.retention.planning import plan_of
from compliance.retention.positions import kept_whole
from compliance.retention.purging import approve
from compliance.retention.rules import (
    OF_AGREEMENTS,
    CountedFrom,
    HoldGround,
    ItemKind,
    ProposalState,
    RestsOn,
    RetentionClass,
    WhyKept,
)
from compliance.retention.sweeps import CARRYING_OUT, PROPOSING
from tests.builders import at, day
from tests.builders_access import a_staff_member
from tests.builders_compliance import a_demanded_case, a_suspected_case, an_agreement_in_service, arrive, sweep
from tests.builders_register import APPROVER, OFFICER, OPS, a_paid_agreement

LAST = at("Mon 2030-07-29 23:59")
AFTER = at("Tue 2030-07-30 00:00")
CONTRACTS, NOTICES, CASES = RetentionClass.CONTRACTS, RetentionClass.NOTICES, RetentionClass.CASES


def an_expired_agreement(session, **changed):
    """Served through Tue 2025-07-29; everything of it may go from Tue 2030-07-30 on."""
    agreement = an_agreement_in_service(session, **changed)
    advance(session, agreement, now=at("Wed 2025-07-30 00:00"))
    return agreement


def an_expired_agreement_with_letters(session):
    """Demanded to put a case right, dismissed; nothing of it is open."""
    case = a_demanded_case(session)
    arrive(session, case.demand_notice, at("Tue 2024-09-24 11:00"))
    sweep(session, at("Sat 2024-09-28 00:00"), "rectification_sweep")
    session.execute(update(BreachCase).values(state="dismissed", dismissed_reason="证据不足"))
    session.expire_all()
    agreement = session.scalars(select(Agreement)).one()
    advance(session, agreement, now=at("Wed 2025-07-30 00:00"))
    session.execute(update(Obligation).values(state="void", void_reason="provider_declined"))
    session.expire_all()
    return agreement


def run(session, now):
    """Run what the scheduler runs; returns how many acts it made."""
    acted = 0
    for each in (*PROPOSING, *CARRYING_OUT):
        for item in each.find(session, due_by=now):
            acted += each.act(session, item, now=now) is not False
    session.expire_all()
    return acted


def two_people(session):
    return [a_staff_member(session, "legal_approver", name=name).actor for name in ("李审批", "钱审批")]


def yes(session, proposal, person, *, now=AFTER, seen=None):
    plan = plan_of(session, proposal.agreement, proposal.retention_class)
    return approve(session, proposal, seen=seen or plan.sha256, reason="保存期限已满", actor=person, now=now)


def proposed(session, retention_class=None):
    rows = session.scalars(select(PurgeProposal).order_by(PurgeProposal.id)).all()
    return [each for each in rows if retention_class in (None, each.retention_class)]


def destroy_all(session, *, now=AFTER, only=tuple(RetentionClass)):
    """Propose, approve by two people and carry out, as often as what goes changes what else may go."""
    people = two_people(session)
    for _ in range(4):
        run(session, now)
        for proposal in proposed(session):
            if proposal.state is ProposalState.PROPOSED and proposal.retention_class in only:
                for person in people:
                    yes(session, proposal, person, now=now)
    run(session, now)


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


def test_an_ended_agreement_gets_a_clock_for_each_class_that_explains_its_date(session):
    agreement = an_expired_agreement(session)

    run(session, at("Wed 2025-07-30 00:00"))

    clocks = clocks_of(session, agreement.id)
    assert set(clocks) == set(OF_AGREEMENTS)
    clock = clocks[NOTICES]
    assert (clock.counted_from, clock.counted_on) == (CountedFrom.END, day("Tue 2025-07-29"))
    assert (clock.months, clock.floor_months, clock.rests_on) == (60, 36, RestsOn.POLICY)
    assert (clock.through_on, clock.due_at) == (day("Mon 2030-07-29"), AFTER)
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.act == "retention.scheduled"))
    assert event.details == dict.fromkeys(("contracts", "notices", "cases"), "2030-07-29")
    assert run(session, at("Wed 2025-07-30 00:05")) == 0


def test_a_changed_policy_moves_the_clocks_and_never_below_the_law(session):
    agreement = an_expired_agreement(session)
    now = at("Wed 2025-07-30 09:00")
    run(session, now)

    for months in (48, 12):
        policies.change(
            session, "retention_cases_months", months, effective_at=now, reason="新规", actor=APPROVER, now=now
        )
    run(session, now)

    clocks = clocks_of(session, agreement.id)
    assert (clocks[CASES].months, clocks[CASES].rests_on) == (36, RestsOn.STATUTE)
    assert clocks[CASES].through_on == day("Sat 2028-07-29")
    assert clocks[CONTRACTS].through_on == day("Mon 2030-07-29")
    assert run(session, now) == 0


def test_nothing_is_proposed_on_the_last_day_and_nothing_goes_without_two_people(session):
    agreement = an_expired_agreement(session)
    document = agreement.document
    run(session, LAST)
    assert proposed(session) == []
    assert kept_whole(session, agreement, now=LAST).why is WhyKept.PERIOD

    run(session, AFTER)
    assert {each.retention_class for each in proposed(session)} == set(OF_AGREEMENTS)
    assert run(session, at("Mon 2040-01-02 10:00")) == 0
    [proposal] = proposed(session, CONTRACTS)
    first, second = two_people(session)
    yes(session, proposal, first)
    assert run(session, AFTER) == 0
    with pytest.raises(Conflict, match="already"):
        yes(session, proposal, first)
    for other in (OFFICER, OPS):
        with pytest.raises(NotPermitted):
            yes(session, proposal, other)
    assert files.content_of(session, document) == b"agreement text"
    yes(session, proposal, second)
    assert proposal.state is ProposalState.APPROVED
    assert run(session, AFTER) >= 2
    assert proposal.state is ProposalState.DESTROYED


def test_what_was_destroyed_is_gone_from_disk_and_database_and_stands_in_a_certificate(session):
    agreement = an_expired_agreement(session)
    document, contact = agreement.document, session.scalars(select(Contact)).one()
    sealed = contact.phone_sealed
    order_no = agreement.order_no

    destroy_all(session)

    with pytest.raises(NotFound, match="retention"):
        files.content_of(session, document)
    assert not (session.info["files"].root / document.sha256[:2] / document.sha256).exists()
    assert "agreement" not in document.name
    assert contact_details(session, contact).phone is None
    assert contact.phone_sealed in (None, "") != sealed
    certificates = certificates_of(session, agreement.id)
    assert set(certificates) == set(OF_AGREEMENTS)
    certificate = certificates[CONTRACTS]
    assert certificate.number.startswith("XH-2030-")
    assert [each["name"] for each in certificate.approvers] == ["李审批", "钱审批"]
    assert document.sha256 in {each.sha256 for each in certificate.items if each.kind is ItemKind.FILE}
    assert "contact.phone_sealed" in {each.source for each in certificate.items if each.kind is ItemKind.VALUE}
    assert (certificate.months, certificate.through_on) == (60, day("Mon 2030-07-29"))
    assert all(is_unaltered(session, each) for each in certificates.values())
    assert audit.verify(session)[0] > 0
    assert session.get_one(Agreement, agreement.id).order_no == order_no
    assert run(session, AFTER) == 0


def test_an_altered_certificate_is_known(session):
    agreement = an_expired_agreement(session)
    destroy_all(session)
    certificate = certificates_of(session, agreement.id)[CONTRACTS]

    certificate.through_on = day("Sat 2028-07-29")

    assert not is_unaltered(session, certificate)


def test_a_class_goes_by_itself_and_the_others_stay(session):
    agreement = an_expired_agreement_with_letters(session)
    document = agreement.document
    run(session, AFTER)
    assert set(certificates_of(session, agreement.id)) == {CASES}  # nothing is kept of it
    [proposal] = proposed(session, NOTICES)
    for person in two_people(session):
        yes(session, proposal, person)
    run(session, AFTER)

    assert set(certificates_of(session, agreement.id)) == {NOTICES, CASES}
    assert files.content_of(session, document) == b"agreement text"
    assert contact_details(session, agreement.contact).phone == "13000000000"


def test_a_class_of_which_nothing_is_kept_needs_nobody_and_is_certified_as_empty(session):
    agreement = an_expired_agreement(session)

    run(session, AFTER)

    certificates = certificates_of(session, agreement.id)
    assert set(certificates) == {NOTICES, CASES}
    for certificate in certificates.values():
        assert (certificate.items, certificate.approvers, certificate.files, certificate.erased) == ([], [], 0, 0)
        assert is_unaltered(session, certificate)
    closed = session.scalars(select(AuditEvent).where(AuditEvent.act == "retention.purged")).all()
    assert {(each.details["class"], each.details["files"]) for each in closed} == {("notices", 0), ("cases", 0)}
    assert [each.retention_class for each in proposed(session) if each.state is ProposalState.PROPOSED] == [CONTRACTS]
    assert run(session, AFTER) == 0


@pytest.mark.parametrize("whole_tenant", [False, True])
def test_what_is_held_is_never_proposed(session, whole_tenant):
    agreement = an_expired_agreement(session)
    held = hold(session, agreement, whole_tenant=whole_tenant)

    run(session, at("Mon 2040-01-02 10:00"))
    assert proposed(session) == []

    lift_hold(session, held, reason="已结案", actor=APPROVER, now=at("Tue 2040-01-03 10:00"))
    run(session, at("Tue 2040-01-03 10:01"))
    assert len(proposed(session)) == 3


def test_a_hold_voids_the_approvals_given_before_it(session):
    agreement = an_expired_agreement(session)
    run(session, AFTER)
    [proposal] = proposed(session, CONTRACTS)
    first, second = two_people(session)
    seen = plan_of(session, agreement, CONTRACTS).sha256
    yes(session, proposal, first)

    held = hold(session, agreement)
    with pytest.raises(Conflict, match="hold"):
        yes(session, proposal, second)
    lift_hold(session, held, reason="已结案", actor=APPROVER, now=AFTER)

    with pytest.raises(Stale):
        yes(session, proposal, second, seen=seen)
    yes(session, proposal, second)
    assert proposal.state is ProposalState.PROPOSED
    yes(session, proposal, first)
    assert proposal.state is ProposalState.APPROVED


def test_a_hold_placed_between_approval_and_destruction_wins(session):
    agreement = an_expired_agreement(session)
    run(session, AFTER)
    [proposal] = proposed(session, CONTRACTS)
    for person in two_people(session):
        yes(session, proposal, person)

    hold(session, agreement)
    run(session, AFTER)

    assert proposal.state is ProposalState.PROPOSED
    assert CONTRACTS not in certificates_of(session, agreement.id)
    assert files.content_of(session, agreement.document) == b"agreement text"


def test_what_was_not_seen_is_not_approved(session):
    an_expired_agreement(session)
    run(session, AFTER)
    [proposal] = proposed(session, CONTRACTS)
    [person, _] = two_people(session)

    with pytest.raises(Stale, match="changed"):
        yes(session, proposal, person, seen="0" * 64)
    with pytest.raises(InvalidInput):
        approve(session, proposal, seen=proposal.plan_sha256, reason=" ", actor=person, now=AFTER)


def test_a_stricter_policy_asks_for_one_more(session):
    an_expired_agreement(session)
    run(session, AFTER)
    [proposal] = proposed(session, CONTRACTS)
    policies.change(session, "destruction_approvals", 3, effective_at=AFTER, reason="收紧", actor=APPROVER, now=AFTER)

    for person in two_people(session):
        yes(session, proposal, person)

    assert proposal.state is ProposalState.PROPOSED
    with pytest.raises(InvalidInput):
        policies.change(
            session, "destruction_approvals", 1, effective_at=AFTER, reason="放宽", actor=APPROVER, now=AFTER
        )


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

    run(session, at("Mon 2040-01-02 10:00"))

    assert case.state in OPEN_CASE_STATES
    assert len(session.scalars(select(RetentionClock)).all()) == 3
    assert proposed(session) == []


def test_what_another_agreement_of_the_tenant_needs_stays(session):
    first = an_expired_agreement(session)
    second = a_paid_agreement(session, order_no="200000000000002")
    session.execute(
        update(Agreement).where(Agreement.id == second.id).values(service_end_exclusive_at=at("Thu 2032-01-01 00:00"))
    )
    session.refresh(second)

    destroy_all(session)

    certificate = certificates_of(session, first.id)[CONTRACTS]
    assert certificate.shared >= 1  # both name one contract file; the documents are the tenant's
    assert files.content_of(session, second.document) == b"agreement text"
    assert contact_details(session, first.contact).phone == "13000000000"


def test_what_is_the_tenant_s_goes_with_the_last_of_its_agreements(session):
    first = an_expired_agreement(session)
    second = a_paid_agreement(session, order_no="200000000000002")
    advance(session, second, now=at("Wed 2025-07-30 00:00"))

    destroy_all(session)

    assert set(certificates_of(session, second.id)) == set(OF_AGREEMENTS)
    assert contact_details(session, first.contact).phone is None
    files_left = session.scalars(select(StoredFile).where(StoredFile.removed_at.is_(None))).all()
    assert [file.name for file in files_left if file.name == "agreement.md"] == []


def test_a_content_that_comes_in_again_is_kept_again(session):
    agreement = an_expired_agreement(session)
    document = agreement.document
    destroy_all(session)

    row = files.keep(session, b"agreement text", name="again.md", media_type="text/markdown", now=AFTER)

    assert (row.id, row.name) == (document.id, "again.md")
    assert files.content_of(session, row) == b"agreement text"
