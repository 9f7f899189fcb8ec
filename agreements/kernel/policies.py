"""Policies: the [P] values that are ours and not the contract's, with their history.

Each policy has a default here, shown as policy in the UI. A change is a new row with an effective date and a reason;
nothing is overwritten, so "what was our policy on that day" has one answer.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.db import Base, UTCDateTime, rows_of
from agreements.kernel.errors import N_, InvalidInput

PolicyValue = int | bool | str | list[str]


@dataclass(frozen=True, slots=True)
class Policy:
    """key, default and unit; `clause` of the agreement that it gives a number to, “–” for none; `meaning` for people.

    choices  the words a list may hold; empty for other kinds
    """

    key: str
    default: PolicyValue
    unit: str
    clause: str
    meaning: str
    choices: tuple[str, ...] = ()

    def takes(self, value: object) -> bool:
        """Say whether a value is of the default's kind and within the bounds of its unit, both included."""
        if type(value) is not type(self.default):
            return False
        if isinstance(value, list):
            return set(value) <= set(self.choices)
        if isinstance(value, int) and not isinstance(value, bool):
            least, most = BOUNDS.get(self.unit, ONE_OR_MORE)
            return least <= value <= most
        return True


DOCUMENT_TYPES = (
    "business_licence",
    "business_description",
    "prior_approval",
    "relation_proof",
    "industry_licence",
    "telecom_licence",
    "icp_filing",
    "consent_text",
    "security_filing",
)
_LICENCE, _DESCRIPTION, _APPROVAL, _OF_INDUSTRY = (
    "business_licence",
    "business_description",
    "prior_approval",
    "industry_licence",
)


CHECKLIST = "onboarding_documents_"


def _checklist(industry: str, meaning: str, *documents: str) -> "Policy":
    """The checklist of one industry, taken instead of the general one."""
    return Policy(
        f"{CHECKLIST}{industry}",
        [_LICENCE, _DESCRIPTION, *documents],
        "document_type",
        "3.3",
        meaning,
        choices=DOCUMENT_TYPES,
    )


BOUNDS = {
    "hour": (0, 24),
    "percent": (0, 100),
    "tenant": (0, 100_000),
    "second": (1, 3600),
    "month": (6, 600),
    "person": (2, 5),
}
ONE_OR_MORE = (1, 5_000)

