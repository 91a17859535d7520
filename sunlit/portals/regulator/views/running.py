"""What runs in the region now, in every mode, on one page that renews itself; it leads to the pages where a purchase is stopped, let go on or voided."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.domain.market.queries import running as queries
from sunlit.portals.doors import Request, door

LINKS: Final = {mode: f"regulator:{mode}" for mode in queries.SOURCES} | {
    "direct": "regulator:order"
}  # else each page bears its mode's name


@door(kind="regulator", methods=("GET",))
def running(request: Request) -> HttpResponse:
    """State, deadline, number of those who take part, and the money that lies ready."""
    mode = request.GET.get("mode", "").strip()[:20]
    mode = mode if mode in queries.SOURCES else ""
    rows = queries.running(request.actor.region_path, at=request.now, mode=mode)
    context = {
        "rows": rows,
        "asked": {"mode": mode},
        "modes": queries.MODES,
        "links": LINKS,
        "still": sum(one.stands_still for one in rows),
        "reported": sum(one.reported for one in rows),
        "held": sum(one.held for one in rows),
        "now": request.now,
    }
    return render(request, "regulator/running.html", context)
