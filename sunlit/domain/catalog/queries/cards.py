"""The cards of a page of products, exact from the record: the best offer for what was chosen, and what the others ask."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, Final, NamedTuple

from django.db import connection

from sunlit.domain.catalog.models import Category
from sunlit.domain.catalog.queries.categories import template, tree
from sunlit.domain.catalog.queries.specs import named, told
from sunlit.foundation.accounts import queries as accounts

KEYS_SHOWN: Final = 3
_ON_SALE: Final = """
SELECT p.number, o.supplier_id, o.id, o.number, o.price, o.stock, o.delivery_days, o.delivery_regions, o.sold
FROM catalog_product p JOIN catalog_offer o ON o.product_id = p.id AND o.state = 'listed'
WHERE p.number = ANY(%s)
  AND NOT o.supplier_id = ANY(ARRAY(SELECT organisation_id FROM registry_supplier WHERE state <> 'active'))
ORDER BY p.number, o.price, o.delivery_days, o.id
"""
_TAGS: Final = """
SELECT offer_id, tag FROM catalog_policytag WHERE offer_id = ANY(%s) AND (expires_on IS NULL OR expires_on >= %s) ORDER BY offer_id, tag
"""
_DESCRIBED: Final = """
SELECT p.number, p.name_zh, p.name_en, b.name_zh, b.name_en, p.model, p.unit, p.category_id, p.attributes, p.image_id, ARRAY(
           SELECT t.tag FROM catalog_policytag t
           WHERE t.offer_id = wanted.offer AND (t.expires_on IS NULL OR t.expires_on >= %s) ORDER BY t.tag
       )
