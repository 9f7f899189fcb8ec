"""Clauses on who must be told what and when: 2.4, 3.3, 3.4, 4.3."""

import re

from agreements.intake.clauses import Sentence
from agreements.intake.draft import NoticePeriod
from agreements.intake.meaning import (
    NO_NEED,
    NO_NOTICE,
    NOTIFY,
    SOURCE,
    TELLS_A,
    TELLS_B,
    TELLS_OTHERS,
    A,
    B,
    TermReading,
    found,
    last_of,
    not_understood,
    notice_form,
    period_for,
)
from agreements.intake.periods import Period

CHANGED = re.compile(r"变更|变动|变化|改变|更改|更新|更换|发生调整")
MATERIAL = re.compile(r"证照|证件|资料|文件|执照|资质|许可证|业务状况|业务情况|经营|材料|登记事项|主体信息")
INTERFACE = re.compile(r"接口|账号|帐号|账户|密钥|秘钥|API|AppKey", re.IGNORECASE)
MAINTENANCE = re.compile(r"升级|扩容|维护|检修|故障|停机|割接")
SOURCE_CHANGE = re.compile(r"返回结果|结果形式|价格|服务取消|取消[^,。;]{0,6}服务|停止供应|数据内容|接口形式|下线")
LEANS_BACK = re.compile(
    r"(?:该|上述|前述|此|此类|此等|以上|其)[^,。;]{0,6}(?:通知|告知|情形|变更|调整)|但|乙方应|乙方须"
)
NOTIFYING = re.compile(NOTIFY)

CHANGE_STARTS = (
    (r"(?:变更|变动|变化|更改|改变|更新|更换|调整)[^,。;前登核批备]{0,6}?(?:后|之日|日起|时起|起|当日)", "change"),
    (r"(?:知道|知悉|得知|获悉|知晓|发现)[^,。;]{0,14}(?:后|之日|时|起)", "tenant_knowledge"),
    (
        rf"(?:收到|接到){B}[^,。;]{{0,12}}(?:后|之日|时|起)|{B}[^,。;]{{0,6}}(?:要求|通知)(?:后|之日|之时)",
        "provider_request",
    ),
    (r"(?:登记|核准|批准|换发|领取|备案)[^,。;前]{0,6}(?:后|之日|日起)", "change_registered"),
    (r"(?:变更|变动|变化|更改|改变)[^,。;后]{0,4}前|提前", "before_change"),
)
UPSTREAM_STARTS = (
    (
        r"(?:接到|收到|接获|获得|取得|接收)[^,。;]{0,20}(?:后|之日|时|起|的$)|通知(?:到达|送达)[^,。;]{0,4}(?:后|之日|时|起)",
        "provider_receipt_of_source_notice",
    ),
    (r"(?:知道|知悉|得知|获悉|知晓|获知|发现)[^,。;]{0,20}(?:后|之日|时|起)", "provider_knowledge"),
    (r"(?:发出|发布|公布)[^,。;]{0,6}(?:通知|公告)?(?:后|之日|时|起)", "source_dispatch"),
    (r"(?:数据源方?|上游方?|数据提供方)(?:的)?(?:书面)?通知(?:后|之日|时)", "source_notice"),
    (r"(?:调整|变更|取消|变化)[^,。;前]{0,6}(?:后|之日|日起|时起)", "upstream_change"),
    (r"(?:调整|变更|取消|变化|生效|实施|上线)[^,。;后]{0,4}前|提前", "before_upstream_change"),
)  # fmt: skip


def change_notification(sentence: Sentence) -> TermReading | None:
    """Clause 3.3 (b): the tenant tells the provider of changed licences, information or business within a period."""
    if not CHANGED.search(sentence.text) or not _is_tenant_change_notice(sentence):
        return None
    whole = _with_follow_up(sentence)
    sure = 0.7 + min(len(set(MATERIAL.findall(sentence.text))), 4) * 0.05
    if refused := NO_NOTICE.search(whole):
        return found(NoticePeriod(), sentence, refused, sure=sure)
    if TELLS_OTHERS.search(whole) and not TELLS_B.search(whole):
        warnings = ("notice_addressee_unclear:change_notification",)
        return TermReading(None, sentence, (0, len(sentence.text)), sure - 0.2, warnings=warnings)
    period = period_for(sentence.text, NOTIFYING) or period_for(whole, NOTIFYING)
    starts = last_of(whole[max(0, period.start - 30) : period.start], CHANGE_STARTS) if period else None
    value = NoticePeriod(
        period.value if period else None,
        period.unit if period else None,
        starts or "change",
        notice_form(_part_about_notice(whole, period)),
    )
    return _with_period(value, sentence, period, "change_notification", sure)


