"""The live board: what runs in the region now, what is late, what was warned of, what waits for this office."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.insight import queries as insight
from sunlit.domain.market import queries as market
from sunlit.domain.market.states import orders as states
from sunlit.domain.registry import queries as registry
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.models import Region
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.clock import local_day
from sunlit.portals.doors import Request, door

DAYS: Final = 30


@dataclass(frozen=True)
class Row:
    """One region of the breakdown."""

    region: Region | None
    figures: market.RegionFigures


@door(kind="regulator", methods=("GET",))
def board(request: Request) -> HttpResponse:
    context = _now(request)
    daily = _daily(context["board"].daily, request.now)
    context |= {
        "headline": insight.headline(region_path=request.actor.region_path),
        "policy": insight.policy_years(region_path=request.actor.region_path).get(
            str(local_day(request.now).year), insight.PolicyFigures()
        ),
        "region": regions.code_of(request.actor.region_path),
        "daily": daily,
        "daily_chart": {
            "labels": [day.strftime("%m-%d") for day, _count, _amount in daily],
            "series": [{"name": _("Orders"), "values": [count for _day, count, _amount in daily]}],
        },
    }
    return render(request, "regulator/board.html", context)


@door(kind="regulator", methods=("GET",))
def now(request: Request) -> HttpResponse:
    """The part of the board that renews itself whenever something happens in the region."""
    return render(request, "regulator/board_now.html", _now(request))


def _now(request: Request) -> dict[str, Any]:
    actor = request.actor
    found = market.board(seen_by=actor, at=request.now)
    order = list(states.order.states)
    by_state = sorted(found.by_state.items(), key=lambda pair: order.index(pair[0]))
    return {
        "board": found,
        "by_state": [{"state": state, "label": states.order.states[state], "count": count} for state, count in by_state],
        "to_review": catalog.to_review_count(seen_by=actor),
        "applications": registry.to_review_count(seen_by=actor),
        "regions": _regions(request, found.regions),
        "now": request.now,
    }


def _regions(request: Request, figures: Sequence[market.RegionFigures]) -> list[Row]:
    """The breakdown, for those who have regions below their own."""
    own = request.actor.region_path
    known = {region.path: region for region in accounts.regions() if regions.is_under(region.path, own)}
    if len(known) < 2:
        return []
    found = {each.region_path: each for each in figures}
    nothing = (0, Decimal("0.00"), 0, 0, 0)
    return [Row(region, found.get(path) or market.RegionFigures(path, *nothing)) for path, region in known.items()]


def _daily(told: list[tuple[str, int, Decimal]], at: datetime) -> list[tuple[date, int, Decimal]]:
    """Every day of the last month, those without an order too."""
    known = {day: (count, amount) for day, count, amount in told}
    today = local_day(at)
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return [(day, *known.get(day.isoformat(), (0, Decimal("0.00")))) for day in days]
