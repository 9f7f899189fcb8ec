"""What the tenant says to a source's change: by its one-purpose link or in a paper that an officer records (2.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session, object_session

from agreements.calendar.actions import counting_in_force
from agreements.calendar.deadline_table import DeadlineRule
from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.crypto import Keyring, Place
from agreements.kernel.errors import N_, Conflict, IllegalMove, InvalidInput, Stale
from agreements.parties.actions import Upload, keep_upload
from compliance.notices.arrivals import TENANT, acknowledge_by_answer, answer_link_of
from compliance.notices.models import AnswerLink, Notice
from compliance.notices.reading import shown_text
from compliance.obligations.actions import open_obligation
from compliance.obligations.rules import ObligationCode
from compliance.upstream.judging import NOTIFIED, judge_arrival, last_day_to_answer, question_waits
from compliance.upstream.mapping import left_out
from compliance.upstream.models import UpstreamAnswer, UpstreamImpact
from compliance.upstream.moving import cause_of, locked, move_impact, require_text
from compliance.upstream.rules import (
    AnswerKind,
    AnswerVia,
    ChangeState,
    ImpactEvent,
    ImpactState,
    may_answer,
)

LONGEST_TEXT = 2000
LONGEST_NAME = 80
MOST_OPEN_QUESTIONS = 5


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """What a tenant's link shows: the letter, the agreements it names, and what was said about each, oldest first."""

    notice: Notice
    text: str
    impacts: list[UpstreamImpact]
    answers: dict[int, list[UpstreamAnswer]]

    @property
    def open(self) -> list[UpstreamImpact]:
        """The agreements under which the tenant can still accept or refuse."""
        return [impact for impact in self.impacts if is_open(impact)]


def is_open(impact: UpstreamImpact) -> bool:
    """Say whether the tenant can still accept or refuse; a corrected or withdrawn change is past that.

    So is one whose correction no longer touches the agreement.

    A letter whose arrival is not proven yet can be answered: the answer proves it.
    """
    is_past = impact.change.state in (ChangeState.AMENDED, ChangeState.WITHDRAWN, ChangeState.CLOSED)
    session = object_session(impact)
    assert session is not None, "an impact is read from the database"
    if left_out(session, impact.change, [impact.agreement]):
        return False
    return not is_past and (impact.state is ImpactState.PENDING or may_answer(impact.state))


def read_link(session: Session, token: str, *, now: datetime) -> AnswerPage:
    """Return what the link shows, or raise NotFound (LINK_UNKNOWN). Looking changes nothing: mail scanners look too."""
    notice = answer_link_of(session, token, now=now).notice
    impacts = _impacts_of(session, notice)
    return AnswerPage(notice, shown_text(session, notice), impacts, answers_of(session, impacts))


def answers_of(session: Session, impacts: Sequence[UpstreamImpact]) -> dict[int, list[UpstreamAnswer]]:
    """Return what was said about each of these, keyed by impact, oldest first."""
    found: dict[int, list[UpstreamAnswer]] = {impact.id: [] for impact in impacts}
    for answer in session.scalars(
        select(UpstreamAnswer)
        .where(UpstreamAnswer.impact_id.in_(found))
        .order_by(UpstreamAnswer.answered_at, UpstreamAnswer.id)
    ):
        found[answer.impact_id].append(answer)
    return found


def answer_by_link(
    session: Session,
    token: str,
    kind: AnswerKind,
    *,
    text: str,
    said_by: str,
    impact_ids: Sequence[int] | None = None,
    now: datetime,
) -> list[UpstreamAnswer]:
    """The tenant answers for some of its agreements, None for all that are open; the letter has arrived by that.

    text     the ground of a refusal, or the question; may be empty in an acceptance
    said_by  name of the person who answers, kept encrypted
    Raises Conflict (ANSWERED) where one of them was accepted or refused already: what was said is not replaced.
    """
    link = answer_link_of(session, token, now=now)
    text, said_by = _check(kind, text, said_by, needs_name=True)
    acknowledge_by_answer(session, link, now=now)
    named = _impacts_of(session, link.notice)
    for impact in named:
        judge_arrival(session, impact.id, now=now)
    chosen = _choose(named, kind, impact_ids)
    return [
        _answer(
            session,
            impact,
            kind,
            text=text,
            said_by=said_by,
            answered_at=now,
            link=link,
            file_id=None,
            actor=TENANT,
            now=now,
        )
        for impact in chosen
    ]


