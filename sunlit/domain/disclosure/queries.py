"""What is asked of published notices. Everything here is public."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from sunlit.domain.disclosure.models import DealNotice
from sunlit.foundation.kernel.limits import PAGE_ROWS

__all__ = ["DealPage", "deal", "deals", "deals_of_product", "latest"]


@dataclass(frozen=True)
class DealPage:
    """A page of notices, newest first; `after` asks for the next one."""

    deals: list[DealNotice]
    after: int | None


def deal(number: str) -> DealNotice | None:
    return DealNotice.objects.select_related("buyer", "supplier").filter(number=number).first()


def latest(rows: int = 8) -> list[DealNotice]:
    return list(DealNotice.objects.select_related("buyer", "supplier").order_by("-published_at", "-id")[:rows])


def deals(*, q: str = "", region_path: str = "", category: str = "", after: int | None = None, rows: int = PAGE_ROWS) -> DealPage:
    """Published deals, newest first, by a word of title or party, region (with those below it) and category code."""
    found = DealNotice.objects.select_related("buyer", "supplier")
    if q:
        by_word = (
            Q(title_zh__icontains=q)
            | Q(buyer__name_zh__icontains=q)
            | Q(supplier__name_zh__icontains=q)
            | Q(order_number=q.upper())
            | Q(number=q.upper())
        )
        found = found.filter(by_word)
    if region_path:
        found = found.filter(Q(region_path=region_path) | Q(region_path__startswith=region_path + "/"))
    if category:
        found = found.filter(lines__contains=[{"category": {"code": category}}])
    if after:
        found = found.filter(pk__lt=after)
    page = list(found.order_by("-pk")[: rows + 1])
    return DealPage(page[:rows], page[rows - 1].pk if len(page) > rows else None)


def deals_of_product(product_number: str, rows: int = 10) -> list[DealNotice]:
    """The latest deals with this product: what others paid."""
    return list(
        DealNotice.objects.select_related("buyer", "supplier").filter(lines__contains=[{"product": product_number}]).order_by("-pk")[:rows]
    )
