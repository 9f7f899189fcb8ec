"""Lists of orders for tests, as a marketplace exports them."""

import csv
import io
from datetime import datetime

from openpyxl import Workbook

HEADS = (
    "订单编号", "甲方", "商品名称", "规格名称", "数量", "付费方式", "订单原价（元）", "实付金额（元）",
    "服务开始时间", "服务结束时间", "支付时间", "支付流水号", "备注",
)  # fmt: skip


def an_order(order_no="300000000000001", **changed):
    """One row by its heads: 1200元/3万次 for 800.00 yuan, 2024-07-28 to 2025-07-29."""
    values = {
        "订单编号": order_no,
        "甲方": "银杏供应链管理（长沙）有限公司",
        "商品名称": "身份二要素核验-【示例】",
        "规格名称": "1200元/3万次",
        "数量": "1",
        "付费方式": "按次购买",
        "订单原价（元）": "1,200.00",
        "实付金额（元）": "¥800.00",
        "服务开始时间": "2024-07-28",
        "服务结束时间": "2025年7月29日",
        "支付时间": "",
        "支付流水号": "",
        "备注": "",
    }
    assert changed.keys() <= values.keys(), changed
    return values | changed


def a_csv(*orders, heads=HEADS, encoding="utf-8-sig", separator=","):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(heads)
    writer.writerows([order.get(head, "") for head in heads] for order in orders)
    return out.getvalue().encode(encoding)


def an_xlsx(*orders, heads=HEADS, title=None):
    book = Workbook()
    sheet = book.active
    if title:
        sheet.append([title])
    sheet.append(list(heads))
    for order in orders:
        sheet.append([order.get(head) for head in heads])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def moment(text):
    return datetime.fromisoformat(text)
