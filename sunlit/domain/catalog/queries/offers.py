"""Offers: one, lists, what waits for review, and what an order needs of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Count, Q, QuerySet

from sunlit.domain.catalog.models import Category, Offer, PolicyTag, ReferencePrice
from sunlit.domain.catalog.policies import in_region, visible_to
from sunlit.domain.catalog.queries.clerks import products_named
from sunlit.domain.catalog.rules.discipline import Reference, formed
from sunlit.domain.catalog.rules.reading import CERTIFIED
from sunlit.domain.rulebook.queries import rule
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.money import FEN
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.kernel.regions import ROOT

PARTIES = ("product__category", "product__brand", "product__image", "supplier__supplier")
TO_REVIEW = ("review", "unfreeze_review")

# The mean of the lower and the upper middle: exact in numeric, where percentile_cont would go through a float.
_MEDIANS = """
SELECT product_id, (percentile_disc(0.5) WITHIN GROUP (ORDER BY price) + percentile_disc(0.5) WITHIN GROUP (ORDER BY price DESC)) / 2
FROM catalog_offer WHERE state = 'listed' AND product_id = ANY(%s) GROUP BY product_id
"""


@dataclass(frozen=True)
class OfferPage:
    """A page of offers; `after` is the key to ask the next page with, or ""."""

    offers: list[Offer]
    after: str


def offer(number: str, *, seen_by: Actor) -> Offer | None:
    """One offer with product, category, brand, supplier, tags and pictures; None when the actor may not see it. Three queries."""
    return visible_to(seen_by).select_related(*PARTIES).prefetch_related("tags", "images").filter(number=number).first()


def offers_of(supplier_id: int, *, state: str = "", q: str = "", category: str = "", after: str = "", rows: int = PAGE_ROWS) -> OfferPage:
    """A supplier's own offers, newest first. `q` is an offer number, a SKU code or a part of the title; `after` the key of the page before."""
    found = Offer.objects.filter(supplier_id=supplier_id).select_related("product__category", "product__brand", "product__image")
    if state:
        found = found.filter(state=state)
    if category:
        found = found.filter(product__category__in=_codes_below(category))
    if q.strip():
        words = q.strip()
        found = found.filter(Q(number=words.upper()) | Q(sku_code__iexact=words) | Q(title__icontains=words))
    if (key := row_id(after)) is not None:
        found = found.filter(pk__lt=key)
    page = list(found.order_by("-pk")[: rows + 1])
    return OfferPage(page[:rows], str(page[rows - 1].pk) if len(page) > rows else "")


def counts_of(supplier_id: int) -> dict[str, int]:
    """How many offers a supplier has in each state."""
    return dict(Offer.objects.filter(supplier_id=supplier_id).order_by().values_list("state").annotate(count=Count("id")))


def listed_counts(supplier_ids: Iterable[int]) -> dict[int, int]:
    """How many offers each of these suppliers has on sale."""
    found = Offer.objects.filter(supplier_id__in=set(supplier_ids), state="listed").order_by()
    return dict(found.values_list("supplier_id").annotate(count=Count("id")))


def offers_to_review(
    *, seen_by: Actor, state: str = "", category: str = "", warned: bool = False, after: str = "", rows: int = PAGE_ROWS
) -> OfferPage:
    """What waits for the regulator of its region, the most urgent first; `after` is the key of the page before."""
    found = visible_to(seen_by).filter(state__in=[state] if state in TO_REVIEW else TO_REVIEW)
    if seen_by.kind == "regulator":
        found = found.filter(in_region(seen_by.region_path))
    if category:
        found = found.filter(product__category__in=_codes_below(category))
    if warned:
        found = found.filter(rulings__contains=[{"verdict": "warned"}])
    page = list(_beyond(found, after).select_related(*PARTIES).prefetch_related("tags").order_by("review_until", "pk")[: rows + 1])
    return OfferPage(page[:rows], _review_key(page[rows - 1]) if len(page) > rows else "")


def awaiting_review(*, seen_by: Actor) -> QuerySet[Offer]:
    """What waits for a regulator of its region: to be counted."""
    found = visible_to(seen_by).filter(state__in=TO_REVIEW)
    return found.filter(in_region(seen_by.region_path)) if seen_by.kind == "regulator" else found


def to_review_count(*, seen_by: Actor) -> int:
    return awaiting_review(seen_by=seen_by).count()


