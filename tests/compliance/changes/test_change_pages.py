"""The room of changes: the list, one change with its reasons, corrections, procedures, announced changes, exports."""

import csv
import io

import pytest
from sqlalchemy import select

from agreements.kernel.audit import AuditEvent
from compliance.changes.models import AnnouncedChange, ChangeEvent, ChangeNotice
from compliance.obligations.models import Obligation
from tests.builders import at, day
from tests.builders_access import signed_in_client
from tests.builders_changes import NEW, NOW, a_notice, a_pdf, changed, count, in_service, states
from tests.builders_compliance import a_change, an_agreement_in_service, sweep
from tests.builders_desk import move_clock, opened_at, read, text_of, zh


def several(session):
    """海棠 late and unnotified, 木槿 with a change of today."""
    first = an_agreement_in_service(session, tenant_key="haitang")
    second = an_agreement_in_service(session, order_no="1002", tenant_name="木槿咨询有限公司", tenant_key="mujin")
    a_change(session, first, occurred="Mon 2024-09-02", description="营业执照经营范围变更")
    a_change(session, second, description="=HYPERLINK(1)")


def rows_shown(client, **asked):
    page = client.get("/changes", query_string=asked).get_data(as_text=True)
    return page.count('<th scope="row"')


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, 2),
        ({"state": "overdue"}, 1),
        ({"state": "open"}, 1),
        ({"state": "late"}, 0),
        ({"state": "on_time"}, 0),
        ({"state": "procedure"}, 0),
        ({"state": "announced"}, 0),
        ({"state": "nonsense", "sort": "nonsense", "page": "99"}, 2),
        ({"q": "木 槿"}, 1),
        ({"q": "1002"}, 1),
        ({"q": "1002", "state": "overdue"}, 0),
        ({"sort": "tenant"}, 2),
        ({"sort": "-recorded"}, 2),
    ],
)
def test_the_list_filters_searches_and_sorts_by_the_truth_of_the_moment(app, asked, expected):
    client = opened_at(app, NOW, set_up=several)  # no sweep has recorded that the first one is overdue

    assert rows_shown(client, **asked) == expected


def test_an_empty_list_teaches(app):
    client = opened_at(app, NOW)

    page = text_of(client.get("/changes"))
    assert zh("No change is known") in page
    assert zh("Take in a notice") in page
    assert zh("No notice of a tenant has come yet") in text_of(client.get("/changes/notices"))


def test_the_export_has_a_line_a_change_and_agreement_and_no_formula(app):
    client = opened_at(app, NOW, set_up=several)

    text = client.get("/changes/export.csv?sort=tenant", buffered=True).get_data(as_text=True)

    assert text.startswith("\ufeff")
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [line[8] for line in lines[1:]] == ["1002", "200000000000001"]
    assert lines[1][4] == "'=HYPERLINK(1)"
    assert lines[2][10] == zh("obligation_state.overdue")
    only = client.get("/changes/export.csv?state=overdue", buffered=True).get_data(as_text=True)
    assert len(only.splitlines()) == 2


def test_a_change_says_why_it_is_on_time_or_late_under_each_agreement(app):
    def set_up(session):
        agreement = an_agreement_in_service(session, tenant_key="haitang")
        an_agreement_in_service(session, order_no="1002")
        a_change(session, agreement)

    client = opened_at(app, NOW, set_up=set_up)
    change = read(lambda session: session.scalars(select(ChangeEvent.id)).one())
    page = text_of(client.get(f"/changes/{change}"))
    bound = "2024年9月20日 周五 24:00"
    assert page.count(zh("No notice that performs has arrived; there is time until %(bound)s.", bound=bound)) == 2
    assert zh("Found on %(day)s. The clock runs from the change all the same.", day="2024年9月12日 周四") in page

    move_clock(at("Mon 2024-09-23 09:00"))
    missed = "No notice that performs arrived by %(bound)s: overdue, and a suspected case opens."
    assert zh(missed, bound=bound) in text_of(client.get(f"/changes/{change}"))
    only_known = {"kind_1": "", "description_1": "", "occurred_on_1": "", "changes": str(change)}
    client.post(NEW, a_notice(**only_known, arrived_at="2024-09-21T00:00"))
    late = "The notice arrived on %(at)s, after %(bound)s: late. That stays on record, also after a corrected notice."
    page = text_of(client.get(f"/changes/{change}"))
    assert page.count(zh(late, at="2024年9月21日 周六 00:00", bound=bound)) == 2
    assert zh("act.change.notified") in page
    assert client.get("/changes/99").status_code == 404


