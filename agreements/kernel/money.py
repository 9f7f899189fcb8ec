"""Money as whole fen (分), the hundredth of a yuan. No floats, one currency: CNY."""

import re
from dataclasses import dataclass
from decimal import Decimal

from agreements.kernel.errors import N_, InvalidInput

YUAN = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]{1,2})?")
LARGEST_YUAN = 10**12


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in fen; may be negative as a difference, never a fraction of a fen."""

    fen: int

    def __post_init__(self) -> None:
        if type(self.fen) is not int:
            raise TypeError(f"fen must be an int, not {self.fen!r}")

    def __str__(self) -> str:
        """Yuan with two digits: 1200.00."""
        return f"{Decimal(self.fen).scaleb(-2):.2f}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.fen + other.fen)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.fen - other.fen)

    def __mul__(self, factor: int) -> "Money":
        return Money(self.fen * factor)


def parse_yuan(text: str, field: str) -> Money:
    """Read an amount in yuan such as 1200, 1200.0 or 1,200.00; at most two digits after the point, never rounded."""
    written = text.strip()
    if not YUAN.fullmatch(written) or Decimal(written.replace(",", "")) > LARGEST_YUAN:
        raise InvalidInput(
            N_("“%(text)s” is not an amount in yuan."),
            field=field,
            remedy=N_("Write it as 1200.00, with at most two digits after the point."),
            text=text,
        )
    return Money(int(Decimal(written.replace(",", "")).scaleb(2)))
