"""One story of many agreements, in chapters, and the ledger it must leave whoever plays it and however often they die.

In each chapter people act at one instant; then the processes are left alone until the ledger says that they have done
what follows. Another room joins with a chapter of its own.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes

from sqlalchemy import func, select

from agreements.kernel import audit, clock
from agreements.kernel.access.keys import issue_key
from agreements.kernel.access.models import Scope
from agreements.kernel.access.rules import OPERATOR
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.sweeps import due_items
from agreements.register.models import Agreement
from compliance.breaches.actions import accept_rectification, confirm, demand_rectification
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import CaseState, GroundClass
from compliance.breaches.suspension import decide_suspension, reinstate
from compliance.notices.models import Arrival, DeliveryAttempt, Notice, Outbox
from compliance.notices.rules import Language, NoticeKind, NoticeState, OutboxState
from compliance.obligations.models import Obligation, ObligationFiring
from compliance.scheduling.jobs import JOBS
from compliance.service.models import GatewayDirective, Hold
from compliance.upstream.models import UpstreamImpact
from tests.builders import at
from tests.builders_compliance import a_change, a_change_notice, an_agreement_in_service
from tests.builders_notices import link_token
from tests.builders_register import APPROVER, OFFICER
from tests.builders_upstream import a_change as a_source_change
from tests.builders_upstream import a_source

AGREEMENTS = 8
CAP = 3
GONE = (NoticeState.SENT, NoticeState.ARRIVED, NoticeState.ACKNOWLEDGED)


@dataclass(frozen=True)
class Chapter:
    """people(stage) acts at the instant; until(session) says whether the processes have done what follows."""

    instant: str
    until: Callable
    people: Callable = lambda _stage: None


@dataclass(frozen=True)
class Stage:
    """Where a story is played: the mail server's wire, and how a tenant presses the button behind a link."""

    wire: list
    press: Callable


def begin():
    """A rehearsal on 2024-09-12: agreements in service, each with a change that nobody notifies.

    Returns a gateway's key and the name of a tenant it may ask about.
    """
    with unit_of_work() as session:
        clock.install(session, rehearsal_at=at("Thu 2024-09-12 15:00"))
        for number in range(AGREEMENTS):
            agreement = an_agreement_in_service(
                session,
                order_no=f"7000000000000{number:02}",
                tenant_name=f"海棠第{number}公司",
                address=f"legal{number}@tenant.example",
            )
            a_change(session, agreement)
        a_source(session)
        now, scopes = clock.now(session), [Scope.DECIDE]
        _, key = issue_key(session, name="gateway", scopes=scopes, actor=OPERATOR, now=now, wall=clock.wall())
        return key, agreement.tenant.tenant_key


def play(chapters, stage, processes):
    """Play the chapters; `processes(reached)` lets the processes work until the ledger says so."""
    for chapter in chapters:
        with unit_of_work() as session:
            clock.set_rehearsal_clock(session, at(chapter.instant))
        chapter.people(stage)

        def reached(until=chapter.until):
            session = db.session()
            session.rollback()  # look at what is committed now, and keep no writer waiting
            return until(session) and _is_quiet(session)

        processes(reached)


def _is_quiet(session):
    """Nothing is due and nothing is on its way, so that the next chapter finds all of them at the same place."""
    return not still_open(session)


def still_open(session):
    """Return what is due and what is on its way, by sweep and by state of the outbox."""
    now = clock.now(session)
    due = {sweep.name: due_items(sweep, session, due_by=now) for job in JOBS for sweep in job.sweeps}
    under_way = select(Outbox.state, func.count(Outbox.id)).where(
        Outbox.state.in_((OutboxState.PENDING, OutboxState.CLAIMED))
    )
    return {name: items for name, items in due.items() if items} | dict(
        session.execute(under_way.group_by(Outbox.state)).all()
    )


def _for_each_case(act):
    def people(_stage):
        with unit_of_work() as session:
            for case in session.scalars(select(BreachCase).order_by(BreachCase.id)).all():
                act(session, case, clock.now(session))

    return people


def _demand(session, case, now):
    confirm(session, case, ground_class=GroundClass.OTHER, version=case.version, actor=OFFICER, now=now)
    demand_rectification(
        session, case, stated_due_on=None, language=Language.ZH, version=case.version, actor=OFFICER, now=now
    )


