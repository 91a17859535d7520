"""Batch purchases at the supplier's: what is pooled under the own agreements, the own bid, and the orders to take or to decline."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.market import states
from sunlit.domain.market.models import Batch, FrameworkEntry
from sunlit.domain.market.modes import batch as mode
from sunlit.domain.market.queries import batches as queries
from sunlit.domain.market.queries import parties
from sunlit.domain.market.services import batches as services
from sunlit.domain.market.states import batches as life
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.supplier.views import drafts
from sunlit.portals.ui.batches import UNTIL, batch_page
from sunlit.portals.ui.filters import area, lang
from sunlit.portals.ui.toasts import tell


@door(kind="supplier", methods=("GET",))
def batches(request: Request) -> HttpResponse:
    page = queries.batches_page(seen_by=request.actor, after=row_id(request.GET.get("after", "")))
    return render(request, "supplier/batches.html", {"page": page, "until": UNTIL, "now": request.now})


@door(kind="supplier")
def batch(request: Request, number: str) -> HttpResponse:
    """Bid for all of it while there is time; the winner takes the orders or says why not."""
    it: Batch = found_or_404(queries.batch(number, seen_by=request.actor))

    def act() -> HttpResponse:
        verb, post = request.POST.get("verb", ""), request.POST
        if verb == "draft":
            drafts.keep(request, "batch", number)
            return see_other("supplier:batch", number)
        if verb == "bid":
            services.bid_for_batch(it, price=post.get("price", ""), note=post.get("note", ""), by=request.actor, at=request.now)
        elif verb == "take":
            dealers = {name.removeprefix("dealer_"): str(number) for name, number in post.items() if name.startswith("dealer_")}
            mode.take_orders(it, dealers=dealers, by=request.actor, at=request.now)
        else:
            found_or_404(True if verb == "pass_on" else None)
            mode.decline_orders(it, reason=post.get("reason", ""), by=request.actor, at=request.now)
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.batch.moves[verb].label, "number": number})
        return see_other("supplier:batch", number)

    context = batch_page(request, it)
    entry = next((one for one in queries.parties(it) if one.supplier_id == request.actor.party), None)
    draft = drafts.draft_of(request, "batch", number)
    context |= {
        "draft": draft,
        "filled": drafts.filled(request, draft),
        "mine": next((one for one in context["bids"] if one.entry.supplier_id == request.actor.party), None),
        "most": min(entry.price, it.cap) if entry is not None and entry.price is not None else None,
        "turn": it.state == life.OFFERED and entry is not None and entry.pk == it.entry_id,
        "may_bid": "bid" in context["moves"] and entry is not None,
    }
    context["places"] = _places(it, entry) if entry is not None and context["turn"] else []
    context["names_dealers"] = any(one["dealers"] for one in context["places"])
    return form_page(request, "supplier/batch.html", context, act)


def _places(it: Batch, entry: FrameworkEntry) -> list[dict[str, Any]]:
    """Where the orders go, each with the dealers of the winner that deliver there."""
    names = {one.code: one for one in accounts.regions()}
    return [
        {
            "place": place,
            "region": names[place.code],
            "dealers": [
                (one.number, f"{lang(one.dealer)} · {area(one)}") for one in parties.who_delivers([entry], to=place.delivery["region_path"])
            ],
        }
        for place in queries.places_of(it)
    ]


@door(kind="supplier", methods=("GET",))
def batch_of(request: Request, number: str) -> HttpResponse:
    """From the demand that an order came of to its batch."""
    return see_other("supplier:batch", found_or_404(queries.batch_of_demand(number, seen_by=request.actor)))
