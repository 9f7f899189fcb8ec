"""Clauses on the end and the paper: 4.6, 5.2, 6.2, 7.1.1, 8.1."""

import re

from agreements.intake.clauses import Sentence
from agreements.intake.draft import Settlement
from agreements.intake.meaning import NO_NEED, A, B, TermReading, found, is_negated, not_understood

NOT_DENIED = r"(?<!非)(?<!非因)(?<!非由于)(?<!不是)(?<!并非)"
TRIGGERS = (
    ("mutual_agreement", r"(?<!未能)(?<!未)(?<!不能)(?:经)?协商一致|双方(?:一致)?同意|双方合意|合意(?:终止|解除)"),
    ("provider_cause", rf"{NOT_DENIED}{B}(?:单方|自身|的|方面)*(?:原因|过错|违约|责任)|{B}[、或及和]{A}的?原因"),
    ("non_provider_cause", rf"(?:非|非因|非由于|不是|并非){B}(?:自身|的)*(?:原因|过错|违约|责任)"),
    ("tenant_cause", rf"{NOT_DENIED}{A}(?:单方|自身|的|方面)*(?:原因|过错|违约|责任)|{A}[、或及和]{B}的?原因"),
    ("either_party_cause", r"(?:任何一方|任一方|一方|双方)(?:的)?原因"),
    ("force_majeure", r"不可抗力"),
    ("upstream_cause", r"数据源|上游"),
    ("any_cause", r"任何原因|何种原因|任何情形|任何情况|无论何"),
    ("expiry", r"届满|到期|期满"),
)  # fmt: skip


def settlement(sentence: Sentence) -> TermReading | None:
    """Clause 4.6: on what basis, and after which endings, the parties settle."""
    text = sentence.text
    if not re.search(r"终止|解除|提前结束|停止合作|协商一致", text):
        return None
    settles = re.search(r"结算|清算", text)
    if settles is None and not re.search(r"(?:不予?|不再)退|退还|退款|退费", text):
        return None
    basis = _basis(text)
    condition = re.split(r"结算|清算", text)[0]
    triggers = tuple(name for name, pattern in TRIGGERS if re.search(pattern, condition))
    warnings = () if basis else ("term_not_understood:settlement",)
    sure = (0.9 if settles else 0.7) if basis else 0.3
    return TermReading(Settlement(basis, triggers), sentence, (0, len(text)), sure, warnings=warnings)


def _basis(text: str) -> str | None:
    used = re.search(r"实际(?:使用|用量|调用|消耗|发生)|已(?:使用|用|消耗|调用)|使用(?:情况|量|次数)", text)
    price = re.search(r"价格标准|服务价格|价格|单价|收费标准|服务费标准|计费标准", text)
    if re.search(r"实付|实际支付|已付|已支付", text) and re.search(r"比例|按比例|占比", text):
        return "paid_amount_proportional"
    if re.search(rf"(?:不|{NO_NEED})(?:予|再|得)?(?:退|结算|清算)", text):
        return "no_refund"
    if re.search(r"不(?:再|得)?(?:按|依|根据)", text):
        return None
    if used and price:
        return "price_standard_x_actual_usage"
    if re.search(r"(?:剩余|未使用|未用)[^,。;]{0,12}(?:退|返还)|退还[^,。;]{0,8}(?:剩余|未使用|未用)", text):
        return "refund_of_unused"
    if used:
        return "actual_usage"
    return "full_refund" if re.search(r"全额退|全部退", text) else None


def confidentiality_survives_termination(sentence: Sentence) -> TermReading | None:
    """Clause 5.2: confidentiality outlives the agreement."""
    text = sentence.text
    if "保密" not in text + sentence.before or not re.search(r"终止|解除|届满|期满|失效|有效", text):
        return None
    lasting, ended = SURVIVES.search(text), ENDS_WITH_AGREEMENT.search(text)
    if ended and not (lasting and re.match(r"不|并不", lasting.group())):
        return found(False, sentence, ended) if "保密" in text else None
    return found(True, sentence, lasting) if lasting and "保密" in text else None


SURVIVES = re.compile(
    r"(?:不因|不受|不随|不会因|并不因)[^。;]{0,40}(?:消灭|失效|终止|解除|免除|影响|消失|结束|变化)"
    r"|(?:终止|解除|届满|期满|失效|结束)[^。;]{0,24}(?:仍|继续|依然|持续|长期|永久|始终)[^。;]{0,10}"
    r"(?:有效|承担|存续|负有|负|适用|履行|遵守|约束|保密)"
    r"|(?:终止|解除|届满|期满)后[^,。;]{0,6}[年月]内?|(?:长期|永久|持续)(?:有效|存续)"
)
ENDS_WITH_AGREEMENT = re.compile(
    r"(?<!不)(?<!不会)[随因][^。;]{0,20}(?:终止|解除|届满)[^。;]{0,8}(?:消灭|失效|终止|解除|免除|结束)"
    r"|(?:终止|解除|届满|期满)(?:后|时|之日|之时)?[^。;]{0,14}(?:不再|即行?|自动|随之|同时|随即)[^。;]{0,12}"
    r"(?:失效|终止|解除|承担|消灭|免除|负有|结束)|仅在[^,。;]{0,12}(?:有效期|期限|期间)内"
)


