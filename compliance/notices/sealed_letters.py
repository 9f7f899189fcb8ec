"""A notice on paper: the very words of the approved letter as a sealed and signed document, once for each notice.

The message on the wire is what was queued, byte for byte, and is never touched by this: the document names the hash of
the letter, and the tenant reaches it through the link of its message. It is what goes to a courier and into a file.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise

from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Actor, ActorKind, Permission, may
from agreements.kernel.errors import N_, Conflict
from agreements.kernel.instants import legal_date
from agreements.paper.issuing import (
    OfficialDocument,
    PaperContent,
    PaperKind,
    PaperLanguage,
    Paragraph,
    Signature,
    Weight,
    documents_for,
    issue,
)
from compliance.notices.actions import body_text, require_drafting
from compliance.notices.models import Notice
from compliance.notices.rules import TEMPLATES, Language, NoticeKind, NoticeState

KINDS = {
    NoticeKind.RECTIFICATION_DEMAND: PaperKind.RECTIFICATION_DEMAND,
    NoticeKind.SUSPENSION_NOTICE: PaperKind.SUSPENSION_NOTICE,
    NoticeKind.RESUME_NOTICE: PaperKind.RESUME_NOTICE,
}
"""Every other letter is a plain notice."""
TO = {Language.ZH: "致：", Language.EN: "To: "}
SAME_WORDS = {
    Language.ZH: "本文件是编号为{number}的通知的盖章文本，内容与该通知一致；该通知正文的SHA-256为{sha256}。",
    Language.EN: "This is the sealed text of notice {number} and says the same words; the SHA-256 of the notice's text "
    "is {sha256}.",
}
CHAPTER = {
    Language.ZH: re.compile(r"[一二三四五六七八九十]+、.{1,30}"),
    Language.EN: re.compile(r"\d{1,2}\. .{1,60}(?<!\.)"),
}
ITEM = re.compile(r"(\d{1,3}\.|\(\d{1,3}\)) (.+)")


def subject_of(notice: Notice) -> str:
    return f"notice:{notice.id}"


def sealed_letter_of(session: Session, notice: Notice) -> OfficialDocument | None:
    """Return the sealed letter of a notice; None before it is made."""
    return next(iter(documents_for(session, subject_of(notice))), None)


def may_seal(actor: Actor, notice: Notice) -> bool:
    """Say whether somebody may ask for the sealed letter; who may use the seal is asked for when it is made."""
    is_approved = notice.state not in (NoticeState.DRAFT, NoticeState.CANCELLED)
    rights = (Permission.DEMAND_RECTIFICATION, TEMPLATES[notice.kind].approval)
    return is_approved and actor.kind is ActorKind.PERSON and any(may(actor, right) for right in rights)


def seal_letter(session: Session, notice: Notice, *, actor: Actor, now: datetime) -> OfficialDocument:
    """Make the sealed letter of an approved notice; once made it is returned as it is.

    A draft and a cancelled notice have none: Conflict. Raises IntegrityBroken where the letter was altered on disk.
    """
    require_drafting(actor, notice.kind)
    if notice.state in (NoticeState.DRAFT, NoticeState.CANCELLED):
        raise Conflict(
            N_("Only an approved notice is sealed; this one is %(state)s."), code="NOT_APPROVED", state=notice.state
        )
    return issue(
        session,
        KINDS.get(notice.kind, PaperKind.NOTICE),
        content=content_of(notice, body_text(session, notice), on=legal_date(now)),
        agreement_id=notice.agreement_id,
        tenant_id=notice.tenant_id,
        clause=notice.clause,
        actor=actor,
        now=now,
        subject=subject_of(notice),
    )


def content_of(notice: Notice, body: str, *, on: date) -> PaperContent:
    """Set a letter's text as a document: every line in its order, and nothing else but the small print at its end.

    on  the day of sealing
    """
    language = notice.language
    written = [line.strip() for line in body.splitlines()]
    lines = [line for line in written if line]
    after_blank = {line for before, line in pairwise(written) if line and not before}
    to = next(index for index, line in enumerate(lines) if line.startswith(TO[language]))
    *words, provider, signatory = lines[to + 1 :]
    note = SAME_WORDS[language].format(number=notice.number, sha256=notice.body_sha256)
    return PaperContent(
        title=lines[0],
        reference="\n".join("　　".join(lines[index : min(index + 2, to)]) for index in range(1, to, 2)),
        addressee=lines[to].removeprefix(TO[language]),
        blocks=tuple(_blocks(words, after_blank, language)),
        signatures=(Signature("", provider, is_ours=True, dated_on=on, by=signatory),),
        remark=note,
        language=PaperLanguage(language.value),
    )


def _blocks(words: list[str], after_blank: set[str], language: Language) -> Iterator[Paragraph]:
    sender, *rest = words
    yield Paragraph(sender, Weight.LINE)
    for line in rest:
        item = ITEM.fullmatch(line)
        if line in after_blank and CHAPTER[language].fullmatch(line):
            yield Paragraph(line, Weight.HEADING)
        elif item:
            yield Paragraph(item[2], Weight.CLAUSE, item[1])
        else:
            yield Paragraph(line)
