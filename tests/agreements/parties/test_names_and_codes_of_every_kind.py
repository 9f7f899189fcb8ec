"""Names as of any day and credit codes of any kind hold for every value, not only for the examples (E-50, E-51)."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agreements.parties.identity import DIGITS, CodeFault, PartyKind, check_sign, fault_of_code, written_code
from agreements.parties.models import Party, PartyName
from agreements.parties.naming import name_on
from agreements.parties.rules import normalised_name

FIRST = date(2020, 1, 1)
bodies = st.builds(
    "91{}{}".format,
    st.text(alphabet="0123456789", min_size=6, max_size=6),  # the place of registration
    st.text(alphabet=DIGITS, min_size=9, max_size=9),
)


@given(bodies)
def test_the_check_sign_of_any_code_fits_and_no_other_does(body):
    right = check_sign(body)
    assert fault_of_code(body + right, PartyKind.LEGAL_PERSON) is None
    for sign in DIGITS:
        if sign != right:
            assert fault_of_code(body + sign, PartyKind.LEGAL_PERSON) is CodeFault.CHECK_DIGIT


@given(bodies, st.data())
def test_two_neighbouring_signs_that_changed_places_are_noticed(body, data):
    code = body + check_sign(body)
    place = data.draw(st.integers(2, 16))
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if swapped != code:
        assert fault_of_code(swapped, PartyKind.LEGAL_PERSON) is not None


@given(bodies, st.integers(0, 17))
def test_a_code_written_wide_small_or_spaced_is_the_same_code(body, place):
    code = body + check_sign(body)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
    assert written_code(wide) == written_code(code.lower()) == written_code(code[:place] + " " + code[place:]) == code


@given(st.text(alphabet="海棠青柏（武汉）()ＡａA9 　", min_size=1, max_size=20))
def test_normalising_a_name_twice_changes_nothing_more(name):
    once = normalised_name(name)
    assert normalised_name(once) == once
    assert normalised_name(f"　{name} ") == once


@given(st.lists(st.integers(0, 2_000), max_size=6, unique=True))
def test_e_51_on_every_day_a_party_has_exactly_the_name_whose_time_it_was(moves):
    ends = sorted(FIRST + timedelta(days=count) for count in moves)
    former = [PartyName(id=number, name=f"名{number}", until_on=until) for number, until in enumerate(ends)]
    party = Party(name="今名", former_names=former[::-1])  # the latest first, as the ledger gives them
    for until in ends:
        for on in (until - timedelta(days=1), until):
            expected = next((each.name for each in former if on < each.until_on), "今名")
            assert name_on(party, on) == expected
    assert name_on(party, date.max) == "今名"
