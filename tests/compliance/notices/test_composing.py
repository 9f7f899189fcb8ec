"""Letters and their ledger entries: composed, approved, cancelled."""

from dataclasses import replace

import pytest
from jinja2 import UndefinedError
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from agreements.kernel import files
from agreements.kernel.access.rules import SCHEDULER
from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, IllegalMove, InvalidInput, MissingData, NotFound, NotPermitted
from compliance.notices import letters
from compliance.notices.actions import approve, body_text, cancel, compose, notice_of_cause
from compliance.notices.dispatch import enqueue
from compliance.notices.models import Notice, Outbox
from compliance.notices.rules import Fact, Language, NoticeKind, NoticeState, OutboxState
from tests.builders import a_person, day
from tests.builders_notices import (
    ADDRESS,
    DRAFTED_AT,
    PARTICULARS,
    a_draft,
    a_queued_notice,
    a_sent_notice,
    an_approved_notice,
)
from tests.builders_register import APPROVER, OFFICER, OPS, an_onboarded_agreement


def test_clause_4_4_a_demand_says_who_what_by_when_and_what_follows(session):
    notice = a_draft(session)

    said = body_text(session, notice)

    for words in (
        "改正通知",
        notice.number,
        "致：海棠企业管理（武汉）有限公司",
        "发自：青榕数据科技（杭州）有限公司",
        "订单编号 200000000000001",
        "不符合协议第3.3条的约定",
        "2024年9月12日（周四）：贵方营业执照载明的住所发生变更。",
        "至迟于2024年9月27日（周五）24:00（北京时间）前",
        "提交变更后的营业执照副本。",
        "暂停服务",
        "不构成对该项权利的放弃（协议第6.2条）",
        "签署人：张法务",
    ):
        assert words in said
    assert notice.subject == f"改正通知 {notice.number} - 订单 200000000000001"


@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("language", Language)
def test_every_kind_reads_in_both_languages_with_its_number_and_the_reservation(session, kind, language):
    notice = a_draft(session, kind=kind, language=language)

    said = body_text(session, notice)

    assert notice.number in said
    assert "6.2" in said
    assert "5.1" in said
    assert "{{" not in said
    assert "None" not in said
    assert "\n\n\n" not in said


def test_clause_6_1_a_suspension_says_that_it_takes_effect_on_arrival_and_asks_no_consent(session):
    said = body_text(session, a_draft(session, kind=NoticeKind.SUSPENSION_NOTICE))

    assert "自本通知到达贵方时起生效" in said
    assert "无须征得贵方同意" in said


def test_a_cause_has_one_notice_of_a_kind(session):
    first = a_draft(session)

    with pytest.raises(Conflict) as refused:
        a_draft(session, first.agreement)

    assert refused.value.code == "NOTICE_EXISTS"
    assert session.scalars(select(Notice)).all() == [first]
    assert notice_of_cause(session, first.cause, first.kind) is first


def test_clause_5_1_a_notice_never_names_an_agreement_of_somebody_else(session):
    other = an_onboarded_agreement(session, order_no="200000000000002", tenant_name="木槿科技（武汉）有限公司")
    own = an_onboarded_agreement(session, provider_name="青榕数据科技（杭州）有限公司")

    with pytest.raises(NotFound):
        _compose_for(session, own, other)

    assert session.scalars(select(Notice)).all() == []


def _compose_for(session, tenant_of, agreement):
    compose(
        session,
        kind=NoticeKind.SUSPENSION_NOTICE,
        cause="case:9",
        clause="6.1",
        tenant_id=tenant_of.tenant_id,
        agreement_id=agreement.id,
        particulars=PARTICULARS,
        language=Language.ZH,
        stated_due_on=None,
        actor=OFFICER,
        now=DRAFTED_AT,
    )


def test_nothing_is_written_without_a_provider_to_sign(session):
    agreement = an_onboarded_agreement(session, provider_name=None)

    with pytest.raises(MissingData):
        a_draft(session, agreement)

    assert session.scalars(select(Notice)).all() == []


def test_what_a_template_names_and_nobody_gives_fails_before_issue():
    with pytest.raises(UndefinedError):
        letters.render("suspension_notice", 1, Language.ZH, number="LY-1")


def test_a_letter_can_not_be_broken_by_what_is_put_into_it(session):
    agreement = an_onboarded_agreement(
        session, tenant_name="甲\r\nBcc: spy@other.example\r\n公司\u202e", provider_name="海棠{{ number }}数据"
    )
    facts = (Fact(day("Thu 2024-09-12"), "第一行\n第二行 {{ 7*7 }} =cmd|calc"),)

    notice = a_draft(session, agreement, particulars=replace(PARTICULARS, facts=facts))

    said = body_text(session, notice)
    assert "致：甲 Bcc: spy@other.example 公司（下称" in said
    assert "第一行 第二行 {{ 7*7 }} =cmd|calc。" in said
    assert "\u202e" not in said


def test_a_name_of_ten_kilobytes_is_refused_and_nothing_is_written(session):
    agreement = an_onboarded_agreement(session, tenant_name="名" * 10_000)

    with pytest.raises(InvalidInput):
        a_draft(session, agreement)

    assert session.scalars(select(Notice)).all() == []


