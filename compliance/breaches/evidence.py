"""证据目录: the cover that lists what there is to show about a case or an agreement, each with its hash, sealed.

It names documents and fixes their bytes; the documents themselves stay where they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, Conflict
from agreements.kernel.files import StoredFile
from agreements.kernel.instants import SHANGHAI, legal_date
from agreements.paper.issuing import (
    Facts,
    Grid,
    OfficialDocument,
    PaperContent,
    PaperKind,
    Paragraph,
    PartyBlock,
    Signature,
    documents_for,
    issue,
    provider_name,
)
from agreements.paper.reading import copies_of, documents_of
from agreements.paper.rules import SignatureAnswer
from agreements.register.models import Agreement, Instrument
from agreements.register.rules import InstrumentKind
from agreements.register.supplement_models import Supplement
from agreements.register.term_models import OnlineTerms
from compliance.breaches.issuing import change_behind
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import CaseGround
from compliance.changes.models import ChangeEvent
from compliance.changes.notifying import notices_of
from compliance.notices.arrivals import arrival_of
from compliance.notices.letters import SUBJECTS
from compliance.notices.models import Notice
from compliance.notices.rules import ArrivalBasis, Language, NoticeState
from compliance.notices.sealed_letters import subject_of as subject_of_notice

GROUNDS = {
    CaseGround.CHANGE_NOTIFICATION_OVERDUE: "逾期未通知变更",
    CaseGround.CHANGE_PROCEDURE_OVERDUE: "变更手续逾期未办结",
}
CHECKED = {
    SignatureAnswer.VALID: "电子签名有效",
    SignatureAnswer.UNTRUSTED: "电子签名未经改动，证书链未受信任",
    SignatureAnswer.ALTERED: "电子签名后文件已被改动",
    SignatureAnswer.NO_SIGNATURE: "无电子签名",
}
INSTRUMENTS = {
    InstrumentKind.ANNEX: ("《最终用户使用协议》文本", "双方的合同关系及约定内容"),
    InstrumentKind.ONLINE_TERMS: ("在线条款快照", "展示于商品页面的条款内容"),
    InstrumentKind.SUPPLEMENT: ("补充协议", "双方对协议的变更"),
}
ARRIVED_BY = {
    ArrivalBasis.ACKNOWLEDGED: "甲方确认收到",
    ArrivalBasis.DESIGNATED_SYSTEM: "进入甲方指定的特定系统",
    ArrivalBasis.SHOULD_KNOW: "甲方应当知道",
    ArrivalBasis.COURIER_RECEIPT: "快递签收",
    ArrivalBasis.PERSONAL: "当面送达",
}
BOTH = 2
NEVER_SENT = (NoticeState.DRAFT, NoticeState.APPROVED, NoticeState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One document.

    on       when it came into being; where nobody knows, when we kept it, and `is_kept` says so
    shows    what it is to prove
    pages    None where nobody counted
    """

    name: str
    on: date
    shows: str
    sha256: str
    pages: int | None = None
    is_kept: bool = False


def exhibits_of_case(session: Session, case: BreachCase) -> list[Exhibit]:
    """Return what there is about a case, in the order of the story: contract, change, the tenant's words, ours."""
    notices = _notices(session, Notice.cause == f"case:{case.id}")
    change = change_behind(session, case)
    found = [*_contract(session, case.agreement)]
    if change is not None:
        found += _change(session, change)
    for notice in notices:
        found += _notice(session, notice)
    return _once(found)


def exhibits_of_agreement(session: Session, agreement: Agreement) -> list[Exhibit]:
    """Return what there is about an agreement: the contract, every notice that went out, our other documents."""
    found = [*_contract(session, agreement)]
    for notice in _notices(session, Notice.agreement_id == agreement.id):
        found += _notice(session, notice)
    found += [
        _ours(document)
        for document in reversed(documents_of(session, agreement.id))
        if document.kind is not PaperKind.EVIDENCE_COVER
    ]
    return _once(found)


