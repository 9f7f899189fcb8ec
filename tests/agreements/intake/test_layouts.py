"""One agreement in many layouts reads to the same values; what a layout lacks is null and a warning."""

import re
import unicodedata

import pytest

from tests.builders_intake import changed, example_text, read_json

TEXT = example_text()
BASE = read_json(TEXT)
A = "海棠商务服务（武汉）集团有限公司"
B = "青榕数据科技（杭州）有限公司"
ADDRESS_A = "湖北省武汉市示例区梧桐大道18号3幢1206室"
ADDRESS_B = "浙江省杭州市示例区水杉街66号2幢508室"
ROWS = [
    ("订单编号", "202407280000123"),
    ("商品名称", "身份信息核验-姓名证件号两项比对-身份核验接口-【青榕核验】"),
    ("规格名称", "1200元/3万次"),
    ("数量", "1"),
    ("付费方式", "按次购买"),
    ("服务期限", "2024年07月28日 至 2025年07月29日"),
    ("商品价格", "1200.00"),
    ("实付金额", "800.00"),
]


def between(start, end, replacement):
    first = TEXT.index(start)
    return TEXT[:first] + replacement + "\n\n" + TEXT[TEXT.index(end, first) :]


def with_header(lines):
    return between("甲方：海棠", "甲方在云市场", lines)


def with_order(lines):
    return between("| 订单项目", "二、双方约定", lines)


def with_signature(lines):
    return between("甲方（盖章）", "## 附件", lines)


def rows(pattern, separator="\n"):
    return separator.join(pattern.format(label, value) for label, value in ROWS)


def full_width(text):
    wide = {
        character: chr(ord(character) + 0xFEE0) for character in map(chr, range(0x21, 0x7F)) if character not in "|#*"
    }
    return "\n".join(
        line if line.startswith("|--") else line.translate(str.maketrans(wide)) for line in text.split("\n")
    )


