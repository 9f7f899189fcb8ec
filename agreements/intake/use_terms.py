"""Clauses on how the service may be used and what the provider may do about misuse: 2.1, 2.3, 3.3 (a), 4.4, 6.1."""

import re
from collections.abc import Sequence

from agreements.intake.clauses import Sentence
from agreements.intake.draft import Suspension
from agreements.intake.meaning import (
    NO_NEED,
    NO_NOTICE,
    NOTIFY,
    SEAL,
    A,
    B,
    TermReading,
    acting_party,
    found,
    is_negated,
    mentions,
)

SUBJECT = r"信息主体|被核验人|被查询人|数据主体|个人信息主体|用户|个人|自然人|本人"
DEMAND = r"(?:调取|调阅|查阅|索取|索要|调用|抽查|查验|核查|要求(?:甲方|最终用户)?[^,。;]{0,6}(?:提供|出示|提交))"
OUTSIDERS = r"(?:关联|附属|集团|子公司|下属|成员企业|合作伙伴|合作方|合作企业|第三方|其他(?:方|平台|公司|单位))"


def own_platform_only(sentences: Sequence[Sentence]) -> TermReading:
    """Clause 2.3: the service is for the tenant's own business platforms only."""
    own = r"(?:自有|自身|自己|自营|本单位|本公司)[^,。;]{0,10}(?:平台|业务|系统|网站|应用|APP)"
    only = re.compile(r"(?:仅|只|专|限)(?:供|限|能|可|得|用|作|在|为|于|由|向)|限于")
    for sentence in mentions(sentences, own):
        text = sentence.text
        match = re.search(own, text)
        limit = only.search(text)
        widened = re.search(r"不(?:仅|只|局)?限于?|不(?:仅|只)供|不仅", text) or re.search(
            rf"(?<!不得)(?<!不得向)(?<!禁止)(?:及|或|和|与|、|以及)(?:者)?其?[^,。;]{{0,4}}{OUTSIDERS}[^,。;]{{0,16}}(?:平台|使用|业务)|(?:可以?|有权|允许)[^,。;]{{0,8}}{OUTSIDERS}", text
        )
        if widened and not _is_prohibited(text, widened.start()):
            return found(False, sentence, widened)
        if limit:
            return found(True, sentence, match)
        if re.search(rf"不得[^,。;]{{0,20}}(?:{OUTSIDERS}|自有[^,。;]{{0,8}}(?:以外|之外))", text):
            return found(True, sentence, match)
        return found(False, sentence, match, sure=0.6)
    return TermReading(False)


def _is_prohibited(text: str, at: int) -> bool:
    before = re.split(r"[,。;]", text[:at])[-1]
    return re.search(r"不得|禁止|严禁|不可|不能", before) is not None


def authorization_written_required(sentences: Sequence[Sentence]) -> TermReading:
    """Clause 2.1: the tenant holds each data subject's authorization in writing before it submits."""
    written = re.compile(r"书面[^,。;]{0,8}(?:授权|同意|许可)|(?:授权|同意|许可)[^,。;]{0,14}书面")
    other: TermReading | None = None
    for sentence in mentions(sentences, SUBJECT, r"授权|同意"):
        text = sentence.text
        at = re.search(r"授权|同意", text)
        if at is None or acting_party(text, at.start()) == "b" or not re.search(A, text):
            continue
        match = written.search(text)
        if match is None:
            if re.search(rf"{A}[^,。;]{{0,24}}(?:获得|取得|得到|征得)", text) and other is None:
                other = found(False, sentence, at, sure=0.6)
            continue
        oral = re.search(r"书面(?:形式)?或[^,。;]{0,4}口头|口头[^,。;]{0,6}(?:或|、)[^,。;]{0,4}书面", text)
        word = text.index("书面", match.start())
        if oral or is_negated(text, word) or re.search(r"(?:不限于|不以|非)$", text[:word]):
            return found(False, sentence, match)
        return found(True, sentence, match)
    return other or TermReading(False)


