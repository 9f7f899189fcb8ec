"""A supplement as a document of ours: what both sides agree to change, sealed and signed in one act (clause 8.1).

Its text comes from the supplement's own terms. A supplement whose terms have changed gets another document.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import files
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.instants import legal_date
from agreements.kernel.web.language import label, period_words
from agreements.paper.content import Grid, PaperContent, Paragraph, PartyBlock, Signature, Weight
from agreements.paper.issuing import documents_for, issue, provider_name
from agreements.paper.models import OfficialDocument, VaultCopy
from agreements.paper.phrases import Phrases
from agreements.paper.rules import PaperKind, PaperLanguage
from agreements.paper.supplement_words import (
    ABOUT,
    ENGLISH,
    FROM_BOTH,
    FROM_EARLIER,
    FROM_THEN,
    KEPT,
    REST,
    TEXTS,
    TITLE,
)
from agreements.parties.actions import Upload
from agreements.register.supplement_models import Supplement, SupplementTerm
from agreements.register.supplement_rules import SigningParty
from agreements.register.supplements import CLAUSE, sign
from agreements.register.term_values import ORDER_KEYS, QUOTA_TOTAL, SERVICE_END

PDF = b"%PDF-"


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


def content_of(
    supplement: Supplement, *, provider: str, on: date, language: PaperLanguage = PaperLanguage.ZH
) -> PaperContent:
    """Return what the document says. on: the day of our signature; language: another than Chinese is a translation."""
    agreement, say = supplement.agreement, Phrases(language, ENGLISH)
    with say.spoken():
        rows = tuple(_row(number, term, say) for number, term in enumerate(supplement.terms, 1))
    return PaperContent(
        title=say(TITLE),
        reference=say(
            "补充协议编号：{number}　　订单编号：{order_no}", number=supplement.number, order_no=agreement.order_no
        ),
        parties=(PartyBlock(say("甲方"), agreement.party_a_name), PartyBlock(say("乙方"), provider)),
        blocks=(
            Paragraph(say(ABOUT, order_no=agreement.order_no, product=agreement.product_name)),
            Paragraph(say("第一条　变更内容"), Weight.HEADING),
            Paragraph(say("双方同意对原协议的下列约定作如下变更：")),
            Grid(
                (say("序号"), say("约定事项"), say("变更前"), say("变更后")),
                rows,
                widths=(1, 4, 4.4, 4.4),
            ),
            Paragraph(say("第二条　适用时间"), Weight.HEADING),
            Paragraph(_applies(supplement, say)),
            Paragraph(say("第三条　此前的权利义务"), Weight.HEADING),
            Paragraph(say(KEPT)),
            Paragraph(say("第四条　其他约定的效力"), Weight.HEADING),
            Paragraph(say(REST)),
            Paragraph(say("第五条　文本"), Weight.HEADING),
            Paragraph(say(TEXTS)),
        ),
        signatures=(
            Signature(say("甲方"), agreement.party_a_name),
            Signature(say("乙方"), provider, is_ours=True, dated_on=on),
        ),
        language=language,
    )


def _row(number: int, term: SupplementTerm, say: Phrases) -> tuple[str, ...]:
    name = label("order_fact" if term.key in ORDER_KEYS else "term", term.key)
    where = "\n" + say("（第{clause}条）", clause=term.clause) if term.clause else ""
    return str(number), name + where, _said(term.key, term.old_value, say), _said(term.key, term.value, say)


def _said(key: str, value: Any, say: Phrases) -> str:
    """Return the value of a term as an instrument says it."""
    if value is None:
        return say("原协议未约定")
    if key == SERVICE_END:
        return say("{day}24:00", day=say.day(date.fromisoformat(value)))
    if key == QUOTA_TOTAL:
        return say("{count}次", count=f"{value:,}")
    if isinstance(value, dict):
        return _parts(value, say)
    if isinstance(value, list | tuple):
        return say("、").join(_said("", each, say) for each in value)
    return _word(value, say)


def _parts(value: dict[str, Any], say: Phrases) -> str:
    lines = []
    if "value" in value and "unit" in value:
        period = period_words(value["value"], value["unit"])
        lines.append(period.replace(" ", "") if say.is_chinese else period)
    for part, said in value.items():
        if part not in ("value", "unit", "clause") and said is not None:
            lines.append(say("{part}：{said}", part=label("term_part", part), said=_said("", said, say)))
    return "\n".join(lines)


def _word(value: object, say: Phrases) -> str:
    if isinstance(value, bool):
        return say("是" if value else "否")
    if isinstance(value, str):
        word = label("term_value", value)
        return value if word == f"term_value.{value}" else word
    return str(value)


def _applies(supplement: Supplement, say: Phrases) -> str:
    if supplement.asked_for_at is None:
        return say(FROM_BOTH)
    at = say.moment(supplement.asked_for_at)
    return say(FROM_EARLIER if supplement.reaches_back else FROM_THEN, at=at)
