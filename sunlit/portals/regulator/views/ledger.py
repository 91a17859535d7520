"""What happened to anything in the region, by its number."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.foundation.kernel import numbering
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.ledger import queries
from sunlit.portals.doors import Request, door

ROWS: Final = 50


@door(kind="regulator", methods=("GET",))
def ledger(request: Request) -> HttpResponse:
    number = request.GET.get("number", "").strip()[:100]
    before = request.GET.get("after", "")
    found = queries.about(number, region_path=request.actor.region_path, before=row_id(before), limit=ROWS + 1) if number else []
    context = {
        "number": number,
        "history": found[:ROWS],
        "after": found[ROWS - 1].pk if len(found) > ROWS else "",
        "mistyped": bool(number) and not found and number.count("-") == 2 and not numbering.is_number(number),
        "now": request.now,
    }
    return render(request, "regulator/ledger.html", context)
