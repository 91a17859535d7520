"""What the policies effect: how much of all deals went to small and medium enterprises, and how much was energy-saving or environmentally labelled, by month, year and region."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from decimal import Decimal

from django.db.models import Case, Count, DecimalField, OuterRef, Q, Subquery, Sum, TextField, Value, When
from django.db.models.functions import Coalesce, TruncMonth

from sunlit.domain.disclosure.models import DealNotice
from sunlit.domain.registry.models import SizeDeclaration
from sunlit.foundation.kernel.clock import SHANGHAI
from sunlit.foundation.kernel.regions import is_under

SME = ("medium", "small", "micro")
NOTHING = Decimal("0.00")
REMEMBERED_SECONDS = 30.0


@dataclass(frozen=True)
class PolicyFigures:
    """The deals of some months in some regions; amounts are sums of the notices, to the cent.

    Suppliers that had declared no size by then count among all, not among the small. Deals whose orders did not freeze their policy tags
    are not known: they count neither as green nor as not green.
    """

    deals: int = 0
    amount: Decimal = NOTHING
    sme_deals: int = 0
    sme_amount: Decimal = NOTHING
    undeclared_amount: Decimal = NOTHING
    known_amount: Decimal = NOTHING  # of deals whose policy tags are known
    energy_saving: Decimal = NOTHING
    environmental: Decimal = NOTHING
    green: Decimal = NOTHING  # either of both, counted once

    def __add__(self, other: PolicyFigures) -> PolicyFigures:
        return PolicyFigures(*(getattr(self, it.name) + getattr(other, it.name) for it in fields(self)))

    @property
    def sme_share(self) -> Decimal | None:
        """Of what all deals came to, in per cent with one place."""
        return share(self.sme_amount, self.amount)

    @property
    def green_share(self) -> Decimal | None:
        """Of what the deals with known policy tags came to, in per cent with one place."""
        return share(self.green, self.known_amount)

    @property
    def unknown_amount(self) -> Decimal:
        return self.amount - self.known_amount


@dataclass(frozen=True)
class _Cell:
    """One month of one region; `month` is '2026-11'."""

    month: str
    region_path: str
    figures: PolicyFigures


_remembered: list[tuple[float, list[_Cell]]] = []


def forget() -> None:
    """Count anew at the next question."""
    _remembered.clear()


def policy_years(*, region_path: str = "") -> dict[str, PolicyFigures]:
    """The figures of a region and those below it by year, the newest first."""
    return dict(sorted(_folded(_cells_of(region_path), lambda cell: cell.month[:4]).items(), reverse=True))


def policy_months(*, year: str, region_path: str = "") -> dict[str, PolicyFigures]:
    """The figures by month of a year, the first first; months without a deal are absent."""
    cells = (cell for cell in _cells_of(region_path) if cell.month[:4] == year)
    return dict(sorted(_folded(cells, lambda cell: cell.month).items()))


def policy_regions(*, year: str, region_path: str = "") -> dict[str, PolicyFigures]:
    """The figures of a year by the path of the region, below one; only deals of the region itself stand under its own path."""
    cells = (cell for cell in _cells_of(region_path) if cell.month[:4] == year)
    return dict(sorted(_folded(cells, lambda cell: cell.region_path).items()))


def share(part: Decimal, whole: Decimal) -> Decimal | None:
    """In per cent with one place; None of nothing."""
    return (part / whole * 100).quantize(Decimal("0.1")) if whole else None


def _folded(cells: Iterable[_Cell], key: Callable[[_Cell], str]) -> dict[str, PolicyFigures]:
    found: dict[str, PolicyFigures] = {}
    for cell in cells:
        found[key(cell)] = found.get(key(cell), PolicyFigures()) + cell.figures
    return found


def _cells_of(region_path: str) -> list[_Cell]:
    return [cell for cell in _cells() if not region_path or is_under(cell.region_path, region_path)]


def _cells() -> list[_Cell]:
    """Every month of every region; half a minute old at most. One query when asked anew."""
    if not _remembered or time.monotonic() - _remembered[0][0] >= REMEMBERED_SECONDS:
        _remembered[:] = [(time.monotonic(), _counted())]
    return _remembered[0][1]


def _counted() -> list[_Cell]:
    then = SizeDeclaration.objects.filter(supplier__organisation=OuterRef("supplier"), declared_at__lte=OuterRef("published_at"))
    sized = Coalesce(Subquery(then.order_by("-declared_at", "-id").values("counts_as")[:1]), Value(""), output_field=TextField())
    deals = DealNotice.objects.annotate(size=sized, month=TruncMonth("published_at", tzinfo=SHANGHAI)).order_by()
    rows = deals.values_list("month", "region_path").annotate(
        deals=Count("id"),
        amount=Sum("total"),
        sme_deals=Count("id", filter=Q(size__in=SME)),
        sme_amount=_total_where(size__in=SME),
        undeclared=_total_where(size=""),
        known=_total_where(green__isnull=False),
        energy_saving=_sum_of("energy_saving"),
        environmental=_sum_of("environmental"),
        of_both=_sum_of("green"),
    )
    return [_Cell(month.strftime("%Y-%m"), path, PolicyFigures(*figures)) for month, path, *figures in rows]


def _total_where(**which: object) -> Sum:
    return Sum(Case(When(**which, then="total"), default=Value(NOTHING), output_field=_MONEY))


def _sum_of(column: str) -> Coalesce:
    return Coalesce(Sum(column), Value(NOTHING), output_field=_MONEY)


_MONEY = DecimalField(max_digits=18, decimal_places=2)