def authorization_demand_any_time(sentences: Sequence[Sentence]) -> TermReading:
    """Clause 2.1: the provider may call up authorization texts at any time."""
    demand = re.compile(rf"{DEMAND}[^,。;]{{0,20}}授权(?!范围)|授权(?:文本|书|文件|材料|证明|记录|凭证)[^。;]{{0,16}}{DEMAND}")
    for sentence in mentions(sentences, DEMAND, "授权"):
        match = demand.search(sentence.text)
        if match is None or not re.search(B, sentence.text[: match.end()]):
            continue
        before = sentence.text[max(0, match.start() - 30) : match.end()]
        start = max(before.rfind("乙方"), before.rfind("服务商"), 0)
        part = before[start:]
        refused = re.search(r"不得|无权|不可|不能|不再", part)
        conditional = re.search(r"提前|同意后|事先|(?<![甲乙])方可|每年|仅", part)
        return found("随时" in part and not refused and not conditional, sentence, match)
    return TermReading(False)


def preapproval_copy_company_seal(sentences: Sequence[Sentence]) -> TermReading:
    """Clause 3.3 (a): copies of prior approvals carry the company seal."""
    for sentence in mentions(sentences, r"前置审批|行政审批|审批|行政许可", r"文件|复印件|副本|影印件|证明"):
        text = sentence.text + (sentence.after if re.match(r"(?:该|上述|前述|提供的)?[^,。;]{0,4}(?:复印件|副本)", sentence.after) else "")
        copy = re.search(r"复印件|副本|影印件|扫描件", text)
        if copy is None:
            return found(False, sentence)
        seals = [seal for seal in SEAL.finditer(text) if not is_negated(text, seal.start()) and not re.search(r"未加?$|不加$|不$", text[: seal.start()])]
        return found(bool(seals), sentence, seals[0] if seals else copy)
    return TermReading(False)


def immediate_rectification_on_breach(sentences: Sequence[Sentence]) -> TermReading:
    """Clause 4.4: the provider may demand that a breach be put right at once."""
    at_once = re.compile(r"(?:立即|马上|即刻|即时|立刻)[^,。;]{0,6}(?:改正|整改|纠正|更正)")
    candidates = [
        sentence for sentence in mentions(sentences, r"改正|整改|纠正|更正", A)
        if not re.search(rf"{A}[^,。;]{{0,6}}(?:有权|可以?)要求{B}|要求{B}", sentence.text)
    ]  # fmt: skip
    for sentence in candidates:
        match = at_once.search(sentence.text)
        if match and not _is_refused(sentence.text, match.start()):
            return found(True, sentence, match)
    return found(False, candidates[0]) if candidates else TermReading(False)


def _is_refused(text: str, at: int) -> bool:
    before = re.split(r"[,。;]", text[:at])[-1]
    return re.search(rf"不得|无权|不可|不能|不应|{NO_NEED}", before) is not None


def terminate_service_any_time_on_breach(sentences: Sequence[Sentence]) -> TermReading:
    """Clause 4.4: on a breach the provider may end the service at any time."""
    ends = re.compile(r"(?:终止|解除|停止)[^,。;]{0,8}(?:服务|协议|合同|合作)")
    any_time = re.compile(r"随时[^,。;]{0,12}(?:终止|解除|停止)[^,。;]{0,8}(?:服务|协议|合同|合作)")
    other: TermReading | None = None
    for sentence in mentions(sentences, B, r"(?:终止|解除|停止)[^,。;]{0,8}(?:服务|协议|合同|合作)", r"违反|违约|未按|未充分|超越|未经授权|未履行"):
        match = any_time.search(sentence.text)
        place = match or ends.search(sentence.text)
        if place is None or acting_party(sentence.text, place.start()) != "b":
            continue
        part = re.split(r"[,。;]", sentence.text[: place.start()])[-1]
        conditional = re.search(r"提前|同意|协商|(?<![甲乙])方可", part + sentence.text[place.start() : place.end()])
        if match and not conditional and not re.search(r"不得|无权|不可|不能", part + match.group()):
            return found(True, sentence, match)
        other = other or found(False, sentence, place, sure=0.7)
    return other or TermReading(False)


