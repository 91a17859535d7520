"""Money: yuan with exactly two places, never a float."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

FEN = Decimal("0.01")
ZERO = Decimal("0.00")
MOST = Decimal("99999999999.99")


class NotMoney(ValueError):
    """The text is not an amount in yuan with at most two places; `why` is one of format, places, range."""

    def __init__(self, why: str, value: object) -> None:
        self.why = why
        super().__init__(f"{why}: {value!r}")


def yuan(value: Decimal | int | str) -> Decimal:
    """The amount with exactly two places. Floats, more than two places, NaN and amounts over 99,999,999,999.99 are refused (NotMoney)."""
    if isinstance(value, bool | float):
        raise NotMoney("format", value)
    amount = _parsed(value)
    if not amount.is_finite() or abs(amount) > MOST:
        raise NotMoney("range", value)
    if amount != amount.quantize(FEN):
        raise NotMoney("places", value)
    return amount.quantize(FEN)


def show(amount: Decimal) -> str:
    """`¥1,234.50`, `-¥3.00`."""
    sign = "-" if amount < 0 else ""
    return f"{sign}¥{abs(amount):,.2f}"


def to_fen(amount: Decimal) -> int:
    """The amount as whole fen, for indexes and the wire."""
    return int(amount.quantize(FEN) * 100)


def from_fen(fen: int) -> Decimal:
    return (Decimal(fen) / 100).quantize(FEN)


def _parsed(value: Decimal | int | str) -> Decimal:
    if isinstance(value, Decimal | int):
        return Decimal(value)
    text = value.strip().replace(",", "").removeprefix("¥").removeprefix("￥").strip()
    if not text.isascii() or "e" in text.lower() or "_" in text:
        raise NotMoney("format", value)
    try:
        return Decimal(text)
    except InvalidOperation:
        raise NotMoney("format", value) from None
