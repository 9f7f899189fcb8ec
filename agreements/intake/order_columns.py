"""The columns of a marketplace's list of orders: Chinese heads as exported, English ones, what must be there."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agreements.kernel.errors import N_, InvalidInput

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "order_no": ("订单编号", "订单号", "订单ID", "主订单号", "order_no", "order number", "order id", "order"),
    "tenant_name": (
        "甲方", "买家名称", "买家", "购买方", "购买方名称", "采购方", "客户", "客户名称", "客户全称",
        "企业名称", "公司名称", "买方", "最终用户",
        "tenant", "tenant name", "customer", "customer name", "buyer", "company",
    ),
    "product_name": ("商品名称", "服务名称", "产品名称", "商品", "product", "product name", "item"),
    "product_code": ("商品编码", "产品编码", "商品代码", "产品代码", "product code", "code", "sku"),
    "spec_text": ("规格名称", "规格", "商品规格", "套餐", "套餐名称", "spec", "specification", "plan"),
    "quantity": ("数量", "购买数量", "订购数量", "quantity", "qty"),
    "payment_mode": ("付费方式", "购买方式", "计费方式", "付款方式", "payment mode", "billing mode"),
    "list_price": (
        "订单原价", "商品价格", "商品原价", "原价", "标价", "订单金额", "总价", "应付金额",
        "list price", "price", "total",
    ),
    "paid_amount": (
        "实付金额", "实付", "实付价", "实付款", "实际支付", "实际付款", "支付金额", "实收金额",
        "paid amount", "paid", "amount paid",
    ),
    "service_start": (
        "服务开始时间", "开始时间", "开始日期", "服务开始日期", "生效日期", "生效时间",
        "service start", "start", "start date",
    ),
    "service_end": (
        "服务结束时间", "结束时间", "结束日期", "服务结束日期", "到期日期", "到期时间",
        "service end", "end", "end date",
    ),
    "service_period": ("服务期限", "服务期", "使用期限", "有效期", "service period", "period"),
    "paid_at": ("支付时间", "付款时间", "支付完成时间", "paid at", "payment time"),
    "payment_reference": (
        "支付流水号", "交易号", "交易流水号", "支付单号", "支付编号",
        "payment reference", "payment number", "transaction id",
    ),
    "purchaser_account": ("买家账号", "购买账号", "客户账号", "账号", "purchaser account", "buyer account", "account"),
    "seller_account": ("服务商账号", "卖家账号", "seller account"),
    "provider_name": ("乙方", "服务商", "服务商名称", "卖家名称", "provider", "seller"),
    "status": ("订单状态", "状态", "status", "order status"),
    "currency": ("币种", "货币", "currency"),
}  # fmt: skip
"""Field → the heads by which it is known, the first as this page and the README name it."""

MANDATORY = (
    "order_no", "tenant_name", "product_name", "spec_text", "quantity", "list_price", "paid_amount",
    "service_start", "service_end",
)  # fmt: skip
IN_PARENTHESES = re.compile(r"[(\[【][^)\]】]{0,12}[)\]】]")
NOT_A_LETTER = re.compile(r"[\W_]+")
LOOKED_THROUGH = 10
"""Rows at the top of a sheet among which the heads stand; exports begin with titles."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds which field, from 0; `ignored` are heads that nobody understood."""

    places: Mapping[str, int]
    ignored: tuple[str, ...]

    def cells(self, row: Sequence[object]) -> dict[str, object]:
        return {name: row[place] if place < len(row) else None for name, place in self.places.items()}


def plain_head(head: object) -> str:
    """Return a head without width, case, marks, spaces and a unit in parentheses: 实付金额（元） is 实付金额."""
    text = unicodedata.normalize("NFKC", str(head or "")).casefold()
    return NOT_A_LETTER.sub("", IN_PARENTHESES.sub("", text))


KNOWN = {plain_head(alias): name for name, aliases in COLUMNS.items() for alias in aliases}


def find_columns(row: Sequence[object]) -> Columns | None:
    """Read a row as heads; None where it isn't one. Raises InvalidInput where a column is missing or stands twice."""
    places: dict[str, int] = {}
    ignored, twice = [], []
    for place, head in enumerate(row):
        name = KNOWN.get(plain_head(head))
        if name is None:
            if str(head or "").strip():
                ignored.append(str(head).strip()[:40])
        elif name in places:
            twice.append(str(head).strip()[:40])
        else:
            places[name] = place
    if "order_no" not in places or len(places) < 3:
        return None
    if twice:
        raise InvalidInput(
            N_("Two columns mean the same: %(heads)s."),
            code="COLUMN_TWICE",
            field="file",
            remedy=N_("Keep one of them and upload the list again."),
            heads=", ".join(twice),
        )
    missing = [COLUMNS[name][0] for name in MANDATORY if name not in places and not _is_in_period(name, places)]
    if missing:
        raise InvalidInput(
            N_("These columns are missing: %(heads)s."),
            code="COLUMN_MISSING",
            field="file",
            remedy=N_("Export the list with them, or name the columns so; the order does not matter."),
            heads="、".join(missing),
        )
    return Columns(places, tuple(ignored[:30]))


def _is_in_period(name: str, places: Mapping[str, int]) -> bool:
    return name in ("service_start", "service_end") and "service_period" in places


def no_heads() -> InvalidInput:
    return InvalidInput(
        N_("No row of heads was found at the top of the list."),
        code="NO_HEADS",
        field="file",
        remedy=N_("The first row names the columns: 订单编号, 甲方, 商品名称, 规格名称, 数量, 订单原价, 实付金额, …"),
    )
