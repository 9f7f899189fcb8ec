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
from agreements.kernel.instants import legal_date
from agreements.kernel.web.language import label
from agreements.paper.issuing import (
    Facts,
    Grid,
    OfficialDocument,
    PaperContent,
    PaperKind,
    PaperLanguage,
    Paragraph,
    PartyBlock,
    Signature,
    documents_for,
    issue,
    provider_name,
)
from agreements.paper.phrases import Phrases
from agreements.paper.reading import copies_of, documents_of
from agreements.register.models import Agreement, Instrument
from agreements.register.rules import InstrumentKind
from agreements.register.supplement_models import Supplement
from agreements.register.term_models import OnlineTerms
from compliance.breaches.evidence_words import (
    ARRIVED,
    ARRIVED_BY,
    CHANGED,
    CHECKED,
    CONTRACT,
    ENGLISH,
    GROUNDS,
    INSTRUMENTS,
    PURPOSE,
    REMARK,
    SHOWS_COPY,
    TOLD,
)
from compliance.breaches.issuing import change_behind
from compliance.breaches.models import BreachCase
from compliance.changes.models import ChangeEvent
from compliance.changes.notifying import notices_of
from compliance.notices.arrivals import arrival_of
from compliance.notices.letters import SUBJECTS
from compliance.notices.models import Notice
from compliance.notices.rules import Language, NoticeState
from compliance.notices.sealed_letters import subject_of as subject_of_notice

CHINESE = Phrases(PaperLanguage.ZH, ENGLISH)
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


def exhibits_of_case(session: Session, case: BreachCase, say: Phrases = CHINESE) -> list[Exhibit]:
    """Return what there is about a case, in the order of the story: contract, change, the tenant's words, ours."""
    notices = _notices(session, Notice.cause == f"case:{case.id}")
    change = change_behind(session, case)
    found = [*_contract(session, case.agreement, say)]
    if change is not None:
        found += _change(session, change, say)
    for notice in notices:
        found += _notice(session, notice, say)
    return _once(found)


