"""The page of a product: its parameters in words, all offers side by side, prices over time; and several products compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import Count, Min, QuerySet
from django.utils.translation import get_language

from sunlit.domain.catalog.models import Attribute, Category, Offer, PriceChange, Product
from sunlit.domain.catalog.queries.categories import template, tree
from sunlit.domain.catalog.queries.offers import medians, reference_prices
from sunlit.domain.catalog.rules.discipline import Reference, discipline_of, formed
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import COMPARE_PRODUCTS
from sunlit.foundation.kernel.regions import ROOT

OFFERS_MOST = 60
SERIES_MOST = 8
POINTS_MOST = 2_000


@dataclass(frozen=True)
class Spec:
    """One parameter in the reader's language; `value` has its unit, "" when it is not given."""

    key: str
    name: str
    value: str
    is_key: bool


@dataclass(frozen=True)
class SpecGroup:
    """Parameters under one heading."""

    name: str
    specs: list[Spec]


@dataclass(frozen=True)
class Series:
    """The prices of one offer over time, oldest first; each holds until the next."""

    offer: Offer
    points: list[tuple[datetime, Decimal]]


@dataclass(frozen=True)
class ProductPage:
    """Everything that a product page shows. `offers` are on sale by active suppliers, the cheapest first."""

    product: Product
    line: list[Category]
    offers: list[Offer]
    specs: list[SpecGroup]
    history: list[Series]
    references: list[Reference]
    reference: Decimal | None
    median: Decimal | None

    @property
    def lowest(self) -> Decimal | None:
        return self.offers[0].price if self.offers else None


@dataclass(frozen=True)
class Compared:
    """One product of a comparison."""

    product: Product
    lowest: Decimal | None
    median: Decimal | None
    suppliers: int
    days: int | None
    tags: list[str]


@dataclass(frozen=True)
class ComparedLine:
    """One parameter across the products, in their order; `differs` when they do not all say the same."""

    group: str
    name: str
    values: list[str]
    differs: bool


@dataclass(frozen=True)
class Comparison:
    """Up to four products, parameter by parameter; `alike` when all are of one category."""

    products: list[Compared]
    lines: list[ComparedLine]
    alike: bool


def product(number: str, *, at: datetime, region_path: str = ROOT) -> ProductPage | None:
    """The page of a product, or None; a fixed number of queries."""
    found = Product.objects.select_related("category", "brand", "image").filter(number=number).first()
    if found is None:
        return None
    offers = list(
        _on_sale([found.pk]).select_related("supplier__region", "supplier__supplier").prefetch_related("tags", "images")[:OFFERS_MOST]
    )
    sources = reference_prices([found.pk], at=at).get(found.pk, [])
    formula = discipline_of(region_path, local_day(at)).formula.choice
    return ProductPage(
        product=found,
        line=tree().line(found.category.code),
        offers=offers,
        specs=specs_of(found),
        history=_history(offers[:SERIES_MOST]),
        references=sorted(sources, key=lambda each: (each.price, each.source)),
        reference=formed(formula, [each.price for each in sources]) if sources else None,
        median=medians([found.pk]).get(found.pk),
    )


def compare(numbers: Sequence[str]) -> Comparison:
    """The first four of these products that there are, in the order asked for."""
    wanted = list(dict.fromkeys(numbers))[:COMPARE_PRODUCTS]
    rows = {each.number: each for each in Product.objects.select_related("category", "brand", "image").filter(number__in=wanted)}
    products = [rows[number] for number in wanted if number in rows]
    return Comparison(_compared(products), _lines(products), len({each.category_id for each in products}) < 2)


def specs_of(product: Product) -> list[SpecGroup]:
    """The product's parameters in the order of its category's template, its own ones last, in the reader's language."""
    lines = template(product.category)
    groups: dict[str, list[Spec]] = {}
    for line in lines:
        if text := product.attributes.get(line.key, ""):
            groups.setdefault(_group(line), []).append(Spec(line.key, named(line), told(line, text), line.is_key))
    known = {line.key for line in lines}
    own = [Spec(key, key, str(text), False) for key, text in product.attributes.items() if key not in known and text]
    if own:
        groups.setdefault("", []).extend(own)
    return [SpecGroup(name, specs) for name, specs in groups.items()]


class Named(Protocol):
    """Whatever has a Chinese name and perhaps an English one."""

    name_zh: Any
    name_en: Any


def named(thing: Named) -> str:
    """The name in the reader's language."""
    return str(thing.name_en if _english() and thing.name_en else thing.name_zh)


def told(line: Attribute, text: str) -> str:
    """A value with its unit, in the reader's language."""
    if _english() and text in line.choices and len(line.choices_en) == len(line.choices):
        text = line.choices_en[line.choices.index(text)]
    unit = (line.unit_en or line.unit) if _english() else line.unit
    return f"{text} {unit}" if unit else text


def _on_sale(product_ids: Iterable[int]) -> QuerySet[Offer]:
    listed = Offer.objects.filter(product_id__in=list(product_ids), state="listed", supplier__supplier__state="active")
    return listed.order_by("price", "delivery_days", "pk")


def _history(offers: Sequence[Offer]) -> list[Series]:
    """The price lines of some offers; one query. Where there are too many points, the newest are kept."""
    points: dict[int, list[tuple[datetime, Decimal]]] = {offer.pk: [] for offer in offers}
    changes = PriceChange.objects.filter(offer_id__in=points).order_by("-at", "-pk").values_list("offer_id", "at", "price")[:POINTS_MOST]
    for offer_id, at, price in reversed(changes):
        points[offer_id].append((at, price))
    return [Series(offer, points[offer.pk]) for offer in offers if points[offer.pk]]


def _compared(products: Sequence[Product]) -> list[Compared]:
    ids = [each.pk for each in products]
    figures = {
        row["product_id"]: row
        for row in _on_sale(ids).order_by().values("product_id").annotate(low=Min("price"), count=Count("id"), days=Min("delivery_days"))
    }
    middle = medians(ids)
    tags: dict[int, list[str]] = {}
    for product_id, tag in _on_sale(ids).order_by("product_id", "tags__tag").values_list("product_id", "tags__tag").distinct():
        if tag:
            tags.setdefault(product_id, []).append(tag)
    return [_one_compared(each, figures.get(each.pk, {}), middle.get(each.pk), tags.get(each.pk, [])) for each in products]


def _one_compared(product: Product, figures: Mapping[str, object], median: Decimal | None, tags: list[str]) -> Compared:
    low, days, count = figures.get("low"), figures.get("days"), figures.get("count")
    return Compared(
        product,
        low if isinstance(low, Decimal) else None,
        median,
        count if isinstance(count, int) else 0,
        days if isinstance(days, int) else None,
        tags,
    )


def _lines(products: Sequence[Product]) -> list[ComparedLine]:
    """The lines of all their templates, each parameter once, then what they call by the same own name."""
    by_product = [{spec.key: (group.name, spec) for group in specs_of(each) for spec in group.specs} for each in products]
    heads: dict[str, tuple[str, str]] = {}
    for told_of in by_product:
        for key, (group, spec) in told_of.items():
            heads.setdefault(key, (group, spec.name))
    lines = []
    for key, (group, name) in heads.items():
        values = [told_of[key][1].value if key in told_of else "" for told_of in by_product]
        lines.append(ComparedLine(group, name, values, len(set(values)) > 1))
    return lines


def _group(line: Attribute) -> str:
    return line.group_en if _english() and line.group_en else line.group


def _english() -> bool:
    return (get_language() or "").startswith("en")
