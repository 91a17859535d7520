"""How a product lies in the search index, the offers of all its suppliers folded in; and the documents made from the record, set by set."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from pathlib import Path as Directory
from typing import Any, Final

from django.conf import settings
from django.db import connection

from sunlit.domain.catalog.models import Brand, Category, Product
from sunlit.domain.catalog.queries import ranking
from sunlit.domain.catalog.queries.categories import template, tree
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.models import Region
from sunlit.foundation.search.index import Index
from sunlit.foundation.search.schema import Doc, Field, Keyword, Number, Path, Text, Value, Weight

FORMAT: Final = 2
KEY_ATTRIBUTES: Final = 8
BAND_EDGES: Final = tuple(Decimal(edge) for edge in (100, 500, 1000, 5000, 10000))
DAY_STEPS: Final = (1, 3, 5, 7, 15)
IDS_AT_A_TIME: Final = 5_000
TITLES_MOST: Final = 4
"""Other titles under which suppliers offer a product; the words of further ones seldom differ."""
MODEL_WORD_CHARS: Final = 6
"""Chinese characters of a name within a model number; longer ones are descriptions."""
MODEL_WORDS_MOST: Final = 20_000
PLACES_MOST: Final = 40
"""Delivery places with a price of their own: the platform's region and its divisions."""
IN_STOCK: Final = "yes"

_CHINESE: Final = re.compile("[一-龥]{2,}")

_indexes: dict[tuple[Directory, tuple[str, ...]], Index] = {}

# Offers on sale by active suppliers, folded by product; sales count the offers gone by as well: they tell of the product.
_FOLDED: Final = """
WITH taken AS (
    SELECT o.product_id, o.title, o.price, o.stock, o.delivery_days, o.sold, o.listed_at, s.number AS supplier,
           o.state = 'listed' AND r.state = 'active' AS on_sale
    FROM catalog_product p
    JOIN catalog_offer o ON o.product_id = p.id
    JOIN accounts_organisation s ON s.id = o.supplier_id
    JOIN registry_supplier r ON r.organisation_id = o.supplier_id
    WHERE p.number = ANY(%s)
), folded AS (
    SELECT product_id,
           min(price) FILTER (WHERE on_sale) AS price,
           min(delivery_days) FILTER (WHERE on_sale) AS days,
           min(listed_at) FILTER (WHERE on_sale) AS listed_at,
           sum(sold) AS sold,
           coalesce(bool_or(stock > 0) FILTER (WHERE on_sale), false) AS in_stock,
           array_agg(DISTINCT supplier) FILTER (WHERE on_sale) AS suppliers,
           array_agg(DISTINCT title) FILTER (WHERE on_sale) AS titles
    FROM taken GROUP BY product_id
)
SELECT p.id, p.number, p.name_zh, p.name_en, p.model, p.attributes::text, p.category_id, b.name_zh, b.name_en,
       f.price, f.days, f.listed_at, f.sold, f.in_stock, f.suppliers, f.titles
FROM folded f JOIN catalog_product p ON p.id = f.product_id JOIN catalog_brand b ON b.id = p.brand_id
WHERE f.price IS NOT NULL
"""
_PRICES: Final = """
SELECT o.product_id, o.delivery_regions, min(o.price)
FROM catalog_offer o JOIN registry_supplier r ON r.organisation_id = o.supplier_id AND r.state = 'active'
WHERE o.product_id = ANY(%s) AND o.state = 'listed'
GROUP BY o.product_id, o.delivery_regions
"""
_TAGS: Final = """
SELECT o.product_id, array_agg(DISTINCT t.tag)
FROM catalog_offer o JOIN registry_supplier r ON r.organisation_id = o.supplier_id AND r.state = 'active'
JOIN catalog_policytag t ON t.offer_id = o.id AND (t.expires_on IS NULL OR t.expires_on >= %s)
WHERE o.product_id = ANY(%s) AND o.state = 'listed'
GROUP BY o.product_id
"""