POLICIES: dict[str, Policy] = {
    policy.key: policy
    for policy in (
        Policy(
            "authorization_demand_working_days", 3, "working_day", "2.1", N_("Period stated in an authorization demand")
        ),
        Policy("rectification_working_days", 3, "working_day", "4.4", N_("Period stated in a rectification demand")),
        Policy(
            "maintenance_notice_working_days",
            1,
            "working_day",
            "4.3",
            N_("Our notice of maintenance after the cooperator's"),
        ),
        Policy(
            "term_decision_working_days",
            3,
            "working_day",
            "二 3",
            N_("Our own limit for deciding a conflict of terms or a correction; past it the approvers are called"),
        ),
        Policy(
            "aftermath_agreement_working_days",
            10,
            "working_day",
            "2.4",
            N_("Reminder to agree on the aftermath of a refused change"),
        ),
        Policy(
            "upstream_answer_working_days",
            5,
            "working_day",
            "2.4",
            N_("Period we state for a tenant's answer to a source's change; silence is never acceptance"),
        ),
        Policy(
            "settlement_statement_working_days", 10, "working_day", "4.6", N_("Reminder of the settlement statement")
        ),
        Policy(
            "force_majeure_proof_calendar_days", 30, "calendar_day", "7.1.1", N_("Reminder of the notary's statement")
        ),
        Policy(
            "expiry_warnings_calendar_days",
            ["30", "15", "7", "3", "1"],
            "days_before",
            "三 1",
            N_("Warnings before a service period or a document ends"),
            choices=("90", "60", "45", "30", "21", "15", "10", "7", "5", "3", "2", "1"),
        ),
        Policy("provider_target_hour", 18, "hour", "2.4", N_("Our internal target on the due day, Shanghai time")),
        Policy(
            "business_opening_hour",
            9,
            "hour",
            "–",
            N_("When the next business day opens, for “should know” arrivals"),
        ),
        Policy(
            "onboarding_documents",
            ["business_licence", "business_description"],
            "document_type",
            "3.3",
            N_("Documents a tenant must supply before activation"),
            choices=DOCUMENT_TYPES,
        ),
        _checklist("banking_payment", N_("Documents before activation: banks and payment"), _OF_INDUSTRY, _APPROVAL),
        _checklist("lending_guarantee", N_("Documents before activation: lending and guarantees"), _APPROVAL),
        _checklist("insurance", N_("Documents before activation: insurance"), _OF_INDUSTRY),
        _checklist("internet_service", N_("Documents before activation: internet services"), "telecom_licence"),
        _checklist("human_resources", N_("Documents before activation: human resources"), _OF_INDUSTRY),
        _checklist("healthcare", N_("Documents before activation: health care"), _OF_INDUSTRY, "security_filing"),
        _checklist("transport", N_("Documents before activation: transport"), _OF_INDUSTRY),
        _checklist("games", N_("Documents before activation: games"), "telecom_licence", _APPROVAL),
        Policy(
            "relation_proof_for_other_account",
            True,
            "switch",
            "三 1",
            N_("An order placed through another company's account needs a proof of relation before activation"),
        ),
        Policy(
            "platform_recheck_calendar_days",
            180,
            "calendar_day",
            "2.3",
            N_("The ownership of an own platform is looked at again after this time"),
        ),
        Policy(
            "auto_suspend_change_notification",
            True,
            "switch",
            "3.3 + 4.4",
            N_("The scheduler may decide suspension for a late change notice left unrectified after an arrived demand"),
        ),
        Policy(
            "suspension_cap_tenants",
            3,
            "tenant",
            "6.1",
            N_("Suspensions by the scheduler in 24 hours: at least this many"),
        ),
        Policy(
            "suspension_cap_percent",
            5,
            "percent",
            "6.1",
            N_("Suspensions by the scheduler in 24 hours: this share of tenants in service"),
        ),
        Policy(
            "suspension_held_after_working_days",
            1,
            "working_day",
            "6.1",
            N_("A suspension that the scheduler finds later than this after its date is held for a person"),
        ),
        Policy("retention_contracts_months", 60, "month", "5.2", N_("Contracts are kept so long after their end")),
        Policy(
            "retention_notices_months", 60, "month", "5.2", N_("Notices are kept so long after the agreement's end")
        ),
        Policy("retention_cases_months", 60, "month", "5.2", N_("Cases are kept so long after the agreement's end")),
        Policy(
            "retention_processing_records_months",
            36,
            "month",
            "5.2",
            N_("Impact assessments and processing records are kept so long; by law at least three years"),
        ),
        Policy(
            "retention_authorizations_months",
            36,
            "month",
            "2.1",
            N_("Authorization samples are kept so long after their review was closed"),
        ),
        Policy(
            "retention_call_logs_months",
            36,
            "month",
            "5.2",
            N_("Call logs are kept so long; by law at least six months"),
        ),
        Policy(
            "destruction_approvals",
            2,
            "person",
            "5.2",
            N_("So many different people approve before papers past their period are destroyed"),
        ),
        Policy("allow_life_seconds", 120, "second", "–", N_("How long a gateway may rely on an allow")),
        Policy("quota_low_percent", 20, "percent", "一", N_("Remaining quota below which answers carry QUOTA_LOW")),
        Policy(
            "expiring_calendar_days",
            30,
            "calendar_day",
            "三 1",
            N_("Days before the end from which answers carry EXPIRING"),
        ),
    )
}


