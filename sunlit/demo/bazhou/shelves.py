"""What is on sale, read once into flat arrays, and the baskets that buyers fill from it."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from django.db import connection

from sunlit.demo import shelf
from sunlit.demo.bazhou.cells import DAY
from sunlit.demo.bazhou.offers import SKEW, Shop, shops_of
from sunlit.demo.bazhou.region import Ground
from sunlit.demo.deals import LINES, TOTAL_MOST, quantity
from sunlit.demo.shapes import Organisation
from sunlit.domain.catalog.models import Category

TRIES, LOOKS = 400, 3
NEAR = 0.5  # how often people look in their own division first
SETTLED = 3 * DAY  # after its listing an offer is found
MUCH = 1_000_000
# Offers whose price or unit is plainly wrong are not bought.
_ON_SALE = """
COPY (
    SELECT o.supplier_id, o.id, p.category_id, extract(epoch FROM o.listed_at)::bigint, (o.price * 100)::bigint, g.middle
    FROM catalog_offer o JOIN catalog_product p ON p.id = o.product_id JOIN demo.goods g ON g.product_id = p.id
    WHERE o.state = 'listed' AND o.stock > 0 AND NOT EXISTS (SELECT FROM demo.truth t WHERE t.offer_id = o.id AND t.fault IN ('unit', 'bait'))
    ORDER BY o.supplier_id, o.id
) TO STDOUT
"""


@dataclass
class Counter:
    """A shop with the places of its offers, by family of goods."""

    party: Organisation
    shop: Shop
    places: dict[str, array[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Basket:
    """What is bought together from one shop: ids of offers with quantities, in the order of the ids."""

    counter: Counter
    family: str
    lines: tuple[tuple[int, int], ...]


class Shelves:
    """Everything on sale."""

    def __init__(self, ground: Ground) -> None:
        self.ids, self.listed, self.cents, self.ratios = array("q"), array("q"), array("q"), array("f")
        shops = shops_of(ground)
        self.counters = {shops[party.key].pk: Counter(party, shops[party.key]) for party in ground.shops}
        self._read()
        self.by_family: dict[str, list[Counter]] = {}
        self.near: dict[tuple[str, str], list[Counter]] = {}
        for counter in self.counters.values():
            for family in counter.places:
                self.by_family.setdefault(family, []).append(counter)
                self.near.setdefault((family, counter.party.region), []).append(counter)

    def basket(self, rng: Random, buyer: Organisation, wishes: Mapping[str, int], when: int, *, several: bool) -> Basket:
        """Some goods of one shop that were on sale then and are delivered there; the better bargain is taken more often."""
        families = [family for family in wishes if family in self.by_family]
        weights = [wishes[family] for family in families]
        for _attempt in range(TRIES):
            family = rng.choices(families, weights)[0]
            counter = self._shop(rng, family, buyer.region)
            if counter.shop.since > when or (counter.shop.regions and buyer.region not in counter.shop.regions):
                continue
            lines = self._lines(rng, counter.places[family], when, several=several)
            if lines:
                return Basket(counter, family, lines)
        raise AssertionError(f"no basket was found for {buyer.key}: the shelves are too empty")

    def _shop(self, rng: Random, family: str, region: str) -> Counter:
        near = self.near.get((family, region), ())
        shops: Sequence[Counter] = near if near and rng.random() < NEAR else self.by_family[family]
        return shops[int(len(shops) * rng.random() ** SKEW)]

    def _lines(self, rng: Random, places: array[int], when: int, *, several: bool) -> tuple[tuple[int, int], ...]:
        wanted, chosen = rng.choice(LINES), set[int]()
        for _line in range(wanted):
            looked = [place for place in rng.choices(places, k=LOOKS) if self.listed[place] + SETTLED < when]
            if looked:
                chosen.add(min(looked, key=self.ratios.__getitem__))
        found, left = [], float(TOTAL_MOST)
        for place in sorted(chosen):
            price = self.cents[place] / 100
            count = quantity(rng, price, MUCH)
            count = max(2, count) if several else count
            if price * count < left:
                found.append((self.ids[place], count))
                left -= price * count
        return tuple(found)

    def _read(self) -> None:
        families = {pk: kind.family for pk, code in Category.objects.values_list("pk", "code") if (kind := shelf.kinds().get(code))}
        with connection.cursor() as cursor, cursor.copy(_ON_SALE) as copy:
            for block in copy:
                shop, pk, category, listed, cents, middle = map(int, bytes(block).split(b"\t"))
                self.counters[shop].places.setdefault(families[category], array("l")).append(len(self.ids))
                self.ids.append(pk)
                self.listed.append(listed)
                self.cents.append(cents)
                self.ratios.append(cents / middle)
