"""What the letters about a source's change say in the language of the tenant; the frame is the notices room's.

The source is never named to a tenant, and no tenant to another (clause 5.1).
"""

from collections.abc import Collection, Iterable, Sequence

from agreements.kernel.instants import legal_date
from agreements.register.models import Agreement
from compliance.notices.rules import Fact, Language, Particulars
from compliance.upstream.models import UpstreamChange
from compliance.upstream.rules import CANCELLATIONS, ChangeKind

_ANNOUNCED = {
    Language.ZH: "我方接到数据源方通知，内容为：{what}",
    Language.EN: "the data source notified us: {what}",
}
_CORRECTED = {
    Language.ZH: "我方接到数据源方的更正通知，更正后内容为：{what}",
    Language.EN: "the data source corrected its notice to us: {what}",
}
_TAKEN_BACK = {
    Language.ZH: "我方接到数据源方通知，撤回上述调整",
    Language.EN: "the data source notified us that it withdraws that change",
}
_KINDS = {
    Language.ZH: {
        ChangeKind.RESULT_FORM: "结果形式调整",
        ChangeKind.RESULT_CONTENT: "结果内容调整",
        ChangeKind.PRICE: "价格调整",
        ChangeKind.PARTIAL_CANCELLATION: "部分取消",
        ChangeKind.FULL_CANCELLATION: "全部取消",
        ChangeKind.OTHER: "其他调整",
    },
    Language.EN: {
        ChangeKind.RESULT_FORM: "form of the results",
        ChangeKind.RESULT_CONTENT: "content of the results",
        ChangeKind.PRICE: "price",
        ChangeKind.PARTIAL_CANCELLATION: "partial cancellation",
        ChangeKind.FULL_CANCELLATION: "full cancellation",
        ChangeKind.OTHER: "another adjustment",
    },
}
_AND = {Language.ZH: "、", Language.EN: ", "}
RESULT_KINDS = frozenset({ChangeKind.RESULT_FORM, ChangeKind.RESULT_CONTENT})


def change_letter(
    chain: Sequence[UpstreamChange],
    agreements: Sequence[Agreement],
    *,
    left_out: Collection[int],
    earlier_number: str | None,
    answer_working_days: int,
    language: Language,
) -> Particulars:
    """Clause 2.4: what changes, from when, since when we know, and that the tenant may accept, refuse or ask.

    chain           the announcement and those it corrects, oldest first; the last one is what holds
    agreements      all of one tenant's that are touched, by id
    left_out        ids of those among them that the last announcement no longer touches
    earlier_number  number of the notice that the tenant may have of an earlier announcement; None for none
    """
    change = chain[-1]
    stopped = {row.product_id for row in change.products if row.is_cancelled}
    return Particulars(
        facts=tuple(_announcements(chain, language)),
        requests=(),
        signatory=_signatory(change),
        earlier_number=earlier_number,
        own={
            "orders": _orders(agreements),
            "kinds": _AND[language].join(_KINDS[language][kind] for kind in ChangeKind if kind in change.kinds),
            "effective_on": change.effective_on,
            "left_out": _orders(each for each in agreements if each.id in left_out),
            "is_over": all(each.id in left_out for each in agreements),
            "cancelled": _orders(each for each in agreements if each.product_id in stopped),
            "is_cancellation": bool(change.kinds & CANCELLATIONS),
            "is_price": ChangeKind.PRICE in change.kinds,
            "is_result": bool(change.kinds & RESULT_KINDS),
            "is_other": ChangeKind.OTHER in change.kinds,
            "answer_days": answer_working_days,
        },
    )


def withdrawal_letter(
    chain: Sequence[UpstreamChange],
    agreements: Sequence[Agreement],
    *,
    earlier_number: str | None,
    language: Language,
) -> Particulars:
    """E-31: the source took its change back; where the tenant had no notice of it yet, one letter says both."""
    change = chain[-1]
    assert change.withdrawn_received_at is not None, "only a withdrawn change is taken back"
    taken_back = Fact(legal_date(change.withdrawn_received_at), _TAKEN_BACK[language])
    return Particulars(
        facts=(*_announcements(chain, language), taken_back),
        requests=(),
        signatory=_signatory(change),
        earlier_number=earlier_number,
        own={"orders": _orders(agreements)},
    )


def _announcements(chain: Sequence[UpstreamChange], language: Language) -> Iterable[Fact]:
    for change in chain:
        words = _ANNOUNCED if change.amends_id is None else _CORRECTED
        what = change.summary.rstrip("。.;； ")
        yield Fact(legal_date(change.received_at), words[language].format(what=what))


def _orders(agreements: Iterable[Agreement]) -> list[dict[str, str]]:
    return [{"order_no": each.order_no, "product_name": each.product_name} for each in agreements]


def _signatory(change: UpstreamChange) -> str:
    return change.triaged_by or change.recorded_by
