"""Pages of cases: each act through its form, by the right person, on what was seen; nothing changes by looking."""

import html
import re

import pytest
from sqlalchemy import func, select

from agreements.kernel import clock
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.files import StoredFile
from agreements.parties.actions import confirm_notice_address
from compliance.breaches.actions import confirm
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import CaseState, GroundClass
from compliance.breaches.schemas import text_field
from compliance.breaches.suspension import decide_suspension, suspend
from compliance.breaches.waiting import CaseAct
from compliance.notices.actions import body_text
from compliance.notices.dispatch import claim_next, message_of
from compliance.notices.models import Notice, Outbox
from compliance.notices.rules import Language
from tests.builders import at, day
from tests.builders_access import signed_in_client
from tests.builders_compliance import (
    a_change,
    a_change_notice,
    a_cure,
    a_demanded_case,
    a_suspected_case,
    an_unrectified_case,
    arrive,
    sweep,
    the_case,
)
from tests.builders_notices import letter
from tests.builders_register import APPROVER, OFFICER, a_paid_agreement, an_upload

NOW = "Tue 2024-10-08 15:00"
ACTS = ("confirm", "dismiss", "demand", "accept", "suspend", "reinstate", "close")
LETTERS = ("demand", "suspend", "reinstate")


def given(case_of, *arguments):
    """Build a case in a rehearsal that stands at NOW; returns its id."""
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=at(NOW))
    with unit_of_work() as session:
        case_of(session, *arguments)
        return the_case(session).id


def a_confirmed_case(session):
    case = a_suspected_case(session)
    confirm(
        session,
        case,
        ground_class=GroundClass.OTHER,
        version=case.version,
        actor=OFFICER,
        now=at("Mon 2024-09-23 10:00"),
    )


def a_decided_case(session):
    case = an_unrectified_case(session)
    decide_suspension(
        session,
        case,
        reason="逾期未改正",
        language=Language.ZH,
        version=case.version,
        actor=APPROVER,
        now=at("Sat 2024-09-28 09:00"),
    )
    return case


def an_answered_case(session):
    a_change_notice(session, an_unrectified_case(session), arrived=at("Tue 2024-10-08 09:00"))


def a_suspended_and_cured_case(session):
    case = a_decided_case(session)
    arrive(session, case.hold.notice, at("Sun 2024-09-29 10:00"))
    suspend(session, case, now=at("Sun 2024-09-29 10:00"))
    a_change_notice(session, case, arrived=at("Tue 2024-10-08 09:00"))
    a_cure(session, case, now=at("Tue 2024-10-08 10:00"))


def a_rectified_case(session):
    an_answered_case(session)
    a_cure(session, the_case(session), now=at("Tue 2024-10-08 10:00"))


def fields_of(page):
    """Return what a page's form would send: its inputs' values and its textareas."""
    form = page.text.split("<main", 1)[1]
    found = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = (re.search(rf'{part}="([^"]*)"', tag) for part in ("name", "value"))
        if name and not ('type="radio"' in tag and "checked" not in tag):
            found[name.group(1)] = html.unescape(value.group(1)) if value else ""
    for name, text in re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = html.unescape(text)
    return found


def path_of(case_id, act, **query):
    letter_page = act in LETTERS
    arguments = {"language": "zh", **({"due_on": "2024-10-18"} if act == "demand" else {})} | query
    ending = "/letter?" + "&".join(f"{name}={value}" for name, value in arguments.items()) if letter_page else ""
    return f"/cases/{case_id}/{act}{ending}"


def case_of(case_id):
    session = db.session()
    session.rollback()
    session.expire_all()
    return session.get_one(BreachCase, case_id)


def written():
    """Count everything that an act would leave behind."""
    session = db.session()
    session.rollback()
    return [
        session.scalar(select(func.count()).select_from(table)) for table in (AuditEvent, Notice, Outbox, StoredFile)
    ]


