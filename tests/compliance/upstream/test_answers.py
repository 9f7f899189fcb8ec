"""What a tenant says to a change: by its one-purpose link, or on paper; and what silence is."""

import re
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from agreements.kernel import clock
from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Conflict, IllegalMove, InvalidInput, NotFound, NotPermitted, Stale
from compliance.breaches.models import BreachCase
from compliance.notices.arrivals import acknowledge, arrival_of
from compliance.notices.dispatch import claim_next, message_of
from compliance.notices.models import AnswerLink, Outbox
from compliance.notices.rules import ArrivalBasis, NoticeState
from compliance.notices.sender import lease_of
from compliance.notices.smtp import SmtpTransport
from compliance.obligations.actions import overdue_unrecorded
from compliance.obligations.rules import ObligationCode, ObligationState
from compliance.upstream.aftermath import fail_aftermath, sign_aftermath
from compliance.upstream.answers import answer_by_link, read_link, record_answer, reply, said_by
from compliance.upstream.correcting import Withdrawal, amend, withdraw
from compliance.upstream.judging import record_silence
from compliance.upstream.models import UpstreamAnswer
from compliance.upstream.rules import AnswerKind, ImpactState
from tests.builders import at, day
from tests.builders_compliance import arrive
from tests.builders_register import APPROVER, FINANCE, OFFICER, an_upload
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

ANSWERED = at("Mon 2024-11-11 10:00")


def wire(session, outbox=None):
    """The message as it goes out."""
    outbox = outbox or session.scalars(select(Outbox).order_by(Outbox.id)).first()
    return message_of(session, outbox).content


def token_of(session, outbox=None):
    text = message_from_bytes(wire(session, outbox), policy=policy.default).get_content()
    return re.search(r"/a/([\w-]+)", text).group(1)


def a_notified_change(session, *agreements):
    change = a_change(session, a_source(session))
    run(session, RECEIVED)
    return change


def say(session, kind, *, now=ANSWERED, text="单价过高", who="何法务", **changed):
    return answer_by_link(session, token_of(session), kind, text=text, said_by=who, now=now, **changed)


class TestTheLink:
    def test_looking_changes_nothing_however_often_a_scanner_looks(self, session):
        agreement = an_order(session, 1)
        change = a_notified_change(session)
        before = session.scalars(select(AuditEvent)).all()

        for _ in range(3):
            page = read_link(session, token_of(session), now=ANSWERED)

        assert [impact.agreement_id for impact in page.open] == [agreement.id]
        assert "数据源调整通知" in page.text
        assert session.scalars(select(AuditEvent)).all() == before
        assert impact_of(session, change, agreement).state is ImpactState.PENDING
        assert letters(session)[0].state is NoticeState.QUEUED

    def test_only_its_hash_is_kept_and_a_retry_sends_the_very_same_bytes(self, session):
        an_order(session, 1)
        a_notified_change(session)
        token, first = token_of(session), wire(session)

        lease = lease_of(SmtpTransport("", 0))
        claim_next(session, now=RECEIVED, wall=clock.wall(), lease=lease)
        claim_next(session, now=RECEIVED, wall=clock.wall() + lease * 2, lease=lease)

        assert wire(session) == first
        [link] = session.scalars(select(AnswerLink))
        assert token not in (link.token_sha256, str(link.id))
        assert len(re.findall(rb"Message-ID", first)) == 1

    def test_it_is_another_one_than_that_which_acknowledges_receipt(self, session):
        an_order(session, 1)
        a_notified_change(session)
        text = message_from_bytes(wire(session), policy=policy.default).get_content()
        receipt = re.search(r"/n/([\w-]+)", text).group(1)

        assert receipt != token_of(session)
        with pytest.raises(NotFound):
            read_link(session, receipt, now=ANSWERED)
        with pytest.raises(NotFound):
            acknowledge(session, token_of(session), now=ANSWERED)

    def test_it_ends_after_its_life(self, session):
        an_order(session, 1)
        a_notified_change(session)

        with pytest.raises(NotFound) as unknown:
            read_link(session, token_of(session), now=at("Thu 2025-05-08 00:00"))
        assert unknown.value.code == "LINK_UNKNOWN"
        assert read_link(session, token_of(session), now=at("Wed 2025-05-07 23:59"))

    def test_an_answer_proves_that_the_letter_arrived(self, session):
        agreement = an_order(session, 1)
        change = a_notified_change(session)

        say(session, AnswerKind.ACCEPT, text="")

        impact = impact_of(session, change, agreement)
        assert impact.state is ImpactState.ACCEPTED
        assert impact.obligation.state is ObligationState.PERFORMED_ON_TIME
        arrival = arrival_of(session, impact.notice_id)
        assert (arrival.basis, arrival.arrived_at) == (ArrivalBasis.ACKNOWLEDGED, ANSWERED)
        assert impact.notice.state is NoticeState.ACKNOWLEDGED
        assert run(session, ANSWERED) == 1  # all tenants know now
        assert run(session, ANSWERED) == 0


