"""A certificate of destruction as a document of ours: sealed, signed, publicly verifiable (clause 5.2).

It says what the certificate's row says and nothing more, so that asked for again it is the same document.
"""

from datetime import date, datetime

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Actor, Permission, may, require
from agreements.kernel.errors import N_, Conflict, IntegrityBroken
from agreements.kernel.files import StoredFile
from agreements.kernel.instants import SHANGHAI, legal_date
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
    Weight,
    documents_for,
    issue,
    provider_name,
)
from agreements.paper.rules import FIRST_ROLES, seal_kind_for
from agreements.paper.sealing import may_use, seal_in_use
from compliance.retention.due_reading import approvals_shown, is_unaltered
from compliance.retention.holding import CLAUSE
from compliance.retention.models import DestroyedItem, DestructionCertificate
from compliance.retention.rules import LAW, ItemKind, RestsOn

HASHES = (
    "文件的校验值为其原始字节的SHA-256；数据项的校验值为其存储内容的SHA-256，加密存储的，为其密文的SHA-256。"
    "校验值仅用于证明所销毁的是何内容，不能据以还原该内容。"
)
GONE = (
    "下列资料的保存期限已经届满。销毁单位依据《最终用户使用协议》附件第5.2条及个人信息保护法律关于保存期限届满应当删除的规定，"
    "对其予以销毁，现证明如下："
)
EMPTY = "下列类别资料的保存期限已经届满。经查，该类别项下无留存内容，未发生销毁，现证明如下："
KEPT = "除上列内容外，不含上述内容的登记事项及审计日志仍予保存；其他资料或者其他协议仍须保存的文件，不在销毁之列。"


def subject_of(certificate: DestructionCertificate) -> str:
    return f"destruction_certificate:{certificate.id}"


def paper_of(session: Session, certificate: DestructionCertificate) -> OfficialDocument | None:
    """Return the sealed document of a certificate; None before it is made."""
    return next(iter(documents_for(session, subject_of(certificate))), None)


def may_seal(session: Session, actor: Actor) -> bool:
    """Say whether somebody may make the document: who reads certificates and may use the seal that it takes."""
    seal = seal_in_use(session, seal_kind_for(PaperKind.DESTRUCTION_CERTIFICATE))
    is_listed = may_use(seal, actor) if seal is not None else not actor.roles.isdisjoint(FIRST_ROLES)
    return may(actor, Permission.READ) and is_listed


def seal_certificate(
    session: Session, certificate: DestructionCertificate, *, actor: Actor, now: datetime
) -> OfficialDocument:
    """Seal and sign a certificate; once made it is returned as it is. Who may use the seal may make it.

    Raises IntegrityBroken where the row no longer says what the audit trail recorded, Conflict while a file that it
    names is still on the disk.
    """
    require(actor, Permission.READ)
    if not is_unaltered(session, certificate):
        raise IntegrityBroken(
            N_("Certificate %(number)s no longer says what the audit trail recorded; it is not sealed."),
            number=certificate.number,
        )
    if _awaits_removal(session, certificate):
        raise Conflict(
            N_("Files that certificate %(number)s names are still being taken off the disk."),
            code="STILL_ON_DISK",
            clause=CLAUSE,
            remedy=N_("The scheduler does so within five minutes; seal it then."),
            number=certificate.number,
        )
    agreement = certificate.agreement
    return issue(
        session,
        PaperKind.DESTRUCTION_CERTIFICATE,
        content=content_of(certificate, provider=provider_name(session, agreement), on=legal_date(now)),
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause=CLAUSE,
        actor=actor,
        now=now,
        subject=subject_of(certificate),
    )


def _awaits_removal(session: Session, certificate: DestructionCertificate) -> bool:
    ids = [int(each.row) for each in certificate.items if each.kind is ItemKind.FILE]
    waiting = select(StoredFile.id).where(StoredFile.id.in_(ids), StoredFile.removed_at.is_(None)).limit(1)
    return session.scalar(waiting) is not None


def content_of(certificate: DestructionCertificate, *, provider: str, on: date) -> PaperContent:
    """Return what the document says. on: the day of sealing."""
    agreement = certificate.agreement
    with force_locale(PaperLanguage.ZH.value):
        facts, items = Facts(_facts(certificate)), [_item(*each) for each in enumerate(certificate.items, 1)]
    blocks: list[Paragraph | Facts | Grid] = [
        Paragraph(GONE if items else EMPTY),
        facts,
        Paragraph("销毁审批", Weight.HEADING),
        Grid(("审批人", "审批时间（北京时间）", "审批理由"), tuple(_approvals(certificate)), widths=(2.4, 3.6, 6))
        if certificate.approvers
        else Paragraph("未发生销毁，无需审批。"),
        Paragraph("销毁清单", Weight.HEADING),
    ]
    if items:
        blocks.append(
            Grid(
                ("序号", "种类", "内容及存储位置", "SHA-256校验值", "字节数"),
                tuple(items),
                widths=(1.1, 1.5, 4.3, 4.6, 1.7),
                numeric=frozenset({4}),
            )
        )
        blocks.append(Paragraph(HASHES, Weight.NOTE))
    else:
        blocks.append(Paragraph("本类别项下无留存内容。"))
    blocks.append(Paragraph(KEPT))
    return PaperContent(
        title="销毁证明",
        reference=f"销毁证明编号：{certificate.number}　　订单编号：{agreement.order_no}",
        parties=(PartyBlock("销毁单位（乙方）", provider), PartyBlock("合同相对方（甲方）", agreement.party_a_name)),
        blocks=tuple(blocks),
        signatures=(Signature("销毁单位", provider, is_ours=True, dated_on=on),),
        remark=f"本证明登记内容的SHA-256校验值为{certificate.sha256}，该值在销毁的同时记入审计日志。",
    )


def _facts(certificate: DestructionCertificate) -> tuple[tuple[str, str], ...]:
    begins = f"自{label('counted_from', certificate.counted_from)}之日（{_day(certificate.counted_on)}，当日不计）起"
    code, _, article = LAW[certificate.retention_class].partition(" ")
    law = f"法定最低保存期限为{certificate.floor_months}个月（《{code}》第{article}条）"
    rests_on = f"保存制度所定期限；{law}" if certificate.rests_on is RestsOn.POLICY else law
    at = certificate.issued_at
    scope = f"文件{certificate.files:,}个，数据项{certificate.erased:,}项"
    if certificate.shared:
        scope += f"；另有{certificate.shared:,}个文件因其他资料仍须保存，未予销毁"
    return (
        ("资料类别", label("retention_class", certificate.retention_class)),
        ("保存期限", f"{begins}{certificate.months}个月，保存至{_day(certificate.through_on)}24:00"),
        ("期限依据", rests_on),
        ("销毁时间" if certificate.items else "办结时间", f"{_day(legal_date(at))}{_time(at)}（北京时间）"),
        *([("销毁方式", "由调度程序执行：文件自存储介质删除，数据项自数据库清除")] if certificate.items else []),
        ("销毁范围", scope),
    )


def _approvals(certificate: DestructionCertificate) -> list[tuple[str, ...]]:
    return [(name, f"{_day(legal_date(at))}{_time(at)}", reason) for name, at, reason in approvals_shown(certificate)]


def _item(number: int, item: DestroyedItem) -> tuple[str, ...]:
    place = f"{label('destroyed_source', item.source)}\n{item.source} #{item.row}"
    return str(number), label("destroyed_kind", item.kind), place, item.sha256, f"{item.size:,}"


def _time(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%H:%M}"


def _day(on: date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"