@dataclass(frozen=True)
class Folded:
    """A product with what its offers on sale say together."""

    pk: int
    number: str
    name_zh: str
    name_en: str
    model: str
    attributes: Mapping[str, Any]
    category_id: int
    brand_zh: str
    brand_en: str
    price: Decimal
    days: int
    listed: int
    sold: int
    in_stock: bool
    suppliers: Sequence[str]
    titles: Sequence[str]
    tags: Sequence[str]
    rating: tuple[int, Decimal] | None
    delivered: Mapping[str, Decimal]
    """The lowest price delivered to each place."""


@dataclass(frozen=True)
class Place:
    """How far an index has read the feed: the last act, the hash of its leaf, and what its documents were made by. Kept in the index."""

    after: int = -1
    leaf: str = ""
    ground: str = ""

    @classmethod
    def read(cls, text: str) -> Place | None:
        """None where the text tells no place: the index of another release."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            return None

    def __str__(self) -> str:
        return json.dumps(asdict(self))


def behind(sealed: int) -> int:
    """How many of the sealed acts this machine's index has not read yet; 0 where there is no index."""
    place = Place.read(index().cursor())
    return max(sealed - 1 - place.after, 0) if place else 0


def places() -> tuple[str, ...]:
    """The codes of the places to which may be delivered: the whole net first, then its divisions."""
    return tuple(region.code for region in _places())


def price_field(place: str) -> str:
    """The field with the lowest price delivered to a place; everywhere for ""."""
    return f"price_{place}" if place else "price"


@lru_cache(maxsize=4)
def fields(codes: tuple[str, ...]) -> tuple[Field, ...]:
    return (
        Text("title", boost=3.0, suggest=True),
        Text("model", boost=3.0),
        Text("brand_words", boost=2.0),
        Text("category_words", boost=2.0),
        Text("more", boost=0.5),
        Keyword("brand", suggest=True),
        Keyword("category_name", suggest=True),
        Path("category"),
        Keyword("supplier"),
        Keyword("region", few=True),
        Keyword("tag", few=True),
        Keyword("within", few=True),  # days of delivery: each step within which it comes
        Keyword("stock", few=True),
        *(Keyword(f"attribute_{place}") for place in range(1, KEY_ATTRIBUTES + 1)),
        Number("price", decimals=2, sort=True),
        *(Number(price_field(code), decimals=2, sort=True, optional=True) for code in codes),
        Number("days", sort=True),
        Number("sold", sort=True),
        Number("stars", decimals=2, sort=True),
        Number("listed", sort=True),
        Number("rank", decimals=4, sort=True),
        Weight("weight"),
    )


def index() -> Index:
    """The index of products on this machine."""
    place, codes = Directory(settings.DATA_DIR) / "search" / "products", places()
    if (place, codes) not in _indexes:
        _indexes[place, codes] = Index(place, fields(codes), FORMAT)
    return _indexes[place, codes]


def load(numbers: Sequence[str], *, day: date) -> Iterator[Doc]:
    """The documents of these products, as far as they are on sale by active suppliers on this day. Four queries, however many."""
    weights = ranking.weights(day)
    return (document(product, weights) for product in folded(numbers, day=day))


def ids() -> Iterator[str]:
    """The numbers of all products, read by key."""
    last = 0
    while page := list(Product.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "number")[:IDS_AT_A_TIME]):
        yield from (number for _pk, number in page)
        last = page[-1][0]


def words() -> Iterable[str]:
    """Names that the dictionary should know: of brands, of the categories in use, of models. Read when an index is built: new ones are
    found by their characters until then."""
    models = Product.objects.filter(model__regex=f"[一-龥]{{2,{MODEL_WORD_CHARS}}}").order_by("pk").values_list("model", flat=True)
    named = (run for model in models[:MODEL_WORDS_MOST] for run in _CHINESE.findall(model) if len(run) <= MODEL_WORD_CHARS)
    return chain(Brand.objects.order_by("pk").values_list("name_zh", flat=True), (each.name_zh for each in tree().in_use()), named)


def folded(numbers: Sequence[str], *, day: date) -> list[Folded]:
    """These products as the index sees them; those that nobody sells are left out. Four queries."""
    rows = _rows(_FOLDED, [list(numbers)])
    found = [row[0] for row in rows]
    tags = dict(_rows(_TAGS, [day, found]))
    ratings = ranking.ratings_of(found)
    delivered = _delivered(_rows(_PRICES, [found]))
    return [_folded(row, tags.get(row[0], ()), ratings.get(row[0]), delivered[row[0]]) for row in rows]


