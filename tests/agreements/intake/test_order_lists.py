"""Lists of marketplace orders: heads in many wordings, strict cells, nothing half-written, the same order twice."""

import zipfile
from io import BytesIO

import pytest
from sqlalchemy import func, select

from agreements.intake.batch_models import IntakeBatch, IntakeItem, ItemState
from agreements.intake.batch_reading import unfinished, work_on
from agreements.intake.batches import error_of, open_order_batch, row_of
from agreements.intake.order_columns import COLUMNS, find_columns
from agreements.intake.order_files import open_list
from agreements.intake.order_review import confirm_orders, confirm_payments, lay_aside, seen_mark
from agreements.intake.order_rows import read_row
from agreements.intake.order_sums import arithmetic_of, doubts_of
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.errors import InvalidInput, LuyueError, NotPermitted, Stale
from agreements.kernel.money import Money
from agreements.parties.actions import Upload
from agreements.register.actions import agreement_of_order
from agreements.register.models import Agreement, Term
from agreements.register.rules import AgreementState, SpecKind
from tests.builders import a_person, at
from tests.builders_orders import a_csv, an_order, an_xlsx, moment
from tests.builders_register import FINANCE, OFFICER, a_paid_agreement, a_registered_agreement

NOW = at("Mon 2024-09-30 10:00")


def a_row(**changed):
    opened = open_list("订单.csv", a_csv(an_order(**changed)))
    [(_, cells)] = opened.rows(after=0)
    return read_row(cells)


def taken_in(content, name="订单.csv"):
    with unit_of_work() as session:
        batch_id = open_order_batch(session, Upload(name, "text/csv", content), actor=OFFICER, now=NOW).id
    work_on(batch_id, most=10_000)
    return batch_id


def states_of(batch_id):
    session = db.session()
    session.rollback()
    rows = session.execute(select(IntakeItem.line, IntakeItem.state).where(IntakeItem.batch_id == batch_id))
    return dict(rows.all())


def seen(session, state=ItemState.UNDER_REVIEW):
    items = session.scalars(select(IntakeItem).where(IntakeItem.state == state))
    return {item.id: seen_mark(row_of(session, item), item) for item in items}


def test_a_row_is_read_to_its_values_and_its_arithmetic():
    row = a_row()
    sums = arithmetic_of(row)
    assert (row.list_price, row.paid_amount, row.spec.kind) == ("1200.00", "800.00", SpecKind.PACK)
    assert (row.starts_at, row.ends_at) == (at("Sun 2024-07-28 00:00"), at("Wed 2025-07-30 00:00"))
    assert (sums.quota_total, sums.price_agrees, sums.discount, sums.service_days) == (30000, True, Money(40000), 367)
    assert sums.quota_formula == "30,000 × 1 = 30,000"
    assert list(doubts_of(row)) == []
    assert list(doubts_of(a_row(**{"订单原价（元）": "700"}))) == ["price_differs", "paid_more"]


@pytest.mark.parametrize(
    "head", ["订单编号", " 订单号 ", "订单ＩＤ", "Order No", "order_id", "【订单编号】订单编号(必填)"]
)
def test_heads_are_known_in_many_wordings(head):
    heads = [head, "甲方", "商品名称", "规格", "数量", "原价(元)", "实付", "服务期限"]
    columns = find_columns(heads)
    assert columns is not None
    assert set(columns.places) >= {"order_no", "list_price", "paid_amount", "service_period"}


def test_the_agreement_s_own_labels_are_heads_too():
    columns = find_columns(
        ["订单号", "客户", "商品", "规格", "数量", "付费方式", "服务期限", "商品价格", "实付金额", "付款时间"]
    )

    assert columns is not None
    assert (columns.places["tenant_name"], columns.places["list_price"]) == (1, 7)


def test_every_alias_means_one_field_only():
    from agreements.intake.order_columns import plain_head

    plain = [plain_head(alias) for aliases in COLUMNS.values() for alias in {plain_head(each) for each in aliases}]
    assert len(plain) == len(set(plain))


@pytest.mark.parametrize(
    ("heads", "code"),
    [
        (["订单编号", "甲方", "规格", "数量"], "COLUMN_MISSING"),
        (["订单编号", "订单号", "甲方", "规格", "数量"], "COLUMN_TWICE"),
    ],
)
def test_a_column_that_lacks_or_stands_twice_is_named(heads, code):
    with pytest.raises(InvalidInput) as caught:
        find_columns(heads)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"订单编号": ""}, "order_no"),
        ({"订单编号": "3.0000E+14"}, "order_no"),
        ({"订单编号": "有问题"}, "order_no"),
        ({"甲方": " "}, "tenant_name"),
        ({"规格名称": "套餐A"}, "spec_text"),
        ({"数量": "1.5"}, "quantity"),
        ({"数量": "0"}, "quantity"),
        ({"订单原价（元）": "约1200"}, "list_price"),
        ({"实付金额（元）": "799.999"}, "paid_amount"),
        ({"实付金额（元）": "-1"}, "paid_amount"),
        ({"服务开始时间": "2024-13-01"}, "service_start"),
        ({"服务结束时间": "2024-07-27"}, "service_end"),
        ({"服务结束时间": "明年"}, "service_end"),
        ({"支付时间": "昨天"}, "paid_at"),
        ({"甲方": "长" * 301}, "tenant_name"),
    ],
)
def test_a_cell_that_can_not_be_taken_is_named_with_its_remedy(changed, field):
    with pytest.raises(InvalidInput) as caught:
        a_row(**changed)
    assert (caught.value.field, bool(caught.value.remedy)) == (field, True)


