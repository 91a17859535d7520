"""Cases of offers: of a supplier or a region, what is open by class, and the last sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Q, QuerySet

from sunlit.domain.supervision.models import Sweep, WatchCase
from sunlit.domain.supervision.policies import visible_to
from sunlit.domain.supervision.rules.classes import NAMES, SEVERITIES, Kind, Watch, is_in_force, sentence, term_of, watch_of
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.paging import row_id

__all__ = [
    "NAMES",
    "SEVERITIES",
    "CasePage",
    "Dots",
    "Kind",
    "Watch",
    "awaiting_decision",
    "case",
    "cases_page",
    "dots",
    "is_in_force",
    "last_sweep",
    "open_by_class",
    "open_counts",
    "sentence",
    "settings_of",
    "term_of",
    "to_decide_count",
    "watch_of",
]

OPEN: Final = ("found", "notified", "overdue", "explained", "frozen", "appealed")
TO_DECIDE: Final = ("explained", "overdue", "appealed")  # what waits for the regulator
TO_ANSWER: Final = ("notified", "overdue", "frozen")  # what waits for the supplier
GROUPS: Final[Mapping[str, Sequence[str]]] = {"open": OPEN, "decide": TO_DECIDE, "answer": TO_ANSWER}
BINS: Final = 36
RELATED: Final = ("offer", "product__category", "supplier__supplier")


@dataclass(frozen=True)
class CasePage:
    """A page of cases, newest first; `after` is the key to ask the next page with, or ""."""

    cases: list[WatchCase]
    after: str


@dataclass(frozen=True)
class Dots:
    """The prices of a comparison as points: [price, how many lie below it in its place]."""

    others: list[list[Decimal | int]]
    own: list[Decimal | int]
    median: Decimal


def case(number: str, *, seen_by: Actor) -> WatchCase | None:
    """One case with offer, product and supplier; None when the actor may not see it. One query."""
    return visible_to(seen_by).select_related(*RELATED).filter(number=number).first()


def cases_page(
    *,
    seen_by: Actor,
    at: datetime,
    state: str = "open",
    kind: str = "",
    severity: str = "",
    region_path: str = "",
    days: int = 0,
    q: str = "",
    after: str = "",
    rows: int = PAGE_ROWS,
) -> CasePage:
    """The cases that the actor sees. `state` is a state, "open", "decide", "answer" or "" for all; `days`: at least so old. One query."""
    found = visible_to(seen_by).select_related(*RELATED)
    if state:
        found = found.filter(state__in=GROUPS.get(state, (state,)))
    if kind:
        found = found.filter(kind=kind)
    if severity:
        found = found.filter(severity=severity)
    if region_path:
        found = found.filter(Q(region_path=region_path) | Q(region_path__startswith=region_path + "/"))
    if days:
        found = found.filter(found_at__lte=at - timedelta(days=days))
    if words := q.strip():
        found = found.filter(
            Q(number=words.upper()) | Q(offer__number=words.upper()) | Q(supplier_id__in=accounts.ids_named(words, "supplier"))
        )
    if (key := row_id(after)) is not None:
        found = found.filter(pk__lt=key)
    page = list(found.order_by("-pk")[: rows + 1])
    return CasePage(page[:rows], str(page[rows - 1].pk) if len(page) > rows else "")


def open_by_class(*, seen_by: Actor) -> dict[str, int]:
    """How many cases are open in each class. One query."""
    return dict(visible_to(seen_by).filter(ended_at=None).order_by().values_list("kind").annotate(count=Count("pk")))


def open_counts(*, seen_by: Actor) -> dict[str, int]:
    """How many cases are in each open state. One query."""
    return dict(visible_to(seen_by).filter(ended_at=None).order_by().values_list("state").annotate(count=Count("pk")))


def awaiting_decision(*, seen_by: Actor) -> QuerySet[WatchCase]:
    """The cases that wait for this office: to be counted."""
    return visible_to(seen_by).filter(state__in=TO_DECIDE)


def to_decide_count(*, seen_by: Actor) -> int:
    """How many cases wait for this office."""
    return awaiting_decision(seen_by=seen_by).count()


def last_sweep() -> Sweep | None:
    """The last look at everything that came to its end."""
    return Sweep.objects.exclude(ended_at=None).order_by("-pk").first()


def dots(it: WatchCase) -> Dots | None:
    """What the chart of a case shows; None where the case rests on no comparison of prices."""
    rows = it.figures.get("rows")
    if not rows or "median" not in it.figures:
        return None
    prices = sorted(Decimal(line[0]) for line in rows)
    low, high = min(prices[0], it.price), max(prices[-1], it.price)
    width = (high - low) / BINS or Decimal(1)
    taken: dict[int, int] = {}
    points: list[list[Decimal | int]] = []
    for price in prices:
        place = int((price - low) / width)
        taken[place] = taken.get(place, 0) + 1
        points.append([price, taken[place]])
    return Dots(points, [it.price, taken.get(int((it.price - low) / width), 0) + 1], Decimal(it.figures["median"]))


def settings_of(region_path: str, at: datetime) -> dict[str, Any]:
    """Every class with its switch, severity and term in a region, for the page that explains them."""
    day = local_day(at)
    if not is_in_force(region_path, day):
        return {}
    watch = watch_of(region_path, day)
    return {
        kind: {"on": kind in watch.on, "severity": watch.severity[kind], "term": term_of(kind, region_path, day).shown} for kind in Kind
    }
