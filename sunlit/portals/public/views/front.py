"""The first page, what the platform is, and the way into the goods by category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Category
from sunlit.domain.disclosure import queries as disclosure
from sunlit.domain.insight import queries as insight
from sunlit.domain.insight.queries import Month
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.ledger import publishing
from sunlit.portals.doors import Request, door
from sunlit.portals.ui.context import ledger_status
from sunlit.portals.ui.filters import lang

LATEST = 7
SHELF_DEPTH = 3  # goods → equipment → information equipment
SITEMAP_DEALS = 500
ROOT_DIGITS = 16


@dataclass(frozen=True)
class Shelf:
    """One branch of the tree as people enter it, with the categories in which goods are found."""

    category: Category
    leaves: list[Category]


@door(public=True, methods=("GET",))
def home(request: Request) -> HttpResponse:
    """Search first; then what is happening here, in figures that anybody can check."""
    months = insight.months(at=request.now)
    context = {**_now(), "shelves": shelves(), "months": months, "chart": _chart(months), "ledger": ledger_status(), "root": _root()}
    return render(request, "public/home.html", context)


@door(public=True, methods=("GET",))
def now(request: Request) -> HttpResponse:
    """The counters and the latest deals alone: asked for again when a deal was published."""
    return render(request, "public/now.html", _now())


@door(public=True, methods=("GET",))
def categories(request: Request) -> HttpResponse:
    tree = catalog.tree()
    halls = [(top, [shelf for shelf in shelves() if shelf.category.path.startswith(top.path)]) for top in tree.in_use_under("")]
    return render(request, "public/categories.html", {"halls": halls})


@door(public=True, methods=("GET",))
def policy(request: Request) -> HttpResponse:
    """What goes to small and medium enterprises and what is green, by month, year and region: anybody can add it up from the deals."""
    region = accounts.region(request.GET.get("region", "").strip()[:ROOT_DIGITS])
    path = region.path if region else ""
    years = insight.policy_years(region_path=path)
    year = request.GET.get("year", "")
    year = year if year in years else next(iter(years), str(request.now.year))
    months = insight.policy_months(year=year, region_path=path)
    below = insight.policy_regions(year=year, region_path=path)
    known, here = {each.path: each for each in accounts.regions()}, reverse("policy")
    context = {
        "year": year,
        "figures": years.get(year, insight.PolicyFigures()),
        "years": years,
        "by_year": [
            (each, f"{here}?{urlencode({'region': region.code if region else '', 'year': each})}", it) for each, it in years.items()
        ],
        "months": [(month, "", it) for month, it in reversed(months.items())],
        "chart": _policy_chart(months),
        "below": [
            (lang(known[each]), f"{here}?{urlencode({'region': known[each].code, 'year': year})}", it)
            for each, it in below.items()
            if each != path
        ],
        "places": [(each.code, lang(each)) for each in accounts.regions()],
        "region": region.code if region else "",
    }
    return render(request, "public/policy.html", context)


def _policy_chart(months: Mapping[str, insight.PolicyFigures]) -> dict[str, Any]:
    """Shares in per cent; of a month of which nothing is known none is drawn."""
    shares = {
        _("Small and medium enterprises"): [it.sme_share for it in months.values()],
        _("Energy-saving or environmental"): [it.green_share for it in months.values()],
    }
    series = [{"name": name, "values": [None if it is None else float(it) for it in values]} for name, values in shares.items()]
    return {"labels": list(months), "series": series, "unit": "%"}


@door(public=True, methods=("GET",))
def about(request: Request) -> HttpResponse:
    return render(request, "public/about.html", {"address": request.build_absolute_uri("/")})


@door(public=True, methods=("GET",))
def robots(request: Request) -> HttpResponse:
    """Goods and deals may be found by everybody; desks, forms and the endless combinations of filters need not be."""
    closed = ("/account/", "/buyer/", "/supplier/", "/regulator/", "/operator/", "/api/", "/search/", "/suggest/", "/compare/", "/ui/")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed), f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@door(public=True, methods=("GET",))
def sitemap(request: Request) -> HttpResponse:
    places = [reverse(name) for name in ("home", "categories", "intentions", "plans", "deals", "verify", "about")]
    places += [reverse("deal", args=[deal.number]) for deal in disclosure.latest(SITEMAP_DEALS)]
    addresses = [request.build_absolute_uri(place) for place in places]
    return render(request, "public/sitemap.xml", {"addresses": addresses}, content_type="application/xml; charset=utf-8")


_shelves: tuple[catalog.Tree | None, list[Shelf]] = (None, [])


def shelves() -> list[Shelf]:
    """The branches that people enter by; worked out once for each reading of the tree."""
    global _shelves
    tree = catalog.tree()
    if _shelves[0] is not tree:
        _shelves = (tree, [_shelf(tree, branch) for branch in _branches(tree, "", SHELF_DEPTH)])
    return _shelves[1]


def _branches(tree: catalog.Tree, code: str, depth: int) -> list[Category]:
    found: list[Category] = []
    for category in tree.in_use_under(code):
        below = [] if depth == 1 else _branches(tree, category.code, depth - 1)
        found.extend(below or [category])
    return found


def _shelf(tree: catalog.Tree, branch: Category) -> Shelf:
    return Shelf(branch, [category for category in tree.below(branch.code) if category.in_use])


def _now() -> dict[str, Any]:
    return {"figures": insight.headline(), "latest": disclosure.latest(LATEST)}


def _chart(months: list[Month]) -> dict[str, Any]:
    values: list[Decimal] = [month.amount for month in months]
    return {"labels": [month.month for month in months], "series": [{"name": "", "values": values}], "unit": "¥"}


def _root() -> str:
    """The beginning of the root hash that the world sees."""
    seen = publishing.published(publishing.folder())
    return seen.root.hex()[:ROOT_DIGITS] if seen else ""
