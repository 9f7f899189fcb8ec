"""What every step of the walk stands on: the application, its clock, the commands and addresses that people use."""

import json
import re
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

from flask import Flask
from jinja2 import Template
from sqlalchemy import select

from agreements.kernel import audit
from agreements.kernel.db import unit_of_work
from agreements.kernel.instants import SHANGHAI
from compliance.notices.models import Notice
from tests.builders import a_person, at
from tests.builders_notices import MailServer

ROOT = Path(__file__).parents[2]
ORDER_NO = "900000000000001"
TENANT_KEY = "haitang"
PRODUCT = "id2-verify"
DESIGNATED_ADDRESS = "legal@haitang.example"

OFFICER = a_person("legal_officer", name="陈法务")
APPROVER = a_person("legal_approver", name="李审批")
OPS = a_person("ops", name="王运维")
FINANCE = a_person("finance", name="赵财务")


def example_agreement(folder: Path, order_no: str = ORDER_NO) -> Path:
    """Write the example agreement with the dates of the walk."""
    text = Template((ROOT / "examples" / "agreement.md.j2").read_text(encoding="utf-8")).render(
        order_no=order_no,
        signed_on="2024年07月28日",
        service_start="2024年07月28日",
        service_end="2025年07月29日",
    )
    path = folder / f"agreement-{order_no}.md"
    path.write_text(text, encoding="utf-8")
    return path


class Ground:
    """The application of the walk and how it is used; `say` prints a line."""

    def __init__(self, app: Flask, folder: Path, mail_server: MailServer, say: Callable[[str], None]):
        self.app, self.folder, self.mail_server, self.say = app, folder, mail_server, say
        self.key = ""

    def take(self, steps: list[Callable[[], None]]) -> None:
        """Take the steps in order, each announced by its docstring, and verify the trail at the end."""
        with self.app.app_context():
            for step in steps:
                self.say("")
                self.say(f"— {step.__doc__}")
                step()
            with unit_of_work() as session:
                count, last = audit.verify(session)
            self.say(f"  audit trail: {count} acts, chain unbroken, last {last[:12]}…")

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

    def last_letter(self) -> str:
        """Return the text of the mail that went out last."""
        _, content = self.mail_server.wire[-1]
        return message_from_bytes(content, policy=policy.default).get_body(("plain",)).get_content()

    def acknowledge_last_mail(self) -> None:
        """The tenant opens the one-purpose link of the last mail; looking changes nothing, the button does."""
        link = re.search(r"https?://\S+/n/(\S+)", self.last_letter()).group(1)
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
