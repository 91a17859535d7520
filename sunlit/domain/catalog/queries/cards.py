"""The cards of a page of products, exact from the record: the best offer for what was chosen, and what the others ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.db import connection

from sunlit.domain.catalog.models import Product
from sunlit.domain.catalog.queries.categories import template, tree
from sunlit.domain.catalog.queries.specs import named, told

KEYS_SHOWN: Final = 3
_ON_SALE: Final = """
SELECT o.product_id, o.number, s.number, s.name_zh, s.name_en, o.title, o.price, o.stock, o.delivery_days,
       o.delivery_regions, o.sold, ARRAY(
           SELECT t.tag FROM catalog_policytag t
           WHERE t.offer_id = o.id AND (t.expires_on IS NULL OR t.expires_on >= %s) ORDER BY t.tag
       )
FROM catalog_offer o
JOIN registry_supplier r ON r.organisation_id = o.supplier_id AND r.state = 'active'
JOIN accounts_organisation s ON s.id = o.supplier_id
WHERE o.product_id = ANY(%s) AND o.state = 'listed'
ORDER BY o.product_id, o.price, o.delivery_days, o.id
"""


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


@dataclass(frozen=True)
class Shelved:
    """One offer on sale, as a card needs it."""

    number: str
    supplier: str
    name_zh: str
    name_en: str
    title: str
    price: Decimal
    stock: int
    days: int
    regions: Sequence[str]
    sold: int
    tags: Sequence[str]

    def reaches(self, line: frozenset[str]) -> bool:
        return not line or not self.regions or not line.isdisjoint(self.regions)

    def meets(self, wanted: Wanted) -> bool:
        """Whether this one offer has all that was chosen."""
        return (
            self.reaches(wanted.line)
            and (not wanted.suppliers or self.supplier in wanted.suppliers)
            and (not wanted.tags or not wanted.tags.isdisjoint(self.tags))
            and (wanted.days is None or self.days <= wanted.days)
            and (not wanted.in_stock or self.stock > 0)
            and _within(self.price, wanted.span)
            and (not wanted.prices or any(_within(self.price, span) for span in wanted.prices))
        )


@dataclass(frozen=True)
class Card:
    """One product of a list. `best` is the cheapest offer that meets all that was chosen; where no single one does, `whole` is
    False and it is the cheapest that is delivered. None: nobody sells it any more. `low` to `high` is what is asked at that place."""

    product: Product
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
    """The cards of these products, in their order; a number that is none is left out. Two queries."""
    found = {each.number: each for each in Product.objects.filter(number__in=list(numbers)).select_related("brand")}
    for each in found.values():
        each.category = tree().by_id[each.category_id]
    offers = _on_sale([each.pk for each in found.values()], day)
    return [_card(found[number], offers.get(found[number].pk, []), wanted) for number in numbers if number in found]


def _on_sale(product_ids: Sequence[int], day: date) -> Mapping[int, list[Shelved]]:
    """The offers on sale by product, the cheapest first."""
    found: dict[int, list[Shelved]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_ON_SALE, [day, list(product_ids)])
        for product, *rest in cursor.fetchall():
            found.setdefault(product, []).append(Shelved(*rest))
    return found


def _card(product: Product, offers: Sequence[Shelved], wanted: Wanted) -> Card:
    reaching = [offer for offer in offers if offer.reaches(wanted.line)]
    meeting = [offer for offer in reaching if offer.meets(wanted)]
    shown = reaching or offers
    best = next(iter(sorted(meeting, key=lambda offer: offer.stock == 0) or shown), None)
    return Card(
        product=product,
        best=best,
        whole=bool(meeting),
        low=shown[0].price if shown else None,
        high=shown[-1].price if shown else None,
        suppliers=len(shown),
        in_stock=any(offer.stock for offer in shown),
        sold=sum(offer.sold for offer in offers),
        tags=best.tags if best else (),
        keys=_keys(product),
    )


def _keys(product: Product) -> list[str]:
    """The first key parameters in the reader's language: 内存容量 16 GB."""
    lines = [line for line in template(product.category) if line.is_key and product.attributes.get(line.key)]
    return [f"{named(line)} {told(line, product.attributes[line.key])}" for line in lines[:KEYS_SHOWN]]


def _within(price: Decimal, span: tuple[Decimal | None, Decimal | None]) -> bool:
    low, high = span
    return (low is None or price >= low) and (high is None or price <= high)