def document(it: Folded, weights: ranking.Weights) -> Doc:
    """One product with all that it is found, counted and sorted by. Nothing else is kept: a page reads the record."""
    category = tree().by_id[it.category_id]
    factor = ranking.factor(ranking.lifts(it.tags, it.sold, it.rating, weights))
    values: dict[str, Value] = {
        "title": _titles(it),
        "model": it.model,
        "brand_words": [it.brand_zh, it.brand_en],
        "category_words": [name for step in tree().line(category.code)[1:] for name in (step.name_zh, step.name_en)] or [category.name_zh],
        "more": list(_parameters(it, category)),
        "brand": it.brand_zh,
        "category_name": category.name_zh,
        "category": category.path,
        "supplier": it.suppliers,
        "region": list(it.delivered),
        "tag": it.tags,
        "within": [str(step) for step in DAY_STEPS if it.days <= step],
        "stock": [IN_STOCK] if it.in_stock else [],
        "price": it.price,
        "days": it.days,
        "sold": it.sold,
        "stars": ranking.trusted(*it.rating).quantize(Decimal("0.01")) if it.rating else ranking.MIDDLING,
        "listed": it.listed,
        "rank": factor.quantize(Decimal("0.0001")),
        "weight": ranking.engine_weight(factor, zlib.crc32(it.number.encode())),
    }
    values |= {price_field(place): price for place, price in it.delivered.items()}
    values |= {f"attribute_{place}": _keyed(key, it.attributes.get(key, "")) for place, key in enumerate(key_attributes(category), 1)}
    return Doc(it.number, values)


def _parameters(it: Folded, category: Category) -> Iterator[str]:
    """The parameters as people ask for them, with their units; by those that filter, with their names too: 内存容量 16GB."""
    lines = {line.key: line for line in template(category)}
    for key, value in it.attributes.items():
        line = lines.get(key)
        yield f"{line.name_zh if line.is_key else ''} {value}{line.unit}" if line else str(value)


def key_attributes(category: Category) -> list[str]:
    """The parameters by which products of a category are filtered, in the order of its template."""
    return [line.key for line in template(category) if line.is_key][:KEY_ATTRIBUTES]


def _places() -> list[Region]:
    return accounts.regions()[:PLACES_MOST]


def _delivered(rows: Iterable[tuple[int, Sequence[str], Decimal]]) -> dict[int, dict[str, Decimal]]:
    """The lowest price at each place: an offer reaches the places it names and those below them; one that names none, all."""
    lines = {region.code: frozenset(region.path.split("/")) for region in _places()}
    lowest: dict[int, dict[str, Decimal]] = {}
    for product, named, price in rows:
        of = lowest.setdefault(product, {})
        for code, line in lines.items():
            if (not named or not line.isdisjoint(named)) and (code not in of or price < of[code]):
                of[code] = price
    return lowest


def _folded(row: Sequence[Any], tags: Sequence[str], rating: tuple[int, Decimal] | None, delivered: Mapping[str, Decimal]) -> Folded:
    pk, number, zh, en, model, attributes, category, brand_zh, brand_en, price, days, listed, sold, stock, suppliers, titles = row
    return Folded(
        pk=pk,
        number=number,
        name_zh=zh,
        name_en=en,
        model=model,
        attributes=json.loads(attributes),
        category_id=category,
        brand_zh=brand_zh,
        brand_en=brand_en,
        price=price,
        days=days,
        listed=int(listed.timestamp()) if listed else 0,
        sold=int(sold),
        in_stock=stock,
        suppliers=suppliers,
        titles=titles,
        tags=sorted(tags),
        rating=rating,
        delivered=delivered,
    )


def _titles(it: Folded) -> list[str]:
    others = [title for title in it.titles if title != it.name_zh]
    return [it.name_zh, it.name_en, *others[:TITLES_MOST]]


def _keyed(key: str, text: str) -> list[str]:
    return [f"{key}={text}"] if text else []


def _rows(statement: str, parameters: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
