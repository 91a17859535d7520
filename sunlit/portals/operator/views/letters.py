"""Dead letters: what could not be delivered, why, and what becomes of it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.foundation.outbox import queries, services
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.toasts import tell


@door(kind="operator", methods=("GET",))
def letters(request: Request) -> HttpResponse:
    page = queries.dead_letters(after=request.GET.get("after", ""))
    return render(request, "operator/letters.html", {"page": page, "count": queries.dead_count(), "now": request.now})


@door(kind="operator")
def letter(request: Request, number: int) -> HttpResponse:
    """One letter; send it again, or give it up with a reason."""
    it = queries.letter(number)
    history = history_of(f"letter/{number}")
    if request.method == "GET" and it is None:
        found_or_404(history or None)

    def act() -> HttpResponse:
        if request.POST.get("verb") == "give_up":
            services.give_up_letter(number, reason=request.POST.get("reason", ""), by=request.actor, at=request.now)
            tell(request, _("The letter %(number)s was given up.") % {"number": number})
        else:
            services.retry_letter(number, by=request.actor, at=request.now)
            tell(request, _("The letter %(number)s is on its way again.") % {"number": number})
        return see_other("operator:letters")

    return form_page(request, "operator/letter.html", {"letter": it, "number": number, "history": history, "now": request.now}, act)
