"""Words shared by the clause readers: who acts, who is told, in what form, and what a negation covers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agreements.intake.clauses import Sentence
from agreements.intake.draft import TermValue
from agreements.intake.periods import Period, periods_in

A = "(?:甲方|最终用户|买方|客户)"
B = "(?:乙方|服务商|卖方|服务提供方)"
SOURCE = re.compile(r"数据源|数据提供|数据来源|上游|数据供应|数据方")
NO_NEED = (
    r"(?:无需|无须|毋需|毋须|不需要?|不必|不用|不须|不要求|不强制|免于|免予|无义务|没有义务|可不|可以不|有权不|不再)"
)
NOTIFY = r"(?:通知|告知|知会|函告|转告|通报|报告|报备|转发|转达)"
NO_NOTICE = re.compile(
    rf"{NO_NEED}[^,。;]{{0,8}}{NOTIFY}|不(?:另行|再|予|事先|提前|经)?(?:向{A})?{NOTIFY}(?![^,。;]{{0,8}}(?:的[,。;]|的,|,视为|视为))"
)
TELLS_A = re.compile(
    rf"{NOTIFY}(?:到|给|予|至)?{A}|向{A}[^,。;]{{0,16}}(?:{NOTIFY}|发出|送达|提供)|(?:将|把)[^,。;]{{0,20}}{NOTIFY}"
)
TELLS_B = re.compile(rf"{NOTIFY}(?:到|给|予|至)?{B}|向{B}[^,。;]{{0,16}}(?:{NOTIFY}|申请|提出|提交|发出)")
OTHERS = r"(?:合作方|合作伙伴|数据源|上游|第三方|云市场|市场平台|阿里云|主管|监管|登记机关|信息主体|用户)"
TELLS_OTHERS = re.compile(
    rf"{NOTIFY}(?:到|给|予|至)?(?:相关|有关)?{OTHERS}|向(?:相关|有关)?{OTHERS}[^,。;]{{0,16}}{NOTIFY}"
)
NOT_AN_OBJECT = "".join(
    f"(?<!{verb})" for verb in ("要求", "通知", "告知", "责令", "取得", "征得", "给", "向", "使", "经", "致")
)
SEAL = re.compile(r"(?:公章|盖章|印章|签章|用印)")
WRITTEN = re.compile(r"书面|电子邮件|邮件|函件|公函|发函")
ANY_FORM = re.compile(r"任何(?:形式|方式)|任意(?:形式|方式)|(?:形式|方式)不限|不限(?:形式|方式)|不拘形式")
ORAL = re.compile(r"口头|电话|微信|短信|即时通讯|QQ")
ORAL_REFUSED = re.compile(
    r"(?:不得|不能|不可|不接受|拒绝)[^,。;]{0,8}(?:口头|电话|微信|短信)|(?:口头|电话|微信|短信)[^,。;]{0,10}(?:无效|不构成|不视为|不产生|不发生)"
)


@dataclass(frozen=True, slots=True)
class TermReading:
    """What a clause reader found.

    sentence  None where the agreement has no such clause
    span      span within the sentence that decided, end exclusive
    period    the period the value was taken from, if any
    """

    value: TermValue
    sentence: Sentence | None = None
    span: tuple[int, int] = (0, 0)
    sure: float = 0.9
    period: Period | None = None
    warnings: tuple[str, ...] = ()


def found(
    value: TermValue, sentence: Sentence, match: re.Match[str] | None = None, *, sure: float = 0.9
) -> TermReading:
    """Return a reading whose evidence is the match, or the whole sentence."""
    start, end = match.span() if match else (0, len(sentence.text))
    if end > len(sentence.text) or start >= end:
        start, end = 0, len(sentence.text)
    return TermReading(value, sentence, (start, end), sure)


def not_understood(sentence: Sentence, key: str) -> TermReading:
    """Return the reading of a clause that speaks of the matter in words we do not know: no value, a warning."""
    return TermReading(None, sentence, (0, len(sentence.text)), 0.3, warnings=(f"term_not_understood:{key}",))


def is_negated(text: str, at: int, reach: int = 8) -> bool:
    """Say whether a word of no need, such as 无需, stands before a place within its part of the sentence."""
    before = re.split(r"[,。;:]", text[max(0, at - reach) : at])[-1]
    return re.search(NO_NEED, before) is not None


def acting_party(text: str, at: int) -> str | None:
    """Return who is bound at a place of a sentence: the last party before it that must, may or warrants something."""
    acting = re.compile(
        rf"{NOT_AN_OBJECT}(?:(?P<a>{A})|(?P<b>{B}))(?:(?!{A}|{B})[^。;]){{0,30}}?(?:保证|承诺|确保|应(?!用)|须|需(?!要核|要查)|有权|可(?!能)|无权|不得|负责|声明|不必|有义务)"
    )
    last = None
    for match in acting.finditer(text, 0, at):
        last = "a" if match["a"] else "b"
    if last is None:
        first = re.compile(rf"(?P<a>{A})|(?P<b>{B})").search(text)
        last = None if first is None else "a" if first["a"] else "b"
    return last


def notice_form(text: str) -> str:
    """Return written, written_company_sealed or any (domain 4.1); a seal that is not needed does not count."""
    if ANY_FORM.search(text) or (ORAL.search(text) and not ORAL_REFUSED.search(text)):
        return "any"
    sealed = any(not is_negated(text, seal.start()) for seal in SEAL.finditer(text))
    if sealed:
        return "written_company_sealed"
    written = any(
        not is_negated(text, word.start()) and not re.search(r"(?:不限于|非)$", text[: word.start()])
        for word in WRITTEN.finditer(text)
    )
    return "written" if written else "any"


def period_for(text: str, verb: re.Pattern[str]) -> Period | None:
    """Return the period nearest before the verb it qualifies: 十日内办理手续 is no period of notice."""
    verbs = list(verb.finditer(text))
    best: tuple[int, Period] | None = None
    for period in periods_in(text):
        after = [match.start() - period.end for match in verbs if match.start() >= period.end]
        before = [period.start - match.end() + 100 for match in verbs if match.end() <= period.start]
        distance = min(after + before, default=None)
        if distance is not None and (best is None or distance < best[0]):
            best = (distance, period)
    return best[1] if best else None


def last_of(text: str, words: Sequence[tuple[str, str]]) -> str | None:
    """Return the name of the pattern that ends last in the text: of two starting events, the one beside the period."""
    ends = [(match.end(), -match.start(), name) for pattern, name in words for match in re.finditer(pattern, text)]
    return max(ends)[2] if ends else None