@pytest.mark.parametrize(
    ("end", "ends_at"),
    [
        ("2025-07-29", "Wed 2025-07-30 00:00"),
        ("20250729", "Wed 2025-07-30 00:00"),
        ("2025/7/29 23:59:59", "Wed 2025-07-30 00:00"),
        ("2025-07-29 12:30", "Tue 2025-07-29 12:30"),
        ("2025-07-30 00:00:00", "Wed 2025-07-30 00:00"),
    ],
)
def test_e_01_a_last_day_is_served_to_its_end_and_an_instant_to_the_instant(end, ends_at):
    assert a_row(服务结束时间=end).ends_at == at(ends_at)


@pytest.mark.parametrize(
    "period", ["2024-07-28至2025-07-29", "2024/07/28-2025/07/29", "2024年7月28日 ～ 2025年7月29日"]
)
def test_one_column_may_hold_the_whole_period(period):
    order = an_order() | {"服务期限": period}
    heads = [head for head in order if head not in ("服务开始时间", "服务结束时间")]
    [(_, cells)] = open_list("x.csv", a_csv(order, heads=heads)).rows(after=0)
    assert read_row(cells).ends_at == at("Wed 2025-07-30 00:00")


@pytest.mark.parametrize(
    "content",
    [
        a_csv(an_order(), encoding="gb18030"),
        a_csv(an_order(), separator="\t", encoding="utf-16"),
        a_csv(an_order(), separator=";"),
        an_xlsx(an_order(), title="订单导出 2024"),
        an_xlsx(an_order() | {"数量": 1, "订单原价（元）": 1200, "实付金额（元）": 800.0,
                              "服务开始时间": moment("2024-07-28"), "服务结束时间": moment("2025-07-29")}),
        a_csv(an_order('="300000000000001"')),
    ],
)  # fmt: skip
def test_every_export_reads_to_the_same_row(content):
    [(_, cells)] = open_list("订单", content).rows(after=0)
    assert read_row(cells) == a_row()


def test_a_number_that_lost_its_digits_is_refused():
    [(_, cells)] = open_list("x", an_xlsx(an_order() | {"订单编号": 3000000000000012345})).rows(after=0)
    with pytest.raises(InvalidInput) as caught:
        read_row(cells)
    assert "lost digits" in caught.value.remedy


def a_zip(**parts):
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "INVALID_INPUT"),
        (b"\xd0\xcf\x11\xe0 old", "FORMAT_NOT_READ"),
        (b"PK\x03\x04 broken", "LIST_BROKEN"),
        (a_zip(a__txt="not a workbook"), "LIST_BROKEN"),
        (a_zip(xl__xml=b"<?xml?><!DOCTYPE a [<!ENTITY b 'c'>]>"), "LIST_SUSPICIOUS"),
        (a_zip(vbaProject__bin=b"macro"), "LIST_SUSPICIOUS"),
        (a_zip(big__bin=b"\0" * (301 * 1024 * 1024)), "LIST_SUSPICIOUS"),
        ("这是一封信，不是列表。\n".encode(), "NO_HEADS"),
        (b"\xff\x00\x81\x00", "LIST_BROKEN"),
        (a_csv(), "INVALID_INPUT"),
    ],
    ids=range(10),
)
def test_what_is_no_list_is_refused_with_the_reason(content, code):
    with pytest.raises(InvalidInput) as caught:
        open_list("x", content)
    assert caught.value.code == code


