"""What a supplier's catalogue clerk looks up: its files on their way, the library's products to offer, the prices of an offer so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from sunlit.domain.catalog.models import Brand, Category, Import, Offer, PriceChange, Product
from sunlit.domain.catalog.policies import imports_visible_to, visible_to
from sunlit.domain.catalog.queries.merged import followed
from sunlit.domain.catalog.rules.reading import key_of
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.paging import row_id

UNDER_WAY = ("waiting", "checked", "carrying_out")
PRODUCT_ROWS = 12
PRODUCTS_WEIGHED = 1_000
PRICE_ROWS = 200


@dataclass(frozen=True)
class ImportPage:
    """A page of imports, newest first; `after` is the key to ask the next page with, or ""."""

    imports: list[Import]
    after: str


def import_(number: str, *, seen_by: Actor) -> Import | None:
    """One import with its file and category; None when the actor may not see it."""
    related = ("file", "bad_rows", "category", "supplier")
    return imports_visible_to(seen_by).select_related(*related).filter(number=number).first()


def imports_of(*, seen_by: Actor, after: str = "", rows: int = PAGE_ROWS) -> ImportPage:
    """The imports that the actor may see; `after` is the key of the page before. The stored problems stay in the database."""
    found = imports_visible_to(seen_by).select_related("file", "category").defer("problems")
    if (key := row_id(after)) is not None:
        found = found.filter(pk__lt=key)
    page = list(found.order_by("-pk")[: rows + 1])
    return ImportPage(page[:rows], str(page[rows - 1].pk) if len(page) > rows else "")


def imports_under_way(*, seen_by: Actor) -> list[Import]:
    """The files that are being checked or wait for a decision."""
    found = imports_visible_to(seen_by).select_related("file", "category").defer("problems")
    return list(found.filter(state__in=UNDER_WAY).order_by("-pk")[:PRODUCT_ROWS])


def offers_by_number(numbers: Iterable[str], *, seen_by: Actor) -> list[Offer]:
    """Some offers with product and category; those that the actor may not see are left out."""
    found = visible_to(seen_by).select_related("product__category", "product__brand").filter(number__in=set(numbers))
    return list(found.order_by("-pk"))


def categories_of(supplier_id: int) -> list[Category]:
    """The categories in which a supplier offers most, by code."""
    counted = Category.objects.filter(products__offers__supplier_id=supplier_id).annotate(offers=Count("products__offers"))
    return sorted(counted.order_by("-offers", "code")[:PRODUCT_ROWS], key=lambda category: category.code)


def product_to_offer(number: str) -> Product | None:
    """The product that this number leads to, with its category and brand."""
    return followed(number).select_related("category", "brand").first()


def products_like(words: str, *, rows: int = PRODUCT_ROWS) -> list[Product]:
    """Products by number, model, or a part of name or brand, each with how many suppliers have it on sale (`on_sale`)."""
    told = words.strip()
    if not told:
        return []
    ids = products_named(told)
    on_sale = dict(
        Offer.objects.filter(product_id__in=ids, state="listed").order_by().values_list("product_id").annotate(count=Count("pk"))
    )
    shown = sorted(ids, key=lambda pk: (-on_sale.get(pk, 0), pk))[:rows]
    found = Product.objects.select_related("category", "brand").in_bulk(shown)
    for pk, product in found.items():
        product.on_sale = on_sale.get(pk, 0)  # type: ignore[attr-defined]
    return [found[pk] for pk in shown if pk in found]


def products_named(words: str) -> list[int]:
    """The products by number, the beginning of a model, or a part of name or brand; the PRODUCTS_WEIGHED newest where there are more. Two queries."""
    has = "contains" if words.upper() == words.lower() else "icontains"  # Chinese has no capitals: a third of the time
    brands = list(Brand.objects.filter(**{f"name_zh__{has}": words}).values_list("pk", flat=True))
    alike = Q(number=words.upper()) | Q(**{f"name_zh__{has}": words}) | Q(**{f"name_en__{has}": words}) | Q(brand__in=brands)
    if key := key_of(words):
        alike |= Q(model_key__startswith=key)
    return list(Product.objects.filter(alike, merged_into=None).order_by("-pk").values_list("pk", flat=True)[:PRODUCTS_WEIGHED])


def prices_of(offer: Offer) -> list[PriceChange]:
    """The history of an offer's price, oldest first."""
    return list(PriceChange.objects.filter(offer=offer).order_by("-at", "-pk")[:PRICE_ROWS])[::-1]
