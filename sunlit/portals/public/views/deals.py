"""Published deals: who bought what from whom, for how much, and what it saved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.disclosure import queries
from sunlit.domain.disclosure.models import DealNotice
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, found_or_404
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.history import history_of


@door(public=True, methods=("GET",))
def deals(request: Request) -> HttpResponse:
    """All of them, newest first, by word, region and category."""
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "region", "category")}
    region = accounts.region(asked["region"])
    after = request.GET.get("after", "")
    page = queries.deals(
        q=asked["q"],
        region_path=region.path if region else "",
        category=asked["category"],
        after=row_id(after),
    )
    options = {
        "regions": [(each.code, lang(each)) for each in accounts.regions()],
        "categories": [(each.code, lang(each)) for each in catalog.tree().in_use()],
    }
    return render(request, "public/deals.html", {"page": page, "asked": asked, "options": options, "paged": bool(after)})


@door(public=True, methods=("GET",))
def deal(request: Request, number: str) -> HttpResponse:
    it: DealNotice = found_or_404(queries.deal(number))
    context = {
        "deal": it,
        "lines": [_line(line) for line in it.lines],
        "saved": it.reference_total - it.compared_total if it.reference_total is not None and it.compared_total is not None else None,
        "steps": _steps(it),
        "history": history_of(f"deal/{it.number}"),
        "region": next((each for each in accounts.regions() if each.path == it.region_path), None),
        "now": request.now,
    }
    return render(request, "public/deal.html", context)


def _line(line: dict[str, Any]) -> dict[str, Any]:
    """One line as the notice keeps it, with its money as money."""
    return {**line, **{name: Decimal(line[name]) if line.get(name) else None for name in ("price", "amount", "reference")}}


def _steps(it: DealNotice) -> list[dict[str, Any]]:
    told = (
        (_("Order placed"), it.placed_at, lang(it.buyer)),
        (_("Delivered and accepted"), it.accepted_at, lang(it.supplier)),
        (_("Made public"), it.published_at, ""),
    )
    return [{"label": label, "state": "done", "at": at, "who": who} for label, at, who in told]
