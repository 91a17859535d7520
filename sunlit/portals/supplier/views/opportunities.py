"""The workbench for every mode: what may be answered and why, what was handed in and what came of it, and what one wants to hear of."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.market.models import OpportunitySubscription
from sunlit.domain.market.queries import workbench
from sunlit.domain.market.queries.openings import Asked
from sunlit.domain.market.services import opportunities as services
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.supplier.views.drafts import SALES
from sunlit.portals.supplier.views.offers import branches
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.toasts import tell

LINKS: Final = {mode: f"supplier:{mode}" for mode in workbench.MODES}  # each page bears the name of its mode


@door(kind="supplier", methods=("GET",))
def open_now(request: Request) -> HttpResponse:
    """What runs in every mode, the nearest deadline first; what fits, unless all is asked for."""
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "mode", "region", "show")}
    region = accounts.region(asked["region"]) if asked["region"] else None
    narrowed = Asked(
        mode=asked["mode"] if asked["mode"] in workbench.MODES else "",
        q=asked["q"],
        region_path=region.path if region else "",
        fitting=asked["show"] != "all",
    )
    page = workbench.opportunities(narrowed, seen_by=request.actor, at=request.now, after=row_id(request.GET.get("after", "")) or 0)
    context = {
        "page": page,
        "asked": asked,
        "places": [(one.code, lang(one)) for one in accounts.regions()],
        "region_names": _region_names(),
    }
    return render(request, "supplier/opportunities.html", context | _shared(request))


@door(kind="supplier", methods=("GET",))
def mine(request: Request) -> HttpResponse:
    """What I handed in: still running, or over, with the reason."""
    mode = request.GET.get("mode", "").strip()[:20]
    mode = mode if mode in workbench.MODES else ""
    told: dict[str, Any] = {"seen_by": request.actor, "mode": mode}
    context = {
        "drafts": workbench.drafts(seen_by=request.actor, at=request.now) if request.actor.has(*SALES) else [],
        "running": workbench.entries(over=False, after=row_id(request.GET.get("running", "")) or 0, **told),
        "results": workbench.entries(over=True, after=row_id(request.GET.get("after", "")) or 0, **told),
        "asked": {"mode": mode},
    }
    return render(request, "supplier/entries.html", context | _shared(request))


@door(kind="supplier")
def subscriptions(request: Request) -> HttpResponse:
    """What I want to hear of, once, when it is published."""

    def act() -> HttpResponse:
        post, verb = request.POST, request.POST.get("verb", "")
        if verb == "stop":
            found_or_404(services.unsubscribe(row_id(post.get("subscription", "")) or 0, by=request.actor) or None)
            tell(request, _("Stopped. You hear of it no more."))
        else:
            found_or_404(verb == "subscribe" or None)
            services.subscribe(
                modes=post.getlist("modes"),
                categories=post.getlist("category_codes"),
                regions=post.getlist("regions"),
                words=post.get("words", ""),
                by=request.actor,
                at=request.now,
            )
            tell(request, _("Done. You are told once when something new fits."))
        return see_other("supplier:subscriptions")

    chosen = request.POST.getlist("category_codes")
    context = {
        "subscriptions": [(it, _conditions(it)) for it in workbench.subscriptions_of(request.actor)],
        "subscribed_modes": [(key, workbench.MODES[key]) for key in workbench.SUBSCRIBED],
        "places": [(one.code, lang(one)) for one in accounts.regions()],
        "branches": branches("", also=chosen),
        "chosen": chosen,
    }
    return form_page(request, "supplier/subscriptions.html", context | _shared(request), act)


def _conditions(it: OpportunitySubscription) -> list[tuple[str, str]]:
    """What a subscription asks for, in words."""
    categories, places = catalog.tree().by_code, {one.code: one for one in accounts.regions()}
    told = [
        (_("Kind"), [str(workbench.MODES[one]) for one in it.modes]),
        (_("Words"), it.words),
        (_("Categories"), [lang(categories[one]) if one in categories else one for one in it.categories]),
        (_("Regions"), [lang(places[one]) if one in places else one for one in it.regions]),
    ]
    return [(label, _(", ").join(values)) for label, values in told if values]


def _shared(request: Request) -> dict[str, Any]:
    return {"modes": workbench.MODES, "links": LINKS, "now": request.now}


def _region_names() -> dict[str, Any]:
    return {one.path: one for one in accounts.regions()}