def taken_in(client, **values):
    """Take in a notice through the page; returns its page."""
    return client.post(NEW, a_notice(**values)).location


def test_domain_4_7_a_corrected_notice_is_linked_and_cures_no_lateness(app):
    client = opened_at(app, at("Mon 2024-09-23 09:00"), set_up=in_service)
    first = taken_in(client, arrived_at="2024-09-23T08:00")
    again = {"correction": "统一社会信用代码笔误", "arrived_at": "2024-09-23T08:30", "form": "written", "via": "email"}

    nothing_said = client.post(f"{first}/correction", again | {"correction": " ", "file": a_pdf()})
    assert 'id="correction-error"' in nothing_said.get_data(as_text=True)
    too_early = client.post(f"{first}/correction", again | {"arrived_at": "2024-09-23T07:00", "file": a_pdf()})
    assert 'id="arrived_at-error"' in too_early.get_data(as_text=True)
    second = client.post(f"{first}/correction", again | {"file": a_pdf()}).location

    assert states() == ["performed_late"]
    assert count(ChangeNotice) == 2
    assert "统一社会信用代码笔误" in text_of(client.get(second))
    assert zh("Corrected by the notice of") in text_of(client.get(first))
    notices = client.get("/changes/notices").get_data(as_text=True)
    assert notices.count(f"<span>{zh('corrected notice')}</span>") == 1


def test_a_corrected_notice_in_writing_performs_what_the_oral_one_could_not(app):
    client = opened_at(app, NOW, set_up=in_service)
    first = taken_in(client, form="oral", via="phone", file=None)
    again = {"correction": "补发书面通知", "arrived_at": "2024-09-12T14:30", "form": "written", "via": "email"}

    client.post(f"{first}/correction", again | {"file": a_pdf()})

    assert states() == ["performed_on_time"]
    performed = read(lambda session: session.scalars(select(Obligation.performed_at)).one())
    assert performed == at("Thu 2024-09-12 14:30")


def test_e_18_the_procedure_has_a_date_of_its_own_and_is_completed_or_late(app):
    client = opened_at(app, NOW, set_up=in_service)
    taken_in(client)
    change = read(lambda session: session.scalars(select(ChangeEvent.id)).one())
    page = f"/changes/{change}/procedure"

    refused = client.post(f"{page}/open", {"needed": "新营业执照", "due_on": "2024-09-12"})
    assert 'id="due_on-error"' in refused.get_data(as_text=True)
    assert client.post(f"{page}/open", {"needed": "新营业执照", "due_on": "2024-09-16"}).status_code == 302
    assert client.post(f"{page}/open", {"needed": "另一份", "due_on": "2024-09-16"}).status_code == 409
    assert states() == ["performed_on_time", "open"]

    move_clock(at("Tue 2024-09-17 09:00"))
    assert zh("procedure still open") in text_of(client.get(f"/changes/{change}"))
    done = {"completed_at": "2024-09-17T08:00", "note": "收到新营业执照盖章复印件", "file": a_pdf()}
    before = client.post(f"{page}/complete", done | {"completed_at": "2024-09-01T08:00"})
    assert 'id="completed_at-error"' in before.get_data(as_text=True)
    assert client.post(f"{page}/complete", done | {"file": a_pdf()}).status_code == 302
    assert states() == ["performed_on_time", "performed_late"]  # the notice stays on time
    assert client.post(f"{page}/complete", done | {"file": a_pdf()}).status_code == 409
    assert "收到新营业执照盖章复印件" in text_of(client.get(f"/changes/{change}"))


def test_no_procedure_before_the_notice(app):
    client = opened_at(app, NOW, set_up=changed)
    change = read(lambda session: session.scalars(select(ChangeEvent.id)).one())

    answer = client.post(f"/changes/{change}/procedure/open", {"needed": "新营业执照", "due_on": "2024-09-30"})

    assert answer.status_code == 409


def announced_for(client, expected="2024-10-08", **values):
    taken_in(client, occurred_on_1=expected, **values)
    return read(lambda session: session.scalars(select(AnnouncedChange.id)).one())


