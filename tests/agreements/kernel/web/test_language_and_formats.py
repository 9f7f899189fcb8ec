"""Chinese and English; dates, instants and amounts as people write them."""

import re
from datetime import timedelta

import pytest
from flask_babel import force_locale

from agreements.kernel.access.rules import Role
from agreements.kernel.money import Money
from agreements.kernel.web import formats
from agreements.kernel.web.language import label, period_words
from tests.builders import at, day
from tests.builders_access import signed_in_client


@pytest.mark.parametrize(
    ("accepts", "lang"),
    [("zh-CN,zh;q=0.9,en;q=0.5", "zh-CN"), ("en-GB,en;q=0.9", "en"), ("fr", "zh-CN"), ("", "zh-CN")],
)
def test_a_visitor_is_spoken_to_as_the_browser_asks(app, accepts, lang):
    page = app.test_client().get("/sign-in", headers={"Accept-Language": accepts})

    assert f'<html lang="{lang}"' in page.text


def test_a_visitor_chooses_and_keeps_a_language(app):
    client = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)[1]

    answer = client.post(
        "/language",
        data={"csrf_token": token, "locale": "en"},
        headers={"Referer": "http://localhost/sign-in?next=/account"},
    )

    assert answer.location == "/sign-in?next=/account"
    assert '<html lang="en"' in client.get("/sign-in", headers={"Accept-Language": "zh"}).text


def test_a_persons_choice_wins_over_the_browser(app):
    client = signed_in_client(app)
    assert "我的账号" in client.get("/account", headers={"Accept-Language": "en"}).text

    client.post("/language", {"locale": "en"})

    assert "My account" in client.get("/account", headers={"Accept-Language": "zh"}).text


def test_an_unknown_language_is_bad_input(app):
    assert signed_in_client(app).post("/language", {"locale": "fr"}).status_code == 422


@pytest.mark.parametrize(
    ("locale", "function", "value", "text"),
    [
        ("zh", formats.day, day("Wed 2025-11-12"), "2025年11月12日 周三"),
        ("en", formats.day, day("Wed 2025-11-12"), "Wed 12 Nov 2025"),
        ("zh", formats.day, at("Thu 2025-11-13 00:00"), "2025年11月13日 周四"),  # 16:00 UTC on the 12th
        ("zh", formats.until, at("Thu 2025-11-13 00:00"), "2025年11月12日 周三 24:00"),
        ("en", formats.until, at("Thu 2025-11-13 00:00"), "Wed 12 Nov 2025 24:00"),
        ("zh", formats.until, at("Thu 2025-11-13 16:40"), "2025年11月13日 周四 16:40"),
        ("zh", formats.instant, at("Fri 2025-11-07 16:40"), "2025年11月7日 周五 16:40"),
        ("zh", formats.short_day, at("Fri 2025-11-07 16:40"), "2025-11-07"),
        ("zh", formats.yuan, Money(120000), "¥1,200.00"),
        ("zh", formats.yuan, -5, "-¥0.05"),
        ("zh", formats.whole, 30000, "30,000"),
    ],
)
def test_dates_and_amounts_read_as_people_write_them(app, locale, function, value, text):
    with force_locale(locale):
        assert function(value) == text


@pytest.mark.parametrize(
    ("bound", "zh", "en"),
    [
        ("Sat 2024-09-14 00:00", "明天", "tomorrow"),  # the last day is the 13th
        ("Fri 2024-09-13 00:00", "今天", "today"),
        ("Thu 2024-09-12 00:00", "昨天", "yesterday"),
        ("Sat 2024-09-21 00:00", "8 天后", "in 8 days"),
        ("Mon 2024-09-09 00:00", "4 天前", "4 days ago"),
    ],
)
def test_relative_days_count_from_today_in_shanghai(app, bound, zh, en):
    now = at("Thu 2024-09-12 00:30")  # still the 11th in UTC

    for locale, text in (("zh", zh), ("en", en)):
        with force_locale(locale):
            assert formats.relative_until(at(bound), now) == text


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_role_has_a_word_in_both_languages(app, locale):
    with force_locale(locale):
        for role in Role:
            assert not label("role", role).startswith("role.")


@pytest.mark.parametrize(
    ("clause", "zh", "en"),
    [
        ("3.3", "第3.3条", "Clause 3.3"),
        ("4.4, 6.1", "第4.4、6.1条", "Clauses 4.4, 6.1"),
        ("3.3 + 4.4", "第3.3、4.4条", "Clauses 3.3, 4.4"),
        ("三 1", "主协议三、1", "Main agreement 三 1"),
        ("一", "主协议一", "Main agreement 一"),
        ("三 1, 3.3", "主协议三、1，第3.3条", "Main agreement 三 1, Clause 3.3"),
        ("民法典 564", "民法典 564", "民法典 564"),
    ],
)
def test_clauses_are_cited_as_the_agreement_numbers_them(app, clause, zh, en):
    for locale, words in (("zh", zh), ("en", en)):
        with force_locale(locale):
            assert formats.clause_words(clause) == words


@pytest.mark.parametrize(
    ("bound", "zh", "en"),
    [
        (at("Wed 2025-11-12 10:59"), "0 分钟", "0 min"),
        (at("Wed 2025-11-12 14:20"), "3 小时 20 分钟", "3 h 20 min"),
        (at("Thu 2025-11-13 12:00"), "1 天 1 小时", "1 d 1 h"),
        (at("Wed 2025-11-12 10:30"), "29 分钟", "29 min"),  # since
    ],
)
def test_time_left_names_its_two_largest_units(app, bound, zh, en):
    for locale, words in (("zh", zh), ("en", en)):
        with force_locale(locale):
            assert formats.time_left(bound, at("Wed 2025-11-12 11:00") - timedelta(seconds=30)) == words


def test_a_template_speaks_the_language_of_its_reader_and_not_of_its_first_one(app):
    template = app.jinja_env.from_string("{{ '3.3'|clause_words }}")
    for locale, words in (("zh", "第3.3条"), ("en", "Clause 3.3")):
        with force_locale(locale):
            assert template.render() == words


@pytest.mark.parametrize(
    ("locale", "count", "unit", "words"),
    [
        ("en", 1, "working_day", "1 working day"),
        ("en", 7, "working_day", "7 working days"),
        ("en", 1, "month", "1 month"),
        ("en", 2, "year", "2 years"),
        ("zh", 7, "working_day", "7 个工作日"),
        ("zh", 1, "calendar_day", "1 日"),
    ],
)
def test_a_period_is_singular_or_plural_as_english_has_it(app, locale, count, unit, words):
    with app.test_request_context(), force_locale(locale):
        assert period_words(count, unit) == words
