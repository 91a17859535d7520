"""When the platform was away, and which deadlines were put off for it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.domain.rulebook import queries
from sunlit.domain.rulebook.models import Outage
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, found_or_404
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.words import DEADLINES, outage_kinds


@door(public=True, methods=("GET",))
def outages(request: Request) -> HttpResponse:
    """All of them, newest first."""
    rows: list[Any] = queries.outages()
    return render(
        request, "public/outages.html", {"rows": rows, "lengths": {it.number: _minutes(it) for it in rows}, "kinds": outage_kinds}
    )


@door(public=True, methods=("GET",))
def outage(request: Request, number: str) -> HttpResponse:
    """One outage with its proof and every deadline that it put off."""
    it: Outage = found_or_404(queries.outage(number))
    page, after = queries.extensions(it, after=row_id(request.GET.get("after", "")) or 0)
    context = {
        "outage": it,
        "report": getattr(it, "report", None),
        "minutes": _minutes(it),
        "kinds": outage_kinds,
        "extensions": page,
        "after": after,
        "deadlines": DEADLINES,
        "history": history_of(f"outage/{it.number}"),
        "now": request.now,
    }
    return render(request, "public/outage.html", context)


def _minutes(outage: Outage) -> int:
    return int((outage.until - outage.since).total_seconds() // 60)
