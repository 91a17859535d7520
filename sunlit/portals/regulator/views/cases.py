"""The desk of price supervision: cases of the region by class, state, severity and age; each decided with its figures in sight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.domain.supervision import queries, services, states
from sunlit.domain.supervision.models import WatchCase
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel import regions
from sunlit.foundation.ledger import queries as ledger
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.cases import ages, figures_of, groups, last_days
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.verbs import carry_out

PLAIN: Final[dict[str, Callable[..., WatchCase]]] = {"clear": services.clear}
REASONED: Final[dict[str, Callable[..., WatchCase]]] = {
    "dismiss": services.dismiss,
    "freeze": services.freeze,
    "release": services.release,
    "keep_frozen": services.keep_frozen,
}


@door(kind="regulator", methods=("GET",))
def cases(request: Request) -> HttpResponse:
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("kind", "severity", "region", "days", "q")}
    asked["state"] = request.GET.get("state", "open").strip()[:20]
    days = int(asked["days"]) if asked["days"].isdecimal() and len(asked["days"]) < 5 else 0
    page = queries.cases_page(
        seen_by=request.actor,
        at=request.now,
        state="" if asked["state"] == "all" else asked["state"],
        kind=asked["kind"],
        severity=asked["severity"],
        region_path=_path(request, asked["region"]),
        days=days,
        q=asked["q"],
        after=request.GET.get("after", ""),
    )
    context = {
        "page": page,
        "asked": asked,
        "counts": queries.open_counts(seen_by=request.actor),
        "classes": queries.open_by_class(seen_by=request.actor),
        "settings": queries.settings_of(request.actor.region_path, request.now),
        "names": queries.NAMES,
        "severities": queries.SEVERITIES,
        "states": groups() + [(state, label) for state, label in states.case.states.items() if state != states.FOUND],
        "ages": ages(),
        "places": _places(request),
        "sweep": queries.last_sweep(),
        "due": last_days(page.cases),
        "said": {it.pk: queries.sentence(it.kind, it.figures) for it in page.cases},
        "now": request.now,
    }
    return render(request, "regulator/cases.html", context)


@door(kind="regulator")
def case(request: Request, number: str) -> HttpResponse:
    """One case: accept the explanation, dismiss it, freeze the offer, release it, keep it frozen."""
    it: WatchCase = found_or_404(queries.case(number, seen_by=request.actor))

    def act() -> HttpResponse:
        carry_out(request, it, states.case, plain=PLAIN, reasoned=REASONED)
        return see_other("regulator:case", number)

    open_moves = states.case.open_to(it, request.actor)
    context: dict[str, Any] = {
        **figures_of(it),
        "clear": next((move for move in open_moves if move.verb == "clear"), None),
        "reasoned": [move for move in open_moves if move.verb in REASONED],
        "history": ledger.history_of(f"case/{it.number}"),
        "now": request.now,
    }
    return form_page(request, "regulator/case.html", context, act)


def _path(request: Request, code: str) -> str:
    found = accounts.region(code) if code else None
    return found.path if found and regions.is_under(found.path, request.actor.region_path) else ""


def _places(request: Request) -> list[tuple[str, str]]:
    return [(region.code, lang(region)) for region in accounts.regions() if regions.is_under(region.path, request.actor.region_path)]
