"""What the notices of a case say: its facts and requests in the language of the notice.

The frame of each letter is the notices room's; here is what only this case knows.
"""

from dataclasses import replace

from agreements.kernel.instants import legal_date
from compliance.breaches.models import BreachCase
from compliance.breaches.rules import CaseGround
from compliance.notices.letters import day_in_words
from compliance.notices.rules import Fact, Language, Particulars

_LATE = {
    Language.ZH: "贵方发生{what}，依第3.3条应于{due}24:00前以书面形式通知我方",
    Language.EN: "{what}; clause 3.3 asks for written notice to us by the end of {due}",
}
_PROCEDURE_LATE = {
    Language.ZH: "贵方就{what}通知我方，依第3.3条及我方指定的期限，应于{due}24:00前办结变更手续",
    Language.EN: "you notified us that {what}; clause 3.3 and our date ask for the procedure by the end of {due}",
}
_CHANGED = {
    Language.ZH: "证照、文件、资料信息或业务状况的变更（{what}）",
    Language.EN: "a licence, document, information or business condition of yours changed ({what})",
}
_CHANGED_SOMEHOW = {
    Language.ZH: "证照、文件、资料信息或业务状况的变更",
    Language.EN: "a licence, document, information or business condition of yours changed",
}
_MISSED = {
    Language.ZH: "上述期限届满，我方未收到贵方的书面变更通知",
    Language.EN: "that period ended and no written notice of the change had reached us",
}
_PROCEDURE_MISSED = {
    Language.ZH: "上述期限届满，贵方未办结变更手续",
    Language.EN: "that period ended and the procedure had not been completed",
}
_LATE_NOTICE = {
    Language.ZH: "贵方就上述变更的书面通知到达我方，已超过约定期限",
    Language.EN: "your written notice of that change reached us, after the agreed period had ended",
}
_LATE_PROCEDURE = {
    Language.ZH: "贵方办结上述变更手续，已超过指定期限",
    Language.EN: "you completed the procedure of that change, after the date set had passed",
}
_ASK_NOTICE = {
    Language.ZH: "就上述变更向我方补发书面通知，并附变更后的有效证明文件",
    Language.EN: "send us the written notice of that change with valid proof of it",
}
_ASK_PROCEDURE = {
    Language.ZH: "补齐我方要求的材料，办结上述变更手续",
    Language.EN: "hand in what is missing and complete the procedure of that change",
}
_ASK_REASON = {
    Language.ZH: "书面说明迟延通知的原因及整改情况",
    Language.EN: "explain in writing why the notice is late and what has been put right",
}
_ASK_PROCEDURE_REASON = {
    Language.ZH: "书面说明迟延办理的原因及整改情况",
    Language.EN: "explain in writing why the procedure is late and what has been put right",
}
_DEMANDED = {
    Language.ZH: "我方改正通知（{number}）已到达贵方",
    Language.EN: "our rectification demand ({number}) reached you",
}
_NOT_RECTIFIED = {
    Language.ZH: "改正期限届满，贵方仍未改正",
    Language.EN: "the period for rectification ended and the breach was not rectified",
}
_PERFORMED = {
    Language.ZH: "贵方的书面变更通知到达我方，我方已予核验接受",
    Language.EN: "your written notice of the change reached us; we have checked and accepted it",
}
_PROCEDURE_PERFORMED = {
    Language.ZH: "贵方办结变更手续，我方已予核验接受",
    Language.EN: "you completed the procedure of the change; we have checked and accepted it",
}
_SUSPENDED = {
    Language.ZH: "暂停服务通知（{number}）到达贵方，服务自此暂停",
    Language.EN: "our suspension notice ({number}) reached you and service was suspended from then on",
}


def demand(case: BreachCase, *, what: str | None, language: Language, signatory: str) -> Particulars:
    """Clause 4.4: what was missed, and what to do about it; what has come meanwhile is not asked for again.

    what  what changed at the tenant, in the words of our record; None where no change is behind the case
    """
    is_performed = case.obligation.performed_at is not None
    ask, reason = (_ASK_PROCEDURE, _ASK_PROCEDURE_REASON) if _is_procedure(case) else (_ASK_NOTICE, _ASK_REASON)
    return Particulars(
        facts=_breach(case, what, language),
        requests=(reason[language],) if is_performed else (ask[language], reason[language]),
        signatory=signatory,
    )


