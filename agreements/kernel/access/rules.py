"""Who may do what: the one permission function, asked inside every use case (roles of domain section 6).

The matrix below is the whole of it. A role not listed for a permission does not have it; nobody has more by being an
administrator, because running the system and binding the company are different jobs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from agreements.kernel.errors import N_, NotPermitted


class Role(StrEnum):
    LEGAL_OFFICER = "legal_officer"
    LEGAL_APPROVER = "legal_approver"
    OPS = "ops"
    FINANCE = "finance"
    AUDITOR = "auditor"
    ADMIN = "admin"


class ActorKind(StrEnum):
    PERSON = "person"
    SCHEDULER = "scheduler"
    GATEWAY = "gateway"
    TENANT_CONTACT = "tenant_contact"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `id` is the person's or key's row; the scheduler and the operator at the command line have none.

    via_key  public prefix of the person's own key, where a program acts for the person
    """

    kind: ActorKind
    name: str
    id: int | None = None
    roles: frozenset[Role] = frozenset()
    via_key: str | None = None


SCHEDULER = Actor(ActorKind.SCHEDULER, "scheduler")
OPERATOR = Actor(ActorKind.OPERATOR, "command line", roles=frozenset(Role))


class Permission(StrEnum):
    READ = "read"
    IMPORT_AGREEMENT = "import_agreement"
    REGISTER_AGREEMENT = "register_agreement"
    DRAFT_STANDARD_FORM = "draft_standard_form"
    APPROVE_STANDARD_FORM = "approve_standard_form"
    CONFIRM_PAYMENT = "confirm_payment"
    RECORD_DOCUMENTS = "record_documents"
    ACTIVATE_SERVICE = "activate_service"
    RECORD_CHANGE = "record_change"
    RECORD_PERFORMANCE = "record_performance"
    DISMISS_CASE = "dismiss_case"
    CONFIRM_CASE = "confirm_case"
    DEMAND_RECTIFICATION = "demand_rectification"
    ACCEPT_RECTIFICATION = "accept_rectification"
    DECIDE_SUSPENSION = "decide_suspension"
    REINSTATE = "reinstate"
    RECORD_ARRIVAL = "record_arrival"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_KEYS = "manage_keys"
    MANAGE_POLICIES = "manage_policies"
    MANAGE_CALENDAR = "manage_calendar"
    RUN_JOBS = "run_jobs"
    RELEASE_SENDING = "release_sending"
    TEST_CHANNELS = "test_channels"
    SETTLE_ALARMS = "settle_alarms"
    VERIFY_AUDIT = "verify_audit"
    MANAGE_SOURCES = "manage_sources"
    RECORD_UPSTREAM = "record_upstream"
    HANDLE_UPSTREAM = "handle_upstream"
    SETTLE_UPSTREAM = "settle_upstream"
    ARRANGE_REGISTER = "arrange_register"
    CANCEL_ORDER = "cancel_order"
    END_AGREEMENT = "end_agreement"
    CLOSE_AGREEMENT = "close_agreement"
    RECORD_ONLINE_TERMS = "record_online_terms"
    RESOLVE_TERM_CONFLICT = "resolve_term_conflict"
    PROPOSE_CORRECTION = "propose_correction"
    APPROVE_CORRECTION = "approve_correction"
    DRAFT_SUPPLEMENT = "draft_supplement"
    SIGN_SUPPLEMENT = "sign_supplement"
    RECORD_USAGE = "record_usage"
    SIGN_OFF_USAGE = "sign_off_usage"
    PREPARE_SETTLEMENT = "prepare_settlement"
    CONFIRM_SETTLEMENT = "confirm_settlement"
    PAY_SETTLEMENT = "pay_settlement"
    SEE_CONTACTS = "see_contacts"
    READ_ACCESS_LOG = "read_access_log"
    PLACE_RETENTION_HOLD = "place_retention_hold"
    LIFT_RETENTION_HOLD = "lift_retention_hold"
    APPROVE_DESTRUCTION = "approve_destruction"
    FREEZE_KEYS = "freeze_keys"
    RECORD_ADJUSTMENT = "record_adjustment"
    CHECK_SEAL = "check_seal"
    EXECUTE_ADJUSTMENT = "execute_adjustment"
    MANAGE_OWN_DOCUMENTS = "manage_own_documents"
    KEEP_COPY = "keep_copy"
    MANAGE_SEALS = "manage_seals"


_OFFICER, _APPROVER, _OPS = Role.LEGAL_OFFICER, Role.LEGAL_APPROVER, Role.OPS