def _choose(named: list[UpstreamImpact], kind: AnswerKind, impact_ids: Sequence[int] | None) -> list[UpstreamImpact]:
    if impact_ids is None:
        chosen = [impact for impact in named if is_open(impact)]
    else:
        chosen = [impact for impact in named if impact.id in set(impact_ids)]
        if len(chosen) != len(set(impact_ids)):
            raise InvalidInput(N_("The notice does not name this order."), field="impacts", clause="2.4")
    if not chosen and kind is AnswerKind.ASK:
        chosen = named[:1]  # a question is taken even where everything is answered
    if not chosen:
        raise _answered()
    return chosen


def record_answer(
    session: Session,
    impact: UpstreamImpact,
    kind: AnswerKind,
    *,
    text: str,
    said_by: str,
    answered_at: datetime,
    upload: Upload | None,
    actor: Actor,
    now: datetime,
) -> UpstreamAnswer:
    """An officer records an answer that came otherwise, with the paper or message that proves it.

    answered_at  when it reached us; not in the future, not before the source's notice
    Raises IllegalMove where our letter's arrival is not recorded: record that first, by the same proof.
    """
    require(actor, Permission.HANDLE_UPSTREAM)
    text, said_by = _check(kind, text, said_by, needs_name=False)
    if upload is None:
        raise InvalidInput(N_("Attach the tenant's answer."), field="file", clause="2.4")
    if not impact.change.received_at <= answered_at <= now:
        raise InvalidInput(
            N_("An answer comes after the source's notice and not in the future."), field="answered_at", clause="2.4"
        )
    return _answer(
        session,
        impact,
        kind,
        text=text,
        said_by=said_by,
        answered_at=answered_at,
        link=None,
        file_id=keep_upload(session, upload, now=now).id,
        actor=actor,
        now=now,
    )


def _answer(
    session: Session,
    impact: UpstreamImpact,
    kind: AnswerKind,
    *,
    text: str,
    said_by: str,
    answered_at: datetime,
    link: AnswerLink | None,
    file_id: int | None,
    actor: Actor,
    now: datetime,
) -> UpstreamAnswer:
    if kind is AnswerKind.ASK:
        _require_few_questions(session, impact)
    else:
        _require_answerable(impact)
    keyring: Keyring = session.info["keyring"]
    row_key = uuid4().hex
    answer = UpstreamAnswer(
        row_key=row_key,
        impact_id=impact.id,
        kind=kind,
        text=text,
        said_by_sealed=keyring.encrypt(said_by, _place(row_key)) if said_by else None,
        via=AnswerVia.LINK if link else AnswerVia.OFFICER,
        link_id=link.id if link else None,
        file_id=file_id,
        answered_at=answered_at,
        recorded_at=now,
        recorded_by=actor.name,
    )
    session.add(answer)
    session.flush()  # the audit row names its id
    _record(session, impact, "upstream_answer.recorded", answer, actor=actor, now=now)
    if kind is AnswerKind.ACCEPT:
        move_impact(session, impact, ImpactEvent.ACCEPT, actor=actor, now=now, as_of=answered_at)
    elif kind is AnswerKind.REFUSE:
        _refuse(session, impact, answered_at=answered_at, actor=actor, now=now)
    return answer


def _require_answerable(impact: UpstreamImpact) -> None:
    if impact.state is ImpactState.PENDING:
        raise IllegalMove(
            N_("Our notice has not arrived at this tenant yet."),
            clause="2.4",
            remedy=N_("Record its arrival first; the tenant's answer proves it."),
        )
    if not is_open(impact):
        raise _answered()


def _require_few_questions(session: Session, impact: UpstreamImpact) -> None:
    waiting = session.scalars(
        select(UpstreamAnswer.id).where(
            UpstreamAnswer.impact_id == impact.id, UpstreamAnswer.kind == AnswerKind.ASK, UpstreamAnswer.reply.is_(None)
        )
    ).all()
    if len(waiting) >= MOST_OPEN_QUESTIONS:
        raise Conflict(
            N_("%(waiting)s questions wait for our reply already."),
            code="QUESTIONS_WAIT",
            clause="2.4",
            remedy=N_("We reply to them first; then ask again."),
            waiting=len(waiting),
        )


def _answered() -> Conflict:
    return Conflict(
        N_("Nothing is left to accept or refuse here: it was answered, corrected or withdrawn."),
        code="ANSWERED",
        clause="2.4",
        remedy=N_("Ask a question, or look at the latest notice."),
    )