@pytest.mark.parametrize(
    ("build", "act", "roles", "state"),
    [
        (a_suspected_case, "confirm", ("legal_officer", "legal_approver"), CaseState.CONFIRMED),
        (a_suspected_case, "dismiss", ("legal_officer", "legal_approver"), CaseState.DISMISSED),
        (a_confirmed_case, "demand", ("legal_officer", "legal_approver"), CaseState.RECTIFICATION_DEMANDED),
        (an_answered_case, "accept", ("legal_officer", "legal_approver"), CaseState.RECTIFIED),
        (an_unrectified_case, "suspend", ("legal_approver", "legal_officer"), CaseState.SUSPENSION_DECIDED),
        (a_suspended_and_cured_case, "reinstate", ("legal_approver", "legal_officer"), CaseState.RECTIFIED),
        (a_rectified_case, "close", ("legal_officer", "auditor"), CaseState.CLOSED),
    ],
)
def test_each_act_is_done_through_its_form_by_the_right_role(app, build, act, roles, state):
    case_id, text = given(build), text_field(CaseAct(act))
    before = case_of(case_id).state
    person, stranger = (signed_in_client(app, role) for role in roles)
    fields = fields_of(person.get(path_of(case_id, act)))

    assert stranger.get(path_of(case_id, act)).status_code == 403
    assert stranger.post(f"/cases/{case_id}/{act}", data=fields | {text: "理由"}).status_code == 403
    assert case_of(case_id).state is before
    without = person.post(f"/cases/{case_id}/{act}", data=fields | {text: " "})
    assert (without.status_code, case_of(case_id).state) == (422, before)

    done = person.post(f"/cases/{case_id}/{act}", data=fields | {text: "已核对证据"})

    assert done.status_code == 302
    assert done.headers["Location"] == f"/cases/{case_id}"
    assert case_of(case_id).state is state
    assert "已核对证据" in person.get(f"/cases/{case_id}").text


def test_looking_at_any_page_of_a_case_changes_nothing(app):
    case_id = given(an_unrectified_case)
    client = signed_in_client(app, "legal_officer", "legal_approver")
    before, version = written(), case_of(case_id).version

    for path in ["/cases", f"/cases/{case_id}", *(f"/cases/{case_id}/{act}" for act in ACTS)]:
        assert client.get(path).status_code in (200, 409)
    for act in LETTERS:
        assert client.get(path_of(case_id, act)).status_code in (200, 409)

    assert written() == before
    assert case_of(case_id).version == version


def test_clause_4_4_the_letter_that_was_read_is_the_letter_that_goes_out(app):
    case_id = given(a_confirmed_case)
    client = signed_in_client(app)
    page = client.get(path_of(case_id, "demand"))
    shown = html.unescape(re.search(r'<div class="letter"[^>]*>(.*?)</div>', page.text, re.DOTALL).group(1))

    client.post(f"/cases/{case_id}/demand", data=fields_of(page) | {"reason": "逾期"})

    with unit_of_work() as session:
        notice = the_case(session).demand_notice
        claim_next(session, now=at(NOW), wall=clock.wall(), lease=at(NOW) - at("Tue 2024-10-08 14:00"))
        _, sent = letter(message_of(session, session.scalars(select(Outbox)).one()).content)
        kept = body_text(session, notice)
        number = notice.number
    assert "营业执照经营范围变更" in shown
    assert "2024年10月18日（周五）24:00" in shown
    seen = shown.replace(f"{number[:12]}········", number)
    assert kept in seen
    token = re.search(r"/n/(\S+)", sent).group(1)
    assert seen.replace("/n/········", f"/n/{token}").split() == sent.split()


def test_a_letter_that_changed_after_it_was_read_is_not_sent(app):
    case_id = given(a_confirmed_case)
    client = signed_in_client(app)
    fields = fields_of(client.get(path_of(case_id, "demand")))
    with unit_of_work() as session:
        confirm_notice_address(
            session,
            the_case(session).agreement.tenant,
            "new@tenant.example",
            signed_on=day("Tue 2024-10-08"),
            proof=an_upload(),
            actor=OFFICER,
            now=at(NOW),
        )

    answer = client.post(f"/cases/{case_id}/demand", data=fields | {"reason": "我写的理由"})

    assert answer.status_code == 409
    assert "n***@tenant.example" in answer.text
    assert "我写的理由" in answer.text
    assert case_of(case_id).state is CaseState.CONFIRMED
    again = client.post(f"/cases/{case_id}/demand", data=fields_of(answer))
    assert again.status_code == 302