def _is_tenant_change_notice(sentence: Sentence) -> bool:
    text = sentence.text
    whole = _with_follow_up(sentence)
    if SOURCE.search(text) or not NOTIFYING.search(whole) or TELLS_A.search(text):
        return False
    if re.search(r"对方|双方|任何一方|任一方|各方|联系方式|送达地址|通讯地址", text) or re.search(
        rf"^[^,]{{0,12}}{B}[^,。;]{{0,10}}变更", text
    ):
        return False
    has_material = MATERIAL.search(text) is not None
    if INTERFACE.search(text) and not has_material:
        return False
    return has_material or (re.search(A, text) is not None and TELLS_B.search(whole) is not None)


def _with_follow_up(sentence: Sentence) -> str:
    return sentence.text + sentence.after if LEANS_BACK.match(sentence.after) else sentence.text


def _part_about_notice(text: str, period: Period | None) -> str:
    """Return the part of a text in which the form of the notice is said, not what stands before its period."""
    if period is None:
        notice = NOTIFYING.search(text)
        return text[max(0, notice.start() - 30) :] if notice else text
    return text[period.start :]


def _with_period(value: NoticePeriod, sentence: Sentence, period: Period | None, key: str, sure: float) -> TermReading:
    if period is None:
        return TermReading(value, sentence, (0, len(sentence.text)), sure - 0.2, warnings=(f"period_missing:{key}",))
    end = min(period.end, len(sentence.text))
    span = (period.start, end) if period.start < end else (0, len(sentence.text))
    warnings: tuple[str, ...] = () if period.value is not None else (f"period_unclear:{key}",)
    if value.starts is None:
        warnings += (f"period_start_unclear:{key}",)
    return TermReading(value, sentence, span, sure, period, warnings)


def upstream_notice(sentence: Sentence) -> TermReading | None:
    """Clause 2.4: the provider tells the tenant within a period of receiving the data source's notice."""
    if not _is_upstream(sentence):
        return None
    sure = 0.9 if SOURCE_CHANGE.search(sentence.text) else 0.7
    if refused := NO_NOTICE.search(sentence.text):
        return found(NoticePeriod(), sentence, refused, sure=sure)
    whole = _with_follow_up(sentence)
    if not TELLS_A.search(whole):
        return None
    period = period_for(sentence.text, TELLS_A) or period_for(whole, TELLS_A)
    starts = last_of(whole[max(0, period.start - 30) : period.start], UPSTREAM_STARTS) if period else None
    value = NoticePeriod(period.value if period else None, period.unit if period else None, starts)
    return _with_period(value, sentence, period, "upstream_notice", sure)


def _is_upstream(sentence: Sentence) -> bool:
    """The data source changes what it supplies; a cooperator's maintenance is another clause."""
    text = sentence.text
    if MAINTENANCE.search(text) and not SOURCE_CHANGE.search(text):
        return False
    named = SOURCE.search(text) is not None or ("合作方" in text and SOURCE_CHANGE.search(text) is not None)
    return named and re.search(r"调整|变更|变化|取消|通知|改变|修改", text) is not None


def tenant_refusal_of_upstream_change(sentence: Sentence) -> TermReading | None:
    """Clause 2.4: what happens when the tenant cannot accept what the data source changed."""
    text = sentence.text
    if not _is_upstream(sentence) and not _is_upstream_text(sentence.before):
        return None
    if match := re.search(r"(?:不能|无法|不予?|拒绝|难以|不愿)(?:接受|同意|认可)|有异议", text):
        outcome = _outcome_of_refusal(text[match.end() :] + (sentence.after if len(text) - match.end() < 6 else ""))
        return (
            found(outcome, sentence, match)
            if outcome
            else not_understood(sentence, "tenant_refusal_of_upstream_change")
        )
    bound = (
        rf"{A}[^,。;]{{0,8}}(?:应当?|须|必须)(?:无条件)?(?:接受|同意)"
        rf"|{A}[^,。;]{{0,6}}(?:不得|无权)(?:拒绝|提出异议)|视为{A}?(?:接受|同意)"
    )
    match = re.search(bound, text)
    return found("must_accept", sentence, match) if match else None


