"""Periods that an agreement adds to the standard form, named by what they are about."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from agreements.intake.clauses import Sentence
from agreements.intake.periods import Period, periods_in

SUBJECTS = (
    ("maintenance_notice", r"(?:维护|升级|扩容|检修|停机)[^。;]{0,30}通知|通知[^。;]{0,20}(?:维护|升级|检修|停机)"),
    ("authorization_retention", r"授权[^。;]{0,12}(?:保存|留存|保管)|(?:保存|留存|保管)[^。;]{0,12}授权"),
    ("authorization_demand_notice", r"(?:提前|事先)[^。;]{0,16}(?:通知|告知)[^。;]{0,16}(?:调取|调阅|授权)"),
    ("authorization_demand_response", r"授权(?:文本|书|文件|材料|证明|记录|凭证)|调取|调阅"),
    ("change_procedure", r"办理[^,。;]{0,10}手续|变更手续|补办|补充材料"),
    ("rectification", r"改正|整改|纠正|更正|补救"),
    ("aftermath_agreement", r"善后|另行签署|另行签订"),
    ("renewal", r"续期|续约|续费|续订"),
    ("cooperator_notice", r"(?:通知|告知|函告)[^,。;]{0,4}(?:合作方|数据源|上游)"),
    ("settlement_statement", r"结算|对账|清算"),
    ("refund", r"退款|退还|退费|返还"),
    ("invoice", r"发票|开票"),
    ("late_payment", r"逾期付款|滞纳金|违约金"),
    ("payment", r"支付|付款|缴纳|缴费"),
    ("force_majeure_proof", r"不可抗力|公证"),
    ("confidentiality_survival", r"保密"),
    ("data_deletion", r"删除|销毁|匿名化"),
    ("log_retention", r"日志|调用记录|保存|留存|保管"),
    ("incident_report", r"泄露|安全事件|数据安全|篡改|丢失"),
    ("suspension_notice", r"(?:关闭|停止|暂停|中止|停用)[^,。;]{0,6}(?:接口|服务)|恢复[^,。;]{0,4}服务"),
    ("termination_notice", r"(?:提前|通知)[^。;]{0,20}(?:终止|解除)|(?:终止|解除)[^。;]{0,20}(?:提前|通知)"),
    ("contact_change_notice", r"联系方式|送达地址|通讯地址|联系信息"),
    ("deemed_arrival", r"送达|视为收到|视为到达|寄出|投递"),
    ("dispute_negotiation", r"争议|纠纷|协商不成|诉讼|仲裁"),
    ("document_submission", r"提供[^,。;]{0,12}(?:文件|资料|材料)|提交[^,。;]{0,12}(?:文件|资料|材料)"),
    ("interface_adjustment", r"接口|账号|密钥"),
    ("price_change_notice", r"调价|价格调整|价格"),
    ("change_notice", r"变更|变动"),
    ("support_response", r"响应|故障|技术支持|客服"),
    ("inspection_notice", r"检查|监督|审计"),
    ("reply", r"答复|回复|反馈|书面确认"),
    ("trial", r"试用"),
    ("notice", r"通知|告知"),
)  # fmt: skip
"""First the words nearest to the period decide, then those of the whole sentence; earlier entries win."""

OBJECTS = re.compile(r"(?<!无)异议|不接受|不能接受")
OBJECTIONS = (
    ("renewal_objection", re.compile(r"续期|续约|续订|延续|延长|顺延")),
    ("upstream_objection", re.compile(r"数据源|上游|合作方|数据提供|变更|调整|变化")),
)
"""What an objection is against, by the words of its sentence; else of the sentence before."""

MOST_EXTRA_PERIODS = 100


def extra_periods(
    sentences: Sequence[Sentence], taken: Sequence[tuple[Sentence, Period]]
) -> Mapping[str, tuple[Sentence, Period]]:
    """Return the periods that no term was read from, by subject; a subject met again is numbered from 2."""
    used = {(id(sentence), period.start) for sentence, period in taken}
    found: dict[str, tuple[Sentence, Period]] = {}
    times: Counter[str] = Counter()
    for sentence in sentences:
        for period in periods_in(sentence.text):
            if (id(sentence), period.start) in used or not _is_a_term(sentence.text, period):
                continue
            name = _subject(sentence, period) or f"unclassified_period_{_identifier(sentence.clause)}"
            times[name] += 1
            found[name if times[name] == 1 else f"{name}_{times[name]}"] = (sentence, period)
            if len(found) >= MOST_EXTRA_PERIODS:
                return found
    return found


def _is_a_term(text: str, period: Period) -> bool:
    """A length of time (满二年后 too), not a unit of price (元/年), a condition (满二年的), or 一日 as in "one day"."""
    before, after = text[: period.start], text[period.end :]
    if (
        re.search(r"[/每近]$", before)
        or (before.endswith("满") and not after.startswith("后"))
        or re.match(r"[一二三四五六七八九十]?[次级]", after)
    ):
        return False
    return period.value != 0


def _subject(sentence: Sentence, period: Period) -> str | None:
    """Look at the parts of the sentence around the period, then at all of it."""
    text = sentence.text
    start = max(text.rfind(mark, 0, period.start) for mark in ",。;:")
    ends = [at for mark in ",。;" if (at := text.find(mark, period.end)) >= 0]
    near = text[start + 1 : min(ends, default=len(text))]
    if OBJECTS.search(near):
        return _objection(sentence)
    for part in (near, text):
        for name, pattern in SUBJECTS:
            if name == "notice" and part is near:
                continue
            if re.search(pattern, part):
                return name
    return None


def _objection(sentence: Sentence) -> str:
    for part in (sentence.text, sentence.before):
        for name, against in OBJECTIONS:
            if against.search(part):
                return name
    return "objection"


def _identifier(clause: str | None) -> str:
    return re.sub(r"\W", "_", clause) if clause else "unnumbered"
