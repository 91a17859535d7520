"""Numbers of products lead to where the product is now: one that was merged is found under the number of the one it became part of."""

from __future__ import annotations

from django.db.models import QuerySet, Subquery
from django.db.models.functions import Coalesce

from sunlit.domain.catalog.models import Product


def followed(number: str) -> QuerySet[Product]:
    """The product that this number leads to: its own, or the one it was merged into. Still one query."""
    return Product.objects.filter(pk=Subquery(Product.objects.filter(number=number).values(now=Coalesce("merged_into_id", "id"))))


def numbers_of(product: Product) -> list[str]:
    """All numbers that lead to the product, its own first: deals keep the number under which they were made. One query."""
    return [product.number, *Product.objects.filter(merged_into=product).order_by("pk").values_list("number", flat=True)]
