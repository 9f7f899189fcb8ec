"""The contract side of the populated register: terms, supplements, papers, lists of orders, ends and settlements."""

from datetime import date

from sqlalchemy import select

from agreements.intake import batches, order_review
from agreements.intake.batch_models import IntakeItem, ItemState
from agreements.intake.batch_reading import work_on
from agreements.intake.form_actions import draft_form
from agreements.kernel import files
from agreements.kernel.instants import legal_date
from agreements.paper import vault
from agreements.paper.models import OfficialDocument
from agreements.paper.rules import PaperKind
from agreements.paper.supplements import seal_and_sign
from agreements.parties.actions import Upload, tenant_of_key
from agreements.parties.documents import record_document
from agreements.parties.rules import DocumentType
from agreements.register.actions import agreement_of_order
from agreements.register.correcting import approve_correction, propose_correction
from agreements.register.ending import end_by_agreement
from agreements.register.ending_rules import EndingGround
from agreements.register.models import Instrument, Term
from agreements.register.online_terms import record_online_terms
from agreements.register.rules import TermFact
from agreements.register.snapshots import record_snapshot
from agreements.register.supplement_rules import SigningParty
from agreements.register.supplements import Change, draft_supplement, sign, supplement_of_number
from compliance.retention.holding import place_hold
from compliance.retention.rules import HoldGround
from compliance.settlement.actions import confirm, live_settlement
from compliance.settlement.figures import bases_of
from compliance.settlement.rules import Basis
from compliance.settlement.usage import record_usage, sign_off
from tests.browser.parties import BAIHUA, DANFENG, DONGQING, HAITANG, HUAISHU, LANMEI, QINGSONG, SHILIU, XIUQIU, YUNSHAN
from tests.browser.story import APPROVER, FINANCE, OFFICER
from tests.builders import at
from tests.builders_formats import as_docx
from tests.builders_orders import a_csv, an_order
from tests.builders_paper import Authority, a_plain_pdf, signed_by

SEVEN_DAYS = {"value": 7, "unit": "working_day"}
LISTED = 300000000000001


def the_contract_side(story):
    """Everything that happens to texts and money on one afternoon."""
    papers_that_expired(story)
    terms_told_on_the_web(story)
    supplements_at_every_stage(story)
    corrections(story)
    two_agreements_end(story)
    lists_of_orders(story)
    copies_in_the_vault(story)
    a_form_of_its_own(story)
    with story.acting() as (session, now):
        agreement = agreement_of_order(session, HAITANG.order_no)
        place_hold(
            session,
            agreement.tenant,
            agreement,
            ground=HoldGround.DISPUTE,
            reference="（2026）示例仲字第18号",
            reason="对方已就暂停服务提起仲裁，相关记录须保全",
            actor=OFFICER,
            now=now,
        )


def papers_that_expired(story):
    with story.acting() as (session, now):
        for party, last, is_checked in (
            (BAIHUA, date(2026, 11, 15), True),
            (LANMEI, date(2026, 12, 8), True),
            (QINGSONG, date(2028, 3, 1), False),
        ):
            record_document(
                session,
                tenant_of_key(session, party.key),
                DocumentType.PRIOR_APPROVAL,
                upload=Upload("许可证.pdf", "application/pdf", a_plain_pdf(party.key)),
                sealed=True,
                number=f"示例许准字〔2023〕第{party.number:03}号",
                issuer="示例市主管部门",
                issued_on=date(2023, 11, 16),
                expires_on=last,
                is_checked=is_checked,
                actor=OFFICER,
                now=now,
            )


def terms_told_on_the_web(story):
    """Online terms that differ from the annex: one term is comparable, and the page of one order is kept."""
    with story.acting() as (session, now):
        agreement = agreement_of_order(session, YUNSHAN.order_no)
        record_online_terms(
            session,
            agreement.product,
            label="在线服务条款 2025年第3版",
            effective_from_at=at("Mon 2025-09-01 00:00"),
            terms=[
                TermFact("upstream_notice", {"value": 2, "unit": "working_day"}, "2.4"),
                TermFact("interface_adjustment_form", "written", "3.4"),
            ],
            upload=Upload("在线服务条款.pdf", "application/pdf", a_plain_pdf("online terms")),
            actor=OFFICER,
            now=now,
        )
        record_snapshot(
            session,
            agreement,
            url="https://market.example.com/products/mobile3",
            displayed_at=at("Mon 2025-12-01 08:50"),
            calls_each=200000,
            bonus_each=0,
            upload=Upload("商品页面.pdf", "application/pdf", a_plain_pdf("product page")),
            actor=OFFICER,
            now=now,
        )


