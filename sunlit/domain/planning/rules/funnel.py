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
    groups = _groups(tally)
    whole, mask, steps = sum(1 << place for place in set(places)), 0, []
    start = before = _count(groups, 0)
    for place in places:
        bit = 1 << place
        mask |= bit
        possible = _count(groups, mask, lenient=True)
        steps.append(
            Step(
                place=place,
                sure=_count(groups, mask),
                possible=possible,
                excluded=before.products - possible.products,
                untold=sum(group.products for group in groups if group.untold & bit),
                without=_count(groups, whole & ~bit, lenient=True),
            )
        )
        before = possible
    return Funnel(start, tuple(steps))


def count(tally: Tally, mask: int, *, lenient: bool = False) -> Count:
    """What misses none of the tests in the mask; `lenient`: what does not tell is given the benefit of the doubt."""
    return _count(_groups(tally), mask, lenient=lenient)


@dataclass(slots=True)
class _Group:
    """All that misses and does not tell the same."""

    missed: int
    untold: int
    products: int
    brands: set[int]
    suppliers: set[int]


def _groups(tally: Tally) -> list[_Group]:
    found: dict[tuple[int, int], _Group] = {}
    for missed, untold, brand, products in tally.products:
        group = found.setdefault((missed, untold), _Group(missed, untold, 0, set(), set()))
        group.products += products
        group.brands.add(brand)
    for missed, untold, supplier in tally.suppliers:
        found.setdefault((missed, untold), _Group(missed, untold, 0, set(), set())).suppliers.add(supplier)
    return list(found.values())


def _count(groups: Sequence[_Group], mask: int, *, lenient: bool = False) -> Count:
    left = [group for group in groups if not (group.missed if lenient else group.missed | group.untold) & mask]
    brands: set[int] = set().union(*(group.brands for group in left))
    suppliers: set[int] = set().union(*(group.suppliers for group in left))
    return Count(sum(group.products for group in left), len(brands), len(suppliers))
