"""Batch purchases of the region: what is pooled and bid for, and the verb of intervention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.domain.market import states
from sunlit.domain.market.models import Batch
from sunlit.domain.market.queries import batches as queries
from sunlit.domain.market.services import batches as services
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.batches import UNTIL, batch_page
from sunlit.portals.ui.verbs import carry_out

PLAIN: Final[dict[str, Callable[..., Batch]]] = {"resume": services.resume_batch}
REASONED: Final[dict[str, Callable[..., Batch]]] = {"suspend": services.suspend_batch, "void": services.void_batch}


@door(kind="regulator", methods=("GET",))
def batches(request: Request) -> HttpResponse:
    state = request.GET.get("state", "").strip()[:20]
    context = {
        "page": queries.batches_page(seen_by=request.actor, state=state, after=row_id(request.GET.get("after", ""))),
        "asked": state,
        "states": list(states.batch.states.items()),
        "until": UNTIL,
        "now": request.now,
    }
    return render(request, "regulator/batches.html", context)


@door(kind="regulator")
def batch(request: Request, number: str) -> HttpResponse:
    """One batch: who demands what, who bid and who won; until the orders are placed it can be voided."""
    it: Batch = found_or_404(queries.batch(number, seen_by=request.actor))

    def act() -> HttpResponse:
        carry_out(request, it, states.batch, plain=PLAIN, reasoned=REASONED)
        return see_other("regulator:batch", number)

    return form_page(request, "regulator/batch.html", batch_page(request, it), act)


@door(kind="regulator", methods=("GET",))
def batch_of(request: Request, number: str) -> HttpResponse:
    """From the demand that an order came of to its batch."""
    return see_other("regulator:batch", found_or_404(queries.batch_of_demand(number, seen_by=request.actor)))
