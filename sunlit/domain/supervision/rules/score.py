"""How far a price lies above its like: the arithmetic of a case, written so that an auditor can do it again. Pure.

Prices are compared as natural logarithms. A price stands against the *rows* of everybody else: what other sellers ask for the product now, and what
it was bought for in the window, one row a seller and month, so that nobody outvotes the others. A seller's own rows are left out, so that no seller
moves the measure that it is held to. With x the adjusted logarithm of the price, m the number of rows left, y their adjusted logarithms:

    x, y     = ln(price) - effect of the region - effect of the month - slope * ln(quantity)
    median   = median(y)
    mad      = 1.4826 * median(|y - median|)
    scale²   = (m * mad² + n0 * category_mad²) / (m + n0)
    z        = (x - median) / sqrt(scale² * (1 + 1.57 / m))
    percent  = (exp(x - median) - 1) * 100

1.4826 makes the MAD of normal figures their standard deviation; 1.57 (π/2) is what a median varies more than a mean. Because nothing on the right
depends on x, a higher price always has a higher z; because all is in logarithms, prices in fen give the same z as prices in yuan.
The effects and the category's MAD are estimated by Huber's method over the whole category (`yardstick`). Floats live in this module only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log, sqrt
from typing import Final, TypeVar

K = TypeVar("K", str, int)

CONSISTENT: Final = 1.4826  # the standard deviation of normal figures over their MAD
MEDIAN_VARIANCE: Final = 1.57  # of a median, against a mean's
HUBER: Final = 1.345  # deviations beyond this many scales count less: 95 % efficient for normal figures
PASSES: Final = 2  # over region, month and quantity in turn
STEPS: Final = 20
STILL: Final = 1e-9
EFFECT_ROWS_LEAST: Final = 30  # below this an effect is taken as none
SCALE_LEAST: Final = 0.01  # one per cent: where all ask the same, a fen more is no anomaly


@dataclass(frozen=True, slots=True)
class Row:
    """What one seller asks or was paid: `months` back from now (0 is this month), for a quantity, towards a region."""

    seller: int
    price: float
    months: int = 0
    quantity: int = 1
    region: str = ""


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What a category's prices depend on besides the product, and how far they scatter. All in logarithms."""

    mad: float
    rows: int = 0
    regions: Mapping[str, float] = field(default_factory=dict)
    months: Mapping[int, float] = field(default_factory=dict)
    slope: float = 0.0


@dataclass(frozen=True, slots=True)
class Score:
    """The figures of the formula above; `rows` is m, `median` and `x` are logarithms."""

    x: float
    median: float
    mad: float
    scale: float
    rows: int
    z: float

    @property
    def ratio(self) -> float:
        return exp(self.x - self.median)

    @property
    def percent(self) -> float:
        return (self.ratio - 1) * 100


def adjusted(row: Row, by: Yardstick) -> float:
    """The logarithm of the price, as if asked for one piece, now, in the middle of the regions."""
    x = log(row.price) - by.regions.get(row.region, 0.0) - by.months.get(row.months, 0.0)
    return x - by.slope * log(row.quantity) if row.quantity > 1 else x


def score(x: float, others: Sequence[float], *, category_mad: float, shrinkage: float) -> Score:
    """The score of an adjusted price against the adjusted prices of the others (at least one)."""
    ordered = sorted(others)
    middle = median(ordered)
    spread = mad(ordered, middle)
    scale = shrunken(spread, len(ordered), category_mad, shrinkage)
    z = (x - middle) / (scale * sqrt(1 + MEDIAN_VARIANCE / len(ordered)))
    return Score(x, middle, spread, scale, len(ordered), z)


def shrunken(own: float, n: int, category: float, n0: float) -> float:
    """The product's own spread drawn towards its category's, the more the fewer rows it has; never below SCALE_LEAST."""
    return max(sqrt((n * own * own + n0 * category * category) / (n + n0)), SCALE_LEAST)


