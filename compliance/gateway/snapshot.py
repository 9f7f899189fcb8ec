"""A tenant's entitlement, read from the tables: the facts of other rooms with their bounds, nothing decided here."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from agreements.kernel import revisions
from agreements.kernel.instants import start_of
from agreements.parties.models import OwnPlatform, Tenant
from agreements.products.models import Product
from agreements.register.ending_models import AgreementEnding
from agreements.register.ending_rules import EndingGround
from agreements.register.ledger import one_term
from agreements.register.models import Agreement
from agreements.register.order_facts import NOTHING, is_changing, unrecorded_facts
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import CaseState, is_breach
from compliance.breaches.termination import CLAUSE as TERMINATION_CLAUSE
from compliance.breaches.termination import ended_by_case
from compliance.notices.models import Notice
from compliance.obligations.models import Obligation
from compliance.sdk import entitlement as facts
from compliance.service.models import Hold, ServiceActivation
from compliance.service.moving import epoch_of
from compliance.service.rules import HoldGround, HoldScope, suspension_effective_at
from compliance.upstream.offers import withdrawals

SCOPES = {HoldScope.AGREEMENT: facts.Scope.AGREEMENT, HoldScope.TENANT: facts.Scope.TENANT}

ENDINGS = {
    EndingGround.BOTH_SIGNED: facts.EndingKind.BY_AGREEMENT,
    EndingGround.FULL_REFUND: facts.EndingKind.BY_AGREEMENT,
    EndingGround.PROVIDER_CAUSE: facts.EndingKind.PROVIDER_CAUSE,
    EndingGround.BREACH: facts.EndingKind.FOR_BREACH,
}
CLAUSES = {ground: "4.4" if ground is EndingGround.BREACH else "4.6" for ground in EndingGround}


@dataclass(frozen=True, slots=True)
class _Terms:
    """The terms of one agreement that bear on a decision, as they stand at one instant."""

    own_platform_only: bool
    version: int
    until_at: datetime | None


_MAY_BE_DECLARED = exists().where(
    BreachCase.agreement_id == Agreement.id, BreachCase.state == CaseState.TERMINATION_DECIDED
)


def entitlement_of(session: Session, tenant_key: str, *, at: datetime) -> facts.Entitlement:
    """Return what the decision needs to know about a tenant.

    at  instant whose terms apply; every other fact carries its own bounds

    The revision is read first: on an engine whose queries see each other's commits the snapshot is then never older
    than the revision it names.
    """
    revision = revisions.latest(session)
    tenant_id = session.scalar(select(Tenant.id).where(Tenant.tenant_key == tenant_key))
    if tenant_id is None:
        return facts.Entitlement(tenant_key, known=False, revision=revision)
    epoch = epoch_of(session, tenant_id)
    withdrawn = withdrawals(at=at)
    rows = session.execute(
        select(
            Agreement,
            Product.code,
            withdrawn.c.withdrawn_on,
            ServiceActivation.activated_at,
            AgreementEnding,
            _MAY_BE_DECLARED,
            is_changing(Agreement.id),
        )
        .join(Product, Product.id == Agreement.product_id)
        .outerjoin(withdrawn, withdrawn.c.product_id == Product.id)
        .outerjoin(ServiceActivation, ServiceActivation.agreement_id == Agreement.id)
        .outerjoin(AgreementEnding, AgreementEnding.agreement_id == Agreement.id)
        .where(Agreement.tenant_id == tenant_id)
    ).all()
    holds = _holds(session, tenant_id)
    declared = _declared(session, tenant_id) if any(row[5] for row in rows) else {}
    changing = [row.Agreement.id for row in rows if row[6]]
    changed = unrecorded_facts(session, changing, at=at) if changing else {}
    platforms = _platforms(session, tenant_id)
    terms = _terms(session, [row.Agreement.id for row in rows], at=at)
    return facts.Entitlement(
        tenant_key,
        epoch=epoch,
        revision=revision,
        agreements=tuple(
            facts.AgreementEntitlement(
                agreement_id=agreement.id,
                order_no=agreement.order_no,
                product_code=product_code,
                service_start_at=agreement.service_start_at,
                service_end_exclusive_at=changed.get(agreement.id, NOTHING).service_end_exclusive_at
                or agreement.service_end_exclusive_at,
                effective_at=agreement.effective_at,
                ending=_ending(ending) or declared.get(agreement.id),
                activated_at=activated_at,
                holds=tuple(holds[agreement.id]),
                withdrawn_at=start_of(withdrawn_on) if withdrawn_on else None,
                platforms=platforms,
                own_platform_only=terms[agreement.id].own_platform_only,
                quota_total=changed.get(agreement.id, NOTHING).quota_total or agreement.quota_total,
                terms_version=terms[agreement.id].version,
                terms_until_at=terms[agreement.id].until_at,
            )
            for agreement, product_code, withdrawn_on, activated_at, ending, _, _ in rows
        ),
    )


def _ending(ending: AgreementEnding | None) -> facts.Ending | None:
    return None if ending is None else facts.Ending(ENDINGS[ending.ground], ending.ended_at, CLAUSES[ending.ground])


def _declared(session: Session, tenant_id: int) -> dict[int, facts.Ending]:
    """Return the ends for breach whose declaration arrived and that no job has recorded, by agreement (4.4, T-15)."""
    found: dict[int, facts.Ending] = {}
    for case in session.scalars(
        select(BreachCase).where(BreachCase.tenant_id == tenant_id, BreachCase.state == CaseState.TERMINATION_DECIDED)
    ):
        ended_at = ended_by_case(case)
        if ended_at is not None:
            found[case.agreement_id] = facts.Ending(facts.EndingKind.FOR_BREACH, ended_at, TERMINATION_CLAUSE)
    return found


def _holds(session: Session, tenant_id: int) -> dict[int, list[facts.Hold]]:
    """Return the holds that took or will take effect, keyed by agreement; a pending one withholds nothing.

    A decided suspension is in effect from its notice's arrival, whether or not a sweep has recorded that (T-15); but
    not where the breach turned out to be none before (E-40).
    """
    found: dict[int, list[facts.Hold]] = defaultdict(list)
    for hold, arrived_at, missed in session.execute(
        select(Hold, Notice.arrived_at, Obligation.state)
        .outerjoin(Notice, Notice.id == Hold.notice_id)
        .outerjoin(BreachCase, BreachCase.hold_id == Hold.id)
        .outerjoin(Obligation, Obligation.id == BreachCase.obligation_id)
        .where(Hold.tenant_id == tenant_id, Hold.cancelled_at.is_(None))
    ):
        effective_at = hold.effective_at
        if effective_at is None and arrived_at is not None and (missed is None or is_breach(missed)):
            effective_at = suspension_effective_at(decided_at=hold.decided_at, notice_arrived_at=arrived_at)
        if effective_at is None:
            continue
        found[hold.agreement_id].append(
            facts.Hold(
                ground=facts.HoldGround.KEY_FREEZE if hold.ground is HoldGround.FREEZE else facts.HoldGround.SUSPENSION,
                clause=hold.clause,
                scope=SCOPES[hold.scope],
                effective_at=effective_at,
                lifted_at=hold.lifted_at,
            )
        )
    return found


def _platforms(session: Session, tenant_id: int) -> frozenset[facts.OwnPlatform]:
    return frozenset(
        facts.OwnPlatform(row.identifier, row.valid_from_at, row.until_at)
        for row in session.scalars(select(OwnPlatform).where(OwnPlatform.tenant_id == tenant_id))
    )


def _terms(session: Session, agreement_ids: Iterable[int], *, at: datetime) -> dict[int, _Terms]:
    """Return the terms at an instant, keyed by agreement.

    The version is the id of the newest instrument in force; the annex counts from the agreement's own effect. Without
    a word on own platforms the standard form's limit stands (clause 2.3).
    """
    ids = list(agreement_ids)
    found = {}
    for agreement_id, limit in one_term(session, ids, "own_platform_only", at=at).items():
        known = [(instrument.id, instrument.effective_at) for instrument in limit.instruments]
        found[agreement_id] = _Terms(
            own_platform_only=limit.applied is None or limit.applied.value is not False,
            version=max((key for key, from_at in known if from_at is None or from_at <= at), default=0),
            until_at=min((from_at for _, from_at in known if from_at is not None and from_at > at), default=None),
        )
    return found
