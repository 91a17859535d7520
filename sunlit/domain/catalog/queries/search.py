"""Searching products: what was asked, read leniently from an address; what was found, with the counts to narrow it down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Final

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog.models import Category, Tag
from sunlit.domain.catalog.queries import documents
from sunlit.domain.catalog.queries.cards import Card, Wanted, cards
from sunlit.domain.catalog.queries.categories import category as category_of
from sunlit.domain.catalog.queries.categories import template, tree
from sunlit.domain.catalog.queries.documents import BAND_EDGES, IN_STOCK, key_attributes, price_field
from sunlit.domain.catalog.queries.specs import named, told
from sunlit.domain.catalog.queries.synonyms import thesaurus
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.money import FEN
from sunlit.foundation.search.question import RANKED_MAX, Facet, Query, Relaxed, Suggestion

PAGE_HITS: Final = 24
QUESTION_CHARS: Final = 200
VALUES_MOST: Final = 20
FACET_VALUES: Final = 12
ANYWHERE: Final = "any"
"""In an address: delivered to no place in particular, whatever the reader's own place is."""
SORTS: Final = {
    "": _("Best match"),
    "price": _("Price, lowest first"),
    "-price": _("Price, highest first"),
    "-sold": _("Most sold"),
    "-stars": _("Best rated"),
    "days": _("Quickest delivery"),
    "-listed": _("Newest"),
}
BANDS: Final[Mapping[str, tuple[Decimal | None, Decimal | None]]] = {
    f"{low or 0}-{high if high is not None else ''}": (low, high) for low, high in pairwise((None, *BAND_EDGES, None))
}
"""The bands of prices by their name in an address: from the lower edge up to the upper one, which is exclusive."""
_PLACE: Final = re.compile(r"-?\d{1,19}:[^:\x00]{1,60}")


@dataclass(frozen=True)
class SearchRequest:
    """What is looked for. `region` is a division code to which must be delivered; `attributes` are filters of the category's key
    parameters; `after` is the key of the page before (`SearchPage.after`)."""

    q: str = ""
    category: str = ""
    brands: tuple[str, ...] = ()
    price_from: Decimal | None = None
    price_to: Decimal | None = None
    region: str = ""
    days: int | None = None
    suppliers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    in_stock: bool = False
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    after: str = ""

    @property
    def filtered(self) -> bool:
        """True when anything but the words narrows the search."""
        return replace(self, q="", sort="", after="") != SearchRequest()


