"""What a start needs before the processes run: tables, the example agreement, a way in.

Run again it changes no business row: the example is loaded once, a database is marked once.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.intake import actions as intake
from agreements.intake.form_actions import load_built_in_form
from agreements.kernel import clock
from agreements.kernel.access.actions import enabled_administrators
from agreements.kernel.access.keys import issue_key
from agreements.kernel.access.links import invite_first_administrator, open_link
from agreements.kernel.access.models import Scope
from agreements.kernel.access.rules import OPERATOR, Role
from agreements.kernel.errors import NotFound
from agreements.kernel.instants import legal_date, start_of
from agreements.kernel.money import Money
from agreements.parties.actions import Upload, confirm_notice_address
from agreements.parties.documents import record_document
from agreements.parties.rules import DocumentType
from agreements.products.sources import ensure_source, link_source
from agreements.register.actions import confirm_payment
from agreements.register.models import Agreement
from compliance.service.actions import activate_service
from compliance.upstream.actions import Content, Receipt, record_receipt
from compliance.upstream.rules import ChangeKind, ReceivedVia

EXAMPLE = Path(__file__).parents[2] / "examples" / "agreement.md.j2"
EXAMPLE_ORDER_NO = "900000000000001"
EXAMPLE_TENANT_KEY = "haitang"
EXAMPLE_PRODUCT = "id2-verify"
EXAMPLE_ADDRESS = "legal@haitang.example"
EXAMPLE_SOURCE = "示例数据源"
EXAMPLE_CHANGE = "核验结果新增“证件有效期”字段"
CHANGES_AFTER = timedelta(days=21)
STARTED_BEFORE = timedelta(days=60)
LASTS = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What to tell the person who starts the system; None where there is nothing new.

    join_token  of the first administrator's one-time link
    demo_key    a gateway key for the example's tenant; it can't be shown again
    """

    join_token: str | None
    demo_key: str | None


def first_start(session: Session, *, with_example: bool, link_file: Path, now: datetime, wall: datetime) -> FirstStart:
    """Load the example into an empty register and open a way in while there is no administrator.

    link_file  where the first administrator's token waits, readable by the owner only, so that a second start shows the
               same link and writes nothing; gone once there is an administrator
    """
    load_built_in_form(session, now=now)
    demo_key = None
    if with_example and session.scalar(select(Agreement.id).limit(1)) is None:
        load_example(session, now=now)
        _, demo_key = issue_key(
            session, name="demo", scopes=[Scope.STATUS, Scope.DECIDE], actor=OPERATOR, now=now, wall=wall
        )
    return FirstStart(_way_in(session, link_file, now=now, wall=wall), demo_key)


def _way_in(session: Session, link_file: Path, *, now: datetime, wall: datetime) -> str | None:
    if enabled_administrators(session):
        link_file.unlink(missing_ok=True)
        return None
    if link_file.exists():
        token = link_file.read_text().strip()
        with suppress(NotFound):
            open_link(session, token, wall=wall)
            return token
    token = invite_first_administrator(session, roles=tuple(Role), actor=OPERATOR, now=now, wall=wall) or ""
    link_file.touch(mode=0o600)
    link_file.write_text(token)
    return token


def example_text(*, order_no: str, starts: datetime) -> str:
    """Return the fictional agreement with a service period that begins on a day and lasts a year and a day."""

    def written(day: datetime) -> str:
        on = legal_date(day)
        return f"{on.year}年{on.month:02}月{on.day:02}日"

    template = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False).from_string(
        EXAMPLE.read_text(encoding="utf-8")
    )
    return template.render(
        order_no=order_no,
        signed_on=written(starts),
        service_start=written(starts),
        service_end=written(starts + LASTS),
    )


def load_example(session: Session, *, now: datetime) -> Agreement:
    """Take the fictional agreement through intake, payment and onboarding, by the same use cases that people use."""
    starts = start_of(legal_date(now - STARTED_BEFORE))
    text = example_text(order_no=EXAMPLE_ORDER_NO, starts=starts)
    imported = intake.take_in(
        session, Upload("example-agreement.md", "text/markdown", text.encode()), actor=OPERATOR, now=now
    )
    intake.accept_all(session, imported, note="example", actor=OPERATOR, now=now)
    agreement = intake.register(
        session, imported, product_code=EXAMPLE_PRODUCT, tenant_key=EXAMPLE_TENANT_KEY, actor=OPERATOR, now=now
    ).agreement
    confirm_payment(
        session,
        agreement,
        amount=Money(agreement.paid_amount_fen),
        paid_at=starts + timedelta(hours=10),
        reference="EXAMPLE-PAYMENT",
        actor=OPERATOR,
        now=now,
    )
    proof = Upload(
        "example-proof.txt", "text/plain", "示例文件，仅供演示。\nAn example, for demonstration only.\n".encode()
    )
    confirm_notice_address(
        session,
        agreement.tenant,
        EXAMPLE_ADDRESS,
        signed_on=legal_date(starts),
        proof=proof,
        actor=OPERATOR,
        now=now,
    )
    for kind in (DocumentType.BUSINESS_LICENCE, DocumentType.BUSINESS_DESCRIPTION, DocumentType.RELATION_PROOF):
        record_document(session, agreement.tenant, kind, upload=proof, sealed=True, actor=OPERATOR, now=now)
    activate_service(session, agreement, actor=OPERATOR, now=now)
    announce_example(session, agreement, now=now)
    return agreement


def announce_example(session: Session, agreement: Agreement, *, now: datetime) -> None:
    """Let the example's source announce a change, just received and not read by legal yet: the clock of 2.4 runs."""
    source = ensure_source(session, EXAMPLE_SOURCE, actor=OPERATOR, now=now)
    link_source(session, source, agreement.product, actor=OPERATOR, now=now)
    paper = Upload("example-source-notice.txt", "text/plain", f"{EXAMPLE_CHANGE}\n".encode())
    record_receipt(
        session,
        source,
        Content(frozenset({ChangeKind.RESULT_CONTENT}), EXAMPLE_CHANGE, effective_on=legal_date(now + CHANGES_AFTER)),
        Receipt(now, ReceivedVia.EMAIL, paper),
        actor=OPERATOR,
        now=now,
    )


def is_marked(session: Session) -> bool:
    """Say whether the database was marked as normal or as a rehearsal before."""
    return session.scalar(select(clock.Installation.id)) is not None
