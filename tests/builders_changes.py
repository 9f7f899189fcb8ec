"""The pages of changes: forms that are filled in rightly by default, and what came of them."""

import io

from sqlalchemy import select

from compliance.obligations.models import Obligation
from tests.builders import at
from tests.builders_compliance import a_change, an_agreement_in_service
from tests.builders_desk import read
from tests.builders_files import A_PDF

NEW = "/changes/new"
NOW = at("Thu 2024-09-12 15:00")
LICENCE = {"kind_1": "licence", "description_1": "经营范围变更", "occurred_on_1": "2024-09-12"}
DISCOVERY = LICENCE | {
    "tenant": "haitang",
    "by": "discovery",
    "rows": "1",
    "source": "public_register",
    "discovered_on": "2024-09-12",
}


def a_pdf(name="通知.pdf", content=A_PDF):
    return (io.BytesIO(content), name)


def a_notice(**changed):
    values = LICENCE | {
        "tenant": "haitang",
        "by": "notice",
        "rows": "1",
        "arrived_at": "2024-09-12T14:00",
        "form": "written",
        "via": "email",
        "file": a_pdf(),
    }
    return {name: value for name, value in (values | changed).items() if value is not None}


def in_service(session):
    an_agreement_in_service(session, tenant_key="haitang")


def changed(session):
    a_change(session, an_agreement_in_service(session, tenant_key="haitang"))


def count(model):
    return read(lambda session: session.query(model).count())


def states():
    return read(
        lambda session: [duty.state.value for duty in session.scalars(select(Obligation).order_by(Obligation.id))]
    )
