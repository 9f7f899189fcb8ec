"""A populated database and programs with keys, for tests of the REST interface."""

import itertools
import json

from agreements.kernel import clock
from agreements.kernel.access.personal_keys import issue_personal_key
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.db import db, unit_of_work
from compliance.breaches.actions import confirm, demand_rectification
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import GroundClass
from compliance.notices.rules import Language
from compliance.upstream.actions import record_receipt
from tests.builders import at, day
from tests.builders_access import a_staff_member
from tests.builders_compliance import a_change, an_agreement_in_service, an_unrectified_case, sweep
from tests.builders_register import OFFICER, a_paid_agreement, a_registered_agreement
from tests.builders_upstream import a_receipt, a_source, content

NOW = at("Tue 2024-10-08 15:00")
TENANT = "t-haitang"
_keys = itertools.count(1)


class Program:
    """A client that sends a person's key, and a fresh Idempotency-Key with each act unless one is given."""

    def __init__(self, app, key, prefix, person_id):
        self.key, self.prefix, self.person_id = key, prefix, person_id
        self.client = app.test_client()
        self.headers = {"Authorization": f"Bearer {key}"}

    def get(self, path, **options):
        return self.client.get(f"/api/v1{path}", headers=self.headers, **options)

    def post(self, path, body, *, key=None, content_type="application/json"):
        sent = {**self.headers, "Idempotency-Key": key or f"test-{next(_keys)}"}
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return self.client.post(f"/api/v1{path}", data=data, headers=sent, content_type=content_type)


def a_program(app, *roles, read_only=False, **person):
    """A program of a new person with these roles; a legal officer by default. Not inside a transaction."""
    with unit_of_work() as session:
        who = a_staff_member(session, *roles, **person)
        row, key = issue_personal_key(
            session, who, name="script", read_only=read_only, actor=OPERATOR, now=clock.now(session), wall=clock.wall()
        )
        made = Program(app, key, row.prefix, who.id)
    db.session.remove()
    return made


def a_world(app):
    """A rehearsal that stands at NOW with five orders and three cases; returns the numbers of what is in it.

    unrectified, demanded, suspected  cases; the demand of the second is queued and has not arrived
    change, notice                    the change behind the suspected case, the demand that has not arrived
    source, upstream                  a data source, and a change of its prices that legal has not read
    """
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=NOW)
    with unit_of_work() as session:
        a_registered_agreement(session, order_no="200000000000004", product_code="face1", tenant_key=TENANT)
        first = an_unrectified_case(session)
        a_paid_agreement(session, order_no="200000000000003", product_code="bank4")
        second = _a_case(session, "200000000000002", "白鹭信息技术（成都）有限公司", "t-bailu")
        _demand(session, second)
        third = _a_case(session, "200000000000005", "苍杉数据服务（南京）有限公司", "t-cangshan")
        source = a_source(session)
        change = record_receipt(
            session, source, content(), a_receipt(at("Tue 2024-10-08 11:00")), actor=OFFICER, now=NOW
        )
        found = {
            "source": source.id,
            "upstream": change.id,
            "unrectified": first.id,
            "demanded": second.id,
            "suspected": third.id,
            "change": int(third.obligation.cause.removeprefix("change:")),
            "notice": second.demand_notice_id,
        }
    db.session.remove()
    return found


def _a_case(session, order_no, tenant_name, tenant_key):
    agreement = an_agreement_in_service(session, order_no=order_no, tenant_name=tenant_name, tenant_key=tenant_key)
    a_change(session, agreement)
    sweep(session, at("Sat 2024-09-21 00:00"), "obligation_sweep")
    return session.query(BreachCase).filter_by(agreement_id=agreement.id).one()


def _demand(session, case):
    now = at("Mon 2024-09-23 10:00")
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
