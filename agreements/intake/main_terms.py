"""Terms of the main agreement, 二 and 三: which text governs, when it takes effect and ends, which copy is formal."""

import re

from agreements.intake.clauses import Sentence
from agreements.intake.dates import dates_in
from agreements.intake.meaning import NO_NEED, A, B, TermReading, found, not_understood

THIS = r"(?:本?协议|本?合同)"


def effective_on(sentence: Sentence) -> TermReading | None:
    """Main agreement 三 1: what makes the agreement effective."""
    text = sentence.text
    match = TAKES_EFFECT.search(text)
    if match is None or re.search(r"补充协议|不可抗力|修改|变更", text):
        return None
    condition = text[: match.end()]
    unpaid = re.search(rf"(?:{NO_NEED}|无论是否|不论是否|是否|未|不以)[^,。;]{{0,6}}(?:支付|付款|缴费)", text)
    pays = re.search(r"支付|付款|缴费|付清|缴纳|款项", condition) and not unpaid
    buys = re.search(r"购买|下单|订购|提交订单", condition)
    if any(dates_in(condition)):
        return found("fixed_date", sentence, match)
    if re.search(r"签字|签署|盖章|签章|签订", condition):
        return found("signature_and_payment" if pays else "signature", sentence, match)
    if pays:
        return found("online_purchase_and_payment_completed" if buys else "payment_completed", sentence, match)
    return found("online_purchase", sentence, match) if buys else not_understood(sentence, "effective_on")


TAKES_EFFECT = re.compile(
    rf"{THIS}[^,。;]{{0,6}}(?:自|于|经|在|以|从|待|须|需|一经)[^。;]{{0,70}}?(?:生效|发生效力)"
    rf"|(?:后|时|之日起?|即|,)[^。;]{{0,3}}{THIS}(?:即|方|始|才|正式|立即|便|就|开始)*(?:生效|发生效力)|{THIS}(?:即时|立即|即)生效"
)


def ends_on(sentence: Sentence) -> TermReading | None:
    """Main agreement 三 1: what ends the agreement."""
    text = sentence.text
    if sentence.in_annex or not re.search(THIS, text) or re.search(r"保密|结算|违约|赔偿|有权|不可抗力|补充协议", text):
        return None
    period = ORDERED_PERIOD_ENDS.search(text)
    quota = re.search(r"(?:次数|额度|用量|调用量)[^,。;]{0,10}(?:用完|用尽|耗尽|使用完|消耗完)", text)
    renews = re.search(r"自动(?:续期|续约|续费|延续|延长|顺延|展期)", text)
    if renews and not re.search(r"不[会再]?自动", text):
        return found("automatic_renewal", sentence, renews)
    if period:
        return found("service_period_end_or_quota_exhausted" if quota else "service_period_end", sentence, period)
    if quota:
        return found("quota_exhausted", sentence, quota)
    end = re.split(r"生效", text)[-1]
    if re.search(r"至|止", end) and any(dates_in(end)):
        return found("fixed_date", sentence)
    if "长期有效" in text:
        return found("no_end", sentence)
    return not_understood(sentence, "ends_on") if re.search(r"终止|到期|失效", end) else None


ORDERED_PERIOD_ENDS = re.compile(
    r"(?:服务|订单|购买|使用)[^,。;]{0,12}(?:期限|期间|有效期|周期|期)[^,。;]{0,8}(?:届满|期满|到期|结束|终止|满)"
    r"|(?:期限|服务期|有效期)(?:届满|期满|到期|结束)"
)


