"""What is asked of contracts: the paper of an order, and what buyers said of suppliers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Avg, Count, DecimalField, F

from sunlit.domain.contracts.models import AcceptanceSheet, Invoice, Payment, Rating
from sunlit.domain.market.models import Order
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import PAGE_ROWS

__all__ = ["Paper", "Standing", "paper", "rating_of", "rating_to_answer", "ratings_of", "ratings_of_suppliers", "stars_of_products"]


@dataclass(frozen=True)
class Paper:
    """Everything that was written about an order."""

    sheets: list[AcceptanceSheet]
    invoice: Invoice | None
    payments: list[Payment]
    rating: Rating | None


@dataclass(frozen=True)
class Standing:
    """The mean stars of a supplier, one decimal, and how many ratings they rest on."""

    stars: Decimal | None
    quality: Decimal | None
    delivery: Decimal | None
    service: Decimal | None
    count: int


def paper(order: Order) -> Paper:
    """Five queries; give it an order that the actor may see."""
    sheets = list(AcceptanceSheet.objects.filter(order=order).select_related("inspector").prefetch_related("photos").order_by("at", "id"))
    invoice = Invoice.objects.filter(order=order).select_related("file").first()
    payments = list(Payment.objects.filter(order=order).select_related("ordered_by").order_by("ordered_at", "id"))
    return Paper(sheets, invoice, payments, Rating.objects.filter(order=order).first())


def ratings_of(supplier_id: int, *, before: int | None = None, rows: int = PAGE_ROWS) -> list[Rating]:
    """The latest ratings of a supplier; `before` is the id of the last one of the page before."""
    found = Rating.objects.filter(supplier_id=supplier_id).select_related("order__buyer").order_by("-id")
    return list((found.filter(pk__lt=before) if before else found)[:rows])


def rating_of(supplier_id: int) -> Standing:
    return ratings_of_suppliers([supplier_id]).get(supplier_id, Standing(None, None, None, None, 0))


def ratings_of_suppliers(supplier_ids: list[int]) -> dict[int, Standing]:
    """The standings of several suppliers, in one query."""
    found = Rating.objects.filter(supplier_id__in=supplier_ids).order_by().values_list("supplier_id")
    rows = found.annotate(q=Avg("quality"), d=Avg("delivery"), s=Avg("service"), n=Count("id"))
    return {supplier: _standing(q, d, s, n) for supplier, q, d, s, n in rows}


def stars_of_products(product_ids: Sequence[int]) -> dict[int, tuple[int, Decimal]]:
    """How often orders with these products were rated, and the mean of their stars, in one query."""
    found = Rating.objects.filter(order__lines__product_id__in=product_ids).order_by().values_list("order__lines__product_id")
    rows = found.annotate(
        n=Count("id", distinct=True), points=Avg(F("quality") + F("delivery") + F("service"), output_field=DecimalField())
    )
    return {product: (count, Decimal(points) / 3) for product, count, points in rows}


def rating_to_answer(order_number: str, *, seen_by: Actor) -> Rating | None:
    return Rating.objects.select_related("order").filter(order__number=order_number, supplier_id=seen_by.organisation_id).first()


def _standing(quality: Decimal, delivery: Decimal, service: Decimal, count: int) -> Standing:
    def one(value: Decimal) -> Decimal:
        return Decimal(value).quantize(Decimal("0.1"))

    mean = (Decimal(quality) + Decimal(delivery) + Decimal(service)) / 3
    return Standing(one(mean), one(quality), one(delivery), one(service), count)
