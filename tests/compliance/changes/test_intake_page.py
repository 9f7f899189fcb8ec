"""Taking in a change or a notice: what it means is shown before it is saved; one notice may report several changes."""

import pytest
from sqlalchemy import select

from agreements.register.rules import TermFact
from compliance.changes.models import AnnouncedChange, ChangeEvent, ChangeNotice, ChangeProcedure
from compliance.obligations.models import Obligation
from tests.builders import at, day
from tests.builders_access import signed_in_client
from tests.builders_changes import DISCOVERY, NEW, NOW, a_notice, a_pdf, changed, count, in_service, states
from tests.builders_compliance import an_agreement_in_service
from tests.builders_desk import opened_at, read, text_of, zh


def test_the_tenant_is_found_by_name_in_any_spelling_or_by_order(app):
    def set_up(session):
        in_service(session)
        an_agreement_in_service(session, order_no="1002", tenant_name="海棠贸易有限公司", tenant_key="trade")

    client = opened_at(app, NOW, set_up=set_up)
    both = text_of(client.get(f"{NEW}?q=海棠"))
    assert "海棠企业管理（武汉）有限公司" in both
    assert "海棠贸易有限公司" in both
    assert client.get(f"{NEW}?q=海棠企业管理(武汉)").location == f"{NEW}?tenant=haitang"
    assert client.get(f"{NEW}?q=1002&by=discovery").location == f"{NEW}?tenant=trade&by=discovery"
    assert zh("No tenant fits “%(text)s”", text="nobody") in text_of(client.get(f"{NEW}?q=nobody"))
    assert client.get(f"{NEW}?tenant=nobody").status_code == 404


@pytest.mark.parametrize(
    ("occurred", "arrived", "form", "verdict"),
    [
        ("2024-09-12", "2024-09-12T14:00", "written", "The notice is on time."),
        ("2024-08-01", "2024-09-12T14:00", "written", "The notice is late; lateness stays on record."),
        ("2024-09-12", "2024-09-11T14:00", "written", "The notice came before the change: performed early."),
        (
            "2024-09-12",
            "2024-09-12T14:00",
            "oral",
            "The form is too weak: the notice is kept, and the written notice is still owed.",
        ),
        ("2024-09-12", "", "written", "The clock runs; the notice is still to come."),
        ("2024-07-01", "", "written", "No agreement of this tenant was in force on that day, so no notice is owed."),
        (
            "2024-10-01",
            "2024-09-12T14:00",
            "written",
            "This day lies ahead: the notice is kept as announced. Nothing is owed before; on the day a person verifies it.",
        ),
    ],
)
def test_clause_3_3_what_a_notice_will_be_judged_is_shown_before_it_is_saved(app, occurred, arrived, form, verdict):
    client = opened_at(app, NOW, set_up=in_service)
    asked = {"tenant": "haitang", "by": "notice", "rows": "1", "occurred_on_1": occurred, "arrived_at": arrived}

    preview = client.get(f"{NEW}/preview", query_string=asked | {"form": form})

    assert zh(verdict) in text_of(preview)
    assert count(ChangeEvent) == 0


def test_clause_3_3_the_counted_days_are_shown_before_anything_is_saved(app):
    client = opened_at(app, NOW, set_up=in_service)
    asked = {"tenant": "haitang", "by": "discovery", "rows": "1"}

    preview = text_of(client.get(f"{NEW}/preview", query_string=asked | {"occurred_on_1": "2024-09-12"}))

    assert "2024年9月20日 周五 24:00" in preview
    assert f"2024年9月14日 周六 {zh('day_kind.adjusted_working_day')}" in preview
    late = text_of(client.get(f"{NEW}/preview", query_string=asked | {"occurred_on_1": "2024-08-01"}))
    assert zh("This day has passed: the duty is born overdue and a suspected case opens.") in late
    for nonsense in ("", "soon", "0001-01-01"):
        nothing = client.get(f"{NEW}/preview", query_string=asked | {"occurred_on_1": nonsense})
        assert "preview-row" not in nothing.get_data(as_text=True)


def test_a_change_we_found_starts_its_clock_from_the_change(app):
    client = opened_at(app, NOW, set_up=in_service)

    answer = client.post(NEW, DISCOVERY | {"occurred_on_1": "2024-09-02", "file": a_pdf("登记.pdf")})

    change = read(lambda session: session.scalars(select(ChangeEvent)).one())
    assert answer.location == f"/changes/{change.id}"
    assert (change.occurred_on, change.discovered_on) == (day("Mon 2024-09-02"), day("Thu 2024-09-12"))
    assert read(lambda session: session.scalars(select(Obligation)).one().due_on) == day("Mon 2024-09-09")


def test_one_notice_may_report_several_changes_past_known_and_to_come(app):
    client = opened_at(app, at("Mon 2024-09-23 09:00"), set_up=changed)
    known = read(lambda session: session.scalars(select(ChangeEvent.id)).one())
    rows = {
        "rows": "3",
        "kind_1": "information",
        "description_1": "法定代表人变更",
        "occurred_on_1": "2024-09-19",
        "kind_3": "business_condition",
        "description_3": "新增线上业务",
        "occurred_on_3": "2024-10-08",
    }

    answer = client.post(NEW, a_notice(**rows, changes=str(known), arrived_at="2024-09-22T20:00"))

    assert answer.status_code == 302
    assert states() == ["performed_late", "performed_on_time"]  # the known one was due on Fri 2024-09-20
    assert read(lambda session: session.scalars(select(AnnouncedChange.expected_on)).one()) == day("Tue 2024-10-08")
    page = text_of(client.get(answer.location))
    assert zh("The notice is recorded; it is on time for some of it and late for the rest.") in page
    assert page.count("法定代表人变更") == 1
    assert "新增线上业务" in page
    assert count(ChangeNotice) == 1