def test_an_early_notice_owes_nothing_before_and_performs_on_the_day(app):
    client = opened_at(app, NOW, set_up=in_service)
    number = announced_for(client)
    assert (count(ChangeEvent), count(Obligation)) == (0, 0)
    page = f"/changes/announced/{number}"
    assert "/confirm" not in client.get(page).get_data(as_text=True)
    early = client.post(f"{page}/confirm", {"occurred_on": "2024-10-08"})
    assert early.status_code == 422

    move_clock(at("Tue 2024-10-08 10:00"))
    assert zh("verify now") in text_of(client.get("/changes?state=announced"))
    answer = client.post(f"{page}/confirm", {"occurred_on": "2024-10-08", "file": a_pdf("登记.pdf")})
    assert states() == ["performed_on_time"]
    performed = read(lambda session: session.scalars(select(Obligation.performed_at)).one())
    assert performed == at("Thu 2024-09-12 14:00")
    told = "The notice arrived on %(at)s, before the change itself: the duty is performed early."
    assert zh(told, at="2024年9月12日 周四 14:00") in text_of(client.get(answer.location))
    assert client.post(f"{page}/confirm", {"occurred_on": "2024-10-08"}).status_code == 409
    assert read(lambda session: sweep(session, at("Wed 2024-11-20 09:00"))) == 0  # nobody is late by it


def test_an_announced_change_may_take_effect_on_another_day_or_not_at_all(app):
    client = opened_at(app, NOW, set_up=in_service)
    number = announced_for(client)
    again = client.post(NEW, a_notice(occurred_on_1="2024-10-08"))
    assert again.status_code == 409  # announced already
    move_clock(at("Tue 2024-10-15 10:00"))

    client.post(f"/changes/announced/{number}/confirm", {"occurred_on": "2024-10-10"})

    assert read(lambda session: session.scalars(select(ChangeEvent.occurred_on)).one()) == day("Thu 2024-10-10")
    assert states() == ["performed_on_time"]


def test_an_announced_change_is_dropped_with_a_reason(app):
    client = opened_at(app, NOW, set_up=in_service)
    number = announced_for(client)
    page = f"/changes/announced/{number}"
    assert 'id="reason-error"' in client.post(f"{page}/drop", {"reason": " "}).get_data(as_text=True)

    client.post(f"{page}/drop", {"reason": "甲方来电取消变更"})

    assert "甲方来电取消变更" in text_of(client.get(page))
    assert client.post(f"{page}/drop", {"reason": "再次"}).status_code == 409
    [dropped] = read(
        lambda session: session.scalars(select(AuditEvent).where(AuditEvent.act == "change.announcement_dropped")).all()
    )
    assert dropped.reason == "甲方来电取消变更"


def test_an_oral_announcement_performs_nothing_on_the_day(app):
    client = opened_at(app, NOW, set_up=in_service)
    number = announced_for(client, form="oral", via="phone", file=None)
    move_clock(at("Tue 2024-10-08 10:00"))

    answer = client.post(f"/changes/announced/{number}/confirm", {"occurred_on": "2024-10-08"})

    told = zh("The change is recorded. Its early notice performs nothing: its form is too weak.")
    assert told in text_of(client.get(answer.location))
    assert states() == ["open"]


def test_files_of_another_change_are_not_handed_out(app):
    client = opened_at(app, NOW, set_up=in_service)
    first = taken_in(client)
    notice = read(lambda session: session.scalars(select(ChangeNotice)).one())
    change = read(lambda session: session.scalars(select(ChangeEvent.id)).one())

    own = client.get(f"/changes/{change}/files/{notice.file_id}")
    assert (own.status_code, own.mimetype) == (200, "application/pdf")
    assert "attachment" in own.headers["Content-Disposition"]
    assert client.get(f"{first}/file").status_code == 200
    assert client.get(f"/changes/{change}/files/{notice.file_id + 50}").status_code == 404


def test_readers_read_and_change_nothing(app):
    officer = opened_at(app, NOW, set_up=in_service)
    number = announced_for(officer)
    taken_in(officer)
    change = read(lambda session: session.scalars(select(ChangeEvent.id)).one())
    notice = read(lambda session: session.scalars(select(ChangeNotice.id)).first())
    auditor = signed_in_client(app, "auditor")

    for page in ("/changes", "/changes/notices", f"/changes/{change}", f"/changes/notices/{notice}"):
        assert auditor.get(page).status_code == 200, page
    assert auditor.get(f"/changes/announced/{number}").status_code == 200
    before = count(AuditEvent)
    for act in (
        f"/changes/{change}/procedure/open",
        f"/changes/{change}/procedure/complete",
        f"/changes/notices/{notice}/correction",
    ):
        assert auditor.get(act).status_code == 403, act
    drop = {"reason": "无"}
    assert auditor.post(f"/changes/announced/{number}/drop", drop).status_code == 403
    opened = {"needed": "新营业执照", "due_on": "2024-09-30"}
    assert auditor.post(f"/changes/{change}/procedure/open", opened).status_code == 403
    assert count(AuditEvent) == before
