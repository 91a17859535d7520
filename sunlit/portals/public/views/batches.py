"""Batch purchases in public: what is pooled, for how many, who bid how much and who won."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.domain.market.models import Batch
from sunlit.domain.market.queries import batches as queries
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, found_or_404
from sunlit.portals.ui.batches import UNTIL, batch_page
from sunlit.portals.ui.filters import lang


@door(public=True, methods=("GET",))
def batches(request: Request) -> HttpResponse:
    """All batches, newest first, by word and region."""
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "region")}
    region = accounts.region(asked["region"]) if asked["region"] else None
    page = queries.public_batches(q=asked["q"], region_path=region.path if region else "", after=row_id(request.GET.get("after", "")))
    places = [(each.code, lang(each)) for each in accounts.regions()]
    context = {"page": page, "asked": asked, "places": places, "until": UNTIL, "now": request.now}
    return render(request, "public/batches.html", context)


@door(public=True, methods=("GET",))
def batch(request: Request, number: str) -> HttpResponse:
    """One of them: figures without the buyers' names until the orders are placed, which are published one by one."""
    it: Batch = found_or_404(queries.public_batch(number))
    return render(request, "public/batch.html", {**batch_page(request, it), "bids": queries.opened_bids(it)})
