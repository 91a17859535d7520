"""What programs ask of the library: products page by page, one with its offers, offers by their numbers."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Prefetch, Q

from sunlit.domain.catalog.models import Offer, Product
from sunlit.domain.catalog.policies import LISTED, visible_to
from sunlit.domain.catalog.queries.merged import followed
from sunlit.domain.catalog.rules.reading import key_of
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import PAGE_ROWS

OFFERS_MOST = 200


def products_after(*, category: str = "", brand: str = "", after: int = 0, rows: int = PAGE_ROWS) -> list[Product]:
    """Products by their id, of a category with all below it, of a brand by name or key. One query."""
    found = Product.objects.select_related("category", "brand").filter(pk__gt=after, merged_into=None)
    if category:
        here = Q(category__path=category) | Q(category__path__startswith=f"{category}/") | Q(category__path__endswith=f"/{category}")
        found = found.filter(here | Q(category__path__contains=f"/{category}/"))
    if brand:
        found = found.filter(brand__key=key_of(brand))
    return list(found.order_by("pk")[:rows])


def product_with_offers(number: str) -> Product | None:
    """The product that the number leads to, with what is on sale of it, the cheapest first (`product.on_sale`). Two queries."""
    listed = Offer.objects.filter(state=LISTED).select_related("supplier").prefetch_related("tags").order_by("price", "pk")[:OFFERS_MOST]
    found = followed(number).select_related("category", "brand")
    return found.prefetch_related(Prefetch("offers", listed, to_attr="on_sale")).first()


def offers_by_number(numbers: Iterable[str], *, seen_by: Actor) -> dict[str, Offer]:
    """The offers that the actor may see, by number. One query."""
    return {offer.number: offer for offer in visible_to(seen_by).filter(number__in=set(numbers))}


def own_offers_by_sku(codes: Iterable[str], *, supplier_id: int) -> dict[str, Offer]:
    """A supplier's offers by its own SKU codes. One query."""
    return {offer.sku_code: offer for offer in Offer.objects.filter(supplier_id=supplier_id, sku_code__in=set(codes))}
