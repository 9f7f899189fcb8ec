"""Bad input is refused at once, with the field and a remedy, and nothing is written."""

import time
from pathlib import Path

import pytest

from agreements.intake.loading import LARGEST_FILE_BYTES, load_source, source_of
from agreements.kernel.errors import InvalidInput
from tests.builders_intake import changed, example_text, read_draft, read_json

TEXT = example_text()

REFUSED = {
    "empty": (b"", "INVALID_INPUT"),
    "blank": (b" \n\t\r\n ", "INVALID_INPUT"),
    "blank with a mark": (b"\xef\xbb\xbf \n", "INVALID_INPUT"),
    "pdf": (b"%PDF-1.7\n...", "FILE_DAMAGED"),
    "docx": (b"PK\x03\x04....", "FILE_DAMAGED"),
    "doc": (b"\xd0\xcf\x11\xe0\xa1\xb1", "FORMAT_NOT_READ"),
    "picture": (b"GIF89a....", "FORMAT_NOT_READ"),
    "binary": (bytes(range(256)), "FORMAT_NOT_READ"),
    "latin-1": ("Änderungen dürfen nur schriftlich erfolgen. ".encode("latin-1") * 20, "ENCODING_NOT_READ"),
    "japanese": ("契約書の甲は乙に対してサービスを提供する".encode("shift-jis") * 20, "ENCODING_NOT_READ"),
    "cut in a character": (TEXT.encode()[:5000] + b"\xe7\x94", "ENCODING_NOT_READ"),
    "broken utf-16": (b"\xff\xfe\x00\xd8\x00", "ENCODING_NOT_READ"),
    "long": ("甲方".encode() * 200_000, "TOO_LARGE"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_text_is_refused(case):
    content, code = REFUSED[case]
    with pytest.raises(InvalidInput) as refusal:
        source_of("input.txt", content)
    assert (refusal.value.code, refusal.value.field, refusal.value.exit_code) == (code, "file", 2)
    assert refusal.value.remedy


def test_a_file_beyond_the_limit_is_refused_unread(tmp_path):
    path = tmp_path / "large.md"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)  # a hole: takes no disk, would take memory
    assert path.stat().st_size > LARGEST_FILE_BYTES
    with pytest.raises(InvalidInput, match="at most"):
        load_source(path)


@pytest.mark.parametrize("path", ["/no/such/file.md", "/dev", "/dev/zero", "bad\0name.md"])
def test_a_path_that_is_no_readable_file_is_refused(path):
    with pytest.raises(InvalidInput) as refusal:
        load_source(Path(path))
    assert refusal.value.field == "file"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_the_encodings_of_chinese_files_read_to_the_same_text(tmp_path, encoding):
    path = tmp_path / "agreement.md"
    path.write_bytes(TEXT.encode(encoding))
    source = load_source(path)
    assert source.text.lstrip("\ufeff") == TEXT
    assert source.warnings == (("decoded_as:gb18030",) if encoding == "gb18030" else ())


@pytest.mark.parametrize(
    "text",
    [
        "hello, world",
        "# Shopping\n\n- milk\n- eggs\n",
        "今天天气很好，我们去公园散步。",
        "房屋租赁合同\n\n甲方：张三\n乙方：李四\n\n甲方将房屋出租给乙方，租金每月3000元，租期一年。",
        "甲方乙方订单编号",
        "甲方应当保密。乙方应当通知甲方。",
        '{"party_a": "甲方"}',
    ],
)
def test_a_text_that_is_no_such_agreement_is_refused(text):
    with pytest.raises(InvalidInput) as refusal:
        read_draft(text)
    assert refusal.value.code == "NOT_AN_AGREEMENT"


DATA_PAGE = """# 交易平台的数据说明

| 字段 | 说明 |
|---|---|
| 订单编号 | order_number |
| 商品名称 | product_title |
| 规格名称 | 规格原文与解析结果 |

- 3.3 甲方的资料如有变更，应在变更后五个工作日内书面通知乙方。
- 6.1 甲方违反约定使用服务的，乙方有权在通知后关闭接口停止服务。
- 8.1 对协议的任何修改，需双方另行签署补充协议。
"""


def test_a_page_that_only_explains_such_agreements_is_refused():
    with pytest.raises(InvalidInput) as refusal:
        read_draft(DATA_PAGE)
    assert refusal.value.code == "NOT_AN_AGREEMENT"


@pytest.mark.parametrize(
    "text",
    [
        "| 订单编号 | 202501010000456 |\n| 实付金额 | 800.00 |",
        "| 订单编号 | 202501010000456 |\n| 服务期限 | 2025年1月1日 至 2025年12月31日 |",
        "甲方：海棠企业咨询有限公司\n\n| 商品名称 | 两要素核验 |",
    ],
)
def test_an_agreement_of_which_most_is_missing_is_still_read(text):
    assert read_draft(text).warnings


BAIT = [
    "甲方", "乙方有权", "，", "。", "；", "|", "| 甲方 ", "（", "甲方：", "订单编号 ", "通知甲方", "数据源", "未经同意", "五个工作日", "变更",
    "3.3", "书面授权", "<", "<td>", "&nbsp;", " ", "\t", "次", "2024年1月1日", "账号:", "a.b.", "十", "1,234", "联 系 ", "_", "*", "１", "乙方停止服务违约",
]  # fmt: skip


@pytest.mark.parametrize("bait", BAIT)
def test_a_hostile_line_is_read_within_a_second(bait):
    """A line of 100,000 characters, alone, and at once in a clause, a value and the header; a second of our
    processor a line, where quadratic reading takes minutes."""
    line = bait * (100_000 // len(bait))
    everywhere = changed(
        TEXT, ("3.3 开通", f"3.3 {line}开通"), ("1200元/3万次", line), ("地址：湖北", f"地址：{line}湖北")
    )
    texts = [line, everywhere]
    began = time.process_time()
    for text in texts:
        try:
            read_draft(text)
        except InvalidInput as refusal:
            assert refusal.code == "NOT_AN_AGREEMENT"  # noqa: PT017 - either answer is right, only its time counts
    assert time.process_time() - began < 10


@pytest.fixture
def example_file(tmp_path):
    path = tmp_path / "agreement.md"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_the_command_prints_json(app, example_file):
    result = app.test_cli_runner().invoke(args=["agreements", "read", str(example_file), "--json"])
    assert result.exit_code == 0
    assert app.json.loads(result.stdout) == read_json(TEXT)


def test_the_command_adds_evidence_on_request(app, example_file):
    result = app.test_cli_runner().invoke(args=["agreements", "read", str(example_file), "--json", "--evidence"])
    evidence = app.json.loads(result.stdout)["evidence"]["order.paid_amount"]
    assert TEXT[evidence["start"] : evidence["end"]] == evidence["text"] == "800.00"


def test_the_command_prints_a_page_for_people(app, example_file):
    result = app.test_cli_runner().invoke(args=["agreements", "read", str(example_file)])
    assert result.exit_code == 0
    assert "海棠商务服务（武汉）集团有限公司" in result.stdout
    assert "purchaser_account_mismatch" in result.stdout


@pytest.mark.parametrize(
    ("content", "word"), [(b"", "empty"), (b"{\\rtf1", "Markdown"), (b"hello", "not a marketplace")]
)
def test_the_command_refuses_on_stderr_with_exit_2(app, tmp_path, content, word):
    path = tmp_path / "input.md"
    path.write_bytes(content)
    result = app.test_cli_runner().invoke(args=["agreements", "read", str(path), "--json"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "file:" in result.stderr
    assert word in result.stderr
