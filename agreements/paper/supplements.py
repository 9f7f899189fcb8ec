"""A supplement as a document of ours: what both sides agree to change, sealed and signed in one act (clause 8.1).

Its text comes from the supplement's own terms. A supplement whose terms have changed gets another document.
"""

from datetime import date, datetime
from typing import Any

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import files
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.instants import SHANGHAI, legal_date
from agreements.kernel.web.language import label, period_words
from agreements.paper.content import Grid, PaperContent, Paragraph, PartyBlock, Signature, Weight
from agreements.paper.issuing import documents_for, issue, provider_name
from agreements.paper.models import OfficialDocument, VaultCopy
from agreements.paper.rules import PaperKind, PaperLanguage
from agreements.parties.actions import Upload
from agreements.register.supplement_models import Supplement, SupplementTerm
from agreements.register.supplement_rules import SigningParty
from agreements.register.supplements import CLAUSE, sign
from agreements.register.term_values import ORDER_KEYS, QUOTA_TOTAL, SERVICE_END

PDF = b"%PDF-"
TITLE = "补充协议"
KEPT = "上述变更适用之前已经产生的权利义务及已经起算的期限，仍按变更前的约定执行。"
REST = "本补充协议未作变更的事项，仍按原协议执行；本补充协议与原协议不一致的，以本补充协议为准。"
TEXTS = (
    "本补充协议是原协议的组成部分，可以电子文本签署，也可以书面签署；书面签署的，一式两份，双方各执一份，"
    "具有同等效力。对本补充协议的再次变更，仍须由双方另行签订补充协议。"
)


def subject_of(supplement: Supplement) -> str:
    return f"supplement:{supplement.id}"


def document_of(session: Session, supplement: Supplement) -> OfficialDocument | None:
    """Return the latest document of a supplement; None before it is sealed."""
    return next(iter(documents_for(session, subject_of(supplement))), None)


def seal_and_sign(
    session: Session, supplement: Supplement, *, version: int, actor: Actor, now: datetime
) -> OfficialDocument:
    """Clause 8.1: make our sealed document of a supplement; with it our side has signed, as of now.

    Takes an approver who did not draft it and who may use the contract seal. Where the tenant signed first, the
    document that it signed stays the supplement's own and ours is our counterpart.
    """
    require(actor, Permission.SIGN_SUPPLEMENT)
    agreement = supplement.agreement
    document = issue(
        session,
        PaperKind.SUPPLEMENT,
        content=content_of(supplement, provider=provider_name(session, agreement), on=legal_date(now)),
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause=CLAUSE,
        actor=actor,
        now=now,
        subject=subject_of(supplement),
    )
    content = files.content_of(session, document.file)
    sign(
        session,
        supplement,
        SigningParty.PROVIDER,
        signed_at=now,
        signer="",
        upload=None if supplement.tenant_signed_at else Upload(document.file.name, "application/pdf", content),
        version=version,
        actor=actor,
        now=now,
    )
    return document


def signed_file(session: Session, supplement: Supplement) -> Upload:
    """Return the document that the tenant signed; InvalidInput where there is none yet, or where it is no PDF."""
    file = supplement.file if supplement.tenant_signed_at is not None else None
    content = files.content_of(session, file) if file is not None else b""
    if file is None or PDF not in content[:1024]:
        raise InvalidInput(
            N_("The tenant's signed document is no PDF; a scan is a working copy only."),
            field="file",
            clause="main 三 2",
        )
    return Upload(file.name, "application/pdf", content)


def copy_of(session: Session, supplement: Supplement) -> VaultCopy | None:
    """Return the vault's copy of the document that the tenant signed."""
    if supplement.tenant_signed_at is None or supplement.file_id is None:
        return None
    return session.scalar(
        select(VaultCopy).where(
            VaultCopy.agreement_id == supplement.agreement_id, VaultCopy.file_id == supplement.file_id
        )
    )


