"""The funnel (条例 art. 20(3), RULES D-02, M-14): how many products, brands and suppliers are left after each mandatory parameter. Pure and exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sunlit.domain.catalog.queries import Tally


@dataclass(frozen=True, slots=True)
class Count:
    """What is left: products, and the brands and suppliers behind them."""

    products: int
    brands: int
    suppliers: int

    @property
    def fewest(self) -> int:
        """Of brands and suppliers the smaller number: there competition ends first."""
        return min(self.brands, self.suppliers)


@dataclass(frozen=True, slots=True)
class Step:
    """One parameter in its turn. `sure` meet everything up to here; `possible` adds those that do not tell; `excluded` products fell at this step.

    `untold` products of the whole category do not tell this parameter; `without` is what would be left at the end if this one were dropped.
    """

    place: int
    sure: Count
    possible: Count
    excluded: int
    untold: int
    without: Count

    @property
    def nobody_tells(self) -> bool:
        """The library knows nothing of this parameter: it can neither exclude nor prove."""
        return not self.sure.products and bool(self.possible.products)


@dataclass(frozen=True, slots=True)
class Funnel:
    """The category on sale, and what every parameter leaves of it."""

    start: Count
    steps: tuple[Step, ...]

    @property
    def end(self) -> Count:
        """What surely meets everything."""
        return self.steps[-1].sure if self.steps else self.start

    @property
    def possible(self) -> Count:
        """What may meet everything: not excluded by anything it tells."""
        return self.steps[-1].possible if self.steps else self.start

    def narrow(self, least: int) -> Step | None:
        """The first step at which fewer than `least` brands or suppliers are left although there were enough before; None where competition stays."""
        before = self.start
        for step in self.steps:
            if step.possible.fewest < least <= before.fewest:
                return step
            before = step.possible
        return None

    def unproven(self, least: int) -> Step | None:
        """The first step at which enough are possible, but too few surely meet it: the library does not tell."""
        return next((step for step in self.steps if step.sure.fewest < least <= step.possible.fewest), None)


def funnel(tally: Tally, places: Sequence[int]) -> Funnel:
    """The steps in the order of `places`, the bits of the tally that count."""
    whole, mask, steps = _sum(places), 0, []
    before = count(tally, 0)
    start = before
    for place in places:
        bit = 1 << place
        mask |= bit
        possible = count(tally, mask, lenient=True)
        steps.append(
            Step(
                place=place,
                sure=count(tally, mask),
                possible=possible,
                excluded=before.products - possible.products,
                untold=sum(n for _missed, untold, _brand, n in tally.products if untold & bit),
                without=count(tally, whole & ~bit, lenient=True),
            )
        )
        before = possible
    return Funnel(start, tuple(steps))


def count(tally: Tally, mask: int, *, lenient: bool = False) -> Count:
    """What misses none of the tests in the mask; `lenient`: what does not tell is given the benefit of the doubt."""
    products = [(brand, n) for missed, untold, brand, n in tally.products if not (missed if lenient else missed | untold) & mask]
    suppliers = {supplier for missed, untold, supplier in tally.suppliers if not (missed if lenient else missed | untold) & mask}
    return Count(sum(n for _brand, n in products), len({brand for brand, _n in products}), len(suppliers))


def _sum(places: Sequence[int]) -> int:
    return sum(1 << place for place in set(places))