def _decide(session, case, now):
    """The cap lets the scheduler decide three; an approver decides the others."""
    if case.state is CaseState.NOT_RECTIFIED:
        decide_suspension(
            session, case, reason="逾期未改正", language=Language.ZH, version=case.version, actor=APPROVER, now=now
        )


def _cure(session, case, now):
    a_change_notice(session, case, arrived=now)
    accept_rectification(session, case, note="已核验", version=case.version, actor=OFFICER, now=now)
    reinstate(session, case, language=Language.ZH, version=case.version, actor=APPROVER, now=now)


def _announce(_stage):
    with unit_of_work() as session:
        a_source_change(session, a_source(session), now=clock.now(session))


def _acknowledge(kind):
    """Every tenant presses the button in its mail of a kind, again where no answer came."""

    def people(stage):
        waiting = select(Notice.public_id).where(Notice.kind == kind, Notice.acknowledged_at.is_(None))
        session = db.session()
        while open_ids := session.scalars(waiting).all():
            session.rollback()
            tokens = tokens_of(stage.wire)
            for public_id in open_ids:
                stage.press(tokens[public_id])

    return people


def tokens_of(wire):
    """Return the acknowledgement token of each mail, by the notice's public id, which its Message-ID begins with."""
    return {_message_id(content).split(".")[0].strip("<"): link_token(content) for _, content in wire}


def _message_id(content):
    return message_from_bytes(content)["Message-ID"]


def _all_cases(*states):
    return lambda session: _count(session, BreachCase.id, BreachCase.state.in_(states)) == AGREEMENTS


def _all_sent(kind):
    return lambda session: _count(session, Notice.id, Notice.kind == kind, Notice.state.in_(GONE)) == AGREEMENTS


def _clocks_run(session):
    return _count(session, BreachCase.id, BreachCase.rectification_obligation_id.is_not(None)) == AGREEMENTS


def _cap_reached(session):
    states = Counter(session.scalars(select(BreachCase.state)))
    return states == {CaseState.SUSPENSION_DECIDED: CAP, CaseState.NOT_RECTIFIED: AGREEMENTS - CAP}


def _count(session, column, *conditions):
    return session.scalar(select(func.count(column)).where(*conditions))


BREACH = (
    Chapter("Sat 2024-09-21 00:00", _all_cases(CaseState.SUSPECTED)),
    Chapter("Mon 2024-09-23 10:00", _all_sent(NoticeKind.RECTIFICATION_DEMAND), _for_each_case(_demand)),
    Chapter("Mon 2024-09-23 15:00", _clocks_run, _acknowledge(NoticeKind.RECTIFICATION_DEMAND)),
    Chapter("Fri 2024-09-27 00:00", _cap_reached),
    Chapter("Fri 2024-09-27 09:00", _all_sent(NoticeKind.SUSPENSION_NOTICE), _for_each_case(_decide)),
    Chapter("Fri 2024-09-27 16:00", _all_cases(CaseState.SUSPENDED), _acknowledge(NoticeKind.SUSPENSION_NOTICE)),
    Chapter("Tue 2024-10-08 10:00", _all_sent(NoticeKind.RESUME_NOTICE), _for_each_case(_cure)),
)
UPSTREAM = (Chapter("Fri 2024-11-08 16:40", _all_sent(NoticeKind.UPSTREAM_CHANGE_NOTICE), _announce),)
EXPIRY = (Chapter("Fri 2025-06-27 09:00", _all_sent(NoticeKind.EXPIRY_WARNING)),)
STORY = (*BREACH, *UPSTREAM, *EXPIRY)
KINDS = (
    NoticeKind.RECTIFICATION_DEMAND,
    NoticeKind.SUSPENSION_NOTICE,
    NoticeKind.RESUME_NOTICE,
    NoticeKind.UPSTREAM_CHANGE_NOTICE,
    NoticeKind.EXPIRY_WARNING,
)