class PolicyChange(Base):
    """A value from an instant on; append-only."""

    __tablename__ = "policy_change"
    __table_args__ = (Index(None, "key", "effective_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80))
    value: Mapped[Any] = mapped_column(JSON)
    effective_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    audit_seq: Mapped[int] = mapped_column(ForeignKey("audit_event.seq"))


_CHANGES_IN_FORCE = (  # oldest first; built once, for pages and gateways ask for it again and again
    select(PolicyChange.key, PolicyChange.value)
    .where(PolicyChange.key.in_(bindparam("keys", expanding=True)), PolicyChange.effective_at <= bindparam("at"))
    .order_by(PolicyChange.effective_at, PolicyChange.id)
)


def value_of(session: Session, key: str, *, at: datetime) -> Any:
    """Return the value in force at an instant: the last change effective by then, else the default."""
    return values_of(session, (key,), at=at)[key]


def values_of(session: Session, keys: Collection[str], *, at: datetime) -> dict[str, Any]:
    """Return the values in force at an instant by key, in one question."""
    changed = {row[0]: row[1] for row in rows_of(session, _CHANGES_IN_FORCE, keys=list(keys), at=at)}
    return {key: changed[key] if key in changed else _known(key).default for key in keys}


def _known(key: str) -> Policy:
    """Return a policy; that of an industry which staff added is made up from its key."""
    policy = POLICIES.get(key)
    if policy is None and key.startswith(CHECKLIST):
        return _checklist(key.removeprefix(CHECKLIST), N_("Documents before activation: an industry that staff added"))
    return POLICIES[key] if policy is None else policy


def policy_of(session: Session, key: str) -> Policy | None:
    """Return a policy: a shipped one, or the checklist of an industry that staff added; None where there is none."""
    if key in POLICIES:
        return POLICIES[key]
    is_added = key.startswith(CHECKLIST) and bool(history(session, key))
    return _known(key) if is_added else None


def all_policies(session: Session) -> list[Policy]:
    """Return the shipped policies, then the checklists of added industries as they came."""
    added = select(PolicyChange.key).where(PolicyChange.key.not_in(POLICIES)).order_by(PolicyChange.id)
    return [*POLICIES.values(), *(_known(key) for key in dict.fromkeys(session.scalars(added)))]


def begin_checklist(
    session: Session, industry: str, documents: list[str], *, reason: str, actor: Actor, now: datetime
) -> PolicyChange:
    """Set the first checklist of an industry that staff add."""
    key = f"{CHECKLIST}{industry}"
    return _change(session, _known(key), documents, effective_at=now, reason=reason, actor=actor, now=now)


def history(session: Session, key: str) -> list[PolicyChange]:
    """Return a policy's changes, newest first."""
    return list(session.scalars(select(PolicyChange).where(PolicyChange.key == key).order_by(PolicyChange.id.desc())))


def change(
    session: Session,
    key: str,
    value: PolicyValue,
    *,
    effective_at: datetime,
    reason: str,
    actor: Actor,
    now: datetime,
) -> PolicyChange:
    """Set a policy from an instant on; not before now, for what was judged stays judged by the policy of its day."""
    require(actor, Permission.MANAGE_POLICIES)
    policy = policy_of(session, key)
    if policy is None:
        raise InvalidInput(N_("There is no policy “%(key)s”."), field="key", key=key)
    return _change(session, policy, value, effective_at=effective_at, reason=reason, actor=actor, now=now)


def _change(
    session: Session,
    policy: Policy,
    value: PolicyValue,
    *,
    effective_at: datetime,
    reason: str,
    actor: Actor,
    now: datetime,
) -> PolicyChange:
    require(actor, Permission.MANAGE_POLICIES)
    key = policy.key
    if not policy.takes(value):
        raise InvalidInput(
            N_("“%(value)s” does not fit policy %(key)s."),
            field="value",
            remedy=N_("Give a value of the kind and size of its default, %(default)s."),
            value=value,
            key=key,
            default=policy.default,
        )
    if effective_at < now:
        raise InvalidInput(N_("A policy can't be changed for the past."), field="effective_at")
    if not reason.strip():
        raise InvalidInput(N_("A policy change needs a reason."), field="reason")
    event = audit.record(
        session,
        actor=actor,
        act="policy.changed",
        subject=f"policy:{key}",
        now=now,
        as_of=effective_at,
        reason=reason,
        details={"before": value_of(session, key, at=effective_at), "after": value},
    )
    row = PolicyChange(key=key, value=value, effective_at=effective_at, recorded_at=now, audit_seq=event.seq)
    session.add(row)
    return row
