"""What a warning says to the tenant: when it ends, what follows by itself, and what to do (三 1, 3.3)."""

from collections.abc import Iterable
from datetime import datetime

from agreements.kernel.instants import legal_date
from agreements.parties.models import QualificationDocument
from agreements.parties.rules import DocumentType
from agreements.register.models import Agreement
from compliance.expiry.models import ExpiryWarning
from compliance.expiry.planning import last_day
from compliance.expiry.rules import days_left
from compliance.notices.rules import Fact, Language, Particulars

_BEFORE = {
    Language.ZH: "届满前{days}日的提醒",
    Language.EN: "the warning {days} before the end",
}
_DOCUMENTS = {
    Language.ZH: {
        DocumentType.BUSINESS_LICENCE: "营业执照",
        DocumentType.BUSINESS_DESCRIPTION: "业务说明",
        DocumentType.PRIOR_APPROVAL: "前置审批文件",
        DocumentType.RELATION_PROOF: "关系证明",
    },
    Language.EN: {
        DocumentType.BUSINESS_LICENCE: "business licence",
        DocumentType.BUSINESS_DESCRIPTION: "business description",
        DocumentType.PRIOR_APPROVAL: "prior approval",
        DocumentType.RELATION_PROOF: "proof of relation",
    },
}
_RENEW = {
    Language.ZH: "在届满前办理续期，并将续期后的{document}提交我方核验",
    Language.EN: "please renew it before it expires and send us the renewed {document} for verification",
}
_SEALED = {
    Language.ZH: "提交加盖公章的审批文件副本",
    Language.EN: "send the copy of the approval with your company seal",
}
_NOTIFY = {
    Language.ZH: "续期使证照内容发生变更的，在协议第3.3条约定的期限内书面通知我方",
    Language.EN: "where the renewal changes what it says, notify us in writing within the period of clause 3.3",
}


def of_agreement(
    agreement: Agreement,
    rows: Iterable[ExpiryWarning],
    *,
    renewal: Agreement | None,
    signatory: str,
    language: Language,
    now: datetime,
) -> Particulars:
    """Main 三 1: the service ends by itself, unused calls lapse, a renewal is a new order."""
    last_on = last_day(agreement.service_end_exclusive_at)
    return Particulars(
        facts=_facts(rows, language),
        requests=(),
        signatory=signatory,
        own={
            "last_on": last_on,
            "days_left": days_left(last_on, now=now),
            "has_calls": agreement.quota_total is not None,
            "renewal_no": renewal.order_no if renewal else None,
            "renewal_from": legal_date(renewal.service_start_at) if renewal else None,
            "renewal_unpaid": renewal is not None and renewal.effective_at is None,
        },
    )


def of_document(
    document: QualificationDocument,
    rows: Iterable[ExpiryWarning],
    *,
    signatory: str,
    language: Language,
    now: datetime,
) -> Particulars:
    """Clause 3.3: which document expires when, and what we ask."""
    assert document.expires_on is not None, "only what expires is warned of"
    name = _DOCUMENTS[language][document.type]
    is_approval = document.type is DocumentType.PRIOR_APPROVAL
    requests = [_RENEW[language].format(document=name), _NOTIFY[language]]
    if is_approval:
        requests.insert(1, _SEALED[language])
    return Particulars(
        facts=_facts(rows, language),
        requests=tuple(requests),
        signatory=signatory,
        own={
            "last_on": document.expires_on,
            "days_left": days_left(document.expires_on, now=now),
            "document": name,
            "document_number": document.number,
            "is_approval": is_approval,
        },
    )


def _facts(rows: Iterable[ExpiryWarning], language: Language) -> tuple[Fact, ...]:
    """One line a warning, the earliest first."""
    return tuple(Fact(row.due_on, _BEFORE[language].format(days=_days(row.threshold, language))) for row in rows)


def _days(count: int, language: Language) -> str:
    if language is Language.ZH:
        return str(count)
    return "1 day" if count == 1 else f"{count} days"
