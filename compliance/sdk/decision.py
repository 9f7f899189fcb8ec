"""May this tenant call this product now? Domain section 9, as one pure function.

The order of checks is the order of `Reason`. Every agreement of the tenant for the product is judged by all checks;
one that fails none lets the call through. Interpretations:

- `UNKNOWN_TENANT` is about the tenant. A known tenant without an agreement for the product gets
  `AGREEMENT_NOT_EFFECTIVE`: nothing was purchased and paid for (main 三 1).
- A platform or purpose that the call does not name is not judged, nor is a purpose where no list of purposes was
  agreed; the answer lists it in `unchecked`. No platform recorded means that none is allowed (domain, 2.3).
- A hold of scope tenant reaches every agreement until it is lifted, even when the agreement it arose under has ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from .answer import STEP, Call, Decision, Hint, Reason, Verdict
from .entitlement import AgreementEntitlement, Entitlement, Hold, HoldGround, require_aware

ENDED = frozenset({Reason.TERMINATED, Reason.SERVICE_PERIOD_ENDED})


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: Reason
    clause: str


def decide(
    entitlement: Entitlement,
    call: Call,
    now: datetime,
    *,
    allow_life_seconds: int,
    quota_low_percent: int,
    expiring_calendar_days: int,
) -> Decision:
    """Section 9: allow if any agreement of the tenant for the product passes every check.

    Charged is the agreement with the earliest end, then the oldest order. When all deny, the one that got furthest in
    the order of checks is reported, then the latest start: an expired order never masks a suspended current one.
    """
    require_aware(now)
    if not entitlement.known:
        return _deny(entitlement, call, now, (_Failure(Reason.UNKNOWN_TENANT, ""),))
    candidates = [agreement for agreement in entitlement.agreements if agreement.product_code == call.product]
    if not candidates:
        return _deny(entitlement, call, now, (_Failure(Reason.AGREEMENT_NOT_EFFECTIVE, "三 1"),))
    judged = {
        agreement.agreement_id: tuple(_failures(agreement, entitlement.holds_on(agreement), call, now))
        for agreement in candidates
    }
    passing = [agreement for agreement in candidates if not judged[agreement.agreement_id]]
    if not passing:
        reported = max(candidates, key=lambda each: (STEP[judged[each.agreement_id][0].reason], _latest_start(each)))
        return _deny(entitlement, call, now, judged[reported.agreement_id], reported)
    charged = min(passing, key=_earliest_end_oldest_order)
    return Decision(
        verdict=Verdict.ALLOW,
        decided_at=now,
        epoch=entitlement.epoch,
        revision=entitlement.revision,
        agreement_id=charged.agreement_id,
        order_no=charged.order_no,
        remaining_quota=charged.remaining_quota,
        valid_until=min(
            [
                now + timedelta(seconds=allow_life_seconds),
                *(bound for bound in _bounds(entitlement, candidates, call) if bound > now),
            ]
        ),
        hints=tuple(
            _hints(
                entitlement,
                charged,
                now,
                quota_low_percent=quota_low_percent,
                expiring_calendar_days=expiring_calendar_days,
            )
        ),
        unchecked=_unchecked(call, charged),
        terms_version=charged.terms_version,
    )


def _deny(
    entitlement: Entitlement,
    call: Call,
    now: datetime,
    failures: tuple[_Failure, ...],
    reported: AgreementEntitlement | None = None,
) -> Decision:
    primary = failures[0]
    return Decision(
        verdict=Verdict.DENY,
        decided_at=now,
        epoch=entitlement.epoch,
        revision=entitlement.revision,
        reason_codes=tuple(dict.fromkeys(failure.reason for failure in failures)),
        clause=primary.clause or None,
        agreement_id=reported.agreement_id if reported else None,
        order_no=reported.order_no if reported else None,
        remaining_quota=0 if primary.reason is Reason.QUOTA_EXHAUSTED else None,
        unchecked=_unchecked(call, reported),
        terms_version=reported.terms_version if reported else None,
    )


def _failures(
    agreement: AgreementEntitlement, holds: tuple[Hold, ...], call: Call, now: datetime
) -> Iterator[_Failure]:
    """Yield every check an agreement fails, in the order of checks, each with the clause it rests on.

    Once an agreement has ended the checks of service are moot: its suspension ended with it (E-39).
    """
    of_time = list(_failures_of_time(agreement, now))
    yield from of_time
    if any(failure.reason in ENDED for failure in of_time):
        return
    yield from _failures_of_holds(holds, now)
    if agreement.activated_at is None or now < agreement.activated_at:
        yield _Failure(Reason.ONBOARDING_INCOMPLETE, "3.3")
    if agreement.withdrawn_at is not None and agreement.withdrawn_at <= now:
        yield _Failure(Reason.PRODUCT_WITHDRAWN_UPSTREAM, "2.4")
    if call.platform is not None and agreement.own_platform_only:
        own = (platform for platform in agreement.platforms if platform.name == call.platform)
        if not any(platform.is_valid(now) for platform in own):
            yield _Failure(Reason.PLATFORM_NOT_ALLOWED, "2.3")
    if call.purpose is not None and agreement.purposes is not None and call.purpose not in agreement.purposes:
        yield _Failure(Reason.PURPOSE_NOT_COVERED, "2.3")
    if agreement.remaining_quota == 0:
        yield _Failure(Reason.QUOTA_EXHAUSTED, "一")


def _failures_of_time(agreement: AgreementEntitlement, now: datetime) -> Iterator[_Failure]:
    """Main 三 1 and 一, clauses 4.4 and 4.6: effective from payment, ended at the bound with or without a job."""
    if agreement.effective_at is None or now < agreement.effective_at:
        yield _Failure(Reason.AGREEMENT_NOT_EFFECTIVE, "三 1")
    if agreement.ending is not None and agreement.ending.at <= now:
        yield _Failure(Reason.TERMINATED, agreement.ending.clause)
    if agreement.service_end_exclusive_at <= now:
        yield _Failure(Reason.SERVICE_PERIOD_ENDED, "三 1")
    if now < agreement.service_start_at:
        yield _Failure(Reason.SERVICE_NOT_STARTED, "一")


def _failures_of_holds(holds: tuple[Hold, ...], now: datetime) -> Iterator[_Failure]:
    """Clauses 6.1, 4.4, 3.4: one failure a ground, with the clause of the hold that took effect first."""
    in_force = sorted(
        (hold for hold in holds if hold.is_in_force(now)), key=lambda hold: (hold.effective_at, hold.clause)
    )
    for ground, reason in ((HoldGround.SUSPENSION, Reason.SUSPENDED), (HoldGround.KEY_FREEZE, Reason.KEY_FROZEN)):
        first = next((hold for hold in in_force if hold.ground is ground), None)
        if first is not None:
            yield _Failure(reason, first.clause)


def _earliest_end_oldest_order(agreement: AgreementEntitlement) -> tuple[datetime, datetime, int]:
    """Sort key of the agreement to charge; the order is as old as its completed purchase (main 三 1)."""
    assert agreement.effective_at is not None  # an agreement that passes is effective
    return (agreement.service_end_exclusive_at, agreement.effective_at, agreement.agreement_id)


def _latest_start(agreement: AgreementEntitlement) -> tuple[datetime, datetime, int]:
    return (agreement.service_start_at, agreement.service_end_exclusive_at, agreement.agreement_id)


def _bounds(entitlement: Entitlement, candidates: list[AgreementEntitlement], call: Call) -> Iterator[datetime]:
    """Yield every instant at which an answer about the product may change, past and future, in no order."""
    instants: list[datetime | None] = []
    for agreement in candidates:
        instants += [
            agreement.effective_at,
            agreement.ending.at if agreement.ending else None,
            agreement.service_start_at,
            agreement.service_end_exclusive_at,
            agreement.activated_at,
            agreement.withdrawn_at,
            agreement.terms_until_at,
        ]
        for hold in entitlement.holds_on(agreement):
            instants += [hold.effective_at, hold.lifted_at]
        for platform in agreement.platforms:
            if platform.name == call.platform:
                instants += [platform.from_at, platform.until_at]
    yield from (instant for instant in instants if instant is not None)


def _hints(
    entitlement: Entitlement,
    charged: AgreementEntitlement,
    now: datetime,
    *,
    quota_low_percent: int,
    expiring_calendar_days: int,
) -> Iterator[Hint]:
    """Policy, not contract: a day is 24 hours here, which Shanghai time keeps exactly."""
    if charged.service_end_exclusive_at - timedelta(days=expiring_calendar_days) <= now:
        yield Hint.EXPIRING
    total, remaining = charged.quota_total, charged.remaining_quota
    if total is not None and remaining is not None and remaining * 100 < total * quota_low_percent:
        yield Hint.QUOTA_LOW
    if any(window.product_code == charged.product_code and window.is_open(now) for window in entitlement.degraded):
        yield Hint.DEGRADED


def _unchecked(call: Call, agreement: AgreementEntitlement | None) -> tuple[str, ...]:
    """Name what a gate must still see to: what the call did not name, or what no list was agreed for."""
    if agreement is None:
        return ()
    return tuple(
        name
        for name, is_missing in (
            ("platform", call.platform is None and agreement.own_platform_only),
            ("purpose", call.purpose is None or agreement.purposes is None),
        )
        if is_missing
    )
