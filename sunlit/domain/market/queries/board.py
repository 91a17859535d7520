"""The live board of a region: what runs, what is late, what was warned of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncDate

from sunlit.domain.market.models import Order
from sunlit.domain.market.policies import visible_to
from sunlit.domain.market.states import orders as states
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import SHANGHAI

LATEST_ROWS = 15
DAYS = 30
_OVER = frozenset((*states.ENDED_WITHOUT_DEAL, *states.DEALS))


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
    regions: list[RegionFigures]


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
        | Q(state=states.ACCEPTED, invoice_until__lte=at)
        | Q(state__in=[states.ACCEPTED, states.INVOICED], pay_until__lte=at)
    )


def board(*, seen_by: Actor, at: datetime) -> Board:
    """The figures of the actor's region and of each below it. Three queries, one of which goes through all orders."""
    counted = _counted(seen_by, at)
    by_state: dict[str, int] = {}
    for each in counted:
        by_state[each.state] = by_state.get(each.state, 0) + each.orders
    running = [each for each in counted if each.state not in _OVER]
    took = sum((each.took for each in counted if each.took), timedelta())
    accepted = sum(each.accepted for each in counted)
    return Board(
        by_state=by_state,
        running=sum(each.orders for each in running),
        running_amount=_sum(each.amount for each in running),
        today=sum(each.today for each in counted),
        today_amount=_sum(each.today_amount for each in counted),
        late=sum(each.late for each in counted),
        warned=sum(each.warned for each in counted),
        average_days=took.total_seconds() / accepted / 86_400 if accepted else None,
        daily=_daily(seen_by, at),
        latest=list(visible_to(seen_by).select_related("buyer", "supplier").order_by("-pk")[:LATEST_ROWS]),
        regions=_by_region(counted),
    )


class _Counted(NamedTuple):
    """The orders of one region in one state."""

    region_path: str
    state: str
    orders: int
    amount: Decimal
    today: int
    today_amount: Decimal
    late: int
    warned: int
    took: timedelta | None
    accepted: int


def _counted(seen_by: Actor, at: datetime) -> list[_Counted]:
    nothing = Decimal("0.00")
    today = Q(placed_at__gte=at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0))
    figures = {
        "orders": Count("id"),
        "amount": Sum("total", default=nothing),
        "today": Count("id", filter=today),
        "today_amount": Sum("total", filter=today, default=nothing),
        "late": Count("id", filter=late_at(at)),
        "warned": Count("id", filter=Q(rulings__contains=[{"verdict": "warned"}])),
        "took": Sum(F("accepted_at") - F("placed_at")),
        "accepted": Count("accepted_at"),
    }
    rows = visible_to(seen_by).order_by().values_list("region_path", "state").annotate(**figures).order_by("region_path", "state")
    return [_Counted(*row) for row in rows]


def _by_region(counted: Sequence[_Counted]) -> list[RegionFigures]:
    found: dict[str, list[_Counted]] = {}
    for each in counted:
        found.setdefault(each.region_path, []).append(each)
    return [
        RegionFigures(
            path,
            count=sum(each.orders for each in those),
            amount=_sum(each.amount for each in those if each.state not in states.ENDED_WITHOUT_DEAL),
            running=sum(each.orders for each in those if each.state not in _OVER),
            late=sum(each.late for each in those),
            warned=sum(each.warned for each in those),
        )
        for path, those in found.items()
    ]


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal("0.00"))


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


def late_orders(*, seen_by: Actor, at: datetime, after: int | None = None, rows: int = 40) -> list[Order]:
    """Orders that somebody is late with, newest first."""
    found = visible_to(seen_by).filter(late_at(at)).select_related("buyer", "supplier")
    return list((found.filter(pk__lt=after) if after else found).order_by("-pk")[:rows])
