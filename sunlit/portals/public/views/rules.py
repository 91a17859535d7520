"""The rulebook as everybody reads it: what holds in a region, since when, by what source; and the versions that came before."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from sunlit.domain.rulebook import queries
from sunlit.domain.rulebook.queries import Rule_
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.models import Region
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, found_or_404
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.rulebook import EVIDENCES, HELD, awaited, fits, grouped, kind_name, opened, overview, subjects


@door(public=True, methods=("GET",))
def rules(request: Request) -> HttpResponse:
    """Every rule in force in a region, by subject, word and evidence."""
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "group", "evidence", "held")}
    place = _place(request)
    everything = queries.rules_page(place.path, local_day(request.now)) if place else []
    found = [it for it in everything if fits(it, asked)]
    context = {
        "groups": grouped(found) if opened(asked) else [],
        "overview": [] if opened(asked) else overview(found),
        "kept": urlencode(
            {name: value for name, value in (asked | {"region": place.code if place else ""}).items() if value and name != "group"}
        ),
        "subjects": subjects(everything),
        "evidences": EVIDENCES.items(),
        "held": HELD.items(),
        "awaited": awaited,
        "count": len(found),
        "kind_name": kind_name,
        "asked": asked,
        "region": place,
        "places": _places(),
    }
    return render(request, "public/rules.html", context)


@door(public=True, methods=("GET",))
def rule(request: Request, key: str) -> HttpResponse:
    """One rule in a region: what holds today, what comes, what held before. `version` points at the one that a ruling rested on."""
    place, today, kind = found_or_404(_place(request)), local_day(request.now), request.GET.get("kind", "")
    versions = queries.history(key, place.path)
    kinds = {it.kind: kind_name(it) for it in reversed(versions)}
    if not versions:
        raise Http404
    kind = kind if kind in kinds else min(kinds)
    mine = [it for it in versions if it.kind == kind]
    it = _now(mine, place.path, today)
    context = {
        "it": it,
        "awaited": awaited(it),
        "note": queries.note_of(it),
        "conditions": queries.conditions(it, region_path=place.path, on=today),
        "versions": mine,
        "kinds": sorted(kinds.items()),
        "kind": kind,
        "asked": row_id(request.GET.get("version", "")),
        "today": today,
        "region": place,
        "places": _places(),
    }
    return render(request, "public/rule.html", context)


def _now(versions: list[Rule_], path: str, today: date) -> Rule_:
    """The version that holds today, of the nearest region; else the newest."""
    holding = [it for it in versions if it.holds_on(today)]
    return max(holding, key=lambda it: len(it.region_path), default=versions[0])


def _place(request: Request) -> Region | None:
    """The region asked about; else the reader's own, else the first."""
    everywhere = accounts.regions()
    if code := request.GET.get("region", ""):
        return accounts.region(code)
    return next((each for each in everywhere if each.path == request.actor.region_path), next(iter(everywhere), None))


def _places() -> list[tuple[str, str]]:
    return [(region.code, lang(region)) for region in accounts.regions()]
