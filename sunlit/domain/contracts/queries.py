"""What is asked of contracts: the paper of an order, and what buyers said of suppliers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Avg, Count, DecimalField, F

from sunlit.domain.contracts.models import AcceptanceSheet, Invoice, Payment, Rating
from sunlit.domain.market.models import Order, OrderLine
from sunlit.domain.market.queries import answers_for_the_seller
from sunlit.domain.rulebook.queries import in_time, templates
from sunlit.domain.rulebook.rules.templates import Part, Template, summary
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import PAGE_ROWS

REPLY_SOON: Final = timedelta(days=3)  # so long before the end of its term a supplier is reminded of a rating

__all__ = [
    "FilledForm",
    "Paper",
    "SheetForm",
    "Standing",
    "acceptance_forms",
    "filled_forms",
    "may_reply",
    "paper",
    "rating_of",
    "rating_to_answer",
    "ratings_of",
    "ratings_of_suppliers",
    "ratings_to_answer",
    "stars_of_products",
]


@dataclass(frozen=True)
class Paper:
    """Everything that was written about an order."""

    sheets: list[AcceptanceSheet]
    invoice: Invoice | None
    payments: list[Payment]
    rating: Rating | None


@dataclass(frozen=True)
class SheetForm:
    """A template of the acceptance sheet and the lines of the order that it is for."""

    template: Template
    positions: tuple[int, ...]

    @property
    def prefix(self) -> str:
        """What the names of its fields begin with, since a sheet may carry several."""
        return f"sheet{self.template.id}."


@dataclass(frozen=True)
class FilledForm:
    """A filled template of a sheet, told to people."""

    template: Template
    positions: tuple[int, ...]
    digest: str
    parts: list[Part]


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
    return Paper(sheets, invoice, payments, Rating.objects.filter(order=order).select_related("order").first())


def acceptance_forms(lines: Iterable[OrderLine]) -> list[SheetForm]:
    """The templates that the lines were ordered under, each with its lines; none for orders of before there were templates."""
    positions: dict[int, list[int]] = {}
    for line in lines:
        if chosen := line.snapshot.get("acceptance"):
            positions.setdefault(chosen, []).append(line.position)
    return [SheetForm(templates.get(id), tuple(found)) for id, found in positions.items()]


def filled_forms(sheet: AcceptanceSheet) -> list[FilledForm]:
    """The forms of a sheet with their answers summed up, in the reader's language."""
    found = ((form, templates.get(form["template"])) for form in sheet.forms)
    return [FilledForm(template, tuple(form["positions"]), form["digest"], summary(template, form["values"])) for form, template in found]


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


def replies_due(*, at: datetime) -> list[Rating]:
    """The ratings that their supplier has not answered and soon no longer may. One query."""
    soon = Rating.objects.filter(replied_at=None, order__reply_until__gt=at, order__reply_until__lte=at + REPLY_SOON)
    return list(soon.filter(order__state__in=("rated", "closed")).select_related("order").order_by("order__reply_until", "pk"))


def ratings_to_answer(seller_id: int, *, at: datetime) -> list[Rating]:
    """The ratings that this seller has not answered and still may, the nearest end of its time first."""
    found = Rating.objects.filter(supplier_id=seller_id, replied_at=None, order__reply_until__gt=at)
    return list(found.select_related("order__buyer", "order__supplier").order_by("order__reply_until", "pk")[:PAGE_ROWS])


def may_reply(it: Rating, *, by: Actor, at: datetime) -> bool:
    """Whether the actor could answer this rating now."""
    until = it.order.reply_until
    return it.replied_at is None and (until is None or in_time(until, at)) and answers_for_the_seller(it.order, by)


def rating_to_answer(order_number: str, *, seen_by: Actor) -> Rating | None:
    return Rating.objects.select_related("order").filter(order__number=order_number, supplier_id=seen_by.organisation_id).first()


def _standing(quality: Decimal, delivery: Decimal, service: Decimal, count: int) -> Standing:
    def one(value: Decimal) -> Decimal:
        return Decimal(value).quantize(Decimal("0.1"))

    mean = (Decimal(quality) + Decimal(delivery) + Decimal(service)) / 3
    return Standing(one(mean), one(quality), one(delivery), one(service), count)