def holds_ours(session: Session, copy: VaultCopy, document: OfficialDocument) -> bool:
    """Say whether a copy begins with our document byte by byte, as it does where the tenant's signature was added."""
    return files.content_of(session, copy.file).startswith(files.content_of(session, document.file))


def content_of(supplement: Supplement, *, provider: str, on: date) -> PaperContent:
    """Return what the document says. on: the day of our signature."""
    agreement = supplement.agreement
    with force_locale(PaperLanguage.ZH.value):
        rows = tuple(_row(number, term) for number, term in enumerate(supplement.terms, 1))
    return PaperContent(
        title=TITLE,
        reference=f"补充协议编号：{supplement.number}　　订单编号：{agreement.order_no}",
        parties=(PartyBlock("甲方", agreement.party_a_name), PartyBlock("乙方", provider)),
        blocks=(
            Paragraph(
                f"甲乙双方就订单编号{agreement.order_no}项下的“{agreement.product_name}”订有《云市场商品销售协议》及其附件"
                "《最终用户使用协议》（以下合称“原协议”）。双方经协商一致，依据原协议第8.1条订立本补充协议，共同遵守。"
            ),
            Paragraph("第一条　变更内容", Weight.HEADING),
            Paragraph("双方同意对原协议的下列约定作如下变更："),
            Grid(("序号", "约定事项", "变更前", "变更后"), rows, widths=(1, 4, 4.4, 4.4)),
            Paragraph("第二条　适用时间", Weight.HEADING),
            Paragraph(_applies(supplement)),
            Paragraph("第三条　此前的权利义务", Weight.HEADING),
            Paragraph(KEPT),
            Paragraph("第四条　其他约定的效力", Weight.HEADING),
            Paragraph(REST),
            Paragraph("第五条　文本", Weight.HEADING),
            Paragraph(TEXTS),
        ),
        signatures=(
            Signature("甲方", agreement.party_a_name),
            Signature("乙方", provider, is_ours=True, dated_on=on),
        ),
    )


def _row(number: int, term: SupplementTerm) -> tuple[str, ...]:
    name = label("order_fact" if term.key in ORDER_KEYS else "term", term.key)
    where = f"\n（第{term.clause}条）" if term.clause else ""
    return str(number), name + where, _said(term.key, term.old_value), _said(term.key, term.value)


def _said(key: str, value: Any) -> str:
    """Return the value of a term as a Chinese instrument says it."""
    if value is None:
        return "原协议未约定"
    if key == SERVICE_END:
        return f"{_day(date.fromisoformat(value))}24:00"
    if key == QUOTA_TOTAL:
        return f"{value:,}次"
    if isinstance(value, dict):
        return _parts(value)
    if isinstance(value, list | tuple):
        return "、".join(_said("", each) for each in value)
    return _word(value)


def _parts(value: dict[str, Any]) -> str:
    lines = []
    if "value" in value and "unit" in value:
        lines.append(period_words(value["value"], value["unit"]).replace(" ", ""))
    for part, said in value.items():
        if part not in ("value", "unit", "clause") and said is not None:
            lines.append(f"{label('term_part', part)}：{_said('', said)}")
    return "\n".join(lines)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str):
        word = label("term_value", value)
        return value if word == f"term_value.{value}" else word
    return str(value)


def _applies(supplement: Supplement) -> str:
    if supplement.asked_for_at is None:
        return "本补充协议自双方均签署之时起成立并生效，上述变更自该时起适用。"
    at = _instant(supplement.asked_for_at)
    if supplement.reaches_back:
        return (
            "本补充协议自双方均签署之时起成立并生效。"
            f"双方一致同意，上述变更自{at}起适用，该时早于双方签署的，追溯适用。"
        )
    return (
        f"本补充协议自双方均签署之时起成立并生效，上述变更自{at}起适用；双方于该时之后方均签署的，自均签署之时起适用。"
    )


def _instant(at: datetime) -> str:
    local = at.astimezone(SHANGHAI)
    return f"{_day(local.date())}{local:%H:%M}（北京时间）"


def _day(on: date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"
