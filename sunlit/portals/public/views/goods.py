"""Goods: searching them, the page of one, and several compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Category, Offer, PolicyTag
from sunlit.domain.catalog.queries import FacetList, ProductPage, SearchPage, SearchRequest
from sunlit.domain.contracts import queries as contracts
from sunlit.domain.disclosure import queries as disclosure
from sunlit.domain.market import queries as market
from sunlit.domain.rulebook.rules import Ruling
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import COMPARE_PRODUCTS, QUANTITY_MOST
from sunlit.foundation.outbox.models import Cursor
from sunlit.portals.doors import Request, door, found_or_404
from sunlit.portals.ui.context import ledger_status
from sunlit.portals.ui.filters import lang, yuan
from sunlit.portals.ui.queries import query

SUGGESTIONS = 8
DEALS = 8
SERIES = 6  # lines that the chart tells apart; its table has all
ORDERERS = ("orderer", "lead")
REGIONS_TOLD = 3


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
        "crumbs": _crumbs(category, with_last=False),
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
        "unit": _unit(hit["unit"], catalog.category(hit["category"])),
        "was": None,
        "image": f"{reverse('file', args=[hit['image']])}?size=medium" if hit["image"] else "",
        "supplier": named("supplier_name"),
        "offers": 0,
        "delivery": ngettext("%(num)s day", "%(num)s days", hit["days"]) % {"num": hit["days"]},
        "tags": hit["tags"],
    }


def _unit(unit: str, category: Category | None) -> str:
    """The unit in the reader's language, where the category knows its own."""
    return category.unit_en if category and unit == category.unit and category.unit_en and _english() else unit


def _english() -> bool:
    return (get_language() or "").startswith("en")


def _crumbs(category: Category | None, *, with_last: bool) -> list[tuple[str, str]]:
    line = catalog.tree().line(category.code) if category else []
    shown = line if with_last else line[:-1]
    return [(lang(step), f"{reverse('search')}?{urlencode({'category': step.code})}") for step in shown]


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


# One product


@dataclass(frozen=True)
class Row:
    """One supplier's offer beside the others: its tags still in force, how buyers rate it, and how far it is above the cheapest."""

    offer: Offer
    standing: str
    stars: Decimal | None
    ratings: int
    regions: str
    most: int
    tags: list[PolicyTag]
    above: Decimal


@dataclass(frozen=True)
class Picture:
    """The addresses of one picture in three sizes."""

    small: str
    medium: str
    full: str


@door(public=True, methods=("GET",))
def product(request: Request, number: str) -> HttpResponse:
    """All suppliers of one product side by side."""
    page: ProductPage = found_or_404(catalog.product(number, at=request.now))
    it, rows = page.product, _rows(page.offers, local_day(request.now))
    specs = [spec for group in page.specs for spec in group.specs]
    context = {
        "product": it,
        "unit": _unit(it.unit, it.category),
        "crumbs": [*_crumbs(it.category, with_last=True), (it.number, "")],
        "pictures": _pictures(page),
        "rows": rows,
        "tags": sorted({tag.tag for row in rows for tag in row.tags}),
        "median": page.median,
        "reference": page.reference,
        "references": page.references,
        "keys": [(spec.name, spec.value) for spec in specs if spec.is_key and spec.value][:8],
        "groups": [(group.name or _("Further parameters"), [(spec.name, spec.value) for spec in group.specs]) for group in page.specs],
        "chart": _chart(page),
        "changes": _changes(page),
        "deals": _deals(it.number),
        "rulings": [(lang(row.offer.supplier), Ruling.from_json(told)) for row in rows for told in row.offer.rulings],
        "buys": request.actor.kind == "buyer" and request.actor.has(*ORDERERS),
        "kept": _is_kept(request, it.pk),
    }
    return render(request, "public/product.html", context)


def _rows(offers: Sequence[Offer], day: date) -> list[Row]:
    """The offers as given, the cheapest first. One query for the ratings of all suppliers."""
    ratings = contracts.ratings_of_suppliers([offer.supplier_id for offer in offers])
    names = {region.code: lang(region) for region in accounts.regions()}
    return [_row(offer, ratings.get(offer.supplier_id), names, offers[0].price, day) for offer in offers]


