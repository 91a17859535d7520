"""The buyer's orders, from approval to rating."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.contracts import queries as papers
from sunlit.domain.contracts import services as contracts
from sunlit.domain.market import queries, services
from sunlit.domain.market.rules.orders import QUANTITY_WRONG
from sunlit.domain.market.states import orders as states
from sunlit.domain.rulebook.rules.templates import Form, form
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import NAME_CHARS, PHOTOS_A_SHEET, QUANTITY_MOST
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.portals.buyer import reading
from sunlit.portals.buyer.reading import ORDERERS
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.filling import typed, wants_a_row
from sunlit.portals.ui.orders import Verb, expected, order_page, plain, reasoned
from sunlit.portals.ui.toasts import tell


@door(kind="buyer", methods=("GET",))
def orders(request: Request) -> HttpResponse:
    asked: dict[str, Any] = {name: request.GET.get(name, "").strip() for name in ("group", "state", "q")}
    page = queries.orders(seen_by=request.actor, **asked, after=reading.after(request))
    context = {"page": page, "counts": queries.counts(seen_by=request.actor), "asked": asked, "states": states.order.states}
    return render(request, "buyer/orders.html", context)


@door(kind="buyer", methods=("GET",))
def order(request: Request, number: str) -> HttpResponse:
    return render(request, "buyer/order.html", order_page(request, number))


VERBS: dict[str, Verb] = {
    "approve": plain(services.approve),
    "disapprove": reasoned(services.disapprove),
    "withdraw": reasoned(services.withdraw),
    "ask_cancel": reasoned(services.ask_cancel),
    "receive": plain(services.receive),
    "ask_return": reasoned(contracts.ask_return),
    "ask_exchange": reasoned(contracts.ask_exchange),
    "request_payment": plain(contracts.request_payment),
}


@door(kind="buyer", methods=("POST",))
def act_on_order(request: Request, number: str) -> HttpResponse:
    """One verb on one order. What the table does not know does not exist."""
    name = request.POST.get("verb", "")
    verb = found_or_404(VERBS.get(name))
    it = found_or_404(queries.order(number, seen_by=request.actor))
    try:
        verb(request, it)
    except Refused as refused:
        problems = [Problem(it.reason, it.params) for it in refused.problems]  # the window with its field is closed again
        context = order_page(request, number) | {"problems": problems}
        return render(request, "buyer/order.html", context, status=refused.status)
    tell(request, _("Done: %(verb)s, %(number)s") % {"verb": states.order.moves[name].label, "number": number})
    return see_other("buyer:acceptance" if name == "receive" else "buyer:order", number)


@door(kind="buyer", roles=("receiver", "lead"))
def acceptance(request: Request, number: str) -> HttpResponse:
    """The acceptance sheet: line by line, with photos; then accept or reject."""
    context = order_page(request, number)
    if request.method != "POST" and "accept" not in context["verbs"]:
        return see_other("buyer:order", number)
    asked = papers.acceptance_forms(context["lines"])
    forms = {each.template.id: typed(request, each.template, each.prefix) for each in asked} if request.method == "POST" else {}
    context["forms"] = [(each.positions, _sheet_form(request, each, forms)) for each in asked]
    if wants_a_row(request):
        return render(request, "buyer/acceptance.html", {**context, "problems": (), "given": request.POST})

    def act() -> HttpResponse:
        it, accepting = context["order"], request.POST.get("verb") == "accept"
        given: dict[str, Any] = {
            "items": _items(request, context["lines"]),
            "forms": forms,
            "photos": _photos(request),
            "by": request.actor,
            "at": request.now,
            "expected": expected(request),
        }
        if accepting:
            contracts.accept(it, remark=request.POST.get("remark", ""), **given)
        else:
            contracts.reject(it, reason=request.POST.get("remark", ""), **given)
        tell(request, _("The acceptance sheet of order %(number)s was kept.") % {"number": number})
        return see_other("buyer:order", number)

    return form_page(request, "buyer/acceptance.html", context, act)


def _sheet_form(request: Request, asked: papers.SheetForm, forms: Mapping[int, Any]) -> Form:
    """What was typed; at first who inspects, and today."""
    begun = {
        "members": [{"name": request.actor.user_name, "unit": request.actor.organisation_name}],
        "day": local_day(request.now).isoformat(),
    }
    known = {field.key for field in asked.template.fields}
    told = forms.get(asked.template.id) or {key: value for key, value in begun.items() if key in known}
    return form(asked.template, told, prefix=asked.prefix, more=wants_a_row(request))


def _items(request: Request, lines: list[Any]) -> list[dict[str, Any]]:
    problems = [
        Problem(QUANTITY_WRONG, {"most": QUANTITY_MOST}, f"quantity_{line.position}")
        for line in lines
        if not reading.is_key(request.POST.get(f"quantity_{line.position}", "").strip())
    ]
    check(problems)
    return [
        {
            "position": line.position,
            "quantity": int(request.POST[f"quantity_{line.position}"]),
            "conforms": request.POST.get(f"conforms_{line.position}") == "yes",
            "remark": request.POST.get(f"remark_{line.position}", "").strip()[:NAME_CHARS],
        }
        for line in lines
    ]


def _photos(request: Request) -> list[File]:
    """The evidence, kept; whatever is wrong with a picture is told at the field."""
    kept: list[File] = []
    problems: list[Problem] = []
    for upload in request.FILES.getlist("photos")[: PHOTOS_A_SHEET + 1]:
        try:
            kept.append(files.keep(upload, purpose="image", owner=request.actor.party, by=request.actor, at=request.now))
        except Refused as refused:
            problems += (Problem(it.reason, it.params, "photos") for it in refused.problems)
    check(problems)
    return kept


@door(kind="buyer", roles=ORDERERS)
def rate(request: Request, number: str) -> HttpResponse:
    """Rate the supplier by the fixed criteria."""
    context = order_page(request, number)
    if request.method != "POST" and "rate" not in context["verbs"]:
        return see_other("buyer:order", number)

    def act() -> HttpResponse:
        stars = {name: reading.picked(request, name) for name in ("quality", "delivery", "service")}
        comment = request.POST.get("comment", "")
        contracts.rate(context["order"], **stars, comment=comment, by=request.actor, at=request.now, expected=expected(request))
        tell(request, _("Thank you. Your rating is public."))
        return see_other("buyer:order", number)

    return form_page(request, "buyer/rate.html", context, act)
