"""Suppliers of the region: how they stand, suspended with reason and term, and reinstated."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.market import queries as market
from sunlit.domain.registry import queries, services, states
from sunlit.domain.registry.models import Supplier
from sunlit.domain.registry.rules import TERM_PAST
from sunlit.domain.rulebook.rules import Ruling
from sunlit.domain.rulebook.rules.facts import INDUSTRIES
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel import regions
from sunlit.foundation.kernel.clock import end_of_day, local_day
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell


@door(kind="regulator", methods=("GET",))
def suppliers(request: Request) -> HttpResponse:
    asked: dict[str, Any] = {name: request.GET.get(name, "").strip()[:100] for name in ("q", "standing")}
    page = queries.suppliers_page(seen_by=request.actor, region_path=request.actor.region_path, **asked, after=request.GET.get("after", ""))
    on_sale = catalog.listed_counts(supplier.organisation_id for supplier in page.suppliers)
    context = {"page": page, "asked": asked, "on_sale": on_sale, "states": states.supplier.states}
    return render(request, "regulator/suppliers.html", context)


@door(kind="regulator")
def supplier(request: Request, number: str) -> HttpResponse:
    it: Supplier = found_or_404(_in_region(request, number))

    def act() -> HttpResponse:
        reason, stale = request.POST.get("reason", ""), expected(request)
        if request.POST.get("verb") == "suspend":
            services.suspend(it, until=_until(request), reason=reason, by=request.actor, at=request.now, expected=stale)
        else:
            services.reinstate(it, reason=reason, by=request.actor, at=request.now, expected=stale)
        tell(request, _("Done: %(name)s") % {"name": it.organisation.name_zh})
        return see_other("regulator:supplier", number)

    size, years = queries.size_of(it), queries.figures_years(it.region_path, on=local_day(request.now))
    context = {
        "it": it,
        "people": accounts.people_of(it.organisation_id),
        "offers": catalog.counts_of(it.organisation_id),
        "open_orders": market.open_orders_of_supplier(it.organisation_id),
        "rating": queries.rating_of(it),
        "declarations": [(each, queries.declaration_template(each)) for each in queries.declarations_of(it)],
        "size": size,
        "rulings": [Ruling.from_json(told) for told in size.rulings] if size else [],
        "counts_until": queries.figures_count_until(size.year, years=years) if size else None,
        "industries": INDUSTRIES,
        "categories": [(code, catalog.category(code)) for code in it.category_codes],
        "moves": {move.verb for move in states.supplier.open_to(it, request.actor)},
        "history": history_of(f"supplier/{it.number}"),
        "now": request.now,
    }
    return form_page(request, "regulator/supplier.html", context, act)


def _in_region(request: Request, number: str) -> Supplier | None:
    it = queries.supplier(number)
    return it if it is not None and regions.is_under(it.region_path, request.actor.region_path) else None


def _until(request: Request) -> datetime:
    """The suspension lasts to the end of the day that was chosen."""
    try:
        return end_of_day(date.fromisoformat(request.POST.get("until", "").strip()))
    except (ValueError, OverflowError):
        raise Refused(Problem(TERM_PAST, on="until")) from None
