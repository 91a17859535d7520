"""Plans of the region: what was filed, what waits for the approval of its method, and what the buyers reserve for small enterprises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.planning import queries, services, states
from sunlit.domain.planning.models import Plan
from sunlit.domain.planning.states import plans as life
from sunlit.domain.rulebook.rules.facts import METHODS
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.plans import plan_page
from sunlit.portals.ui.toasts import tell

DECISIONS: Final[dict[str, Callable[..., Plan]]] = {"approve": services.approve_plan, "refuse": services.refuse_plan}


@door(kind="regulator", methods=("GET",))
def plans(request: Request) -> HttpResponse:
    """The queue first: those that wait for a decision, then all that was filed."""
    actor, year = request.actor, local_day(request.now).year
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "region")}
    asked["state"] = request.GET.get("state", life.APPROVAL_ASKED).strip()[:20]
    found = accounts.region(asked["region"]) if asked["region"] else None
    path = found.path if found and regions.is_under(found.path, actor.region_path) else ""
    page = queries.plans_page(
        seen_by=actor,
        state="" if asked["state"] == "all" else asked["state"],
        q=asked["q"],
        region_path=path,
        after=row_id(request.GET.get("after", "")),
    )
    here = [region for region in accounts.regions() if regions.is_under(region.path, actor.region_path)]
    context = {
        "page": page,
        "asked": asked,
        "counts": queries.plan_counts(seen_by=actor),
        "states": [("all", _("All"))] + [(state, label) for state, label in states.plan.states.items() if state in life.TOLD],
        "places": [(region.code, lang(region)) for region in here],
        "methods": METHODS,
        "reserves": queries.reserves(region_path=path or actor.region_path, year=year, at=request.now),
        "year": year,
        "now": request.now,
    }
    return render(request, "regulator/plans.html", context)


@door(kind="regulator")
def plan(request: Request, number: str) -> HttpResponse:
    """One plan: approve its method, or refuse it with the reason."""
    it: Plan = found_or_404(queries.plan(number, seen_by=request.actor))

    def act() -> HttpResponse:
        verb = request.POST.get("verb", "")
        decide = found_or_404(DECISIONS.get(verb))
        reason = {"reason": request.POST.get("reason", "")} if verb == "refuse" else {}
        decide(it, **reason, by=request.actor, at=request.now, expected=expected(request))
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.plan.moves[verb].label, "number": number})
        return see_other("regulator:plan", number)

    context: dict[str, Any] = plan_page(request, it)
    context["waits_for_prefecture"] = it.state == life.APPROVAL_ASKED and "approve" not in context["moves"]
    return form_page(request, "regulator/plan.html", context, act)
