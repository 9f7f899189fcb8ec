"""What people do in a rehearsal, one act a method, at the time at which its clock stands."""

from contextlib import contextmanager
from datetime import date

from sqlalchemy import select

from agreements.intake import actions as intake
from agreements.kernel import clock
from agreements.kernel.db import unit_of_work
from agreements.kernel.instants import SHANGHAI, legal_date
from agreements.kernel.money import Money
from agreements.parties.actions import Upload, confirm_notice_address, keep_upload, tenant_of_key
from agreements.parties.documents import record_document
from agreements.parties.platforms import add_platform
from agreements.parties.rules import DocumentType, PlatformKind
from agreements.products.models import Product
from agreements.products.sources import ensure_source, link_source
from agreements.register.actions import agreement_of_order, confirm_payment
from compliance.breaches.actions import accept_rectification, close, confirm, demand_rectification
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import GroundClass
from compliance.breaches.suspension import reinstate
from compliance.changes.actions import record_change
from compliance.changes.models import ChangeEvent
from compliance.changes.notifying import record_change_notice
from compliance.changes.rules import ChangeKind, ChangeSource, NoticeVia
from compliance.notices.arrivals import acknowledge, record_arrival
from compliance.notices.rules import ArrivalBasis, Language
from compliance.obligations.rules import FormLevel
from compliance.service.actions import activate_service
from compliance.upstream.actions import Content, Receipt, record_receipt
from compliance.upstream.rules import ReceivedVia, Triage
from tests.builders import a_person, at, day
from tests.builders_files import a_small_pdf
from tests.builders_notices import link_token

OFFICER = a_person("legal_officer", name="陈法务", person_id=2)
APPROVER = a_person("legal_approver", name="李审批", person_id=3)
OPS = a_person("ops", name="王运维", person_id=4)
FINANCE = a_person("finance", name="赵财务", person_id=5)


