"""Order forms of generated values, printed in the layouts and styles that people use; and what each must read to."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

CHINESE_DIGITS = "〇一二三四五六七八九"
SMALL = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"]
FORMAL = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"]


def spoken(number, digits=SMALL, units=("", "十", "百", "千")):
    """A whole number below 100 million in Chinese characters, as in 一万二千零五."""
    if number >= 10_000:
        rest = number % 10_000
        gap = digits[0] or "零"
        low = (gap if rest < 1000 else "") + spoken(rest, digits, units) if rest else ""
        return spoken(number // 10_000, digits, units) + "万" + low
    text, zero = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if zero and text else "") + digits[digit] + units[place]
            zero = False
        else:
            zero = True
    return "十" + text[2:] if text.startswith("一十") else text


def formal_yuan(amount):
    return spoken(int(amount), FORMAL, ("", "拾", "佰", "仟")).replace("十", "拾") + "元整"


# --- numbers, money, dates ------------------------------------------------------------------------------------

COUNT_STYLES = {
    "plain": str,
    "万": lambda n: f"{Decimal(n) / 10_000:f}万" if n % 1000 == 0 and n >= 10_000 else str(n),
    "thousands": lambda n: f"{n:,}",
    "Chinese": spoken,
}
MONEY_STYLES = {
    "plain": lambda m: f"{m:.2f}",
    "one decimal": lambda m: f"{m:.1f}" if m == round(m, 1) else f"{m:.2f}",
    "yuan": lambda m: f"{m:.2f}元",
    "sign": lambda m: f"¥{m:,.2f}",
    "full sign": lambda m: f"￥{m:.2f}",
    "currency word": lambda m: f"人民币{m:.2f}元",
    "RMB": lambda m: f"RMB {m:,.2f}",
    "words too": lambda m: f"{m:.2f}元（大写：{formal_yuan(m)}）" if m == int(m) and m > 0 else f"{m:.2f}元",
    "words first": lambda m: f"人民币{formal_yuan(m)}（¥{m:.2f}）" if m == int(m) and m > 0 else f"¥{m:.2f}",
}
DATE_STYLES = {
    "zero-padded Chinese": lambda d: f"{d:%Y年%m月%d日}",
    "Chinese": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "slashes": lambda d: f"{d:%Y/%m/%d}",
    "hyphens": lambda d: f"{d.year}-{d.month}-{d.day}",
    "dots": lambda d: f"{d.year}.{d.month}.{d.day}",
    "compact": lambda d: f"{d:%Y%m%d}",
    "spaced": lambda d: f"{d.year} 年 {d.month} 月 {d.day} 日",
    "号": lambda d: f"{d.year}年{d.month}月{d.day}号",
    "characters": lambda d: (
        "".join(CHINESE_DIGITS[int(c)] for c in str(d.year)) + f"年{spoken(d.month)}月{spoken(d.day)}日"
    ),
}
PERIOD_STYLES = {
    "至": "{}至{}",
    "spaced 至": "{} 至 {}",
    "hyphen": "{} - {}",
    "dash": "{}—{}",
    "tilde": "{}~{}",
    "wave": "{}～{}",
    "自…起至…止": "自{}起至{}止",
    "自…至…": "自{}至{}（含）",
    "到": "{}到{}",
    "从…到": "从{}到{}止",
    "both days counted": "{}至{}（含首尾两日）",
}
ENDS = {
    "date": ("", 1),
    "last second": (" 23:59:59", 1),
    "midnight of the end": (" 24:00", 1),
    "instant": (" 00:00:00", 0),
}

# --- specs ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PrintedSpec:
    text: str
    kind: str
    price: Decimal | None = None
    calls: int | None = None
    period: str | None = None
    unit_price: Decimal | None = None
    qps: int | None = None
    payment_mode: str = "按次购买"


@st.composite
def packs(draw):
    calls = draw(st.sampled_from([100, 500, 1000, 5000, 10_000, 25_000, 30_000, 200_000, 1_000_000, 12_000, 3500]))
    price = Decimal(draw(st.sampled_from([1, 50, 99, 300, 1200, 5000, 12_000, 100_000])))
    count = draw(st.sampled_from(sorted(COUNT_STYLES)))
    printed, sum_ = COUNT_STYLES[count](calls), draw(st.sampled_from([f"{price}", f"{price:,}", f"{price}.00"]))
    period, note = draw(
        st.sampled_from([(None, ""), ("year", "/年"), ("month", "/月"), ("year", "（有效期一年）"), ("year", " 包年")])
    )
    qps, rate = draw(st.sampled_from([(None, ""), (None, ""), (10, "（QPS 10）"), (5, "，限速5QPS")]))
    text = draw(
        st.sampled_from(
            [
                f"{sum_}元/{printed}次",
                f"{printed}次/{sum_}元",
                f"{sum_}元 / {printed} 次",
                f"¥{sum_}/{printed}次",
                f"{printed}次（{sum_}元）",
                f"{printed}次包 {sum_}元",
                f"{sum_}元包{printed}次",
                f"{sum_}元={printed}次",
                f"{printed}次 售价{sum_}元",
            ]
        )
    )
    return PrintedSpec(text + note + rate, "pack", price, calls, period, qps=qps)


@st.composite
def calls_one_by_one(draw):
    unit = draw(st.sampled_from([Decimal("0.01"), Decimal("0.5"), Decimal("0.35"), Decimal(1)]))
    text = draw(
        st.sampled_from(
            [f"{unit}元/1次", f"{unit}元/次", f"¥{unit}/次", f"每次{unit}元", f"单次{unit}元", f"{unit}元每次"]
        )
    )
    return PrintedSpec(text, "per_call", unit, 1, unit_price=unit)


@st.composite
def subscriptions(draw):
    price = Decimal(draw(st.sampled_from([300, 9800, 12_000])))
    word, period = draw(
        st.sampled_from(
            [
                ("包年", "year"),
                ("包月", "month"),
                ("年费", "year"),
                ("按年订阅", "year"),
                ("/年 不限次", "year"),
                ("/年不限量", "year"),
            ]
        )
    )
    text = (
        f"{price}元{word}"
        if word.startswith("/")
        else draw(
            st.sampled_from([f"{word}{price}元", f"{word} {price}元", f"{price}元（{word}）", f"{word}：{price}元"])
        )
    )
    qps, rate = draw(st.sampled_from([(None, ""), (10, "（QPS 10）"), (20, "，QPS≤20"), (50, " 50QPS")]))
    return PrintedSpec(text + rate, "subscription", price, None, period, qps=qps, payment_mode="包年包月")


@st.composite
def metered(draw):
    unit = draw(st.sampled_from([Decimal("0.04"), Decimal("0.5")]))
    text = draw(
        st.sampled_from(
            [f"按量计费 {unit}元/次", f"按量付费（{unit}元/次）", f"按需 {unit}元/次", f"{unit}元/次，按实际使用量结算"]
        )
    )
    return PrintedSpec(text, "pay_as_you_go", None, None, unit_price=unit, payment_mode="按量付费")


SPECS = st.one_of(packs(), packs(), calls_one_by_one(), subscriptions(), metered())

# --- the values of a form -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    name: str
    address: str
    contact: str
    phone: str


@dataclass(frozen=True)
class Values:
    party_a: Side
    party_b: Side
    order_no: str
    product: str
    spec: PrintedSpec
    quantity: int
    start: date
    end: date
    listed: Decimal
    paid: Decimal
    signed: date


NAMES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["云杉", "白桦", "红枫", "金桂", "青松", "Alder ", "四季", "一品"]),
    st.sampled_from(["商务服务", "数据科技", "企业管理", "信息", "物流"]),
    st.sampled_from(["", "（武汉）", "（杭州）", "集团"]),
    st.sampled_from(["有限公司", "股份有限公司", "有限责任公司", "工作室", "经营部"]),
)
ADDRESSES = st.builds(
    "{}{}路{}号{}".format,
    st.sampled_from(["湖北省武汉市示例区", "浙江省杭州市示例区", "上海市示例区"]),
    st.sampled_from(["梧桐", "水杉", "银杏", "五一"]),
    st.integers(1, 999),
    st.sampled_from(["", "3幢1206室", "2号楼（东）508室", " A座 12层", "国际中心A幢25楼08号"]),
)
PHONES = st.sampled_from(
    ["13900000001", "139-0000-0001", "0571-88880000", "027-88880000-801", "400-800-0000", "+86 13900000001"]
)
SIDES = st.builds(Side, NAMES, ADDRESSES, st.sampled_from(["张三", "李四光", "欧阳示例", "王经理"]), PHONES)


@st.composite
def values(draw):
    party_a, party_b = draw(SIDES), draw(SIDES)
    spec, quantity = draw(SPECS), draw(st.sampled_from([1, 1, 2, 3, 12]))
    start = draw(st.dates(date(2023, 1, 1), date(2026, 12, 31)))
    end = start + timedelta(days=draw(st.integers(27, 800)))
    listed = (spec.price if spec.price is not None else Decimal(100)) * quantity
    paid = draw(st.sampled_from([listed, (listed / 2).quantize(Decimal("0.01")), Decimal("0.01")]))
    return Values(
        party_a,
        party_b,
        draw(st.sampled_from(["236642482600000", "202407280000123", "CM-2024-000123", "900000000000001"])),
        draw(
            st.sampled_from(
                [
                    "身份信息核验-两要素-【青榕核验】",
                    "二要素实名核验接口API",
                    "企业四要素核验（标准版）",
                    "手机号三网核验-V2.0",
                ]
            )
        ),
        spec,
        quantity,
        start,
        end,
        listed,
        paid,
        draw(st.dates(date(2023, 1, 1), date(2026, 12, 31))),
    )


# --- styles and layouts ---------------------------------------------------------------------------------------

LABELS = {
    "address": ["地址", "联系地址", "住所", "通讯地址", "地 址", "地  址"],
    "contact": ["联系人", "联络人", "联 系 人", "经办人"],
    "phone": ["电话", "联系电话", "电 话", "手机号码", "电　　话"],
    "order_no": ["订单编号", "订单号", "订 单 编 号", "订单ID"],
    "product": ["商品名称", "产品名称", "商 品 名 称"],
    "spec": ["规格名称", "商品规格", "套餐名称", "规格"],
    "quantity": ["数量", "购买数量", "数 量", "数   量"],
    "mode": ["付费方式", "计费方式", "付费模式"],
    "period": ["服务期限", "服务期间", "服 务 期 限", "服务有效期"],
    "listed": ["商品价格", "商品总价", "订单金额", "原价", "商品价格（元）"],
    "paid": ["实付金额", "实付款", "实际支付金额", "实付金额（元）"],
}
EXTRA_ROWS = [
    ("优惠金额", "10.00"),
    ("下单时间", "2024-07-01 10:20:30"),
    ("备注", "无"),
    ("发票类型", "电子普通发票"),
    ("应付金额", "7.77"),
]
WIDE = {c: chr(ord(c) + 0xFEE0) for c in map(chr, range(0x21, 0x7F)) if c not in "|#*<>/=`_"}
BY_COLON = {"：": "：", ": ": ": ", " ： ": " ： ", ":": ":"}


@dataclass(frozen=True)
class Printed:
    text: str
    values: Values
    end_days: int


@st.composite
def forms(draw):
    """An order form in one of many layouts; `end_days`: 1 where the printed end is served, 0 where it is the bound."""
    one = draw(values())
    label = {key: draw(st.sampled_from(listed)) for key, listed in LABELS.items()}
    day = DATE_STYLES[draw(st.sampled_from(sorted(DATE_STYLES)))]
    money = MONEY_STYLES[draw(st.sampled_from(sorted(MONEY_STYLES)))]
    clock, end_days = ENDS[draw(st.sampled_from(["date", "date", "date", *sorted(ENDS)]))]
    period = PERIOD_STYLES[draw(st.sampled_from(sorted(PERIOD_STYLES)))]
    start = day(one.start) + (" 00:00:00" if clock else "")
    quantity = draw(st.sampled_from([str, lambda n: f"{n}份", lambda n: f"x{n}", lambda n: f"{n} 个", spoken]))(
        one.quantity
    )
    rows = [
        (label["order_no"], one.order_no),
        (label["product"], one.product),
        (label["spec"], one.spec.text),
        (label["quantity"], quantity),
        (label["mode"], one.spec.payment_mode),
        (label["period"], period.format(start, day(one.end) + clock)),
        (label["listed"], money(one.listed)),
        (label["paid"], money(one.paid)),
    ]
    rows += draw(st.lists(st.sampled_from(EXTRA_ROWS), max_size=2, unique=True))
    rows = draw(st.permutations(rows)) if draw(st.booleans()) else rows
    colon = draw(st.sampled_from(sorted(BY_COLON)))
    header = draw(st.sampled_from(HEADERS))(one, label, colon)
    order = draw(st.sampled_from(ORDERS))(rows, colon)
    signature = draw(st.sampled_from(SIGNATURES))(one, day, colon)
    intro = "甲方通过云市场（market.example.com）购买乙方商品，双方达成本协议。\n\n一、甲方购买如下商品：\n\n"
    closing = "二、其他\n\n1. 本协议自甲方在线购买并完成支付后生效，至订单约定的服务期限届满之日终止。\n\n" + draw(
        st.sampled_from(
            ["", "2. 双方应当友好合作，本条为新增条款。\n\n", "2.7 甲方应在每季度末向乙方反馈使用情况。\n\n"]
        )
    )
    text = f"云市场商品销售协议\n\n{header}\n\n{intro}{order}\n\n{closing}{signature}\n"
    if draw(st.integers(0, 3)) == 0:
        text = "\n".join(
            line if line.startswith(("|--", "<")) else line.translate(str.maketrans(WIDE)) for line in text.split("\n")
        )
    text = text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n"])))
    return Printed(text, one, end_days)


def _sides(one):
    return (("甲方", one.party_a), ("乙方", one.party_b))


def _fields(side, label):
    return [(label["address"], side.address), (label["contact"], side.contact), (label["phone"], side.phone)]


def header_lines(one, label, colon):
    return "\n\n".join(
        "\n".join(f"{a}{colon}{b}" for a, b in [(party, side.name), *_fields(side, label)])
        for party, side in _sides(one)
    )


def header_airy(one, label, colon):
    return "\n\n".join(
        "\n\n".join(f"{a}{colon}{b}" for a, b in [(party, side.name), *_fields(side, label)]) + f"\n\n（下称“{short}”）"
        for (party, side), short in zip(_sides(one), ("最终用户", "服务商"), strict=True)
    )


def header_reordered(one, label, colon):
    return "\n\n".join(
        "\n".join(f"{a}{colon}{b}" for a, b in [(party, side.name), *reversed(_fields(side, label))])
        for party, side in reversed(_sides(one))
    )


def header_one_line(one, label, colon):
    return "\n".join(
        "；".join(f"{a}{colon.strip()}{b}" for a, b in [(party, side.name), *_fields(side, label)]) + "。"
        for party, side in _sides(one)
    )


def header_columns(one, label, colon):
    a, b = one.party_a, one.party_b
    rows = [("", "甲方", "乙方"), ("名称", a.name, b.name)]
    rows += [(word, left, right) for (word, left), (_, right) in zip(_fields(a, label), _fields(b, label), strict=True)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def header_side_by_side(one, label, colon):
    left = [("甲方", one.party_a.name), *_fields(one.party_a, label)]
    right = [("乙方", one.party_b.name), *_fields(one.party_b, label)]
    return "\n".join(f"| {a}{colon}{b} | {c}{colon}{d} |" for (a, b), (c, d) in zip(left, right, strict=True))


HEADERS = [header_lines, header_airy, header_reordered, header_one_line, header_columns, header_side_by_side]


def order_table(rows, colon):
    return "\n".join(["| 项目 | 内容 |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)])


def order_bare_table(rows, colon):
    return "\n".join(["|      |   |", "|------|---|", *(f"| {a}   | {b}      |" for a, b in rows)])


def order_lines(rows, colon):
    return "\n".join(f"{a}{colon}{b}" for a, b in rows)


def order_airy(rows, colon):
    return "\n\n\n".join(f"{a}{colon}{b}" for a, b in rows)


def order_tabs(rows, colon):
    return "\n".join(f"{a}\t{b}" for a, b in rows)


def order_bullets(rows, colon):
    return "\n".join(f"- {a}{colon}{b}" for a, b in rows)


def order_numbered(rows, colon):
    return "\n".join(f"{n}、{a}{colon}{b}" for n, (a, b) in enumerate(rows, 1))


def order_pairs(rows, colon):
    rows = [*rows, ("备注", "无")] if len(rows) % 2 else rows
    return "\n".join(f"| {a} | {b} | {c} | {d} |" for (a, b), (c, d) in zip(rows[::2], rows[1::2], strict=True))


def order_lying(rows, colon):
    return (
        "| "
        + " | ".join(a for a, _ in rows)
        + " |\n|"
        + "---|" * len(rows)
        + "\n| "
        + " | ".join(b for _, b in rows)
        + " |"
    )


def order_html(rows, colon):
    return "<table>\n" + "\n".join(f"<tr><td>{a}</td><td>{b}</td></tr>" for a, b in rows) + "\n</table>"


def order_label_above(rows, colon):
    return "\n".join(f"{a}\n{b}\n" for a, b in rows)


ORDERS = [
    order_table,
    order_bare_table,
    order_lines,
    order_airy,
    order_tabs,
    order_bullets,
    order_numbered,
    order_pairs,
    order_lying,
    order_html,
    order_label_above,
]


def signature_lines(one, day, colon):
    return "\n\n".join(
        f"{party}（盖章）{colon}{side.name}\n日期{colon}{day(one.signed)}" for party, side in _sides(one)
    )


def signature_together(one, day, colon):
    return f"甲方{colon}{one.party_a.name}\n\n乙方{colon}{one.party_b.name}\n\n（盖章）\n\n日期{colon}{day(one.signed)}\n\n日期{colon}{day(one.signed)}"


SIGNATURES = [signature_lines, signature_together]