def exhibits_of_agreement(session: Session, agreement: Agreement, say: Phrases = CHINESE) -> list[Exhibit]:
    """Return what there is about an agreement: the contract, every notice that went out, our other documents."""
    found = [*_contract(session, agreement, say)]
    for notice in _notices(session, Notice.agreement_id == agreement.id):
        found += _notice(session, notice, say)
    found += [
        _ours(document, say)
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
    case, agreement = _case_and_agreement(subject)
    return issue(
        session,
        PaperKind.EVIDENCE_COVER,
        content=cover(session, subject, on=legal_date(now)),
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause=case.clause if case is not None else "main 三 2",
        actor=actor,
        now=now,
        subject=subject_of(subject),
    )


def _case_and_agreement(subject: BreachCase | Agreement) -> tuple[BreachCase | None, Agreement]:
    return (subject, subject.agreement) if isinstance(subject, BreachCase) else (None, subject)


def cover(
    session: Session, subject: BreachCase | Agreement, *, on: date, language: PaperLanguage = PaperLanguage.ZH
) -> PaperContent:
    """Return what a cover says now; in English it is a translation. Conflict where there is nothing to list."""
    say = Phrases(language, ENGLISH)
    case, agreement = _case_and_agreement(subject)
    with say.spoken():
        exhibits = (
            exhibits_of_case(session, case, say) if case is not None else exhibits_of_agreement(session, agreement, say)
        )
    if not exhibits:
        raise Conflict(N_("There is no document to list."), code="NO_EXHIBITS")
    provider = provider_name(session, agreement)
    rows = [(say("涉及合同"), say(CONTRACT, order_no=agreement.order_no)), (say("商品"), agreement.product_name)]
    if case is not None:
        ground = say(GROUNDS[case.ground])
        what = say("第{number}号：{ground}（第{clause}条）", number=case.id, ground=ground, clause=case.clause)
        rows.append((say("案件"), what))
    rows.append((say("证据材料"), say("共{count}份", count=len(exhibits))))
    return PaperContent(
        title=say("证据目录"),
        reference=say("订单编号：{order_no}", order_no=agreement.order_no),
        parties=(PartyBlock(say("提交人"), provider), PartyBlock(say("对方当事人"), agreement.party_a_name)),
        blocks=(
            Facts(tuple(rows)),
            Paragraph(say(PURPOSE)),
            Grid(
                (say("序号"), say("证据名称"), say("形成日期"), say("证明内容"), say("SHA-256校验值")),
                tuple(_row(number, each, say) for number, each in enumerate(exhibits, 1)),
                widths=(1.1, 3.5, 2.1, 3.2, 3.9),
            ),
        ),
        signatures=(Signature(say("提交人"), provider, is_ours=True, dated_on=on),),
        remark=say(REMARK),
        language=language,
    )


def _row(number: int, exhibit: Exhibit, say: Phrases) -> tuple[str, ...]:
    name = say("{name}（{pages}页）", name=exhibit.name, pages=exhibit.pages) if exhibit.pages else exhibit.name
    on = f"{exhibit.on:%Y-%m-%d}"
    return str(number), name, say("{day}（收存）", day=on) if exhibit.is_kept else on, exhibit.shows, exhibit.sha256


def _contract(session: Session, agreement: Agreement, say: Phrases) -> Iterator[Exhibit]:
    for copy in sorted(copies_of(session, agreement.id), key=lambda each: (not each.is_formal, each.id)):
        name = say("正式合同版本") if copy.is_formal else say("合同副本")
        shows = say(SHOWS_COPY, checked=say(CHECKED[copy.answer]))
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
        yield _file(one.file, f"{say(name)} {one.file.name}", on, say(shows), is_kept=formed_on is None)


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


def _change(session: Session, change: ChangeEvent, say: Phrases) -> Iterator[Exhibit]:
    if change.proof_file is not None:
        shows = say(CHANGED, day=say.day(change.occurred_on), description=change.description.rstrip("。"))
        name, on = f"{say('变更事实材料')} {change.proof_file.name}", legal_date(change.recorded_at)
        yield _file(change.proof_file, name, on, shows, is_kept=True)
    for told in notices_of(session, change):
        if told.file is not None:
            arrived = say(TOLD, at=say.moment(told.arrived_at))
            name, on = f"{say('甲方变更通知')} {told.file.name}", legal_date(told.arrived_at)
            yield _file(told.file, name, on, arrived, is_kept=True)


def _notices(session: Session, condition: ColumnElement[bool]) -> list[Notice]:
    statement = select(Notice).where(condition, Notice.state.not_in(NEVER_SENT))
    return list(session.scalars(statement.order_by(Notice.id)))


def _notice(session: Session, notice: Notice, say: Phrases) -> Iterator[Exhibit]:
    title = SUBJECTS[Language(say.language.value)][notice.kind]
    named = say("{title}（编号{number}）", title=title, number=notice.number)
    text = say("{named}正文", named=named)
    yield Exhibit(text, legal_date(notice.drafted_at), say("提交人通知的内容"), notice.body_sha256)
    for document in documents_for(session, subject_of_notice(notice)):
        yield _ours(document, say)
    arrival = arrival_of(session, notice.id)
    if arrival is not None and arrival.proof_file is not None:
        shows = say(ARRIVED, named=named, at=say.moment(arrival.arrived_at), basis=say(ARRIVED_BY[arrival.basis]))
        name, on = f"{say('送达凭证')} {arrival.proof_file.name}", legal_date(arrival.recorded_at)
        yield _file(arrival.proof_file, name, on, shows, is_kept=True)


def _ours(document: OfficialDocument, say: Phrases) -> Exhibit:
    title = document.title if say.is_chinese else label("paper_kind", document.kind)
    name = say("{title}（盖章文本，文件编号{number}）", title=title, number=document.number)
    shows = say("提交人盖章并作数字签名的文件")
    return Exhibit(name, legal_date(document.issued_at), shows, document.signed_sha256, document.pages)


def _file(file: StoredFile, name: str, on: date, shows: str, *, is_kept: bool) -> Exhibit:
    return Exhibit(name, on, shows, file.sha256, is_kept=is_kept)


def _once(found: list[Exhibit]) -> list[Exhibit]:
    """Leave out what is listed before under the same bytes."""
    return list({each.sha256: each for each in reversed(found)}.values())[::-1]
