"""One reply to a question that a tenant asked for several orders in the same breath (clause 2.4)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Actor
from agreements.kernel.errors import N_, NotFound
from compliance.upstream.answers import reply
from compliance.upstream.models import UpstreamAnswer
from compliance.upstream.rules import AnswerKind


def answer_of_id(session: Session, answer_id: int) -> UpstreamAnswer:
    answer = session.get(UpstreamAnswer, answer_id)
    if answer is None:
        raise NotFound(N_("There is no answer %(id)s."), field="answer", id=answer_id)
    return answer


def reply_to_all_asked(session: Session, answer: UpstreamAnswer, *, text: str, actor: Actor, now: datetime) -> None:
    """Reply to a question, and to the same question where it was asked for other orders at once."""
    for each in [answer, *_asked_together(session, answer)]:
        reply(session, each, text=text, actor=actor, now=now)


def _asked_together(session: Session, answer: UpstreamAnswer) -> list[UpstreamAnswer]:
    """Return the same question for other orders, without our reply."""
    return list(
        session.scalars(
            select(UpstreamAnswer)
            .where(
                UpstreamAnswer.link_id == answer.link_id,
                UpstreamAnswer.kind == AnswerKind.ASK,
                UpstreamAnswer.answered_at == answer.answered_at,
                UpstreamAnswer.text == answer.text,
                UpstreamAnswer.reply.is_(None),
                UpstreamAnswer.id != answer.id,
            )
            .order_by(UpstreamAnswer.id)
        )
    )
