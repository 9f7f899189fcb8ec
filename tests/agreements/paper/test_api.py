"""`/api/v1/papers` and `/api/v1/copies`."""

from agreements.kernel import clock, files
from agreements.kernel.access.rules import Role
from agreements.kernel.db import db, unit_of_work
from agreements.paper.checking import check
from agreements.paper.vault import keep_copy
from tests.builders_paper import NOW, a_document, a_plain_pdf
from tests.builders_register import OFFICER, an_upload
from tests.builders_rest import a_program


def test_a_program_lists_documents_and_copies_and_fetches_their_files(app):
    plain = a_plain_pdf()
    with unit_of_work() as session:
        document = a_document(session)
        number, content = document.number, files.content_of(session, document.file)
        found = check(plain, at=clock.wall())
        keep_copy(session, an_upload("扫描件.pdf", plain), found, agreement=document.agreement, actor=OFFICER, now=NOW)
    db.session.remove()
    program = a_program(app, Role.AUDITOR)

    def got(path):
        return app.test_client().get(path, headers=program.headers)

    [row] = got("/api/v1/papers?kind=rectification_demand").json["items"]
    assert (row["number"], row["seal"], row["is_trial"]) == (number, "company", True)
    assert got(f"/api/v1/papers/{row['id']}").json == row
    assert got(row["file"]).data == content
    [copy] = got("/api/v1/copies").json["items"]
    assert (copy["answer"], copy["is_formal"], copy["signed_sha256"]) == ("no_signature", False, None)
    assert got(copy["file"]).data == plain
    assert got("/api/v1/papers/99").status_code == 404
