"""Offers: what waits for a review, what is on sale, what lies above its reference price; listed, refused, frozen and released."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sunlit.domain.catalog import queries, services, states
from sunlit.domain.catalog.models import Offer
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook.rules import Ruling
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS_MOST
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import parameters
from sunlit.portals.ui.toasts import tell
from sunlit.portals.ui.verbs import carry_out

PLAIN: dict[str, Callable[..., Offer]] = {"approve": services.approve_offer}
REASONED: dict[str, Callable[..., Offer]] = {
    "refuse": services.refuse_offer,
    "freeze": services.freeze,
    "release": services.release,
    "keep_frozen": services.keep_frozen,
}


@door(kind="regulator", methods=("GET",))
def reviews(request: Request) -> HttpResponse:
    """What waits, the most urgent first; the clean ones can be listed together."""
    asked = {"state": request.GET.get("state", "").strip(), "warned": request.GET.get("warned", "")}
    after = request.GET.get("after", "")
    page = queries.offers_to_review(seen_by=request.actor, state=asked["state"], warned=asked["warned"] == "1", after=after)
    rows = [{"offer": offer, "clean": is_clean(offer), "told": _worst(offer)} for offer in page.offers]
    context = {
        "rows": rows,
        "after": page.after,
        "asked": asked,
        "clean": [offer.number for offer in page.offers if is_clean(offer)],
        "count": queries.to_review_count(seen_by=request.actor),
        "states": [(state, states.offer.states[state]) for state in (states.REVIEW, states.UNFREEZE_REVIEW)],
        "now": request.now,
    }
    return render(request, "regulator/reviews.html", context)


def is_clean(offer: Offer) -> bool:
    """Waits for its first listing, and no ruling has anything to remark."""
    return offer.state == states.REVIEW and all(told["verdict"] == "allowed" for told in offer.rulings)


def _worst(offer: Offer) -> Ruling | None:
    """The gravest remark on the offer, to be shown in its row."""
    told = [Ruling.from_json(each) for each in offer.rulings if each["verdict"] != "allowed"]
    return max(told, key=lambda ruling: ruling.verdict == "refused", default=None)


@door(kind="regulator", methods=("POST",))
def approve_many(request: Request) -> HttpResponse:
    """List the chosen offers, or all clean ones of the page."""
    field = "clean" if request.POST.get("which") == "clean" else "number"
    numbers = request.POST.getlist(field)[: PAGE_ROWS_MOST + 1]
    done = services.approve_offers(numbers, by=request.actor, at=request.now)
    count = len(done.listed)
    tell(request, ngettext("%(num)s offer was listed.", "%(num)s offers were listed.", count) % {"num": count})
    for offer, problems in done.held_back[:3]:
        tell(request, _("%(number)s was held back: %(why)s") % {"number": offer.number, "why": problems[0].message}, "bad")
    return see_other("regulator:reviews")


@door(kind="regulator", methods=("GET",))
def offers(request: Request) -> HttpResponse:
    """The offers of the region's suppliers in every state: for freezing, releasing and looking back."""
    asked: dict[str, Any] = {"state": request.GET.get("state", "").strip(), "q": request.GET.get("q", "").strip()[:100]}
    page = queries.offers_in_region(seen_by=request.actor, **asked, after=request.GET.get("after", ""))
    context = {"page": page, "asked": asked, "states": [pair for pair in states.offer.states.items() if pair[0] != states.DRAFT]}
    return render(request, "regulator/offers.html", context)


@door(kind="regulator", methods=("GET",))
def above(request: Request) -> HttpResponse:
    """What is on sale above its reference price and the tolerance of the rulebook."""
    page = queries.above_reference(seen_by=request.actor, at=request.now, after=request.GET.get("after", ""))
    return render(request, "regulator/above.html", {"page": page})


@door(kind="regulator")
def offer(request: Request, number: str) -> HttpResponse:
    """One offer with all that a decision needs."""
    it: Offer = found_or_404(_in_region(request, number))

    def act() -> HttpResponse:
        carry_out(request, it, states.offer, plain=PLAIN, reasoned=REASONED)
        return see_other("regulator:offer", number)

    return form_page(request, "regulator/offer.html", _page(request, it), act)


def _in_region(request: Request, number: str) -> Offer | None:
    """Everybody sees what is on sale; here only what this office supervises."""
    it = queries.offer(number, seen_by=request.actor)
    return it if it is not None and regions.is_under(it.region_path, request.actor.region_path) else None


def _page(request: Request, it: Offer) -> dict[str, Any]:
    references = queries.reference_prices([it.product_id], at=request.now).get(it.product_id, [])
    history = queries.prices_of(it)
    return {
        "it": it,
        "standing": registry.standing(it.supplier_id),
        "rulings": [Ruling.from_json(told) for told in it.rulings],
        "attributes": parameters({"category": {"code": it.product.category.code}, "attributes": it.product.attributes}),
        "references": references,
        "reference": queries.references([it.product_id], on=request.now, region_path=it.region_path).get(it.product_id)
        if references
        else None,
        "median": queries.medians([it.product_id]).get(it.product_id),
        "alike": queries.offers_alike(it, seen_by=request.actor),
        "prices": history,
        "moves": {move.verb: move for move in states.offer.open_to(it, request.actor)},
        "reasoned": [move for move in states.offer.open_to(it, request.actor) if move.verb in REASONED],
        "history": history_of(f"offer/{it.number}"),
        "chart": {
            "labels": [local_day(line.at).isoformat() for line in history],
            "series": [{"name": _("Price"), "values": [line.price for line in history]}],
            "unit": "¥",
        },
        "now": request.now,
    }
