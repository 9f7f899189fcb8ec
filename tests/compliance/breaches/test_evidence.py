"""The list of evidence: what a case or an agreement has, each with its hash, sealed, and the same list only once."""

import pypdfium2
import pytest
from sqlalchemy import select

from agreements.kernel import clock, files
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import NotPermitted
from agreements.paper.checking import check
from agreements.paper.models import OfficialDocument
from agreements.paper.rules import PaperKind, SealKind
from agreements.paper.vault import keep_copy, make_formal
from compliance.breaches.evidence import covers_for, exhibits_of_agreement, exhibits_of_case, issue_cover
from compliance.breaches.models import BreachCase
from compliance.notices.sealed_letters import seal_letter
from tests.builders import a_person, at, day
from tests.builders_access import signed_in_client
from tests.builders_compliance import a_demanded_case, arrive
from tests.builders_desk import opened_at, read
from tests.builders_paper import PROVIDER, Authority, a_plain_pdf, signed_by
from tests.builders_register import APPROVER, OFFICER, an_upload

NOW = at("Fri 2024-09-27 10:00")
MARKET, _, _ = Authority().holder(PROVIDER)


def a_case(session):
    """A case whose demand has arrived, with the formal copy of its agreement in the vault."""
    case = a_demanded_case(session)
    arrive(session, case.demand_notice, at("Tue 2024-09-24 10:00"))
    content = signed_by(MARKET, a_plain_pdf("Formal contract"))
    copy = keep_copy(
        session,
        an_upload("合同.pdf", content),
        check(content, at=clock.wall()),
        agreement=case.agreement,
        actor=OFFICER,
        now=NOW,
    )
    make_formal(session, copy, actor=OFFICER, now=NOW)
    return case


def text_of(session, document):
    pdf = pypdfium2.PdfDocument(files.content_of(session, document.file))
    text = "".join(page.get_textpage().get_text_range() for page in pdf)
    pdf.close()
    return "".join(text.split())


def test_the_cover_of_a_case_lists_contract_letter_and_proof_with_their_hashes(session):
    case = a_case(session)

    document = issue_cover(session, case, actor=APPROVER, now=NOW)

    said = text_of(session, document)
    assert (document.kind, document.use.seal.kind) == (PaperKind.EVIDENCE_COVER, SealKind.COMPANY)
    exhibits = exhibits_of_case(session, case)
    names = " ".join(each.name for each in exhibits)
    for part in ("正式合同版本 合同.pdf", f"改正通知（编号{case.demand_notice.number}）正文", "送达凭证"):
        assert part in names
    for each in exhibits:
        assert each.sha256 in said
    for words in ("证据目录", "逾期未通知变更", "证明内容", f"共{len(exhibits)}份", "2024年9月24日10:00到达甲方"):
        assert words in said


def test_the_same_list_is_sealed_once_and_a_longer_one_anew(session):
    case = a_case(session)
    first = issue_cover(session, case, actor=APPROVER, now=NOW)

    assert issue_cover(session, case, actor=OFFICER, now=at("Mon 2024-09-30 10:00")) is first
    letter = seal_letter(session, case.demand_notice, actor=OFFICER, now=NOW)
    second = issue_cover(session, case, actor=OFFICER, now=NOW)

    assert second is not first
    assert letter.signed_sha256 in text_of(session, second)
    assert covers_for(session, case) == [second, first]


def test_the_cover_of_an_agreement_lists_notices_and_documents_but_no_other_cover(session):
    case = a_case(session)
    agreement = case.agreement
    letter = seal_letter(session, case.demand_notice, actor=OFFICER, now=NOW)
    issue_cover(session, case, actor=APPROVER, now=NOW)

    cover = issue_cover(session, agreement, actor=APPROVER, now=NOW)

    hashes = [each.sha256 for each in exhibits_of_agreement(session, agreement)]
    assert case.demand_notice.body_sha256 in hashes
    assert hashes.count(letter.signed_sha256) == 1
    assert covers_for(session, agreement) == [cover]
    assert cover.signed_sha256 not in hashes


def test_who_may_not_use_the_seal_makes_no_cover(session):
    with pytest.raises(NotPermitted):
        issue_cover(session, a_case(session), actor=a_person("auditor"), now=NOW)


def test_the_pages_of_case_and_agreement_make_a_cover(app):
    opened_at(app, NOW)
    with unit_of_work() as session:
        a_case(session)
    db.session.remove()
    case_id, order_no = read(lambda session: (session.scalars(select(BreachCase)).one().id, "200000000000001"))
    officer = signed_in_client(app, "legal_officer")
    assert "生成盖章证据目录" in officer.get(f"/cases/{case_id}").text
    assert "生成盖章证据目录" not in signed_in_client(app, "auditor").get(f"/cases/{case_id}").text

    made = officer.post(f"/evidence/cases/{case_id}")
    officer.post(f"/evidence/agreements/{order_no}")

    numbers = read(lambda session: [each.number for each in session.scalars(select(OfficialDocument))])
    assert len(numbers) == 2
    assert numbers[0] in officer.get(made.location).text
    assert numbers[0] in officer.get(f"/cases/{case_id}").text
    assert numbers[1] in officer.get(f"/agreements/{order_no}").text


def test_a_text_bears_the_day_it_was_signed_and_what_came_from_others_the_day_we_kept_it(session):
    case = a_case(session)
    case.agreement.signed_on = day("Sun 2024-07-28")
    session.flush()

    exhibits = {each.name.split()[0]: each for each in exhibits_of_case(session, case)}

    annex, proof = exhibits["《最终用户使用协议》文本"], exhibits["送达凭证"]
    assert (annex.on, annex.is_kept) == (day("Sun 2024-07-28"), False)
    assert proof.is_kept
    case.agreement.signed_on = None
    annex = next(each for each in exhibits_of_case(session, case) if each.name.startswith("《最终用户使用协议》"))
    assert annex.is_kept