def supplements_at_every_stage(story):
    """Drafted, signed by us alone, signed by both for a later day, in force."""
    draft(story, LANMEI, "甲方业务调整，协商延长变更通知期限", {"change_notification": SEVEN_DAYS})
    ours(story, draft(story, DONGQING, "续用服务至年底", {"service_end": "2026-12-31"}))
    for party, reason, changes, from_ in (
        (DANFENG, "甲方追加采购", {"quota_total": 100000}, at("Tue 2026-12-01 00:00")),
        (YUNSHAN, "双方协商调整通知期限", {"change_notification": SEVEN_DAYS}, None),
    ):
        number = draft(story, party, reason, changes, from_)
        ours(story, number)
        theirs(story, number, party)


def draft(story, party, reason, changes, from_=None):
    with story.acting() as (session, now):
        return draft_supplement(
            session,
            agreement_of_order(session, party.order_no),
            {key: Change(_like(session, party, key, value)) for key, value in changes.items()},
            asked_for_at=from_,
            reaches_back=False,
            reason=reason,
            upload=None,
            actor=OFFICER,
            now=now,
        ).number


def _like(session, party, key, value):
    """Return the value with the parts of the term that it leaves as they are."""
    if not isinstance(value, dict):
        return value
    agreement = agreement_of_order(session, party.order_no)
    term = session.scalars(
        select(Term).join(Term.instrument).where(Instrument.agreement_id == agreement.id, Term.key == key)
    ).first()
    return {**term.value, **value}


def ours(story, number):
    with story.acting() as (session, now):
        supplement = supplement_of_number(session, number)
        seal_and_sign(session, supplement, version=supplement.version, actor=APPROVER, now=now)


def theirs(story, number, party):
    with story.acting() as (session, now):
        supplement = supplement_of_number(session, number)
        sign(
            session,
            supplement,
            SigningParty.TENANT,
            signed_at=now,
            signer=party.contact,
            upload=Upload("补充协议（双方签署）.pdf", "application/pdf", a_plain_pdf(f"{number} scanned")),
            version=supplement.version,
            actor=OFFICER,
            now=now,
        )


def corrections(story):
    """One waits for a second person, one is made."""
    for party, is_made in ((QINGSONG, True), (DANFENG, False)):
        with story.acting() as (session, now):
            agreement = agreement_of_order(session, party.order_no)
            term = session.scalars(
                select(Term)
                .join(Term.instrument)
                .where(Instrument.agreement_id == agreement.id, Term.key == "change_notification")
            ).first()
            proposed = propose_correction(
                session,
                agreement,
                term.key,
                {**term.value, "value": 10},
                instrument_id=term.instrument_id,
                clause="3.3",
                reason="扫描件此处模糊，经与正式文本核对应为十个工作日",
                actor=OFFICER,
                now=now,
            )
            if is_made:
                approve_correction(session, proposed, actor=APPROVER, now=now)


def two_agreements_end(story):
    """One is settled and its statement issued; the other's usage waits for a second person."""
    for party, ended in ((HUAISHU, "Fri 2026-11-06 18:00"), (XIUQIU, "Fri 2026-11-13 18:00")):
        with story.acting() as (session, now):
            end_by_agreement(
                session,
                agreement_of_order(session, party.order_no),
                EndingGround.BOTH_SIGNED,
                ended_at=at(ended),
                reason="双方协商一致，签署终止协议",
                proof=Upload("终止协议.pdf", "application/pdf", a_plain_pdf("termination")),
                actor=APPROVER,
                now=now,
            )
    story.run_jobs()
    for party in (HUAISHU, XIUQIU):
        with story.acting() as (session, now):
            agreement = agreement_of_order(session, party.order_no)
            statement = record_usage(
                session,
                agreement,
                used=10000,
                used_through_on=legal_date(agreement.ended_at),
                source="平台计费明细",
                upload=Upload("计费明细.csv", "text/csv", b"calls,10000"),
                actor=OFFICER,
                now=now,
            )
            if party is XIUQIU:
                continue
            sign_off(session, statement, actor=FINANCE, now=now)
            settlement = live_settlement(session, agreement.id)
            confirm(
                session,
                settlement,
                basis=Basis.PAID_PROPORTIONAL,
                reason="格式条款有两种解释，按不利于我方的解释",
                refund=bases_of(session, settlement).of(Basis.PAID_PROPORTIONAL).refund,
                version=settlement.version,
                actor=APPROVER,
                now=now,
            )


