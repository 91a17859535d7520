"""Like beside like: which of two products has the better parameters, what a unit of content costs, by how much one is cheaper. Pure and exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from sunlit.domain.catalog.models import Attribute, Better
from sunlit.domain.catalog.rules.reading import key_of
from sunlit.foundation.kernel.money import FEN

TENTH: Final = Decimal("0.1")
SMALL: Final = Decimal("0.0001")  # what costs less than a tenth of a yuan is told with four places


class Sign(StrEnum):
    """How one value stands to another."""

    SAME = "same"
    BETTER = "better"
    WORSE = "worse"
    DIFFERENT = "different"  # and the template knows no order
    MISSING = "missing"  # at least one of the two does not say


class Verdict(StrEnum):
    """How one product stands to another in all its parameters."""

    SAME = "same"
    SAME_OR_BETTER = "same_or_better"
    SAME_OR_WORSE = "same_or_worse"
    MIXED = "mixed"  # better in some, worse in others
    OPEN = "open"  # something differs without an order, or is missing: nothing may be claimed


@dataclass(frozen=True)
class Weighed:
    """The parameters by how the first product stands to the second."""

    signs: Mapping[str, Sign]

    def of(self, *signs: Sign) -> list[str]:
        """The keys of the parameters that stand so, in the order of the template."""
        return [key for key, sign in self.signs.items() if sign in signs]

    @property
    def verdict(self) -> Verdict:
        """Dominance is claimed only when every parameter can be put in order."""
        found = set(self.signs.values())
        if not found or found & {Sign.DIFFERENT, Sign.MISSING}:
            return Verdict.OPEN
        if {Sign.BETTER, Sign.WORSE} <= found:
            return Verdict.MIXED
        if Sign.BETTER in found:
            return Verdict.SAME_OR_BETTER
        return Verdict.SAME_OR_WORSE if Sign.WORSE in found else Verdict.SAME


@dataclass(frozen=True)
class Content:
    """What one unit of a product holds, and in which portions its price is told: 4,000 sheets, 100 at a time."""

    amount: Fraction
    per: int
    unit: str
    unit_en: str

    def price_of(self, price: Decimal) -> Fraction:
        """The exact price of one portion."""
        return Fraction(price) / self.amount * self.per


def weigh(one: Mapping[str, str], other: Mapping[str, str], template: Sequence[Attribute]) -> Weighed:
    """Parameter by parameter. What neither says counts only where the template requires it; own parameters have no order."""
    signs: dict[str, Sign] = {}
    for line in template:
        ours, theirs = one.get(line.key, ""), other.get(line.key, "")
        if ours or theirs or line.required or line.is_key:
            signs[line.key] = sign_of(ours, theirs, line)
    known = {line.key for line in template}
    for key in dict.fromkeys([*one, *other]):
        if key not in known and (one.get(key) or other.get(key)):
            signs[key] = sign_of(one.get(key, ""), other.get(key, ""), None)
    return Weighed(signs)


def sign_of(ours: str, theirs: str, line: Attribute | None) -> Sign:
    """How our value stands to theirs."""
    if not ours or not theirs:
        return Sign.MISSING
    if key_of(ours) == key_of(theirs):
        return Sign.SAME
    places = (_place(ours, line), _place(theirs, line)) if line is not None and line.better else (None, None)
    if line is None or places[0] is None or places[1] is None:
        return Sign.DIFFERENT
    if places[0] == places[1]:
        return Sign.SAME
    return Sign.BETTER if (places[0] > places[1]) == (line.better == Better.HIGHER) else Sign.WORSE


def _place(text: str, line: Attribute) -> Decimal | None:
    """Where a value stands in the order of its parameter: its figure, or the place of the choice in the template."""
    if line.type == "choice":
        return Decimal(line.choices.index(text)) if text in line.choices else None
    if line.type == "number":
        return _figure(text)
    return None


def _figure(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def content_of(measure: Mapping[str, Any], unit: str, attributes: Mapping[str, str]) -> Content | None:
    """What one unit holds, after the measure of the category; None where the unit is not foreseen or a parameter is missing."""
    keys = measure.get("by", {}).get(unit)
    if keys is None:
        return None
    amount = Fraction(1)
    for key in keys:
        figure = _figure(attributes.get(key, ""))
        if figure is None or figure <= 0:
            return None
        amount *= Fraction(figure)
    return Content(amount, int(measure["per"]), str(measure["unit"]), str(measure.get("unit_en") or measure["unit"]))


def rounded(price: Fraction) -> Decimal:
    """A price of a portion for the eye: to the fen, small ones to a hundredth of it."""
    exact = Decimal(price.numerator) / Decimal(price.denominator)
    return exact.quantize(FEN if price >= Fraction(1, 10) else SMALL, ROUND_HALF_UP)


def percent_cheaper(ours: Fraction, theirs: Fraction) -> Decimal:
    """By how many per cent of their price ours is lower; negative when it is higher. Cut after one place, so that it never claims too much."""
    share = (theirs - ours) / theirs * 100
    return (Decimal(share.numerator) / Decimal(share.denominator)).quantize(TENTH, ROUND_DOWN)


def comparable_prices(items: Iterable[tuple[Decimal | None, str, Content | None]]) -> list[Fraction | None]:
    """Prices that may be set against each other: of a portion where all products tell their content alike, of the unit where all have the same.

    `items` are price, unit and content of each product; all None where units differ and contents are not told alike.
    """
    rows = list(items)
    portions = {(content.per, content.unit) if content else None for _price, _unit, content in rows}
    if len(portions) == 1 and None not in portions:
        return [content.price_of(price) if price is not None and content else None for price, _unit, content in rows]
    if len({unit for _price, unit, _content in rows}) == 1:
        return [Fraction(price) if price is not None else None for price, _unit, _content in rows]
    return [None] * len(rows)
