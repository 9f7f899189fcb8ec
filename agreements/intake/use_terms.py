"""Clauses on how the service may be used and what the provider may do about misuse: 2.1, 2.3, 3.3 (a), 4.4, 6.1."""

import re

from agreements.intake.clauses import Sentence
from agreements.intake.draft import Suspension
from agreements.intake.meaning import (
    NO_NEED,
    NO_NOTICE,
    NOT_AN_OBJECT,
    NOTIFY,
    SEAL,
    A,
    B,
    TermReading,
    acting_party,
    found,
    is_negated,
    not_understood,
)

SUBJECT = re.compile(r"信息主体|被核验人|被查询人|数据主体|用户|个人|自然人|本人")
DEMAND = r"(?:调取|调阅|查阅|索取|索要|调用|抽查|查验|核查|要求(?:甲方|最终用户)?[^,。;]{0,6}(?:提供|出示|提交))"
OUTSIDERS = r"(?:关联|附属|集团|子公司|下属|成员企业|合作伙伴|合作方|合作企业|第三方|其他(?:方|平台|公司|单位))"

OWN_PLATFORM = re.compile(r"(?:自有|自身|自己|自营|本单位|本公司)[^,。;]{0,10}(?:平台|业务|系统|网站|应用|APP)")
ONLY = re.compile(r"(?:仅|只|专|限)(?:供|限|能|可|得|用|作|在|为|于|由|向)|限于")
WIDENED = re.compile(
    rf"不(?:仅|只|局)?限于?|不(?:仅|只)供|不仅|(?:及|或|和|与|、|以及)(?:者)?其?[^,。;]{{0,4}}{OUTSIDERS}[^,。;]{{0,16}}(?:平台|使用|业务)"
    rf"|(?:可以?|有权|允许)[^,。;]{{0,8}}{OUTSIDERS}"
)
UNLIMITED = re.compile(r"不(?:仅|只|局)?限于?|不(?:仅|只)供|不仅")
STOPS = re.compile(r"(?:关闭|停止|暂停|中止|切断|停用|关停)[^,。;]{0,8}(?:接口|服务|访问|调用|权限|账号)")


def own_platform_only(sentence: Sentence) -> TermReading | None:
    """Clause 2.3: the service is for the tenant's own business platforms only."""
    text = sentence.text
    widened = next((match for match in WIDENED.finditer(text) if not _is_prohibited(text, match.start())), None)
    own = OWN_PLATFORM.search(text)
    if own is None:
        permitted = re.search(
            rf"{A}[^,。;]{{0,10}}(?:有权|可以?|允许)[^。;]{{0,20}}(?:服务|结果)[^。;]{{0,12}}{OUTSIDERS}"
            rf"|(?:服务|结果)[^,。;]{{0,10}}(?:可供|可由|可以?[^,。;]{{0,4}}提供给)[^,。;]{{0,8}}{OUTSIDERS}",
            text,
        )
        return found(False, sentence, permitted) if permitted and not _is_prohibited(text, permitted.end()) else None
    if widened and UNLIMITED.match(widened.group()):
        return found(False, sentence, widened)
    if widened:  # affiliates or others too is a wider limit and not none: a person says which it is
        return not_understood(sentence, "own_platform_only")
    if ONLY.search(text) or re.search(rf"不得[^,。;]{{0,20}}(?:{OUTSIDERS}|自有[^,。;]{{0,8}}(?:以外|之外))", text):
        return found(True, sentence, own)
    return found(False, sentence, own, sure=0.5) if re.search(r"使用|用[于在]|提供给|[可仅]供", text) else None


def _is_prohibited(text: str, at: int) -> bool:
    before = re.split(r"[,。;]", text[:at])[-1]
    return re.search(r"不得|禁止|严禁|不可|不能", before) is not None


