"""Steps 1 to 6: an agreement is read and registered; the tenant's duty runs, is missed, and is made good."""

import json

from sqlalchemy import func, select

from agreements.kernel import clock
from agreements.kernel.access.keys import issue_key
from agreements.kernel.access.models import Scope
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.db import unit_of_work
from agreements.kernel.money import Money
from agreements.parties.actions import Upload, confirm_notice_address
from agreements.parties.documents import record_document
from agreements.parties.rules import DocumentType
from agreements.register.actions import agreement_of_order, confirm_payment
from compliance.breaches.actions import accept_rectification, confirm, demand_rectification
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import CaseState, GroundClass
from compliance.breaches.suspension import reinstate
from compliance.changes.actions import record_change
from compliance.changes.models import ChangeEvent
from compliance.changes.notifying import record_change_notice
from compliance.changes.rules import ChangeKind, ChangeSource, NoticeVia
from compliance.notices.models import Notice
from compliance.notices.rules import Language, NoticeState
from compliance.obligations.models import Obligation
from compliance.obligations.rules import FormLevel, ObligationState
from compliance.service.actions import activate_service
from compliance.service.models import Hold
from tests.builders import at, day
from tests.builders_files import a_small_pdf
from tests.walk.ground import (
    APPROVER,
    DESIGNATED_ADDRESS,
    FINANCE,
    OFFICER,
    OPS,
    ORDER_NO,
    PRODUCT,
    TENANT_KEY,
    Ground,
    example_agreement,
)


