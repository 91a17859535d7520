"""What buyers mean to buy (采购意向) and have planned (采购实施计划), told before it begins."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from sunlit.domain.disclosure import queries
from sunlit.domain.disclosure.models import Notice
from sunlit.domain.planning import queries as planning
from sunlit.domain.planning import services
from sunlit.domain.planning.rules.plans import FORMS, NO_INTENTION_BECAUSE, SET_ASIDES
from sunlit.domain.rulebook.rules.facts import GROUNDS, METHODS
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel.paging import row_id
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.toasts import tell

TEN_THOUSAND = Decimal(10_000)


@door(public=True, methods=("GET",))
def intentions(request: Request) -> HttpResponse:
    """All of them, newest first, by word and region."""
    asked, region = _asked(request)
    after = request.GET.get("after", "")
    page = queries.notices("intention", q=asked["q"], region_path=region, after=row_id(after))
    places = [(each.code, lang(each)) for each in accounts.regions()]
    return render(request, "public/intentions.html", {"page": page, "asked": asked, "places": places, "paged": bool(after)})


@door(public=True, methods=("GET",))
def plans(request: Request) -> HttpResponse:
    """Filed plans, newest first, by word and region."""
    asked, region = _asked(request)
    after = request.GET.get("after", "")
    page = queries.notices("plan", q=asked["q"], region_path=region, after=row_id(after))
    places = [(each.code, lang(each)) for each in accounts.regions()]
    return render(request, "public/plans.html", {"page": page, "asked": asked, "places": places, "paged": bool(after), "methods": METHODS})


@door(public=True, methods=("GET",))
def plan(request: Request, number: str) -> HttpResponse:
    """One filed plan: what is bought, how, and for how much."""
    it: Notice = found_or_404(queries.notice(number))
    found_or_404(it if it.kind == "plan" else None)
    told = it.content
    context = {
        "notice": it,
        "told": told,
        "items": [{**item, "amount": Decimal(item["amount"])} for item in told["items"]],
        "names": {
            "method": METHODS.get(told["method"], told["method"]),
            "form": FORMS.get(told["form"], ""),
            "grounds": [GROUNDS.get(ground, ground) for ground in told["grounds"]],
            "set_aside": SET_ASIDES.get(told["set_aside"], ""),
            "no_intention": NO_INTENTION_BECAUSE.get(told["no_intention"], ""),
        },
        "reserved": Decimal(told["reserved"]),
        "reserved_small": Decimal(told["reserved_small"]),
        "history": history_of(f"notice/{it.number}"),
        "now": request.now,
    }
    return render(request, "public/plan.html", context)


@door(public=True, methods=("GET",))
def single_sources(request: Request) -> HttpResponse:
    """What buyers mean to buy from one supplier alone, newest first, by word and region."""
    asked, region = _asked(request)
    after = request.GET.get("after", "")
    page = queries.notices("single_source", q=asked["q"], region_path=region, after=row_id(after))
    places = [(each.code, lang(each)) for each in accounts.regions()]
    ends = {it.pk: datetime.fromisoformat(it.content["until"]) for it in page.notices}
    context = {"page": page, "asked": asked, "places": places, "paged": bool(after), "ends": ends, "now": request.now}
    return render(request, "public/single_sources.html", context)


@door(public=True)
def single_source(request: Request, number: str) -> HttpResponse:
    """One notice; while it runs, every supplier can object."""
    it: Notice = found_or_404(queries.notice(number))
    found_or_404(it if it.kind == "single_source" else None)
    plan = planning.told_to_the_public(it.content["plan"])
    until = datetime.fromisoformat(it.content["until"])
    runs = plan is not None and plan.noticed_at == it.published_at and request.now < (plan.notice_until or until)

    def act() -> HttpResponse:
        found_or_404(plan if runs else None)
        assert plan is not None
        services.object_to_plan(plan, text=request.POST.get("text", ""), by=request.actor, at=request.now)
        tell(request, gettext("Your objection was handed in. The buyer answers it before it asks for the approval."))
        return see_other("single_source", number)

    context = {
        "notice": it,
        "told": it.content,
        "items": [{**item, "amount": Decimal(item["amount"])} for item in it.content["items"]],
        "grounds": [GROUNDS.get(ground, ground) for ground in it.content["grounds"]],
        "until": plan.notice_until if runs and plan else until,
        "runs": runs,
        "may_object": runs and request.actor.kind == "supplier" and request.actor.has("sales", "admin"),
        "history": history_of(f"notice/{it.number}"),
        "now": request.now,
    }
    return form_page(request, "public/single_source.html", context, act)


@door(public=True, methods=("GET",))
def intention(request: Request, number: str) -> HttpResponse:
    """One notice with its standard fields; what it corrects and what corrects it stand beside it."""
    it: Notice = found_or_404(queries.notice(number))
    found_or_404(it if it.kind == "intention" else None)
    context = {
        "notice": it,
        "items": [_item(item) for item in it.content["items"]],
        "before": [_item(item) for item in it.corrects.content["items"]] if it.corrects else [],
        "plans": queries.plans_on(it.about),
        "corrected_by": getattr(it, "corrected_by", None),
        "history": history_of(f"notice/{it.number}"),
        "now": request.now,
    }
    return render(request, "public/intention.html", context)


def _asked(request: Request) -> tuple[dict[str, str], str]:
    """What is looked for, and the path of the region."""
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "region")}
    region = accounts.region(asked["region"])
    return asked, region.path if region else ""


def _item(item: dict[str, Any]) -> dict[str, Any]:
    """An item with its budget in units of ten thousand yuan, as the form of the ministry tells it."""
    budget = Decimal(item["budget"])
    wan = f"{budget / TEN_THOUSAND:,f}".rstrip("0").rstrip(".")
    return {**item, "budget": budget, "wan": wan}
