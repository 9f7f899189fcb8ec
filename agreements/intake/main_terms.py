"""Terms of the main agreement, 二 and 三: which text governs, when it takes effect and ends, which copy is formal."""

import re
from collections.abc import Sequence

from agreements.intake.clauses import Sentence
from agreements.intake.dates import dates_in
from agreements.intake.meaning import NO_NEED, A, B, TermReading, found, mentions, not_understood

THIS = r"(?:本?协议|本?合同)"


def effective_on(sentences: Sequence[Sentence]) -> TermReading:
    """Main agreement 三 1: what makes the agreement effective."""
    takes_effect = re.compile(
        rf"{THIS}[^,。;]{{0,6}}(?:自|于|经|在|以|从|待|须|需|一经)[^。;]{{0,70}}?(?:生效|发生效力)|(?:后|时|之日起?|即)[^。;]{{0,3}}{THIS}(?:即|方|始|才|正式|立即|便|就|开始)*(?:生效|发生效力)"
        rf"|{THIS}(?:即|即时|立即)生效"
    )
    for sentence in mentions(sentences, r"生效|发生效力", THIS):
        text = sentence.text
        match = takes_effect.search(text)
        if match is None or re.search(r"补充协议|不可抗力|修改|变更", text):
            continue
        condition = text[: match.end()]
        pays = re.search(r"支付|付款|缴费|付清|缴纳", condition) and not re.search(rf"(?:{NO_NEED}|无论是否|不论是否|是否|未|不以)[^,。;]{{0,6}}(?:支付|付款|缴费)", text)
        buys = re.search(r"购买|下单|订购|提交订单", condition)
        signs = re.search(r"签字|签署|盖章|签章|签订", condition)
        dated = [day for day in dates_in(condition) if day]
        if dated:
            return found("fixed_date", sentence, match)
        if signs:
            return found("signature_and_payment" if pays else "signature", sentence, match)
        if pays and buys:
            return found("online_purchase_and_payment_completed", sentence, match)
        if pays:
            return found("payment_completed", sentence, match)
        if buys:
            return found("online_purchase", sentence, match)
        return not_understood(sentence, "effective_on")
    return TermReading("none")


def ends_on(sentences: Sequence[Sentence]) -> TermReading:
    """Main agreement 三 1: what ends the agreement."""
    for sentence in mentions(sentences, THIS, r"终止|届满|期满|到期|失效|有效期|长期有效|续期|续约"):
        text = sentence.text
        if sentence.in_annex or re.search(r"保密|结算|违约|赔偿|有权|不可抗力|补充协议", text):
            continue
        period = re.search(r"(?:服务|订单|购买|使用)[^,。;]{0,12}(?:期限|期间|有效期|周期|期)[^,。;]{0,8}(?:届满|期满|到期|结束|终止|满)|(?:期限|服务期|有效期)(?:届满|期满|到期|结束)", text)
        quota = re.search(r"(?:次数|额度|用量|调用量)[^,。;]{0,10}(?:用完|用尽|耗尽|使用完|使用完毕|消耗完)", text)
        if re.search(r"自动(?:续期|续约|续费|延续|延长|顺延|展期)", text) and not re.search(r"不(?:会|再)?自动", text):
            return found("automatic_renewal", sentence)
        if period and quota:
            return found("service_period_end_or_quota_exhausted", sentence, period)
        if period:
            return found("service_period_end", sentence, period)
        if quota:
            return found("quota_exhausted", sentence, quota)
        end = re.split(r"生效", text)[-1]
        if re.search(r"至|终止|止", end) and any(dates_in(end)):
            return found("fixed_date", sentence)
        if "长期有效" in text:
            return found("no_end", sentence)
        if re.search(r"终止|到期|失效", end):
            return not_understood(sentence, "ends_on")
    return TermReading("none")