def offers_in_region(*, seen_by: Actor, state: str = "", q: str = "", after: str = "", rows: int = PAGE_ROWS) -> OfferPage:
    """The offers of a regulator's region, newest first: for freezing and looking back. `q` is a number, or a part of the name of product,
    brand or supplier; only where none of them has it, the titles that suppliers wrote are read through.
    """
    found = visible_to(seen_by)
    if seen_by.kind == "regulator":
        found = found.filter(in_region(seen_by.region_path))
    if state:
        found = found.filter(state=state)
    if (key := row_id(after)) is not None:
        found = found.filter(pk__lt=key)
    keys = _newest(found, q.strip(), rows + 1)  # which, from narrow rows; then these with all of theirs
    page = list(Offer.objects.select_related(*PARTIES).filter(pk__in=keys).order_by("-pk"))
    return OfferPage(page[:rows], str(page[rows - 1].pk) if len(page) > rows else "")


def _newest(found: QuerySet[Offer], words: str, rows: int) -> list[int]:
    """The keys of the newest with these words; each way of having them has an index of its own."""
    if not words:
        return list(found.order_by("-pk").values_list("pk", flat=True)[:rows])
    ways = Q(number=words.upper()), Q(product_id__in=products_named(words)), Q(supplier_id__in=accounts.ids_named(words, "supplier"))
    keys = {key for way in ways for key in found.filter(way).order_by("-pk").values_list("pk", flat=True)[:rows]}
    return sorted(keys, reverse=True)[:rows] or list(
        found.filter(title__icontains=words).order_by("-pk").values_list("pk", flat=True)[:rows]
    )


def locked_for_order(offer_ids: Iterable[int]) -> list[Offer]:
    """The offers, locked in the order of their ids, with all that an order freezes; `offer.supplier.supplier` is the supplier's standing. Two queries."""
    found = Offer.objects.select_for_update(of=("self",)).select_related(*PARTIES).prefetch_related("tags")
    return list(found.filter(pk__in=list(offer_ids)).order_by("pk"))


def tags_in_force(offer: Offer, *, on: date) -> list[PolicyTag]:
    """The policies that an offer has a proven part in on a day: whose proof has not ended, and that has its certificate where one is asked."""
    return [it for it in offer.tags.all() if (it.expires_on is None or it.expires_on >= on) and (it.certificate or it.tag not in CERTIFIED)]


def medians(product_ids: Iterable[int]) -> dict[int, Decimal]:
    """The like-for-like median of what is on sale, by product; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_MEDIANS, [sorted(set(product_ids))])
        return {product: Decimal(median).quantize(FEN) for product, median in cursor.fetchall()}


def references(product_ids: Iterable[int], *, on: datetime, region_path: str = ROOT) -> dict[int, Decimal]:
    """The reference price of each product that has one: the newest of each source, in the formula of the rulebook. One query."""
    day = local_day(on)
    return {
        product: reference_of([each.price for each in found], on=day, region_path=region_path)
        for product, found in reference_prices(product_ids, at=on).items()
    }


def reference_of(prices: Sequence[Decimal], *, on: date, region_path: str = ROOT) -> Decimal:
    """The reference price that the newest prices of several sources make, in the formula of the rulebook."""
    return formed(rule("price.reference_formula", region_path=region_path, on=on).choice, prices)


def reference_prices(product_ids: Iterable[int], *, at: datetime) -> dict[int, list[Reference]]:
    """The newest reference price of each source until this time, by product."""
    found: dict[int, list[Reference]] = {}
    rows = ReferencePrice.objects.filter(product_id__in=set(product_ids), captured_at__lte=at)
    for row in rows.order_by("product_id", "source", "-captured_at").distinct("product_id", "source"):
        found.setdefault(row.product_id, []).append(Reference(row.source, row.price, row.captured_at))
    return found


def _codes_below(code: str) -> Sequence[int]:
    path = Category.objects.filter(code=code).values_list("path", flat=True).first()
    if path is None:
        return []
    return list(Category.objects.filter(Q(path=path) | Q(path__startswith=path + "/")).values_list("pk", flat=True))


def _review_key(offer: Offer) -> str:
    return f"{offer.review_until.isoformat() if offer.review_until else ''}~{offer.pk}"


def _beyond(found: QuerySet[Offer], after: str) -> QuerySet[Offer]:
    """What comes after the key `time~id`; a key that cannot be read is none."""
    until, _tilde, pk = after.partition("~")
    try:
        since = datetime.fromisoformat(until)
    except ValueError:
        return found
    key = row_id(pk)
    return found.filter(Q(review_until__gt=since) | Q(review_until=since, pk__gt=key)) if key is not None and since.tzinfo else found
