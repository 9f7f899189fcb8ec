"""Answering gateways and remembering what was answered (domain 9)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from agreements.kernel import policies
from compliance.gateway.models import DecisionLogEntry
from compliance.gateway.snapshot import entitlement_of
from compliance.sdk.answer import Call, Decision, Reason
from compliance.sdk.decision import decide
from compliance.sdk.entitlement import Entitlement

POLICIES = ("allow_life_seconds", "quota_low_percent", "expiring_calendar_days")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a tenant; None for a product asks about each it has an agreement for."""

    tenant_key: str
    product: str | None = None
    platform: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision with the call it answers."""

    call: Call
    decision: Decision


def decide_call(
    session: Session,
    tenant_key: str,
    product: str,
    *,
    platform: str | None = None,
    purpose: str | None = None,
    now: datetime,
) -> Decision:
    """Say whether the tenant may call the product at an instant. Writes nothing.

    A key that is nobody's is a denial, UNKNOWN_TENANT, like any other.
    """
    [answer] = answers_to(session, Question(tenant_key, product, platform, purpose), now=now)
    return answer.decision


def answers_to(session: Session, question: Question, *, now: datetime) -> list[Answer]:
    """Return the decision asked for, or one for every product of the tenant, by product code. Writes nothing."""
    entitlement = entitlement_of(session, question.tenant_key, at=now)
    values = {key: policies.value_of(session, key, at=now) for key in POLICIES}
    calls = [
        Call(product, _as_recorded(question.platform), question.purpose)
        for product in _products_asked(question, entitlement)
    ]
    return [Answer(call, decide(entitlement, call, now, **values)) for call in calls]


def tell_gateway(session: Session, question: Question, *, key_id: int | None, now: datetime) -> list[Answer]:
    """Answer a gateway and log each decision with the version of terms applied.

    key_id  the gateway key that asked
    """
    answers = answers_to(session, question, now=now)
    session.add_all(_log_entry(question.tenant_key, answer, key_id=key_id) for answer in answers)
    return answers


def _products_asked(question: Question, entitlement: Entitlement) -> list[str]:
    if question.product is not None:
        return [question.product]
    return sorted({agreement.product_code for agreement in entitlement.agreements})


def _as_recorded(platform: str | None) -> str | None:
    """Own platforms are recorded in lower case, without white space around them."""
    return None if platform is None else platform.strip().lower()


def _log_entry(tenant_key: str, answer: Answer, *, key_id: int | None) -> DecisionLogEntry:
    """What was typed for an unknown tenant is nobody's business name, and not kept."""
    decision = answer.decision
    reason = decision.reason_codes[0] if decision.reason_codes else None
    return DecisionLogEntry(
        decided_at=decision.decided_at,
        key_id=key_id,
        tenant_key=None if reason is Reason.UNKNOWN_TENANT else tenant_key,
        product_code=answer.call.product,
        platform=answer.call.platform,
        purpose=answer.call.purpose,
        verdict=decision.verdict,
        reason=reason,
        agreement_id=decision.agreement_id,
        terms_version=decision.terms_version,
        epoch=decision.epoch,
        revision=decision.revision,
    )
