"""E-31, E-32: the source corrects its announcement or takes it back, before or after our letters went out."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from agreements.kernel import clock
from agreements.kernel.errors import Conflict, IllegalMove, InvalidInput, NotPermitted
from agreements.kernel.instants import start_of
from compliance.alarms.actions import open_alarms
from compliance.gateway.actions import decide_call
from compliance.notices.actions import body_text
from compliance.notices.dispatch import claim_next
from compliance.notices.rules import NoticeKind, NoticeState
from compliance.notices.sender import lease_of
from compliance.notices.smtp import SmtpTransport
from compliance.obligations.models import Obligation
from compliance.obligations.rules import ObligationCode, ObligationState
from compliance.upstream.answers import is_open
from compliance.upstream.correcting import Withdrawal, amend, withdraw
from compliance.upstream.deciding import close, exempt
from compliance.upstream.rules import ChangeKind, ChangeState, ImpactState, Triage
from tests.builders import at, day
from tests.builders_compliance import an_agreement_in_service, arrive
from tests.builders_register import APPROVER, OFFICER, an_upload
from tests.builders_upstream import (
    RECEIVED,
    a_change,
    a_receipt,
    a_source,
    an_order,
    content,
    impact_of,
    letters,
    run,
)

CORRECTED = at("Mon 2024-11-11 11:00")
WITHDRAWN = at("Tue 2024-11-12 15:00")
AMENDED_CONTENT = content(summary="更正：自2025年1月1日起上调", effective_on=day("Wed 2025-01-01"))


def leave(session, now):
    """A sender takes the oldest message: from here on a copy may be on the wire."""
    assert claim_next(session, now=now, wall=clock.wall(), lease=lease_of(SmtpTransport("", 0)))


def correct(session, change, *, now=CORRECTED, given=AMENDED_CONTENT, received=None):
    return amend(session, change, given, a_receipt(received or now), version=change.version, actor=OFFICER, now=now)


def take_back(session, change, *, now=WITHDRAWN, actor=OFFICER, **changed):
    withdraw(
        session,
        change,
        Withdrawal(changed.pop("received_at", now), "数据源方决定维持原价", an_upload("撤回.pdf")),
        version=change.version,
        actor=actor,
        now=now,
        **changed,
    )


class TestCorrection:
    def test_e_32_it_is_a_receipt_of_its_own_and_the_old_duty_stays(self, session):
        agreement = an_order(session, 1)
        change = a_change(session, a_source(session))
        run(session, RECEIVED)
        leave(session, RECEIVED)

        correction = correct(session, change)
        run(session, CORRECTED)

        assert (change.state, correction.amends_id) == (ChangeState.AMENDED, change.id)
        old, new = impact_of(session, change, agreement), impact_of(session, correction, agreement)
        assert old.obligation.due_on == day("Mon 2024-11-11")
        assert old.obligation.state is ObligationState.OPEN
        assert new.obligation.due_on == day("Tue 2024-11-12")
        first, second = letters(session)
        said = body_text(session, second)
        assert f"本通知更正我方编号为 {first.number} 的通知" in said
        assert "2024年11月11日（周一）：我方接到数据源方的更正通知，更正后内容为：更正：自2025年1月1日起" in said
        assert old.notice_id == first.id

    def test_where_the_first_letter_can_not_have_left_one_letter_says_both_and_performs_both(self, session):
        agreement = an_order(session, 1)
        change = a_change(session, a_source(session))
        run(session, RECEIVED)

        correction = correct(session, change)
        run(session, CORRECTED)
        first, second = letters(session)
        arrive(session, second, at("Tue 2024-11-12 10:00"))
        run(session, at("Tue 2024-11-12 10:01"))

        assert first.state is NoticeState.CANCELLED
        said = body_text(session, second)
        assert "前一通知编号" not in said
        assert "内容为：自2024年12月1日起" in said
        old, new = impact_of(session, change, agreement), impact_of(session, correction, agreement)
        assert old.notice_id == new.notice_id == second.id
        assert (old.obligation.state, new.obligation.state) == (
            ObligationState.PERFORMED_LATE,  # it was due on Monday
            ObligationState.PERFORMED_ON_TIME,
        )

    def test_an_announcement_corrected_before_anybody_read_or_mapped_it_is_still_owed(self, session):
        agreement = an_order(session, 1)
        change = a_change(session, a_source(session), triage=None)

        correction = correct(session, change)
        run(session, CORRECTED)

        assert impact_of(session, change, agreement).obligation.due_on == day("Mon 2024-11-11")
        [letter] = letters(session)
        assert impact_of(session, change, agreement).notice_id == letter.id
        assert impact_of(session, correction, agreement).notice_id == letter.id

    @pytest.mark.parametrize("mailed", ["unwritten", "queued", "arrived"])
    def test_what_the_correction_no_longer_touches_is_told_so(self, session, mailed):
        kept, dropped = (
            an_agreement_in_service(
                session,
                order_no=f"20000000000000{number}",
                tenant_name=f"示例{name}科技（武汉）有限公司",
                address=f"{number}@tenant.example",
                product_code=code,
            )
            for number, name, code in ((1, "甲", "id2-verify"), (2, "乙", "face-verify"))
        )
        stops = frozenset({ChangeKind.FULL_CANCELLATION})
        change = a_change(
            session,
            a_source(session, "id2-verify", "face-verify"),
            kinds=stops,
            triage=None if mailed == "unwritten" else Triage.UPSTREAM_CHANGE,
        )
        run(session, RECEIVED)
        first = impact_of(session, change, dropped).notice
        if mailed == "arrived":
            arrive(session, first, at("Fri 2024-11-08 16:50"))
            run(session, at("Fri 2024-11-08 16:51"))

        correction = correct(session, change, given=replace(AMENDED_CONTENT, kinds=stops, products=(kept.product,)))
        run(session, CORRECTED)

        impact = impact_of(session, correction, dropped)
        said = body_text(session, impact.notice)
        assert "自2024年12月1日起" in said
        assert "更正后内容为：更正：自2025年1月1日起" in said
        assert "更正后的调整不再涉及贵方上述订单，服务照常提供。" in said
        assert [words in said for words in ("不再支持", "不再提供", "三、贵方的答复")] == [False] * 3
        assert "不再支持以下订单" in body_text(session, impact_of(session, correction, kept).notice)
        assert not is_open(impact)
        if mailed == "arrived":
            assert f"本通知更正我方编号为 {first.number} 的通知" in said
        elif mailed == "queued":
            assert first.state is NoticeState.CANCELLED
        old = impact_of(session, change, dropped)
        assert old.notice is (first if mailed == "arrived" else impact.notice)
        called_at = start_of(AMENDED_CONTENT.effective_on)
        for each, denied in ((dropped, False), (kept, True)):
            decision = decide_call(session, each.tenant.tenant_key, each.product.code, now=called_at)
            assert bool(decision.reason_codes) is denied

        arrive(session, impact.notice, at("Mon 2024-11-11 15:00"))
        run(session, at("Mon 2024-11-11 15:01"))
        impact = impact_of(session, correction, dropped)
        assert (impact.state, impact.answer_due_on) == (ImpactState.NOT_APPLICABLE, None)
        assert impact.obligation.state is ObligationState.PERFORMED_ON_TIME
        assert impact_of(session, change, dropped).obligation.state is ObligationState.PERFORMED_ON_TIME

    def test_one_tenant_reads_in_one_letter_what_stays_and_what_does_not(self, session):
        kept, dropped = an_order(session, 1, "甲"), an_order(session, 2, "甲", product_code="face-verify")
        change = a_change(session, a_source(session, "id2-verify", "face-verify"))

        correction = correct(session, change, given=replace(AMENDED_CONTENT, products=(kept.product,)))
        run(session, CORRECTED)

        [letter] = letters(session)
        said = body_text(session, letter)
        assert "更正后的调整不再涉及贵方以下订单" in said
        assert f"\n订单编号 {dropped.order_no}\n" in said
        assert f"\n订单编号 {kept.order_no}\n" not in said
        assert "三、贵方的答复" in said
        assert is_open(impact_of(session, correction, kept))
        assert not is_open(impact_of(session, correction, dropped))

    def test_a_queued_correction_is_stopped_by_the_next(self, session):
        agreement = an_order(session, 1)
        change = a_change(session, a_source(session))
        correction = correct(session, change)
        run(session, CORRECTED)

        last = correct(session, correction, now=at("Mon 2024-11-11 12:00"))
        run(session, at("Mon 2024-11-11 12:01"))

        first, second = letters(session)
        assert (first.state, second.state) == (NoticeState.CANCELLED, NoticeState.QUEUED)
        for each in (change, correction, last):
            assert impact_of(session, each, agreement).notice_id == second.id

    def test_it_can_not_come_before_what_it_corrects(self, session):
        an_order(session, 1)
        change = a_change(session, a_source(session))

        with pytest.raises(InvalidInput):
            correct(session, change, received=at("Fri 2024-11-08 16:39"))

    def test_a_correction_can_be_corrected_and_only_once_each(self, session):
        agreement = an_order(session, 1)
        change = a_change(session, a_source(session))
        correction = correct(session, change)
        with pytest.raises(IllegalMove):
            correct(session, change, now=WITHDRAWN)

        last = correct(
            session, correction, now=WITHDRAWN, given=replace(AMENDED_CONTENT, effective_on=day("Mon 2025-02-03"))
        )
        run(session, WITHDRAWN)

        [letter] = [each for each in letters(session) if each.state is not NoticeState.CANCELLED]
        for each in (change, correction, last):
            assert impact_of(session, each, agreement).notice_id == letter.id


class TestWithdrawal:
    def test_e_31_each_tenant_is_told_within_a_working_day_of_the_withdrawal(self, session):
        agreement = an_order(session, 1)
        change = a_change(session, a_source(session))
        run(session, RECEIVED)
        arrive(session, letters(session)[0], at("Mon 2024-11-11 09:00"))
        run(session, at("Mon 2024-11-11 09:01"))

        take_back(session, change)
        run(session, WITHDRAWN)

        impact = impact_of(session, change, agreement)
        duty = impact.withdrawal_obligation
        assert (duty.code, duty.due_on) == (
            ObligationCode.PROVIDER_UPSTREAM_WITHDRAWAL_NOTICE,
            day("Wed 2024-11-13"),
        )
        first, second = letters(session)
        assert second.kind is NoticeKind.UPSTREAM_WITHDRAWAL_NOTICE
        assert f"编号为 {first.number} 的通知所述的调整不再执行" in body_text(session, second)
        assert impact.state is ImpactState.NOTIFIED_ON_TIME

        arrive(session, second, at("Wed 2024-11-13 10:00"))
        run(session, at("Wed 2024-11-13 10:01"))
        assert impact_of(session, change, agreement).state is ImpactState.WITHDRAWN
        assert duty.state is ObligationState.PERFORMED_ON_TIME
        assert run(session, at("Wed 2024-11-13 10:02")) == 0
        close(session, change, note="", version=change.version, actor=OFFICER, now=at("Wed 2024-11-13 11:00"))
        assert change.state is ChangeState.CLOSED

    def test_before_our_letter_went_out_one_message_says_both(self, session):
        agreement = an_order(session, 1)
        change = a_change(session, a_source(session), triage=None)
        run(session, RECEIVED)

        take_back(session, change, now=at("Mon 2024-11-11 10:00"))
        run(session, at("Mon 2024-11-11 10:01"))
        [letter] = letters(session)
        arrive(session, letter, at("Mon 2024-11-11 15:00"))
        run(session, at("Mon 2024-11-11 15:01"))

        said = body_text(session, letter)
        assert "现将该调整及其撤回一并通知贵方" in said
        assert "内容为：自2024年12月1日起" in said
        impact = impact_of(session, change, agreement)
        assert impact.state is ImpactState.WITHDRAWN
        assert impact.obligation.state is ObligationState.PERFORMED_ON_TIME
        assert impact.withdrawal_obligation.state is ObligationState.PERFORMED_ON_TIME

    def test_a_letter_still_in_the_outbox_is_stopped_for_it(self, session):
        agreement = an_order(session, 1)
        change = a_change(session, a_source(session))
        run(session, RECEIVED)

        take_back(session, change, now=at("Fri 2024-11-08 17:00"))
        run(session, at("Fri 2024-11-08 17:01"))

        first, second = letters(session)
        assert (first.state, second.state) == (NoticeState.CANCELLED, NoticeState.QUEUED)
        assert "一并通知贵方" in body_text(session, second)
        assert impact_of(session, change, agreement).notice_id is None

    def test_minfadian_141_a_withdrawal_that_arrives_first_tells_of_the_change_too(self, session):
        agreement = an_order(session, 1)
        change = a_change(session, a_source(session))
        run(session, RECEIVED)
        leave(session, RECEIVED)
        take_back(session, change, now=at("Mon 2024-11-11 10:00"))
        run(session, at("Mon 2024-11-11 10:01"))
        first, second = letters(session)

        arrive(session, second, at("Mon 2024-11-11 12:00"), now=at("Wed 2024-11-13 12:00"))
        arrive(session, first, at("Wed 2024-11-13 11:00"), now=at("Wed 2024-11-13 12:00"))
        run(session, at("Wed 2024-11-13 12:01"))

        impact = impact_of(session, change, agreement)
        assert impact.obligation.performed_at == at("Mon 2024-11-11 12:00")
        assert impact.obligation.state is ObligationState.PERFORMED_ON_TIME
        assert impact.state is ImpactState.WITHDRAWN

    def test_unmapped_and_unread_it_is_still_owed(self, session):
        agreement = an_order(session, 1)
        change = a_change(session, a_source(session), triage=None)

        take_back(session, change, now=at("Fri 2024-11-08 17:00"))
        run(session, at("Fri 2024-11-08 17:01"))

        assert impact_of(session, change, agreement).withdrawal_notice is not None
        assert change.state is ChangeState.WITHDRAWN

    def test_an_approver_may_close_it_without_a_word_while_nothing_was_said_and_nothing_is_late(self, session):
        agreement = an_order(session, 1)
        change = a_change(session, a_source(session), triage=None)
        run(session, RECEIVED)
        with pytest.raises(NotPermitted):
            take_back(session, change, now=CORRECTED, without_notice=True)

        take_back(session, change, now=CORRECTED, without_notice=True, actor=APPROVER)

        impact = impact_of(session, change, agreement)
        assert (impact.state, impact.obligation.state) == (ImpactState.WITHDRAWN, ObligationState.VOID)
        assert impact.obligation.void_reason == "数据源方决定维持原价"
        assert run(session, CORRECTED) == 0
        assert letters(session) == []
        assert open_alarms(session) == []

    def test_so_it_may_while_a_composed_letter_waits_in_the_outbox(self, session):
        agreement = an_order(session, 1)
        change = a_change(session, a_source(session))
        run(session, RECEIVED)

        take_back(session, change, now=CORRECTED, without_notice=True, actor=APPROVER)
        run(session, CORRECTED)

        [letter] = letters(session)
        assert letter.state is NoticeState.CANCELLED
        assert impact_of(session, change, agreement).state is ImpactState.WITHDRAWN

    def test_not_once_a_copy_may_have_left(self, session):
        an_order(session, 1)
        change = a_change(session, a_source(session))
        run(session, RECEIVED)
        leave(session, RECEIVED)

        with pytest.raises(Conflict) as refused:
            take_back(session, change, now=CORRECTED, without_notice=True, actor=APPROVER)
        assert refused.value.code == "MAY_HAVE_LEFT"

    def test_not_once_we_are_late(self, session):
        an_order(session, 1)
        change = a_change(session, a_source(session), triage=None)
        run(session, RECEIVED)

        with pytest.raises(Conflict) as refused:
            take_back(session, change, now=WITHDRAWN, without_notice=True, actor=APPROVER)
        assert refused.value.code == "OVERDUE"

    def test_the_withdrawal_of_a_correction_tells_the_whole_story(self, session):
        agreement = an_order(session, 1)
        change = a_change(session, a_source(session), triage=None)
        correction = correct(session, change)

        take_back(session, correction)
        run(session, WITHDRAWN)

        [letter] = letters(session)
        said = body_text(session, letter)
        assert [words in said for words in ("自2024年12月1日起上调", "自2025年1月1日起上调", "撤回上述调整")] == [
            True
        ] * 3
        assert impact_of(session, change, agreement).notice_id == letter.id
        arrive(session, letter, at("Wed 2024-11-13 10:00"))
        run(session, at("Wed 2024-11-13 10:01"))
        states = {duty.state for duty in session.scalars(select(Obligation))}
        assert states <= {ObligationState.PERFORMED_LATE, ObligationState.PERFORMED_ON_TIME}

    @pytest.mark.parametrize(
        "received", ["Fri 2024-11-08 16:39", "Tue 2024-11-12 15:01"], ids=["before the change", "in the future"]
    )
    def test_its_receipt_lies_between_the_change_s_and_now(self, session, received):
        an_order(session, 1)
        change = a_change(session, a_source(session))

        with pytest.raises(InvalidInput):
            take_back(session, change, received_at=at(received))

    def test_an_agreement_found_not_affected_afterwards_is_owed_neither(self, session):
        agreement = an_order(session, 1)
        change = a_change(session, a_source(session), triage=None)
        take_back(session, change, now=CORRECTED)

        impact = impact_of(session, change, agreement)
        exempt(session, impact, reason="未使用该接口", actor=APPROVER, now=CORRECTED)
        run(session, CORRECTED)

        assert impact.withdrawal_obligation.state is ObligationState.VOID
        assert letters(session) == []