def suspension(sentences: Sequence[Sentence]) -> TermReading:
    """Clause 6.1: on misuse the provider may stop the service after notice and without consent."""
    stops = re.compile(r"(?:关闭|停止|暂停|中止|切断|停用|关停)[^,。;]{0,8}(?:接口|服务|访问|调用|权限|账号)")
    for sentence in mentions(sentences, B, stops.pattern):
        text = sentence.text
        match = stops.search(text)
        may = rf"{B}[^。;]{{0,60}}(?:有权|可|得|应|将|无权|不能)"
        tenant_stops = rf"{A}[^,。;]{{0,6}}(?:有权|可以?)(?:要求[^,。;]{{0,4}})?{stops.pattern}"
        if match is None or not re.search(may, text[: match.start()]) or re.search(tenant_stops, text):
            continue
        if not _is_about_misuse(sentence):
            continue
        clause = text[: match.end()] + text[match.end() :].split("造成")[0]
        refused = re.search(rf"{B}[^。;]{{0,30}}(?:不得|无权|不可|不能)[^,。;]{{0,12}}$", text[: match.start()])
        conditioned = re.search(rf"(?:未经|未|不经|没有|未事先)[^。;]{{0,24}}(?:不得|无权|不可|不能)", clause)
        if refused and not conditioned:
            refusal = found(Suspension(notice_required=False, consent_required=False), sentence, refused)
            return TermReading(refusal.value, sentence, refusal.span, 0.9, warnings=("suspension_right_excluded",))
        value = Suspension(
            notice_required=_asks_notice(clause, forbids_without=bool(conditioned)),
            consent_required=_asks_consent(clause, forbids_without=bool(conditioned)),
        )
        return found(value, sentence, match)
    return TermReading(Suspension(notice_required=False, consent_required=False))


def _is_about_misuse(sentence: Sentence) -> bool:
    text = sentence.text
    if re.search(r"不可抗力|合作方|升级|扩容|随时终止", text) and not re.search(rf"{A}[^,。;]{{0,10}}(?:违反|违约)", text):
        return False
    around = text + sentence.before
    return re.search(r"违反|违约|未按|不当使用|违规|违法|超出|超越|滥用", around) is not None


def _asks_notice(text: str, *, forbids_without: bool) -> bool:
    without = re.compile(rf"(?:未经|未|不经|没有|未事先|未予)(?:事先|提前|书面|向{A}|{A})*{NOTIFY}")
    if forbids_without and without.search(text):
        return True
    joined = re.compile(rf"(?:{NO_NEED}|未经|不经|未)[^,。;]{{0,12}}同意(?:及|和|或|、|且|并)(?:事先|提前|书面)?{NOTIFY}")
    if NO_NOTICE.search(text) or without.search(text) or joined.search(text):
        return False
    told = [match for match in re.finditer(NOTIFY, text) if not re.search(r"(?:接到|收到|接获)[^,。;]{0,14}$", text[: match.start()])]
    return bool(told)


def _asks_consent(text: str, *, forbids_without: bool) -> bool:
    without = re.compile(rf"(?:未经|不经|未取得|未征得|未获|{NO_NEED}|不以|无)[^,。;]{{0,16}}(?:同意|许可|认可)")
    if without.search(text):
        return forbids_without and re.search(r"(?:未经|不经|未取得|未征得|未获)[^,。;]{0,12}(?:同意|许可|认可)", text) is not None
    return re.search(rf"(?:经|征得|取得|获得|须|需|应|得到|在|待|且|并)[^,。;]{{0,12}}(?:同意|许可|认可)|{A}(?:书面)?同意(?:后|的|方)", text) is not None
