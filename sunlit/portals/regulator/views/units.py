"""Purchases between units as their regulator sees them: offers of its units, which it can stop, and the requests of either side."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.market import queries as market
from sunlit.domain.market import states
from sunlit.domain.market.models import UnitOffer, UnitRequest
from sunlit.domain.market.queries import units as queries
from sunlit.domain.market.services import units as services
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell
from sunlit.portals.ui.units import offer_page, request_page, told


@door(kind="regulator", methods=("GET",))
def unit_offers(request: Request) -> HttpResponse:
    """The offers of the region's units, or the requests of either side."""
    after, which = row_id(request.GET.get("after", "")), "requests" if request.GET.get("list") == "requests" else "offers"
    state = request.GET.get("state", "").strip()[:40]
    context = {**told(request), "which": which, "state": state, "states": states.unit_offer.states.items()}
    if which == "offers":
        context["page"] = queries.offers_in_region(seen_by=request.actor, state=state, after=after)
    else:
        context["page"] = queries.requests_page(seen_by=request.actor, after=after)
    return render(request, "regulator/unit_offers.html", context)


@door(kind="regulator")
def unit_offer(request: Request, number: str) -> HttpResponse:
    """One offer with its requests; what must not be offered is stopped with the reason."""
    it: UnitOffer = found_or_404(queries.unit_offer(number))

    def act() -> HttpResponse:
        found_or_404(request.POST.get("verb") == "halt" or None)
        services.halt_offer(it, reason=request.POST.get("reason", ""), by=request.actor, at=request.now, expected=expected(request))
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.unit_offer.moves["halt"].label, "number": number})
        return see_other("regulator:unit_offer", number)

    context = {**offer_page(request, it), "requests": queries.requests_page(seen_by=request.actor, offer=it)}
    return form_page(request, "regulator/unit_offer.html", context, act)


@door(kind="regulator", methods=("GET",))
def unit_request(request: Request, number: str) -> HttpResponse:
    """One request between two units, with its rulings."""
    it: UnitRequest = found_or_404(queries.unit_request(number, seen_by=request.actor))
    sees = bool(it.order_number) and bool(market.numbers_seen([it.order_number], seen_by=request.actor))
    return render(request, "regulator/unit_request.html", {**request_page(request, it), "sees_order": sees})