SAME = {
    "windows line ends": TEXT.replace("\n", "\r\n"),
    "no blank lines": re.sub(r"\n\n+", "\n", TEXT),
    "hard-wrapped lines": re.sub(r"([^\n|]{60})(?=[^\n|]{5})", r"\1\n", TEXT),
    "no heading marks": re.sub(r"(?m)^#+ *", "", TEXT),
    "clause numbers with a comma": re.sub(r"(?m)^(\d\.\d) ", r"\1、", TEXT),
    "clause numbers as 第N.N条": re.sub(r"(?m)^(\d\.\d) ", r"第\1条 ", TEXT),
    "page break in a clause": TEXT.replace("业务依法须经", "业务依法\n\n须经").replace("提交真实", "提交\f真实"),
    "header: spaced labels": changed(TEXT, ("联系人：海", "联 系 人 ： 海"), ("电话：13900000001", "电　话：13900000001"), ("甲方：海", "甲 方：海")),
    "header: bold labels": changed(TEXT, ("甲方：海", "**甲方**：海"), ("电话：1", "**电话：**1")),
    "header: bullets": changed(TEXT, ("甲方：海", "- 甲方：海"), ("地址：湖", "- 地址：湖"), ("电话：1", "* 电话：1")),
    "header: party B first": changed(
        with_header(f"乙方：{B}\n地址：{ADDRESS_B}\n联系人：示例员\n电话：13900000002\n\n甲方：{A}\n地址：{ADDRESS_A}\n联系人：{A}\n电话：13900000001")
    ),
    "header: fields in another order": with_header(
        f"甲方：{A}\n电话：13900000001\n联系人：{A}\n地址：{ADDRESS_A}\n\n乙方：{B}\n联系人：示例员\n电话：13900000002\n地址：{ADDRESS_B}"
    ),
    "header: other words": with_header(
        f"最终用户（甲方）：{A}\n住所：{ADDRESS_A}\n联络人：{A}\n联系电话：13900000001\n\n服务商（乙方）：{B}\n通讯地址：{ADDRESS_B}\n经办人：示例员\n手机：13900000002"
    ),
    "header: no colons": with_header(
        f"甲方 {A}\n地址 {ADDRESS_A}\n联系人 {A}\n电话 13900000001\n乙方 {B}\n地址 {ADDRESS_B}\n联系人 示例员\n电话 13900000002"
    ),
    "header: one line a party": with_header(
        f"甲方：{A}；地址：{ADDRESS_A}；联系人：{A}；电话：13900000001。\n乙方：{B}；地址：{ADDRESS_B}；联系人：示例员；电话：13900000002。"
    ),
    "header: label above value": with_header(
        f"甲方：\n{A}\n地址：\n{ADDRESS_A}\n联系人：\n{A}\n电话：\n13900000001\n\n乙方：\n{B}\n地址：\n{ADDRESS_B}\n联系人：\n示例员\n电话：\n13900000002"
    ),
    "header: labels nobody asks for": with_header(
        f"甲方：{A}\n统一社会信用代码：91420100MA00000000\n法定代表人：某某\n地址：{ADDRESS_A}\n邮箱：a@b.example.com\n联系人：{A}\n电话：13900000001\n\n乙方：{B}\n地址：{ADDRESS_B}\n银行账号：6222000000\n联系人：示例员\n电话：13900000002"
    ),
    "header: two columns": with_header(
        f"| 甲方：{A} | 乙方：{B} |\n|---|---|\n| 地址：{ADDRESS_A} | 地址：{ADDRESS_B} |\n| 联系人：{A} | 联系人：示例员 |\n| 电话：13900000001 | 电话：13900000002 |"
    ),
    "header: a column for each party": with_header(
        f"| | 甲方 | 乙方 |\n|---|---|---|\n| 名称 | {A} | {B} |\n| 地址 | {ADDRESS_A} | {ADDRESS_B} |\n| 联系人 | {A} | 示例员 |\n| 电话 | 13900000001 | 13900000002 |"
    ),
    "header: four columns": with_header(
        f"| 甲方 | {A} | 乙方 | {B} |\n|---|---|---|---|\n| 甲方地址 | {ADDRESS_A} | 乙方地址 | {ADDRESS_B} |\n| 甲方联系人 | {A} | 乙方联系人 | 示例员 |\n| 甲方电话 | 13900000001 | 乙方电话 | 13900000002 |"
    ),
    "order: lines": with_order(rows("{}：{}")),
    "order: half-width colons": with_order(rows("{}: {}")),
    "order: plain rows": with_order(rows("{}    {}")),
    "order: one blank": with_order(rows("{} {}")),
    "order: tabs": with_order(rows("{}\t{}")),
    "order: one line": with_order(rows("{}：{}", "；") + "。"),
    "order: numbered": with_order("\n".join(f"{n}. {a}：{b}" for n, (a, b) in enumerate(ROWS, 1))),
    "order: bullets": with_order(rows("- **{}**：{}")),
    "order: rows reversed": with_order("\n".join(f"| {a} | {b} |" for a, b in reversed(ROWS))),
    "order: lying table": with_order(
        "|" + "|".join(a for a, _ in ROWS) + "|\n|" + "---|" * 8 + "\n|" + "|".join(b for _, b in ROWS) + "|"
    ),
    "order: lying columns": with_order("\t".join(a for a, _ in ROWS) + "\n" + "\t".join(b for _, b in ROWS)),
    "order: two pairs a row": with_order(
        "\n".join(f"| {a} | {b} | {c} | {d} |" for (a, b), (c, d) in zip(ROWS[::2], ROWS[1::2], strict=True))
    ),
    "order: label above value": with_order(rows("{}\n{}")),
    "order: html": with_order("<table><tbody>" + rows("<tr><td>{}</td><td class='x'>{}</td></tr>", "") + "</tbody></table>"),
    "order: html over many lines": with_order("<table>\n" + rows("<tr>\n<td>{}</td>\n<td>{}</td>\n</tr>") + "\n</table>"),
    "order: html breaks": with_order(rows("<b>{}</b>：{}", "<br/>")),
    "order: bracketed labels": with_order(rows("【{}】{}")),
    "order: a sentence": with_order(rows("{}为{}", "，") + "。"),
    "order: numbered in Chinese": with_order(
        "\n".join(f"{number}、{a}：{b}" for number, (a, b) in zip("一二三四五六七八", ROWS, strict=True))
    ),
    "order: code marks": changed(TEXT, ("| 202407280000123 |", "| `202407280000123` |"), ("| 800.00 |", "| **800.00** |")),
    "order: spaced digits": changed(TEXT, ("| 202407280000123 |", "| 2024 0728 0000 123 |")),
    "order: period in brackets": changed(TEXT, ("2024年07月28日 至 2025年07月29日", "一年（2024-07-28/2025-07-29）")),
    "page numbers between clauses": changed(TEXT, ("\n\n3.4 ", "\n\n第 3 页 / 共 6 页\n\n3.4 "), ("业务依法须经", "业务\n- 3 -\n依法须经")),
    "annex in one paragraph": TEXT[: TEXT.index("### 1.")] + TEXT[TEXT.index("### 1.") :].replace("\n\n", ""),
    "annex first": TEXT[TEXT.index("## 附件") :] + "\n\n" + TEXT[: TEXT.index("## 附件")],
    "header: wrapped address": changed(TEXT, ("武汉市示例区", "武汉市示例区\n")),
    "signature: one date for the agreement": with_signature(f"甲方：{A}（盖章）\n乙方：{B}（盖章）\n签订日期：2024年7月28日"),
    "order: box drawing": with_order(rows("│ {} │ {} │")),
    "order: wrapped value": with_order(rows("{}：{}").replace("两项比对-身份", "两项比对-\n身份")),
    "order: before the parties": None,
    "order: coupon and due rows": changed(TEXT, ("| 实付金额", "| 代金券抵扣 | 400.00 |\n| 应付金额 | 801.00 |\n| 实付金额")),
    "order: wide labels": changed(TEXT, ("| 数量 |", "| 数        量 |"), ("| 订单编号 |", "| 订  单  编  号 ： |")),
    "order: starred labels": changed(TEXT, ("| 订单编号 |", "| *订单编号* |"), ("| 数量 |", "| ★数量 |")),
    "order: a break in a cell": changed(TEXT, ("2024年07月28日 至 2025年07月29日", "2024年07月28日<br>至<br>2025年07月29日")),
    "order: days in old characters": changed(TEXT, ("2024年07月28日 至 2025年07月29日", "二〇二四年七月廿八日至二〇二五年七月廿九日")),
    "order: number in quotes": changed(TEXT, ("| 202407280000123 |", "| No. “202407280000123” |")),
    "order: jiao and fen": changed(TEXT, ("| 800.00 |", "| 800元0角0分 |")),
    "header: labels and values apart": with_header(
        f"甲方：{A}\n\n地址：\n\n{ADDRESS_A}\n\n联系人：\n\n{A}\n\n电话：\n\n13900000001\n\n乙方：{B}\n\n地址：\n\n{ADDRESS_B}\n\n联系人：\n\n示例员\n\n电话：\n\n13900000002"
    ),
    "accounts: the party in brackets": re.sub(
        r"一、最终用户.*如下：", f"一、商品\n\n阿里云账号（甲方）：海棠企业咨询有限公司\n阿里云账号（乙方）：{B}\n", TEXT
    ),
    "order: coupon after": changed(TEXT, ("800.00 |\n", "800.00 |\n| 优惠金额 | 400.00 |\n")),
    "signature: all labels together": with_signature(
        f"甲方: {A}\n\n乙方: {B}\n\n(用户盖章处)\n\n(盖章)\n\n日期: 2024年07月28日\n\n日期: 2024年07月28日"
    ),
    "signature: table": with_signature(
        f"| 甲方：{A} | 乙方：{B} |\n|---|---|\n| （用户盖章处） | （盖章） |\n| 日期：2024-07-28 | 日期：2024-07-28 |"
    ),
    "signature: side by side": with_signature(
        f"甲方：{A}      乙方：{B}\n（盖章）        （盖章）\n日期：2024年07月28日     日期：2024/07/28"
    ),
    "signature: at the end": between("甲方（盖章）", "## 附件", "")
    + f"\n\n甲方（签章）：{A}\n签署日期：2024.07.28\n\n乙方（签章）：{B}\n签署日期：2024.07.28\n",
    "accounts: labelled lines": re.sub(
        r"一、最终用户.*如下：", f"一、商品\n\n最终用户阿里云账号：海棠企业咨询有限公司\n服务商阿里云账号：{B}\n", TEXT
    ),
    "accounts: table rows": changed(
        re.sub(r"一、最终用户.*如下：", "一、商品\n", TEXT),
        ("| 订单编号", f"| 买家账号 | 海棠企业咨询有限公司 |\n| 卖家账号 | {B} |\n| 订单编号"),
    ),
}  # fmt: skip
_header, _order = TEXT.index("甲方：海棠"), TEXT.index("| 订单项目")
SAME["order: before the parties"] = (
    TEXT[:_header] + TEXT[_order : TEXT.index("二、双方")] + TEXT[_header:_order] + TEXT[TEXT.index("二、双方") :]
)


