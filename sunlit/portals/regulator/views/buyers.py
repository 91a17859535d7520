"""Buyers of the region: found, set up with their first person, and looked at with their budget."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.planning import queries as planning
from sunlit.domain.registry import services as registry
from sunlit.foundation.accounts import queries, rules
from sunlit.foundation.accounts.models import Organisation, Region
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.paging import name_key, name_place
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.seats import seat_a_person
from sunlit.portals.ui.toasts import tell

ROLES = rules.ROLES["buyer"]


@door(kind="regulator", methods=("GET",))
def buyers(request: Request) -> HttpResponse:
    q = request.GET.get("q", "").strip()[:100]
    after = name_place(request.GET.get("after", ""))
    found = queries.organisations(kind="buyer", region_path=request.actor.region_path, q=q, after=after, rows=PAGE_ROWS + 1)
    page = found[:PAGE_ROWS]
    key = name_key(page[-1].pk, page[-1].name_key) if len(found) > PAGE_ROWS else ""
    return render(request, "regulator/buyers.html", {"page": page, "after": key, "q": q})


@door(kind="regulator")
def new_buyer(request: Request) -> HttpResponse:
    """A buyer and the person who will give the others their seats, in one go."""

    def act() -> HttpResponse:
        made = _set_up(request)
        tell(request, _("%(name)s was set up.") % {"name": made.name_zh})
        return see_other("regulator:buyer", made.number)

    return form_page(request, "regulator/new_buyer.html", {"places": _places(request), "roles": ROLES}, act)


@transaction.atomic
def _set_up(request: Request) -> Organisation:
    texts = {name: request.POST.get(name, "").strip() for name in ("name_zh", "name_en", "credit_code", "contact", "phone", "address")}
    made = registry.set_up_buyer(region=_region(request), by=request.actor, at=request.now, **texts)
    seat_a_person(request, made, roles=ROLES, name="person")
    return made


def _region(request: Request) -> Region:
    code = request.POST.get("region", "")
    found = queries.region(code)
    if found is None or not regions.is_under(found.path, request.actor.region_path):
        raise Refused(Problem(rules.REGION_UNKNOWN, {"code": code}, on="region"))
    return found


def _places(request: Request) -> list[tuple[str, str]]:
    return [(region.code, lang(region)) for region in queries.regions() if regions.is_under(region.path, request.actor.region_path)]


def _own(request: Request, number: str) -> Organisation:
    it = queries.organisation(number)
    fits = it is not None and it.kind == "buyer" and regions.is_under(it.region.path, request.actor.region_path)
    found: Organisation = found_or_404(it if fits else None)
    return found


@door(kind="regulator", methods=("GET",))
def buyer(request: Request, number: str) -> HttpResponse:
    it, year = _own(request, number), local_day(request.now).year
    context = {
        "it": it,
        "people": queries.people_of(it.pk),
        "quotas": list(planning.quotas_of(it.pk, year)),
        "year": year,
        "history": history_of(f"organisation/{it.number}")[::-1][:30],
        "now": request.now,
    }
    return render(request, "regulator/buyer.html", context)


@door(kind="regulator")
def add_person(request: Request, number: str) -> HttpResponse:
    it = _own(request, number)

    def act() -> HttpResponse:
        seat_a_person(request, it, roles=request.POST.getlist("roles"), name="person")
        tell(request, _("%(name)s can now sign in.") % {"name": request.POST.get("person", "")})
        return see_other("regulator:buyer", number)

    return form_page(request, "regulator/add_person.html", {"it": it, "roles": ROLES}, act)
