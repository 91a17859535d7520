"""What the policies effect: how much of all deals went to small and medium enterprises, and how much was energy-saving or environmentally labelled, by month, year and region."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from decimal import Decimal

from django.db import connection

from sunlit.foundation.kernel.clock import SHANGHAI
from sunlit.foundation.kernel.regions import is_under

SME = ("medium", "small", "micro")
SMALL = ("small", "micro")
NOTHING = Decimal("0.00")
REMEMBERED_SECONDS = 30.0

# Each declaration of size holds from its moment to that of the next one, so a deal meets one of its supplier's, or none: one pass over all deals.
_COUNTED = """
WITH held AS (
    SELECT s.organisation_id, d.counts_as, d.declared_at AS since, lead(d.declared_at) OVER (PARTITION BY s.id ORDER BY d.declared_at, d.id) AS until
    FROM registry_sizedeclaration d JOIN registry_supplier s ON s.id = d.supplier_id
)
SELECT to_char(n.published_at AT TIME ZONE %s, 'YYYY-MM') AS month, n.region_path, count(*), sum(n.total),
       count(*) FILTER (WHERE h.counts_as = ANY(%s)), coalesce(sum(n.total) FILTER (WHERE h.counts_as = ANY(%s)), 0.00),
       coalesce(sum(n.total) FILTER (WHERE h.counts_as = ANY(%s)), 0.00),
       coalesce(sum(n.total) FILTER (WHERE h.counts_as IS NULL), 0.00), coalesce(sum(n.total) FILTER (WHERE n.green IS NOT NULL), 0.00),
       coalesce(sum(n.energy_saving), 0.00), coalesce(sum(n.environmental), 0.00), coalesce(sum(n.green), 0.00)
FROM disclosure_dealnotice n
JOIN accounts_organisation o ON o.id = n.supplier_id AND o.kind <> 'buyer'  -- units that sell to units are no enterprises
LEFT JOIN held h ON h.organisation_id = n.supplier_id AND h.since <= n.published_at AND (h.until IS NULL OR n.published_at < h.until)
GROUP BY month, n.region_path
"""


@dataclass(frozen=True)
class PolicyFigures:
    """The deals of some months in some regions; amounts are sums of the notices, to the cent.

    Suppliers that had declared no size by then count among all, not among the small. Deals whose orders did not freeze their policy tags
    are not known: they count neither as green nor as not green. What one unit gives another goes past enterprises: it is not counted at all.
    """

    deals: int = 0
    amount: Decimal = NOTHING
    sme_deals: int = 0
    sme_amount: Decimal = NOTHING
    small_amount: Decimal = NOTHING  # of it to small and micro enterprises
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
    def small_share(self) -> Decimal | None:
        """Of what went to small and medium enterprises, what went to the small and the micro ones, in per cent with one place."""
        return share(self.small_amount, self.sme_amount)

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
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, [SHANGHAI.key, list(SME), list(SME), list(SMALL)])
        return [_Cell(month, path, PolicyFigures(*figures)) for month, path, *figures in cursor.fetchall()]
