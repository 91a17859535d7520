"""What buyers say of the supplier, and what it answers."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.contracts import queries, services
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.doors import Request, door, found_or_404, see_other
from sunlit.portals.ui.toasts import tell

RATING_ROWS = 20


@door(kind="supplier", methods=("GET",))
def ratings(request: Request) -> HttpResponse:
    return _page(request)


@door(kind="supplier", roles=("sales", "admin"), methods=("POST",))
def reply(request: Request, order: str) -> HttpResponse:
    """Answer a rating, once; a refusal stands at that rating's field."""
    rating = found_or_404(queries.rating_to_answer(order, seen_by=request.actor))
    text = request.POST.get("reply", "")
    try:
        services.reply(rating, text=text, by=request.actor, at=request.now)
    except Refused as refused:
        return _page(request, problems=refused.problems, at_order=order, text=text, status=refused.status)
    tell(request, _("Your reply is public."))
    return see_other("supplier:ratings")


def _page(request: Request, *, problems: tuple[Problem, ...] = (), at_order: str = "", text: str = "", status: int = 200) -> HttpResponse:
    own = request.actor.party
    found = queries.ratings_of(own, before=row_id(request.GET.get("after", "")), rows=RATING_ROWS + 1)
    rows = found[:RATING_ROWS]
    context = {
        "ratings": rows,
        "after": str(rows[-1].pk) if len(found) > RATING_ROWS else "",
        "standing": queries.rating_of(own),
        "problems": problems,
        "at_order": at_order,
        "text": text,
        "now": request.now,
    }
    return render(request, "supplier/ratings.html", context, status=status)
