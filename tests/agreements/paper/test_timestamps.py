"""Timestamps: asked for after issuing, kept beside the document, judged by the check, and no act waits for them."""

import pytest
from sqlalchemy import select

from agreements.kernel import clock, files
from agreements.kernel.audit import AuditEvent
from agreements.kernel.db import db, unit_of_work
from agreements.kernel.settings import Settings
from agreements.paper.checking import check
from agreements.paper.models import OfficialDocument
from agreements.paper.rules import Genuineness, SignatureAnswer
from agreements.paper.signing import sign
from agreements.paper.timestamping import NotStamped, StampCounts, stamp, stamp_due
from agreements.paper.verifying import by_file
from tests.agreements.paper.test_issuing import pdfsig
from tests.builders_access import signed_in_client
from tests.builders_desk import read
from tests.builders_paper import (
    NOW,
    PROVIDER,
    Authority,
    a_document,
    a_timestamp_authority,
    drawn,
    free_address,
)

AUTHORITY = Authority()
HOLDER, _, _ = AUTHORITY.holder()
OURS = sign(drawn().content, HOLDER, provider=PROVIDER, number="LY-2024-000001-ABC234")


def issued():
    with unit_of_work() as session:
        a_document(session)
    db.session.remove()


def run(address):
    counts = stamp_due(unit_of_work, Settings(signing_timestamp_url=address), now=NOW)
    db.session.remove()
    return counts


def test_a_timestamp_is_added_after_the_signature_and_is_what_the_check_shows(tmp_path):
    with a_timestamp_authority(AUTHORITY.timestamper()) as address:
        stamped = stamp(OURS, address)

    found = check(stamped.content, trusted=AUTHORITY.pem, at=clock.wall())
    assert stamped.content.startswith(OURS)
    assert (found.answer, len(found.signatures)) == (SignatureAnswer.VALID, 1)
    assert found.signatures[0].timestamped_at == stamped.at.isoformat()
    path = tmp_path / "stamped.pdf"
    path.write_bytes(stamped.content)
    said = pdfsig(path)
    assert said.count("Signature Validation: Signature is Valid.") == 1  # poppler reads no timestamps
    assert "Signature #2" in said


def test_a_timestamp_that_nobody_trusts_shows_no_time_and_a_broken_one_is_an_alteration():
    with a_timestamp_authority(Authority("别的根证书").timestamper()) as address:
        stamped = stamp(OURS, address)

    found = check(stamped.content, trusted=AUTHORITY.pem, at=clock.wall())
    assert (found.answer, found.signatures[0].timestamped_at) == (SignatureAnswer.VALID, None)
    tail = stamped.content.rindex(b"/Type")
    broken = stamped.content[:tail] + b"/Typo" + stamped.content[tail + 5 :]
    assert check(broken, trusted=AUTHORITY.pem, at=clock.wall()).answer is not SignatureAnswer.VALID


@pytest.mark.parametrize("address", ["ftp://tsa.example", "file:///etc/passwd", "tsa"])
def test_another_kind_of_address_is_asked_nothing(address):
    with pytest.raises(NotStamped, match="http"):
        stamp(OURS, address)


def test_a_document_gets_its_timestamp_once_and_is_handed_out_with_it(app):
    issued()
    with a_timestamp_authority(AUTHORITY.timestamper()) as address:
        assert run(address) == StampCounts(stamped=1)
        assert run(address) == StampCounts()

    document = read(lambda session: session.scalars(select(OfficialDocument)).one())
    assert document.timestamped_at is not None
    assert read(lambda session: session.scalar(select(AuditEvent.act).where(AuditEvent.act == "paper.timestamped")))
    client = signed_in_client(app, "auditor")
    content = client.get("/papers/1/file").data
    assert content.startswith(
        read(lambda session: files.content_of(session, session.scalars(select(OfficialDocument)).one().file))
    )
    found = check(content, at=clock.wall())
    told = read(lambda session: by_file(session, found))
    assert (told.answer, told.has_more) == (Genuineness.GENUINE, False)
    assert found.sha256 in client.get("/papers/1").text


def test_an_authority_that_fails_leaves_the_document_with_its_signature_and_is_asked_again(app):
    issued()

    assert run(free_address()) == StampCounts(unanswered=1)
    with a_timestamp_authority(AUTHORITY.timestamper(), status=503) as address:
        assert run(address) == StampCounts(unanswered=1)

    assert signed_in_client(app, "auditor").get("/papers/1/file").data.startswith(b"%PDF-")
    assert "未指定时间戳机构" in signed_in_client(app, "auditor").get("/papers/1").text
    with a_timestamp_authority(AUTHORITY.timestamper()) as address:
        assert run(address) == StampCounts(stamped=1)


def test_without_an_authority_nothing_is_asked(app):
    issued()

    assert run("") == StampCounts()
