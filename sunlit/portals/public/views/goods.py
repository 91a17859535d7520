"""Searching goods: words, filters, order and page stand in the address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Category
from sunlit.domain.catalog.queries import Card, FacetList, SearchRequest, Wider
from sunlit.foundation.accounts import queries as accounts
from sunlit.portals.doors import Request, door, found_or_404
from sunlit.portals.public.naming import crumbs, unit_in_words
from sunlit.portals.ui.addresses import address
from sunlit.portals.ui.context import ledger_status
from sunlit.portals.ui.filters import lang, yuan
from sunlit.portals.ui.queries import query

SUGGESTIONS = 8
DAYS_KEPT = 1_024


@door(public=True, methods=("GET",))
def search(request: Request) -> HttpResponse:
    """Everything is in the address: words, filters, order, the last card of the page before; only a buyer's own place need not be."""
    asked, own = _asked(request)
    page = catalog.search(asked, at=request.now)
    category = catalog.category(asked.category) if asked.category else None
    here = query(request.get_full_path())
    lists = {each.name: each for each in page.facets}
    facets = [each for each in page.facets if each.name not in ("category", "region")]
    context = {
        "asked": asked,
        "page": page,
        "category": category,
        "crumbs": crumbs(category, with_last=False),
        "here_path": here,
        "hits": [_hit(card) for card in page.cards],
        "branches": lists["category"].values if "category" in lists else [],
        "above": _above(category),
        "facets": [{"name": each.name, "label": each.label, "options": each.values} for each in facets],
        "chosen": list(_chosen(asked, page.facets, here, own)),
        "places": lists["region"].values if "region" in lists else [],
        "own": own,
        "kept": [(name, value) for name, values in request.GET.lists() for value in values if name not in REPLACED],
        "sorts": list(catalog.SORTS.items()),
        "price_wrong": any(request.GET.get(name) and getattr(asked, name) is None for name in ("price_from", "price_to")),
        "given": request.GET,
        "behind": catalog.behind(sealed.size) if (sealed := ledger_status()) else 0,
        "later": query(here, after=page.after) if page.after else None,
        **(_help(asked, here) if page.ready and not page.total else {}),
    }
    return render(request, "public/search.html", context)


@door(public=True, methods=("GET",))
def suggest(request: Request) -> HttpResponse:
    """A fragment: what somebody who begins to type may mean."""
    found = catalog.suggest(request.GET.get("q", ""), limit=SUGGESTIONS)
    answer = render(request, "public/suggest.html", {"suggestions": found})
    answer["Cache-Control"] = "private, max-age=30"
    return answer


@door(public=True, methods=("GET",))
def why(request: Request) -> HttpResponse:
    """A fragment: why a product stands where it stands; without scripts a small page."""
    told = found_or_404(catalog.reasons(request.GET.get("p", "").strip(), request.GET.get("q", "").strip(), at=request.now))
    return render(request, "public/why.html" if request.htmx else "public/why_page.html", {"told": told})


REPLACED = frozenset({"price_from", "price_to", "region", "after"})  # what the form beside the facets sets itself


def _asked(request: Request) -> tuple[SearchRequest, str]:
    """The request of the address; a buyer who names no place means the own one, whose code comes second ("" where it does not hold)."""
    asked = catalog.request_of(request.GET)
    if request.actor.kind != "buyer" or "region" in request.GET:
        return asked, ""
    own = request.actor.region_path.rpartition("/")[2]
    return replace(asked, region=own), own


@dataclass(frozen=True, slots=True)
class Hit:
    """What the page shows of a product and its offers: equal ones look alike, so that a page draws no card twice."""

    key: str
    name: str
    brand: str
    model: str
    category: str
    params: tuple[str, ...]
    price: Decimal | None
    unit: str
    image: str
    supplier: str
    suppliers: int
    low: Decimal | None
    high: Decimal | None
    whole: bool
    in_stock: bool
    delivery: str
    tags: tuple[str, ...]


