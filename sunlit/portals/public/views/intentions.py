"""What buyers mean to buy, told before it begins (采购意向)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.domain.disclosure import queries
from sunlit.domain.disclosure.models import Notice
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, found_or_404
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.history import history_of

TEN_THOUSAND = Decimal(10_000)


@door(public=True, methods=("GET",))
def intentions(request: Request) -> HttpResponse:
    """All of them, newest first, by word and region."""
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "region")}
    region = accounts.region(asked["region"])
    after = request.GET.get("after", "")
    page = queries.notices("intention", q=asked["q"], region_path=region.path if region else "", after=row_id(after))
    places = [(each.code, lang(each)) for each in accounts.regions()]
    return render(request, "public/intentions.html", {"page": page, "asked": asked, "places": places, "paged": bool(after)})


@door(public=True, methods=("GET",))
def intention(request: Request, number: str) -> HttpResponse:
    """One notice with its standard fields; what it corrects and what corrects it stand beside it."""
    it: Notice = found_or_404(queries.notice(number, "intention"))
    context = {
        "notice": it,
        "items": [_item(item) for item in it.content["items"]],
        "before": [_item(item) for item in it.corrects.content["items"]] if it.corrects else [],
        "corrected_by": getattr(it, "corrected_by", None),
        "history": history_of(f"notice/{it.number}"),
        "now": request.now,
    }
    return render(request, "public/intention.html", context)


def _item(item: dict[str, Any]) -> dict[str, Any]:
    """An item with its budget in units of ten thousand yuan, as the form of the ministry tells it."""
    budget = Decimal(item["budget"])
    wan = f"{budget / TEN_THOUSAND:,f}".rstrip("0").rstrip(".")
    return {**item, "budget": budget, "wan": wan}
