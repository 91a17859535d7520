"""The way into the marketplace: register, fill the application in, submit it, see what became of it. Nobody here needs a seat yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth import get_user
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from sunlit.config.security import Brake
from sunlit.domain.registry import queries, services, states
from sunlit.domain.registry.models import Application
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts import services as people
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import User
from sunlit.foundation.files import queries as files
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.refusals import Refused
from sunlit.portals.account.views import home_of, welcome
from sunlit.portals.doors import Request, client_ip, door, form_page, found_or_404, see_other
from sunlit.portals.supplier import forms
from sunlit.portals.supplier.uploads import kept
from sunlit.portals.supplier.views.offers import branches
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell

knocking = Brake(per_minute=10, burst=60)  # a form that says which logins are taken is not to be asked for all of them
TEXTS = ("credit_code", "name_zh", "name_en", "region_code", "legal_representative", "contact", "phone", "address", "staff")
OPEN = (states.DRAFT, states.SUBMITTED, states.RETURNED)


# Coming in


@door(public=True, methods=("GET",))
def apply(request: Request) -> HttpResponse:
    """What it takes, and my applications. Who was admitted meanwhile takes the seat."""
    who = _applicant(request)
    if who is None:
        return render(request, "supplier/apply.html", {"problems": (), "given": {}})
    if not request.actor.is_somebody and (seats := accounts.seats_of(who.person)):
        request.session["seat"] = seats[0].pk
        return HttpResponseRedirect(home_of(seats[0].organisation.kind))
    mine = queries.my_applications(who.person)
    context = {"applications": mine, "may_begin": not any(it.state in OPEN for it in mine), "now": request.now}
    return render(request, "supplier/applications.html", context)


@door(public=True, methods=("POST",))
def register(request: Request) -> HttpResponse:
    """A login for somebody who applies."""

    def act() -> HttpResponse:
        if problem := knocking.problem(client_ip(request), request.now):
            raise Refused(problem)
        given = {name: request.POST.get(name, "") for name in ("login", "name_zh", "password", "email")}
        user = people.register(**given, ip=client_ip(request), at=request.now)
        return welcome(request, user, seatless=reverse("supplier:begin"))

    return form_page(request, "supplier/apply.html", {}, act)


def _applicant(request: Request) -> Actor | None:
    """Who is signed in, with a seat or without one."""
    if request.actor.is_somebody:
        return request.actor
    user = get_user(request)
    return services.applicant(user) if isinstance(user, User) and user.is_active else None


def _to_apply(request: Request) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('sign_in')}?{urlencode({'next': reverse('supplier:apply')})}")


# The form


@door(public=True)
def begin(request: Request) -> HttpResponse:
    """Fill the application in; keep it as a draft or submit it at once."""
    who = _applicant(request)
    if who is None:
        return _to_apply(request)

    def write(told: dict[str, Any], documents: list[File]) -> Application:
        return services.begin_application(**told, documents=documents, by=who, at=request.now)

    return _form(request, who, None, write)


@door(public=True)
def edit(request: Request, number: str) -> HttpResponse:
    """Complete a draft, or what the regulator returned."""
    who = _applicant(request)
    if who is None:
        return _to_apply(request)
    it: Application = found_or_404(_own(number, who))
    found_or_404("edit" in _verbs(it, who) or None)

    def write(told: dict[str, Any], documents: list[File]) -> Application:
        keep = [file for file in it.documents.all() if str(file.pk) in request.POST.getlist("keep")]
        return services.edit_application(it, **told, documents=keep + documents, by=who, at=request.now, expected=expected(request))

    return _form(request, who, it, write)


def _form(request: Request, who: Actor, it: Application | None, write: Callable[[dict[str, Any], list[File]], Application]) -> HttpResponse:
    told = _posted(request) if request.method == "POST" else _stored(it)
    words = request.POST.get("find", "")[:100] if request.POST.get("verb") == "find" else ""
    context = {
        "it": it,
        "told": told,
        "find": words,
        "branches": branches(words, also=told["category_codes"]),
        "regions": forms.region_options(),
        "documents": list(it.documents.all()) if it else [],
    }

    def act() -> HttpResponse:
        if request.POST.get("verb") == "find":
            return render(request, "supplier/application_form.html", context | {"problems": (), "given": request.POST})
        documents = kept(request, "documents", purpose="document", owner=who.organisation_id, by=who)
        with transaction.atomic():
            made = write(told, documents)
            if request.POST.get("verb") == "submit":
                services.submit_application(made, by=who, at=request.now)
        words = (
            _("Application %(number)s was submitted.") if request.POST.get("verb") == "submit" else _("Application %(number)s was saved.")
        )
        tell(request, words % {"number": made.number})
        return see_other("supplier:application", made.number)

    return form_page(request, "supplier/application_form.html", context, act)


def _posted(request: Request) -> dict[str, Any]:
    return {name: request.POST.get(name, "") for name in TEXTS} | {"category_codes": request.POST.getlist("category_codes")}


def _stored(it: Application | None) -> dict[str, Any]:
    if it is None:
        return dict.fromkeys(TEXTS, "") | {"category_codes": []}
    return {name: getattr(it, name) for name in TEXTS if name != "region_code"} | {
        "region_code": it.region.code,
        "category_codes": it.category_codes,
    }


@door(public=True, methods=("GET",))
def categories(request: Request) -> HttpResponse:
    """The categories that have the words, and those already chosen: for the picker while it is typed into."""
    chosen = request.GET.getlist("category_codes")
    found = branches(request.GET.get("find", "")[:100], also=chosen)
    return render(request, "supplier/category_picks.html", {"branches": found, "chosen": chosen})


# One application


@door(public=True, methods=("GET",))
def application(request: Request, number: str) -> HttpResponse:
    """How it stands, why, and everything that happened."""
    who = _applicant(request)
    if who is None:
        return _to_apply(request)
    return render(request, "supplier/application.html", _page(request, found_or_404(_own(number, who)), who))


def _page(request: Request, it: Application, who: Actor) -> dict[str, Any]:
    tree = {category.code: category for _branch, found in branches("") for category in found}
    return {
        "it": it,
        "verbs": _verbs(it, who),
        "categories": [(code, tree.get(code)) for code in it.category_codes],
        "history": history_of(f"application/{it.number}"),
        "problems": (),
        "now": request.now,
    }


@door(public=True, methods=("POST",))
def act_on_application(request: Request, number: str) -> HttpResponse:
    """Submit or withdraw."""
    who = _applicant(request)
    if who is None:
        return _to_apply(request)
    it: Application = found_or_404(_own(number, who))
    verbs = {"submit": services.submit_application, "withdraw": services.withdraw_application}
    verb = found_or_404(verbs.get(request.POST.get("verb", "")))
    try:
        verb(it, by=who, at=request.now, expected=expected(request))
    except Refused as refused:
        return render(request, "supplier/application.html", _page(request, it, who) | {"problems": refused.problems}, status=refused.status)
    return see_other("supplier:application", number)


@door(public=True, methods=("GET",))
def document(request: Request, number: str, pk: int) -> HttpResponse:
    """A document of the own application: its owner has no organisation yet that it could belong to."""
    who = found_or_404(_applicant(request))
    it: Application = found_or_404(_own(number, who))
    file = found_or_404(next((file for file in it.documents.all() if file.pk == pk), None))
    return cast(HttpResponse, files.serve(file))


def _own(number: str, who: Actor) -> Application | None:
    """The person's own application; a regulator reads those of others in its own portal."""
    it = queries.application(number, seen_by=who)
    return it if it is not None and it.applicant_id == who.user_id else None


def _verbs(it: Application, who: Actor) -> set[str]:
    return {move.verb for move in states.application.open_to(it, who)}