def lists_of_orders(story):
    """A marketplace's list: rows registered, waiting, waiting for finance and refused; and contract files, one broken."""
    rows = [
        an_order(str(LISTED), 甲方="海桐餐饮管理（合肥）有限公司", 支付时间="2024-07-28 10:00", 支付流水号="PAY-9001"),
        an_order(str(LISTED + 1)),
        an_order(str(LISTED + 2), 甲方="紫薇家居（佛山）有限公司", **{"订单原价（元）": "1,000.00"}),
        an_order(str(LISTED + 3), 数量="若干"),
        an_order(str(LISTED + 4), 服务结束时间="2024-07-01"),
    ]
    with story.acting() as (session, now):
        upload = Upload("云市场订单-11月.csv", "application/octet-stream", a_csv(*rows))
        listed = batches.open_order_batch(session, upload, actor=OFFICER, now=now).id
    with story.acting() as (session, now):
        uploads = [
            Upload("销售协议-石榴.docx", "application/octet-stream", as_docx(_changed(SHILIU).decode())),
            Upload("扫描件.pdf", "application/octet-stream", b"%PDF-1.7 broken"),
        ]
        given = batches.open_file_batch(session, uploads, actor=OFFICER, now=now).id
    with story.app.app_context():
        work_on(listed, most=100)
        work_on(given, most=100)
    with story.acting() as (session, now):
        first = session.scalars(
            select(IntakeItem).where(IntakeItem.batch_id == listed, IntakeItem.state == ItemState.UNDER_REVIEW)
        ).first()
        mark = order_review.seen_mark(batches.row_of(session, first), first)
        order_review.confirm_orders(session, {first.id: mark}, product_code="id2-verify", actor=OFFICER, now=now)


def _changed(party):
    """Another order of a party: one clause sooner due, one in other words, one unread, one more, and the last gone."""
    text = party.contract().content.decode()
    return (
        text.replace(party.order_no, "900000000000999")
        .replace("变更之日起五个工作日内主动书面告知", "变更之日起三个工作日内主动书面告知")
        .replace("甲方应守法经营，", "甲方应当守法经营，")
        .replace(
            "乙方已经履行约定义务的，甲方后续行为的损失属于商业风险，由甲方自担", "日后之损害属于商业风险，找甲方便是"
        )
        .replace("### 5.", "4.8 乙方每季度向甲方提供一份核验质量报告。\n\n### 5.")
        .replace("8.1 修改本协议的任何内容，都必须由双方另行签订补充协议。", "")
    ).encode()


def copies_in_the_vault(story):
    """A seal whose authority we don't trust, one altered after signing, and an unsigned scan."""
    holder, _, _ = Authority().holder()
    sealed = signed_by(holder, a_plain_pdf("Agreement", pages=2))
    for name, content, party in (
        ("销售协议-云杉（平台下载）.pdf", sealed, YUNSHAN),
        ("销售协议-丹枫（改动）.pdf", sealed[:400] + b" " + sealed[401:], DANFENG),
        ("销售协议-青松（扫描件）.pdf", a_plain_pdf("Scan"), QINGSONG),
    ):
        with story.acting() as (session, now):
            look = vault.checker(session.info["settings"])
            vault.keep_copy(
                session,
                Upload(name, "application/pdf", content),
                look(content),
                agreement=agreement_of_order(session, party.order_no),
                actor=OFFICER,
                now=now,
            )


def a_form_of_its_own(story):
    with story.acting() as (session, now):
        draft_form(
            session,
            key="market-2026",
            name="云市场标准协议（2026年版）",
            text=_changed(SHILIU).decode(),
            source="云市场标准协议.md",
            actor=OFFICER,
            now=now,
        )


def statement_of(story):
    """Return the number and the PDF of the settlement statement, for the public page."""
    with story.acting() as (session, _):
        issued = session.scalars(
            select(OfficialDocument).where(OfficialDocument.kind == PaperKind.SETTLEMENT_STATEMENT)
        ).one()
        return issued.number, files.content_of(session, issued.file)
