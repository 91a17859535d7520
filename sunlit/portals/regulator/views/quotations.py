"""Online quotations of the region: which run, how they stand, and the regulator's ways to step in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.market import queries, services, states
from sunlit.domain.market.models import Quotation
from sunlit.domain.planning import queries as planning
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.money import ZERO
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.quotations import quotation_page
from sunlit.portals.ui.verbs import carry_out

REASONED: Final[dict[str, Callable[..., Quotation]]] = {
    "suspend": services.suspend_quotation,
    "halt": services.suspend_quotation,
    "void": services.void_quotation,
}
PLAIN: Final[dict[str, Callable[..., Quotation]]] = {"resume": services.resume_quotation, "go_on": services.resume_quotation}


@door(kind="regulator", methods=("GET",))
def quotations(request: Request) -> HttpResponse:
    """What runs first, then all that was published in the region."""
    actor = request.actor
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "region")}
    asked["state"] = request.GET.get("state", "running").strip()[:20]
    found = accounts.region(asked["region"]) if asked["region"] else None
    path = found.path if found and regions.is_under(found.path, actor.region_path) else actor.region_path
    page = queries.quotations_page(
        seen_by=actor,
        state="" if asked["state"] == "all" else asked["state"],
        q=asked["q"],
        region_path=path,
        after=request.GET.get("after", ""),
    )
    here = [region for region in accounts.regions() if regions.is_under(region.path, actor.region_path)]
    told = [(state, label) for state, label in states.quotation.states.items() if state not in ("draft", "discarded")]
    context = {
        "page": page,
        "asked": asked,
        "states": [("running", _("Running")), ("all", _("All")), *told],
        "places": [(region.code, lang(region)) for region in here],
        "running": queries.running_count(region_path=actor.region_path),
        "now": request.now,
    }
    return render(request, "regulator/quotations.html", context)


@door(kind="regulator")
def quotation(request: Request, number: str) -> HttpResponse:
    """One quotation: suspend it, let it go on, or void it, each with its reason and its consequences."""
    it: Quotation = found_or_404(queries.quotation(number, seen_by=request.actor))
    found_or_404(regions.is_under(it.region_path, request.actor.region_path) or None)

    def act() -> HttpResponse:
        carry_out(request, it, states.quotation, plain=PLAIN, reasoned=REASONED)
        return see_other("regulator:quotation", number)

    reference = f"quotation/{it.number}"
    held = planning.held_under([reference]).get(reference, ZERO)
    return form_page(request, "regulator/quotation.html", quotation_page(request, it) | {"held": held}, act)
