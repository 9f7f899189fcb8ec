"""What a tenant is entitled to, as facts with their bounds: the snapshot the decision is taken on.

Nothing in it says "open" or "expired": each fact carries the instant from which, and until which, it is true, so the
answer at any instant follows from the snapshot alone, whether or not a job has run. Starts are inclusive and ends are
exclusive. A snapshot tells the gate what to do and never why: no case, no evidence, no names (clause 5.1).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


def require_aware(*instants: datetime | None) -> None:
    """Raise ValueError for an instant that carries no time zone."""
    for instant in instants:
        if instant is not None and instant.tzinfo is None:
            raise ValueError(f"{instant!r} carries no time zone")


class HoldGround(StrEnum):
    """What the gate calls the hold; why it was decided stays with us."""

    SUSPENSION = "suspension"  # answers SUSPENDED
    KEY_FREEZE = "key_freeze"  # answers KEY_FROZEN


class Scope(StrEnum):
    AGREEMENT = "agreement"
    TENANT = "tenant"


@dataclass(frozen=True, slots=True)
class Hold:
    """Clauses 6.1, 4.4 and 3.4: access is withheld from `effective_at` on, until `lifted_at` (None: not lifted).

    A suspension that still waits for its notice to arrive has no effective instant and is not in the snapshot.
    """

    ground: HoldGround
    clause: str
    scope: Scope
    effective_at: datetime
    lifted_at: datetime | None = None

    def __post_init__(self) -> None:
        require_aware(self.effective_at, self.lifted_at)

    def is_in_force(self, now: datetime) -> bool:
        return self.effective_at <= now and (self.lifted_at is None or now < self.lifted_at)


class EndingKind(StrEnum):
    BY_AGREEMENT = "ended_by_agreement"
    PROVIDER_CAUSE = "ended_provider_cause"
    FOR_BREACH = "ended_for_breach"


@dataclass(frozen=True, slots=True)
class Ending:
    """Clauses 4.4 and 4.6: the agreement is ended before its time, from `at` on."""

    kind: EndingKind
    at: datetime
    clause: str

    def __post_init__(self) -> None:
        require_aware(self.at)


@dataclass(frozen=True, slots=True)
class OwnPlatform:
    """Clause 2.3: a platform shown to be the tenant's own, from `from_at` until `until_at` (None: no bound)."""

    name: str
    from_at: datetime | None = None
    until_at: datetime | None = None

    def __post_init__(self) -> None:
        require_aware(self.from_at, self.until_at)

    def is_valid(self, now: datetime) -> bool:
        return (self.from_at is None or self.from_at <= now) and (self.until_at is None or now < self.until_at)


@dataclass(frozen=True, slots=True)
class DegradedWindow:
    """Clauses 4.3 and 7.1.3: announced maintenance of a product. A hint, never a denial."""

    product_code: str
    from_at: datetime
    until_at: datetime | None = None

    def __post_init__(self) -> None:
        require_aware(self.from_at, self.until_at)

    def is_open(self, now: datetime) -> bool:
        return self.from_at <= now and (self.until_at is None or now < self.until_at)


@dataclass(frozen=True, slots=True)
class AgreementEntitlement:
    """One agreement (one order of one product).

    effective_at       purchase and payment complete (main 三 1); None while unpaid
    service_start_at   first instant of the ordered period
    service_end_exclusive_at  first instant after it
    ending             None unless ended before its time
    activated_at       documents complete and service switched on (clause 3.3); None before
    holds              of this agreement; one of scope tenant reaches the tenant's other agreements too
    withdrawn_at       the data source ends the product (clause 2.4); None while it is on offer
    platforms          the tenant's own; none of them means no platform is allowed, not every platform
    own_platform_only  False where a supplement or the form dropped the limit of clause 2.3
    purposes           agreed purpose codes; none of them means no purpose is covered, None that no list was agreed
    quota_total        prepaid calls; None where nothing is prepaid (包年, 按量), never 0 for that
    terms_version      version of the terms in force, for the decision log
    terms_until_at     when the next version takes effect; None where none is known
    """

    agreement_id: int
    order_no: str
    product_code: str
    service_start_at: datetime
    service_end_exclusive_at: datetime
    effective_at: datetime | None = None
    ending: Ending | None = None
    activated_at: datetime | None = None
    holds: tuple[Hold, ...] = ()
    withdrawn_at: datetime | None = None
    platforms: frozenset[OwnPlatform] = frozenset()
    own_platform_only: bool = True
    purposes: frozenset[str] | None = None
    quota_total: int | None = None
    quota_used: int = 0
    terms_version: int = 1
    terms_until_at: datetime | None = None

    def __post_init__(self) -> None:
        require_aware(
            self.service_start_at,
            self.service_end_exclusive_at,
            self.effective_at,
            self.activated_at,
            self.withdrawn_at,
            self.terms_until_at,
        )
        if self.service_end_exclusive_at <= self.service_start_at:
            raise ValueError(f"agreement {self.agreement_id}: the service period ends before it starts")
        if (self.quota_total is not None and self.quota_total < 0) or self.quota_used < 0:
            raise ValueError(f"agreement {self.agreement_id}: a quota can't be negative")

    @property
    def remaining_quota(self) -> int | None:
        """Calls left, never below 0 (an overrun by fault is not chargeable); None where nothing is prepaid."""
        return None if self.quota_total is None else max(0, self.quota_total - self.quota_used)


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A tenant at the gateway.

    tenant_key  the tenant's public name at the gateway
    known       False for a key that is nobody's; everything else is then empty
    epoch       number of the last directive to gateways about this tenant; rises, never falls
    revision    revision of the sequence log at which the snapshot was taken
    agreements  all of them, whatever their product and age, in any order
    holds       tenant-wide holds that belong to no single agreement
    degraded    maintenance windows of the products concerned
    """

    tenant_key: str
    known: bool = True
    epoch: int = 0
    revision: int = 0
    agreements: tuple[AgreementEntitlement, ...] = ()
    holds: tuple[Hold, ...] = ()
    degraded: tuple[DegradedWindow, ...] = ()

    def __post_init__(self) -> None:
        ids = [agreement.agreement_id for agreement in self.agreements]
        if len(set(ids)) != len(ids):
            raise ValueError(f"tenant {self.tenant_key}: an agreement occurs twice in the snapshot")
        if not self.known and (self.agreements or self.holds):
            raise ValueError(f"tenant {self.tenant_key}: an unknown tenant has no agreements")
        if any(hold.scope is not Scope.TENANT for hold in self.holds):
            raise ValueError(f"tenant {self.tenant_key}: a hold beside the agreements must have scope tenant")

    def holds_on(self, agreement: AgreementEntitlement) -> tuple[Hold, ...]:
        """Return the holds that reach an agreement: its own, and those of scope tenant wherever they stand."""
        elsewhere = (
            hold
            for other in self.agreements
            if other.agreement_id != agreement.agreement_id
            for hold in other.holds
            if hold.scope is Scope.TENANT
        )
        return (*agreement.holds, *self.holds, *elsewhere)