class Story:
    """Acts on the rehearsal's clock, with the scheduler's jobs run at each stop."""

    def __init__(self, app, mail_server):
        self.app, self.mail_server = app, mail_server

    def go_to(self, instant):
        """Move the clock and let every job run."""
        self.run_jobs("--as-of", at(instant).astimezone(SHANGHAI).isoformat())

    def run_jobs(self, *arguments):
        result = self.app.test_cli_runner().invoke(args=["jobs", "tick", "--once", *arguments])
        assert result.exit_code == 0, (result.output, result.exception)

    @contextmanager
    def acting(self):
        with self.app.app_context(), unit_of_work() as session:
            yield session, clock.now(session)

    def upload(self, party):
        with self.acting() as (session, now):
            intake.take_in(session, party.contract(), actor=OPS, now=now)

    def register(self, party):
        with self.acting() as (session, now):
            imported = intake.take_in(session, party.contract(), actor=OFFICER, now=now)
            intake.accept_all(session, imported, note="已与订单页面核对", actor=OFFICER, now=now)
            intake.register(
                session, imported, product_code=party.product[0], tenant_key=party.key, actor=OFFICER, now=now
            )

    def pay(self, party):
        with self.acting() as (session, now):
            agreement = agreement_of_order(session, party.order_no)
            confirm_payment(
                session,
                agreement,
                amount=Money(agreement.paid_amount_fen),
                paid_at=now,
                reference=f"PAY-2026-{party.number:04}",
                actor=FINANCE,
                now=now,
            )

    def onboard(self, party, *, open_service=True):
        with self.acting() as (session, now):
            agreement = agreement_of_order(session, party.order_no)
            tenant = agreement.tenant
            record_document(
                session,
                tenant,
                DocumentType.BUSINESS_LICENCE,
                upload=_paper("营业执照副本.pdf"),
                sealed=True,
                number=f"9142EXAMPLE{party.number:05}X",
                issuer="示例市市场监督管理局",
                issued_on=date(2021, 3, 8),
                actor=OFFICER,
                now=now,
            )
            if not open_service:
                return
            record_document(
                session,
                tenant,
                DocumentType.BUSINESS_DESCRIPTION,
                upload=_paper("业务说明.pdf"),
                sealed=False,
                expires_on=date(2027, 6, 30),
                actor=OFFICER,
                now=now,
            )
            record_document(
                session,
                tenant,
                DocumentType.RELATION_PROOF,
                upload=_paper("关系证明.pdf"),
                sealed=True,
                actor=OFFICER,
                now=now,
            )
            confirm_notice_address(
                session,
                tenant,
                party.address,
                signed_on=legal_date(now),
                proof=_paper("送达地址确认书.pdf"),
                actor=OFFICER,
                now=now,
            )
            add_platform(
                session, tenant, PlatformKind.DOMAIN, f"app.{party.key}.example", proof=None, actor=OFFICER, now=now
            )
            activate_service(session, agreement, actor=OPS, now=now)

    def change(self, party, occurred, description="营业执照经营范围变更，新增“数据处理服务”", kind=ChangeKind.LICENCE):
        with self.acting() as (session, now):
            record_change(
                session,
                tenant_of_key(session, party.key),
                kind=kind,
                description=description,
                occurred_on=day(occurred),
                source=ChangeSource.PUBLIC_REGISTER,
                proof=_paper("公示信息.pdf"),
                actor=OFFICER,
                now=now,
            )

    def change_notice(self, party, arrived):
        with self.acting() as (session, now):
            tenant = tenant_of_key(session, party.key)
            changes = list(session.scalars(select(ChangeEvent).where(ChangeEvent.tenant_id == tenant.id)))
            record_change_notice(
                session,
                tenant,
                changes,
                arrived_at=at(arrived),
                form=FormLevel.WRITTEN,
                via=NoticeVia.EMAIL,
                upload=_paper("变更通知.pdf"),
                actor=OFFICER,
                now=now,
            )

    @contextmanager
    def case(self, party):
        with self.acting() as (session, now):
            tenant = tenant_of_key(session, party.key)
            yield session, session.scalars(select(BreachCase).where(BreachCase.tenant_id == tenant.id)).one(), now

    def confirm(self, party):
        with self.case(party) as (session, case, now):
            confirm(
                session,
                case,
                ground_class=GroundClass.OTHER,
                reason="公示信息显示已变更，各收件渠道均无甲方通知",
                version=case.version,
                actor=OFFICER,
                now=now,
            )

    def demand(self, party, due):
        with self.case(party) as (session, case, now):
            demand_rectification(
                session,
                case,
                stated_due_on=day(due),
                language=Language.ZH,
                reason="逾期未通知，先要求改正",
                version=case.version,
                actor=OFFICER,
                now=now,
            )
        self.run_jobs()

    def accept(self, party):
        with self.case(party) as (session, case, now):
            accept_rectification(
                session, case, note="变更后的营业执照已与公示信息核对一致", version=case.version, actor=OFFICER, now=now
            )

    def reinstate_and_close(self, party):
        with self.case(party) as (session, case, now):
            reinstate(
                session,
                case,
                language=Language.ZH,
                reason="改正已由法务接受",
                version=case.version,
                actor=APPROVER,
                now=now,
            )
        with self.case(party) as (session, case, now):
            close(
                session, case, reservation="保留就迟延主张违约责任的权利", version=case.version, actor=OFFICER, now=now
            )
        self.run_jobs()

    def suspension_arrives(self, party, arrived):
        with self.case(party) as (session, case, now):
            record_arrival(
                session,
                case.hold.notice,
                basis=ArrivalBasis.COURIER_RECEIPT,
                arrived_at=at(arrived),
                proof=keep_upload(session, _paper("快递签收回执.pdf"), now=now),
                note="快递签收",
                actor=OFFICER,
                now=now,
            )
        self.run_jobs()

    def source_announces(self, name, product, received, subject, kinds, *, effective, triage=Triage.UPSTREAM_CHANGE):
        """A source's notice about a product, read by legal at once unless `triage` is None; then the jobs run."""
        with self.acting() as (session, now):
            source = ensure_source(session, name, actor=OFFICER, now=now)
            served = session.scalars(select(Product).where(Product.code == product[0])).one()
            link_source(session, source, served, actor=OFFICER, now=now)
            content = Content(frozenset(kinds), subject, effective_on=day(effective))
            receipt = Receipt(at(received), ReceivedVia.EMAIL, _paper("数据源调整通知.pdf"))
            record_receipt(session, source, content, receipt, triage=triage, actor=OFFICER, now=now)
        self.run_jobs()

    def tenant_acknowledges(self, party):
        """By the link in the last mail it got."""
        content = [content for recipient, content in self.mail_server.wire if recipient == party.address][-1]
        with self.acting() as (session, now):
            acknowledge(session, link_token(content), now=now)


def _paper(name):
    return Upload(name, "application/pdf", a_small_pdf(name))
