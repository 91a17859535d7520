"""Outages that the operator declared: an officer or the lead of the top region's regulator confirms them, or says why not."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.rulebook import queries, services, states
from sunlit.domain.rulebook.models import OutageReport
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell


@door(kind="regulator", methods=("GET",))
def outages(request: Request) -> HttpResponse:
    """All that were declared, newest first: every regulator reads them, as everybody reads what comes of them."""
    return render(request, "regulator/outages.html", {"reports": queries.outage_reports()})


@door(kind="regulator")
def outage(request: Request, number: str) -> HttpResponse:
    """One of them, with its evidence: confirmed or refused here."""
    it: OutageReport = found_or_404(queries.outage_report(number))

    def act() -> HttpResponse:
        told: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}
        verb = request.POST.get("verb", "")
        if verb == "confirm":
            services.confirm_outage(it, **told)
        elif verb == "refuse":
            services.refuse_outage(it, reason=request.POST.get("reason", ""), **told)
        else:
            found_or_404(None)
        tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.outage_report.moves[verb].label, "number": number})
        return see_other("regulator:outage", number)

    moves = {move.verb: move for move in states.outage_report.open_to(it, request.actor)}
    context = {"it": it, "moves": moves, "history": history_of(f"outage_report/{it.number}"), "now": request.now}
    return form_page(request, "regulator/outage.html", context, act)