def test_the_letter_that_was_approved_is_kept_with_its_hash(session):
    notice = an_approved_notice(session)

    content = files.content_of(session, notice.body_file)

    assert notice.body_sha256 == notice.body_file.sha256
    assert content.decode() == body_text(session, notice)
    approved = session.scalar(select(AuditEvent).where(AuditEvent.act == "notice.approved"))
    assert approved.details["sha256"] == notice.body_sha256
    assert (notice.approved_by, notice.pre_approval) == (OFFICER.name, None)


def test_clause_6_1_a_suspension_is_approved_by_an_approver_or_as_counsel_pre_approved(session):
    notice = a_draft(session, kind=NoticeKind.SUSPENSION_NOTICE)

    with pytest.raises(NotPermitted):
        approve(session, notice, actor=OFFICER, now=DRAFTED_AT)
    approve(session, notice, actor=SCHEDULER, now=DRAFTED_AT)

    assert (notice.state, notice.approved_by, notice.pre_approval) == (
        NoticeState.APPROVED,
        None,
        "suspension_notice/v2",
    )


def test_the_scheduler_sends_no_demand_by_itself(session):
    with pytest.raises(NotPermitted):
        a_draft(session, actor=SCHEDULER)
    notice = a_draft(session, an_onboarded_agreement(session, order_no="7"))
    with pytest.raises(NotPermitted):
        approve(session, notice, actor=SCHEDULER, now=DRAFTED_AT)


def test_a_person_without_the_role_drafts_nothing(session):
    with pytest.raises(NotPermitted):
        a_draft(session, actor=OPS)
    with pytest.raises(NotPermitted):
        a_draft(session, an_onboarded_agreement(session, order_no="7"), actor=a_person("auditor"))


def test_a_second_approval_is_an_illegal_move_that_says_what_is_legal(session):
    notice = an_approved_notice(session)

    with pytest.raises(IllegalMove) as refused:
        approve(session, notice, actor=OFFICER, now=DRAFTED_AT)

    assert "enqueue" in str(refused.value)


def test_e_40_a_queued_notice_of_which_nothing_left_is_cancelled(session):
    notice = a_queued_notice(session, kind=NoticeKind.SUSPENSION_NOTICE)

    cancel(session, notice, reason="已改正", actor=OFFICER, now=DRAFTED_AT)

    session.expire_all()
    assert notice.state is NoticeState.CANCELLED
    assert session.scalar(select(Outbox)).state is OutboxState.CANCELLED


def test_e_40_what_may_have_reached_the_tenant_is_not_cancelled(session):
    notice = a_sent_notice(session)

    with pytest.raises(Conflict) as refused:
        cancel(session, notice, reason="已改正", actor=OFFICER, now=DRAFTED_AT)

    assert refused.value.code == "MAY_HAVE_LEFT"


def test_e_13_without_an_address_nothing_is_queued(session):
    notice = an_approved_notice(session)

    for address in (None, "", "  "):
        with pytest.raises(Conflict) as refused:
            enqueue(session, notice, address, actor=OFFICER, now=DRAFTED_AT)
        assert refused.value.code == "NO_USABLE_CHANNEL"

    assert notice.state is NoticeState.APPROVED


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE notice SET state = 'approved'",
        "UPDATE notice SET state = 'queued'",
        "UPDATE notice SET state = 'sent'",
        "UPDATE notice SET state = 'bounced'",
        "UPDATE notice SET state = 'arrived'",
        "UPDATE notice SET state = 'acknowledged'",
        "UPDATE notice SET state = 'cancelled'",
        "UPDATE notice SET state = 'delivered'",
        "UPDATE notice SET stated_due_on = NULL",
        "UPDATE notice SET approved_at = '2024-09-23 00:00:00'",
    ],
)
def test_the_database_refuses_a_state_without_its_facts(session, statement):
    a_draft(session)

    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(text(statement))


def test_an_approver_drafts_and_releases_a_resume_notice(session):
    notice = a_draft(session, kind=NoticeKind.RESUME_NOTICE, actor=APPROVER)
    approve(session, notice, actor=APPROVER, now=DRAFTED_AT)
    outbox = enqueue(session, notice, ADDRESS, actor=APPROVER, now=DRAFTED_AT)

    assert outbox.notice_id == notice.id
    assert notice.state is NoticeState.QUEUED


@pytest.mark.parametrize(
    ("clause", "power"),
    [("3.3 + 4.4", "我方现在该项权利的范围内采取较轻的措施"), ("2.3 + 6.1", "根据协议第6.1条")],
)
def test_clauses_4_4_and_6_1_a_suspension_names_the_power_that_its_ground_gives(clause, power):
    values = {
        "number": "LY-1",
        "drafted_on": day("Sat 2024-09-28"),
        "tenant": "海棠",
        "provider": "清榕",
        "order_no": "1",
        "breached": clause.split(" + ")[0],
        "power": clause.split(" + ")[1],
        "facts": (),
        "requests": (),
        "stated_due_on": None,
        "signatory": "李",
        "earlier_number": None,
        "reply_to": "legal@qingrong.example",
    }

    text = letters.render("suspension_notice", 2, Language.ZH, **values)

    assert power in text
    assert ("第6.1条" in text) is (clause.endswith("6.1"))
    assert "证明材料请送至：legal@qingrong.example。" in text