def no_waiver(sentence: Sentence) -> TermReading | None:
    """Clause 6.2: leaving a right unused does not give it up."""
    text = sentence.text
    if not re.search(r"行使|主张|追究|怠于", text) or not re.search(r"权利|权力|救济", text):
        return None
    kept = re.search(
        r"(?:不|未|非)(?:应|得|能|被|可|会|当)?当?被?(?:意味着?|构成|视为|视作|解释为|理解为|表示|表明|等于|影响|导致|等同)"
        r"[^,。;]{0,16}(?:放弃|弃权|丧失)|不影响[^,。;]{0,12}(?:行使|权利)",
        text,
    )
    if kept:
        return found(True, sentence, kept)
    lost = re.search(r"(?:视为|视作|构成|意味着?|等于|等同|即)[^,。;]{0,12}(?:放弃|弃权|丧失)", text)
    return found(False, sentence, lost) if lost else None


def force_majeure_evidence(sentence: Sentence) -> TermReading | None:
    """Clause 7.1.1: the proof that the blocked party must supply."""
    text = sentence.text
    about = "不可抗力" in text or (re.search(r"受阻|受影响|遭受|遇有|遭遇", text) and "不可抗力" in sentence.before)
    proof = re.search(r"(?:提供|出具|提交|取得|出示)[^。;]{0,40}(?:证明|说明|公证|文件|材料|报告|证据)", text)
    if not about or proof is None:
        return None
    if is_negated(text, proof.start()):
        return found("not_required", sentence, proof)
    if re.search(rf"{NO_NEED}[^,。;]{{0,6}}公证|(?:未经|不经|非)公证", text):
        return found("written_statement" if "书面" in text else "any_proof", sentence, proof)
    if re.search(r"公证(?!费)", text[proof.start() :]):
        alternative = re.search(r"公证[^,。;]{0,8}或(?!不能|部分|者全部)|或[^,。;]{0,10}公证", text[proof.start() :])
        return found("notarial_or_other_statement" if alternative else "notarial_statement", sentence, proof)
    if re.search(r"政府|主管|行政|官方|权威|有关部门|有权机关|贸促会|商会", text):
        return found("authority_statement", sentence, proof)
    return found("written_statement" if "书面" in text else "any_proof", sentence, proof)


def supplementary_agreement_required(sentence: Sentence) -> TermReading | None:
    """Clause 8.1: a change of this agreement needs a supplement that both sides sign."""
    text = sentence.text
    match = CHANGES_AGREEMENT.search(text)
    if match is None or re.search(r"不因|不影响|证照|执照|接口|账号|在线条款|规格|保密|结算", text):
        return None
    alone = re.search(rf"{B}(?:有权|可以?|得)[^。;]{{0,16}}(?:修改|变更|修订|更改)|单方", text)
    if alone and not re.search(r"(?:不得|无权|不能|不可)[^,。;]{0,8}(?:单方|修改|变更)", text):
        return found(False, sentence, alone)
    paper = SUPPLEMENT.search(text)
    if paper is None:
        return found(False, sentence, match, sure=0.6)
    if is_negated(text, paper.start(), 14) or re.search(rf"{NO_NEED}[^,。;]{{0,10}}(?:签署|签订|订立)", text):
        return found(False, sentence, paper)
    if re.search(r"(?:可以?(?:通过|以)?|或)[^,。;]{0,6}(?:口头|邮件|公告|公示|页面)", text):
        return found(False, sentence, paper)
    binding = re.search(r"需|须|应|必须|方可|方能|方为|只能|才|未|以", text)
    return found(True, sentence, paper) if binding else not_understood(sentence, "supplementary_agreement_required")


THIS = r"(?:本?协议|本?合同|条款)"
CHANGES_AGREEMENT = re.compile(
    rf"(?:修改|变更|修订|更改|修正)[^。;]{{0,10}}{THIS}|{THIS}[^。;]{{0,14}}(?:修改|变更|修订|更改|修正)"
)
SUPPLEMENT = re.compile(
    r"补充(?:协议|合同|约定|条款)|书面(?:的)?(?:协议|文件|补充|变更)|(?:另行|另外|重新)[^,。;]{0,6}(?:签署|签订|订立)"
)
