"""Figures of the whole platform, computed from its own data."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Avg, Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from sunlit.domain.catalog.models import Offer
from sunlit.domain.disclosure.models import DealNotice
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.clock import SHANGHAI, local_day

__all__ = ["Headline", "Month", "headline", "months"]

REMEMBERED_SECONDS = 30.0


@dataclass(frozen=True)
class Headline:
    """The live counters: deals, their sum, what was saved against reference prices, days from order to acceptance, who takes part."""

    deals: int
    amount: Decimal
    saved: Decimal
    saved_percent: Decimal | None
    average_days: Decimal | None
    buyers: int
    suppliers: int
    offers: int


@dataclass(frozen=True)
class Month:
    """One month of deals; `month` is '2026-11'."""

    month: str
    deals: int
    amount: Decimal
    saved: Decimal


_remembered: dict[str, tuple[float, Headline]] = {}
_months: dict[tuple[str, date, int], tuple[float, list[Month]]] = {}


def headline(*, region_path: str = "") -> Headline:
    """The counters of a region and those below it; half a minute old at most. Four queries when asked anew."""
    known = _remembered.get(region_path)
    if known and time.monotonic() - known[0] < REMEMBERED_SECONDS:
        return known[1]
    found = _headline(region_path)
    _remembered[region_path] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Count anew at the next question."""
    _remembered.clear()
    _months.clear()


def months(*, at: datetime, region_path: str = "", count: int = 12) -> list[Month]:
    """Deals by month of the last year, oldest first; half a minute old at most. One query when asked anew."""
    key = (region_path, local_day(at), count)
    known = _months.get(key)
    if known is None or time.monotonic() - known[0] >= REMEMBERED_SECONDS:
        known = time.monotonic(), _by_month(at, region_path, count)
        _months.clear()  # of another day or region nothing piles up
        _months[key] = known
    return known[1]


def _by_month(at: datetime, region_path: str, count: int) -> list[Month]:
    since = (at - timedelta(days=31 * count)).astimezone(SHANGHAI).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    by_month = _deals(region_path).filter(published_at__gte=since).annotate(month=TruncMonth("published_at", tzinfo=SHANGHAI)).order_by()
    rows = (
        by_month.values_list("month")
        .annotate(n=Count("id"), amount=Sum("total"), there=Sum("reference_total"), here=Sum("compared_total"))
        .order_by("month")
    )
    return [
        Month(month.strftime("%Y-%m"), n, amount, (there or Decimal(0)) - (here or Decimal(0))) for month, n, amount, there, here in rows
    ]


def _headline(region_path: str) -> Headline:
    figures = (
        _deals(region_path)
        .order_by()
        .aggregate(
            n=Count("id"),
            amount=Sum("total"),
            there=Sum("reference_total"),
            here=Sum("compared_total"),
            took=Avg(F("accepted_at") - F("placed_at")),
        )
    )
    there, here = figures["there"] or Decimal("0.00"), figures["here"] or Decimal("0.00")
    took: timedelta | None = figures["took"]
    return Headline(
        deals=figures["n"],
        amount=figures["amount"] or Decimal("0.00"),
        saved=there - here,
        saved_percent=((there - here) / there * 100).quantize(Decimal("0.1")) if there else None,
        average_days=(Decimal(took.total_seconds()) / 86_400).quantize(Decimal("0.1")) if took else None,
        buyers=Organisation.objects.filter(kind="buyer", active=True).count(),
        suppliers=Supplier.objects.filter(state="active").count(),
        offers=Offer.objects.filter(state="listed").count(),
    )


def _deals(region_path: str) -> QuerySet[DealNotice]:
    deals = DealNotice.objects.all()
    return deals.filter(Q(region_path=region_path) | Q(region_path__startswith=region_path + "/")) if region_path else deals