class TestAnswers:
    def test_each_order_of_a_letter_may_be_answered_apart(self, session):
        first, second = an_order(session, 1, "甲"), an_order(session, 2, "甲")
        change = a_notified_change(session)

        say(session, AnswerKind.ACCEPT, impact_ids=[impact_of(session, change, first).id])
        assert [each.agreement_id for each in read_link(session, token_of(session), now=ANSWERED).open] == [second.id]
        say(session, AnswerKind.REFUSE)

        assert impact_of(session, change, first).state is ImpactState.ACCEPTED
        assert impact_of(session, change, second).state is ImpactState.AFTERMATH_NEGOTIATION

    def test_e_29_a_refusal_is_no_breach_and_opens_the_aftermath(self, session):
        agreement = an_order(session, 1)
        change = a_notified_change(session)

        say(session, AnswerKind.REFUSE)

        impact = impact_of(session, change, agreement)
        assert impact.state is ImpactState.AFTERMATH_NEGOTIATION
        reminder = impact.aftermath_obligation
        assert (reminder.code, reminder.due_on) == (ObligationCode.AFTERMATH_AGREEMENT, day("Mon 2024-11-25"))
        assert reminder.id not in overdue_unrecorded(session, due_by=at("Mon 2025-11-24 00:00"))  # it only reminds
        assert session.scalars(select(BreachCase)).all() == []
        assert agreement.paid_amount_fen == 80000

    def test_the_aftermath_is_signed_by_both_or_fails_without_a_breach(self, session):
        first, second = an_order(session, 1, "甲"), an_order(session, 2, "甲")
        change = a_notified_change(session)
        say(session, AnswerKind.REFUSE)
        signed, failed = impact_of(session, change, first), impact_of(session, change, second)
        now = at("Wed 2024-11-20 10:00")
        given = {"signed_at": now, "note": "", "now": now}
        with pytest.raises(NotPermitted):
            sign_aftermath(session, signed, upload=an_upload(), actor=OFFICER, **given)
        with pytest.raises(InvalidInput):
            sign_aftermath(session, signed, upload=None, actor=APPROVER, **given)

        sign_aftermath(session, signed, upload=an_upload("善后协议.pdf"), actor=APPROVER, **given)
        fail_aftermath(session, failed, reason="未能达成一致", actor=APPROVER, now=now)

        assert signed.state is ImpactState.AFTERMATH_SIGNED
        assert signed.aftermath_obligation.state is ObligationState.PERFORMED_ON_TIME
        assert failed.state is ImpactState.AFTERMATH_FAILED
        assert failed.aftermath_obligation.state is ObligationState.VOID
        assert session.scalars(select(BreachCase)).all() == []

    def test_a_question_is_kept_answered_once_and_is_no_silence(self, session):
        agreement = an_order(session, 1)
        change = a_notified_change(session)

        [question] = say(session, AnswerKind.ASK, text="新单价何时开票？")
        run(session, at("Tue 2024-11-19 09:00"))
        assert impact_of(session, change, agreement).state is ImpactState.NOTIFIED_ON_TIME
        with pytest.raises(NotPermitted):
            reply(session, question, text="自12月起", actor=FINANCE, now=at("Tue 2024-11-19 09:30"))
        reply(session, question, text="自12月起", actor=OFFICER, now=at("Tue 2024-11-19 09:30"))
        with pytest.raises(Stale):
            reply(session, question, text="再答", actor=OFFICER, now=at("Tue 2024-11-19 09:31"))
        run(session, at("Tue 2024-11-19 10:00"))

        assert impact_of(session, change, agreement).state is ImpactState.NOTIFIED_ON_TIME
        shown = read_link(session, token_of(session), now=at("Tue 2024-11-19 10:01"))
        assert shown.answers[impact_of(session, change, agreement).id][0].reply == "自12月起"

    def test_questions_do_not_pile_up(self, session):
        an_order(session, 1)
        a_notified_change(session)
        for _ in range(5):
            say(session, AnswerKind.ASK)

        with pytest.raises(Conflict) as refused:
            say(session, AnswerKind.ASK)
        assert refused.value.code == "QUESTIONS_WAIT"

    @pytest.mark.parametrize("kind", [AnswerKind.ACCEPT, AnswerKind.REFUSE])
    def test_what_was_said_is_not_replaced(self, session, kind):
        an_order(session, 1)
        a_notified_change(session)
        say(session, AnswerKind.ACCEPT)

        with pytest.raises(Conflict) as refused:
            say(session, kind)
        assert refused.value.code == "ANSWERED"
        assert say(session, AnswerKind.ASK)

    @pytest.mark.parametrize(
        ("kind", "text", "who", "field"),
        [
            (AnswerKind.REFUSE, "  ", "何法务", "text"),
            (AnswerKind.ASK, "", "何法务", "text"),
            (AnswerKind.ACCEPT, "", "  ", "said_by"),
            (AnswerKind.ACCEPT, "", "名" * 81, "said_by"),
            (AnswerKind.ASK, "问" * 2001, "何法务", "text"),
        ],
    )
    def test_a_refusal_needs_its_ground_and_every_answer_a_name(self, session, kind, text, who, field):
        an_order(session, 1)
        a_notified_change(session)

        with pytest.raises(InvalidInput) as refused:
            say(session, kind, text=text, who=who)
        assert refused.value.field == field
        assert letters(session)[0].state is NoticeState.QUEUED

    def test_nobody_answers_for_an_order_of_another_tenant(self, session):
        an_order(session, 1, "甲")
        other = an_order(session, 2, "乙")
        change = a_notified_change(session)

        with pytest.raises(InvalidInput):
            say(session, AnswerKind.ACCEPT, impact_ids=[impact_of(session, change, other).id])

    def test_the_name_is_kept_encrypted(self, session):
        an_order(session, 1)
        a_notified_change(session)
        [answer] = say(session, AnswerKind.ACCEPT)

        assert "何法务" not in answer.said_by_sealed
        assert said_by(session, answer) == "何法务"