def authorization_written_required(sentence: Sentence) -> TermReading | None:
    """Clause 2.1: the tenant holds each data subject's authorization in writing before it submits."""
    text = sentence.text
    given = re.search(r"授权|同意", text)
    if given is None or not SUBJECT.search(text) or not re.search(A, text) or acting_party(text, given.start()) == "b":
        return None
    match = re.search(r"书面[^,。;]{0,8}(?:授权|同意|许可)|(?:授权|同意|许可)[^,。;]{0,14}书面", text)
    if match is None:
        obtained = re.search(rf"{A}[^,。;]{{0,24}}(?:获得|取得|得到|征得)", text)
        return found(False, sentence, given, sure=0.6) if obtained else None
    word = text.index("书面", match.start())
    oral = re.search(r"书面(?:形式)?或[^,。;]{0,4}口头|口头[^,。;]{0,6}(?:或|、)[^,。;]{0,4}书面", text)
    waived = oral or is_negated(text, word) or re.search(r"(?:不限于|不以|非)$", text[:word])
    return found(not waived, sentence, match)


def authorization_demand_any_time(sentence: Sentence) -> TermReading | None:
    """Clause 2.1: the provider may call up authorization texts at any time."""
    match = re.search(
        rf"{DEMAND}[^,。;]{{0,20}}授权(?!范围)|授权(?:文本|书|文件|材料|证明|记录|凭证)[^。;]{{0,16}}{DEMAND}",
        sentence.text,
    )
    if match is None or not re.search(B, sentence.text[: match.end()]):
        return None
    before = sentence.text[max(0, match.start() - 30) : match.end()]
    part = before[max(before.rfind("乙方"), before.rfind("服务商"), 0) :]
    limited = re.search(r"不得|无权|不可|不能|不再|提前|同意后|事先|(?<![甲乙])方可|每年|仅", part)
    return found("随时" in part and not limited, sentence, match)


def preapproval_copy_company_seal(sentence: Sentence) -> TermReading | None:
    """Clause 3.3 (a): copies of prior approvals carry the company seal."""
    if not re.search(r"审批|行政许可", sentence.text) or not re.search(r"文件|复印件|副本|影印件|证明", sentence.text):
        return None
    follows = re.match(r"(?:该|上述|前述|提供的)?[^,。;]{0,4}(?:复印件|副本)", sentence.after)
    text = sentence.text + (sentence.after if follows else "")
    copy = re.search(r"复印件|副本|影印件|扫描件", text)
    if copy is None:
        return found(False, sentence, sure=0.6)
    for seal in SEAL.finditer(text):
        if not is_negated(text, seal.start()) and not re.search(r"[未不]加?$", text[: seal.start()]):
            return found(True, sentence, seal)
    return found(False, sentence, copy)


def immediate_rectification_on_breach(sentence: Sentence) -> TermReading | None:
    """Clause 4.4: the provider may demand that a breach be put right at once."""
    text = sentence.text
    if (
        not re.search(r"改正|整改|纠正|更正", text)
        or not re.search(A, text)
        or re.search(rf"要求{B}|{B}(?:应当?|须)?立即", text)
    ):
        return None
    match = re.search(r"(?:立即|马上|即刻|即时|立刻)[^,。;]{0,6}(?:改正|整改|纠正|更正)", text)
    if match is None:
        return found(False, sentence, sure=0.6)
    before = re.split(r"[,。;]", text[: match.start()])[-1]
    return found(not re.search(rf"不得|无权|不可|不能|不应|{NO_NEED}", before), sentence, match)


def terminate_service_any_time_on_breach(sentence: Sentence) -> TermReading | None:
    """Clause 4.4: on a breach the provider may end the service at any time."""
    text = sentence.text
    ends = re.search(r"(?:终止|解除|停止)[^,。;]{0,8}(?:服务|协议|合同|合作)", text)
    if ends is None or not re.search(r"违反|违约|未按|未充分|超越|超出|未经授权|擅自|未履行|没有履行", text):
        return None
    match = re.search(r"随时[^,。;]{0,12}(?:终止|解除|停止)[^,。;]{0,8}(?:服务|协议|合同|合作)", text)
    place = match or ends
    if acting_party(text, place.start()) != "b":
        return None
    part = re.split(r"[,。;]", text[: place.start()])[-1] + place.group()
    limited = re.search(r"提前|同意|协商|(?<![甲乙])方可|不得|无权|不可|不能", part)
    return found(True, sentence, match) if match and not limited else found(False, sentence, place, sure=0.6)