def _hit(card: Card) -> Hit:
    it, best = card.product, card.best
    return Hit(
        key=it.number,
        name=lang(it),
        brand=lang(it.brand),
        model=it.model,
        category=it.category.code,
        params=tuple(card.keys),
        price=best.price if best else None,
        unit=unit_in_words(it.unit, it.category),
        image=f"{address('file', it.image_id)}?size=medium" if it.image_id else "",
        supplier=lang(best) if best and card.suppliers == 1 else "",
        suppliers=card.suppliers,
        low=card.low,
        high=card.high,
        whole=card.whole,
        in_stock=bool(best and best.stock),
        delivery=_days(best.days) if best else "",
        tags=tuple(card.tags),
    )


def _days(days: int) -> str:
    return _days_in(get_language(), days)


@lru_cache(maxsize=DAYS_KEPT)
def _days_in(_language: str | None, days: int) -> str:
    return ngettext("%(num)s day", "%(num)s days", days) % {"num": days}


def _above(category: Category | None) -> str | None:
    """The code of the level above, "" for all goods, None at the top."""
    if category is None:
        return None
    line = catalog.tree().line(category.code)
    return line[-2].code if len(line) > 1 else ""


def _chosen(asked: SearchRequest, facets: Iterable[FacetList], here: str, own: str) -> Iterator[tuple[str, str]]:
    """What narrows the search, each with the address that takes it away."""
    for facet in facets:
        taken = [each for each in facet.values if each.chosen and facet.name not in ("category", "region")]
        for each in taken:
            yield each.label, query(here, **{facet.name: [other.value for other in taken if other is not each]})
    if asked.region:
        place = _place(asked.region)
        told = _("delivered to your place, %(region)s") if own else _("delivered to %(region)s")
        yield told % {"region": place}, query(here, region=catalog.ANYWHERE if own else None)
    if asked.price_from is not None:
        yield _("from %(price)s") % {"price": yuan(asked.price_from)}, query(here, price_from=None)
    if asked.price_to is not None:
        yield _("up to %(price)s") % {"price": yuan(asked.price_to)}, query(here, price_to=None)


def _place(code: str) -> str:
    region = accounts.region(code)
    return lang(region) if region else code


def _help(asked: SearchRequest, here: str) -> dict[str, Any]:
    """Ways on from an empty page: with one choice less, and what may have been meant."""
    ways = [(_given_up(each, asked), query(here, **_taken_away(each)), each.count) for each in catalog.wider(asked)]
    return {"ways": ways, "suggestions": catalog.suggest(asked.q[:2], limit=SUGGESTIONS) if asked.q else []}


def _taken_away(way: Wider) -> dict[str, str | None]:
    if way.name == "category":
        return {"category": way.request.category}
    return {way.name: catalog.ANYWHERE if way.name == "region" else None}


def _given_up(way: Wider, asked: SearchRequest) -> str:
    """What is given up on this way, in words."""
    match way.name:
        case "category":
            found = catalog.category(way.request.category)
            return _("in all of “%(category)s”") % {"category": lang(found) if found else way.request.category}
        case "region":
            return _("delivered anywhere, not only to %(region)s") % {"region": _place(asked.region)}
        case "q":
            return _("with your filters, without the words “%(words)s”") % {"words": asked.q}
        case "brand" | "band" | "price_from" | "price_to" | "days" | "stock" | "tag" | "supplier":
            return _("without the choice of %(filter)s") % {"filter": _WITHOUT[way.name]}
    return _("without the choice of %(filter)s") % {"filter": _("a parameter")}


_WITHOUT = {
    "brand": gettext_lazy("brand"),
    "supplier": gettext_lazy("supplier"),
    "tag": gettext_lazy("policy"),
    "band": gettext_lazy("price"),
    "price_from": gettext_lazy("lowest price"),
    "price_to": gettext_lazy("highest price"),
    "days": gettext_lazy("delivery time"),
    "stock": gettext_lazy("stock"),
}