class TestOnPaper:
    def given(self, **changed):
        values = {
            "text": "我司接受",
            "said_by": "",
            "answered_at": at("Tue 2024-11-12 10:00"),
            "upload": an_upload("复函.pdf"),
            "actor": OFFICER,
            "now": at("Tue 2024-11-12 11:00"),
        }
        return values | changed

    def test_an_officer_records_it_with_its_proof(self, session):
        agreement = an_order(session, 1)
        change = a_notified_change(session)
        impact = impact_of(session, change, agreement)
        with pytest.raises(IllegalMove):
            record_answer(session, impact, AnswerKind.ACCEPT, **self.given())  # our letter has not arrived
        arrive(session, letters(session)[0], ANSWERED)
        run(session, ANSWERED)
        session.refresh(impact)

        with pytest.raises(InvalidInput):
            record_answer(session, impact, AnswerKind.ACCEPT, **self.given(upload=None))
        with pytest.raises(InvalidInput):
            record_answer(session, impact, AnswerKind.ACCEPT, **self.given(answered_at=at("Fri 2024-11-08 16:00")))
        with pytest.raises(NotPermitted):
            record_answer(session, impact, AnswerKind.ACCEPT, **self.given(actor=FINANCE))
        answer = record_answer(session, impact, AnswerKind.ACCEPT, **self.given())

        assert (impact.state, answer.recorded_at) == (ImpactState.ACCEPTED, at("Tue 2024-11-12 11:00"))
        [event] = session.scalars(select(AuditEvent).where(AuditEvent.act == "upstream_impact.accept"))
        assert event.as_of == at("Tue 2024-11-12 10:00")


