"""What the policies effect: how much of all deals went to small and medium enterprises, by month, from what suppliers had declared by then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Case, Count, DecimalField, F, OuterRef, Q, Subquery, Sum, TextField, Value, When
from django.db.models.functions import Coalesce, TruncMonth

from sunlit.domain.disclosure.models import DealNotice
from sunlit.domain.registry.models import SizeDeclaration
from sunlit.foundation.kernel.clock import SHANGHAI

SME = ("medium", "small", "micro")
NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class PolicyMonth:
    """One month of a region; `month` is '2026-11'. Suppliers that had declared nothing by then count among all, not among the small."""

    month: str
    deals: int
    amount: Decimal
    sme_deals: int
    sme_amount: Decimal
    undeclared_deals: int

    @property
    def sme_share(self) -> Decimal:
        """Of all deals, in per cent with one place."""
        return (Decimal(self.sme_deals) / self.deals * 100).quantize(Decimal("0.1"))

    @property
    def sme_amount_share(self) -> Decimal:
        """Of what all deals came to, in per cent with one place."""
        return (self.sme_amount / self.amount * 100).quantize(Decimal("0.1")) if self.amount else Decimal("0.0")


def policy_months(*, at: datetime, region_path: str = "", count: int = 12) -> list[PolicyMonth]:
    """The last months with deals, oldest first. One query."""
    since = (at - timedelta(days=31 * count)).astimezone(SHANGHAI).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    here = Q(region_path=region_path) | Q(region_path__startswith=region_path + "/") if region_path else Q()
    then = SizeDeclaration.objects.filter(supplier__organisation=OuterRef("supplier"), declared_at__lte=OuterRef("published_at"))
    sized = Coalesce(Subquery(then.order_by("-declared_at", "-id").values("counts_as")[:1]), Value(""), output_field=TextField())
    deals = DealNotice.objects.filter(here, published_at__gte=since).annotate(size=sized, month=TruncMonth("published_at", tzinfo=SHANGHAI))
    paid = Case(When(size__in=SME, then=F("total")), default=Value(NOTHING), output_field=DecimalField(max_digits=18, decimal_places=2))
    rows = (
        deals.order_by()
        .values("month")
        .annotate(
            deals=Count("id"),
            amount=Sum("total"),
            small=Count("id", filter=Q(size__in=SME)),
            paid=Sum(paid),
            silent=Count("id", filter=Q(size="")),
        )
    )
    return [
        PolicyMonth(it["month"].strftime("%Y-%m"), it["deals"], it["amount"], it["small"], it["paid"], it["silent"])
        for it in rows.order_by("month")
    ]
