"""What a password must be, and how it is kept: argon2id, exactly as typed, never cut or changed (ASVS 6.2).

No rules of composition and no expiry: length and a look at what attackers try first.
"""

from functools import cache
from pathlib import Path

import argon2

from agreements.kernel.errors import N_, InvalidInput

SHORTEST = 12
LONGEST = 1024

# Widely used passwords that are long enough to pass, in lower case; those of a repeated piece are found by rule.
COMMON = frozenset((Path(__file__).parent / "common_passwords.txt").read_text().split())

_HASHER = argon2.PasswordHasher()  # the library's defaults: argon2id, 64 MiB, 3 rounds, 4 lanes


@cache
def _nobody() -> str:
    """Return the hash that a login nobody has is compared with; made when first needed, for it takes a while."""
    return _HASHER.hash("nobody has this password")


def check_new_password(password: str, *, login: str) -> None:
    """Raise InvalidInput on field `password` unless the password may be used with this login."""
    if len(password) < SHORTEST:
        raise InvalidInput(
            N_("The password is too short."),
            code="PASSWORD_TOO_SHORT",
            field="password",
            remedy=N_("Use at least %(shortest)s characters; a few words are easy to remember and hard to guess."),
            shortest=SHORTEST,
        )
    if len(password) > LONGEST:
        raise InvalidInput(
            N_("The password is longer than %(longest)s characters."),
            code="PASSWORD_TOO_LONG",
            field="password",
            longest=LONGEST,
        )
    lowered = password.casefold()
    if lowered in COMMON or _repeats_a_piece(lowered) or (login and lowered.strip("0123456789!@#.") == login):
        raise InvalidInput(
            N_("This password is among those tried first."),
            code="PASSWORD_TOO_COMMON",
            field="password",
            remedy=N_("Choose another; a few unrelated words are easy to remember and hard to guess."),
        )


def _repeats_a_piece(text: str) -> bool:
    """Say whether the text is one piece of at most four characters again and again, such as 121212121212."""
    return any(text == (text[:size] * len(text))[: len(text)] for size in (1, 2, 3, 4))


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def password_fits(password: str, password_hash: str | None) -> bool:
    """Compare; without a hash the same work is done for nobody, so that time does not tell who exists."""
    try:
        _HASHER.verify(password_hash or _nobody(), password)
    except argon2.exceptions.VerifyMismatchError:
        return False
    return password_hash is not None


def needs_new_hash(password_hash: str) -> bool:
    return _HASHER.check_needs_rehash(password_hash)
