"""Whatever days the scheduler is away, the warnings end as if it had run on every one of them."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from agreements.kernel.db import db
from agreements.kernel.instants import end_of, start_of
from compliance.expiry.rules import Silence, WarningState
from compliance.notices.models import Notice
from tests.builders_expiry import a_document, an_agreement_ending, scan, warnings_of

FIRST, LAST = date(2024, 12, 2), date(2025, 2, 10)  # over New Year and Spring Festival
DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]


def run(app, last_on, days_at_work):
    """Warn of one agreement and one document ending on a day, with the scheduler at work on some days only."""
    session = db.session()
    with session.begin():
        agreement = an_agreement_ending(session, f"{last_on:%a %Y-%m-%d}")
        other = an_agreement_ending(session, "Tue 2025-07-29", order_no="200000000000002", product_code="other")
        document = a_document(session, other.tenant, f"{last_on:%a %Y-%m-%d}")
        for day in days_at_work:
            scan(session, start_of(day) + timedelta(hours=9))
        left = [
            {
                row.threshold: (row.due_at, row.as_of, row.state, row.silence, row.recorded_at, row.notice_id)
                for row in warnings_of(session, subject)
            }
            for subject in (agreement, document)
        ]
        messages = len(session.scalars(select(Notice)).all())
        session.rollback()
    db.session.remove()
    return left, messages


ENDS = [date(2025, 1, 17), date(2025, 2, 5), date(2025, 2, 9)]


@pytest.fixture
def run_daily(app):
    """What a run on every day leaves; made once for an end."""
    known = {}

    def daily(last_on):
        if last_on not in known:
            known[last_on] = run(app, last_on, DAYS)
        return known[last_on]

    return daily


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(last_on=st.sampled_from(ENDS), at_work=st.sets(st.sampled_from(DAYS[:-1]), max_size=8))
def test_a_missed_week_leaves_the_same_rows_as_a_run_every_day(app, run_daily, last_on, at_work):
    daily, daily_messages = run_daily(last_on)
    gaps, messages = run(app, last_on, [*sorted(at_work), LAST])

    bound = end_of(last_on)
    for every_day, with_gaps in zip(daily, gaps, strict=True):
        assert facts(with_gaps) == facts(every_day)  # each threshold once, with the same due moment
        assert all(row[2] in (WarningState.SENT, WarningState.SKIPPED) for row in with_gaps.values())
        for threshold, (due_at, as_of, state, silence, recorded_at, notice_id) in with_gaps.items():
            assert as_of == due_at <= recorded_at
            if state is WarningState.SENT:
                assert recorded_at < bound
            elif silence is Silence.COLLAPSED:  # a later one, due by the same run, spoke for it
                assert any(
                    other[5] == notice_id and other[2] is WarningState.SENT and other[0] > due_at
                    for other in with_gaps.values()
                ), threshold
            else:
                assert silence is Silence.ENDED
                assert recorded_at >= bound
    assert messages <= daily_messages


def facts(rows):
    """What doesn't depend on when the scheduler ran: due moments, and which are settled as of when."""
    return {threshold: (row[0], row[1]) for threshold, row in rows.items()}