@pytest.mark.both_engines
def test_e_49_rows_are_reviewed_confirmed_and_the_same_list_again_changes_nothing(app):
    content = a_csv(
        an_order("3001"),
        an_order("3002", 规格名称="不明"),
        an_order("3001"),
        an_order("3001", 数量="2"),
        an_order("3003", 甲方="白桦科技（厦门）有限公司"),
        an_order("3004") | {"备注": "x"},
    )
    batch_id = taken_in(content)
    assert states_of(batch_id) == {
        2: "under_review",
        3: "refused",
        4: "duplicate",
        5: "refused",
        6: "under_review",
        7: "under_review",
    }
    with unit_of_work() as session:
        assert session.get_one(IntakeBatch, batch_id).notes["ignored"] == ["备注"]
        refused = session.scalar(select(IntakeItem).where(IntakeItem.line == 3))
        assert (error_of(refused.problem).field, refused.order_no) == ("spec_text", "3002")
        marks = seen(session)
        done = confirm_orders(session, marks, product_code="id2-verify", actor=OFFICER, now=NOW)
        assert (done.registered, done.known) == (3, 0)
        agreement = agreement_of_order(session, "3003")
        assert (agreement.state, agreement.quota_total) == (AgreementState.PENDING_PAYMENT, 30000)
        assert session.scalar(select(func.count(Term.id))) == 0  # no contract, no terms
    again = taken_in(content)
    assert states_of(again) == {
        2: "duplicate",
        3: "refused",
        4: "duplicate",
        5: "differs",
        6: "duplicate",
        7: "duplicate",
    }
    with unit_of_work() as session:
        assert session.scalar(select(func.count(Agreement.id))) == 3
        differs = session.scalar(select(IntakeItem).where(IntakeItem.batch_id == again, IntakeItem.line == 5))
        assert error_of(differs.problem).values == {"fields": "数量"}


def test_a_person_confirms_what_was_seen_all_or_none(app):
    taken_in(a_csv(an_order("3001"), an_order("3002", 商品名称="另一种核验")))
    with unit_of_work() as session:
        marks = seen(session)
        for wrong in ({**marks, max(marks): "other"}, {**marks, 99: "x"}, {}):
            with pytest.raises(LuyueError):
                confirm_orders(session, wrong, product_code="id2-verify", actor=OFFICER, now=NOW)
            session.rollback()
    with unit_of_work() as session:
        with pytest.raises(InvalidInput) as caught:
            confirm_orders(session, seen(session), product_code=None, actor=OFFICER, now=NOW)
        assert caught.value.field == "product_code"
        with pytest.raises(NotPermitted):
            confirm_orders(session, seen(session), product_code="x1", actor=FINANCE, now=NOW)
        session.rollback()
    with unit_of_work() as session:
        one, other = seen(session).items()
        assert lay_aside(session, [one[0]], actor=OFFICER, now=NOW) == 1
        with pytest.raises(Stale):
            confirm_orders(session, dict([one, other]), product_code="x1", actor=OFFICER, now=NOW)
        confirm_orders(session, dict([other]), product_code="id2-x", actor=OFFICER, now=NOW)
        assert session.scalar(select(func.count(Agreement.id))) == 1


def test_payments_in_the_list_wait_for_finance(app):
    paid = {"支付时间": "2024-07-28 10:00:00", "支付流水号": "PAY-9"}
    with unit_of_work() as session:
        a_registered_agreement(session, order_no="3001", tenant_name="银杏供应链管理(长沙)有限公司")
        a_paid_agreement(session, order_no="3002", tenant_name="银杏供应链管理（长沙）有限公司")
    batch_id = taken_in(a_csv(*(an_order(no, **paid) for no in ("3001", "3002", "3003"))))
    assert states_of(batch_id) == {2: "payment", 3: "duplicate", 4: "under_review"}
    with unit_of_work() as session:
        done = confirm_orders(session, seen(session), product_code=None, actor=OFFICER, now=NOW)  # known by its name
        assert (done.registered, done.await_payment) == (1, 1)
        with pytest.raises(NotPermitted):
            confirm_payments(session, seen(session, ItemState.PAYMENT), actor=OFFICER, now=NOW)
        assert confirm_payments(session, seen(session, ItemState.PAYMENT), actor=FINANCE, now=NOW) == (2, 0)
        assert agreement_of_order(session, "3003").effective_at == at("Sun 2024-07-28 10:00")
    early = {"支付时间": "2021-01-01", "支付流水号": "PAY-1"}
    with unit_of_work() as session:
        a_registered_agreement(session, order_no="3009", tenant_name="银杏供应链管理（长沙）有限公司")
    taken_in(a_csv(an_order("3009", **early)))
    with unit_of_work() as session:
        assert confirm_payments(session, seen(session, ItemState.PAYMENT), actor=FINANCE, now=NOW) == (0, 1)
        assert agreement_of_order(session, "3009").effective_at is None


def test_an_interrupted_reading_goes_on_where_it_was(app):
    content = a_csv(*(an_order(str(4000 + number)) for number in range(7)))
    with unit_of_work() as session:
        batch_id = open_order_batch(session, Upload("x.csv", "text/csv", content), actor=OFFICER, now=NOW).id
    assert work_on(batch_id, most=3) == 3
    assert unfinished(db.session()) == [batch_id]
    assert len(states_of(batch_id)) == 3
    assert work_on(batch_id, most=100, go_on=lambda: False) == 0
    assert work_on(batch_id, most=100) == 4
    assert unfinished(db.session()) == []
    assert work_on(batch_id, most=100) == 0
    assert sorted(states_of(batch_id)) == list(range(2, 9))


def test_who_may_not_import_uploads_no_list(session):
    with pytest.raises(NotPermitted):
        open_order_batch(session, Upload("x.csv", "text/csv", a_csv(an_order())), actor=a_person("auditor"), now=NOW)
