"""Searching goods: words, filters, order and page stand in the address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Category
from sunlit.domain.catalog.queries import FacetList, SearchPage, SearchRequest
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.outbox.models import Cursor
from sunlit.portals.doors import Request, door
from sunlit.portals.public.naming import crumbs, unit_in_words
from sunlit.portals.ui.context import ledger_status
from sunlit.portals.ui.filters import lang, yuan
from sunlit.portals.ui.queries import query

SUGGESTIONS = 8


# Search


@door(public=True, methods=("GET",))
def search(request: Request) -> HttpResponse:
    """Everything is in the address: words, filters, order, page."""
    asked = catalog.request_of(request.GET)
    page = catalog.search(asked)
    category = catalog.category(asked.category) if asked.category else None
    here = query(request.get_full_path(), page=None)
    lists = {each.name: each for each in page.facets}
    context = {
        "asked": asked,
        "page": page,
        "category": category,
        "crumbs": crumbs(category, with_last=False),
        "here_path": here,
        "hits": [_card(hit) for hit in page.hits],
        "branches": lists["category"].values if "category" in lists else [],
        "above": _above(category),
        "facets": [{"name": each.name, "label": each.label, "options": each.values} for each in page.facets if each.name != "category"],
        "chosen": list(_chosen(asked, page.facets, here)),
        "regions": [(each.code, lang(each)) for each in accounts.regions()],
        "kept": [(name, value) for name, values in request.GET.lists() for value in values if name not in REPLACED],
        "sorts": list(catalog.SORTS.items()),
        "price_wrong": any(request.GET.get(name) and getattr(asked, name) is None for name in ("price_from", "price_to")),
        "given": request.GET,
        "behind": _behind(),
        **_neighbours(page, request.get_full_path()),
        "suggestions": catalog.suggest(asked.q[:2], limit=SUGGESTIONS) if asked.q and not page.total else [],
    }
    return render(request, "public/search.html", context)


@door(public=True, methods=("GET",))
def suggest(request: Request) -> HttpResponse:
    """A fragment: what somebody who begins to type may mean."""
    found = catalog.suggest(request.GET.get("q", ""), limit=SUGGESTIONS)
    answer = render(request, "public/suggest.html", {"suggestions": found})
    answer["Cache-Control"] = "private, max-age=30"
    return answer


REPLACED = frozenset({"price_from", "price_to", "region", "page"})  # what the form beside the facets sets itself


def _card(hit: dict[str, Any]) -> dict[str, Any]:
    """What the kit's product card shows of a hit."""
    english = _english()

    def named(name: str) -> str:
        return str(hit[f"{name}_en"] or hit[name]) if english else str(hit[name])

    return {
        "key": hit["product"],
        "name": named("name") if english else hit["title"],
        "brand": named("brand"),
        "model": hit["model"],
        "category": hit["category"],
        "price": Decimal(hit["price"]),
        "unit": unit_in_words(hit["unit"], catalog.category(hit["category"])),
        "was": None,
        "image": f"{reverse('file', args=[hit['image']])}?size=medium" if hit["image"] else "",
        "supplier": named("supplier_name"),
        "offers": 0,
        "delivery": ngettext("%(num)s day", "%(num)s days", hit["days"]) % {"num": hit["days"]},
        "tags": hit["tags"],
    }


def _english() -> bool:
    return (get_language() or "").startswith("en")


def _above(category: Category | None) -> str | None:
    """The code of the level above, "" for all goods, None at the top."""
    if category is None:
        return None
    line = catalog.tree().line(category.code)
    return line[-2].code if len(line) > 1 else ""


def _chosen(asked: SearchRequest, facets: Iterable[FacetList], here: str) -> Iterator[tuple[str, str]]:
    """What narrows the search, each with the address that takes it away."""
    for facet in facets:
        taken = [each for each in facet.values if each.chosen and facet.name != "category"]
        for each in taken:
            yield each.label, query(here, **{facet.name: [other.value for other in taken if other is not each]})
    if asked.region:
        region = accounts.region(asked.region)
        yield _("delivered to %(region)s") % {"region": lang(region) if region else asked.region}, query(here, region=None)
    if asked.price_from is not None:
        yield _("from %(price)s") % {"price": yuan(asked.price_from)}, query(here, price_from=None)
    if asked.price_to is not None:
        yield _("up to %(price)s") % {"price": yuan(asked.price_to)}, query(here, price_to=None)


def _neighbours(page: SearchPage, here: str) -> dict[str, str | None]:
    """The addresses of the pages before and after."""
    at = page.request.page
    return {
        "earlier": query(here, page=at - 1 if at > 2 else None) if at > 1 else None,
        "later": query(here, page=at + 1) if at < page.pages else None,
    }


def _behind() -> int:
    """How many sealed acts the index has not read yet."""
    sealed = ledger_status()
    after = Cursor.objects.filter(name="search").values_list("after", flat=True).first()
    return max(sealed.size - 1 - (-1 if after is None else after), 0) if sealed else 0
