"""Cases at the own offers: what was found, until when it must be put right or explained, and asking for release."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.supervision import queries, services, states
from sunlit.domain.supervision.models import WatchCase
from sunlit.foundation.ledger import queries as ledger
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.supplier.views.offers import CLERKS
from sunlit.portals.ui.cases import figures_of, groups, last_days
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell


@door(kind="supplier", methods=("GET",))
def cases(request: Request) -> HttpResponse:
    asked = {"state": request.GET.get("state", "open").strip()[:20], "kind": request.GET.get("kind", "").strip()[:40]}
    page = queries.cases_page(
        seen_by=request.actor,
        at=request.now,
        state="" if asked["state"] == "all" else asked["state"],
        kind=asked["kind"],
        after=request.GET.get("after", ""),
    )
    context = {
        "page": page,
        "asked": asked,
        "counts": queries.open_counts(seen_by=request.actor),
        "names": queries.NAMES,
        "states": groups(),
        "due": last_days(page.cases),
        "said": {it.pk: queries.sentence(it.kind, it.figures) for it in page.cases},
        "now": request.now,
    }
    return render(request, "supplier/cases.html", context)


@door(kind="supplier", methods=("GET",))
def case(request: Request, number: str) -> HttpResponse:
    return render(request, "supplier/case.html", _page(request, number) | {"problems": (), "given": {}})


@door(kind="supplier", roles=CLERKS, methods=("POST",))
def act_on_case(request: Request, number: str) -> HttpResponse:
    """Explain, or ask for the release of a frozen offer."""
    page = _page(request, number)
    it: WatchCase = page["it"]

    def act() -> HttpResponse:
        verb, given = request.POST.get("verb", ""), request.POST
        if verb == "explain":
            services.explain(it, explanation=given.get("explanation", ""), by=request.actor, at=request.now, expected=expected(request))
            tell(request, _("Your explanation went to the regulator."))
        else:
            found_or_404(True if verb == "appeal" else None)
            services.appeal(it, reason=given.get("reason", ""), by=request.actor, at=request.now, expected=expected(request))
            tell(request, _("The regulator was asked for the release."))
        return see_other("supplier:case", number)

    return form_page(request, "supplier/case.html", page, act)


def _page(request: Request, number: str) -> dict[str, Any]:
    it: WatchCase = found_or_404(queries.case(number, seen_by=request.actor))
    return {
        **figures_of(it),
        "moves": {move.verb: move for move in states.case.open_to(it, request.actor)},
        "may_reprice": it.offer.state == "listed" and request.actor.has(*CLERKS),
        "history": ledger.history_of(f"case/{it.number}"),
        "now": request.now,
    }