MATRIX: dict[Permission, frozenset[Role]] = {
    permission: frozenset(roles)
    for permission, roles in {
        Permission.READ: tuple(Role),
        Permission.IMPORT_AGREEMENT: (_OFFICER, _OPS),
        Permission.REGISTER_AGREEMENT: (_OFFICER,),
        Permission.DRAFT_STANDARD_FORM: (_OFFICER, _APPROVER),
        Permission.APPROVE_STANDARD_FORM: (_APPROVER,),
        Permission.CONFIRM_PAYMENT: (Role.FINANCE, _OPS),
        Permission.RECORD_DOCUMENTS: (_OFFICER, _OPS),
        Permission.ACTIVATE_SERVICE: (_OPS,),
        Permission.RECORD_CHANGE: (_OFFICER, _OPS),
        Permission.RECORD_PERFORMANCE: (_OFFICER,),
        Permission.DISMISS_CASE: (_OFFICER,),
        Permission.CONFIRM_CASE: (_OFFICER,),
        Permission.DEMAND_RECTIFICATION: (_OFFICER,),
        Permission.ACCEPT_RECTIFICATION: (_OFFICER,),
        Permission.DECIDE_SUSPENSION: (_APPROVER,),
        Permission.REINSTATE: (_APPROVER,),
        Permission.RECORD_ARRIVAL: (_OFFICER,),
        Permission.MANAGE_PEOPLE: (Role.ADMIN,),
        Permission.MANAGE_KEYS: (Role.ADMIN,),
        Permission.MANAGE_POLICIES: (Role.ADMIN, _APPROVER),
        Permission.MANAGE_CALENDAR: (Role.ADMIN, _APPROVER),
        Permission.RUN_JOBS: (Role.ADMIN, _OPS),
        Permission.RELEASE_SENDING: (Role.ADMIN,),
        Permission.TEST_CHANNELS: (Role.ADMIN, _OPS),
        Permission.SETTLE_ALARMS: (_OFFICER, _APPROVER, _OPS, Role.ADMIN),
        Permission.VERIFY_AUDIT: (Role.AUDITOR, Role.ADMIN),
        Permission.MANAGE_SOURCES: (_OFFICER, _OPS),
        Permission.RECORD_UPSTREAM: (_OFFICER, _APPROVER, _OPS, Role.FINANCE, Role.ADMIN),
        Permission.HANDLE_UPSTREAM: (_OFFICER,),
        Permission.SETTLE_UPSTREAM: (_APPROVER,),
        Permission.ARRANGE_REGISTER: (_OFFICER, _APPROVER, _OPS),
        Permission.CANCEL_ORDER: (_OPS,),
        Permission.END_AGREEMENT: (_APPROVER,),
        Permission.CLOSE_AGREEMENT: (_OFFICER,),
        Permission.RECORD_ONLINE_TERMS: (_OFFICER,),
        Permission.RESOLVE_TERM_CONFLICT: (_APPROVER,),
        Permission.PROPOSE_CORRECTION: (_OFFICER,),
        Permission.APPROVE_CORRECTION: (_APPROVER,),
        Permission.DRAFT_SUPPLEMENT: (_OFFICER,),
        Permission.SIGN_SUPPLEMENT: (_APPROVER,),
        Permission.RECORD_USAGE: (_OFFICER, _OPS),
        Permission.SIGN_OFF_USAGE: (_OFFICER, _OPS, Role.FINANCE),
        Permission.PREPARE_SETTLEMENT: (_OFFICER,),
        Permission.CONFIRM_SETTLEMENT: (_APPROVER,),
        Permission.PAY_SETTLEMENT: (Role.FINANCE,),
        Permission.SEE_CONTACTS: (_OFFICER, _APPROVER, _OPS),
        Permission.READ_ACCESS_LOG: (_APPROVER, Role.AUDITOR, Role.ADMIN),
        Permission.PLACE_RETENTION_HOLD: (_OFFICER, _APPROVER),
        Permission.LIFT_RETENTION_HOLD: (_APPROVER,),
        Permission.APPROVE_DESTRUCTION: (_APPROVER, Role.ADMIN),
        Permission.FREEZE_KEYS: (_OFFICER, _APPROVER, _OPS),
        Permission.RECORD_ADJUSTMENT: (_OFFICER, _OPS),
        Permission.CHECK_SEAL: (_OFFICER,),
        Permission.EXECUTE_ADJUSTMENT: (_OPS,),
        Permission.MANAGE_OWN_DOCUMENTS: (_OFFICER,),
        Permission.KEEP_COPY: (_OFFICER, _OPS),
        Permission.MANAGE_SEALS: (Role.ADMIN, _APPROVER),
    }.items()
}


def may(actor: Actor, permission: Permission) -> bool:
    """Say whether one of the actor's roles carries the permission."""
    return bool(actor.roles & MATRIX[permission])


def require(actor: Actor, permission: Permission) -> None:
    """Raise NotPermitted unless the actor may."""
    if not may(actor, permission):
        raise NotPermitted(
            N_("%(name)s may not do this (%(permission)s)."),
            remedy=N_("Ask a person with one of these roles: %(roles)s."),
            name=actor.name,
            permission=permission,
            roles=tuple(sorted(MATRIX[permission])),
        )


def known_roles(names: Iterable[str]) -> frozenset[Role]:
    """Read role names; an unknown one raises ValueError."""
    return frozenset(Role(name) for name in names)
