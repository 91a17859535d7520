"""The supplier's desk: what waits, how the shop stands; and the way out of the marketplace."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.contracts import queries as contracts
from sunlit.domain.market import queries as market
from sunlit.domain.market.queries import Task
from sunlit.domain.market.states import orders as states
from sunlit.domain.registry import queries as registry
from sunlit.domain.registry import services as standing
from sunlit.foundation.kernel.refusals import Problem, Reason, Refused
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.toasts import tell

LATEST_ROWS = 6
RATING_ROWS = 3


@door(kind="supplier", methods=("GET",))
def desk(request: Request) -> HttpResponse:
    """What waits for me, by its deadline; the shelves; what buyers said."""
    own = request.actor.party
    context = {
        "supplier": registry.supplier(own),
        "offers": catalog.counts_of(own),
        "imports": catalog.imports_under_way(seen_by=request.actor),
        "rating": contracts.rating_of(own),
        "ratings": contracts.ratings_of(own, rows=RATING_ROWS),
    }
    return render(request, "supplier/desk.html", context | _orders_now(request))


@door(kind="supplier", methods=("GET",))
def now(request: Request) -> HttpResponse:
    """The part of the desk that changes by itself; orders that came since the page was made are also told as short messages."""
    context = _orders_now(request)
    return render(request, "supplier/desk_now.html", context | {"came": _came(context["tasks"], request.GET.get("since", ""))})


def _orders_now(request: Request) -> dict[str, Any]:
    return {
        "tasks": market.desk_of(request.actor),
        "counts": market.counts(seen_by=request.actor),
        "latest": market.orders(seen_by=request.actor, rows=LATEST_ROWS).orders,
        "now": request.now,
    }


def _came(tasks: list[Task], since: str) -> list[Task]:
    """The orders that reached the supplier after the time `since`."""
    try:
        last = datetime.fromisoformat(since)
    except ValueError:
        return []
    if last.tzinfo is None:
        return []
    return [task for task in tasks if task.order.state == states.PLACED and (task.order.approved_at or task.order.placed_at) > last]


NOT_SURE = Reason("SUP-001", gettext_lazy("Tick the box: leaving cannot be undone."))


@door(kind="supplier", roles=("admin",))
def leave(request: Request) -> HttpResponse:
    """Leave the marketplace: told what happens, asked once more, done."""
    own = request.actor.party
    supplier = found_or_404(registry.supplier(own))

    def act() -> HttpResponse:
        if "sure" not in request.POST:
            raise Refused(Problem(NOT_SURE, on="sure"))
        standing.leave(supplier, open_orders=market.open_orders_of_supplier(own), by=request.actor, at=request.now)
        tell(request, _("Your organisation has left the marketplace."))
        return see_other("supplier:desk")

    counts = catalog.counts_of(own)
    context = {"supplier": supplier, "open_orders": market.open_orders_of_supplier(own), "listed": counts.get("listed", 0)}
    return form_page(request, "supplier/leave.html", context, act)
