"""What units offer to units, in public: at which price, on what it rests, and how much is left. Who asked for it stands in the published deals."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.domain.market.models import UnitOffer
from sunlit.domain.market.queries import units as queries
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, found_or_404
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.units import offer_page, told


@door(public=True, methods=("GET",))
def unit_offers(request: Request) -> HttpResponse:
    """What can be asked for now, by word and by the region of who may ask."""
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "region")}
    region = accounts.region(asked["region"]) if asked["region"] else None
    page = queries.offers_page(
        at=request.now, q=asked["q"], region_path=region.path if region else "", after=row_id(request.GET.get("after", ""))
    )
    places = [(each.code, lang(each)) for each in accounts.regions()]
    return render(request, "public/unit_offers.html", {**told(request), "page": page, "asked": asked, "places": places})


@door(public=True, methods=("GET",))
def unit_offer(request: Request, number: str) -> HttpResponse:
    """One of them, whatever became of it."""
    it: UnitOffer = found_or_404(queries.unit_offer(number))
    return render(request, "public/unit_offer.html", offer_page(request, it))
