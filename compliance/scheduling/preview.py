"""What a run would do, in words: for the dry run at the command line and on the page of a job."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from agreements.kernel.errors import N_
from agreements.kernel.sweeps import Sweep, due_items
from agreements.parties.models import QualificationDocument, Tenant
from agreements.register.models import Agreement
from compliance.alarms.models import AlarmMail, MailState
from compliance.breaches.models import BreachCase
from compliance.changes.models import AnnouncedChange
from compliance.notices.models import Notice, Outbox
from compliance.notices.rules import OutboxState
from compliance.obligations.models import Obligation
from compliance.retention.models import PurgeProposal, RetentionClock
from compliance.scheduling.jobs import JOBS, SEND_NOTICES, Job
from compliance.upstream.models import UpstreamChange, UpstreamImpact


@dataclass(frozen=True, slots=True)
class Planned:
    """One thing that a run would do.

    what    catalogue entry
    about   order number, notice number or the like, that staff know it by; `page` where it is shown, None for nowhere
    due_at  None for preparation
    """

    what: str
    about: str
    page: str | None
    due_at: datetime | None
    sweep: str
    item_id: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What one job would do, in the order of its sweeps, the oldest due first in each."""

    job: Job
    planned: tuple[Planned, ...]


About = tuple[str, str | None]


def preview(session: Session, *, due_by: datetime, jobs: tuple[Job, ...] = JOBS) -> list[Preview]:
    """Return what a run would do now, job by job; changes nothing. What follows from an act is not foreseen."""
    return [Preview(job, tuple(_planned(session, job, due_by=due_by))) for job in jobs]


def _planned(session: Session, job: Job, *, due_by: datetime) -> Iterator[Planned]:
    for sweep in job.sweeps:
        what, about = SWEEPS.get(sweep.name, (N_("Work on the item"), _number))
        for item in due_items(sweep, session, due_by=due_by):
            name, page = about(session, item)
            yield Planned(what, name, page, _due_at(session, sweep, item), sweep.name, item)
    if job.name == SEND_NOTICES:
        yield from _to_send(session, due_by=due_by)
    if job.name == "mail_alarms":
        yield from _to_mail(session, due_by=due_by)


def _due_at(session: Session, sweep: Sweep, item: int) -> datetime | None:
    if sweep.due_at is None:
        return None
    try:
        return sweep.due_at(session, item)
    except NoResultFound:
        return None


def _to_send(session: Session, *, due_by: datetime) -> Iterator[Planned]:
    rows = session.execute(
        select(Outbox.id, Outbox.next_attempt_at, Notice.id.label("notice_id"), Notice.number)
        .join(Notice, Notice.id == Outbox.notice_id)
        .where(Outbox.state == OutboxState.PENDING, Outbox.next_attempt_at <= due_by)
        .order_by(Outbox.next_attempt_at, Outbox.id)
    )
    for row in rows:
        page = f"/notices/{row.notice_id}"
        yield Planned(N_("Send the notice"), row.number, page, row.next_attempt_at, SEND_NOTICES, row.id)


def _to_mail(session: Session, *, due_by: datetime) -> Iterator[Planned]:
    rows = session.execute(
        select(AlarmMail.id, AlarmMail.next_attempt_at)
        .where(AlarmMail.state == MailState.PENDING, AlarmMail.next_attempt_at <= due_by)
        .order_by(AlarmMail.next_attempt_at, AlarmMail.id)
    )
    for row in rows:
        yield Planned(
            N_("Send the mail with alarms"), f"#{row.id}", "/alarms", row.next_attempt_at, "mail_alarms", row.id
        )


def _number(_session: Session, item: int) -> About:
    return f"#{item}", None


def _agreement(session: Session, item: int) -> About:
    order_no = session.get_one(Agreement, item).order_no
    return order_no, f"/agreements/{order_no}"


def _document(session: Session, item: int) -> About:
    document = session.get_one(QualificationDocument, item)
    tenant = session.get_one(Tenant, document.tenant_id)
    return f"{tenant.party.name} #{item}", f"/tenants/{tenant.tenant_key}"


def _obligation(session: Session, item: int) -> About:
    return _agreement(session, session.get_one(Obligation, item).agreement_id)


def _case(session: Session, item: int) -> About:
    case = session.get_one(BreachCase, item)
    return f"#{item} {case.agreement.order_no}", f"/cases/{item}"


def _change(session: Session, item: int) -> About:
    return f"#{item} {session.get_one(UpstreamChange, item).subject}", f"/upstream/{item}"


def _impact(session: Session, item: int) -> About:
    impact = session.get_one(UpstreamImpact, item)
    order_no, _ = _agreement(session, impact.agreement_id)
    return order_no, f"/upstream/{impact.change_id}"


