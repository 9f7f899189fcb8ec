"""Which of two readings of a term applies (main 二 3, domain section 2), and what applies at an instant.

Annex and online terms are compared term by term; the less favourable to the provider wins. What can't be compared is
for a person; meanwhile we behave cautiously: as if what is worse for us held (E-11).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from agreements.register.rules import InstrumentKind


class Comparator(StrEnum):
    """Which value is the less favourable to the provider; NONE: the map has no direction for the term."""

    SHORTER = "shorter"
    LONGER = "longer"
    LARGER = "larger"
    LOOSER_FORM = "looser_form"
    YES = "yes"
    NO = "no"
    MORE_PROTECTION = "more_protection"
    NONE = "none"


class Side(StrEnum):
    ANNEX = "annex"
    ONLINE = "online"


DIRECTIONS: Mapping[str, Comparator] = {
    "upstream_notice": Comparator.SHORTER,
    "cooperator_notice": Comparator.SHORTER,
    "refund": Comparator.SHORTER,
    "invoice": Comparator.SHORTER,
    "support_response": Comparator.SHORTER,
    "settlement_statement": Comparator.SHORTER,
    "change_notification": Comparator.LONGER,
    "change_procedure": Comparator.LONGER,
    "authorization_demand_response": Comparator.LONGER,
    "authorization_demand_notice": Comparator.LONGER,
    "rectification": Comparator.LONGER,
    "suspension_notice": Comparator.LONGER,
    "termination_notice": Comparator.LONGER,
    "upstream_objection": Comparator.LONGER,
    "payment": Comparator.LONGER,
    "quota_total": Comparator.LARGER,
    "free_retries": Comparator.LARGER,
    "service_end": Comparator.LARGER,
    "interface_adjustment_form": Comparator.LOOSER_FORM,
    "own_platform_only": Comparator.NO,
    "authorization_written_required": Comparator.NO,
    "authorization_demand_any_time": Comparator.NO,
    "preapproval_copy_company_seal": Comparator.NO,
    "immediate_rectification_on_breach": Comparator.NO,
    "terminate_service_any_time_on_breach": Comparator.NO,
    "upstream_change_is_provider_breach": Comparator.YES,
    "suspension": Comparator.MORE_PROTECTION,
}

FORMS = ("any", "not_required", "oral", "written", "written_company_sealed", "notarial")
"""From loose to strict; the first two ask for nothing."""
HOURS = {"hour": 1.0, "calendar_day": 24.0, "working_day": 33.6, "month": 730.0}
"""A rough length, only for the cautious choice while a person decides."""
USUAL = {"value": 1, "unit": "working_day"}
"""What our own duties take by the standard form (clause 2.4)."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """winner: None where the two can't be compared; then `meanwhile` is the side we behave by."""

    comparator: Comparator
    winner: Side | None
    meanwhile: Side


def judge(key: str, annex: Any, online: Any) -> Judgement:
    """Main 二 3: compare two different values of one term."""
    comparator = DIRECTIONS.get(key, Comparator.NONE)
    votes = _votes(comparator, annex, online)
    if votes is None:
        return Judgement(comparator, None, _cautious(comparator, annex, online))
    decided = votes - {0}
    if len(decided) == 1:
        side = Side.ONLINE if decided == {1} else Side.ANNEX
        return Judgement(comparator, side, side)
    return Judgement(comparator, None, _cautious(comparator, annex, online))


def _votes(comparator: Comparator, annex: Any, online: Any) -> set[int] | None:
    """Return 1 where a part of the online value is worse for the provider, -1 where the annex's is, 0 for no matter.

    None where a part can't be compared.
    """
    match comparator:
        case Comparator.SHORTER | Comparator.LONGER:
            return _period_votes(comparator, annex, online)
        case Comparator.LARGER:
            if isinstance(annex, bool) or isinstance(online, bool) or type(annex) is not type(online):
                return None
            return {_sign(online > annex, online < annex)} if isinstance(annex, int | str) else None
        case Comparator.LOOSER_FORM:
            return _form_vote(annex, online)
        case Comparator.YES | Comparator.NO:
            if not (isinstance(annex, bool) and isinstance(online, bool)):
                return None
            worse = comparator is Comparator.YES
            return {_sign(online is worse, annex is worse)}
        case Comparator.MORE_PROTECTION:
            if not (isinstance(annex, Mapping) and isinstance(online, Mapping)) or set(annex) != set(online):
                return None
            changed = [(annex[part], online[part]) for part in annex if annex[part] != online[part]]
            if not all(isinstance(a, bool) and isinstance(o, bool) for a, o in changed):
                return None
            return {_sign(o, a) for a, o in changed}
    return None


def _period_votes(comparator: Comparator, annex: Any, online: Any) -> set[int] | None:
    if not (isinstance(annex, Mapping) and isinstance(online, Mapping)):
        return None
    parts = {part for part in {*annex, *online} if part not in ("value", "unit", "form", "clause")}
    if any(annex.get(part) != online.get(part) for part in parts):
        return None
    longer = _longer(annex, online)
    if longer is None:
        return None
    votes = {longer if comparator is Comparator.LONGER else -longer}
    if annex.get("form") != online.get("form"):
        form = _form_vote(annex.get("form"), online.get("form"))
        if form is None:
            return None
        votes |= form
    return votes