def covers_for(session: Session, subject: BreachCase | Agreement) -> list[OfficialDocument]:
    """Return the covers made before, newest first."""
    return [each for each in documents_for(session, subject_of(subject)) if each.kind is PaperKind.EVIDENCE_COVER]


def subject_of(subject: BreachCase | Agreement) -> str:
    return f"case:{subject.id}" if isinstance(subject, BreachCase) else f"agreement:{subject.id}"


def issue_cover(session: Session, subject: BreachCase | Agreement, *, actor: Actor, now: datetime) -> OfficialDocument:
    """List what there is now and seal the list; the same list is issued once. Who may use the seal may make it."""
    require(actor, Permission.READ)
    case = subject if isinstance(subject, BreachCase) else None
    agreement = case.agreement if case is not None else subject
    assert isinstance(agreement, Agreement), "a case has its agreement"
    exhibits = exhibits_of_case(session, case) if case is not None else exhibits_of_agreement(session, agreement)
    if not exhibits:
        raise Conflict(N_("There is no document to list."), code="NO_EXHIBITS")
    return issue(
        session,
        PaperKind.EVIDENCE_COVER,
        content=cover(agreement, case, exhibits, provider=provider_name(session, agreement), on=legal_date(now)),
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause=case.clause if case is not None else "main 三 2",
        actor=actor,
        now=now,
        subject=subject_of(subject),
    )


def cover(
    agreement: Agreement, case: BreachCase | None, exhibits: list[Exhibit], *, provider: str, on: date
) -> PaperContent:
    """Return what the cover says."""
    rows = [("涉及合同", f"《云市场商品销售协议》及其附件《最终用户使用协议》（订单编号{agreement.order_no}）")]
    rows.append(("商品", agreement.product_name))
    if case is not None:
        rows.append(("案件", f"第{case.id}号：{GROUNDS[case.ground]}（第{case.clause}条）"))
    rows.append(("证据材料", f"共{len(exhibits)}份"))
    return PaperContent(
        title="证据目录",
        reference=f"订单编号：{agreement.order_no}",
        parties=(PartyBlock("提交人", provider), PartyBlock("对方当事人", agreement.party_a_name)),
        blocks=(
            Facts(tuple(rows)),
            Paragraph(
                "提交人就上述事项提交下列证据材料。每份材料以其电子文件的SHA-256校验值固定，"
                "可据以核对所提交的文件自收存以来是否经过改动。"
            ),
            Grid(
                ("序号", "证据名称", "形成日期", "证明内容", "SHA-256校验值"),
                tuple(_row(number, each) for number, each in enumerate(exhibits, 1)),
                widths=(1.1, 3.5, 2.1, 3.2, 3.9),
            ),
        ),
        signatures=(Signature("提交人", provider, is_ours=True, dated_on=on),),
        remark="本目录只载明材料的名称、形成日期（注明“收存”的为提交人收存日期）、证明内容和校验值，不代替材料本身；材料由提交人保管，原始载体备核。",
    )


def _row(number: int, exhibit: Exhibit) -> tuple[str, ...]:
    name = exhibit.name + (f"（{exhibit.pages}页）" if exhibit.pages else "")
    on = f"{exhibit.on:%Y-%m-%d}" + ("（收存）" if exhibit.is_kept else "")
    return str(number), name, on, exhibit.shows, exhibit.sha256


