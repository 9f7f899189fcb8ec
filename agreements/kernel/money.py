"""Money as whole fen (分), the hundredth of a yuan. No floats, one currency: CNY."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from agreements.kernel.errors import InvalidInput, N_


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
    """Read an amount in yuan such as 1200, 1200.0 or 1,200.00; more than two digits after the point are refused."""
    try:
        yuan = Decimal(text.strip().replace(",", ""))
        fen = yuan.scaleb(2)
        exact = yuan.is_finite() and fen == fen.to_integral_value()
    except InvalidOperation:
        exact = False
    if not exact:
        raise InvalidInput(
            N_("“%(text)s” is not an amount in yuan."),
            field=field,
            remedy=N_("Write it as 1200.00, with at most two digits after the point."),
            text=text,
        )
    return Money(int(fen))
