"""Whether the house is well: every part with its last sign of life."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.portals.doors import Request, door
from sunlit.portals.operator import vitals


@door(kind="operator", methods=("GET",))
def health(request: Request) -> HttpResponse:
    return render(request, "operator/health.html", _context(request))


@door(kind="operator", methods=("GET",))
def now(request: Request) -> HttpResponse:
    """The part of the page that renews itself."""
    return render(request, "operator/health_now.html", _context(request))


def _context(request: Request) -> dict[str, object]:
    signs = vitals.signs(request.now)
    return {"signs": signs, "worst": vitals.worst(signs), "now": request.now}