def formal_copy(sentence: Sentence) -> TermReading | None:
    """Main agreement 三 2: which copy both sides recognise as the formal contract."""
    text = sentence.text
    if not re.search(r"正式|效力|有效", text) or not re.search(r"版本|文本|原件|合同|协议|文件", text):
        return None
    if re.search(r"生效|前置审批|复印件|证明效力|补充协议", text):
        return None
    downloaded = re.search(r"下载|打印", text)
    refused = downloaded and re.search(
        rf"(?:不|非|{NO_NEED})(?:作为|具有|具备|构成|视为|承认|属于|是|产生|发生)[^,。;]{{0,14}}(?:正式|效力|合同|有效)|无效|仅供参考",
        text,
    )
    by_both = re.search(r"双方[^,。;]{0,8}(?:盖章|签章|签署|签字)|纸质|原件", text)
    by_provider = re.search(rf"电子[印签公]?章|电子签名|{B}[^,。;]{{0,12}}(?:盖章|印章|签章)", text)
    if by_both and (refused or not downloaded):
        return found("both_sealed_paper_version", sentence, by_both)
    if refused:
        return found("downloaded_version_not_formal", sentence, downloaded)
    if downloaded:
        value = "user_downloaded_provider_eseal_version" if by_provider else "user_downloaded_version"
        return found(value, sentence, by_provider or downloaded)
    return found("provider_sealed_version", sentence, by_provider) if by_provider else None


def spec_precedence(sentence: Sentence) -> TermReading | None:
    """Main agreement 二 1: which description of the goods governs."""
    if not re.search(r"规格|配置", sentence.text):
        return None
    match = re.search(
        r"(?<!不)(?<!不应)(?:以|按照?|依照?|依据|根据)(?P<what>[^,。;]{2,60}?)(?:为准|为依据|执行|确定|为据)",
        sentence.text,
    )
    if match is None:
        return None
    what = match["what"]
    if re.search(r"页面|展示|详情|公示|网页", what):
        if re.search(r"最新|现时|实时|更新后|届时|不时|使用时|当前", what):
            return found("current_page_display", sentence, match)
        ordered = re.search(r"下单|订购|购买|订单", what)
        return found("page_display_at_order_time" if ordered else "page_display", sentence, match)
    if re.search(r"本协议|本合同|附件|合同|协议", what):
        return found("agreement_text", sentence, match)
    if re.search(B, what):
        return found("provider_decision", sentence, match)
    return not_understood(sentence, "spec_precedence")


CONFLICT_RULES = (
    ("less_favourable_to_provider", rf"不利于{B}|对{B}[^,。;]{{0,4}}不利"),
    ("less_favourable_to_tenant", rf"不利于{A}|对{A}[^,。;]{{0,4}}不利"),
    ("more_favourable_to_provider", rf"有利于{B}|对{B}[^,。;]{{0,4}}有利"),
    ("more_favourable_to_tenant", rf"有利于{A}|对{A}[^,。;]{{0,4}}有利"),
    ("provider_decides", rf"{B}(?:解释|决定|确定|说明)"),
    (
        "annex_prevails",
        r"(?:以|按照?|优先适用|适用|依照?)[^,。;在线]{0,6}(?:附件|《?最终用户使用协议》?|本协议)|附件[^,。;在线]{0,10}优先",
    ),
    ("online_terms_prevail", r"(?:以|按照?|优先适用|适用|依照?)[^,。;]{0,16}(?:在线|线上)|在线条款优先"),
)
DIFFERS = re.compile(r"不一致|冲突|抵触|矛盾|不符|出入|差异|不同")


def annex_vs_online_conflict(sentence: Sentence) -> TermReading | None:
    """Main agreement 二 3: which of annex and online terms applies where they differ."""
    text = sentence.text
    differs = DIFFERS.search(text)
    context = sentence.before + text
    if differs is None or not re.search(r"在线|线上|电子条款", context) or not re.search(r"附件|使用协议", context):
        return None
    rest = text[differs.start() :]
    rest += sentence.after if len(rest) < 8 else ""
    for name, pattern in CONFLICT_RULES:
        match = re.search(pattern, rest)
        if match and re.search(r"不[得应再予]?(?:优先)?适用$", rest[: match.start()]):
            return not_understood(sentence, "annex_vs_online_conflict")
        if match:
            return found(name, sentence, re.search(pattern, text))
    if re.search(r"适用|为准|优先|执行", rest):
        return not_understood(sentence, "annex_vs_online_conflict")
    return None