def _outcome_of_refusal(text: str) -> str | None:
    signs = re.search(r"(?:签署|签订|订立|达成|签)[^,。;]{0,10}协议|(?:另行|另外|另)[^,。;]{0,4}(?:约定|协议)", text)
    separate = signs is not None and not re.search(rf"{NO_NEED}[^,。;]{{0,8}}$", text[: signs.start()])
    ending = re.search(
        rf"(?<!不得)(?<!不能)(?:解除|终止)(?:本?协议|合同|合作|服务)|(?:本?协议|合同|合作|服务)[^,。;]{{0,4}}(?:解除|终止)|{A}(?:有权|可以?)(?:解除|终止)",
        text,
    )
    if separate:
        return (
            "separate_agreement_or_termination"
            if ending and re.search("或者?|也可|协商不成|否则", text)
            else "separate_agreement"
        )
    if re.search(r"视为[^,。;]{0,6}(?:接受|同意)|仍[^,。;]{0,6}(?:履行|执行|接受)|继续(?:履行|执行)|应当?接受", text):
        return "must_accept"
    if ending:
        return "termination"
    if re.search(r"退款|退还|退费", text):
        return "refund"
    return "negotiation" if "协商" in text else None


def upstream_change_is_provider_breach(sentence: Sentence) -> TermReading | None:
    """Clause 2.4: failing because of the data source is not the provider's breach."""
    text = sentence.text
    leans = SOURCE.search(text) or (_is_upstream_text(sentence.before) and LEANS_BACK.match(text))
    if not leans or (MAINTENANCE.search(text) and not SOURCE.search(text)) or re.search(r"观点|暗示", text):
        return None
    if match := NO_BREACH.search(text):
        return found(False, sentence, match)
    match = A_BREACH.search(text)
    return found(True, sentence, match) if match else None


NO_BREACH = re.compile(
    r"[不非][应得能被再予]?(?:视为|视作|构成|属于|认定为|作为|算作?|是|系)[^,。;]{0,6}违约"
    rf"|{B}?[^,。;]{{0,4}}(?:不|无需|无须|不再)承担[^,。;]{{0,6}}(?:违约|责任|赔偿)|免责|免除{B}"
)
A_BREACH = re.compile(
    rf"(?:视为|视作|构成|属于|认定为|系|是){B}?的?(?:根本)?违约|{B}[^,。;]{{0,6}}承担[^,。;]{{0,8}}(?:违约|责任|赔偿)"
)


def _is_upstream_text(text: str) -> bool:
    return SOURCE.search(text) is not None and re.search(r"调整|变更|变化|取消|改变|修改", text) is not None


def interface_adjustment_form(sentence: Sentence) -> TermReading | None:
    """Clause 3.4: the form in which the tenant asks for an adjustment of its interface or account."""
    text = sentence.text
    if not INTERFACE.search(text) or not re.search(r"调整|变更|更改|修改|更换", text):
        return None
    if not re.search(rf"{NOTIFY}|申请|提出", text) or SOURCE.search(text) or "合作方" in text:
        return None
    if TELLS_A.search(text) or MATERIAL.search(text):
        return None
    if refused := NO_NOTICE.search(text):
        return found("not_required", sentence, refused)
    return found(notice_form(_with_follow_up(sentence)), sentence, sure=0.9 if re.search(r"保管|密钥", text) else 0.8)


def maintenance_notice(sentence: Sentence) -> TermReading | None:
    """Clause 4.3: when the provider announces adjustments, upgrades and failures of the cooperator's system."""
    text = sentence.text
    whole = _with_follow_up(sentence)
    if not MAINTENANCE.search(text) or SOURCE_CHANGE.search(text) or not NOTIFYING.search(whole):
        return None
    sure = 0.9 if re.search(r"合作方|数据源|上游", text) else 0.7
    if refused := NO_NOTICE.search(whole):
        return found("not_required", sentence, refused, sure=sure)
    if not TELLS_A.search(whole):
        return None
    in_advance = re.search(r"提前|事先|预先|事前", whole)
    if period_for(whole, TELLS_A):
        return found("advance_by_fixed_period" if in_advance else "within_fixed_period", sentence, sure=sure)
    if "合理" in whole:
        return found("advance_within_reasonable_time" if in_advance else "within_reasonable_time", sentence, sure=sure)
    if in_advance:
        return found("in_advance", sentence, in_advance, sure=sure)
    for name, pattern in (("promptly", r"及时|尽快|立即|第一时间"), ("afterwards", r"事后|恢复后")):
        if match := re.search(pattern, whole):
            return found(name, sentence, match, sure=sure)
    return not_understood(sentence, "maintenance_notice")
