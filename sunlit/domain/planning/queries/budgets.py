"""What is asked of budgets."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, QuerySet, Sum

from sunlit.domain.planning import policies
from sunlit.domain.planning.models import BudgetQuota, Hold, QuotaChange
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import PAGE_ROWS

__all__ = ["BudgetSum", "changes_of", "holds_of", "quota", "quotas_of", "quotas_page", "sums"]


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


def quota(number: str, *, seen_by: Actor) -> BudgetQuota | None:
    return policies.visible_to(seen_by).select_related("buyer").filter(number=number).first()


def holds_of(it: BudgetQuota, *, before: int | None = None, rows: int = PAGE_ROWS) -> list[Hold]:
    """The latest holds on a quota; `before` is the id of the last hold of the page before."""
    holds = it.holds.order_by("-id")
    return list(holds.filter(id__lt=before)[:rows] if before else holds[:rows])


def changes_of(it: BudgetQuota) -> list[QuotaChange]:
    return list(it.changes.order_by("at", "id")[:PAGE_ROWS])


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
