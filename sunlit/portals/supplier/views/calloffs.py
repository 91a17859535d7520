"""What buyers buy under agreements, at the supplier's: bids that are asked for, turns to take, and what came of them."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.market import states
from sunlit.domain.market.models import CallOff
from sunlit.domain.market.queries import calloffs as queries
from sunlit.domain.market.queries import parties as party_queries
from sunlit.domain.market.rules import calloffs as rules
from sunlit.domain.market.services import calloffs as services
from sunlit.domain.market.states.calloffs import BIDDING
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.supplier.views import drafts
from sunlit.portals.ui.filters import area, lang
from sunlit.portals.ui.frameworks import calloff_page
from sunlit.portals.ui.toasts import tell


@door(kind="supplier", methods=("GET",))
def calloffs(request: Request) -> HttpResponse:
    page = queries.calloffs_page(seen_by=request.actor, after=row_id(request.GET.get("after", "")))
    return render(request, "supplier/calloffs.html", {"page": page, "modes": rules.MODES, "now": request.now})


@door(kind="supplier")
def calloff(request: Request, number: str) -> HttpResponse:
    """Bid, or take or refuse the turn, while there is time."""
    it: CallOff = found_or_404(queries.calloff(number, seen_by=request.actor))

    def act() -> HttpResponse:
        verb, post = request.POST.get("verb", ""), request.POST
        if verb == "draft":
            drafts.keep(request, "calloff", number)
            return see_other("supplier:calloff", number)
        if verb == "bid":
            services.bid(it, price=post.get("price", ""), dealer=post.get("dealer", ""), by=request.actor, at=request.now)
        elif verb == "award":
            services.accept_turn(it, dealer=post.get("dealer", ""), by=request.actor, at=request.now)
        else:
            found_or_404(True if verb == "pass_on" else None)
            services.refuse_turn(it, ground=post.get("ground", ""), note=post.get("note", ""), by=request.actor, at=request.now)
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.calloff.moves[verb].label, "number": number})
        return see_other("supplier:calloff" if verb == "bid" else "supplier:calloffs", *([number] if verb == "bid" else []))

    context = calloff_page(request, it)
    context["mine"] = next((one for one in context["bids"] if one.entry.supplier_id == request.actor.party), None)
    here = party_queries.who_delivers(queries.parties_of(it.package), to=it.terms["delivery"]["region_path"])
    own = [one for one in here if one.entry.supplier_id == request.actor.party]
    context["dealers"] = [(one.number, f"{lang(one.dealer)} · {area(one)}") for one in own]
    context["over"] = it.answer_until is None or request.now >= it.answer_until or it.suspended_at is not None
    context["turn"] = it.state == "offered" and it.entry is not None and it.entry.supplier_id == request.actor.party
    context["draft"] = drafts.draft_of(request, "calloff", number) if it.state == BIDDING else None
    context["filled"] = drafts.filled(request, context["draft"])
    return form_page(request, "supplier/calloff.html", context, act)