def suspension(case: BreachCase, *, what: str | None, language: Language, signatory: str) -> Particulars:
    """Clauses 4.4, 6.1: the breach, the demand that arrived, and that its date passed."""
    facts = list(_breach(case, what, language))
    demand_notice = case.demand_notice
    if demand_notice is not None and demand_notice.arrived_at is not None:
        facts.append(
            Fact(legal_date(demand_notice.arrived_at), _DEMANDED[language].format(number=demand_notice.number))
        )
    if case.rectification is not None:
        facts.append(Fact(case.rectification.due_on, _NOT_RECTIFIED[language]))
    return Particulars(
        facts=tuple(sorted(facts, key=lambda fact: fact.on)),
        requests=(),
        signatory=signatory,
        earlier_number=demand_notice.number if demand_notice else None,
    )


def termination(case: BreachCase, *, what: str | None, language: Language, signatory: str) -> Particulars:
    """Clause 4.4: the breach, the demand that arrived, that its date passed, and the suspension if there was one."""
    before = suspension(case, what=what, language=language, signatory=signatory)
    hold = case.hold
    if hold is None or hold.notice is None or hold.effective_at is None:
        return before
    suspended = Fact(legal_date(hold.effective_at), _SUSPENDED[language].format(number=hold.notice.number))
    return replace(
        before,
        facts=tuple(sorted((*before.facts, suspended), key=lambda fact: fact.on)),
        earlier_number=hold.notice.number,
    )


def withdrawal(case: BreachCase, *, language: Language, signatory: str) -> Particulars:
    """E-40: what was accepted before the suspension notice arrived."""
    notice = case.hold.notice if case.hold else None
    performed_at = case.obligation.performed_at
    return Particulars(
        facts=() if performed_at is None else (Fact(legal_date(performed_at), _performed(case)[language]),),
        requests=(),
        signatory=signatory,
        earlier_number=notice.number if notice else None,
    )


def resume(case: BreachCase, *, language: Language, signatory: str) -> Particulars:
    """Domain 6.2: when service was suspended, and what was accepted since."""
    facts: list[Fact] = []
    hold = case.hold
    if hold is not None and hold.notice is not None and hold.effective_at is not None:
        facts.append(Fact(legal_date(hold.effective_at), _SUSPENDED[language].format(number=hold.notice.number)))
    if case.obligation.performed_at is not None:
        facts.append(Fact(legal_date(case.obligation.performed_at), _performed(case)[language]))
    return Particulars(
        facts=tuple(facts),
        requests=(),
        signatory=signatory,
        earlier_number=hold.notice.number if hold and hold.notice else None,
    )


def _breach(case: BreachCase, what: str | None, language: Language) -> tuple[Fact, ...]:
    obligation = case.obligation
    due = day_in_words(obligation.due_on, language)
    changed = _CHANGED[language].format(what=what) if what else _CHANGED_SOMEHOW[language]
    owed, missed, late = (
        (_PROCEDURE_LATE, _PROCEDURE_MISSED, _LATE_PROCEDURE) if _is_procedure(case) else (_LATE, _MISSED, _LATE_NOTICE)
    )
    facts = (
        Fact(legal_date(obligation.triggered_at), owed[language].format(what=changed, due=due)),
        Fact(obligation.due_on, missed[language]),
    )
    if obligation.performed_at is None:
        return facts
    return (*facts, Fact(legal_date(obligation.performed_at), late[language]))


def _is_procedure(case: BreachCase) -> bool:
    return case.ground is CaseGround.CHANGE_PROCEDURE_OVERDUE


def _performed(case: BreachCase) -> dict[Language, str]:
    return _PROCEDURE_PERFORMED if _is_procedure(case) else _PERFORMED