def test_who_comes_second_sees_what_changed_and_keeps_what_was_written(app):
    case_id = given(a_suspected_case)
    first, second = signed_in_client(app, name="王先"), signed_in_client(app, name="李后")
    seen_by_both = fields_of(first.get(f"/cases/{case_id}/confirm"))
    dismissal = fields_of(second.get(f"/cases/{case_id}/dismiss"))
    first.post(f"/cases/{case_id}/confirm", data=seen_by_both | {"reason": "查实"})

    too_late = second.post(f"/cases/{case_id}/dismiss", data=dismissal | {"reason": "我认为是误报"})

    assert too_late.status_code == 409
    for words in ("王先", "确认违约", "查实", "我认为是误报"):
        assert words in too_late.text
    assert case_of(case_id).state is CaseState.CONFIRMED


def test_a_form_of_an_older_version_is_shown_again_where_the_act_is_still_open(app):
    case_id = given(an_answered_case)
    client = signed_in_client(app)
    fields = fields_of(client.get(f"/cases/{case_id}/accept"))

    stale = client.post(f"/cases/{case_id}/accept", data=fields | {"version": "1", "note": "已核验"})

    assert stale.status_code == 409
    assert fields_of(stale)["note"] == "已核验"
    assert case_of(case_id).state is CaseState.NOT_RECTIFIED
    assert client.post(f"/cases/{case_id}/accept", data=fields_of(stale)).status_code == 302


def test_clause_6_1_a_withdrawal_is_shown_before_it_is_sent_by_accepting(app):
    case_id = given(a_decided_case)
    with unit_of_work() as session:
        case = the_case(session)
        a_change_notice(session, case, arrived=at("Tue 2024-10-08 09:00"))
    client = signed_in_client(app)
    quiet = fields_of(client.get(f"/cases/{case_id}/accept"))
    assert quiet["fingerprint"] == ""
    with unit_of_work() as session:
        while claim_next(session, now=at(NOW), wall=clock.wall(), lease=at(NOW) - at("Tue 2024-10-08 14:00")):
            pass  # a copy of the suspension notice may now be on the wire

    unread = client.post(f"/cases/{case_id}/accept", data=quiet | {"note": "已核验"})
    assert (unread.status_code, case_of(case_id).state) == (409, CaseState.SUSPENSION_DECIDED)
    assert "撤回暂停决定通知" in unread.text

    assert client.post(f"/cases/{case_id}/accept", data=fields_of(unread)).status_code == 302
    assert case_of(case_id).state is CaseState.RECTIFIED


def test_without_a_confirmed_address_the_page_leads_to_the_tenant_and_offers_no_button(app):
    def unreachable(session):
        a_change(session, a_paid_agreement(session, tenant_key="unreachable"))
        sweep(session, at("Sat 2024-09-21 00:00"), "obligation_sweep")
        case = the_case(session)
        confirm(session, case, ground_class=GroundClass.OTHER, version=case.version, actor=OFFICER, now=at(NOW))

    case_id = given(unreachable)
    client = signed_in_client(app)

    for path in (f"/cases/{case_id}", f"/cases/{case_id}/demand", path_of(case_id, "demand")):
        page = client.get(path)
        assert 'href="/tenants/unreachable/notice-address"' in page.text
        assert "/letter" not in page.text


def test_the_list_says_what_each_case_waits_for_and_finds_it(app):
    case_id = given(a_demanded_case)
    client = signed_in_client(app)

    assert "等待通知发出" in client.get("/cases").text
    for query in (
        "?q=海棠",
        "?q=００００００００１",
        "?q=200000000000001",
        f"?q=%23{case_id}",
        "?state=rectification_demanded",
    ):
        assert f'href="/cases/{case_id}"' in client.get(f"/cases{query}").text
    for query in ("?q=nobody", "?q=%25", "?state=closed"):
        assert f'href="/cases/{case_id}"' not in client.get(f"/cases{query}").text


def test_the_page_of_a_case_explains_its_dates_and_the_year_of_564(app):
    case_id = given(a_confirmed_case)

    page = signed_in_client(app).get(f"/cases/{case_id}").text

    for words in ("第3.3条", "2024年9月20日 周五 24:00", "调休上班日", "2025年9月23日 周二 24:00", "第五百六十四条"):
        assert words in page
