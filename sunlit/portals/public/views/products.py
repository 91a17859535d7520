"""One product with the offers of all suppliers, and up to four products beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.http import HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import MakerDeclaration, Offer, PolicyTag, Product
from sunlit.domain.catalog.queries import ProductPage
from sunlit.domain.catalog.queries.makers import BY_MAKER
from sunlit.domain.catalog.rules.comparing import Content, rounded
from sunlit.domain.catalog.rules.reading import SIZED
from sunlit.domain.contracts import queries as contracts
from sunlit.domain.disclosure import queries as disclosure
from sunlit.domain.market import queries as market
from sunlit.domain.market.queries.wishes import delivers_to
from sunlit.domain.rulebook.rules import Ruling
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.models import Region
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import COMPARE_PRODUCTS, QUANTITY_MOST
from sunlit.portals.doors import Request, door, found_or_404
from sunlit.portals.public.naming import crumbs, unit_in_words
from sunlit.portals.ui.filters import lang
from sunlit.portals.ui.words import size_word

ORDERERS = ("orderer", "lead")
REGIONS_TOLD = 3
ROWS_SHOWN = 20  # all others stand behind a link
REMARKS = 10
EVERYWHERE = "all"


@dataclass(frozen=True)
class Row:
    """One supplier's offer beside the others: its tags still in force, how buyers rate it, how far it is above the cheapest, whether it reaches the reader."""

    offer: Offer
    stars: Decimal | None
    ratings: int
    regions: str
    most: int
    tags: list[PolicyTag]
    above: Decimal
    portion: Decimal | None
    reaches: bool

    @property
    def can_be_bought(self) -> bool:
        return self.reaches and self.offer.stock > 0


@dataclass(frozen=True)
class Picture:
    """The addresses of one picture in three sizes."""

    small: str
    medium: str
    full: str


# How the offers may be put in order; those that do not reach the reader come last in each.
SORTS: Final[dict[str, tuple[Any, Callable[[Row], Any]]]] = {
    "": (gettext_lazy("Price"), lambda row: row.offer.price),
    "days": (gettext_lazy("Delivery"), lambda row: row.offer.delivery_days),
    "rating": (gettext_lazy("Rating"), lambda row: -(row.stars or Decimal(0))),
    "sold": (gettext_lazy("Sold"), lambda row: -row.offer.sold),
    "stock": (gettext_lazy("Stock"), lambda row: -row.offer.stock),
}


@door(public=True, methods=("GET",))
def product(request: Request, number: str) -> HttpResponse:
    """All suppliers of one product side by side. The number of a product that was merged leads to what it became."""
    page: ProductPage = found_or_404(catalog.product(number, at=request.now))
    if page.product.number != number:
        asked = request.META.get("QUERY_STRING", "")
        return HttpResponsePermanentRedirect(reverse("product", args=[page.product.number]) + (f"?{asked}" if asked else ""))
    it, region = page.product, _region(request)
    sort = request.GET.get("sort", "") if request.GET.get("sort", "") in SORTS else ""
    rows = _rows(page, region, local_day(request.now), sort)
    shown = rows if request.GET.get("all") else rows[:ROWS_SHOWN]
    specs = [spec for group in page.specs for spec in group.specs]
    context = {
        "product": it,
        "merged": page.numbers[1:],
        "unit": unit_in_words(it.unit, it.category),
        "crumbs": [*crumbs(it.category, with_last=True), (it.number, "")],
        "pictures": _pictures(page),
        "rows": rows,
        "shown": shown,
        "best": min((row for row in rows if row.can_be_bought), key=lambda row: (row.offer.price, row.offer.delivery_days), default=None),
        "away": sum(not row.reaches for row in rows),
        "sold": sum(row.offer.sold for row in rows),
        "more": page.more,
        "tags": sorted({tag.tag for row in rows for tag in row.tags}),
        "proofs": _proofs(shown),
        "portion": _portion_words(page.content),
        "median": page.median,
        "median_before": _first_above(rows, page.median) if not sort else None,
        "reference": page.reference,
        "references": page.references,
        "keys": [(spec.name, spec.value) for spec in specs if spec.is_key and spec.value][:8],
        "groups": [(group.name or _("Further parameters"), [(spec.name, spec.value) for spec in group.specs]) for group in page.specs],
        "chart": _chart(page),
        "changes": [{"at": each.at, "supplier": lang(each.offer.supplier), "price": each.price} for each in page.history.changes],
        "paid": disclosure.prices_paid(page.numbers, at=request.now),
        "similar": page.similar,
        "remarks": _remarks(rows),
        "buys": request.actor.kind == "buyer" and request.actor.has(*ORDERERS),
        "kept": _is_kept(request, it.pk),
        "sort": sort,
        "sorts": [(key, label) for key, (label, _key) in SORTS.items()],
        "region": region,
        "regions": [(each.code, lang(each)) for each in accounts.regions()],
    }
    return render(request, "public/product.html", context)


