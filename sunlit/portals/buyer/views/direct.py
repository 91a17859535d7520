"""Direct purchase: what manufacturers sell themselves, with their proofs and what others ask for the same."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.market import queries
from sunlit.foundation.kernel.clock import local_day
from sunlit.portals.buyer.reading import ORDERERS
from sunlit.portals.doors import Request, door
from sunlit.portals.ui.filters import lang


@door(kind="buyer", methods=("GET",))
def direct(request: Request) -> HttpResponse:
    """The offers of manufacturers that are delivered to the unit, with proof in date."""
    actor, today = request.actor, local_day(request.now)
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "category")}
    page = catalog.direct_offers(
        region_path=actor.region_path, on=today, q=asked["q"], category=asked["category"], after=request.GET.get("after", "")
    )
    categories = catalog.direct_categories(region_path=actor.region_path, on=today)
    context = {
        "page": page,
        "asked": asked,
        "categories": [(each.code, lang(each)) for each in categories],
        "may_order": actor.has(*ORDERERS),
        "plan": queries.cart_plan(actor) if actor.has(*ORDERERS) else None,
    }
    return render(request, "buyer/direct.html", context)
