"""What may hold a service shut (annex 2.4, 3.4, 4.4, 6.1; domain 6.2).

A suspension is a hold, not a state of the agreement. Only acts are kept as rows; unpaid, not onboarded, ended and
exhausted are computed where the gateway's answer is.
"""

from datetime import datetime
from enum import StrEnum


class HoldGround(StrEnum):
    """Why service is held."""

    BREACH = "breach"
    LEGAL_ORDER = "legal_order"
    FREEZE = "freeze"
    MARKETPLACE = "marketplace"


class HoldScope(StrEnum):
    """How far a hold reaches: the agreement it was decided for, or every agreement of the tenant (E-38)."""

    AGREEMENT = "agreement"
    TENANT = "tenant"


class HoldState(StrEnum):
    """Where a hold stands, derived from its facts."""

    PENDING = "pending"
    EFFECTIVE = "effective"
    CANCELLED = "cancelled"
    LIFTED = "lifted"


class Obstacle(StrEnum):
    """What may stand between an agreement and activation (clause 3.3 a)."""

    NOT_IN_SERVICE = "not_in_service"
    NOTICE_ADDRESS = "notice_address"
    DOCUMENT_BUSINESS_LICENCE = "document_business_licence"
    DOCUMENT_BUSINESS_DESCRIPTION = "document_business_description"
    DOCUMENT_PRIOR_APPROVAL = "document_prior_approval"
    DOCUMENT_RELATION_PROOF = "document_relation_proof"
    DOCUMENT_INDUSTRY_LICENCE = "document_industry_licence"
    DOCUMENT_TELECOM_LICENCE = "document_telecom_licence"
    DOCUMENT_ICP_FILING = "document_icp_filing"
    DOCUMENT_CONSENT_TEXT = "document_consent_text"
    DOCUMENT_SECURITY_FILING = "document_security_filing"


class DirectiveAction(StrEnum):
    """What gateways are told."""

    SUSPEND = "suspend"
    RESUME = "resume"


def suspension_effective_at(*, decided_at: datetime, notice_arrived_at: datetime) -> datetime:
    """Clause 6.1: stopping needs notice but no consent, so it takes effect when the notice has arrived, or later.

    Never earlier than our own decision: an act of ours is not back-dated.
    """
    return max(decided_at, notice_arrived_at)


def hold_state(
    *, effective_at: datetime | None, cancelled_at: datetime | None, lifted_at: datetime | None
) -> HoldState:
    """Read a hold's state from its facts."""
    if lifted_at is not None:
        return HoldState.LIFTED
    if cancelled_at is not None:
        return HoldState.CANCELLED
    return HoldState.PENDING if effective_at is None else HoldState.EFFECTIVE
