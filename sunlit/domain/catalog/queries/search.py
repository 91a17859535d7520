"""Searching offers: what was asked, read leniently from an address; what was found, with the counts to narrow it down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog.models import Category, Tag
from sunlit.domain.catalog.queries import documents
from sunlit.domain.catalog.queries.categories import category as category_of
from sunlit.domain.catalog.queries.categories import template
from sunlit.domain.catalog.queries.documents import EVERYWHERE, key_attributes
from sunlit.domain.catalog.queries.specs import named, told
from sunlit.domain.catalog.queries.synonyms import thesaurus
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel import money
from sunlit.foundation.search.question import Facet, Query, Relaxed, Suggestion

PAGE_HITS: Final = 40
PAGES_MOST: Final = 200
QUESTION_CHARS: Final = 200
VALUES_MOST: Final = 20
FACET_VALUES: Final = 12
SORTS: Final = {
    "": _("Best match"),
    "price": _("Price, lowest first"),
    "-price": _("Price, highest first"),
    "-sold": _("Most sold"),
    "days": _("Quickest delivery"),
    "-listed": _("Newest"),
}


@dataclass(frozen=True)
class SearchRequest:
    """What is looked for. `region` is a division code to which must be delivered; `attributes` are filters of the category's key parameters."""

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
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    page: int = 1

    @property
    def filtered(self) -> bool:
        """True when anything but the words narrows the search."""
        return replace(self, q="", sort="", page=1) != SearchRequest()


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
    """What was found. Each hit is the payload of an offer (see documents.py); prices that bind are read from the record."""

    request: SearchRequest
    hits: list[dict[str, Any]]
    facets: list[FacetList]
    total: int
    pages: int
    took_ms: float
    relaxed: Relaxed
    ready: bool


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
        region=given.get("region", "").strip()[:12],
        days=_whole(given.get("days", ""), 365),
        suppliers=_several(given, "supplier"),
        tags=tuple(tag for tag in _several(given, "tag") if tag in Tag.values),
        bands=tuple(band for band in _several(given, "band") if band in {name for name, _low, _high in documents.BANDS}),
        attributes=attributes,
        sort=given.get("sort", "") if given.get("sort", "") in SORTS else "",
        page=_whole(given.get("page", ""), PAGES_MOST) or 1,
    )


def search(asked: SearchRequest) -> SearchPage:
    """What is found on the shelves. Never refuses: an unknown category or region finds nothing; a missing index says `ready` false."""
    index, category = documents.index(), category_of(asked.category) if asked.category else None
    if asked.category and category is None:
        return SearchPage(asked, [], [], 0, 0, 0.0, "", index.ready())
    found = index.search(_query(asked, category))
    hits = [hit.payload for hit in found.hits if isinstance(hit.payload, dict)]
    pages = min(-(-found.total // PAGE_HITS), PAGES_MOST)
    return SearchPage(asked, hits, _facets(asked, category, found.facets), found.total, pages, found.took_ms, found.relaxed, index.ready())


def suggest(prefix: str, *, limit: int = 10) -> list[Suggestion]:
    """What somebody who begins to type may mean: brands, categories, names. Pinyin and initials will do."""
    text = prefix.strip()[:QUESTION_CHARS]
    return documents.index().suggest(text, limit) if text else []


def _query(asked: SearchRequest, category: Category | None) -> Query:
    filters: dict[str, Sequence[str]] = {
        "brand": asked.brands,
        "supplier": asked.suppliers,
        "tag": asked.tags,
        "band": asked.bands,
        "category": [category.path] if category else [],
        "region": _regions(asked.region),
    }
    keys = key_attributes(category) if category else []
    filters |= {
        f"attribute_{place}": [f"{key}={value}" for value in asked.attributes[key]]
        for place, key in enumerate(keys, 1)
        if key in asked.attributes
    }
    facets = [Facet(name, FACET_VALUES) for name in ("brand", "supplier", "tag", "band", "within")]
    facets += (
        [Facet("category", VALUES_MOST, category.path if category and not category.leaf else "")]
        if not (category and category.leaf)
        else []
    )
    facets += [Facet(f"attribute_{place}", FACET_VALUES) for place, _key in enumerate(keys, 1)]
    return Query(
        text=asked.q,
        filters={name: list(values) for name, values in filters.items() if values},
        ranges={"price": (asked.price_from, asked.price_to), "days": (None, asked.days)},
        facets=facets,
        sort=asked.sort,
        limit=PAGE_HITS,
        offset=(asked.page - 1) * PAGE_HITS,
        alike=thesaurus(),
    )


def _regions(code: str) -> list[str]:
    """What is delivered to a region is delivered to it, to one above it, or everywhere."""
    if not code:
        return []
    region = accounts.region(code)
    return [EVERYWHERE, *(region.path.split("/") if region else [code])]


def _facets(asked: SearchRequest, category: Category | None, counted: Mapping[str, Sequence[tuple[str, int]]]) -> list[FacetList]:
    lists = [
        FacetList("category", str(_("Category")), _categories(counted.get("category", ()), asked)),
        FacetList("brand", str(_("Brand")), _values(counted.get("brand", ()), asked.brands)),
        FacetList("band", str(_("Price")), _bands(counted.get("band", ()), asked.bands)),
        *_attribute_lists(asked, category, counted),
        FacetList("tag", str(_("Policy")), _values(counted.get("tag", ()), asked.tags, {tag.value: str(tag.label) for tag in Tag})),
        FacetList("days", str(_("Delivery time")), _days(counted.get("within", ()), asked.days)),
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


def _bands(counted: Iterable[tuple[str, int]], chosen: Sequence[str]) -> list[FacetValue]:
    counts = dict(counted)
    told_of = {name: _band_label(low, high) for name, low, high in documents.BANDS}
    return [
        FacetValue(name, label, counts.get(name, 0), name in chosen)
        for name, label in told_of.items()
        if counts.get(name) or name in chosen
    ]


def _band_label(low: Decimal | None, high: Decimal | None) -> str:
    if low is None:
        return str(_("under ¥{high}")).format(high=f"{high:,.0f}")
    return f"¥{low:,.0f} – {high:,.0f}" if high is not None else str(_("¥{low} and more")).format(low=f"{low:,.0f}")


def _days(counted: Iterable[tuple[str, int]], chosen: int | None) -> list[FacetValue]:
    ordered = sorted(((int(step), count) for step, count in counted), key=lambda pair: pair[0])
    return [FacetValue(str(step), str(_("within {n} days")).format(n=step), count, step == chosen) for step, count in ordered]


def _suppliers(counted: Iterable[tuple[str, int]], chosen: Sequence[str]) -> list[FacetValue]:
    pairs = list(counted)
    numbers = {number for number, _count in pairs} | set(chosen)
    names = {row.number: named(row) for row in Organisation.objects.filter(number__in=numbers)}
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
