"""Leads of splitting at the own purchases: what is counted, until when to explain, what the regulator decided."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.supervision import services, states
from sunlit.domain.supervision.models import SplittingCase
from sunlit.domain.supervision.queries import splitting
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.splitting import case_of, groups
from sunlit.portals.ui.toasts import tell


@door(kind="buyer", methods=("GET",))
def cases(request: Request) -> HttpResponse:
    asked = {"state": request.GET.get("state", "open").strip()[:20]}
    page = splitting.page(
        seen_by=request.actor, state="" if asked["state"] == "all" else asked["state"], after=request.GET.get("after", "")
    )
    context = {
        "page": page,
        "asked": asked,
        "said": {it.pk: splitting.ruling_of(it).text for it in page.cases},
        "counts": splitting.counts(seen_by=request.actor),
        "names": splitting.NAMES,
        "states": groups(),
    }
    return render(request, "buyer/cases.html", context)


@door(kind="buyer")
def case(request: Request, number: str) -> HttpResponse:
    """One case; who orders or leads explains it."""
    it: SplittingCase = found_or_404(splitting.case(number, seen_by=request.actor))

    def act() -> HttpResponse:
        explanation = request.POST.get("explanation", "")
        services.explain_splitting(it, explanation=explanation, by=request.actor, at=request.now, expected=expected(request))
        tell(request, _("Your explanation went to the regulator."))
        return see_other("buyer:case", number)

    context = {
        **case_of(it),
        "moves": {move.verb: move for move in states.splitting.open_to(it, request.actor)},
        "history": history_of(f"splitting/{it.number}"),
        "now": request.now,
    }
    return form_page(request, "buyer/case.html", context, act)