@pytest.mark.parametrize("layout", SAME)
def test_a_layout_reads_to_the_same_values(layout):
    assert read_json(SAME[layout]) == BASE


@pytest.mark.parametrize("width", [full_width, lambda text: unicodedata.normalize("NFKC", text)], ids=["full", "half"])
def test_full_and_half_width_read_to_the_same_values(width):
    read = read_json(width(TEXT))
    as_half = {name: unicodedata.normalize("NFKC", value) for name, value in BASE["parties"]["party_a"].items()}
    assert {n: unicodedata.normalize("NFKC", v) for n, v in read["parties"]["party_a"].items()} == as_half
    for part in ("order", "spec", "derived", "terms", "warnings"):
        assert read[part] == BASE[part]


MISSING = [
    ("电话：13900000001", "电话：", "parties.party_a.phone", "party_a_phone_missing"),
    ("电话：13900000001\n\n", "", "parties.party_a.phone", "party_a_phone_missing"),
    (f"联系人：{A}", "联系人：", "parties.party_a.contact", "party_a_contact_missing"),
    (f"联系人：{A}", "联系人：/", "parties.party_a.contact", "party_a_contact_missing"),
    (f"联系人：{A}", "联系人：____", "parties.party_a.contact", "party_a_contact_missing"),
    (f"联系人：{A}", "联系人：同上", "parties.party_a.contact", "party_a_contact_unclear:同上"),
    (f"地址：{ADDRESS_A}\n\n", "", "parties.party_a.address", "party_a_address_missing"),
    (f"甲方：{A}\n\n（下称", "甲方：\n\n（下称", "parties.party_a.name", "party_a_name_missing"),
    (f"甲方：{A}\n\n（下称", "（下称", "parties.party_a.name", "party_a_name_missing"),
    ("| 订单编号 | 202407280000123 |\n", "", "order.order_no", "order_no_missing"),
    ("202407280000123", "  ", "order.order_no", "order_no_missing"),
    ("| 数量 | 1 |\n", "", "order.quantity", "quantity_missing"),
    ("| 数量 | 1 |", "| 数量 | 若干 |", "order.quantity", "quantity_unclear"),
    ("| 付费方式 | 按次购买 |\n", "", "order.payment_mode", "payment_mode_missing"),
    ("| 商品价格 | 1200.00 |\n", "", "order.list_price", "list_price_missing"),
    ("1200.00 |", "面议 |", "order.list_price", "amount_unclear:list_price"),
    ("1200.00 |", "1200.005 |", "order.list_price", "amount_unclear:list_price"),
    ("1200.00 |", "1200.00（壹仟贰佰壹拾元整） |", "order.list_price", "amount_in_words_differs:list_price"),
    ("| 实付金额 | 800.00 |\n", "", "order.paid_amount", "paid_amount_missing"),
    ("| 规格名称 | 1200元/3万次 |\n", "", "order.spec_text", "spec_text_missing"),
    ("2024年07月28日 至 2025年07月29日", "一年", "order.service_end", "service_period_unclear"),
    (
        "2024年07月28日 至 2025年07月29日",
        "2024年02月30日至2025年07月29日",
        "order.service_start",
        "service_period_unclear",
    ),
    ("（阿里云账号：海棠企业咨询有限公司）", "", "marketplace.purchaser_account", "purchaser_account_missing"),
    ("2024年07月28日 至 2025年07月29日", "自2024年7月28日起12个月", "order.service_end", "service_period_unclear"),
    ("日期：2024年07月28日", "日期：    年   月   日", "signing.party_a_date", "party_a_sign_date_missing"),
    ("日期：2024年07月28日", "日期：", "signing.party_a_date", "party_a_sign_date_missing"),
]