def _region(request: Request) -> Region | None:
    """Where it should be delivered: as the address says, else where the buyer is at home."""
    asked = request.GET.get("region", "")
    if asked:
        return accounts.region(asked)
    if request.actor.kind != "buyer":
        return None
    return next((each for each in accounts.regions() if each.path == request.actor.region_path), None)


def _rows(page: ProductPage, region: Region | None, day: date, sort: str) -> list[Row]:
    """The offers in the order asked for. One query for the ratings of all suppliers."""
    ratings = contracts.ratings_of_suppliers([offer.supplier_id for offer in page.offers])
    names = {each.code: lang(each) for each in accounts.regions()}
    path = region.path if region else ""
    rows = [_row(offer, ratings.get(offer.supplier_id), names, page, path, day) for offer in page.offers]
    return sorted(rows, key=lambda row: (not row.reaches, SORTS[sort][1](row)))


def _row(offer: Offer, mean: contracts.Standing | None, names: dict[str, str], page: ProductPage, path: str, day: date) -> Row:
    told = [names.get(code, code) for code in offer.delivery_regions]
    more = _(" and %(count)s more") % {"count": len(told) - REGIONS_TOLD} if len(told) > REGIONS_TOLD else ""
    lowest = page.offers[0].price
    return Row(
        offer=offer,
        stars=mean.stars if mean else None,
        ratings=mean.count if mean else 0,
        regions=_(", ").join(told[:REGIONS_TOLD]) + more,
        most=min(offer.stock, offer.quantity_most or QUANTITY_MOST) or 1,
        tags=catalog.tags_in_force(offer, on=day),
        above=(offer.price - lowest) / lowest,
        portion=rounded(page.content.price_of(offer.price)) if page.content else None,
        reaches=delivers_to(offer, path),
    )


