"""Who a party is in law: its kind, and the unified social credit code with its check digit (GB 32100-2015)."""

import unicodedata
from enum import StrEnum

DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 signs of a code, by value; I, O, S, V and Z are none of them."""
WEIGHTS = tuple(3**place % 31 for place in range(17))
LENGTH = 18


class PartyKind(StrEnum):
    """What a party is in law."""

    LEGAL_PERSON = "legal_person"
    SOLE_TRADER = "sole_trader"
    PARTNERSHIP = "partnership"
    PUBLIC_BODY = "public_body"
    FOREIGN = "foreign"


OF_SOLE_TRADERS = "92"
"""Registering authority and class that every sole trader's code begins with, and no other's."""


class CodeFault(StrEnum):
    """Why a code can't be one."""

    LENGTH = "length"
    SIGNS = "signs"
    CHECK_DIGIT = "check_digit"
    KIND = "kind"


def written_code(text: str) -> str:
    """Return a code as it is kept: half width, upper case, no white space."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def check_sign(code: str) -> str:
    """GB 32100-2015, 5: the eighteenth sign that follows from the first seventeen."""
    total = sum(DIGITS.index(sign) * weight for sign, weight in zip(code[:17], WEIGHTS, strict=True))
    return DIGITS[(31 - total % 31) % 31]


def fault_of_code(code: str, kind: PartyKind) -> CodeFault | None:
    """Return why a code, as `written_code` gives it, can't be a party's of this kind; None where it can."""
    if len(code) != LENGTH:
        return CodeFault.LENGTH
    if any(sign not in DIGITS for sign in code) or not code[2:8].isdigit():
        return CodeFault.SIGNS
    if check_sign(code) != code[17]:
        return CodeFault.CHECK_DIGIT
    return CodeFault.KIND if code.startswith(OF_SOLE_TRADERS) != (kind is PartyKind.SOLE_TRADER) else None