@pytest.mark.parametrize(("old", "new", "field", "warning"), MISSING)
def test_what_is_missing_is_null_and_a_warning_never_the_next_label(old, new, field, warning):
    read = read_json(changed(TEXT, (old, new)))
    value = read
    for name in field.split("."):
        value = value[name]
    assert value is None
    assert warning in read["warnings"]


def test_a_merged_contact_line_gives_both_values():
    read = read_json(changed(TEXT, (f"联系人：{A}\n\n电话：13900000001", "联系人：张三 13900000001")))
    assert (read["parties"]["party_a"]["contact"], read["parties"]["party_a"]["phone"]) == ("张三", "13900000001")


@pytest.mark.parametrize(
    ("printed", "contact"),
    [
        ("张三（经理） 13900000001", "张三（经理）"),
        ("张三（13900000001）", "张三"),
        ("张三(电话：13900000001)", "张三"),
        ("张三，联系电话：13900000001", "张三"),
        ("（商务部）张三 13900000001", "（商务部）张三"),
    ],
)
def test_a_number_leaves_the_brackets_of_a_contact_whole(printed, contact):
    read = read_json(changed(TEXT, (f"联系人：{A}\n\n电话：13900000001", f"联系人：{printed}")))
    assert (read["parties"]["party_a"]["contact"], read["parties"]["party_a"]["phone"]) == (contact, "13900000001")


