"""How an offer lies in the search index: its fields, and the documents made from the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path as Directory
from typing import Final

from django.conf import settings
from django.db.models import QuerySet

from sunlit.domain.catalog.models import Brand, Category, Offer
from sunlit.domain.catalog.queries.categories import template, tree
from sunlit.foundation.search.index import Index
from sunlit.foundation.search.schema import Doc, Field, Json, Keyword, Number, Path, Text, Value, Weight

FORMAT: Final = 1
EVERYWHERE: Final = "*"
KEY_ATTRIBUTES: Final = 8
BANDS: Final[tuple[tuple[str, Decimal | None, Decimal | None], ...]] = (
    ("0-100", None, Decimal("100.00")),
    ("100-500", Decimal("100.00"), Decimal("500.00")),
    ("500-1000", Decimal("500.00"), Decimal("1000.00")),
    ("1000-5000", Decimal("1000.00"), Decimal("5000.00")),
    ("5000-10000", Decimal("5000.00"), Decimal("10000.00")),
    ("10000-", Decimal("10000.00"), None),
)
DAY_STEPS: Final = (1, 3, 5, 7, 15)
IDS_AT_A_TIME: Final = 5_000
POLICY_WEIGHT: Final = 3

FIELDS: Final[tuple[Field, ...]] = (
    Text("title", boost=3.0, suggest=True),
    Text("model", boost=3.0),
    Text("brand_words", boost=2.0),
    Text("category_words", boost=2.0),
    Text("more", boost=0.5),
    Keyword("brand", suggest=True),
    Keyword("category_name", suggest=True),
    Path("category"),
    Keyword("supplier"),
    Keyword("region"),
    Keyword("tag"),
    Keyword("band"),
    Keyword("within"),  # days of delivery: each step within which it comes
    *(Keyword(f"attribute_{place}") for place in range(1, KEY_ATTRIBUTES + 1)),
    Number("price", decimals=2, sort=True),
    Number("days", sort=True),
    Number("sold", sort=True),
    Number("listed", sort=True),
    Weight("weight"),
)

_indexes: dict[Directory, Index] = {}


def index() -> Index:
    """The index of offers on this machine."""
    place = Directory(settings.DATA_DIR) / "search" / "offers"
    if place not in _indexes:
        _indexes[place] = Index(place, FIELDS, FORMAT)
    return _indexes[place]


def load(numbers: Sequence[str]) -> Iterator[Doc]:
    """The documents of these offers, as far as they are on sale by active suppliers. Two queries."""
    rows = (
        _findable()
        .filter(number__in=list(numbers))
        .select_related("product__category", "product__brand", "supplier")
        .prefetch_related("tags")
    )
    return (document(offer) for offer in rows)


def ids() -> Iterator[str]:
    """The numbers of all offers that can be found, read by key."""
    last = 0
    while page := list(_findable().filter(pk__gt=last).order_by("pk").values_list("pk", "number")[:IDS_AT_A_TIME]):
        yield from (number for _pk, number in page)
        last = page[-1][0]


def words() -> Iterable[str]:
    """Names that the dictionary should know."""
    return Brand.objects.order_by("pk").values_list("name_zh", flat=True)


def document(offer: Offer) -> Doc:
    """One offer with all that it is found, counted and sorted by; the payload is what a list shows of it."""
    product, category = offer.product, offer.product.category
    tags = [tag.tag for tag in offer.tags.all()]
    values: dict[str, Value] = {
        "title": [offer.title, product.name_zh, product.name_en],
        "model": product.model,
        "brand_words": [product.brand.name_zh, product.brand.name_en],
        "category_words": [name for step in tree().line(category.code)[1:] for name in (step.name_zh, step.name_en)] or [category.name_zh],
        "more": [*map(str, product.attributes.values()), offer.supplier.name_zh, offer.supplier.name_en],
        "brand": product.brand.name_zh,
        "category_name": category.name_zh,
        "category": category.path,
        "supplier": offer.supplier.number,
        "region": offer.delivery_regions or [EVERYWHERE],
        "tag": tags,
        "band": band_of(offer.price),
        "within": [str(step) for step in DAY_STEPS if offer.delivery_days <= step],
        "price": offer.price,
        "days": offer.delivery_days,
        "sold": offer.sold,
        "listed": int(offer.listed_at.timestamp()) if offer.listed_at else 0,
        "weight": POLICY_WEIGHT * min(len(tags), 3) + offer.sold.bit_length(),
    }
    values |= {f"attribute_{place}": _keyed(key, product.attributes.get(key, "")) for place, key in enumerate(key_attributes(category), 1)}
    return Doc(offer.number, values, _payload(offer, tags))


def key_attributes(category: Category) -> list[str]:
    """The parameters by which offers of a category are filtered, in the order of its template."""
    return [line.key for line in template(category) if line.is_key][:KEY_ATTRIBUTES]


def band_of(price: Decimal) -> str:
    return next(name for name, low, high in BANDS if (low is None or price >= low) and (high is None or price < high))


def _keyed(key: str, text: str) -> list[str]:
    return [f"{key}={text}"] if text else []


def _findable() -> QuerySet[Offer]:
    return Offer.objects.filter(state="listed", supplier__supplier__state="active")


def _payload(offer: Offer, tags: list[str]) -> Json:
    product, category = offer.product, offer.product.category
    return {
        "offer": offer.number,
        "product": product.number,
        "title": offer.title,
        "name": product.name_zh,
        "name_en": product.name_en,
        "brand": product.brand.name_zh,
        "brand_en": product.brand.name_en,
        "model": product.model,
        "category": category.code,
        "icon": category.icon,
        "unit": product.unit,
        "price": str(offer.price),
        "days": offer.delivery_days,
        "supplier": offer.supplier.number,
        "supplier_name": offer.supplier.name_zh,
        "supplier_name_en": offer.supplier.name_en,
        "tags": list[Json](tags),
        "image": product.image_id or 0,
    }
