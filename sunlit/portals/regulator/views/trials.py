"""What if: a change of a rule tried on past purchases, before anybody drafts it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from sunlit.domain.insight import services
from sunlit.domain.insight.queries import trials
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Refused
from sunlit.portals.doors import Request, door, form_page, found_or_404
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.rulebook import kind_name
from sunlit.portals.ui.trials import shown

MONTHS = ("3", "6", "12", "24", "36")


@door(kind="regulator")
def what_if(request: Request, key: str) -> HttpResponse:
    """Have a value tried; how far it is, and then its answer, stand beside the form."""
    asked, own = request.POST or request.GET, request.actor.region_path
    kind, region = asked.get("kind", "")[:40], asked.get("region", "") or regions.code_of(own)
    found = accounts.region(region)
    if found is None or not regions.is_under(found.path, own) or not trials.can_be_tried(key):
        raise Http404
    try:
        it = rulebook.rule(key, region_path=found.path, kind=kind, on=local_day(request.now))
    except Refused:
        raise Http404 from None

    def act() -> HttpResponse:
        months = asked.get("months", "")
        asked_for = services.ask(
            key=key,
            kind=kind,
            region=region,
            value=asked.get("value", "").strip()[:100],
            months=int(months) if months in MONTHS else 0,
            by=request.actor,
            at=request.now,
        )
        query = urlencode({"kind": kind, "region": region, "trial": asked_for.number, "value": asked.get("value", ""), "months": months})
        return HttpResponseRedirect(f"{reverse('regulator:what_if', args=[key])}?{query}", status=303)

    found_trial = trials.trial(request.GET.get("trial", "")[:60], seen_by=request.actor)
    context: dict[str, Any] = {
        "it": it,
        "kind": kind,
        "kind_name": kind_name,
        "code": region,
        "places": [(place.code, lang(place)) for place in accounts.regions() if regions.is_under(place.path, own)],
        "months": [(text, text) for text in MONTHS],
        "value": asked.get("value", "") or _typed(it.value),
        "chosen": asked.get("months", "24"),
        "trial": shown(found_trial, seen_by=request.actor) if found_trial and found_trial.key == key else None,
    }
    return form_page(request, "regulator/what_if.html", context, act)


@door(kind="regulator", methods=("GET",))
def trial(request: Request, number: str) -> HttpResponse:
    """One trial as a fragment: its bar while the worker is busy, then what it found or why it failed."""
    it = found_or_404(trials.trial(number, seen_by=request.actor))
    return render(request, "regulator/_trial.html", {"trial": shown(it, seen_by=request.actor)})


def _typed(value: Any) -> str:
    return str(next((value[name] for name in ("n", "yuan", "percent") if name in value), ""))
