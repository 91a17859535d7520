"""Reverse auctions for everybody: what is announced, what runs now with its bidders masked, and the published results."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from sunlit.domain.market.queries import auctions as queries
from sunlit.domain.market.states import auctions as states
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, found_or_404
from sunlit.portals.ui.auctions import PHASE_TONES, auction_page


@door(public=True, methods=("GET",))
def auctions(request: Request) -> HttpResponse:
    """Those that are open, the next first; then what has ended."""
    after = row_id(request.GET.get("after", ""))
    ended = [it for it in queries.auctions_page(seen_by=request.actor, after=after) if it.state not in OPEN_OR_HIDDEN]
    context: dict[str, Any] = {
        "open": queries.auction_rows(queries.open_auctions(), request.now),
        "ended": queries.auction_rows(ended, request.now),
        "phases": queries.PHASES,
        "phase_tones": PHASE_TONES,
    }
    return render(request, "public/auctions.html", context)


OPEN_OR_HIDDEN = (states.DRAFT, states.DISCARDED, states.OPEN, states.PAUSED)


@door(public=True, methods=("GET",))
def auction(request: Request, number: str) -> HttpResponse:
    """One auction, live; its bidders are masked until the end."""
    page = auction_page(request, number)
    if page["it"].state in (states.DRAFT, states.DISCARDED):
        raise Http404
    return render(request, "public/auction.html", page)


@door(public=True, methods=("GET",))
def result(request: Request, number: str) -> HttpResponse:
    """The result as it was published: what `sunlit replay auction` works out anew from the ledger."""
    it = found_or_404(queries.auction(number, seen_by=request.actor))
    found_or_404(it.result or None)
    headers = {"Content-Disposition": f'inline; filename="{it.number}.json"'}
    return HttpResponse(it.result, content_type="application/json; charset=utf-8", headers=headers)
