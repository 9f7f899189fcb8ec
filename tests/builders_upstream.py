"""Sources' announcements for tests, through the real use cases, and the job that follows them."""

from sqlalchemy import select

from agreements.kernel.errors import Stale
from agreements.products.models import Product
from agreements.products.sources import ensure_source, link_source
from compliance.notices.models import Notice
from compliance.upstream.actions import Content, Receipt, record_receipt
from compliance.upstream.models import UpstreamImpact
from compliance.upstream.rules import ChangeKind, ReceivedVia, Triage
from compliance.upstream.sweeps import SWEEPS
from tests.builders import at, day
from tests.builders_register import OFFICER, an_onboarded_agreement, an_upload

RECEIVED = at("Fri 2024-11-08 16:40")


def an_order(session, number, tenant="甲", **changed):
    """An agreement in force from Sun 2024-07-28 to Tue 2025-07-29, of a tenant of its own or of one named before."""
    return an_onboarded_agreement(
        session,
        order_no=f"2000000000000{number:02}",
        tenant_name=f"示例{tenant}科技（武汉）有限公司",
        address=f"legal{number}@tenant.example",
        **changed,
    )


def a_source(session, *product_codes, name="示例数据源", now=None):
    """A source that serves these products, id2-verify by default."""
    now = now or at("Mon 2024-07-29 08:00")
    source = ensure_source(session, name, actor=OFFICER, now=now)
    for code in product_codes or ("id2-verify",):
        product = session.scalars(select(Product).where(Product.code == code)).one()
        link_source(session, source, product, actor=OFFICER, now=now)
    session.flush()
    return source


def content(**changed):
    """A price rise from 1 December."""
    values = {
        "kinds": frozenset({ChangeKind.PRICE}),
        "subject": "核验单价调整",
        "summary": "自2024年12月1日起上调核验服务的结算单价",
        "effective_on": day("Sun 2024-12-01"),
    }
    return Content(**(values | changed))


def a_receipt(received_at=RECEIVED, **changed):
    values = {"received_via": ReceivedVia.EMAIL, "upload": an_upload("数据源通知.pdf")}
    return Receipt(received_at=received_at, **(values | changed))


def a_change(
    session,
    source,
    *,
    received=RECEIVED,
    now=None,
    triage=Triage.UPSTREAM_CHANGE,
    actor=OFFICER,
    receipt=None,
    **changed,
):
    """Recorded when it was received, and read by legal at once, unless something else is asked."""
    return record_receipt(
        session,
        source,
        content(**changed),
        receipt or a_receipt(received),
        triage=triage,
        actor=actor,
        now=now or received,
    )


def run(session, now, *names):
    """Run the sweeps of `upstream_dispatch` in their order as the scheduler does; returns how many acts they made."""
    acted = 0
    for each in SWEEPS:
        if names and each.name not in names:
            continue
        seen = set()
        while fresh := [item for item in each.find(session, due_by=now) if item not in seen]:
            for item in fresh:
                seen.add(item)
                try:
                    acted += each.act(session, item, now=now) is not False
                except Stale:
                    continue
                session.flush()
    session.expire_all()
    return acted


def impact_of(session, change, agreement):
    return session.scalars(
        select(UpstreamImpact).where(UpstreamImpact.change_id == change.id, UpstreamImpact.agreement_id == agreement.id)
    ).one()


def impacts_of(session, change):
    return list(
        session.scalars(select(UpstreamImpact).where(UpstreamImpact.change_id == change.id).order_by(UpstreamImpact.id))
    )


def letters(session):
    return list(session.scalars(select(Notice).order_by(Notice.id)))