def _announced(session: Session, item: int) -> About:
    tenant = session.get_one(AnnouncedChange, item).tenant
    return f"{tenant.party.name} #{item}", f"/changes/announced/{item}"


def _notice(session: Session, item: int) -> About:
    return session.get_one(Notice, item).number, f"/notices/{item}"


def _clock(session: Session, item: int) -> About:
    order_no, _ = _agreement(session, session.get_one(RetentionClock, item).agreement_id)
    return order_no, f"/retention/agreements/{order_no}"


def _proposal(session: Session, item: int) -> About:
    return session.get_one(PurgeProposal, item).agreement.order_no, f"/retention/preview?proposal={item}"


SWEEPS: dict[str, tuple[str, Callable[[Session, int], About]]] = {
    "lifecycle": (N_("Record that the service period has begun or ended"), _agreement),
    "supplements": (N_("Record that the supplement is in force"), _number),
    "terms_recount": (N_("Count the open date again by the corrected term"), _obligation),
    "calendar_recount": (N_("Count the open date again by the calendar in force"), _obligation),
    "terms_rejudge": (N_("Judge again by the corrected term what counts as late"), _obligation),
    "upstream_arrivals": (N_("Judge by its arrival whether our letter was in time"), _impact),
    "upstream_withdrawal_arrivals": (N_("Judge by its arrival whether our letter of withdrawal was in time"), _impact),
    "upstream_map": (N_("Find the agreements that the announcement touches"), _change),
    "upstream_letters": (N_("Write to the tenant about the source's change"), _impact),
    "upstream_withdrawal_letters": (N_("Write to the tenant that the change is withdrawn"), _impact),
    "upstream_readdress": (N_("Send the letter to the address confirmed since"), _notice),
    "upstream_advance": (N_("Record how far telling the tenants has come"), _change),
    "upstream_silence": (N_("Record that the tenant did not answer"), _impact),
    "upstream_alarms": (N_("Call the staff about our own period"), _change),
    "settlement_open": (N_("Open the settlement"), _agreement),
    "retention_schedule": (N_("Count how long its papers are kept"), _agreement),
    "retention_propose": (N_("Propose to destroy a class of papers that is past its period"), _clock),
    "retention_purge": (N_("Destroy what enough people approved"), _proposal),
    "retention_remove": (N_("Take a deleted content off the disk"), _number),
    "expiry_plan": (N_("Plan the warnings before the end of service"), _agreement),
    "expiry_warn": (N_("Warn of the end of service, in one message"), _agreement),
    "document_expiry_plan": (N_("Plan the warnings before the document expires"), _document),
    "document_expiry_warn": (N_("Warn that the document expires, in one message"), _document),
    "obligation_sweep": (N_("Record the duty as overdue and open the suspected case"), _obligation),
    "rectification_sweep": (N_("Start the clock of the arrived demand, or record that it ran out"), _case),
    "suspension_decide": (N_("Decide the suspension and send its notice"), _case),
    "suspension_execute": (N_("Put the suspension into effect, for its notice has arrived"), _case),
    "termination_execute": (N_("Record the end for breach, for its declaration has arrived"), _case),
    "announced_change_due": (N_("Ask a person whether an announced change took effect"), _announced),
    "announced_change_dealt_with": (N_("End the alarm of an announced change that was dealt with"), _announced),
    "platform_ownership_due": (N_("Ask a person to look at the ownership of a platform"), _number),
    "platform_ownership_dealt_with": (N_("End the alarm of a platform that was looked at"), _number),
    "own_document_expiring": (N_("Call us: a document of our own ends"), _number),
    "own_document_renewed": (N_("End the call about a document of our own"), _number),
    "term_conflict_undecided": (N_("Call the approvers: a conflict of terms is undecided"), _number),
    "term_conflict_decided": (N_("End the call about a conflict of terms"), _number),
    "correction_undecided": (N_("Call the approvers: a correction is undecided"), _number),
    "correction_decided": (N_("End the call about a correction"), _number),
    "notice_bounced": (N_("Call the staff: the notice reached no address"), _notice),
    "notice_not_bounced": (N_("End the call about the notice"), _notice),
    "channel_failing": (N_("Call the staff: a channel takes nothing any more"), _number),
    "channel_working": (N_("End the call about the channel"), _number),
    "calendar_year_missing": (N_("Call the staff: the year's holidays are not loaded"), _number),
    "calendar_year_known": (N_("End the call about the year's holidays"), _number),
    "calendar_provisional": (N_("Call the staff: a provisional date comes near"), _obligation),
    "calendar_date_final": (N_("End the call about a provisional date"), _number),
    "calendar_recount_over": (N_("End the call about a date counted again"), _number),
}
"""What the act of each sweep is, and how its item is known to people."""
