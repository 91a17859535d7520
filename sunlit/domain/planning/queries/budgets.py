"""What is asked of budgets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Count, F, QuerySet, Sum

from sunlit.domain.planning import policies
from sunlit.domain.planning.models import BudgetQuota, Hold, QuotaChange, YearClosing
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.limits import PAGE_ROWS, PAGE_ROWS_MOST

__all__ = [
    "BudgetSum",
    "Difference",
    "changes_of",
    "closing_of",
    "differences",
    "held_under",
    "holds_of",
    "quota",
    "quotas_for_orders",
    "quotas_of",
    "quotas_page",
    "siblings",
    "sums",
    "to_carry_over",
    "waterfall",
]


@dataclass(frozen=True)
class BudgetSum:
    """The waterfall of several quotas together, in yuan."""

    total: Decimal
    held: Decimal
    committed: Decimal
    spent: Decimal
    count: int

    @property
    def available(self) -> Decimal:
        return self.total - self.held - self.committed - self.spent


def quotas_of(buyer_id: int, year: int) -> QuerySet[BudgetQuota]:
    """The quotas of a buyer in a year, the fullest first."""
    left = F("total") - F("held") - F("committed") - F("spent")
    return BudgetQuota.objects.filter(buyer_id=buyer_id, year=year).annotate(left=left).order_by("-left", "number")


def quotas_for_orders(buyer_id: int, year: int) -> QuerySet[BudgetQuota]:
    """Those that take orders: their year is not closed."""
    return quotas_of(buyer_id, year).filter(closed_at=None)


def quota(number: str, *, seen_by: Actor) -> BudgetQuota | None:
    return policies.visible_to(seen_by).select_related("buyer", "predecessor", "successor").filter(number=number).first()


def holds_of(it: BudgetQuota, *, before: int | None = None, rows: int = PAGE_ROWS) -> list[Hold]:
    """The latest holds on a quota; `before` is the id of the last hold of the page before."""
    holds = it.holds.order_by("-id")
    return list(holds.filter(id__lt=before)[:rows] if before else holds[:rows])


def held_under(references: Iterable[str]) -> dict[str, Decimal]:
    """What still lies ready under each of these references; those under which nothing lies are absent. One query."""
    found = Hold.objects.filter(reference__in=list(references), state="held")
    return {hold.reference: hold.open for hold in found}


def changes_of(it: BudgetQuota) -> list[QuotaChange]:
    return list(it.changes.select_related("counterpart").order_by("at", "id")[:PAGE_ROWS])


def quotas_page(*, seen_by: Actor, year: int, q: str = "", after: str = "", rows: int = PAGE_ROWS) -> list[BudgetQuota]:
    """The quotas that the actor may see, by number; `after` is the last number of the page before."""
    found = policies.visible_to(seen_by).filter(year=year, number__gt=after).select_related("buyer").order_by("number")
    return list(found.filter(buyer__name_zh__icontains=q)[:rows] if q else found[:rows])


def sums(*, seen_by: Actor, year: int) -> BudgetSum:
    """All quotas that the actor may see, added up."""
    figures = (
        policies.visible_to(seen_by)
        .filter(year=year)
        .aggregate(total=Sum("total"), held=Sum("held"), committed=Sum("committed"), spent=Sum("spent"), count=Count("id"))
    )
    return BudgetSum(**{name: value or Decimal("0.00") for name, value in figures.items() if name != "count"}, count=figures["count"])


def siblings(it: BudgetQuota) -> list[BudgetQuota]:
    """The other open quotas of the buyer and year: where money can be moved."""
    return list(
        BudgetQuota.objects.filter(buyer_id=it.buyer_id, year=it.year, closed_at=None).exclude(pk=it.pk).order_by("number")[:PAGE_ROWS_MOST]
    )


def closing_of(region_path: str, year: int) -> YearClosing | None:
    """How the year was closed for a region, by itself or from above."""
    return YearClosing.objects.filter(region_path__in=regions.line(region_path), year=year).order_by("at").first()


def to_carry_over(*, seen_by: Actor, year: int) -> int:
    """How many closed quotas of the year still have something that can go on."""
    closed = policies.visible_to(seen_by).filter(year=year, closed_at__isnull=False, successor=None)
    return closed.filter(total__gt=F("spent")).count()


def waterfall(it: BudgetQuota | BudgetSum) -> list[tuple[str, Decimal]]:
    """From the total down to what is free: the steps of the chart and the rows of its table."""
    return [("total", it.total), ("held", -it.held), ("committed", -it.committed), ("spent", -it.spent), ("available", it.available)]


_DIFFERENCES = """
SELECT q.number, q.held, q.committed, q.spent, h.held, h.committed, h.spent
FROM planning_budgetquota q CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount - paid - released) FILTER (WHERE state = 'held'), 0) AS held,
           coalesce(sum(amount - paid - released) FILTER (WHERE state = 'committed'), 0) AS committed,
           coalesce(sum(paid), 0) AS spent
    FROM planning_hold WHERE quota_id = q.id) h
WHERE (q.held, q.committed, q.spent) <> (h.held, h.committed, h.spent) ORDER BY q.number LIMIT %s
"""


@dataclass(frozen=True)
class Difference:
    """A quota whose figures are not the sums of its holds: held, committed and spent, as stored and as counted anew."""

    number: str
    stored: tuple[Decimal, Decimal, Decimal]
    counted: tuple[Decimal, Decimal, Decimal]


def differences(rows: int = PAGE_ROWS) -> list[Difference]:
    """Every quota counted anew from its holds, in one statement and so at one instant; empty when all is well."""
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERENCES, [rows])
        return [Difference(row[0], row[1:4], row[4:7]) for row in cursor.fetchall()]
