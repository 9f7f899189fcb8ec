"""What is kept ready of the frame never reaches a person of another language, another role or another room."""

import re

from agreements.kernel.access.models import Locale
from tests.builders_access import signed_in_client


def side_bar(client, path="/agreements"):
    page = client.get(path).text
    return page[page.index('id="rooms"') : page.index("</aside>")]


def test_two_languages_in_turns_each_get_their_own_words(app):
    chinese = signed_in_client(app, "legal_officer")
    english = signed_in_client(app, "legal_officer", locale=Locale.EN)
    for _ in range(2):
        assert "审计" in side_bar(chinese)
        assert not re.search("[\u4e00-\u9fff]", side_bar(english))
        assert "Keyboard shortcuts" in english.get("/agreements").text
        assert "Keyboard shortcuts" not in chinese.get("/agreements").text


def test_each_role_sees_its_own_rooms_and_where_it_is(app):
    officer, admin = signed_in_client(app, "legal_officer"), signed_in_client(app, "admin")
    for _ in range(2):
        assert "/admin/people" in side_bar(admin)
        assert "/admin/people" not in side_bar(officer)
    marked = '<a class="nav-link" href="{}" aria-current="page"'
    assert marked.format("/agreements") in side_bar(officer)
    assert marked.format("/calendar") in side_bar(officer, "/calendar")
    assert side_bar(officer, "/calendar").count("aria-current") == 1


def test_what_a_person_wrote_is_escaped_in_a_text_with_variables(app):
    with app.test_request_context():
        template = app.jinja_env.from_string('{{ _("Terms of %(order_no)s", order_no=written) }}')
        assert "&lt;b&gt;" in template.render(written="<b>")
