"""What stands around rows on their way into the library: their brands and products, own offers, others' offers, reference prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection
from django.db.models import QuerySet

from sunlit.domain.catalog.models import Attribute, Brand, Category, MakerDeclaration, Offer, PolicyTag, Product, Tag
from sunlit.domain.catalog.queries import brands
from sunlit.domain.catalog.queries.makers import carried, makers_of
from sunlit.domain.catalog.queries.offers import reference_prices
from sunlit.domain.catalog.rules.discipline import Reference, Sibling
from sunlit.domain.catalog.rules.matching import contradicts, core_of
from sunlit.domain.catalog.rules.reading import SIZED, Claim, Listing, Making
from sunlit.domain.catalog.services import matching
from sunlit.domain.catalog.states import LIVE
from sunlit.domain.registry import queries as registry
from sunlit.domain.registry.queries import SizeProof
from sunlit.domain.rulebook.queries import Rule_, rule
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.clock import local_day
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
    brand_key: str = field(init=False)  # fixed when the row is read: names may become known while a batch is under way
    brand_keys: Sequence[str] = field(init=False)  # all keys under which the brand may stand, its own first

    def __post_init__(self) -> None:
        known, name = brands.names(), self.listing.brand
        key = known.key(name)
        object.__setattr__(self, "brand_key", key)
        object.__setattr__(self, "brand_keys", [key, *sorted(known.keys(name) - {key})])

    @property
    def product_key(self) -> ProductKey:
        """However the brand is written; what was found under it is found by this."""
        return (self.category.pk, self.brand_key, self.listing.model_key)

    def may_stand_as(self) -> list[tuple[str, str]]:
        """Brand and model keys under which the product may stand, the likeliest first: as written, without the brand before the model, with it."""
        keys, model = self.brand_keys, self.listing.model_key
        bare = [model.removeprefix(key) for key in keys if model.startswith(key) and core_of(model.removeprefix(key))]
        models = list(dict.fromkeys([model, *bare, *(key + model for key in keys if core_of(model))]))
        return [(key, each) for each in models for key in keys]


@dataclass(frozen=True)
class Around:
    """Read with a fixed number of queries for any number of rows."""

    products: Mapping[ProductKey, Product] = field(default_factory=dict)
    mine: Mapping[str, Offer] = field(default_factory=dict)  # by SKU code, with product and tags
    living: Mapping[int, str] = field(default_factory=dict)  # product id → SKU code of my living offer
    shared: frozenset[int] = frozenset()  # products that others offer too
    references: Mapping[int, Sequence[Reference]] = field(default_factory=dict)
    size: SizeProof = field(default_factory=SizeProof)  # what the supplier's declared size proves; asked only where a row claims by it
    makers: Mapping[int, MakerDeclaration] = field(
        default_factory=dict
    )  # of my offers, where their makers were declared; asked only then too
    region_path: str = ""
    day: date = date.min
    supplier: str = ""  # my name; asked only where a row claims to come direct from the manufacturer, as is the rule
    declaration: Rule_ | None = None

    def carried(self, sku_code: str) -> Mapping[str, date]:
        """The tags that declared sizes carry for this offer of mine, with the last day of each."""
        offer = self.mine.get(sku_code)
        return carried(self.size, self.makers.get(offer.pk) if offer else None, region_path=self.region_path, on=self.day)

    def making(self, sku_code: str) -> Making:
        """Who makes the goods of this offer of mine, as far as I declared it."""
        offer = self.mine.get(sku_code)
        declared = self.makers.get(offer.pk) if offer else None
        asked = self.declaration is not None and self.declaration.choice == "needed"
        return Making(self.supplier, declared.maker if declared else None, asked, self.declaration.key if self.declaration else "")


def around(rows: Sequence[Row], supplier_id: int, *, at: datetime, lock: bool = False) -> Around:
    """Look around; `lock` holds the supplier's own offers, in the order of their ids, then keeps the products from being merged meanwhile."""
    mine = _mine({row.listing.sku_code for row in rows}, supplier_id, lock=lock)
    products = held_products(rows) if lock else products_of(rows)
    found = [product.pk for product in products.values()]
    others = Offer.objects.filter(product_id__in=found, state__in=LIVE)
    claimed = {claim.tag for row in rows for claim in row.listing.claims}
    sized, direct = not claimed.isdisjoint(SIZED), Tag.MANUFACTURER_DIRECT.value in claimed
    me = Organisation.objects.select_related("region").get(pk=supplier_id) if sized or direct else None
    return Around(
        products=products,
        mine=mine,
        living=dict(others.filter(supplier_id=supplier_id).values_list("product_id", "sku_code")),
        shared=frozenset(others.exclude(supplier_id=supplier_id).order_by().values_list("product_id", flat=True).distinct()),
        references=reference_prices(found, at=at),
        size=registry.size_proof(supplier_id, on=local_day(at)) if sized else SizeProof(),
        makers=makers_of(offer.pk for offer in mine.values()) if me else {},
        region_path=me.region.path if me else "",
        day=local_day(at),
        supplier=me.name_zh if me else "",
        declaration=rule("listing.direct_declaration", region_path=me.region.path, on=local_day(at)) if me and direct else None,
    )


