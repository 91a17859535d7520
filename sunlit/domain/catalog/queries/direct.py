"""Goods direct from their manufacturer (厂家直销): whose proof stands today, whom the declaration names as the maker, what others ask for the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Min, Q, QuerySet

from sunlit.domain.catalog.models import Category, Offer, PolicyTag, Tag
from sunlit.domain.catalog.queries.makers import makers_of
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.paging import row_id


@dataclass(frozen=True)
class Claim:
    """What speaks for an offer as direct from its manufacturer: certificate and last day of the proof ("" and None: there is none), the declared maker."""

    certificate: str = ""
    until: date | None = None
    maker: str = ""

    def holds_on(self, day: date) -> bool:
        return bool(self.certificate) and self.until is not None and day <= self.until


@dataclass(frozen=True)
class DirectOffer:
    """An offer of a manufacturer with its proof, and the lowest price that others ask for the same product."""

    offer: Offer
    claim: Claim
    elsewhere: Decimal | None


@dataclass(frozen=True)
class DirectPage:
    """A page of manufacturers' offers, newest first; `after` is the key to ask the next page with, or ""."""

    offers: list[DirectOffer]
    after: str


def claims_of(offers: Iterable[Offer]) -> dict[int, Claim]:
    """What speaks for each of these offers as direct from its manufacturer, by the offer's id. Two queries."""
    keys = [offer.pk for offer in offers]
    makers = makers_of(keys)
    proofs = {tag.offer_id: tag for tag in PolicyTag.objects.filter(offer__in=keys, tag=Tag.MANUFACTURER_DIRECT)}
    told = {}
    for key in keys:
        proof, maker = proofs.get(key), makers.get(key)
        told[key] = Claim(proof.certificate if proof else "", proof.expires_on if proof else None, maker.maker if maker else "")
    return told


def lowest_elsewhere(offers: Iterable[Offer]) -> dict[int, Decimal]:
    """The lowest price that other suppliers in good standing ask for the same product, by the offer's id. One query."""
    asked = list(offers)
    found = Offer.objects.filter(product__in={offer.product_id for offer in asked}, state="listed", supplier__supplier__state="active")
    rows = found.order_by().values_list("product_id", "supplier_id").annotate(lowest=Min("price"))
    by_product: dict[int, list[tuple[int, Decimal]]] = {}
    for product, supplier, lowest in rows:
        by_product.setdefault(product, []).append((supplier, lowest))
    others = {it.pk: [price for seller, price in by_product.get(it.product_id, ()) if seller != it.supplier_id] for it in asked}
    return {key: min(prices) for key, prices in others.items() if prices}


def direct_offers(*, region_path: str, on: date, q: str = "", category: str = "", after: str = "", rows: int = PAGE_ROWS) -> DirectPage:
    """What manufacturers sell themselves to the region, with proof in date and in stock. `q` is a part of a title or a name. Four queries."""
    found = _proven(region_path, on).select_related("product__category", "product__brand", "supplier")
    if category:
        found = found.filter(_within(category))
    if words := q.strip():
        named = Q(title__icontains=words) | Q(product__name_zh__icontains=words) | Q(product__name_en__icontains=words)
        found = found.filter(named | Q(supplier__name_zh__icontains=words) | Q(supplier__name_en__icontains=words))
    if (key := row_id(after)) is not None:
        found = found.filter(pk__lt=key)
    page = list(found.order_by("-pk")[: rows + 1])
    claims, lowest = claims_of(page), lowest_elsewhere(page)
    told = [DirectOffer(offer, claims[offer.pk], lowest.get(offer.pk)) for offer in page[:rows]]
    return DirectPage(told, str(page[rows - 1].pk) if len(page) > rows else "")


def direct_categories(*, region_path: str, on: date) -> list[Category]:
    """The categories of what manufacturers sell themselves to the region. One query."""
    return list(Category.objects.filter(pk__in=_proven(region_path, on).values("product__category")).order_by("code"))


def direct_sellers(codes: Sequence[str], *, region_path: str, on: date) -> dict[str, int]:
    """How many manufacturers sell something of each category themselves to the region. One query a category."""
    return {code: _proven(region_path, on).filter(_within(code)).aggregate(n=Count("supplier", distinct=True))["n"] for code in codes}


def _proven(region_path: str, on: date) -> QuerySet[Offer]:
    """On sale, in stock, delivered there, by a supplier in good standing, with its proof in date."""
    proofs = PolicyTag.objects.filter(tag=Tag.MANUFACTURER_DIRECT, expires_on__gte=on).exclude(certificate="")
    there = Q(delivery_regions=[]) | Q(delivery_regions__overlap=region_path.split("/"))
    return Offer.objects.filter(there, pk__in=proofs.values("offer"), state="listed", stock__gt=0, supplier__supplier__state="active")


def _within(code: str) -> Q:
    return Q(product__category__code=code) | Q(product__category__path__contains=f"{code}/")