def suspension(sentence: Sentence) -> TermReading | None:
    """Clause 6.1: on misuse the provider may stop the service after notice and without consent."""
    text = sentence.text
    match = STOPS.search(text)
    may = rf"{B}[^。;]{{0,60}}(?:有权|可|得|应|将|无权|不能)"
    tenant_stops = (
        rf"{NOT_AN_OBJECT}{A}(?!后|同意|书面)[^,。;后]{{0,6}}(?:有权|可以?)(?:要求[^,。;]{{0,4}})?{STOPS.pattern}"
    )
    if match is None or not re.search(may, text[: match.start()]) or re.search(tenant_stops, text):
        return None
    if not _is_about_misuse(sentence):
        return None
    clause = text[: match.end()] + text[match.end() :].split("造成")[0]
    refused = re.search(rf"{B}[^。;]{{0,30}}(?:不得|无权|不可|不能)[^,。;]{{0,12}}$", text[: match.start()])
    conditioned = re.search(r"(?:未经|未|不经|没有|未事先)[^。;]{0,24}(?:不得|无权|不可|不能)", clause)
    if refused and not conditioned:
        span = found(None, sentence, refused).span
        value = Suspension(notice_required=False, consent_required=False)
        return TermReading(value, sentence, span, 0.9, warnings=("suspension_right_excluded",))
    consent_required = _asks_consent(clause, forbids_without=bool(conditioned))
    value = Suspension(  # nobody consents to what he was not told: consent asks for notice, and more
        notice_required=consent_required or _asks_notice(clause, forbids_without=bool(conditioned)),
        consent_required=consent_required,
    )
    late_payment = re.search(r"逾期|欠费|未付|未支付|余额不足", text)
    return found(value, sentence, match, sure=0.6 if late_payment else 0.9)


def _is_about_misuse(sentence: Sentence) -> bool:
    text = sentence.text
    if re.search(r"不可抗力|合作方|升级|扩容|随时终止", text) and not re.search(
        rf"{A}[^,。;]{{0,10}}(?:违反|违约)", text
    ):
        return False
    around = text + sentence.before
    return re.search(r"违反|违约|未按|不当使用|违规|违法|超出|超越|滥用", around) is not None


def _asks_notice(text: str, *, forbids_without: bool) -> bool:
    without = re.compile(rf"(?:未经|未|不经|没有|未事先|未予)(?:事先|提前|书面|向{A}|{A})*{NOTIFY}")
    if forbids_without and without.search(text):
        return True
    joined = re.compile(
        rf"(?:{NO_NEED}|未经|不经|未)[^,。;]{{0,12}}同意(?:及|和|或|、|且|并)(?:事先|提前|书面)?{NOTIFY}"
    )
    if NO_NOTICE.search(text) or without.search(text) or joined.search(text):
        return False
    told = [
        match
        for match in re.finditer(NOTIFY, text)
        if not re.search(r"(?:接到|收到|接获)[^,。;]{0,14}$", text[: match.start()])
    ]
    return bool(told)


def _asks_consent(text: str, *, forbids_without: bool) -> bool:
    without = re.compile(rf"(?:未经|不经|未取得|未征得|未获|{NO_NEED}|不以|无)[^,。;]{{0,16}}(?:同意|许可|认可)")
    if without.search(text):
        return (
            forbids_without
            and re.search(r"(?:未经|不经|未取得|未征得|未获)[^,。;]{0,12}(?:同意|许可|认可)", text) is not None
        )
    return (
        re.search(
            rf"(?:经|征得|取得|获得|须|需|应|得到|在|待|且|并)[^,。;]{{0,12}}(?:同意|许可|认可)|{A}(?:书面)?同意(?:后|的|方)",
            text,
        )
        is not None
    )