def test_contact_and_phone_in_one_label_among_others_on_the_line():
    merged = f"甲方：{A}；联系人、电话：张三 13900000001。\n乙方：{B}；联系人、电话：示例员 13900000002。"
    party = read_json(with_header(merged))["parties"]["party_a"]
    assert (party["contact"], party["phone"]) == ("张三", "13900000001")


def test_two_phones_are_both_kept():
    read = read_json(changed(TEXT, ("13900000001", "13900000001 / 027-88880000")))
    assert read["parties"]["party_a"]["phone"] == "13900000001 / 027-88880000"


def test_names_equal_after_normalisation_match_and_are_kept_as_printed():
    read = read_json(changed(TEXT, (f"阿里云账号：{B}", "阿里云账号：青榕数据科技(杭州) 有限公司")))
    assert read["marketplace"]["seller_account"] == "青榕数据科技(杭州) 有限公司"
    assert read["marketplace"]["seller_account_matches_party_b"] is True


def test_another_seller_account_is_a_warning():
    read = read_json(changed(TEXT, (f"阿里云账号：{B}", "阿里云账号：紫荆科技有限公司")))
    assert "seller_account_mismatch" in read["warnings"]


def test_a_natural_contact_person_is_no_warning():
    read = read_json(changed(TEXT, (f"联系人：{A}", "联系人：张三")))
    assert "party_a_contact_is_company_name" not in read["warnings"]


def test_one_date_for_two_parties_is_not_given_to_either():
    read = read_json(with_signature(f"甲方: {A}\n\n乙方: {B}\n\n(盖章)\n\n日期: 2024年07月28日"))
    assert read["signing"]["party_a_date"] is read["signing"]["party_b_date"] is None
    assert "signing_date_party_unclear" in read["warnings"]


def test_different_signing_dates_are_a_warning():
    read = read_json(with_signature(f"乙方：{B}\n日期：2024年07月30日\n甲方：{A}\n日期：2024年07月29日"))
    assert (read["signing"]["party_a_date"], read["signing"]["party_b_date"]) == ("2024-07-29", "2024-07-30")
    assert "signing_dates_differ" in read["warnings"]


def test_another_name_in_the_signature_is_a_warning():
    read = read_json(changed(TEXT, (f"甲方（盖章）：{A}", "甲方（盖章）：海棠企业咨询有限公司")))
    assert "party_a_signature_name_differs" in read["warnings"]


def test_roles_the_other_way_round_are_a_warning():
    read = read_json(changed(TEXT, (f"甲方：{A}\n\n（下称“最终用户”）", f"甲方（服务商）：{A}")))
    assert "party_roles_reversed" in read["warnings"]


def test_a_text_too_long_to_be_read_out_says_so():
    read = read_json(TEXT + "\n\n" + "9.1 双方应当友好合作。\n\n" * 2500)
    assert "text_not_read_to_its_end" in read["warnings"]
