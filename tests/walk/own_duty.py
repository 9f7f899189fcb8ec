"""Steps 7 to 9: a source announces a change and we owe the notice; the tenant answers; the end comes near."""

import re

from sqlalchemy import select

from agreements.kernel import clock
from agreements.kernel.db import unit_of_work
from agreements.kernel.money import Money
from agreements.parties.actions import Upload
from agreements.products.models import Product
from agreements.products.sources import ensure_source, link_source
from agreements.register.actions import agreement_of_order, confirm_payment
from compliance.breaches.models import BreachCase
from compliance.expiry.models import ExpiryWarning
from compliance.expiry.rules import WarningState
from compliance.notices.models import Notice
from compliance.notices.rules import NoticeKind
from compliance.obligations.models import Obligation
from compliance.obligations.rules import ObligationCode, ObligationState
from compliance.upstream.actions import Content, Receipt, record_receipt
from compliance.upstream.models import UpstreamImpact
from compliance.upstream.rules import ChangeKind, ImpactState, ReceivedVia, Triage
from tests.builders import at
from tests.walk.ground import FINANCE, OFFICER, ORDER_NO, PRODUCT, TENANT_KEY, Ground, example_agreement

UNPAID_ORDER_NO = "900000000000002"
LATE_ORDER_NO = "900000000000003"


