"""The live board of a region: what runs, what is late, what was warned of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, F, Q, Sum
from django.db.models.functions import TruncDate

from sunlit.domain.market import states
from sunlit.domain.market.models import Order
from sunlit.domain.market.policies import visible_to
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import SHANGHAI

LATEST_ROWS = 15
DAYS = 30


@dataclass(frozen=True)
class Board:
    """Figures of one region and the regions below it."""

    by_state: dict[str, int]
    running: int
    running_amount: Decimal
    today: int
    today_amount: Decimal
    late: int
    warned: int
    average_days: float | None
    daily: list[tuple[str, int, Decimal]]
    latest: list[Order]


@dataclass(frozen=True)
class RegionFigures:
    """The orders of one region alone; `amount` without those that ended without a deal."""

    region_path: str
    count: int
    amount: Decimal
    running: int
    late: int
    warned: int


def late_at(at: datetime) -> Q:
    """Orders that somebody is late with."""
    return (
        Q(state=states.PLACED, confirm_until__lte=at)
        | Q(state__in=[states.CONFIRMED, states.PARTLY_DISPATCHED], deliver_until__lte=at)
        | Q(state=states.DISPATCHED, receive_until__lte=at)
        | Q(state=states.RECEIVED, accept_until__lte=at)
        | Q(state__in=[states.ACCEPTED, states.INVOICED], pay_until__lte=at)
    )


def board(*, seen_by: Actor, at: datetime) -> Board:
    """The figures of the actor's region. Five queries."""
    seen = visible_to(seen_by).order_by()
    by_state = dict(seen.values_list("state").annotate(n=Count("id")))
    over = (*states.ENDED_WITHOUT_DEAL, *states.DEALS)
    midnight = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    figures: dict[str, Any] = seen.aggregate(
        running=Count("id", filter=~Q(state__in=over)),
        running_amount=Sum("total", filter=~Q(state__in=over)),
        today=Count("id", filter=Q(placed_at__gte=midnight)),
        today_amount=Sum("total", filter=Q(placed_at__gte=midnight)),
        late=Count("id", filter=late_at(at)),
        warned=Count("id", filter=Q(rulings__contains=[{"verdict": "warned"}])),
        took=Avg(F("accepted_at") - F("placed_at"), filter=Q(accepted_at__isnull=False)),
    )
    took: timedelta | None = figures.pop("took")
    money: dict[str, Any] = {name: figures.pop(name) or Decimal("0.00") for name in ("running_amount", "today_amount")}
    return Board(
        by_state=by_state,
        average_days=took.total_seconds() / 86_400 if took else None,
        daily=_daily(seen_by, at),
        latest=list(seen.select_related("buyer", "supplier").order_by("-pk")[:LATEST_ROWS]),
        **figures,
        **money,
    )


def _daily(seen_by: Actor, at: datetime) -> list[tuple[str, int, Decimal]]:
    since = at - timedelta(days=DAYS)
    days = visible_to(seen_by).filter(placed_at__gte=since).order_by()
    rows = (
        days.annotate(day=TruncDate("placed_at", tzinfo=SHANGHAI))
        .values_list("day")
        .annotate(n=Count("id"), amount=Sum("total"))
        .order_by("day")
    )
    return [(day.isoformat(), n, amount) for day, n, amount in rows]


def regions(*, seen_by: Actor, at: datetime) -> list[RegionFigures]:
    """The orders of the actor's region and of each below it, by region code. One query."""
    over = (*states.ENDED_WITHOUT_DEAL, *states.DEALS)
    rows = (
        visible_to(seen_by)
        .order_by()
        .values_list("region_path")
        .annotate(
            count=Count("id"),
            amount=Sum("total", filter=~Q(state__in=states.ENDED_WITHOUT_DEAL), default=Decimal("0.00")),
            running=Count("id", filter=~Q(state__in=over)),
            late=Count("id", filter=late_at(at)),
            warned=Count("id", filter=Q(rulings__contains=[{"verdict": "warned"}])),
        )
        .order_by("region_path")
    )
    return [RegionFigures(*row) for row in rows]


def late_orders(*, seen_by: Actor, at: datetime, after: int | None = None, rows: int = 40) -> list[Order]:
    """Orders that somebody is late with, newest first."""
    found = visible_to(seen_by).filter(late_at(at)).select_related("buyer", "supplier")
    return list((found.filter(pk__lt=after) if after else found).order_by("-pk")[:rows])