def _longer(annex: Mapping[str, Any], online: Mapping[str, Any]) -> int | None:
    """Return 1 where the online period is surely the longer, -1 the annex's, 0 equal; None where no one can say."""
    one, other = annex.get("value"), online.get("value")
    if not (isinstance(one, int) and isinstance(other, int)):
        return None
    units = (annex.get("unit"), online.get("unit"))
    if units[0] == units[1]:
        return _sign(other > one, one > other)
    # so many working days are never shorter than as many calendar days
    if units == ("working_day", "calendar_day") and one >= other:
        return -1
    if units == ("calendar_day", "working_day") and other >= one:
        return 1
    return None


def _form_vote(annex: Any, online: Any) -> set[int] | None:
    if annex not in FORMS or online not in FORMS:
        return None
    return {_sign(FORMS.index(online) < FORMS.index(annex), FORMS.index(annex) < FORMS.index(online))}


def _sign(online: bool, annex: bool) -> int:
    return int(online) - int(annex)


def _cautious(comparator: Comparator, annex: Any, online: Any) -> Side:
    """E-11: what is worse for us by a rough measure; without one the annex, which governs (main 二 2)."""
    if comparator in (Comparator.SHORTER, Comparator.LONGER):
        one, other = _hours(annex), _hours(online)
        if one is not None and other is not None and one != other:
            return Side.ONLINE if (other > one) is (comparator is Comparator.LONGER) else Side.ANNEX
    if comparator is Comparator.MORE_PROTECTION and isinstance(annex, Mapping) and isinstance(online, Mapping):
        asks = [sum(value is True for value in side.values()) for side in (annex, online)]
        return Side.ONLINE if asks[1] > asks[0] else Side.ANNEX
    return Side.ANNEX


def _binds_us_more(key: str, online: Any) -> bool:
    comparator = DIRECTIONS.get(key, Comparator.NONE)
    return comparator is Comparator.SHORTER and _cautious(comparator, USUAL, online) is Side.ONLINE


def _hours(value: Any) -> float | None:
    if not isinstance(value, Mapping) or not isinstance(value.get("value"), int) or value.get("unit") not in HOURS:
        return None
    return float(value["value"] * HOURS[value["unit"]])


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the ledger of terms: what an instrument says of one term.

    corrects_id  the instrument whose reading a correction of ours replaces; a correction of one names the same
    """

    term_id: int
    instrument_id: int
    key: str
    value: Any
    kind: InstrumentKind
    effective_at: datetime | None
    corrects_id: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """One term at an instant: what annex, online terms and supplement say, and which of them applies.

    judgement  None unless annex and online terms differ and no supplement replaced both
    """

    key: str
    annex: Entry | None
    online: Entry | None
    supplement: Entry | None
    applied: Entry
    judgement: Judgement | None = None
    decided: bool = True


def standings(entries: Iterable[Entry], chosen: Mapping[tuple[int, int], int], *, at: datetime) -> dict[str, Standing]:
    """Replay the ledger: what applies at an instant, by term.

    While the contract was not read its annex is unknown, and the online terms alone decide nothing (E-11): of them only
    what leaves us less time than the usual working day is followed.

    chosen  term ids that a person chose, by the ids of the annex's and the online terms' row
    """
    ordered = sorted(entries, key=lambda entry: entry.instrument_id)
    instruments = {entry.instrument_id: entry for entry in ordered}
    read: dict[tuple[int, str], Entry] = {}
    for entry in ordered:
        read[entry.corrects_id or entry.instrument_id, entry.key] = entry
    annex, online = {}, {}
    dated: list[tuple[datetime, int, str, Entry]] = []
    newest_online = max((e.instrument_id for e in ordered if e.kind is InstrumentKind.ONLINE_TERMS), default=None)
    for (base_id, key), entry in read.items():
        base = instruments.get(base_id, entry)
        if base.kind is InstrumentKind.ONLINE_TERMS:
            if base_id == newest_online:
                online[key] = entry
        elif base.kind is InstrumentKind.ANNEX or entry.effective_at is None:
            annex[key] = entry
        elif entry.effective_at <= at:
            dated.append((entry.effective_at, base_id, key, entry))
    supplement = {key: entry for _, _, key, entry in sorted(dated, key=lambda row: row[:2])}
    if not annex:
        online = {key: entry for key, entry in online.items() if _binds_us_more(key, entry.value)}
    return {
        key: _standing(key, annex.get(key), online.get(key), supplement.get(key), chosen)
        for key in {**annex, **online, **supplement}
    }


def _standing(
    key: str,
    annex: Entry | None,
    online: Entry | None,
    supplement: Entry | None,
    chosen: Mapping[tuple[int, int], int],
) -> Standing:
    if supplement is not None:
        return Standing(key, annex, online, supplement, supplement)
    if annex is None or online is None:
        one = annex or online
        assert one is not None, "some instrument says it"
        return Standing(key, annex, online, None, one)
    if annex.value == online.value:
        return Standing(key, annex, online, None, annex)
    judgement = judge(key, annex.value, online.value)
    sides = {Side.ANNEX: annex, Side.ONLINE: online}
    choice = chosen.get((annex.term_id, online.term_id))
    if choice is not None:
        return Standing(key, annex, online, None, online if choice == online.term_id else annex, judgement)
    return Standing(
        key, annex, online, None, sides[judgement.meanwhile], judgement, decided=judgement.winner is not None
    )