FROM unnest(%s::text[], %s::bigint[]) AS wanted (number, offer)
JOIN catalog_product p ON p.number = wanted.number
JOIN catalog_brand b ON b.id = p.brand_id
"""

Tags = Mapping[int, Sequence[str]]  # by offer


@dataclass(frozen=True)
class Wanted:
    """What one offer must meet to be shown as the best: empty means anything."""

    line: frozenset[str] = frozenset()  # the delivery place and those above it
    suppliers: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    days: int | None = None
    in_stock: bool = False
    prices: tuple[tuple[Decimal | None, Decimal | None], ...] = ()  # any of these spans, both ends included
    span: tuple[Decimal | None, Decimal | None] = (None, None)


ANYTHING: Final = Wanted()


@dataclass(frozen=True, slots=True)
class Branded:
    """The brand of a product."""

    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Described:
    """A product, as a card needs it, with the proven policy tags of the offer that is shown."""

    number: str
    name_zh: str
    name_en: str
    brand: Branded
    model: str
    unit: str
    category: Category
    attributes: Mapping[str, str]
    image_id: int | None
    tags: Sequence[str]


class OnSale(NamedTuple):
    """One offer on sale. A page weighs hundreds of them to show twenty: plain rows, no objects."""

    product: str
    supplier_id: int
    id: int
    number: str
    price: Decimal
    stock: int
    days: int
    regions: Sequence[str]
    sold: int

    def reaches(self, line: frozenset[str]) -> bool:
        return not line or not self.regions or not line.isdisjoint(self.regions)

    def meets(self, wanted: Wanted, suppliers: AbstractSet[int], tags: Tags) -> bool:
        """Whether this one offer, which is delivered, has all that was chosen. `suppliers` are the chosen ones, none for any."""
        return (
            (not suppliers or self.supplier_id in suppliers)
            and (not wanted.tags or not wanted.tags.isdisjoint(tags.get(self.id, ())))
            and (wanted.days is None or self.days <= wanted.days)
            and (not wanted.in_stock or self.stock > 0)
            and _within(self.price, wanted.span)
            and (not wanted.prices or any(_within(self.price, span) for span in wanted.prices))
        )


@dataclass(frozen=True, slots=True)
class Shelved:
    """The offer that a card shows; `supplier` is the number of the organisation."""

    number: str
    supplier: str
    name_zh: str
    name_en: str
    price: Decimal
    stock: int
    days: int


@dataclass(frozen=True, slots=True)
class _Weighed:
    """The offers of one product: all, those that are delivered to the place, those of them that meet every choice."""

    offers: Sequence[OnSale]
    reaching: Sequence[OnSale]
    meeting: Sequence[OnSale]

    @property
    def shown(self) -> Sequence[OnSale]:
        return self.reaching or self.offers

    @property
    def best(self) -> OnSale | None:
        return next((offer for offer in self.meeting if offer.stock), None) or next(iter(self.meeting or self.shown), None)


@dataclass(frozen=True)
class Card:
    """One product of a list. `best` is the cheapest offer that meets all that was chosen; where no single one does, `whole` is
    False and it is the cheapest that is delivered. None: nobody sells it any more. `low` to `high` is what is asked at that place."""

    product: Described
    best: Shelved | None
    whole: bool
    low: Decimal | None
    high: Decimal | None
    suppliers: int
    in_stock: bool
    sold: int
    tags: Sequence[str]
    keys: Sequence[str]


def cards(numbers: Sequence[str], wanted: Wanted, *, day: date) -> list[Card]:
    """The cards of these products, in their order; a number that is none is left out.

    Two queries, one more where tags were chosen, and one for names that are not remembered.
    """
    offers = _on_sale(numbers)
    tags = _tags([offer.id for those in offers.values() for offer in those], day) if wanted.tags else {}
    chosen = {each.id for each in accounts.named_by_number(wanted.suppliers).values()} | ({0} if wanted.suppliers else set())
    weighed = {number: _weighed(offers.get(number, ()), wanted, chosen, tags) for number in numbers}
    best = {number: each.best for number, each in weighed.items()}
    suppliers = accounts.named(offer.supplier_id for offer in best.values() if offer)
    found = _described({number: offer.id if offer else None for number, offer in best.items()}, day)
    return [_card(found[number], weighed[number], suppliers) for number in numbers if number in found]


def _described(best: Mapping[str, int | None], day: date) -> dict[str, Described]:
    """The products by number, each with the tags of its best offer."""
    with connection.cursor() as cursor:
        cursor.execute(_DESCRIBED, [day, list(best.keys()), list(best.values())])
        rows = cursor.fetchall()
    categories = tree().by_id
    return {
        number: Described(number, zh, en, Branded(brand_zh, brand_en), model, unit, categories[category], _read(attributes), image, tags)
        for number, zh, en, brand_zh, brand_en, model, unit, category, attributes, image, tags in rows
    }


def _read(attributes: Any) -> Mapping[str, str]:
    """JSON comes from a bare cursor as it is written."""
    read: Mapping[str, str] = json.loads(attributes) if isinstance(attributes, str) else attributes
    return read


def _on_sale(products: Sequence[str]) -> Mapping[str, Sequence[OnSale]]:
    """The offers on sale by product, the cheapest first."""
    with connection.cursor() as cursor:
        cursor.execute(_ON_SALE, [list(products)])
        rows = map(OnSale._make, cursor.fetchall())
    return {product: list(those) for product, those in groupby(rows, key=attrgetter("product"))}


def _tags(offer_ids: Sequence[int], day: date) -> Tags:
    """The proven policy tags of the offers on the day."""
    found: dict[int, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_TAGS, [list(offer_ids), day])
        for offer, tag in cursor.fetchall():
            found.setdefault(offer, []).append(tag)
    return found


def _weighed(offers: Sequence[OnSale], wanted: Wanted, suppliers: AbstractSet[int], tags: Tags) -> _Weighed:
    if wanted == ANYTHING:
        return _Weighed(offers, offers, offers)
    reaching = [offer for offer in offers if offer.reaches(wanted.line)]
    return _Weighed(offers, reaching, [offer for offer in reaching if offer.meets(wanted, suppliers, tags)])


def _card(product: Described, weighed: _Weighed, suppliers: Mapping[int, accounts.Named]) -> Card:
    best, shown = weighed.best, weighed.shown
    return Card(
        product=product,
        best=_shelved(best, suppliers[best.supplier_id]) if best else None,
        whole=bool(weighed.meeting),
        low=shown[0].price if shown else None,
        high=shown[-1].price if shown else None,
        suppliers=len(shown),
        in_stock=any(offer.stock for offer in shown),
        sold=sum(offer.sold for offer in weighed.offers),
        tags=product.tags,
        keys=_keys(product),
    )


def _shelved(it: OnSale, by: accounts.Named) -> Shelved:
    return Shelved(it.number, by.number, by.name_zh, by.name_en, it.price, it.stock, it.days)


def _keys(product: Described) -> list[str]:
    """The first key parameters in the reader's language: 内存容量 16 GB."""
    lines = (line for line in template(product.category) if line.is_key and product.attributes.get(line.key))
    return [f"{named(line)} {told(line, product.attributes[line.key])}" for line in islice(lines, KEYS_SHOWN)]


def _within(price: Decimal, span: tuple[Decimal | None, Decimal | None]) -> bool:
    low, high = span
    return (low is None or price >= low) and (high is None or price <= high)
