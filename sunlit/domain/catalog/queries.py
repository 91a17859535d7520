"""What is asked of the product library."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection

from sunlit.domain.catalog.models import Offer

_MEDIANS = """
SELECT product_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY price) FROM catalog_offer
WHERE product_id = ANY (%s) AND state = 'listed' GROUP BY product_id HAVING count(*) > 1
"""
_REFERENCES = """
SELECT product_id, min(price) FROM (
    SELECT DISTINCT ON (product_id, source) product_id, price FROM catalog_referenceprice
    WHERE product_id = ANY (%s) AND captured_at <= %s AND captured_at > %s ORDER BY product_id, source, captured_at DESC
) AS latest GROUP BY product_id
"""
REFERENCE_AGE = timedelta(days=365)


def locked_for_order(offer_ids: Sequence[int]) -> list[Offer]:
    """The offers, locked in the order of their ids, with all that an order needs; one query."""
    related = ("product__category", "product__brand", "product__image", "supplier__supplier")
    return list(Offer.objects.select_for_update(of=("self",)).select_related(*related).filter(pk__in=offer_ids).order_by("pk"))


def medians(product_ids: Sequence[int]) -> dict[int, Decimal]:
    """The median price of each product among the offers on sale; only where there are two or more."""
    with connection.cursor() as cursor:
        cursor.execute(_MEDIANS, [list(product_ids)])
        return {product: Decimal(str(median)).quantize(Decimal("0.01")) for product, median in cursor.fetchall()}


def references(product_ids: Sequence[int], *, on: datetime) -> dict[int, Decimal]:
    """The reference price of each product at an instant: the lowest of the latest figure of every source."""
    with connection.cursor() as cursor:
        cursor.execute(_REFERENCES, [list(product_ids), on, on - REFERENCE_AGE])
        return dict(cursor.fetchall())
