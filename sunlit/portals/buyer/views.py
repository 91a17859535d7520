"""The buyer's desk: what waits, the cart, orders from checkout to rating, and the budget they live on."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Product
from sunlit.domain.contracts import services as contracts
from sunlit.domain.market import queries, services, states
from sunlit.domain.market.models import Order
from sunlit.domain.market.rules import QUANTITY_WRONG
from sunlit.domain.planning import queries as planning
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import CART_LINES, NAME_CHARS, PAGE_ROWS, PHOTOS_A_SHEET, QUANTITY_MOST
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.filters import lang, yuan
from sunlit.portals.ui.orders import expected, order_page
from sunlit.portals.ui.toasts import tell

ORDERERS = ("orderer", "lead")


@door(kind="buyer", methods=("GET",))
def desk(request: Request) -> HttpResponse:
    """What waits for me, by its deadline; the budget; the latest orders."""
    actor = request.actor
    year = local_day(request.now).year
    context = {
        "tasks": queries.desk_of(actor),
        "counts": queries.counts(seen_by=actor),
        "budget": planning.sums(seen_by=actor, year=year),
        "latest": queries.orders(seen_by=actor, rows=8).orders,
        "in_cart": queries.cart_count(actor),
        "now": request.now,
        "year": year,
    }
    return render(request, "buyer/desk.html", context)


# The cart and the checkout


@door(kind="buyer", roles=ORDERERS, methods=("GET",))
def cart(request: Request) -> HttpResponse:
    return render(request, "buyer/cart.html", _cart_page(request))


def _cart_page(request: Request, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    return {"cart": queries.cart(request.actor), "problems": problems, "most": QUANTITY_MOST}


@door(kind="buyer", roles=ORDERERS, methods=("POST",))
def add_to_cart(request: Request) -> HttpResponse:
    """Put an offer into the cart and go on: to the cart, or back to where the person was."""
    offer = found_or_404(catalog.offer(request.POST.get("offer", ""), seen_by=request.actor))
    services.add_to_cart(offer, quantity=_quantity(request.POST.get("quantity", "1")), by=request.actor, at=request.now)
    tell(request, _("“%(title)s” lies in the cart.") % {"title": offer.title})
    return see_other("buyer:cart")


@door(kind="buyer", roles=ORDERERS, methods=("POST",))
def change_cart(request: Request) -> HttpResponse:
    """Set the quantity of a line, or take it out."""
    line = _picked(request, "line")
    if "remove" in request.POST:
        services.remove_line(line, by=request.actor)
        return see_other("buyer:cart")
    try:
        services.set_quantity(line, quantity=_quantity(request.POST.get("quantity", "")), by=request.actor)
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
    chosen = [int(text) for text in (request.POST or request.GET).getlist("line") if _is_key(text)][:CART_LINES]
    page = queries.cart(actor, line_ids=chosen)
    if request.method == "GET" and not page.groups:
        tell(request, _("Choose at least one line."), "now")
        return see_other("buyer:cart")
    buyer = Organisation.objects.select_related("region").get(pk=actor.party)

    def act() -> HttpResponse:
        picked: dict[str, Any] = {f"{name}_id": _picked(request, name) for name in ("quota", "address", "title")}
        texts: dict[str, Any] = {name: request.POST.get(name, "") for name in ("purpose", "note")}
        orders = services.checkout(key=request.POST.get("key", "")[:64], line_ids=chosen, **picked, **texts, by=actor, at=request.now)
        tell(request, ngettext("%(num)s order was placed.", "%(num)s orders were placed.", len(orders)) % {"num": len(orders)})
        return HttpResponseRedirect(reverse("buyer:order", args=[orders[0].number]) if len(orders) == 1 else reverse("buyer:orders"))

    return form_page(request, "buyer/checkout.html", {"cart": page, "chosen": chosen, **_checkout_page(request, buyer, page)}, act)


def _checkout_page(request: Request, buyer: Organisation, page: queries.CartPage) -> dict[str, Any]:
    """What can be chosen, what is chosen (else the first), and what the rulebook says."""
    free = gettext_lazy("%(sum)s free")
    quotas = planning.quotas_of(buyer.pk, local_day(request.now).year)
    limit = queries.approval_limit(buyer, at=request.now)
    options = {
        "quotas": [(str(it.pk), f"{it.number} {it.name} · {free % {'sum': yuan(it.available)}}") for it in quotas],
        "addresses": [(str(it.pk), f"{it.receiver} {it.phone} · {lang(it.region)} {it.text}") for it in accounts.addresses_of(buyer.pk)],
        "titles": [(str(it.pk), f"{it.title} · {it.tax_number}") for it in accounts.invoice_titles_of(buyer.pk)],
    }
    fields = {"quota": "quotas", "address": "addresses", "title": "titles"}
    return {
        **options,
        "picked": {name: request.POST.get(name) or next((key for key, _text in options[of]), "") for name, of in fields.items()},
        "asked": queries.rulings_before(page, buyer=buyer, at=request.now),
        "key": request.POST.get("key") or secrets.token_urlsafe(18),
        "limit": limit,
        "over": any(group.total > limit for group in page.groups),
    }


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _picked(request: Request, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if _is_key(text) else 0


def _quantity(text: str) -> int:
    if not _is_key(text.strip()):
        raise Refused(Problem(QUANTITY_WRONG, {"most": QUANTITY_MOST}, on="quantity"))
    return int(text)


def _back(request: Request) -> str:
    chosen = request.POST.getlist("line")
    query = "&".join(f"line={line}" for line in chosen if _is_key(line))
    return f"{reverse('buyer:checkout')}?{query}" if query else reverse("buyer:cart")


# Orders


@door(kind="buyer", methods=("GET",))
def orders(request: Request) -> HttpResponse:
    asked: dict[str, Any] = {name: request.GET.get(name, "").strip() for name in ("group", "state", "q")}
    page = queries.orders(seen_by=request.actor, **asked, after=_after(request))
    context = {"page": page, "counts": queries.counts(seen_by=request.actor), "asked": asked, "states": states.order.states}
    return render(request, "buyer/orders.html", context)


@door(kind="buyer", methods=("GET",))
def order(request: Request, number: str) -> HttpResponse:
    return render(request, "buyer/order.html", order_page(request, number))


Verb = Callable[[Request, Order], Any]


def _plain(service: Callable[..., Any]) -> Verb:
    return lambda request, it: service(it, by=request.actor, at=request.now, expected=expected(request))


def _reasoned(service: Callable[..., Any]) -> Verb:
    return lambda request, it: service(
        it, reason=request.POST.get("reason", ""), by=request.actor, at=request.now, expected=expected(request)
    )


VERBS: dict[str, Verb] = {
    "approve": _plain(services.approve),
    "disapprove": _reasoned(services.disapprove),
    "withdraw": _reasoned(services.withdraw),
    "ask_cancel": _reasoned(services.ask_cancel),
    "receive": _plain(services.receive),
    "ask_return": _reasoned(contracts.ask_return),
    "ask_exchange": _reasoned(contracts.ask_exchange),
    "request_payment": _plain(contracts.request_payment),
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

    def act() -> HttpResponse:
        it, accepting = context["order"], request.POST.get("verb") == "accept"
        given: dict[str, Any] = {
            "items": _items(request, context["lines"]),
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


def _items(request: Request, lines: list[Any]) -> list[dict[str, Any]]:
    problems = [
        Problem(QUANTITY_WRONG, {"most": QUANTITY_MOST}, f"quantity_{line.position}")
        for line in lines
        if not _is_key(request.POST.get(f"quantity_{line.position}", "").strip())
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
        stars = {name: _picked(request, name) for name in ("quality", "delivery", "service")}
        comment = request.POST.get("comment", "")
        contracts.rate(context["order"], **stars, comment=comment, by=request.actor, at=request.now, expected=expected(request))
        tell(request, _("Thank you. Your rating is public."))
        return see_other("buyer:order", number)

    return form_page(request, "buyer/rate.html", context, act)


# Budget, suppliers, favourites


@door(kind="buyer", methods=("GET",))
def budget(request: Request) -> HttpResponse:
    year = local_day(request.now).year
    wanted = request.GET.get("year", "")
    year = int(wanted) if re.fullmatch(r"20[0-9]{2}", wanted) else year
    context = {
        "quotas": planning.quotas_of(request.actor.party, year),
        "sums": planning.sums(seen_by=request.actor, year=year),
        "year": year,
    }
    return render(request, "buyer/budget.html", context)


@door(kind="buyer", methods=("GET",))
def quota(request: Request, number: str) -> HttpResponse:
    it = found_or_404(planning.quota(number, seen_by=request.actor))
    holds = planning.holds_of(it, before=_after(request), rows=PAGE_ROWS + 1)
    after = str(holds[PAGE_ROWS - 1].pk) if len(holds) > PAGE_ROWS else ""
    context = {"quota": it, "holds": holds[:PAGE_ROWS], "after": after, "changes": planning.changes_of(it)}
    return render(request, "buyer/quota.html", context)


def _after(request: Request) -> int | None:
    """The key that the page before ended with."""
    text = request.GET.get("after", "")
    return int(text) if _is_key(text) else None


@door(kind="buyer", methods=("GET",))
def suppliers(request: Request) -> HttpResponse:
    return render(request, "buyer/suppliers.html", {"suppliers": queries.suppliers_of(request.actor.party)})


@door(kind="buyer", methods=("GET",))
def favourites(request: Request) -> HttpResponse:
    return render(request, "buyer/favourites.html", {"favourites": queries.favourites(request.actor.party)})


@door(kind="buyer", methods=("POST",))
def keep(request: Request) -> HttpResponse:
    """Keep or drop a product or a supplier among the favourites."""
    drop = "drop" in request.POST
    if number := request.POST.get("product"):
        product = found_or_404(Product.objects.filter(number=number).first())
        _keep(request, drop, services.drop_product, services.keep_product, product)
    else:
        supplier = accounts.organisation(request.POST.get("supplier", ""))
        found_or_404(supplier if supplier and supplier.kind == "supplier" else None)
        _keep(request, drop, services.drop_supplier, services.keep_supplier, supplier)
    return see_other("buyer:favourites")


def _keep(request: Request, drop: bool, dropping: Callable[..., None], keeping: Callable[..., None], it: Any) -> None:
    if drop:
        dropping(it, by=request.actor)
    else:
        keeping(it, by=request.actor, at=request.now)
