"""The desk of splitting (化整为零): leads of the region, each with the purchases it counts and the version of the threshold; decided here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.domain.supervision import services, states
from sunlit.domain.supervision.models import SplittingCase
from sunlit.domain.supervision.queries import SEVERITIES, splitting
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel import regions
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.splitting import case_of, groups
from sunlit.portals.ui.verbs import carry_out

PLAIN: Final[dict[str, Callable[..., SplittingCase]]] = {"clear": services.clear_splitting}
REASONED: Final[dict[str, Callable[..., SplittingCase]]] = {
    "dismiss": services.dismiss_splitting,
    "uphold": services.uphold_splitting,
}


@door(kind="regulator", methods=("GET",))
def cases(request: Request) -> HttpResponse:
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("kind", "region", "q")}
    asked["state"] = request.GET.get("state", "open").strip()[:20]
    found = accounts.region(asked["region"]) if asked["region"] else None
    path = found.path if found and regions.is_under(found.path, request.actor.region_path) else ""
    page = splitting.page(
        seen_by=request.actor,
        state="" if asked["state"] == "all" else asked["state"],
        kind=asked["kind"],
        region_path=path,
        q=asked["q"],
        after=request.GET.get("after", ""),
    )
    context = {
        "page": page,
        "asked": asked,
        "said": {it.pk: splitting.ruling_of(it).text for it in page.cases},
        "counts": splitting.counts(seen_by=request.actor),
        "spikes": splitting.spikes(seen_by=request.actor, at=request.now),
        "names": splitting.NAMES,
        "severities": SEVERITIES,
        "states": groups(),
        "places": [(it.code, lang(it)) for it in accounts.regions() if regions.is_under(it.path, request.actor.region_path)],
    }
    return render(request, "regulator/splitting.html", context)


@door(kind="regulator")
def case(request: Request, number: str) -> HttpResponse:
    """One case: accept the explanation, dismiss it, or state the splitting."""
    it: SplittingCase = found_or_404(splitting.case(number, seen_by=request.actor))

    def act() -> HttpResponse:
        carry_out(request, it, states.splitting, plain=PLAIN, reasoned=REASONED)
        return see_other("regulator:splitting_case", number)

    moves = states.splitting.open_to(it, request.actor)
    context: dict[str, Any] = {
        **case_of(it),
        "clear": next((move for move in moves if move.verb == "clear"), None),
        "reasoned": [move for move in moves if move.verb in REASONED],
        "history": history_of(f"splitting/{it.number}"),
        "now": request.now,
    }
    return form_page(request, "regulator/splitting_case.html", context, act)