@dataclass(frozen=True)
class FacetValue:
    """One value to narrow down by: what stands in the address, its words, how many there are, and whether it is chosen."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class FacetList:
    """One way to narrow down; `name` is the parameter of the address (`brand`, `attr.memory`)."""

    name: str
    label: str
    values: list[FacetValue]


@dataclass(frozen=True)
class SearchPage:
    """What was found, one card a product, its figures exact from the record. `after` is the key to ask the next page with, or "";
    in the order of relevance the pages end after `ranked_most` products."""

    request: SearchRequest
    cards: list[Card]
    facets: list[FacetList]
    total: int
    after: str
    took_ms: float
    relaxed: Relaxed
    ready: bool
    ranked_most: int = RANKED_MAX


@dataclass(frozen=True)
class Wider:
    """A way out where nothing was found: the request with one choice less, what was given up, and how many products it finds."""

    name: str
    request: SearchRequest
    count: int


def request_of(given: QueryDict) -> SearchRequest:
    """The request in an address. What cannot be read is left out: an address is typed, cut off and passed on."""
    attributes = {
        name.removeprefix("attr."): tuple(given.getlist(name))[:VALUES_MOST] for name in given if name.startswith("attr.") and given[name]
    }
    return SearchRequest(
        q=given.get("q", "").strip()[:QUESTION_CHARS],
        category=given.get("category", "").strip()[:16],
        brands=_several(given, "brand"),
        price_from=_price(given.get("price_from", "")),
        price_to=_price(given.get("price_to", "")),
        region=_region(given.get("region", "")),
        days=_whole(given.get("days", ""), 365),
        suppliers=_several(given, "supplier"),
        tags=tuple(tag for tag in _several(given, "tag") if tag in Tag.values),
        bands=tuple(band for band in _several(given, "band") if band in BANDS),
        in_stock=given.get("stock", "") == IN_STOCK,
        attributes=attributes,
        sort=given.get("sort", "") if given.get("sort", "") in SORTS else "",
        after=given.get("after", "") if _PLACE.fullmatch(given.get("after", "")) else "",
    )


def search(asked: SearchRequest, *, at: datetime) -> SearchPage:
    """What is found on the shelves. Never refuses: an unknown category or region finds nothing; a missing index says `ready` false."""
    index, category = documents.index(), category_of(asked.category) if asked.category else None
    if asked.category and category is None:
        return SearchPage(asked, [], [], 0, "", 0.0, "", index.ready())
    query = _query(asked, category)
    try:
        found = index.search(query)
    except ValueError:  # an `after` of another order: begin anew
        found = index.search(replace(query, after=""))
    shown = cards([hit.id for hit in found.hits], _wanted(asked), day=local_day(at)) if found.hits else []
    return SearchPage(
        asked, shown, _facets(asked, category, found.facets), found.total, found.next, found.took_ms, found.relaxed, index.ready()
    )


def wider(asked: SearchRequest) -> list[Wider]:
    """What would be found with one choice less, the most first; only ways that lead somewhere."""
    found = []
    for name, request in _narrower_by_one(replace(asked, after="")):
        query = _query(request, category_of(request.category) if request.category else None)
        counting = replace(query, facets=[facet for facet in query.facets if facet.edges], limit=0)
        if count := documents.index().search(counting).total:
            found.append(Wider(name, request, count))
    return sorted(found, key=lambda each: -each.count)


def suggest(prefix: str, *, limit: int = 10) -> list[Suggestion]:
    """What somebody who begins to type may mean: brands, categories, names. Pinyin and initials will do."""
    text = prefix.strip()[:QUESTION_CHARS]
    return documents.index().suggest(text, limit) if text else []


def _query(asked: SearchRequest, category: Category | None) -> Query:
    place, price = _place_of(asked.region), "price"
    if place in documents.places():
        price = price_field(place)
    filters: dict[str, Sequence[str]] = {
        "brand": asked.brands,
        "supplier": asked.suppliers,
        "tag": asked.tags,
        "category": [category.path] if category else [],
        "region": [place] if place else [],
        "stock": [IN_STOCK] if asked.in_stock else [],
    }
    keys = key_attributes(category) if category else []
    filters |= {
        f"attribute_{place}": [f"{key}={value}" for value in asked.attributes[key]]
        for place, key in enumerate(keys, 1)
        if key in asked.attributes
    }
    return Query(
        text=asked.q,
        filters={name: list(values) for name, values in filters.items() if values},
        ranges={price: (asked.price_from, asked.price_to), "days": (None, asked.days)},
        steps={price: [list(BANDS).index(band) for band in asked.bands]},
        facets=list(_counted(asked, category, price)),
        sort=_order(asked, price),
        limit=PAGE_HITS,
        alike=thesaurus(),
        after=asked.after,
    )


def _counted(asked: SearchRequest, category: Category | None, price: str) -> Iterator[Facet]:
    """Suppliers are told apart only where something is looked for: of the whole library the list helps nobody, and costs most."""
    for name in ("brand", "tag", "within", "stock"):
        yield Facet(name, FACET_VALUES)
    if asked.q or category or asked.brands or asked.suppliers:
        yield Facet("supplier", FACET_VALUES)
    yield Facet("region", documents.PLACES_MOST)
    yield Facet(price, edges=BAND_EDGES)
    if not (category and category.leaf):
        yield Facet("category", VALUES_MOST, category.path if category else "")
    for place, _key in enumerate(key_attributes(category) if category else (), 1):
        yield Facet(f"attribute_{place}", FACET_VALUES)


def _order(asked: SearchRequest, price: str) -> str:
    """Without words there is no relevance: what policy, sales and rating lift stands first."""
    if asked.sort.endswith("price"):
        return asked.sort.replace("price", price)
    return asked.sort or ("" if asked.q else "-rank")


def _wanted(asked: SearchRequest) -> Wanted:
    region = accounts.region(asked.region) if asked.region else None
    return Wanted(
        line=frozenset(region.path.split("/")) if region else frozenset(),
        suppliers=frozenset(asked.suppliers),
        tags=frozenset(asked.tags),
        days=asked.days,
        in_stock=asked.in_stock,
        prices=tuple((low, high - FEN if high is not None else None) for low, high in (BANDS[band] for band in asked.bands)),
        span=(asked.price_from, asked.price_to),
    )


def _place_of(code: str) -> str:
    """The place whose prices the index keeps for a region: itself, or the nearest one above it."""
    region, known = accounts.region(code) if code else None, documents.places()
    return next((step for step in reversed(region.path.split("/")) if step in known), code) if region else code


def _narrower_by_one(asked: SearchRequest) -> Iterator[tuple[str, SearchRequest]]:
    """The request without each of its choices in turn, by the name of the choice in an address."""
    without = {
        "brand": replace(asked, brands=()),
        "supplier": replace(asked, suppliers=()),
        "tag": replace(asked, tags=()),
        "band": replace(asked, bands=()),
        "price_from": replace(asked, price_from=None),
        "price_to": replace(asked, price_to=None),
        "days": replace(asked, days=None),
        "region": replace(asked, region=""),
        "stock": replace(asked, in_stock=False),
        **{
            f"attr.{key}": replace(asked, attributes={name: values for name, values in asked.attributes.items() if name != key})
            for key in asked.attributes
        },
    }
    if line := tree().line(asked.category)[:-1]:
        without["category"] = replace(asked, category=line[-1].code, attributes={})
    if asked.filtered:
        without["q"] = replace(asked, q="")
    yield from ((name, request) for name, request in without.items() if request != asked)


def _facets(asked: SearchRequest, category: Category | None, counted: Mapping[str, Sequence[tuple[str, int]]]) -> list[FacetList]:
    lists = [
        FacetList("category", str(_("Category")), _categories(counted.get("category", ()), asked)),
        FacetList("brand", str(_("Brand")), _values(counted.get("brand", ()), asked.brands)),
        FacetList("band", str(_("Price")), _bands(_steps(counted), asked.bands)),
        *_attribute_lists(asked, category, counted),
        FacetList("tag", str(_("Policy")), _values(counted.get("tag", ()), asked.tags, {tag.value: str(tag.label) for tag in Tag})),
        FacetList("days", str(_("Delivery time")), _days(counted.get("within", ()), asked.days)),
        FacetList("stock", str(_("Stock")), _values(counted.get("stock", ()), [IN_STOCK] * asked.in_stock, {IN_STOCK: str(_("in stock"))})),
        FacetList("region", str(_("Delivered to")), _regions(counted.get("region", ()), asked.region)),
        FacetList("supplier", str(_("Supplier")), _suppliers(counted.get("supplier", ()), asked.suppliers)),
    ]
    return [each for each in lists if each.values]


def _values(counted: Iterable[tuple[str, int]], chosen: Sequence[str], labels: Mapping[str, str] | None = None) -> list[FacetValue]:
    """The counted values; a chosen one that is no longer counted stays, so that it can be taken back."""
    words = labels or {}
    found = [FacetValue(value, words.get(value, value), count, value in chosen) for value, count in counted]
    known = {each.value for each in found}
    return found + [FacetValue(value, words.get(value, value), 0, True) for value in chosen if value not in known]


def _categories(counted: Iterable[tuple[str, int]], asked: SearchRequest) -> list[FacetValue]:
    found = []
    for path, count in counted:
        category = category_of(path.rpartition("/")[2])
        if category is not None:
            found.append(FacetValue(category.code, named(category), count, category.code == asked.category))
    return found


def _steps(counted: Mapping[str, Sequence[tuple[str, int]]]) -> dict[str, int]:
    """The counts of the price's steps, by the name of the band, whatever place the prices are of."""
    found = next((counts for name, counts in counted.items() if name.startswith("price")), ())
    return {list(BANDS)[int(step)]: count for step, count in found}


