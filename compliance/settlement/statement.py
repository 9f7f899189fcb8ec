"""The settlement statement as a document of ours: what was agreed, used, consumed and goes back (clause 4.6)."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from agreements.kernel.access.rules import Actor
from agreements.kernel.instants import legal_date
from agreements.kernel.money import Money
from agreements.paper.issuing import (
    Facts,
    Grid,
    OfficialDocument,
    PaperContent,
    PaperKind,
    PaperLanguage,
    Paragraph,
    PartyBlock,
    Signature,
    Weight,
    issue,
    provider_name,
)
from agreements.paper.phrases import Phrases
from agreements.register.ending_models import AgreementEnding
from agreements.register.ending_rules import EndingGround
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from compliance.settlement.figures import bases_of, order_of, usage_of
from compliance.settlement.models import Settlement, UsageStatement
from compliance.settlement.moving import CLAUSE
from compliance.settlement.rules import Calculation, Measure
from compliance.settlement.statement_words import (
    ABOUT,
    BASES,
    BESIDES,
    CONSUMED_CALLS,
    CONSUMED_DAYS,
    ENDED_EARLY,
    ENDINGS,
    ENGLISH,
    LIMIT,
    LIMIT_LESS_EARLIER,
    NOTE,
    PAYS,
    REFUNDS,
)

ENDED_ON = {
    EndingGround.BOTH_SIGNED: AgreementState.ENDED_BY_AGREEMENT,
    EndingGround.PROVIDER_CAUSE: AgreementState.ENDED_PROVIDER_CAUSE,
}
DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")


def subject_of(settlement: Settlement) -> str:
    return f"settlement:{settlement.id}"


def issue_statement(
    session: Session,
    settlement: Settlement,
    calculation: Calculation,
    usage: UsageStatement | None,
    *,
    actor: Actor,
    now: datetime,
) -> OfficialDocument:
    """Draw, seal and sign the statement of a settlement that is being confirmed."""
    agreement = settlement.agreement
    return issue(
        session,
        PaperKind.SETTLEMENT_STATEMENT,
        content=statement(
            settlement,
            calculation,
            usage,
            provider=provider_name(session, agreement),
            on=legal_date(now),
            ended=agreement.state,
        ),
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause=CLAUSE,
        actor=actor,
        now=now,
        subject=subject_of(settlement),
    )


def statement_again(
    session: Session, settlement: Settlement, *, on: date, language: PaperLanguage = PaperLanguage.ZH
) -> PaperContent:
    """Return what the statement of a confirmed settlement says, worked out anew; in English it is a translation."""
    bases = bases_of(session, settlement)
    assert bases is not None, "a confirmed settlement has its figures"
    assert settlement.basis is not None, "and its basis"
    agreement = settlement.agreement
    return statement(
        settlement,
        bases.of(settlement.basis),
        usage_of(session, settlement),
        provider=provider_name(session, agreement),
        on=on,
        ended=_ended(session, agreement),
        language=language,
    )


def _ended(session: Session, agreement: Agreement) -> AgreementState:
    """Return how the cooperation ended, also of an agreement that was closed since."""
    ending = session.get(AgreementEnding, agreement.id)
    if agreement.state is not AgreementState.CLOSED or ending is None:
        return agreement.state
    return ENDED_ON.get(ending.ground, agreement.state)


def statement(
    settlement: Settlement,
    calculation: Calculation,
    usage: UsageStatement | None,
    *,
    provider: str,
    on: date,
    ended: AgreementState,
    language: PaperLanguage = PaperLanguage.ZH,
) -> PaperContent:
    """Return what the statement says. ended: how the cooperation did; in English it is a translation."""
    agreement, say = settlement.agreement, Phrases(language, ENGLISH)
    owed = calculation.measure is Measure.BILLED_CALLS
    amount = calculation.due if owed else calculation.refund
    return PaperContent(
        title=say("结算单"),
        reference=say("订单编号：{order_no}", order_no=agreement.order_no),
        parties=(PartyBlock(say("甲方"), agreement.party_a_name), PartyBlock(say("乙方"), provider)),
        blocks=(
            Paragraph(say(ABOUT, day=say.day(settlement.ended_on), ended=say(ENDINGS.get(ended, ENDED_EARLY)))),
            Facts(_order_rows(agreement, calculation, usage, say)),
            _grid(calculation, say),
            Paragraph(say(NOTE, basis=say(BASES[calculation.basis]), limit=_limit(calculation, say)), Weight.NOTE),
            Paragraph(_conclusion(amount, say, owed=owed)),
            Paragraph(say(BESIDES)),
        ),
        signatures=(
            Signature(say("甲方（确认）"), agreement.party_a_name),
            Signature(say("乙方"), provider, is_ours=True, dated_on=on),
        ),
        language=language,
    )


def _order_rows(
    agreement: Agreement, calculation: Calculation, usage: UsageStatement | None, say: Phrases
) -> tuple[tuple[str, str], ...]:
    order = order_of(agreement)
    rows = [
        (
            say("商品与规格"),
            say(
                "{product}；{spec} × {quantity}",
                product=agreement.product_name,
                spec=agreement.spec_text,
                quantity=agreement.quantity,
            ),
        ),
        (
            say("服务期限"),
            say(
                "{first}至{last}（首尾两日均计入，共{days}天）",
                first=say.day(order.first_on),
                last=say.day(order.last_on),
                days=order.days,
            ),
        ),
        (
            say("价款"),
            say(
                "商品价格{listed}，实付金额{paid}",
                listed=_yuan(Money(agreement.list_price_fen), say),
                paid=_yuan(calculation.paid, say),
            ),
        ),
    ]
    if calculation.measure is Measure.DAYS:
        rows.append((say("已使用天数"), say("{used}天（终止当日计入）", used=calculation.used)))
    elif usage is not None:
        of = say(" / {total}次", total=f"{calculation.total:,}") if calculation.total else say("次")
        through = say.day(usage.used_through_on)
        counted = say(
            "{used}{of}（统计至{through}；来源：{source}）",
            used=f"{usage.used:,}",
            of=of,
            through=through,
            source=usage.source,
        )
        rows.append((say("计费次数"), counted))
        if calculation.beyond_quota:
            beyond = say("{count}次，不计入已消耗金额，亦不向甲方收取", count=f"{calculation.beyond_quota:,}")
            rows.append((say("超出额度"), beyond))
    return tuple(rows)


def _grid(c: Calculation, say: Phrases) -> Grid:
    if c.measure is Measure.BILLED_CALLS:
        billed = say("{used}次 × {price}元/次", used=f"{c.used:,}", price=c.unit_price)
        rows = (
            (say("应付服务费"), billed, str(c.billed)),
            (say("减：已付金额"), "", str(c.consumed)),
            (say("甲方尚应支付"), "", str(c.due)),
        )
    else:
        consumed = say(
            CONSUMED_DAYS if c.measure is Measure.DAYS else CONSUMED_CALLS,
            price=c.price,
            used=f"{c.used:,}",
            total=f"{c.total:,}",
            value=_exact(c.consumed_value),
        )
        rows = (
            (say("实付金额"), "", str(c.paid)),
            *(((say("减：此前已退款"), "", str(c.earlier)),) if c.earlier.fen else ()),
            (say("减：已消耗金额"), consumed, str(c.consumed)),
            (say("应退金额"), say("不低于零"), str(c.refund)),
        )
    head = (say("项目"), say("算式"), say("金额（元）"))
    return Grid(head, rows, widths=(3, 6, 2.4), numeric=frozenset({2}), total=True)


def _limit(c: Calculation, say: Phrases) -> str:
    """Say why less is taken off than the sum above it comes to."""
    if not c.beyond_paid:
        return ""
    return say(LIMIT_LESS_EARLIER if c.earlier.fen else LIMIT)


def _conclusion(amount: Money, say: Phrases, *, owed: bool) -> str:
    if amount.fen == 0:
        return say("双方互不退补款项。")
    return say(PAYS if owed else REFUNDS, amount=_yuan(amount, say), capitals=in_capitals(amount))


def _exact(fen: Decimal) -> str:
    """Return “= 400”, or “≈ 266.666667” where six digits do not show the whole."""
    yuan = fen / 100
    shown = f"{yuan:,.6f}".rstrip("0").rstrip(".")
    return f"{'=' if yuan == round(yuan, 6) else '≈'} {shown}"


def _yuan(amount: Money, say: Phrases) -> str:
    return say("{amount}元", amount=f"{Decimal(amount.fen).scaleb(-2):,.2f}")


def in_capitals(amount: Money) -> str:
    """Write an amount as Chinese papers do: 伍佰叁拾叁元叁角叁分, 肆佰元整; from zero to below 10^16 yuan."""
    yuan, rest = divmod(amount.fen, 100)
    jiao, fen = divmod(rest, 10)
    words = _whole_in_capitals(yuan) + "元" if yuan else ""
    if not rest:
        return (words or "零元") + "整"
    if jiao:
        words += DIGITS[jiao] + "角"
    elif yuan:
        words += "零"
    return words + (DIGITS[fen] + "分" if fen else "整")


def _whole_in_capitals(number: int) -> str:
    words, gap = "", False
    groups = _groups(number)
    for position in range(len(groups) - 1, -1, -1):
        group = groups[position]
        if group == 0:
            gap = bool(words)
            continue
        if words and (gap or group < 1000):
            words += "零"
        words += _group_in_capitals(group) + GROUPS[position]
        gap = False
    return words


def _groups(number: int) -> list[int]:
    """Split into groups of four digits, the lowest first."""
    found = []
    while number:
        number, group = divmod(number, 10_000)
        found.append(group)
    return found


def _group_in_capitals(group: int) -> str:
    words, gap = "", False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if digit == 0:
            gap = bool(words)
            continue
        words += ("零" if gap else "") + DIGITS[digit] + PLACES[place]
        gap = False
    return words
