"""Entry applications: what suppliers wish, seen with their documents, and decided with reasons."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.registry import queries, services, states
from sunlit.domain.registry.models import Application
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell

REASONED = {"return": services.return_application, "refuse": services.refuse_application}


@door(kind="regulator", methods=("GET",))
def applications(request: Request) -> HttpResponse:
    asked = {"state": request.GET.get("state", "submitted").strip(), "q": request.GET.get("q", "").strip()[:100]}
    state = "" if asked["state"] == "all" else asked["state"]
    page = queries.applications_to_review(seen_by=request.actor, state=state, q=asked["q"], after=request.GET.get("after", ""))
    shown = [(key, label) for key, label in states.application.states.items() if key != states.DRAFT]
    context = {"page": page, "asked": asked, "states": shown, "now": request.now}
    return render(request, "regulator/applications.html", context)


@door(kind="regulator")
def application(request: Request, number: str) -> HttpResponse:
    """One application: approve it, return it to be completed, or refuse it."""
    it: Application = found_or_404(queries.application(number, seen_by=request.actor))
    moves = {move.verb for move in states.application.open_to(it, request.actor)}

    def act() -> HttpResponse:
        verb = request.POST.get("verb", "")
        if verb == "approve":
            services.approve_application(it, by=request.actor, at=request.now, expected=expected(request))
            tell(request, _("%(name)s is admitted.") % {"name": it.name_zh})
        else:
            decide = found_or_404(REASONED.get(verb))
            decide(it, reason=request.POST.get("reason", ""), by=request.actor, at=request.now, expected=expected(request))
            tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.application.moves[verb].label, "number": number})
        return see_other("regulator:application", number)

    context = {
        "it": it,
        "documents": list(it.documents.all()),
        "categories": [(code, catalog.category(code)) for code in it.category_codes],
        "moves": moves,
        "history": history_of(f"application/{it.number}"),
        "now": request.now,
    }
    return form_page(request, "regulator/application.html", context, act)