def formal_copy(sentences: Sequence[Sentence]) -> TermReading:
    """Main agreement 三 2: which copy both sides recognise as the formal contract."""
    for sentence in mentions(sentences, r"版本|文本|原件|合同|协议|文件", r"正式|效力|有效", r"盖章|印章|签章|电子章|下载|打印|纸质|原件"):
        text = sentence.text
        if re.search(r"生效|前置审批|复印件|同等法律效力[^。]{0,4}补充|证明效力", text):
            continue
        downloaded = re.search(r"下载|打印", text)
        refused = downloaded and re.search(rf"(?:不|非|{NO_NEED})(?:作为|具有|具备|构成|视为|承认|属于|是|产生|发生)[^,。;]{{0,14}}(?:正式|效力|合同|有效)|(?:无效|仅供参考)", text)
        sealed_by_both = re.search(r"双方[^,。;]{0,8}(?:盖章|签章|签署|签字)|纸质|原件", text)
        by_provider = re.search(rf"电子(?:印|签|公)?章|电子签名|{B}[^,。;]{{0,12}}(?:盖章|印章|签章)", text)
        if sealed_by_both and (refused or not downloaded):
            return found("both_sealed_paper_version", sentence, sealed_by_both)
        if refused:
            return found("downloaded_version_not_formal", sentence, downloaded)
        if downloaded and by_provider:
            return found("user_downloaded_provider_eseal_version", sentence, by_provider)
        if downloaded:
            return found("user_downloaded_version", sentence, downloaded)
        if by_provider:
            return found("provider_sealed_version", sentence, by_provider)
    return TermReading("none")


def spec_precedence(sentences: Sequence[Sentence]) -> TermReading:
    """Main agreement 二 1: which description of the goods governs."""
    governs = re.compile(r"(?<!不)(?<!不应)(?:以|按照?|依照?|依据|根据)(?P<what>[^,。;]{2,60}?)(?:为准|为依据|执行|确定|为据)")
    for sentence in mentions(sentences, r"规格|配置", r"为准|为依据|执行|确定|为据"):
        match = governs.search(sentence.text)
        if match is None:
            continue
        what = match["what"]
        shown = re.search(r"页面|展示|详情|公示|网页", what)
        if shown and re.search(r"最新|现时|实时|更新后|届时|不时|使用时|当前", what):
            return found("current_page_display", sentence, match)
        if shown and re.search(r"下单|订购|购买|订单", what):
            return found("page_display_at_order_time", sentence, match)
        if shown:
            return found("page_display", sentence, match)
        if re.search(r"本协议|本合同|附件|合同|协议", what):
            return found("agreement_text", sentence, match)
        if re.search(B, what):
            return found("provider_decision", sentence, match)
        return not_understood(sentence, "spec_precedence")
    return TermReading("none")


def annex_vs_online_conflict(sentences: Sequence[Sentence]) -> TermReading:
    """Main agreement 二 3: which of annex and online terms applies where they differ."""
    rules = (
        ("less_favourable_to_provider", rf"不利于{B}|对{B}[^,。;]{{0,4}}不利|(?<!有)(?:更|较|较为|相对)?不利{B}"),
        ("less_favourable_to_tenant", rf"不利于{A}|对{A}[^,。;]{{0,4}}不利"),
        ("more_favourable_to_provider", rf"有利于{B}|对{B}[^,。;]{{0,4}}有利"),
        ("more_favourable_to_tenant", rf"有利于{A}|对{A}[^,。;]{{0,4}}有利"),
        ("provider_decides", rf"{B}(?:解释|决定|确定|说明)"),
        ("annex_prevails", r"(?:以|按照?|优先适用|适用|依照?)[^,。;在线]{0,6}(?:附件|《?最终用户使用协议》?|本协议)|附件[^,。;在线]{0,10}优先"),
        ("online_terms_prevail", r"(?:以|按照?|优先适用|适用|依照?)[^,。;]{0,16}(?:在线条款|线上条款|在线|线上)|在线条款优先"),
    )  # fmt: skip
    for sentence in mentions(sentences, r"不一致|冲突|抵触|矛盾|不符|出入|差异|不同"):
        text = sentence.text
        context = sentence.before + text
        if not re.search(r"在线|线上|确认的条款|电子条款", context) or not re.search(r"附件|使用协议", context):
            continue
        rest = text[re.search(r"不一致|冲突|抵触|矛盾|不符|出入|差异|不同", text).start() :]  # type: ignore[union-attr]
        rest += sentence.after if len(rest) < 8 else ""
        for name, pattern in rules:
            if match := re.search(pattern, rest):
                if re.search(r"不(?:得|应|再|予)?(?:优先)?适用$", rest[: match.start()]):
                    return not_understood(sentence, "annex_vs_online_conflict")
                return found(name, sentence, re.search(pattern, text))
        if re.search(r"适用|为准|优先|执行", rest):
            return not_understood(sentence, "annex_vs_online_conflict")
    return TermReading("none")
