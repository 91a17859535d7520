"""Organisations of every kind: found, set up, closed and opened again; and who may act for them."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.foundation.accounts import queries, rules, services
from sunlit.foundation.accounts.models import Kind, Organisation, Region
from sunlit.foundation.kernel import credit_code
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.paging import name_key, name_place
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.seats import seat_a_person
from sunlit.portals.ui.toasts import tell

HISTORY_ROWS = 30
KINDS = [(kind, label) for kind, label in Kind.choices if kind != "supplier"]  # suppliers enter by application


@door(kind="operator", methods=("GET",))
def organisations(request: Request) -> HttpResponse:
    asked = {name: request.GET.get(name, "").strip()[:100] for name in ("kind", "region", "q")}
    region = queries.region(asked["region"])
    found = queries.organisations(
        kind=asked["kind"],
        region_path=region.path if region else "",
        q=asked["q"],
        after=name_place(request.GET.get("after", "")),
        rows=PAGE_ROWS + 1,
    )
    page = found[:PAGE_ROWS]
    after = name_key(page[-1].pk, page[-1].name_key) if len(found) > PAGE_ROWS else ""
    context = {"page": page, "after": after, "asked": asked, "kinds": Kind.choices, "regions": queries.regions()}
    return render(request, "operator/organisations.html", context)


@door(kind="operator")
def new_organisation(request: Request) -> HttpResponse:
    """Set up an organisation and its first person in one go: without somebody, nobody could act for it."""

    def act() -> HttpResponse:
        made = _set_up(request)
        tell(request, _("%(name)s was set up.") % {"name": made.name_zh})
        return see_other("operator:organisation", made.number)

    return form_page(request, "operator/new_organisation.html", {"kinds": KINDS, "regions": queries.regions(), "roles": rules.ROLES}, act)


@transaction.atomic
def _set_up(request: Request) -> Organisation:
    kind, given = request.POST.get("kind", ""), request.POST
    if kind not in dict(KINDS):
        raise Refused(Problem(rules.KIND_UNKNOWN, on="kind"))
    made = services.set_up_organisation(
        kind=kind,
        number=services.number_for(kind, request.now),
        name_zh=given.get("name_zh", ""),
        name_en=given.get("name_en", ""),
        credit_code=credit_code.normal(given.get("credit_code", "")),
        region=_region(given.get("region", "")),
        by=request.actor,
        at=request.now,
        **{name: given.get(name, "").strip() for name in ("contact", "phone", "address")},
    )
    seat_a_person(request, made, roles=rules.ROLES[kind], name="person")
    return made


def _region(code: str) -> Region:
    region = queries.region(code)
    if region is None:
        raise Refused(Problem(rules.REGION_UNKNOWN, {"code": code}, on="region"))
    return region


@door(kind="operator")
def organisation(request: Request, number: str) -> HttpResponse:
    """One organisation: its data, its people, what happened to it; closing and opening."""
    it = found_or_404(queries.organisation(number))

    def act() -> HttpResponse:
        verb = services.reopen_organisation if request.POST.get("verb") == "reopen" else services.close_organisation
        verb(it, reason=request.POST.get("reason", ""), by=request.actor, at=request.now)
        tell(request, _("Done: %(name)s") % {"name": it.name_zh})
        return see_other("operator:organisation", number)

    return form_page(request, "operator/organisation.html", _page(request, it), act)


def _page(request: Request, it: Organisation) -> dict[str, Any]:
    return {
        "it": it,
        "people": queries.people_of(it.pk),
        "roles": rules.ROLES[it.kind],
        "history": history_of(f"organisation/{it.number}", limit=HISTORY_ROWS)[::-1],
        "now": request.now,
    }


@door(kind="operator")
def add_person(request: Request, number: str) -> HttpResponse:
    it = found_or_404(queries.organisation(number))

    def act() -> HttpResponse:
        seat_a_person(request, it, roles=request.POST.getlist("roles"), name="name_zh")
        tell(request, _("%(name)s can now sign in.") % {"name": request.POST.get("name_zh", "")})
        return see_other("operator:organisation", number)

    return form_page(request, "operator/add_person.html", {"it": it, "roles": rules.ROLES[it.kind]}, act)