class TestSilence:
    def test_e_28_silence_is_never_acceptance_and_counts_from_arrival(self, session):
        agreement = an_order(session, 1)
        change = a_notified_change(session)
        arrive(session, letters(session)[0], at("Mon 2024-11-11 09:00"))
        run(session, at("Mon 2024-11-11 09:01"))

        impact = impact_of(session, change, agreement)
        assert impact.answer_due_on == day("Mon 2024-11-18")
        run(session, at("Mon 2024-11-18 23:59:59"))
        assert impact_of(session, change, agreement).state is ImpactState.NOTIFIED_ON_TIME
        run(session, at("Sun 2024-12-22 00:00"))  # late on purpose
        assert impact_of(session, change, agreement).state is ImpactState.NO_RESPONSE
        [event] = session.scalars(select(AuditEvent).where(AuditEvent.act == "upstream_impact.lapse"))
        assert event.as_of == at("Tue 2024-11-19 00:00")
        assert session.scalars(select(UpstreamAnswer)).all() == []

    def test_who_waited_for_our_reply_has_the_whole_period_from_it(self, session):
        agreement = an_order(session, 1)
        change = a_notified_change(session)
        arrive(session, letters(session)[0], at("Mon 2024-11-11 09:00"))
        run(session, at("Mon 2024-11-11 09:01"))
        first, second = (say(session, AnswerKind.ASK, now=at("Fri 2024-11-15 10:00"))[0] for _ in range(2))
        replied = at("Wed 2024-11-20 10:00")

        reply(session, first, text="不影响", actor=OFFICER, now=replied)
        assert impact_of(session, change, agreement).answer_due_on == day("Mon 2024-11-18")
        assert not record_silence(session, first.impact_id, now=replied)  # found before the second question came
        reply(session, second, text="不影响", actor=OFFICER, now=replied)
        run(session, at("Wed 2024-11-27 23:59:59"))

        impact = impact_of(session, change, agreement)
        assert (impact.state, impact.answer_due_on) == (ImpactState.NOTIFIED_ON_TIME, day("Wed 2024-11-27"))
        run(session, at("Thu 2024-11-28 00:00"))
        assert impact_of(session, change, agreement).state is ImpactState.NO_RESPONSE

    def test_a_reply_in_time_takes_nothing_from_the_period(self, session):
        agreement = an_order(session, 1)
        change = a_notified_change(session)
        arrive(session, letters(session)[0], at("Tue 2024-11-12 09:00"))
        run(session, at("Tue 2024-11-12 09:01"))
        [asked] = say(session, AnswerKind.ASK, now=at("Tue 2024-11-12 10:00"))

        reply(session, asked, text="不影响", actor=OFFICER, now=at("Tue 2024-11-12 11:00"))

        assert impact_of(session, change, agreement).answer_due_on == day("Tue 2024-11-19")

    def test_a_late_answer_is_still_one(self, session):
        agreement = an_order(session, 1)
        change = a_notified_change(session)
        arrive(session, letters(session)[0], at("Mon 2024-11-11 09:00"))
        run(session, at("Tue 2024-11-26 09:00"))

        say(session, AnswerKind.ACCEPT, now=at("Wed 2024-11-27 09:00"))

        assert impact_of(session, change, agreement).state is ImpactState.ACCEPTED


class TestWhatIsPast:
    def test_a_corrected_notice_is_no_longer_answered(self, session):
        agreement = an_order(session, 1)
        change = a_notified_change(session)
        arrive(session, letters(session)[0], ANSWERED)
        run(session, ANSWERED)
        now = at("Tue 2024-11-12 09:00")
        amend(session, change, content(subject="更正"), a_receipt(now), version=change.version, actor=OFFICER, now=now)

        assert read_link(session, token_of(session), now=now).open == []
        with pytest.raises(Conflict):
            say(session, AnswerKind.ACCEPT, now=now)
        assert impact_of(session, change, agreement).state is ImpactState.NOTIFIED_ON_TIME

    def test_talks_end_where_the_source_takes_its_change_back(self, session):
        agreement = an_order(session, 1)
        change = a_notified_change(session)
        say(session, AnswerKind.REFUSE)
        run(session, ANSWERED)
        now = at("Tue 2024-11-12 09:00")
        withdraw(session, change, Withdrawal(now, "维持原价"), version=change.version, actor=OFFICER, now=now)
        run(session, now)

        arrive(session, letters(session)[1], at("Tue 2024-11-12 10:00"))
        run(session, at("Tue 2024-11-12 10:01"))

        impact = impact_of(session, change, agreement)
        assert impact.state is ImpactState.WITHDRAWN
        assert impact.aftermath_obligation.state is ObligationState.VOID
