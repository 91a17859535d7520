"""Online quotations as everybody sees them: what is asked, questions and answers, and what came of it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.domain.disclosure import queries as notices
from sunlit.domain.market import queries, states
from sunlit.domain.market.models import Quotation
from sunlit.foundation.accounts import queries as accounts
from sunlit.portals.doors import Request, door, found_or_404
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.quotations import quotation_page


@door(public=True, methods=("GET",))
def quotations(request: Request) -> HttpResponse:
    """All that were published, newest first, by word, region and state."""
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "region", "state")}
    region = accounts.region(asked["region"]) if asked["region"] else None
    page = queries.quotations_page(
        seen_by=request.actor,
        published=True,
        state=asked["state"],
        q=asked["q"],
        region_path=region.path if region else "",
        after=request.GET.get("after", ""),
    )
    told = [(state, label) for state, label in states.quotation.states.items() if state not in ("draft", "discarded")]
    places = [(each.code, lang(each)) for each in accounts.regions()]
    context = {"page": page, "asked": asked, "states": told, "places": places, "now": request.now}
    return render(request, "public/quotations.html", context)


@door(public=True, methods=("GET",))
def quotation(request: Request, number: str) -> HttpResponse:
    """One of them, with its notices."""
    it: Quotation = found_or_404(queries.quotation(number, seen_by=request.actor))
    found_or_404(it.published_at)
    told = {"notice": notices.notice(it.number), "result": notices.notice(f"{it.number}/result")}
    return render(request, "public/quotation.html", {**quotation_page(request, it), **told})
