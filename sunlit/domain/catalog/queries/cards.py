"""The cards of a page of products, exact from the record: the best offer for what was chosen, and what the others ask."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, Final, NamedTuple

from django.db import connection

from sunlit.domain.catalog.models import Category
from sunlit.domain.catalog.queries.categories import template, tree
from sunlit.domain.catalog.queries.specs import name_and_value
from sunlit.foundation.accounts import queries as accounts

KEYS_SHOWN: Final = 3

# The offers of a product are weighed where they lie: hundreds of rows for a page, of which one a product is shown.
# `reaches`: it is delivered to the place. `meets`: it alone has all that was chosen.
_SHOWN: Final = """
SELECT p.number, p.name_zh, p.name_en, b.name_zh, b.name_en, p.model, p.unit, p.category_id, p.attributes, p.image_id,
       o.number, o.supplier_id, o.price, o.stock, o.delivery_days,
       ARRAY(SELECT t.tag FROM catalog_policytag t
             WHERE t.offer_id = o.id AND (t.expires_on IS NULL OR t.expires_on >= %(day)s) ORDER BY t.tag),
       weighed.whole, weighed.low, weighed.high, weighed.suppliers, weighed.in_stock, weighed.sold
FROM unnest(%(numbers)s::text[]) WITH ORDINALITY AS asked (number, place)
JOIN catalog_product p ON p.number = asked.number
JOIN catalog_brand b ON b.id = p.brand_id
CROSS JOIN LATERAL (
    SELECT (array_agg(id ORDER BY meets AND stock > 0 DESC, meets DESC, reaches DESC, price, delivery_days, id))[1] AS best,
           COALESCE(bool_or(meets), false) AS whole,
           COALESCE(min(price) FILTER (WHERE reaches), min(price)) AS low,
           COALESCE(max(price) FILTER (WHERE reaches), max(price)) AS high,
           COALESCE(NULLIF(count(*) FILTER (WHERE reaches), 0), count(*)) AS suppliers,
           COALESCE(bool_or(stock > 0) FILTER (WHERE reaches), bool_or(stock > 0), false) AS in_stock,
           COALESCE(sum(sold), 0) AS sold
    FROM (
        SELECT every.*, reaches AND {meets} AS meets
        FROM (SELECT id, supplier_id, price, stock, delivery_days, sold, {reaches} AS reaches
              FROM catalog_offer WHERE product_id = p.id AND state = 'listed'
                AND NOT supplier_id = ANY(ARRAY(SELECT organisation_id FROM registry_supplier WHERE state <> 'active'))) AS every
    ) AS judged
) AS weighed
LEFT JOIN catalog_offer o ON o.id = weighed.best
ORDER BY asked.place
"""
_REACHES: Final = "(delivery_regions = '{}' OR delivery_regions && %(line)s)"
_MEETS_TAGS: Final = """EXISTS (SELECT FROM catalog_policytag t
    WHERE t.offer_id = every.id AND t.tag = ANY(%(tags)s) AND (t.expires_on IS NULL OR t.expires_on >= %(day)s))"""
_MEETS_PRICES: Final = """EXISTS (SELECT FROM unnest(%(lows)s::numeric[], %(highs)s::numeric[]) AS span (low, high)
    WHERE (low IS NULL OR price >= low) AND (high IS NULL OR price <= high))"""


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


class _Row(NamedTuple):
    """One product as the record tells it; the offer's fields are None where nobody sells it."""

    number: str
    name_zh: str
    name_en: str
    brand_zh: str
    brand_en: str
    model: str
    unit: str
    category: int
    attributes: Any  # JSON comes from a bare cursor as it is written
    image: int | None
    offer: str | None
    supplier: int
    price: Decimal
    stock: int
    days: int
    tags: Sequence[str]
    whole: bool
    low: Decimal | None
    high: Decimal | None
    suppliers: int
    in_stock: bool
    sold: int


@dataclass(frozen=True)
class Card:
    """One product of a list. `best` is the cheapest offer that meets all that was chosen, one in stock before one that is not; where
    no single one does, `whole` is False and it is the cheapest that is delivered. None: nobody sells it any more. `low` to `high` is
    what is asked at that place."""

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
    """The cards of these products, in their order; a number that is none is left out. One query, and one for names that are not remembered."""
    with connection.cursor() as cursor:
        cursor.execute(*_question(numbers, wanted, day))
        rows = [_Row._make(row) for row in cursor.fetchall()]
    suppliers = accounts.named(row.supplier for row in rows if row.offer)
    categories = tree().by_id
    return [_card(row, categories[row.category], suppliers) for row in rows]


def _question(numbers: Sequence[str], wanted: Wanted, day: date) -> tuple[str, dict[str, Any]]:
    """The query with what was chosen, and its values."""
    asked: dict[str, Any] = {"numbers": list(numbers), "day": day}
    meets = " AND ".join(_meets(wanted, asked)) or "true"
    if wanted.line:
        asked["line"] = list(wanted.line)
    return _SHOWN.format(meets=meets, reaches=_REACHES if wanted.line else "true"), asked


def _meets(wanted: Wanted, asked: dict[str, Any]) -> Iterator[str]:
    """The conditions that one offer must meet by itself; their values are put into `asked`."""
    if wanted.suppliers:
        asked["suppliers"] = [each.id for each in accounts.named_by_number(wanted.suppliers).values()]
        yield "supplier_id = ANY(%(suppliers)s::bigint[])"
    if wanted.tags:
        asked["tags"] = list(wanted.tags)
        yield _MEETS_TAGS
    if wanted.days is not None:
        asked["days"] = wanted.days
        yield "delivery_days <= %(days)s"
    if wanted.in_stock:
        yield "stock > 0"
    for sign, (name, bound) in zip((">=", "<="), zip(("low", "high"), wanted.span, strict=True), strict=True):
        if bound is not None:
            asked[name] = bound
            yield f"price {sign} %({name})s"
    if wanted.prices:
        asked["lows"], asked["highs"] = [low for low, _high in wanted.prices], [high for _low, high in wanted.prices]
        yield _MEETS_PRICES


def _card(row: _Row, category: Category, suppliers: Mapping[int, accounts.Named]) -> Card:
    attributes: Mapping[str, str] = json.loads(row.attributes) if isinstance(row.attributes, str) else row.attributes
    brand = Branded(row.brand_zh, row.brand_en)
    product = Described(row.number, row.name_zh, row.name_en, brand, row.model, row.unit, category, attributes, row.image, row.tags)
    return Card(
        product=product,
        best=_shelved(row, suppliers[row.supplier]) if row.offer else None,
        whole=row.whole,
        low=row.low,
        high=row.high,
        suppliers=row.suppliers,
        in_stock=row.in_stock,
        sold=row.sold,
        tags=row.tags,
        keys=_keys(product),
    )


def _shelved(row: _Row, by: accounts.Named) -> Shelved:
    return Shelved(row.offer or "", by.number, by.name_zh, by.name_en, row.price, row.stock, row.days)


def _keys(product: Described) -> list[str]:
    """The first key parameters in the reader's language: 内存容量 16 GB."""
    lines = (line for line in template(product.category) if line.is_key and product.attributes.get(line.key))
    return [name_and_value(line, product.attributes[line.key]) for line in islice(lines, KEYS_SHOWN)]