def median(ordered: Sequence[float]) -> float:
    """Of figures in their order: the middle one, or the mean of the two in the middle."""
    n = len(ordered)
    return ordered[n // 2] if n % 2 else (ordered[n // 2 - 1] + ordered[n // 2]) / 2


def mad(figures: Iterable[float], middle: float) -> float:
    """The median of the absolute deviations from `middle`, scaled to be a standard deviation."""
    return CONSISTENT * median(sorted([abs(x - middle) for x in figures]))


# The yardstick of a category


@dataclass(slots=True)
class Residuals:
    """Rows as deviations from the median of their product: what is left for region, month and quantity to explain."""

    figures: list[float] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    months: list[int] = field(default_factory=list)
    quantities: list[float] = field(default_factory=list)  # logarithms

    def take(self, rows: Sequence[Row]) -> None:
        """The rows of one product with enough sellers."""
        logs = [log(row.price) for row in rows]
        middle = median(sorted(logs))
        for row, x in zip(rows, logs, strict=True):
            self.figures.append(x - middle)
            self.regions.append(row.region)
            self.months.append(row.months)
            self.quantities.append(log(row.quantity))


def yardstick(told: Residuals) -> Yardstick | None:
    """Effects in turn of region, month and quantity, each on what the others leave; then the MAD of what all leave. None without rows."""
    if not told.figures:
        return None
    regions: dict[str, float] = {}
    months: dict[int, float] = {}
    slope = 0.0
    for _ in range(PASSES):
        regions = _effects(told.regions, _left(told, {}, months, slope))
        months = _effects(told.months, _left(told, regions, {}, slope))
        slope = _slope(told.quantities, _left(told, regions, months, 0.0))
    left = _left(told, regions, months, slope)
    return Yardstick(mad(left, median(sorted(left))), len(left), regions, months, slope)


def huber(figures: Sequence[float]) -> float:
    """Huber's location: the mean in which what lies far out counts less, by repeated weighing from the median."""
    middle = median(sorted(figures))
    reach = HUBER * max(mad(figures, middle), STILL)
    for _ in range(STEPS):
        weights = [_weight(x - middle, reach) for x in figures]
        moved = sum(w * x for w, x in zip(weights, figures, strict=True)) / sum(weights)
        if abs(moved - middle) < STILL:
            return moved
        middle = moved
    return middle


def _weight(deviation: float, reach: float) -> float:
    return 1.0 if abs(deviation) <= reach else reach / abs(deviation)


def _effects(keys: Sequence[K], figures: Sequence[float]) -> dict[K, float]:
    """Huber's location of the figures of each key that has enough of them."""
    groups: dict[K, list[float]] = {}
    for key, figure in zip(keys, figures, strict=True):
        groups.setdefault(key, []).append(figure)
    return {key: huber(group) for key, group in sorted(groups.items()) if len(group) >= EFFECT_ROWS_LEAST}


def _slope(quantities: Sequence[float], figures: Sequence[float]) -> float:
    """Huber's slope through the origin on the logarithm of the quantity, from the rows of more than one piece."""
    pairs = [(q, y) for q, y in zip(quantities, figures, strict=True) if q > 0]
    if len(pairs) < EFFECT_ROWS_LEAST:
        return 0.0
    slope = median(sorted(y / q for q, y in pairs))
    reach = HUBER * max(mad((y - slope * q for q, y in pairs), 0.0), STILL)
    for _ in range(STEPS):
        weights = [_weight(y - slope * q, reach) for q, y in pairs]
        moved = sum(w * q * y for w, (q, y) in zip(weights, pairs, strict=True)) / sum(
            w * q * q for w, (q, _y) in zip(weights, pairs, strict=True)
        )
        if abs(moved - slope) < STILL:
            return moved
        slope = moved
    return slope


def _left(told: Residuals, regions: Mapping[str, float], months: Mapping[int, float], slope: float) -> list[float]:
    """The residuals without these effects."""
    lines = zip(told.figures, told.regions, told.months, told.quantities, strict=True)
    return [x - regions.get(region, 0.0) - months.get(month, 0.0) - slope * q for x, region, month, q in lines]