def _row(offer: Offer, mean: contracts.Standing | None, names: dict[str, str], lowest: Decimal, day: date) -> Row:
    told = [names.get(code, code) for code in offer.delivery_regions]
    more = _(" and %(count)s more") % {"count": len(told) - REGIONS_TOLD} if len(told) > REGIONS_TOLD else ""
    return Row(
        offer=offer,
        standing=offer.supplier.supplier.state,
        stars=mean.stars if mean else None,
        ratings=mean.count if mean else 0,
        regions=_(", ").join(told[:REGIONS_TOLD]) + more,
        most=min(offer.stock, offer.quantity_most or QUANTITY_MOST) or 1,
        tags=[tag for tag in offer.tags.all() if tag.expires_on is None or tag.expires_on >= day],
        above=(offer.price - lowest) / lowest,
    )


def _pictures(page: ProductPage) -> list[Picture]:
    """The product's own picture, then those of its offers."""
    own = [page.product.image_id] if page.product.image_id else []
    numbers = dict.fromkeys([*own, *(image.pk for offer in page.offers for image in offer.images.all())])
    places = [reverse("file", args=[number]) for number in list(numbers)[:6]]
    return [Picture(f"{place}?size=small", f"{place}?size=medium", place) for place in places]


def _chart(page: ProductPage) -> dict[str, Any] | None:
    """The prices of the cheapest offers as steps over common days; each holds until it changes."""
    shown = page.history[:SERIES]
    days = sorted({local_day(at) for series in shown for at, _price in series.points})
    if not days:
        return None
    lines = []
    for series in shown:
        changed = {local_day(at): price for at, price in series.points}
        held: Decimal | None = None
        lines.append({"name": lang(series.offer.supplier), "values": [held := changed.get(day, held) for day in days]})
    level = {"level": {"name": _("Reference price"), "value": page.reference}} if page.reference is not None else {}
    return {"labels": [day.isoformat() for day in days], "series": lines, "unit": "¥", **level}


def _changes(page: ProductPage) -> list[dict[str, Any]]:
    told = [{"at": at, "supplier": lang(series.offer.supplier), "price": price} for series in page.history for at, price in series.points]
    return sorted(told, key=lambda each: each["at"], reverse=True)


def _deals(number: str) -> list[dict[str, Any]]:
    return [
        {"number": deal.number, "day": deal.published_at, "buyer": lang(deal.buyer), "supplier": lang(deal.supplier), "quantity": line["quantity"], "price": Decimal(line["price"])}
        for deal in disclosure.deals_of_product(number, DEALS)
        for line in deal.lines
        if line["product"] == number
    ]  # fmt: skip


def _is_kept(request: Request, product_id: int) -> bool | None:
    """Among the reader's favourites; None for those who keep none."""
    if request.actor.kind != "buyer" or request.actor.organisation_id is None:
        return None
    return any(each.product_id == product_id for each in market.favourites(request.actor.organisation_id))


# Several compared


@door(public=True, methods=("GET",))
def compare(request: Request) -> HttpResponse:
    """Up to four products in the address, line by line."""
    wanted = [number.strip() for number in request.GET.getlist("p") if number.strip()]
    found = catalog.compare(wanted)
    prices = [each.lowest for each in found.products if each.lowest is not None]
    numbers = [each.product.number for each in found.products]
    context = {
        "found": found,
        "numbers": numbers,
        "cheapest": min(prices) if len(prices) > 1 else None,
        "groups": _grouped(found),
        "brands_differ": len({each.product.brand_id for each in found.products}) > 1,
        "missing": [number for number in wanted[:COMPARE_PRODUCTS] if number not in numbers],
        "too_many": len(dict.fromkeys(wanted)) > COMPARE_PRODUCTS,
        "most": COMPARE_PRODUCTS,
    }
    return render(request, "public/compare.html", context)


def _grouped(found: catalog.Comparison) -> list[tuple[str, list[Any]]]:
    groups: dict[str, list[Any]] = {}
    for line in found.lines:
        groups.setdefault(line.group or _("Further parameters"), []).append(line)
    return list(groups.items())