class TenantDuty(Ground):
    """Each step says what it did and fails where the product does not keep its promise."""

    def read(self) -> None:
        """The agreement is read: fields by labels and meaning, warnings instead of guesses"""
        draft = json.loads(self.flask("agreements", "read", str(example_agreement(self.folder)), "--json"))
        self.say(f"  order {draft['order']['order_no']}: {draft['order']['spec_text']}, {draft['order']['service_start']}"
                 f" – {draft['order']['service_end']} ({draft['derived']['service_days']} days)")  # fmt: skip
        self.say(f"  warnings: {', '.join(draft['warnings'])}")
        assert draft["derived"]["quota_total"] == 30000
        assert draft["changed_terms"] == []
        assert set(draft["warnings"]) == {
            "purchaser_account_mismatch",
            "party_a_contact_is_company_name",
            "signed_on_non_working_day",
        }

    def register(self) -> None:
        """It is registered once; importing the order again changes nothing"""
        arguments = ("--yes", "--product", PRODUCT, "--tenant-key", TENANT_KEY)
        path = str(example_agreement(self.folder))
        first = json.loads(self.flask("agreements", "import", path, *arguments, "--json"))
        again = json.loads(self.flask("agreements", "import", path, *arguments, "--json"))
        assert [row["created"] for row in (*first, *again)] == [True, False]
        with unit_of_work() as session:
            _, self.key = issue_key(
                session,
                name="rehearsal gateway",
                scopes=[Scope.STATUS, Scope.DECIDE],
                actor=OPERATOR,
                now=clock.now(session),
                wall=clock.wall(),
            )
        self.say("  registered; a second import reported the order as known")
        self.expect("deny", "AGREEMENT_NOT_EFFECTIVE")

    def activate(self) -> None:
        """Payment, notice address and documents are recorded; only then is the service open"""
        proof = Upload("proof.pdf", "application/pdf", a_small_pdf("rehearsal"))
        with unit_of_work() as session:
            agreement, now = agreement_of_order(session, ORDER_NO), clock.now(session)
            confirm_payment(
                session, agreement, amount=Money(80000), paid_at=now, reference="PAY-0001", actor=FINANCE, now=now
            )
        self.expect("deny", "ONBOARDING_INCOMPLETE")
        with unit_of_work() as session:
            agreement, now = agreement_of_order(session, ORDER_NO), clock.now(session)
            confirm_notice_address(
                session,
                agreement.tenant,
                DESIGNATED_ADDRESS,
                signed_on=day("Sun 2024-07-28"),
                proof=proof,
                actor=OFFICER,
                now=now,
            )
            for kind in (DocumentType.BUSINESS_LICENCE, DocumentType.BUSINESS_DESCRIPTION, DocumentType.RELATION_PROOF):
                record_document(session, agreement.tenant, kind, upload=proof, sealed=True, actor=OFFICER, now=now)
            activate_service(session, agreement, actor=OPS, now=now)
        self.expect("allow")

    def change(self) -> None:
        """The business licence changed on Thu 2024-09-12: five working days run from the change"""
        self.tick("Thu 2024-09-12 15:00")
        with unit_of_work() as session:
            record_change(
                session,
                agreement_of_order(session, ORDER_NO).tenant,
                kind=ChangeKind.LICENCE,
                description="营业执照经营范围变更",
                occurred_on=day("Thu 2024-09-12"),
                source=ChangeSource.OWN_DISCOVERY,
                proof=None,
                actor=OFFICER,
                now=clock.now(session),
            )
            obligation = session.scalars(select(Obligation)).one()
            counted = [entry["day"][5:] for entry in obligation.count_trace["days"] if entry["counted"]]
        self.say(f"  due {obligation.due_on} 24:00, counted {', '.join(counted)}")
        assert counted == ["09-13", "09-14", "09-18", "09-19", "09-20"]
        assert obligation.overdue_from == at("Sat 2024-09-21 00:00")

    def overdue(self) -> None:
        """No notice arrives: from 2024-09-21 00:00 it is overdue and one suspected case is open, with clause 3.3"""
        self.tick("Fri 2024-09-20 23:59:59")
        with unit_of_work() as session:
            assert session.scalar(select(func.count(BreachCase.id))) == 0
        self.tick("Sat 2024-09-21 00:00")
        self.tick("Sat 2024-09-21 00:00")
        self.tick("Mon 2024-09-23 10:00")
        with unit_of_work() as session:
            case = session.scalars(select(BreachCase)).one()
            assert case.obligation.state is ObligationState.OVERDUE
            assert (case.state, case.clause) == (CaseState.SUSPECTED, "3.3")
            assert case.suspected_as_of == at("Sat 2024-09-21 00:00")
        self.say("  overdue and suspected as of 2024-09-21 00:00 +08:00; three sweeps, one case")
        self.expect("allow")

    def demand(self) -> None:
        """Confirmed; a rectification demand goes out by mail and arrives when the tenant acknowledges it"""
        with unit_of_work() as session:
            case, now = session.scalars(select(BreachCase)).one(), clock.now(session)
            confirm(session, case, ground_class=GroundClass.OTHER, version=case.version, actor=OFFICER, now=now)
            demand_rectification(
                session,
                case,
                stated_due_on=day("Fri 2024-09-27"),
                language=Language.ZH,
                version=case.version,
                actor=OFFICER,
                now=now,
            )
        self.tick("Mon 2024-09-23 10:01")
        with unit_of_work() as session:
            notice = session.scalars(select(Notice)).one()
            assert (notice.state, notice.arrived_at) == (NoticeState.SENT, None)
        self.say(f"  mail {len(self.mail_server.wire)} accepted by the tenant's server: sent, not arrived")
        self.tick("Tue 2024-09-24 09:30")
        self.acknowledge_last_mail()
        with unit_of_work() as session:
            assert session.scalars(select(Notice)).one().arrived_at == at("Tue 2024-09-24 09:30")

    def suspend(self) -> None:
        """The stated date passes; suspension is decided by the list, and counts only when its notice has arrived"""
        self.tick("Fri 2024-09-27 23:59:59")
        self.expect("allow")
        self.tick("Sat 2024-09-28 00:00")
        with unit_of_work() as session:
            case = session.scalars(select(BreachCase)).one()
            assert case.state is CaseState.SUSPENSION_DECIDED
        self.say("  decided by the scheduler's list; its notice is sent")
        self.expect("allow")
        self.tick("Sun 2024-09-29 10:00")
        self.expect("allow")
        self.acknowledge_last_mail()
        self.expect("deny", "SUSPENDED")
        self.tick("Sun 2024-09-29 10:00")
        with unit_of_work() as session:
            hold = session.scalars(select(Hold)).one()
            assert hold.effective_at == at("Sun 2024-09-29 10:00")

    def reinstate(self) -> None:
        """The tenant delivers the notice, the officer accepts, an approver reinstates"""
        self.tick("Tue 2024-10-08 10:00")
        with unit_of_work() as session:
            case, now = session.scalars(select(BreachCase)).one(), clock.now(session)
            record_change_notice(
                session,
                case.agreement.tenant,
                list(session.scalars(select(ChangeEvent))),
                arrived_at=now,
                form=FormLevel.WRITTEN,
                via=NoticeVia.EMAIL,
                upload=Upload("notice.pdf", "application/pdf", a_small_pdf("change notice")),
                actor=OFFICER,
                now=now,
            )
            accept_rectification(
                session, case, note="变更后的营业执照已核验", version=case.version, actor=OFFICER, now=now
            )
        self.expect("deny", "SUSPENDED")
        with unit_of_work() as session:
            case = session.scalars(select(BreachCase)).one()
            reinstate(session, case, language=Language.ZH, version=case.version, actor=APPROVER, now=clock.now(session))
        self.expect("allow")
        self.tick("Tue 2024-10-08 10:01")
        with unit_of_work() as session:
            notices = session.scalar(select(func.count(Notice.id)))
        assert notices == len(self.mail_server.wire) == 3
        self.say("  demand, suspension and resume notice: each once in the ledger and once on the wire")
