"""Who gets what, word for word, before anything is sent."""

import re

import pytest
from sqlalchemy import func, select

from agreements.kernel.audit import AuditEvent
from agreements.kernel.errors import Stale
from compliance.notices.actions import body_text
from compliance.notices.models import Notice
from compliance.notices.rules import Language
from compliance.upstream.correcting import Withdrawal, amend, withdraw
from compliance.upstream.deciding import decide_triage
from compliance.upstream.models import UpstreamChange, UpstreamImpact
from compliance.upstream.previews import mark_of, preview, preview_of_correction
from compliance.upstream.rules import ChangeKind, Triage
from tests.builders import at, day
from tests.builders_register import OFFICER
from tests.builders_upstream import RECEIVED, a_change, a_receipt, a_source, an_order, content, letters, run

LATER = at("Mon 2024-11-11 10:00")


def without_number(text):
    return re.sub(r"LY-\d{8}-\S{8}", "LY", text)


def test_it_shows_the_very_words_that_each_tenant_will_get(session):
    first, second = an_order(session, 1, "甲"), an_order(session, 2, "甲")
    other = an_order(session, 3, "乙")
    change = a_change(session, a_source(session), triage=None)
    run(session, RECEIVED)

    shown = preview(session, change, now=RECEIVED)

    assert [[each.id for each in letter.agreements] for letter in shown] == [[first.id, second.id], [other.id]]
    assert [letter.masked_address for letter in shown] == ["l***@tenant.example"] * 2
    assert session.scalars(select(Notice)).all() == []
    decide_triage(
        session, change, Triage.UPSTREAM_CHANGE, reason="", version=change.version, actor=OFFICER, now=RECEIVED
    )
    run(session, RECEIVED)
    for letter, sent in zip(shown, letters(session), strict=True):
        assert without_number(letter.text).startswith(without_number(body_text(session, sent)))
        assert without_number(letter.subject) == without_number(sent.subject)


def test_who_is_not_mapped_yet_is_shown_too_and_nothing_is_written(session):
    agreement = an_order(session, 1)
    change = a_change(session, a_source(session))

    [letter] = preview(session, change, now=RECEIVED)

    assert letter.agreements == [agreement]
    assert "/a/········" in letter.text
    assert session.scalars(select(UpstreamImpact)).all() == []


def test_after_dispatch_it_shows_the_letter_as_it_was_issued(session):
    an_order(session, 1)
    change = a_change(session, a_source(session))
    run(session, RECEIVED)

    [letter] = preview(session, change, now=RECEIVED)

    assert letter.notice == letters(session)[0]
    assert letter.text == body_text(session, letter.notice)


def test_a_withdrawal_shows_the_letter_that_says_both(session):
    an_order(session, 1)
    change = a_change(session, a_source(session), triage=None)
    now = at("Fri 2024-11-08 17:00")
    withdraw(session, change, Withdrawal(now, "维持原价"), version=change.version, actor=OFFICER, now=now)

    [letter] = preview(session, change, now=now)

    assert "一并通知贵方" in letter.text
    assert "/a/" not in letter.text


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", ChangeKind)
@pytest.mark.parametrize("effective", [None, day("Sun 2024-12-01")])
def test_every_kind_reads_in_both_languages(session, kind, language, effective):
    an_order(session, 1)
    change = a_change(session, a_source(session), kinds=frozenset({kind}), effective_on=effective)

    [letter] = preview(session, change, language=language, now=RECEIVED)

    for never in ("None", "{{", "\n\n\n"):
        assert never not in letter.text
    assert "8.1" in letter.text
    assert "示例数据源" not in letter.text


def test_e_32_a_source_s_correction_shows_its_letters_before_it_is_recorded(session):
    kept, _ = an_order(session, 1, "甲"), an_order(session, 2, "乙", product_code="face-verify")
    change = a_change(session, a_source(session, "id2-verify", "face-verify"))
    run(session, RECEIVED)
    state, audited = change.state, session.scalar(select(func.max(AuditEvent.seq)))
    given = content(subject="更正", products=(kept.product,))
    said = {"version": change.version, "actor": OFFICER, "now": LATER}

    shown = preview_of_correction(session, change, given, received_at=LATER, **said)

    assert session.scalars(select(UpstreamChange)).all() == [change]
    assert (change.state, session.scalar(select(func.max(AuditEvent.seq)))) == (state, audited)
    with pytest.raises(Stale):
        preview_of_correction(session, change, given, received_at=LATER, **said | {"version": 99})
    correction = amend(session, change, given, a_receipt(LATER), **said)
    run(session, LATER)
    sent = [notice for notice in letters(session) if notice.cause.startswith(f"upstream:{correction.id}:")]
    assert len(shown) == len(sent) == 2
    for letter, notice in zip(shown, sent, strict=True):
        assert without_number(letter.text).startswith(without_number(body_text(session, notice)))
    assert mark_of(shown) != mark_of(shown[:1])
