"""The buyer's cart, and from it to the order."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.market import queries, services
from sunlit.domain.planning import queries as planning
from sunlit.domain.planning.models import Plan
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.limits import CART_LINES, QUANTITY_MOST
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.buyer import reading, terms
from sunlit.portals.buyer.reading import ORDERERS
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.filters import yuan
from sunlit.portals.ui.toasts import tell


@door(kind="buyer", roles=ORDERERS, methods=("GET",))
def cart(request: Request) -> HttpResponse:
    return render(request, "buyer/cart.html", _cart_page(request))


def _cart_page(request: Request, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    cart, plan = queries.cart(request.actor), queries.cart_plan(request.actor)
    usable = plan is not None and planning.is_for_orders(plan)
    return {
        "cart": cart,
        "problems": problems,
        "most": QUANTITY_MOST,
        "plan": plan,
        "usable": usable,
        "unplanned": {item.line.pk for item in cart.items if plan and not _covers(plan, item)} if usable else (),
    }


def _covers(plan: Plan, item: queries.CartItem) -> bool:
    """The plan names the category of the line, or one above it."""
    return not set(item.offer.product.category.path.split("/")).isdisjoint(it.category.code for it in plan.items.all())


@door(kind="buyer", roles=ORDERERS, methods=("POST",))
def add_to_cart(request: Request) -> HttpResponse:
    """Put an offer into the cart and go on: to the cart, or back to where the person was."""
    offer = found_or_404(catalog.offer(request.POST.get("offer", ""), seen_by=request.actor))
    direct = "direct" in request.POST
    services.add_to_cart(
        offer, quantity=reading.quantity(request.POST.get("quantity", "1")), direct=direct, by=request.actor, at=request.now
    )
    tell(request, _("“%(title)s” lies in the cart.") % {"title": offer.title})
    return see_other("buyer:cart")


@door(kind="buyer", roles=ORDERERS, methods=("POST",))
def change_cart(request: Request) -> HttpResponse:
    """Set the quantity of a line, let it be an ordinary purchase, or take it out."""
    line = reading.picked(request, "line")
    if "ordinary" in request.POST:
        services.buy_ordinarily(line, by=request.actor)
        return see_other("buyer:cart")
    if "remove" in request.POST:
        services.remove_line(line, by=request.actor)
        return see_other("buyer:cart")
    try:
        services.set_quantity(line, quantity=reading.quantity(request.POST.get("quantity", "")), by=request.actor)
    except Refused as refused:
        return render(request, "buyer/cart.html", _cart_page(request, refused.problems), status=refused.status)
    return see_other("buyer:cart")


@door(kind="buyer", roles=ORDERERS, methods=("POST",))
def accept_prices(request: Request) -> HttpResponse:
    """The person has seen the new prices that stood on the page."""
    seen = {int(name[5:]): _price(str(text)) for name, text in request.POST.items() if re.fullmatch(r"seen_[0-9]{1,18}", name)}
    services.accept_new_prices(seen, by=request.actor)
    return HttpResponseRedirect(_back(request))


def _price(text: str) -> Decimal:
    try:
        return money.yuan(text)
    except money.NotMoney:
        raise BadRequest("a price of the page was changed") from None


@door(kind="buyer", roles=ORDERERS)
def checkout(request: Request) -> HttpResponse:
    """Choose quota, address and invoice title for the chosen lines; see what the rulebook says; order."""
    actor = request.actor
    chosen = [int(text) for text in (request.POST or request.GET).getlist("line") if reading.is_key(text)][:CART_LINES]
    page = queries.cart(actor, line_ids=chosen)
    if request.method == "GET" and not page.groups:
        tell(request, _("Choose at least one line."), "now")
        return see_other("buyer:cart")
    buyer = Organisation.objects.select_related("region").get(pk=actor.party)

    def act() -> HttpResponse:
        texts: dict[str, Any] = {name: request.POST.get(name, "") for name in ("purpose", "note", "explanation", "plan")}
        orders = services.checkout(
            key=request.POST.get("key", "")[:64], line_ids=chosen, **terms.chosen(request), **texts, by=actor, at=request.now
        )
        tell(request, ngettext("%(num)s order was placed.", "%(num)s orders were placed.", len(orders)) % {"num": len(orders)})
        return HttpResponseRedirect(reverse("buyer:order", args=[orders[0].number]) if len(orders) == 1 else reverse("buyer:orders"))

    return form_page(request, "buyer/checkout.html", {"cart": page, "chosen": chosen, **_checkout_page(request, buyer, page)}, act)


def _checkout_page(request: Request, buyer: Organisation, page: queries.CartPage) -> dict[str, Any]:
    """What can be chosen, what is chosen (else the first), and what the rulebook says."""
    limit = queries.approval_limit(buyer, at=request.now)
    options = terms.choices(request)
    filled_for = queries.cart_plan(request.actor)
    plans = _plans(buyer, page, filled_for)
    plan = _plan_of(request, plans, filled_for)
    picked = terms.picked(request, options)
    if plan and "quota" not in request.POST:  # the plan's own money
        picked["quota"] = next((str(line.quota_id) for line in plan.lines.all() if line.left), picked["quota"])
    quota = int(picked["quota"]) if picked["quota"] in {key for key, _text in options["quotas"]} else None
    asked = queries.rulings_before(page, buyer=buyer, quota_id=quota, plan=plan, at=request.now)
    return {
        **options,
        "picked": picked | {"plan": plan.number if plan else ""},
        "plans": [(it.number, _told_plan(it)) for it in plans],
        "asked": asked,
        "explain": any(queries.asks_for_a_reason(ruling) for said in asked for ruling in said),
        "key": request.POST.get("key") or secrets.token_urlsafe(18),
        "limit": limit,
        "over": any(group.total > limit for group in page.groups),
    }


def _plans(buyer: Organisation, page: queries.CartPage, filled_for: Plan | None) -> list[Plan]:
    """The plans of the house with money left that the cart is filled for, or that name one of its categories."""
    found = planning.plans_for_orders(buyer.pk)
    return [it for it in found if it == filled_for or any(_covers(it, item) for item in page.items)]


def _plan_of(request: Request, plans: list[Plan], filled_for: Plan | None) -> Plan | None:
    """The plan that was chosen, or the one for which the cart was filled."""
    number = request.POST.get("plan", "") if request.method == "POST" else filled_for.number if filled_for else ""
    return next((it for it in plans if it.number == number), None)


def _told_plan(it: Plan) -> str:
    """A plan among the choices, with what is left of each of its quotas."""
    left = "；".join(f"{line.quota.number} {yuan(line.left)}" for line in it.lines.all())
    return f"{it.name} · {it.number} · {left}"


def _back(request: Request) -> str:
    chosen = request.POST.getlist("line")
    query = "&".join(f"line={line}" for line in chosen if reading.is_key(line))
    return f"{reverse('buyer:checkout')}?{query}" if query else reverse("buyer:cart")
