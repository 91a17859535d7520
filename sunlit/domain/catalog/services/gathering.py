"""What stands around rows on their way into the library: their brands and products, own offers, others' offers, reference prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from sunlit.domain.catalog.models import Attribute, Brand, Category, Offer, Product
from sunlit.domain.catalog.queries.offers import reference_prices
from sunlit.domain.catalog.rules.discipline import Reference, Sibling
from sunlit.domain.catalog.rules.reading import Listing
from sunlit.domain.catalog.states import LIVE
from sunlit.foundation.kernel.numbering import new_number

ProductKey = tuple[int, str, str]  # category id, brand key, model key
DEFAULT_UNIT = "件"
SIBLINGS_MOST = 200

# Weaker than what a merge takes, and what a foreign key takes anyway when an offer is written.
_HOLD = "SELECT id, merged_into_id FROM catalog_product WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"


@dataclass(frozen=True)
class Row:
    """One listing at its place in a file or batch, in its category."""

    position: int
    listing: Listing
    category: Category
    template: Sequence[Attribute]

    @property
    def product_key(self) -> ProductKey:
        return (self.category.pk, self.listing.brand_key, self.listing.model_key)


@dataclass(frozen=True)
class Around:
    """Read with a fixed number of queries for any number of rows."""

    products: Mapping[ProductKey, Product] = field(default_factory=dict)
    mine: Mapping[str, Offer] = field(default_factory=dict)  # by SKU code, with product and tags
    living: Mapping[int, str] = field(default_factory=dict)  # product id → SKU code of my living offer
    shared: frozenset[int] = frozenset()  # products that others offer too
    references: Mapping[int, Sequence[Reference]] = field(default_factory=dict)


def around(rows: Sequence[Row], supplier_id: int, *, at: datetime, lock: bool = False) -> Around:
    """Look around; `lock` holds the supplier's own offers, in the order of their ids, then keeps the products from being merged meanwhile."""
    mine = _mine({row.listing.sku_code for row in rows}, supplier_id, lock=lock)
    products = held_products(rows) if lock else products_of(rows)
    found = [product.pk for product in products.values()]
    others = Offer.objects.filter(product_id__in=found, state__in=LIVE)
    return Around(
        products=products,
        mine=mine,
        living=dict(others.filter(supplier_id=supplier_id).values_list("product_id", "sku_code")),
        shared=frozenset(others.exclude(supplier_id=supplier_id).order_by().values_list("product_id", flat=True).distinct()),
        references=reference_prices(found, at=at),
    )


def held_products(rows: Sequence[Row]) -> dict[ProductKey, Product]:
    """The products that are already in the library, held until the end of the transaction: a merge waits for us, or we for it and follow it."""
    while True:
        found = products_of(rows)
        with connection.cursor() as cursor:
            cursor.execute(_HOLD, [sorted({product.pk for product in found.values()})])
            if all(merged_into is None for _pk, merged_into in cursor.fetchall()):
                return found


def products_of(rows: Sequence[Row]) -> dict[ProductKey, Product]:
    """The products that are already in the library, by key; one that was merged leads to the one it became part of. One query."""
    found = Product.objects.select_related("brand", "category", "merged_into__brand", "merged_into__category").filter(
        category_id__in={row.category.pk for row in rows},
        brand__key__in={row.listing.brand_key for row in rows},
        model_key__in={row.listing.model_key for row in rows},
    )
    return {(product.category_id, product.brand.key, product.model_key): product.merged_into or product for product in found}


def ensured(rows: Sequence[Row], *, at: datetime) -> dict[ProductKey, Product]:
    """The products of all rows; brands and products that are new are made. Two at once make one: who comes second finds the first's.

    Rows are written in the order of their keys, so that two imports never wait for each other crosswise.
    """
    known = products_of(rows)
    new = {row.product_key: row for row in rows if row.product_key not in known}
    if not new:
        return known
    brands = _brands(new.values())
    made = [_product(new[key], brands[key[1]], at) for key in sorted(new)]
    Product.objects.bulk_create(made, ignore_conflicts=True)
    return known | held_products(list(new.values()))


def siblings(row: Row, supplier_id: int) -> list[Sibling]:
    """The supplier's other living offers of this brand and category, newest first."""
    found = Offer.objects.filter(
        supplier_id=supplier_id, state__in=LIVE, product__category_id=row.category.pk, product__brand__key=row.listing.brand_key
    )
    rows = found.order_by("-pk").values_list("sku_code", "title", "product__attributes")[:SIBLINGS_MOST]
    return [Sibling(*each) for each in rows]


def _mine(sku_codes: set[str], supplier_id: int, *, lock: bool) -> dict[str, Offer]:
    offers = Offer.objects.filter(supplier_id=supplier_id, sku_code__in=sku_codes).select_related("product__brand").prefetch_related("tags")
    if lock:
        offers = offers.select_for_update(of=("self",))
    return {offer.sku_code: offer for offer in offers.order_by("pk")}


def _brands(rows: Iterable[Row]) -> dict[str, Brand]:
    names = {row.listing.brand_key: row.listing for row in rows}
    fresh = [Brand(key=key, name_zh=names[key].brand, name_en=names[key].brand_en) for key in sorted(names)]
    Brand.objects.bulk_create(fresh, ignore_conflicts=True)
    return {brand.key: brand for brand in Brand.objects.filter(key__in=names)}


def _product(row: Row, brand: Brand, at: datetime) -> Product:
    listing = row.listing
    return Product(
        number=new_number("SP", at),
        category=row.category,
        brand=brand,
        model=listing.model,
        model_key=listing.model_key,
        name_zh=listing.title,
        name_en=listing.title_en,
        unit=listing.unit or row.category.unit or DEFAULT_UNIT,
        attributes=dict(listing.attributes),
        created_at=at,
    )
