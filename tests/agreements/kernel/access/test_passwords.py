import pytest

from agreements.kernel.access.passwords import COMMON, check_new_password, hash_password, password_fits
from agreements.kernel.errors import InvalidInput


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("elevenchars", "PASSWORD_TOO_SHORT"),
        ("x" * 1025, "PASSWORD_TOO_LONG"),
        ("password1234", "PASSWORD_TOO_COMMON"),
        ("PASSWORD1234", "PASSWORD_TOO_COMMON"),
        ("121212121212", "PASSWORD_TOO_COMMON"),
        ("zhang.sanfeng2026", "PASSWORD_TOO_COMMON"),  # the login with digits
    ],
)
def test_a_weak_password_is_refused_by_its_field(password, code):
    with pytest.raises(InvalidInput) as caught:
        check_new_password(password, login="zhang.sanfeng")

    assert (caught.value.code, caught.value.field) == (code, "password")


@pytest.mark.parametrize(
    "password", ["twelve chars", "四条安静的河流与一块石头呀", "all lower case words", "x1" * 4 + "yz7!"]
)
def test_length_is_enough_without_rules_of_composition(password):
    check_new_password(password, login="zhang")


def test_a_password_is_neither_cut_nor_changed():
    long = "a quiet river " * 20
    kept = hash_password(long)

    assert kept.startswith("$argon2id$")
    assert password_fits(long, kept)
    assert not password_fits(long[:-1], kept)
    assert not password_fits(long.upper(), kept)


def test_nobody_has_no_password():
    assert not password_fits("nobody has this password", None)


def test_every_common_password_is_long_enough_to_matter():
    assert all(len(password) >= 11 and password == password.casefold() for password in COMMON)
