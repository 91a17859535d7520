"""The budget that a buyer lives on."""

from __future__ import annotations

import re

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.domain.planning import queries as planning
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.portals.buyer import reading
from sunlit.portals.doors import Request, door, found_or_404


@door(kind="buyer", methods=("GET",))
def budget(request: Request) -> HttpResponse:
    year = local_day(request.now).year
    wanted = request.GET.get("year", "")
    year = int(wanted) if re.fullmatch(r"20[0-9]{2}", wanted) else year
    sums = planning.sums(seen_by=request.actor, year=year)
    context = {
        "quotas": planning.quotas_of(request.actor.party, year),
        "sums": sums,
        "steps": planning.waterfall(sums),
        "year": year,
    }
    return render(request, "buyer/budget.html", context)


@door(kind="buyer", methods=("GET",))
def quota(request: Request, number: str) -> HttpResponse:
    it = found_or_404(planning.quota(number, seen_by=request.actor))
    holds = planning.holds_of(it, before=reading.after(request), rows=PAGE_ROWS + 1)
    after = str(holds[PAGE_ROWS - 1].pk) if len(holds) > PAGE_ROWS else ""
    context = {"quota": it, "holds": holds[:PAGE_ROWS], "after": after, "changes": planning.changes_of(it), "steps": planning.waterfall(it)}
    return render(request, "buyer/quota.html", context)
