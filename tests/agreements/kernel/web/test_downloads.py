"""Files handed out: to be saved, with their media type, under a name that old and new programs can read (RFC 6266)."""

import pytest
from werkzeug.http import parse_options_header

from agreements.kernel.web.downloads import PDF, PLAIN, disposition, file_response


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("proof.pdf", 'attachment; filename="proof.pdf"'),
        (
            "营业执照.pdf",
            "attachment; filename=\"file.pdf\"; filename*=UTF-8''%E8%90%A5%E4%B8%9A%E6%89%A7%E7%85%A7.pdf",
        ),
        ("补充协议 SA-1.pdf", "attachment; filename=\"____ SA-1.pdf\"; filename*=UTF-8''%E8%A1%A5"),
        ('a"b%41.txt', "attachment; filename=\"a_b_41.txt\"; filename*=UTF-8''a%22b%2541.txt"),
        ("../../etc/passwd", 'attachment; filename="passwd"'),
        ("a\r\nSet-Cookie: x=1", 'attachment; filename="aSet-Cookie: x=1"'),
        ("", 'attachment; filename="file"'),
    ],
)
def test_a_name_is_told_to_old_and_new_programs(name, told):
    assert disposition(name).startswith(told)


def test_a_name_beyond_ascii_comes_back_whole():
    _, options = parse_options_header(disposition("海棠（武汉）—签收单 №1.pdf"))

    assert options["filename"] == "海棠（武汉）—签收单 №1.pdf"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (PDF, PDF),
        ("Application/PDF; x=1", PDF),
        ("text/plain", "text/plain"),
        ("text/html", PLAIN),
        ("image/svg+xml", PLAIN),
        ("", PLAIN),
    ],
)
def test_only_what_no_browser_runs_keeps_its_media_type(app, said, told):
    with app.test_request_context():
        answer = file_response(b"x", "x.pdf", said)

    assert answer.headers["Content-Type"] == told
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
