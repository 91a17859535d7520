"""The supplier in reverse auctions: find them, enter with a declaration, bid, set a floor, and answer when it has won."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sunlit.config import environment
from sunlit.domain.market import services
from sunlit.domain.market.queries import auctions as queries
from sunlit.domain.market.rules import auctions as rules
from sunlit.domain.market.states import auctions as states
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.kernel.refusals import Refused
from sunlit.portals.doors import Request, door, form_page, found_or_404
from sunlit.portals.supplier import bid_desk
from sunlit.portals.ui.auctions import PHASE_TONES, auction_page, bid_page_url, typed_price
from sunlit.portals.ui.filters import yuan
from sunlit.portals.ui.toasts import tell

SELLERS = ("sales", "admin")


@door(kind="supplier", methods=("GET",))
def auctions(request: Request) -> HttpResponse:
    """What can be entered or runs now, and what this supplier entered."""
    mine = queries.auctions_page(seen_by=request.actor, mine=True, after=row_id(request.GET.get("after", "")))
    entered = {it.pk for it in mine}
    context = {
        "open": queries.auction_rows((it for it in queries.open_auctions() if it.pk not in entered), request.now),
        "mine": queries.auction_rows(mine, request.now),
        "phases": queries.PHASES,
        "phase_tones": PHASE_TONES,
    }
    return render(request, "supplier/auctions.html", context)


@door(kind="supplier")
def auction(request: Request, number: str) -> HttpResponse:
    """The notice with the form of entry, the live room, or the result; a POST carries one of the verbs that are not bids."""
    page = _page(request, number)
    it = page["it"]

    def act() -> HttpResponse:
        told: dict[str, Any] = {"by": request.actor, "at": request.now}
        verb, reason = request.POST.get("verb", ""), request.POST.get("reason", "")
        if verb == "enter":
            products = {lot.position: _product(request, lot.position) for lot in page["lots"] if request.POST.get(f"lot_{lot.position}")}
            guarantee = request.POST.get("guarantee", "")
            services.enter_auction(it, points=request.POST.getlist("points"), products=products, guarantee=guarantee, **told)
            tell(request, _("You are admitted to auction %(number)s.") % {"number": number})
        elif verb == "leave":
            services.leave_auction(it, **told)
        elif verb == "explain":
            services.explain_price(it, page["lot"].position, reason=reason, **told)
        else:
            found_or_404(verb == "refuse" or None)
            services.refuse_award(it, page["lot"].position, reason=reason, **told)
        return HttpResponseRedirect(bid_page_url("supplier", number, page["lot"].position), status=303)

    return form_page(request, "supplier/auction.html", page, act)


def _page(request: Request, number: str) -> dict[str, Any]:
    page = auction_page(request, number)
    it, lot = page["it"], page["lot"]
    bidder = queries.bidder_of(it, request.actor.organisation_id)
    won = lot.winner is not None and lot.order_id is None and lot.winner.bidder.supplier_id == request.actor.organisation_id
    sells = request.actor.has(*SELLERS)
    may_bid = sells and page["mine"] is not None and it.state in (states.OPEN, states.PAUSED) and page["phase"] != "settling"
    if may_bid:
        page["live_room"] |= {
            "bid_url": f"{environment.live_url(request.get_host()).rstrip('/')}/bid/",
            "bid_pass": bid_desk.bid_pass(request.actor, it.number, lot.position, get_language() or ""),
        }
    return page | {
        "entered": bidder,
        "points": rules.POINTS,
        "guarantee_needed": queries.limits(it.region_path, request.now).guarantee.value.get("choice") == "needed",
        "may_enter": sells and bidder is None and it.state == states.OPEN and page["phase"] == "notice",
        "may_leave": sells and bidder is not None and bidder.admitted and page["phase"] in ("notice", "countdown"),
        "may_bid": may_bid,
        "may_answer": sells and won and it.state == states.ENDED,
        "low_line": next((told for told in queries.low_prices(it, page["lots"], request.now) if told["lot"] == lot.position), None)
        if won
        else None,
    }


def _product(request: Request, position: int) -> tuple[str, str]:
    return request.POST.get(f"brand_{position}", ""), request.POST.get(f"model_{position}", "")


@door(kind="supplier", roles=SELLERS, methods=("POST",), once=False)
def bid(request: Request, number: str, lot: int) -> HttpResponse:
    """One bid. The key of the message makes it one bid however often it comes; the answer is JSON for the page's script, else the page."""
    price, key = typed_price(request.POST.get("price", "")), request.POST.get("key", "")
    try:
        answer = services.bid(number, lot, price=price, key=key, by=request.actor, at=request.now)
    except Refused as refused:
        return _refused(request, number, refused)
    if _wants_json(request):
        return JsonResponse(bid_desk.told(answer))
    tell(request, _("Accepted as bid no. %(place)s: %(price)s") % {"place": answer.place, "price": yuan(answer.price)})
    return HttpResponseRedirect(bid_page_url("supplier", number, lot), status=303)


@door(kind="supplier", roles=SELLERS, methods=("POST",))
def floor(request: Request, number: str, lot: int) -> HttpResponse:
    """Seal a floor, or take it away."""
    told: dict[str, Any] = {"by": request.actor, "at": request.now}
    try:
        if request.POST.get("verb") == "lift":
            services.lift_floor(number, lot, **told)
        else:
            services.set_floor(number, lot, floor=typed_price(request.POST.get("floor", "")), **told)
    except Refused as refused:
        return _refused(request, number, refused)
    return HttpResponseRedirect(bid_page_url("supplier", number, lot), status=303)


def _refused(request: Request, number: str, refused: Refused) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse(bid_desk.problems(refused), status=refused.status)
    page = _page(request, number) | {"problems": refused.problems, "given": request.POST}
    return render(request, "supplier/auction.html", page, status=refused.status)


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("Accept", "")
