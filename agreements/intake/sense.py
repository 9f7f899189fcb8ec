"""What a clause says besides its terms: read by patterns where a form has them, else compared by its decisive words.

A pattern is for one sentence in whatever words. A space in it stands for words that name no party, deny nothing and
permit nothing, `~` for any words; a leading ? marks what an agreement may leave unsaid. What a sentence says beside
the passage that a pattern knows, and what binds somebody, is something more.

The decisive words of a wording are who acts, who is told, must, may and must not, how much, when and save for what:
two edited copies whose decisive words follow each other alike say the same.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from agreements.intake.numerals import CHINESE

FIGURE = re.compile(rf"\d+(?:\.\d+)?[%‰]?|百分之{CHINESE}{{1,8}}|{CHINESE}{{1,8}}(?=个|日|天|元|次|倍|年|月|小时)")
SENTENCE = re.compile(r"[^。;]+")
PASSAGE = re.compile(r"[^,。;:]+")
DECISIVE = re.compile(
    r"(?P<a>甲方|最终用户|买方|客户)|(?P<b>乙方|服务商|卖方|服务提供方)|(?P<both>双方|任何一方|一方|对方)"
    r"|(?P<idle>不可抗力|不同|不限于|需要|可能|许可|认可|可靠|相应|对应|反应|应用|免费|无效|未来)"
    r"|(?P<no>不|无|未|没有|非|免|禁止)"
    r"|(?P<must>应当|应|必须|须|需|有义务)|(?P<may>可以|可|有权|得以)"
    r"|(?P<save>但|除外|除非|除|为限|上限|不超过)|(?P<all>全部|全额|一切|任何|所有)|(?P<part>部分|一半|酌情|适当|合理)"
    r"|(?P<when>立即|随时|事先|提前|事后|逾期)|(?P<waived>放弃|豁免)|(?P<free>自行)"
)
PLAIN = (
    r"(?:不可抗力|不限于|无论|未来|可能|许可"
    r"|(?!甲方|最终用户|乙方|服务商|不|无|未|没有|非|免|禁止|可|(?<!所)有权|但|除).)*?"
)
"""What a space of a pattern stands for."""
BINDING = re.compile(
    r"应|须|承担|支付|赔偿|补偿|缴|有权|可以|不得|放弃|同意|负责|保证|承诺|返还|退还|收取|费用|无权|义务"
)
NEGATED_DUTY = re.compile(r"[不无未](?:应|须|必|承担|赔偿|收取|负|有权|予|可以)|可以|(?<!所)有权|得以")
WEIGHTY = re.compile(
    r"支付|缴纳|费用|收费|退还|返还|补偿|违约金|滞纳金|保证金|押金|定金|放弃|豁免|转让|免费|加倍|双倍|单方|仲裁|管辖|自动续|公告|除外|除非|上限|为限|不超过"
    r"|酌情|一半|另行收费|额外费用|涨价|调价|排他|独家|连带|不予退|不退"
)


CONDITION = re.compile(r"如(?![下何实期上此同])|若|倘|假如|除非|情况下|情形下|前提|的(?=,)")
LAST_ITEM = re.compile(r"(、[^,。;:、()]{1,12}?)(?:或者|以及|或|及|和)(?=[^,。;:、()]{1,12})")
LISTED = re.compile(r"[^,。;:、()]+(?:、[^,。;:、()]+)+")


@dataclass(frozen=True, slots=True)
class Unread:
    """What is left when a clause was held against a standard clause.

    more  passages that bind somebody and that none of the patterns knows
    less  patterns of the standard clause that no sentence says
    """

    more: tuple[str, ...]
    less: tuple[str, ...]


def decisive(text: str) -> tuple[str, ...]:
    """Return the decisive words of a wording by kind, in their order."""
    return tuple(str(match.lastgroup) for match in DECISIVE.finditer(text) if match.lastgroup != "idle")


def weighty(text: str) -> frozenset[str]:
    """Return the words that make a clause worth reading wherever they come in."""
    return frozenset(match.group() for match in WEIGHTY.finditer(text))


def conditions(text: str) -> int:
    """Return how many conditions a wording sets."""
    return len(CONDITION.findall(text))


def listed(text: str) -> Counter[str]:
    """Return what a wording lists between enumeration commas, and how many items its lists have.

    The first and the last item of a list run into the words around it, so they count but don't say what they are.
    """
    found: Counter[str] = Counter()
    for match in LISTED.finditer(LAST_ITEM.sub(r"\1、", text)):
        items = match.group().split("、")
        found.update(items[1:-1])
        found[""] += len(items)
    return found


def stipulations(text: str) -> frozenset[str]:
    """Return the duties that a wording denies and the permissions that it gives, by their words."""
    return frozenset(match.group() for match in NEGATED_DUTY.finditer(text))


def unread(free: Iterable[str], whole: str, says: Sequence[str], beside: Sequence[str]) -> Unread:
    """Hold a clause against the patterns of a standard clause.

    free    its sentences that hold no term
    whole   the clause's text, in half width without white space
    beside  patterns of other standard clauses that stand in the same clause of the agreement
    """
    known = [_pattern(pattern) for pattern in (*says, *beside)]
    said = SENTENCE.findall(whole)
    without_term = {sentence.rstrip("。;") for sentence in free}
    more = tuple(
        passage for sentence in said for passage in _unknown(sentence, known, has_term=sentence not in without_term)
    )
    less = tuple(
        pattern
        for pattern in says
        if not pattern.startswith("?") and not any(_pattern(pattern).search(one) for one in said)
    )
    return Unread(more, less)


def _unknown(sentence: str, known: Sequence[re.Pattern[str]], *, has_term: bool) -> list[str]:
    """Return the passages of a sentence, from comma to comma, that bind somebody and that no pattern reaches into.

    A sentence of which no pattern knows anything is unknown whole, unless it was read for a term.
    """
    reached = [match.span() for pattern in known for match in pattern.finditer(sentence)]
    if not reached:
        return [] if has_term else [sentence]
    return [
        part.group()
        for part in PASSAGE.finditer(sentence)
        if BINDING.search(part.group()) and not any(start < part.end() and part.start() < end for start, end in reached)
    ]


@cache
def _pattern(written: str) -> re.Pattern[str]:
    return re.compile(written.removeprefix("?").replace(" ", PLAIN).replace("~", ".*?"))
