"""Files of other formats on the pages and at the command line: the bytes as given are kept, doubts go to a person."""

import io
import json

import pytest
from sqlalchemy import select

from agreements.intake.actions import take_in
from agreements.intake.formats.source import Seen, SourceText
from agreements.intake.models import ContractImport
from agreements.kernel import files
from agreements.kernel.access.models import Locale
from agreements.kernel.db import db
from agreements.kernel.errors import Conflict
from agreements.parties.actions import Upload
from tests.builders_access import signed_in_client
from tests.builders_formats import as_docx, as_reportlab_pdf, as_scan
from tests.builders_imports import ORDER_NO, TAKEN_IN, agreement_text, registered
from tests.builders_register import OFFICER


@pytest.fixture(scope="module")
def pdf():
    return as_reportlab_pdf(agreement_text())


def uploaded(client, name, content):
    return client.post(
        "/import",
        data={"files": [(io.BytesIO(content), name)]},
        content_type="multipart/form-data",
        follow_redirects=True,
    )


def test_an_uploaded_pdf_is_reviewed_with_the_page_of_each_value_and_kept_as_it_came(app, pdf):
    page = uploaded(signed_in_client(app, locale=Locale.EN), "agreement.pdf", pdf).text

    assert ORDER_NO in page
    assert ">Page 1<" in page
    assert ">Page 4<" in page
    [imported] = db.session.scalars(select(ContractImport))
    assert imported.file.media_type == "application/pdf"
    assert files.content_of(db.session(), imported.file) == pdf


def test_a_refused_upload_says_why_and_what_to_do(app):
    answer = uploaded(signed_in_client(app, locale=Locale.EN), "scan.pdf", as_scan(as_reportlab_pdf("甲方"), dpi=40))

    assert answer.status_code == 422
    assert "is a scan" in answer.text
    assert "make ocr" in answer.text


def test_a_word_file_is_registered_from_the_command_line(app, tmp_path):
    path = tmp_path / "agreement.docx"
    path.write_bytes(as_docx(agreement_text()))

    run = app.test_cli_runner().invoke(
        args=["agreements", "import", str(path), "--yes", "--product", "id2-verify", "--json"]
    )

    assert run.exit_code == 0, run.stderr
    assert json.loads(run.stdout)[0]["order_no"] == ORDER_NO


def test_the_command_reads_a_pdf_with_the_page_of_each_value(app, tmp_path, pdf):
    path = tmp_path / "agreement.pdf"
    path.write_bytes(pdf)

    run = app.test_cli_runner().invoke(args=["agreements", "read", str(path), "--evidence"])

    assert json.loads(run.stdout)["evidence"]["order.order_no"]["page"] == 1


def test_a_field_read_unsurely_waits_for_a_person(session):
    text = agreement_text()
    at = text.index(ORDER_NO)
    source = SourceText("scan.png", text, ("read_from_scan",), (0,), (Seen(at, at + len(ORDER_NO), 0.75),))
    imported = take_in(session, Upload("scan.png", "image/png", b"a picture"), source, actor=OFFICER, now=TAKEN_IN)

    waiting = {(warning.code, warning.detail) for warning in imported.warnings}
    assert {("read_from_scan", ""), ("read_unsurely", "order.order_no")} <= waiting
    with pytest.raises(Conflict) as refused:
        registered(session, imported)
    assert refused.value.code == "WARNINGS_NOT_ACKNOWLEDGED"