class OwnDuty(Ground):
    """Our own lateness is told as plainly as the tenant's."""

    def announce(self) -> None:
        """A data source's price change reaches us on Fri 2024-11-08 16:40: one working day to tell every tenant"""
        self.tick("Fri 2024-11-08 16:00")
        for order_no in (UNPAID_ORDER_NO, LATE_ORDER_NO):
            arguments = (str(example_agreement(self.folder, order_no)), "--yes", "--product", PRODUCT)
            self.flask("agreements", "import", *arguments, "--tenant-key", TENANT_KEY, "--json")
        self.tick("Fri 2024-11-08 16:45")
        self._receive("核验单价上调", "Fri 2024-11-08 16:40")
        with unit_of_work() as session:  # paid between receipt and dispatch: included
            late, now = agreement_of_order(session, LATE_ORDER_NO), clock.now(session)
            confirm_payment(
                session, late, amount=Money(80000), paid_at=now, reference="PAY-0003", actor=FINANCE, now=now
            )
        before = len(self.mail_server.wire)
        self.tick("Fri 2024-11-08 16:46")
        self.tick("Fri 2024-11-08 16:47")
        assert len(self.mail_server.wire) == before + 1
        letter = self.last_letter()
        assert ORDER_NO in letter
        assert LATE_ORDER_NO in letter
        assert UNPAID_ORDER_NO not in letter
        with unit_of_work() as session:
            duties = self._duties(session)
            assert [duty.overdue_from for duty in duties] == [at("Tue 2024-11-12 00:00")] * 2
            assert [duty.target_at for duty in duties] == [at("Mon 2024-11-11 18:00")] * 2
        self.say(
            "  due Mon 2024-11-11 24:00, internal target 18:00; one letter names both paid orders, not the unpaid one"
        )

    def tell_in_time(self) -> None:
        """The notice arrives when the tenant acknowledges it; each agreement is judged by its own clock"""
        self.tick("Mon 2024-11-11 09:30")
        self.acknowledge_last_mail()
        self.tick("Mon 2024-11-11 09:31")
        with unit_of_work() as session:
            assert {duty.state for duty in self._duties(session)} == {ObligationState.PERFORMED_ON_TIME}
            states = set(session.scalars(select(UpstreamImpact.state)))
            assert states == {ImpactState.NOTIFIED_ON_TIME}
        self.say("  two duties of ours performed on time")

    def answer(self) -> None:
        """The tenant refuses by the one-purpose link: no breach, no refund; the aftermath is open. Looking changes nothing"""
        link = re.search(r"https?://\S+?(/a/\S+)", self.last_letter()).group(1)
        client = self.app.test_client()
        page = client.get(link, base_url="https://localhost")
        assert page.status_code == 200, page.text
        with unit_of_work() as session:
            assert set(session.scalars(select(UpstreamImpact.state))) == {ImpactState.NOTIFIED_ON_TIME}
        self._send_answer(client, link, page.text)
        with unit_of_work() as session:
            assert set(session.scalars(select(UpstreamImpact.state))) == {ImpactState.AFTERMATH_NEGOTIATION}
            assert session.scalars(select(BreachCase)).one()  # the tenant's old one; a refusal opens none
        self.expect("allow")

    def tell_late(self) -> None:
        """A second notice while our scheduler is stopped: started two days late it sends once and records the lateness"""
        self.tick("Fri 2024-11-15 16:45")
        self._receive("返回结果增加字段", "Fri 2024-11-15 16:40", kinds=frozenset({ChangeKind.RESULT_CONTENT}))
        before = len(self.mail_server.wire)
        self.tick("Wed 2024-11-20 10:00")
        self.tick("Wed 2024-11-20 10:01")
        assert len(self.mail_server.wire) == before + 1
        with unit_of_work() as session:
            late = [duty for duty in self._duties(session) if duty.overdue_from == at("Tue 2024-11-19 00:00")]
            assert {duty.state for duty in late} == {ObligationState.OVERDUE}
            assert len(late) == 2
        self.tick("Wed 2024-11-20 11:00")
        self.acknowledge_last_mail()
        self.tick("Wed 2024-11-20 11:01")
        with unit_of_work() as session:
            states = [duty.state for duty in self._duties(session) if duty.overdue_from == at("Tue 2024-11-19 00:00")]
            assert states == [ObligationState.PERFORMED_LATE] * 2
            assert session.scalars(select(BreachCase)).one()  # our lateness opens no case against the tenant
        self.say(
            "  overdue as of 2024-11-19 00:00, sent once on 2024-11-20, performed late: our own breach, shown as such"
        )

    def warn(self) -> None:
        """The end of 2025-07-29 comes near: 30, 15, 7, 3 and 1 days before, on working days; a missed week is one message"""
        told = []
        for instant in ("Fri 2025-06-27 09:00", "Mon 2025-07-14 09:00", "Sat 2025-07-26 10:00", "Mon 2025-07-28 09:00"):
            before = self._warnings_sent()
            self.tick(instant)
            self.tick(instant)
            told.append(self._warnings_sent() - before)
        assert told == [2, 2, 2, 2]  # one letter for each of the two agreements in force, whatever was missed
        with unit_of_work() as session:
            first = agreement_of_order(session, ORDER_NO)
            rows = session.scalars(
                select(ExpiryWarning).where(ExpiryWarning.agreement_id == first.id).order_by(ExpiryWarning.threshold)
            ).all()
            days = {row.threshold: f"{row.due_on:%m-%d}" for row in rows}
            assert days == {1: "07-28", 3: "07-25", 7: "07-22", 15: "07-14", 30: "06-27"}
            assert WarningState.PLANNED not in {row.state for row in rows}
            late = {row.threshold: row.state for row in rows}
            assert (late[3], late[7]) == (WarningState.SENT, WarningState.SKIPPED)
        self.say(
            "  due 06-27, 07-14, 07-22, 07-25 and 07-28 at 09:00; down from the 14th to the 26th: 7 and 3 days in one message"
        )

    def end(self) -> None:
        """The service period ends on 2025-07-29 at 24:00, whether or not a job runs"""
        for instant, *expected in (
            ("Tue 2025-07-29 23:59:59", "allow"),
            ("Wed 2025-07-30 00:00", "deny", "SERVICE_PERIOD_ENDED"),
        ):
            with unit_of_work() as session:
                clock.set_rehearsal_clock(session, at(instant))
            self.say(f"  {instant}")
            self.expect(*expected)

    # What the steps share

    def _receive(
        self, subject: str, received: str, kinds: frozenset[ChangeKind] = frozenset({ChangeKind.PRICE})
    ) -> None:
        with unit_of_work() as session:
            now = clock.now(session)
            source = ensure_source(session, "晨星数据", actor=OFFICER, now=now)
            product = session.scalars(select(Product).where(Product.code == PRODUCT)).one()
            link_source(session, source, product, actor=OFFICER, now=now)
            record_receipt(
                session,
                source,
                Content(kinds=kinds, subject=subject, effective_on=at("Wed 2025-01-01 00:00").date()),
                Receipt(at(received), ReceivedVia.EMAIL, Upload("notice.eml", "message/rfc822", b"From: source")),
                triage=Triage.UPSTREAM_CHANGE,
                actor=OFFICER,
                now=now,
            )

    def _duties(self, session) -> list[Obligation]:
        return list(
            session.scalars(
                select(Obligation)
                .where(Obligation.code == ObligationCode.PROVIDER_UPSTREAM_NOTICE)
                .order_by(Obligation.id)
            )
        )

    def _warnings_sent(self) -> int:
        with unit_of_work() as session:
            return len(session.scalars(select(Notice.id).where(Notice.kind == NoticeKind.EXPIRY_WARNING)).all())

    def _send_answer(self, client, link: str, page: str) -> None:
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        data = {"kind": "refuse", "text": "请协商善后", "said_by": "周经理", "step": "send"}
        if token:
            data["csrf_token"] = token.group(1)
        done = client.post(link, data=data, base_url="https://localhost")
        assert done.status_code in (200, 302, 303), done.text
        self.say("  tenant: refused by the link in the mail")
