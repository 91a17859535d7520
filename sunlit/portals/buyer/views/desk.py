"""The buyer's desk: what waits; its suppliers and favourites."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from sunlit.domain.catalog.models import Product
from sunlit.domain.market import queries, services
from sunlit.domain.planning import queries as planning
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel.clock import local_day
from sunlit.portals.buyer.waiting import waiting_for
from sunlit.portals.doors import Request, door, found_or_404, see_other


@door(kind="buyer", methods=("GET",))
def desk(request: Request) -> HttpResponse:
    """What waits for me, by its deadline; the budget; the latest orders."""
    actor = request.actor
    waiting = waiting_for(actor, at=request.now)
    year = local_day(request.now).year
    context = {
        "waiting": waiting,
        "counts": queries.counts(seen_by=actor),
        "budget": planning.sums(seen_by=actor, year=year),
        "latest": queries.orders(seen_by=actor, rows=8).orders,
        "in_cart": queries.cart_count(actor),
        "now": request.now,
        "year": year,
    }
    return render(request, "buyer/desk.html", context)


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