def _contract(session: Session, agreement: Agreement) -> Iterator[Exhibit]:
    for copy in sorted(copies_of(session, agreement.id), key=lambda each: (not each.is_formal, each.id)):
        name = "正式合同版本" if copy.is_formal else "合同副本"
        shows = f"双方的合同关系及约定内容；经检验，{CHECKED[copy.answer]}"
        signed_on = agreement.signed_on
        on = signed_on or legal_date(copy.kept_at)
        yield Exhibit(f"{name} {copy.name}", on, shows, copy.file.sha256, copy.pages, is_kept=signed_on is None)
    for one in session.scalars(
        select(Instrument)
        .where(Instrument.agreement_id == agreement.id, Instrument.kind.in_(INSTRUMENTS))
        .order_by(Instrument.id)
    ):
        name, shows = INSTRUMENTS[one.kind]
        formed_on = _formed_on(session, agreement, one)
        on = formed_on or legal_date(one.recorded_at)
        yield _file(one.file, f"{name} {one.file.name}", on, shows, is_kept=formed_on is None)


def _formed_on(session: Session, agreement: Agreement, one: Instrument) -> date | None:
    """Return when a text of the contract came into being: signed by both, or first shown on the page; None: unknown."""
    if one.kind is InstrumentKind.ANNEX:
        return agreement.signed_on
    if one.online_terms_id is not None:
        return legal_date(session.get_one(OnlineTerms, one.online_terms_id).effective_from_at)
    signed = session.execute(
        select(Supplement.tenant_signed_at, Supplement.provider_signed_at).where(Supplement.instrument_id == one.id)
    ).first()
    instants = [each for each in signed or () if each is not None]
    return legal_date(max(instants)) if len(instants) == BOTH else None


def _change(session: Session, change: ChangeEvent) -> Iterator[Exhibit]:
    if change.proof_file is not None:
        shows = f"甲方于{_day(change.occurred_on)}发生变更：{change.description.rstrip('。')}"
        name, on = f"变更事实材料 {change.proof_file.name}", legal_date(change.recorded_at)
        yield _file(change.proof_file, name, on, shows, is_kept=True)
    for told in notices_of(session, change):
        if told.file is not None:
            arrived = f"甲方就变更所作通知于{_moment(told.arrived_at)}到达提交人"
            yield _file(told.file, f"甲方变更通知 {told.file.name}", legal_date(told.arrived_at), arrived, is_kept=True)


def _notices(session: Session, condition: ColumnElement[bool]) -> list[Notice]:
    statement = select(Notice).where(condition, Notice.state.not_in(NEVER_SENT))
    return list(session.scalars(statement.order_by(Notice.id)))


def _notice(session: Session, notice: Notice) -> Iterator[Exhibit]:
    title = SUBJECTS[Language.ZH][notice.kind]
    named = f"{title}（编号{notice.number}）"
    yield Exhibit(f"{named}正文", legal_date(notice.drafted_at), "提交人通知的内容", notice.body_sha256)
    for document in documents_for(session, subject_of_notice(notice)):
        yield _ours(document)
    arrival = arrival_of(session, notice.id)
    if arrival is not None and arrival.proof_file is not None:
        shows = f"{named}于{_moment(arrival.arrived_at)}到达甲方（{ARRIVED_BY[arrival.basis]}）"
        on = legal_date(arrival.recorded_at)
        yield _file(arrival.proof_file, f"送达凭证 {arrival.proof_file.name}", on, shows, is_kept=True)


def _ours(document: OfficialDocument) -> Exhibit:
    name = f"{document.title}（盖章文本，文件编号{document.number}）"
    shows = "提交人盖章并作数字签名的文件"
    return Exhibit(name, legal_date(document.issued_at), shows, document.signed_sha256, document.pages)


def _file(file: StoredFile, name: str, on: date, shows: str, *, is_kept: bool) -> Exhibit:
    return Exhibit(name, on, shows, file.sha256, is_kept=is_kept)


def _once(found: list[Exhibit]) -> list[Exhibit]:
    """Leave out what is listed before under the same bytes."""
    return list({each.sha256: each for each in reversed(found)}.values())[::-1]


def _moment(at: datetime) -> str:
    local = at.astimezone(SHANGHAI)
    return f"{_day(local.date())}{local:%H:%M}"


def _day(on: date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"
