"""What lifts a product beside its words: policy, sales and rating, with the weights of the rulebook; each told as a figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import log, log2
from typing import Final

from sunlit.domain.catalog.models import Tag
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.queries import Rule_
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.kernel.regions import ROOT

SOLD_FULL: Final = 10_000
"""Pieces sold from which sales lift in full; below by their logarithm, so that the first hundred count most."""
TRUSTED: Final = 5
"""Middling ratings that every product is given in advance, so that one friend's five stars do not lift."""
MIDDLING: Final = Decimal(3)
STARS_MOST: Final = Decimal(5)
SCALE: Final = 20
"""The engine multiplies relevance by log2(2 + weight): a weight of 2^(SCALE * m) - 2 multiplies by m, up to a common factor."""
JITTER: Final = 0.001
"""Share by which the number of a product moves its weight: equal products keep one order from page to page."""

DEFAULTS: Final[Mapping[str, Decimal]] = {
    "search.policy_weight": Decimal(10),
    "search.policy_weight_most": Decimal(30),
    "search.sales_weight": Decimal(20),
    "search.rating_weight": Decimal(10),
}
"""Percentages that hold until the rulebook has its own (an installation that has not loaded the newest pack yet)."""

Ratings = Callable[[Sequence[int]], Mapping[int, tuple[int, Decimal]]]


@dataclass(frozen=True)
class Weights:
    """By how many per cent each policy tag, the policies together, sales at most and rating at most lift a product."""

    tags: Mapping[str, Decimal]
    policy_most: Decimal
    sales: Decimal
    rating: Decimal

    @property
    def signature(self) -> str:
        """Changes when products would be ranked differently."""
        return "|".join([*(f"{tag}={share}" for tag, share in sorted(self.tags.items())), str((self.policy_most, self.sales, self.rating))])


@dataclass(frozen=True)
class Lift:
    """One reason to stand higher: `kind` is policy, sales or rating, `percent` its share, `figure` what it rests on."""

    kind: str
    percent: Decimal
    tags: tuple[str, ...] = ()
    sold: int = 0
    stars: Decimal | None = None
    ratings: int = 0


def weights(day: date) -> Weights:
    """The weights of the rulebook, from its memory."""
    return Weights(
        tags={tag.value: _percent("search.policy_weight", day, tag.value) for tag in Tag},
        policy_most=_percent("search.policy_weight_most", day),
        sales=_percent("search.sales_weight", day),
        rating=_percent("search.rating_weight", day),
    )


def rules(day: date) -> list[Rule_]:
    """The rules that the weights come from, as far as they are loaded."""
    return [found for key in DEFAULTS if (found := _rule(key, day))]


def lifts(tags: Sequence[str], sold: int, rating: tuple[int, Decimal] | None, by: Weights) -> list[Lift]:
    """Why a product stands higher than its words alone would put it; what lifts by nothing is left out."""
    count, stars = rating or (0, MIDDLING)
    policy = min(sum((by.tags.get(tag, Decimal(0)) for tag in tags), Decimal(0)), by.policy_most)
    sales = by.sales * Decimal(min(log(1 + sold) / log(1 + SOLD_FULL), 1.0)).quantize(Decimal("0.0001"))
    good = max(trusted(count, stars) - MIDDLING, Decimal(0)) / (STARS_MOST - MIDDLING)
    found = (
        Lift("policy", policy, tags=tuple(tag for tag in tags if by.tags.get(tag))),
        Lift("sales", sales, sold=sold),
        Lift("rating", by.rating * good, stars=stars, ratings=count),
    )
    return [lift for lift in found if lift.percent > 0]


def trusted(count: int, stars: Decimal) -> Decimal:
    """The mean of these ratings and the middling ones given in advance."""
    return (stars * count + MIDDLING * TRUSTED) / (count + TRUSTED)


def factor(lifted: Sequence[Lift]) -> Decimal:
    """By what relevance is multiplied: 1.25 for 25 per cent in all."""
    return 1 + sum((lift.percent for lift in lifted), Decimal(0)) / 100


def engine_weight(multiplier: Decimal, fixed: int) -> int:
    """What makes the engine multiply so; `fixed` is a number of the product's own, which settles ties."""
    moved = float(multiplier) * (1 + JITTER * (fixed % 1024) / 1024)
    return round(2 ** (SCALE * min(moved, 3.0))) - 2


def multiplier_of(weight: int) -> float:
    """The engine's factor of a weight, undone: for tests and for people who wonder."""
    return log2(2 + weight) / SCALE


# Ratings belong to a later desk: it says how to ask for them.

_ratings: Ratings | None = None


def rated_by(ratings: Ratings) -> None:
    """Have the ratings of products (how many, and the mean of their stars) told by this function, for many products in one query."""
    global _ratings
    _ratings = ratings


def ratings_of(product_ids: Sequence[int]) -> Mapping[int, tuple[int, Decimal]]:
    """How often products were rated and with how many stars; those never rated are absent."""
    return _ratings(product_ids) if _ratings else {}


def _percent(key: str, day: date, kind: str = "") -> Decimal:
    found = _rule(key, day, kind)
    return found.percent if found else DEFAULTS[key]


def _rule(key: str, day: date, kind: str = "") -> Rule_ | None:
    try:
        return rulebook.rule(key, region_path=ROOT, kind=kind, on=day)
    except Refused:
        return None
