"""The regulator's board of running auctions: watch them, stop the clock, let it go on, void."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.market import services
from sunlit.domain.market.models import Auction
from sunlit.domain.market.queries import auctions as queries
from sunlit.domain.market.states import auctions as states
from sunlit.domain.planning import queries as planning
from sunlit.foundation.kernel.money import ZERO
from sunlit.portals.doors import Request, door, form_page, found_or_404
from sunlit.portals.ui.auctions import BIDS, PHASE_TONES, auction_page, bid_page_url
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell


@door(kind="regulator", methods=("GET",))
def auctions(request: Request) -> HttpResponse:
    """What is announced or runs in the region, and what ended lately."""
    live = queries.live_auctions(request.actor.region_path)
    under = [it for it in queries.auctions_page(seen_by=request.actor) if it.region_path.startswith(request.actor.region_path)]
    context = {
        "rows": queries.auction_rows(live, request.now),
        "ended": queries.auction_rows((it for it in under if it.state not in (states.OPEN, states.PAUSED)), request.now),
        "phases": queries.PHASES,
        "phase_tones": PHASE_TONES,
        "now": request.now,
    }
    return render(request, "regulator/auctions.html", context)


@door(kind="regulator")
def auction(request: Request, number: str) -> HttpResponse:
    """One auction, live, with the verbs of intervention."""
    page = auction_page(request, number)
    it: Auction = page["it"]
    found_or_404(it.state not in (states.DRAFT, states.DISCARDED) or None)

    def act() -> HttpResponse:
        told: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}
        verb, reason = request.POST.get("verb", ""), request.POST.get("reason", "")
        if verb == "pause":
            services.pause_auction(it, reason=reason, **told)
        elif verb == "resume":
            services.resume_auction(it, **told)
        else:
            found_or_404(verb == "void" or None)
            services.void_auction(it, reason=reason, **told)
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.auction.moves[verb].label, "number": number})
        return HttpResponseRedirect(bid_page_url("regulator", number, page["lot"].position), status=303)

    moves = {move.verb: move for move in states.auction.open_to(it, request.actor)}
    context = {
        "moves": moves,
        "history": history_of(f"auction/{it.number}", but=BIDS),
        "held": planning.held_under([it.reference]).get(it.reference, ZERO),
    }
    return form_page(request, "regulator/auction.html", page | context, act)