def _proofs(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """What the policy tags of each offer rest on, and until when; tags that rest on the same stand together. One query for the makers that were declared."""
    makers = catalog.makers_of(row.offer.pk for row in rows) if any(row.tags for row in rows) else {}
    found: dict[tuple[str, str, date | None], list[str]] = {}
    for row in rows:
        for tag in row.tags:
            found.setdefault((lang(row.offer.supplier), _rests(tag, makers.get(row.offer.pk)), tag.expires_on), []).append(tag.tag)
    return [{"supplier": supplier, "tags": tags, "rests": rests, "until": until} for (supplier, rests, until), tags in found.items()]


def _rests(tag: PolicyTag, maker: MakerDeclaration | None) -> str:
    if tag.tag in SIZED:
        told = {"maker": maker.maker, "size": size_word(maker.counts_as), "year": maker.year} if maker and tag.tag in BY_MAKER else None
        return _("Declared: made by %(maker)s, %(size)s by the figures of %(year)s") % told if told else _("Declared size of the supplier")
    return _("Certificate %(number)s") % {"number": tag.certificate} if tag.certificate else _("The supplier's own declaration")


def _first_above(rows: Sequence[Row], median: Decimal | None) -> str | None:
    """The offer before which the line of the median is drawn; none for few offers."""
    reached = [row for row in rows if row.reaches]
    if median is None or len(reached) < 3:
        return None
    return next((row.offer.number for row in reached[1:] if row.offer.price > median), None)


def _portion_words(content: Content | None) -> str:
    """What a portion is: "100 sheets", "kg"."""
    if content is None:
        return ""
    unit = content.unit_en if (get_language() or "").startswith("en") else content.unit
    return unit if content.per == 1 else f"{content.per} {unit}"


def _pictures(page: ProductPage) -> list[Picture]:
    """The product's own picture, then those of its offers."""
    own = [page.product.image_id] if page.product.image_id else []
    numbers = dict.fromkeys([*own, *(image.pk for offer in page.offers for image in offer.images.all())])
    places = [reverse("file", args=[number]) for number in list(numbers)[:6]]
    return [Picture(f"{place}?size=small", f"{place}?size=medium", place) for place in places]


def _chart(page: ProductPage) -> dict[str, Any] | None:
    """The lowest and the middle price of all offers as steps over the days on which one changed."""
    days = page.history.days
    if not days:
        return None
    lines = [{"name": _("Lowest price"), "values": [day.lowest for day in days]}]
    if any(day.offers > 1 for day in days):
        lines.append({"name": _("Median price"), "values": [day.median for day in days]})
    level = {"level": {"name": _("Reference price"), "value": page.reference}} if page.reference is not None else {}
    return {"labels": [day.day.isoformat() for day in days], "series": lines, "unit": "¥", **level}


def _remarks(rows: Iterable[Row]) -> list[tuple[str, Ruling]]:
    """What the rulebook has to remark on the offers: what it merely allows goes without saying."""
    found = (
        (lang(row.offer.supplier), Ruling.from_json(told)) for row in rows for told in row.offer.rulings if told["verdict"] != "allowed"
    )
    return [pair for pair, _place in zip(found, range(REMARKS), strict=False)]


def _is_kept(request: Request, product_id: int) -> bool | None:
    """Among the reader's favourites; None for those who keep none."""
    if request.actor.kind != "buyer" or request.actor.organisation_id is None:
        return None
    return market.is_favourite(request.actor.organisation_id, product_id)


# Several compared


@door(public=True, methods=("GET",))
def compare(request: Request) -> HttpResponse:
    """Up to four products in the address, line by line and pair by pair."""
    wanted = [number.strip() for number in request.GET.getlist("p") if number.strip()]
    found = catalog.compare(wanted)
    prices = [each.lowest for each in found.products if each.lowest is not None]
    numbers = [each.product.number for each in found.products]
    only = request.GET.get("only") == "differences"
    context = {
        "found": found,
        "numbers": numbers,
        "cheapest": min(prices) if len(prices) > 1 else None,
        "groups": _grouped(found, only=only),
        "only": only,
        "differences": sum(line.differs for line in found.lines),
        "portions": [_portion_words(each.content) for each in found.products],
        "brands_differ": len({each.product.brand_id for each in found.products}) > 1,
        "missing": found.missing,
        "too_many": len(dict.fromkeys(wanted)) > COMPARE_PRODUCTS,
        "most": COMPARE_PRODUCTS,
        "short": short_name,
    }
    return render(request, "public/compare.html", context)


def short_name(product: Product) -> str:
    """Brand and model: enough to tell the products of one category apart."""
    return f"{lang(product.brand)} {product.model}"


def _grouped(found: catalog.Comparison, *, only: bool) -> list[tuple[str, list[Any]]]:
    groups: dict[str, list[Any]] = {}
    for line in found.lines:
        if line.differs or not only:
            groups.setdefault(line.group or _("Further parameters"), []).append(line)
    return list(groups.items())