def _refuse(session: Session, impact: UpstreamImpact, *, answered_at: datetime, actor: Actor, now: datetime) -> None:
    """E-29: no breach and no refund by itself; both sides are reminded to agree on the aftermath [P]."""
    reminder = open_obligation(
        session,
        impact.agreement,
        ObligationCode.AFTERMATH_AGREEMENT,
        cause=cause_of(impact.change_id),
        triggered_at=answered_at,
        deadline=counting_in_force(session, now=now).due(DeadlineRule.AFTERMATH_AGREEMENT, answered_at),
        actor=actor,
        now=now,
    )
    move_impact(
        session,
        impact,
        ImpactEvent.REFUSE,
        actor=actor,
        now=now,
        as_of=answered_at,
        values={"aftermath_obligation_id": reminder.id},
    )


def reply(session: Session, answer: UpstreamAnswer, *, text: str, actor: Actor, now: datetime) -> None:
    """An officer replies to a question, once; the reply stands on the page behind the tenant's link.

    With the last reply the period for an answer begins anew where that ends later: nobody is silent who waits for us.
    """
    require(actor, Permission.HANDLE_UPSTREAM)
    text = require_text(text, "reply")
    if len(text) > LONGEST_TEXT:
        raise _too_long("reply")
    locked(session, answer.impact.change_id)
    written = session.scalar(
        update(UpstreamAnswer)
        .where(UpstreamAnswer.id == answer.id, UpstreamAnswer.kind == AnswerKind.ASK, UpstreamAnswer.reply.is_(None))
        .values(reply=text, replied_at=now, replied_by=actor.name)
        .returning(UpstreamAnswer.id)
    )
    if written is None:
        raise Stale(N_("There is no open question here."), clause="2.4")
    session.refresh(answer)
    _record(session, answer.impact, "upstream_answer.replied", answer, actor=actor, now=now)
    impact = answer.impact
    session.refresh(impact)
    if impact.state in NOTIFIED and impact.answer_due_on is not None and impact.answer_working_days is not None:
        session.execute(
            update(UpstreamImpact)
            .where(UpstreamImpact.id == impact.id, ~question_waits())
            .values(
                answer_due_on=max(impact.answer_due_on, last_day_to_answer(session, now, impact.answer_working_days))
            )
            .execution_options(synchronize_session=False)
        )
        session.refresh(impact)


def said_by(session: Session, answer: UpstreamAnswer) -> str | None:
    """Return the name of the person who answered, in clear; None where nobody gave one."""
    if answer.said_by_sealed is None:
        return None
    keyring: Keyring = session.info["keyring"]
    return keyring.decrypt(answer.said_by_sealed, _place(answer.row_key))


def _place(row_key: str) -> Place:
    return Place("upstream_answer", "said_by_sealed", row_key)


def _impacts_of(session: Session, notice: Notice) -> list[UpstreamImpact]:
    """Return the agreements that a letter names, of the announcement that holds, by id."""
    named = list(
        session.scalars(
            select(UpstreamImpact)
            .where(UpstreamImpact.notice_id == notice.id)
            .order_by(UpstreamImpact.change_id, UpstreamImpact.id)
        )
    )
    latest = max((impact.change_id for impact in named), default=0)
    return [impact for impact in named if impact.change_id == latest]


def _check(kind: AnswerKind, text: str, name: str, *, needs_name: bool) -> tuple[str, str]:
    text, name = text.strip(), " ".join(name.split())
    if kind is AnswerKind.REFUSE and not text:
        raise InvalidInput(N_("Say what can't be accepted."), field="text", clause="2.4")
    if kind is AnswerKind.ASK and not text:
        raise InvalidInput(N_("Write your question."), field="text", clause="2.4")
    if len(text) > LONGEST_TEXT:
        raise _too_long("text")
    if needs_name and not name:
        raise InvalidInput(N_("Give the name of the person who answers."), field="said_by", clause="2.4")
    if len(name) > LONGEST_NAME:
        raise InvalidInput(N_("A name has at most %(most)s characters."), field="said_by", most=LONGEST_NAME)
    return text, name


def _too_long(field: str) -> InvalidInput:
    return InvalidInput(N_("At most %(most)s characters."), field=field, most=LONGEST_TEXT)


def _record(
    session: Session, impact: UpstreamImpact, act: str, answer: UpstreamAnswer, *, actor: Actor, now: datetime
) -> None:
    audit.record(
        session,
        actor=actor,
        act=act,
        subject=f"upstream_impact:{impact.id}",
        agreement_id=impact.agreement_id,
        tenant_id=impact.tenant_id,
        clause="2.4",
        now=now,
        as_of=answer.answered_at if act.endswith("recorded") else now,
        details={"answer_id": answer.id, "kind": answer.kind.value, "via": answer.via.value},
    )
