"""One agreement through its whole life: read, registered, watched, breached, noticed, suspended, reinstated, ended.

`make demo` prints it and `tests/test_scenarios.py` asserts it. Everything is real but time: a rehearsal database with its
own clock, the example agreement, an SMTP server on the loopback, the commands and addresses that people use.
"""

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from jinja2 import Template
from sqlalchemy import func, select

from agreements.kernel import audit, clock
from agreements.kernel.access.keys import issue_key
from agreements.kernel.access.models import Scope
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.instants import SHANGHAI
from agreements.kernel.money import Money
from agreements.parties.actions import Upload, confirm_notice_address, record_document
from agreements.parties.rules import DocumentType
from agreements.register.actions import agreement_of_order, confirm_payment
from app import create_app
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
from tests.builders import a_person, at, day
from tests.builders_notices import MailServer, a_mail_server

ROOT = Path(__file__).parent.parent
ORDER_NO = "900000000000001"
TENANT_KEY = "haitang"
PRODUCT = "id2-verify"
DESIGNATED_ADDRESS = "legal@haitang.example"

OFFICER = a_person("legal_officer", name="陈法务")
APPROVER = a_person("legal_approver", name="李审批")
OPS = a_person("ops", name="王运维")
FINANCE = a_person("finance", name="赵财务")


def example_agreement(folder: Path) -> Path:
    """Write the example agreement with the dates of the walk."""
    text = Template((ROOT / "examples" / "agreement.md.j2").read_text(encoding="utf-8")).render(
        order_no=ORDER_NO,
        signed_on="2024年07月28日",
        service_start="2024年07月28日",
        service_end="2025年07月29日",
    )
    path = folder / "agreement.md"
    path.write_text(text, encoding="utf-8")
    return path


class Walk:
    """The steps, in order; each says what it did and fails where the product does not keep its promise."""

    def __init__(self, app: Flask, folder: Path, mail_server: MailServer, say: Callable[[str], None]):
        self.app, self.folder, self.mail_server, self.say = app, folder, mail_server, say
        self.key = ""

    def run(self) -> None:
        with self.app.app_context():
            for step in (
                self.read,
                self.register,
                self.activate,
                self.change,
                self.overdue,
                self.demand,
                self.suspend,
                self.reinstate,
                self.end,
            ):
                self.say("")
                self.say(f"— {step.__doc__}")
                step()
            with unit_of_work() as session:
                count, last = audit.verify(session)
            self.say(f"  audit trail: {count} acts, chain unbroken, last {last[:12]}…")

    # What people use

    def flask(self, *arguments: str, expect: int = 0) -> str:
        """Run a command of `flask --app app` and return what it prints on stdout."""
        result = self.app.test_cli_runner().invoke(args=list(arguments))
        assert result.exit_code == expect, (arguments, result.output, result.exception)
        return result.stdout

    def tick(self, instant: str) -> dict:
        """Let the scheduler's jobs run at an instant of the rehearsal, in Shanghai time with its weekday."""
        moved = at(instant).astimezone(SHANGHAI).isoformat()
        return json.loads(self.flask("jobs", "tick", "--once", "--as-of", moved, "--json"))

    def gateway(self) -> dict:
        """Ask as a gateway does, and check that the command gives the same decision."""
        told = json.loads(self.flask("gateway", "decide", "--tenant", TENANT_KEY, "--product", PRODUCT, "--json"))
        if self.key:
            answer = self.app.test_client().get(
                f"/gateway/v1/tenants/{TENANT_KEY}/status?product={PRODUCT}",
                headers={"Authorization": f"Bearer {self.key}"},
            )
            assert answer.status_code == 200, answer.text
            served = answer.get_json()
            for name in ("decision", "reason_codes", "clause"):
                assert served[name] == told[name], (name, served, told)
        reasons = ", ".join(told["reason_codes"])
        clause = f" (clause {told['clause']})" if told["clause"] else ""
        self.say(f"  gateway: {told['decision']} {reasons}{clause}")
        return told

    def expect(self, decision: str, reason: str | None = None) -> None:
        told = self.gateway()
        assert told["decision"] == decision, told
        assert next(iter(told["reason_codes"]), None) == reason, told

    def acknowledge_last_mail(self) -> None:
        """The tenant opens the one-purpose link of the last mail; looking changes nothing, the button does."""
        _, content = self.mail_server.wire[-1]
        text = message_from_bytes(content, policy=policy.default).get_body(("plain",)).get_content()
        link = re.search(r"https?://\S+/n/(\S+)", text).group(1)
        client = self.app.test_client()
        page = client.get(f"/n/{link}", base_url="https://localhost")
        assert page.status_code == 200, page.text
        with unit_of_work() as session:
            newest = session.scalars(select(Notice).order_by(Notice.id.desc())).first()
            assert newest.arrived_at is None  # a mail scanner that looks at the link makes nothing arrive
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        done = client.post(
            f"/n/{link}", data={"csrf_token": token.group(1)} if token else {}, base_url="https://localhost"
        )
        assert done.status_code in (200, 302, 303), done.text
        self.say("  tenant: acknowledged by the link in the mail")

    # The steps

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
        path = str(self.folder / "agreement.md")
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
        proof = Upload("proof.pdf", "application/pdf", b"%PDF-1.7 rehearsal")
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
            for kind in (DocumentType.BUSINESS_LICENCE, DocumentType.BUSINESS_DESCRIPTION):
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
                upload=Upload("notice.pdf", "application/pdf", b"%PDF-1.7 change notice"),
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


def walk(folder: Path, say: Callable[[str], None]) -> None:
    """Take the walk in a folder of its own."""
    with a_mail_server() as mail_server:
        app = create_app(
            {
                "smtp_host": "127.0.0.1",
                "smtp_port": mail_server.port,
                "smtp_from": "notices@qingrong.example",
                "public_url": "https://localhost",
            },
            instance_path=str(folder / "instance"),
        )
        with app.app_context():
            upgrade()
            with unit_of_work() as session:
                clock.install(session, rehearsal_at=at("Sun 2024-07-28 09:00"))
        Walk(app, folder, mail_server, say).run()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def main() -> None:
    """Print the walk; `make demo`."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        walk(Path(folder), print)
    sys.stdout.write(f"\nDone in {time.monotonic() - started:.1f} s.\n")


if __name__ == "__main__":
    main()