def tags_of(offer: Offer, claims: Sequence[Claim], carried: Mapping[str, date]) -> list[PolicyTag]:
    """The claims of an offer as they are kept: what rests on a declared size ends with it."""
    return [
        PolicyTag(offer=offer, tag=it.tag, certificate=it.certificate, expires_on=carried.get(it.tag) if it.tag in SIZED else it.expires_on)
        for it in claims
    ]


def held_products(rows: Sequence[Row]) -> dict[ProductKey, Product]:
    """The products that are already in the library, held until the end of the transaction: a merge waits for us, or we for it and follow it."""
    while True:
        found = products_of(rows)
        with connection.cursor() as cursor:
            cursor.execute(_HOLD, [sorted({product.pk for product in found.values()})])
            if all(merged_into is None for _pk, merged_into in cursor.fetchall()):
                return found


def products_of(rows: Sequence[Row]) -> dict[ProductKey, Product]:
    """The products that are already in the library, by the key of the row; one that was merged leads to the one it became part of.

    The same are: category, brand by any of its names, and model, the brand before it or not; or the same barcode, brand and category. What is found
    otherwise than by its own model must not differ in a key parameter. One query, and one more where barcodes are told.
    """
    wanted = {row.product_key: row for row in rows}
    standing = {
        (product.category_id, product.brand.key, product.model_key): product
        for product in _products().filter(
            category_id__in={row.category.pk for row in wanted.values()},
            brand__key__in={key for row in wanted.values() for key, _model in row.may_stand_as()},
            model_key__in={model for row in wanted.values() for _key, model in row.may_stand_as()},
        )
    }
    found = {key: product for key, row in wanted.items() if (product := _standing(row, standing)) is not None}
    open_rows = {key: row for key, row in wanted.items() if key not in found and row.listing.gtin}
    return found | (_by_barcode(open_rows) if open_rows else {})


def _products() -> QuerySet[Product]:
    return Product.objects.select_related("brand", "category", "merged_into__brand", "merged_into__category")


def _standing(row: Row, standing: Mapping[ProductKey, Product]) -> Product | None:
    for brand, model in row.may_stand_as():
        product = standing.get((row.category.pk, brand, model))
        if product is not None and (
            model == row.listing.model_key or not contradicts(row.listing.attributes, product.attributes, row.template)
        ):
            return product.merged_into or product
    return None


def _by_barcode(rows: Mapping[ProductKey, Row]) -> dict[ProductKey, Product]:
    """The same barcode in the same category and brand; where two products have it, people decide."""
    known = brands.names()
    found: dict[tuple[int, str, str], list[Product]] = {}
    for product in _products().filter(gtin__in={row.listing.gtin for row in rows.values()}, merged_into=None):
        found.setdefault((product.category_id, known.key(product.brand.key), product.gtin), []).append(product)
    matched = {key: found.get((row.category.pk, key[1], row.listing.gtin), []) for key, row in rows.items()}
    return {
        key: products[0]
        for key, products in matched.items()
        if len(products) == 1 and not contradicts(rows[key].listing.attributes, products[0].attributes, rows[key].template)
    }


def ensured(rows: Sequence[Row], *, at: datetime) -> dict[ProductKey, Product]:
    """The products of all rows; brands and products that are new are made. Two at once make one: who comes second finds the first's.

    Rows are written in the order of their keys, so that two imports never wait for each other crosswise.
    """
    known = products_of(rows)
    new = {row.product_key: row for row in rows if row.product_key not in known}
    if not new:
        return known
    made_brands = _brands(new)
    made = [_product(new[key], made_brands[key[1]], at) for key in sorted(new)]
    Product.objects.bulk_create(made, ignore_conflicts=True)
    fresh = held_products(list(new.values()))
    matching.propose(list(fresh.values()), at=at)
    return known | fresh


def siblings(row: Row, supplier_id: int) -> list[Sibling]:
    """The supplier's other living offers of this brand and category, newest first."""
    found = Offer.objects.filter(
        supplier_id=supplier_id, state__in=LIVE, product__category_id=row.category.pk, product__brand__key__in=row.brand_keys
    )
    rows = found.order_by("-pk").values_list("sku_code", "title", "product__attributes")[:SIBLINGS_MOST]
    return [Sibling(*each) for each in rows]


def _mine(sku_codes: set[str], supplier_id: int, *, lock: bool) -> dict[str, Offer]:
    offers = Offer.objects.filter(supplier_id=supplier_id, sku_code__in=sku_codes).select_related("product__brand").prefetch_related("tags")
    if lock:
        offers = offers.select_for_update(of=("self",))
    return {offer.sku_code: offer for offer in offers.order_by("pk")}


def _brands(rows: Mapping[ProductKey, Row]) -> dict[str, Brand]:
    """The brand of each key, made where the library has none under any of its names."""
    spelt = {row.brand_key: row for row in rows.values()}
    lead = {key: row.brand_key for row in spelt.values() for key in row.brand_keys}
    there = {lead[brand.key]: brand for brand in Brand.objects.filter(key__in=lead).order_by("-pk")}
    fresh = [
        Brand(key=key, name_zh=spelt[key].listing.brand, name_en=spelt[key].listing.brand_en) for key in sorted(spelt) if key not in there
    ]
    if not fresh:
        return there
    Brand.objects.bulk_create(fresh, ignore_conflicts=True)
    brands.forget()
    return there | {brand.key: brand for brand in Brand.objects.filter(key__in=[brand.key for brand in fresh])}


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
        gtin=listing.gtin,
        attributes=dict(listing.attributes),
        created_at=at,
    )