def ledger(session):
    """Return what happened, without the ids, secrets and tries that differ from one telling to the next."""
    orders = dict(session.execute(select(Agreement.id, Agreement.order_no)).all())
    tables = {
        "agreements": session.execute(select(Agreement.order_no, Agreement.state, Agreement.effective_at)),
        "obligations": session.execute(
            select(
                Obligation.agreement_id,
                Obligation.code,
                Obligation.triggered_at,
                Obligation.due_on,
                Obligation.overdue_from,
                Obligation.state,
                Obligation.performed_at,
                Obligation.overdue_recorded_at,
                Obligation.opened_at,
            )
        ),
        "firings": session.execute(
            select(
                Obligation.agreement_id,
                Obligation.code,
                ObligationFiring.stage,
                ObligationFiring.generation,
                ObligationFiring.as_of,
                ObligationFiring.observed_at,
            ).join(Obligation, Obligation.id == ObligationFiring.obligation_id)
        ),
        "cases": session.execute(
            select(
                BreachCase.agreement_id,
                BreachCase.ground,
                BreachCase.state,
                BreachCase.version,
                BreachCase.suspected_as_of,
                BreachCase.opened_at,
                BreachCase.demand_due_on,
                BreachCase.cure_accepted_at,
            )
        ),
        "notices": session.execute(
            select(
                Notice.agreement_id,
                Notice.kind,
                Notice.state,
                Notice.stated_due_on,
                Notice.approved_by,
                Notice.pre_approval,
                Notice.drafted_at,
                Notice.sent_at,
                Arrival.basis,
                Arrival.arrived_at,
                Arrival.recorded_at,
            ).outerjoin(Arrival, Arrival.notice_id == Notice.id)
        ),
        "holds": session.execute(
            select(
                Hold.agreement_id,
                Hold.ground,
                Hold.by_scheduler,
                Hold.decided_at,
                Hold.effective_at,
                Hold.lifted_at,
                Hold.cancelled_at,
            )
        ),
        "directives": session.execute(
            select(Hold.agreement_id, GatewayDirective.epoch, GatewayDirective.action, GatewayDirective.issued_at).join(
                Hold, Hold.id == GatewayDirective.hold_id
            )
        ),
        "impacts": session.execute(select(UpstreamImpact.agreement_id, UpstreamImpact.state)),
        "acts": session.execute(
            select(
                audit.AuditEvent.agreement_id,
                audit.AuditEvent.act,
                audit.AuditEvent.actor_kind,
                audit.AuditEvent.as_of,
                audit.AuditEvent.recorded_at,
                audit.AuditEvent.clause,
            )
        ),
    }
    return {name: sorted(_told(row, orders) for row in rows) for name, rows in tables.items()}


def differences(told, expected):
    """Return what one ledger says and the other does not, by table: (rows too many, rows missing)."""
    return {
        name: (list(Counter(told[name]) - Counter(expected[name])), list(Counter(expected[name]) - Counter(told[name])))
        for name in expected
        if told[name] != expected[name]
    }


def _told(row, orders):
    first, *rest = row
    return tuple(str(value) for value in (orders.get(first, first), *rest))


def check_ledger(session):
    """Nothing lost, nothing twice, nothing suspended before its notice had arrived, and the chain is whole."""
    for kind in KINDS:
        notices = select(Notice.agreement_id).where(Notice.kind == kind, Notice.state.in_(GONE))
        assert Counter(session.scalars(notices)) == dict.fromkeys(session.scalars(select(Agreement.id)), 1), kind
    acts = Counter(session.scalars(select(audit.AuditEvent.act)))
    for act in ("case.suspected", "case.lapse", "hold.decided", "hold.effective", "hold.lifted"):
        assert acts[act] == AGREEMENTS, act
    assert acts["notice.sent"] == len(KINDS) * AGREEMENTS
    assert all(
        hold.effective_at >= arrived_at
        for hold, arrived_at in session.execute(
            select(Hold, Arrival.arrived_at).join(Arrival, Arrival.id == Hold.arrival_id)
        )
    )
    assert session.scalar(select(func.count(Hold.id)).where(Hold.by_scheduler.is_(True))) == CAP
    audit.verify(session)


def check_wire(session, wire):
    """At least once each; a second copy only under the same id, with the same bytes, and each with its attempt.

    Returns how many copies went out beyond the first.
    """
    copies = {}
    for _, content in wire:
        copies.setdefault(_message_id(content), []).append(content)
    assert len(copies) == len(KINDS) * AGREEMENTS
    assert all(len(set(same)) == 1 for same in copies.values())
    assert session.scalar(select(func.count(DeliveryAttempt.id))) >= len(wire)
    return len(wire) - len(copies)
