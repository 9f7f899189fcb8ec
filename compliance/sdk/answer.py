"""The question a gateway asks and the answer it gets, as values and as they go over the wire."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class Verdict(StrEnum):
    ALLOW = "allow"
    DENY = "deny"


class Reason(StrEnum):
    """Why not; in the order of checks."""

    UNKNOWN_TENANT = "UNKNOWN_TENANT"
    AGREEMENT_NOT_EFFECTIVE = "AGREEMENT_NOT_EFFECTIVE"
    TERMINATED = "TERMINATED"
    SERVICE_PERIOD_ENDED = "SERVICE_PERIOD_ENDED"
    SERVICE_NOT_STARTED = "SERVICE_NOT_STARTED"
    SUSPENDED = "SUSPENDED"
    KEY_FROZEN = "KEY_FROZEN"
    ONBOARDING_INCOMPLETE = "ONBOARDING_INCOMPLETE"
    PRODUCT_WITHDRAWN_UPSTREAM = "PRODUCT_WITHDRAWN_UPSTREAM"
    PLATFORM_NOT_ALLOWED = "PLATFORM_NOT_ALLOWED"
    PURPOSE_NOT_COVERED = "PURPOSE_NOT_COVERED"
    QUOTA_EXHAUSTED = "QUOTA_EXHAUSTED"


class Hint(StrEnum):
    """What an allow carries besides; in this order."""

    EXPIRING = "EXPIRING"
    QUOTA_LOW = "QUOTA_LOW"
    DEGRADED = "DEGRADED"


# How far an agreement got before it failed: the number of the check. SUSPENDED and KEY_FROZEN are one check.
STEP = {
    reason: step
    for step, reasons in enumerate(
        (
            (Reason.UNKNOWN_TENANT,),
            (Reason.AGREEMENT_NOT_EFFECTIVE,),
            (Reason.TERMINATED,),
            (Reason.SERVICE_PERIOD_ENDED,),
            (Reason.SERVICE_NOT_STARTED,),
            (Reason.SUSPENDED, Reason.KEY_FROZEN),
            (Reason.ONBOARDING_INCOMPLETE,),
            (Reason.PRODUCT_WITHDRAWN_UPSTREAM,),
            (Reason.PLATFORM_NOT_ALLOWED,),
            (Reason.PURPOSE_NOT_COVERED,),
            (Reason.QUOTA_EXHAUSTED,),
        ),
        start=1,
    )
    for reason in reasons
}


@dataclass(frozen=True, slots=True)
class Call:
    """What a gateway asks about; None for a platform or purpose it does not name."""

    product: str
    platform: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer.

    reason_codes     why not, in the order of checks, the first being the primary; empty for an allow
    clause           what the primary reason rests on; None for an allow or an unknown tenant
    agreement_id     to be charged (allow), or the one that got furthest (deny); None without an agreement
    order_no         of that agreement
    remaining_quota  calls left under the agreement to be charged; None where nothing is prepaid, and for a denial
                     other than QUOTA_EXHAUSTED (0), for what is denied lends nothing
    valid_until      exclusive; until then the same call gets the same answer unless a newer revision says otherwise.
                     None for a denial: it does not expire, it is replaced
    unchecked        "platform", "purpose": what was not judged, because the call did not name it or nothing was agreed
    terms_version    version of the terms applied; None without an agreement
    """

    verdict: Verdict
    decided_at: datetime
    epoch: int
    revision: int
    reason_codes: tuple[Reason, ...] = ()
    clause: str | None = None
    agreement_id: int | None = None
    order_no: str | None = None
    remaining_quota: int | None = None
    valid_until: datetime | None = None
    hints: tuple[Hint, ...] = ()
    unchecked: tuple[str, ...] = ()
    terms_version: int | None = None

    @property
    def is_allowed(self) -> bool:
        return self.verdict is Verdict.ALLOW

    def as_json(self) -> dict[str, object]:
        """Return the answer as it goes over the wire: words for enums, ISO 8601 in UTC for instants."""
        return {
            "decision": self.verdict.value,
            "reason_codes": [reason.value for reason in self.reason_codes],
            "clause": self.clause,
            "agreement_id": self.agreement_id,
            "remaining_quota": self.remaining_quota,
            "valid_until": _text(self.valid_until),
            "epoch": self.epoch,
            "revision": self.revision,
            "terms_version": self.terms_version,
            "hints": [hint.value for hint in self.hints],
            "unchecked": list(self.unchecked),
            "decided_at": _text(self.decided_at),
        }


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat()