def _bands(counts: Mapping[str, int], chosen: Sequence[str]) -> list[FacetValue]:
    told_of = {name: _band_label(low, high) for name, (low, high) in BANDS.items()}
    return [
        FacetValue(name, label, counts.get(name, 0), name in chosen)
        for name, label in told_of.items()
        if counts.get(name) or name in chosen
    ]


def _regions(counted: Iterable[tuple[str, int]], chosen: str) -> list[FacetValue]:
    """The places in the order of the tree; all of them, so that a place can be chosen to which nothing is delivered yet."""
    counts = dict(counted)
    return [FacetValue(each.code, named(each), counts.get(each.code, 0), each.code == chosen) for each in accounts.regions()]


def _band_label(low: Decimal | None, high: Decimal | None) -> str:
    if low is None:
        return str(_("under ¥{high}")).format(high=f"{high:,.0f}")
    return f"¥{low:,.0f} – {high:,.0f}" if high is not None else str(_("¥{low} and more")).format(low=f"{low:,.0f}")


def _region(text: str) -> str:
    code = text.strip()[:12]
    return "" if code == ANYWHERE else code


def _days(counted: Iterable[tuple[str, int]], chosen: int | None) -> list[FacetValue]:
    ordered = sorted(((int(step), count) for step, count in counted), key=lambda pair: pair[0])
    return [FacetValue(str(step), str(_("within {n} days")).format(n=step), count, step == chosen) for step, count in ordered]


def _suppliers(counted: Iterable[tuple[str, int]], chosen: Sequence[str]) -> list[FacetValue]:
    pairs = list(counted)
    numbers = {number for number, _count in pairs} | set(chosen)
    names = {number: named(each) for number, each in accounts.named_by_number(numbers).items()}
    return [each for each in _values(pairs, chosen, names) if each.value in names]


def _attribute_lists(asked: SearchRequest, category: Category | None, counted: Mapping[str, Sequence[tuple[str, int]]]) -> list[FacetList]:
    if category is None:
        return []
    lines = {line.key: line for line in template(category)}
    lists = []
    for place, key in enumerate(key_attributes(category), 1):
        pairs = [(value.partition("=")[2], count) for value, count in counted.get(f"attribute_{place}", ())]
        chosen = asked.attributes.get(key, ())
        labels = {value: told(lines[key], value) for value in (*dict(pairs), *chosen)}
        lists.append(FacetList(f"attr.{key}", named(lines[key]), _values(pairs, chosen, labels)))
    return lists


def _several(given: QueryDict, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value.strip()[:100] for value in given.getlist(name) if value.strip()))[:VALUES_MOST]


def _price(text: str) -> Decimal | None:
    try:
        amount = money.yuan(text)
    except money.NotMoney:
        return None
    return amount if 0 <= amount < 10**10 else None


def _whole(text: str, most: int) -> int | None:
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0 else None