def test_without_scripts_a_row_is_added_and_the_preview_shown_by_buttons_that_save_nothing(app):
    client = opened_at(app, NOW, set_up=in_service)

    more = client.post(NEW, a_notice(step="row", file=None))
    assert 'name="kind_2"' in more.get_data(as_text=True)
    assert 'value="经营范围变更"' in more.get_data(as_text=True)
    shown = text_of(client.post(NEW, a_notice(step="preview", file=None)))
    assert zh("The notice is on time.") in shown
    assert zh("Nothing is saved yet. A file has to be chosen again.") in shown
    assert (count(ChangeEvent), count(ChangeNotice)) == (0, 0)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"description_1": " "}, "description_1"),
        ({"kind_1": ""}, "kind_1"),
        ({"kind_1": "", "description_1": "", "occurred_on_1": ""}, "kind_1"),
        ({"occurred_on_1": "soon"}, "occurred_on_1"),
        ({"rows": "2", "kind_2": "licence"}, "description_2"),
        ({"arrived_at": "2024-09-12"}, "arrived_at"),
        ({"arrived_at": "2024-09-12T15:30"}, "arrived_at"),  # the future
        ({"arrived_at": "2014-09-12T14:00"}, "arrived_at"),  # a slip in the year
        ({"form": "telepathy"}, "form"),
        ({"via": ""}, "via"),
        ({"file": None}, "file"),
        ({"needed": "新营业执照盖章复印件"}, "due_on"),
        ({"needed": "新营业执照盖章复印件", "due_on": "2024-09-12"}, "due_on"),  # no time to prepare
        ({"needed": "", "due_on": "2024-09-30"}, "needed"),
    ],
)
def test_a_notice_at_fault_says_so_beside_its_field_and_keeps_the_rest(app, wrong, field):
    client = opened_at(app, NOW, set_up=in_service)

    answer = client.post(NEW, a_notice(**wrong))

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.get_data(as_text=True)
    assert "haitang" in answer.get_data(as_text=True)
    assert (count(ChangeEvent), count(ChangeNotice), count(Obligation)) == (0, 0, 0)


def test_the_same_change_or_one_before_the_agreement_is_refused(app):
    client = opened_at(app, NOW, set_up=changed)

    assert client.post(NEW, DISCOVERY | {"description_1": "营业执照经营范围变更"}).status_code == 409
    assert (
        client.post(NEW, DISCOVERY | {"occurred_on_1": "2024-07-01", "discovered_on": "2024-09-12"}).status_code == 409
    )
    assert client.post(NEW, DISCOVERY | {"occurred_on_1": "2024-09-13"}).status_code == 422  # found, but of tomorrow
    assert client.post(NEW, DISCOVERY | {"discovered_on": "2024-09-11"}).status_code == 422  # found before it was
    assert client.post(NEW, DISCOVERY | {"source": "tenant_notice"}).status_code == 422
    assert count(ChangeEvent) == 1


def test_e_18_a_timely_notice_with_missing_papers_is_on_time_and_the_procedure_open(app):
    client = opened_at(app, NOW, set_up=in_service)

    client.post(NEW, a_notice(needed="新营业执照盖章复印件", due_on="2024-09-30"))

    assert states() == ["performed_on_time", "open"]
    procedure = read(lambda session: session.scalars(select(ChangeProcedure)).one())
    assert (procedure.needed, procedure.due_on) == ("新营业执照盖章复印件", day("Mon 2024-09-30"))
    assert zh("procedure still open") in text_of(client.get("/changes?state=procedure"))


def test_a_weak_form_is_kept_and_performs_nothing(app):
    client = opened_at(app, NOW, set_up=in_service)

    answer = client.post(NEW, a_notice(form="oral", via="phone", file=None))

    told = zh("The notice is kept, but its form is too weak: the written notice is still owed.")
    assert told in text_of(client.get(answer.location))
    assert states() == ["open"]


def test_an_agreement_whose_period_can_not_be_counted_has_no_clock_and_says_so(app):
    def set_up(session):
        odd = (TermFact("change_notification", "none", None),)
        an_agreement_in_service(session, tenant_key="haitang", terms=odd)

    client = opened_at(app, NOW, set_up=set_up)

    answer = client.post(NEW, DISCOVERY)

    order = "200000000000001"
    told = "No clock runs under %(orders)s: the period agreed there can't be counted, so a person decides."
    assert zh(told, orders=order) in text_of(client.get(answer.location))
    assert count(Obligation) == 0


def test_ops_records_what_it_found_but_no_notice_and_others_nothing(app):
    client = opened_at(app, NOW, "ops", set_up=in_service)
    assert client.get(f"{NEW}?tenant=haitang").status_code == 200
    assert client.get(f"{NEW}?tenant=haitang&by=notice").status_code == 403
    assert client.post(NEW, a_notice()).status_code == 403
    assert client.post(NEW, DISCOVERY).status_code == 302

    auditor = signed_in_client(app, "auditor")
    assert auditor.get(NEW).status_code == 403
    assert auditor.post(NEW, DISCOVERY).status_code == 403
    assert client.client.post(NEW, data=DISCOVERY).status_code == 403  # no form token
