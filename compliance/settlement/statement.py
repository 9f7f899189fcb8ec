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
    Paragraph,
    PartyBlock,
    Signature,
    Weight,
    issue,
    provider_name,
)
from agreements.register.models import Agreement
from agreements.register.rules import AgreementState
from compliance.settlement.figures import order_of
from compliance.settlement.models import Settlement, UsageStatement
from compliance.settlement.moving import CLAUSE
from compliance.settlement.rules import Basis, Calculation, Measure

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")
ENDINGS = {
    AgreementState.ENDED_BY_AGREEMENT: "双方协商一致提前终止",
    AgreementState.ENDED_PROVIDER_CAUSE: "因乙方原因提前终止",
}
BASES = {
    Basis.PAID_PROPORTIONAL: "按实付金额折算",
    Basis.LIST_PRICE: "按商品价格（标价）计算",
}


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
            settlement, calculation, usage, provider=provider_name(session, agreement), on=legal_date(now)
        ),
        agreement_id=agreement.id,
        tenant_id=agreement.tenant_id,
        clause=CLAUSE,
        actor=actor,
        now=now,
    )


def statement(
    settlement: Settlement, calculation: Calculation, usage: UsageStatement | None, *, provider: str, on: date
) -> PaperContent:
    """Return what the statement says."""
    agreement = settlement.agreement
    owed = calculation.measure is Measure.BILLED_CALLS
    amount = calculation.due if owed else calculation.refund
    return PaperContent(
        title="结算单",
        reference=f"订单编号：{agreement.order_no}",
        parties=(PartyBlock("甲方", agreement.party_a_name), PartyBlock("乙方", provider)),
        blocks=(
            Paragraph(
                f"双方就上述订单的合作已于{_day(settlement.ended_on)}{ENDINGS.get(agreement.state, '提前终止')}。"
                "根据《最终用户使用协议》附件第4.6条，按服务价格标准和实际使用情况结算如下："
            ),
            Facts(_order_rows(agreement, calculation, usage)),
            _grid(calculation),
            Paragraph(
                f"结算口径：{BASES[calculation.basis]}。{_limit(calculation)}金额以分为单位，仅在最后一步四舍五入一次。",
                Weight.NOTE,
            ),
            Paragraph(_conclusion(amount, owed=owed)),
            Paragraph("除本结算单所列款项外，协议终止前已经产生的其他权利义务以及保密、数据保护义务不受影响。"),
        ),
        signatures=(
            Signature("甲方（确认）", agreement.party_a_name),
            Signature("乙方", provider, is_ours=True, dated_on=on),
        ),
    )


def _order_rows(
    agreement: Agreement, calculation: Calculation, usage: UsageStatement | None
) -> tuple[tuple[str, str], ...]:
    order = order_of(agreement)
    rows = [
        ("商品与规格", f"{agreement.product_name}；{agreement.spec_text} × {agreement.quantity}"),
        ("服务期限", f"{_day(order.first_on)}至{_day(order.last_on)}（首尾两日均计入，共{order.days}天）"),
        ("价款", f"商品价格{_yuan(Money(agreement.list_price_fen))}，实付金额{_yuan(calculation.paid)}"),
    ]
    if calculation.measure is Measure.DAYS:
        rows.append(("已使用天数", f"{calculation.used}天（终止当日计入）"))
    elif usage is not None:
        of = f" / {calculation.total:,}次" if calculation.total else "次"
        rows.append(("计费次数", f"{usage.used:,}{of}（统计至{_day(usage.used_through_on)}；来源：{usage.source}）"))
        if calculation.beyond_quota:
            rows.append(("超出额度", f"{calculation.beyond_quota:,}次，不计入已消耗金额，亦不向甲方收取"))
    return tuple(rows)


def _grid(c: Calculation) -> Grid:
    if c.measure is Measure.BILLED_CALLS:
        rows = (
            ("应付服务费", f"{c.used:,}次 × {c.unit_price}元/次", str(c.billed)),
            ("减：已付金额", "", str(c.consumed)),
            ("甲方尚应支付", "", str(c.due)),
        )
    else:
        unit = "天" if c.measure is Measure.DAYS else "次"
        rows = (
            ("实付金额", "", str(c.paid)),
            *((("减：此前已退款", "", str(c.earlier)),) if c.earlier.fen else ()),
            (
                "减：已消耗金额",
                f"{c.price}元 × {c.used:,}{unit} ÷ {c.total:,}{unit} {_exact(c.consumed_value)}元",
                str(c.consumed),
            ),
            ("应退金额", "不低于零", str(c.refund)),
        )
    return Grid(("项目", "算式", "金额（元）"), rows, widths=(3, 6, 2.4), numeric=frozenset({2}), total=True)


def _limit(c: Calculation) -> str:
    """Say why less is taken off than the sum above it comes to."""
    if not c.beyond_paid:
        return ""
    return f"已消耗金额以实付金额{'扣除此前退款' if c.earlier.fen else ''}为限，超出部分不向甲方收取。"


def _conclusion(amount: Money, *, owed: bool) -> str:
    if amount.fen == 0:
        return "双方互不退补款项。"
    payer, payee = ("甲方", "乙方") if owed else ("乙方", "甲方")
    verb = "支付" if owed else "退还"
    return f"{payer}应向{payee}{verb}人民币{_yuan(amount)}（大写：{in_capitals(amount)}）。"


def _exact(fen: Decimal) -> str:
    """Return “= 400”, or “≈ 266.666667” where six digits do not show the whole."""
    yuan = fen / 100
    shown = f"{yuan:,.6f}".rstrip("0").rstrip(".")
    return f"{'=' if yuan == round(yuan, 6) else '≈'} {shown}"


def _yuan(amount: Money) -> str:
    return f"{Decimal(amount.fen).scaleb(-2):,.2f}元"


def _day(on: date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"


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
