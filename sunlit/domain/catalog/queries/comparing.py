"""Several products beside each other: line by line, pair by pair, and which of them nobody has to regret; and what is like one, and cheaper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any, Final

from django.db import connection
from django.db.models import Count, Min, QuerySet
from psycopg.types.json import Jsonb

from sunlit.domain.catalog.models import Attribute, Offer, Product
from sunlit.domain.catalog.queries.categories import template
from sunlit.domain.catalog.queries.offers import medians
from sunlit.domain.catalog.queries.specs import named, specs_of
from sunlit.domain.catalog.rules.comparing import (
    Content,
    Sign,
    Verdict,
    Weighed,
    comparable_prices,
    content_of,
    percent_cheaper,
    rounded,
    sign_of,
    weigh,
)
from sunlit.foundation.kernel.limits import COMPARE_PRODUCTS

SIMILAR_ROWS: Final = 4
SIMILAR_WEIGHED: Final = 24  # the cheapest that are looked at more closely
SIMILAR_SEARCHED: Final = 400  # products of the category with the same key parameters

# Products of the category with the same key parameters whose lowest price lies below; the newest of them are looked at, the cheapest come first.
_CHEAPER: Final = """
SELECT p.id, low.price FROM (
    SELECT id FROM catalog_product WHERE category_id = %(category)s AND unit = %(unit)s AND attributes @> %(keys)s::jsonb AND id <> %(own)s
    ORDER BY id DESC LIMIT %(searched)s
) p CROSS JOIN LATERAL (
    SELECT o.price FROM catalog_offer o JOIN registry_supplier s ON s.organisation_id = o.supplier_id
    WHERE o.product_id = p.id AND o.state = 'listed' AND s.state = 'active' AND o.stock > 0 ORDER BY o.price LIMIT 1
) low WHERE low.price < %(price)s ORDER BY low.price, p.id LIMIT %(weighed)s
"""


@dataclass(frozen=True)
class Compared:
    """One product of a comparison; `portion` is its lowest price for what the category measures in."""

    product: Product
    lowest: Decimal | None
    median: Decimal | None
    suppliers: int
    days: int | None
    tags: list[str]
    content: Content | None
    portion: Decimal | None


@dataclass(frozen=True)
class ComparedLine:
    """One parameter across the products, in their order; `differs` when they do not all say the same, `best` marks the best where there is an order."""

    group: str
    name: str
    values: list[str]
    differs: bool
    best: list[bool]
    ordered: bool


@dataclass(frozen=True)
class Pair:
    """How one product stands to another, the better or else the cheaper one first; parameters by their names in the reader's language.

    `percent`: by how much `one` is cheaper (negative: dearer); None where prices cannot be set against each other.
    """

    one: Product
    other: Product
    verdict: Verdict
    better: list[str]
    worse: list[str]
    open: list[str]
    count: int
    percent: Decimal | None


@dataclass(frozen=True)
class Comparison:
    """Up to four products, parameter by parameter and pair by pair; `alike` when all are of one category.

    `best` is the one that is the same or better in every parameter than every other, and not dearer; `best_percent` by how much cheaper than the next.
    """

    products: list[Compared]
    lines: list[ComparedLine]
    alike: bool
    pairs: list[Pair]
    best: Product | None
    best_percent: Decimal | None
    missing: list[str]  # numbers asked for that lead to no product


@dataclass(frozen=True)
class Similar:
    """A cheaper product with the same key parameters that is worse in none that has an order; `differs`: what has none and is not the same."""

    product: Product
    price: Decimal
    percent: Decimal
    better: list[str]
    differs: list[str]


def compare(numbers: Sequence[str]) -> Comparison:
    """The first four of these products that there are, in the order asked for."""
    wanted = list(dict.fromkeys(numbers))[:COMPARE_PRODUCTS]
    also = ("category", "brand", "image", "merged_into__category", "merged_into__brand", "merged_into__image")
    rows = {each.number: each.merged_into or each for each in Product.objects.select_related(*also).filter(number__in=wanted)}
    products = list({rows[number].pk: rows[number] for number in wanted if number in rows}.values())
    compared = _compared(products)
    alike = len({each.category_id for each in products}) < 2
    pairs, best, percent = _judged(compared) if alike else ([], None, None)
    missing = [number for number in wanted if number not in rows]
    return Comparison(compared, _lines(products, alike=alike), alike, pairs, best, percent, missing)


def cheaper_alike(product: Product, price: Decimal) -> list[Similar]:
    """Of the same category and key parameters, worse in no other, and cheaper than `price`; the cheapest first. Two queries."""
    lines = template(product.category)
    keys = {line.key: product.attributes[line.key] for line in lines if line.is_key and product.attributes.get(line.key)}
    if not keys:
        return []
    low = _cheaper(product, keys, price)
    rows = Product.objects.select_related("category", "brand", "image").in_bulk(low)
    found = [_similar(product, rows[pk], price, low[pk], lines) for pk in low if pk in rows]
    return [each for each in found if each is not None][:SIMILAR_ROWS]


def on_sale(product_ids: Iterable[int]) -> QuerySet[Offer]:
    """The offers of these products that can be bought, the cheapest first."""
    listed = Offer.objects.filter(product_id__in=list(product_ids), state="listed", supplier__supplier__state="active")
    return listed.order_by("price", "delivery_days", "pk")


def content(product: Product) -> Content | None:
    """What one unit of the product holds, where its category measures it."""
    return content_of(product.category.measure, product.unit, product.attributes)


def _cheaper(product: Product, keys: Mapping[str, str], price: Decimal) -> dict[int, Decimal]:
    """The lowest price of each product that may do instead, the cheapest first."""
    asked: dict[str, Any] = {
        "category": product.category_id,
        "unit": product.unit,
        "keys": Jsonb(dict(keys)),
        "own": product.pk,
        "price": price,
        "searched": SIMILAR_SEARCHED,
        "weighed": SIMILAR_WEIGHED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHEAPER, asked)
        return dict(cursor.fetchall())


def _similar(own: Product, other: Product, price: Decimal, low: Decimal, lines: Sequence[Attribute]) -> Similar | None:
    weighed = weigh(other.attributes, own.attributes, lines)
    if weighed.of(Sign.WORSE, Sign.MISSING):
        return None
    names = _names(lines, weighed)
    better, differs = ([names[key] for key in weighed.of(sign)] for sign in (Sign.BETTER, Sign.DIFFERENT))
    return Similar(other, low, percent_cheaper(Fraction(low), Fraction(price)), better, differs)


def _judged(compared: Sequence[Compared]) -> tuple[list[Pair], Product | None, Decimal | None]:
    """Every pair, and the product that dominates all others."""
    if len(compared) < 2:
        return [], None, None
    lines = template(compared[0].product.category)
    prices = comparable_prices((each.lowest, each.product.unit, each.content) for each in compared)
    places = range(len(compared))
    weighed = {
        (a, b): weigh(compared[a].product.attributes, compared[b].product.attributes, lines) for a in places for b in places if a != b
    }
    pairs = [_pair(*_in_order(a, b, weighed[a, b].verdict, prices), compared, weighed, prices, lines) for a, b in combinations(places, 2)]
    best = next((a for a in places if _dominates(a, places, weighed, prices)), None)
    if best is None:
        return pairs, None, None
    next_price = min(price for b in places if b != best and (price := prices[b]) is not None)
    return pairs, compared[best].product, percent_cheaper(prices[best] or Fraction(0), next_price)


def _in_order(a: int, b: int, verdict: Verdict, prices: Sequence[Fraction | None]) -> tuple[int, int]:
    """The better one first; where neither is better in all, the cheaper one."""
    if verdict is Verdict.SAME_OR_BETTER:
        return a, b
    ours, theirs = prices[a], prices[b]
    dearer = ours is not None and theirs is not None and ours > theirs
    return (b, a) if verdict is Verdict.SAME_OR_WORSE or dearer else (a, b)


def _pair(
    a: int,
    b: int,
    compared: Sequence[Compared],
    weighed: Mapping[tuple[int, int], Weighed],
    prices: Sequence[Fraction | None],
    lines: Sequence[Attribute],
) -> Pair:
    told, ours, theirs = weighed[a, b], prices[a], prices[b]
    names = _names(lines, told)

    def of(*signs: Sign) -> list[str]:
        return [names[key] for key in told.of(*signs)]

    percent = percent_cheaper(ours, theirs) if ours is not None and theirs is not None else None
    return Pair(
        compared[a].product,
        compared[b].product,
        told.verdict,
        of(Sign.BETTER),
        of(Sign.WORSE),
        of(Sign.DIFFERENT, Sign.MISSING),
        len(told.signs),
        percent,
    )


def _dominates(a: int, places: range, weighed: Mapping[tuple[int, int], Weighed], prices: Sequence[Fraction | None]) -> bool:
    """Same or better in all than every other, not dearer than any, and ahead of each in at least one of both."""
    own = prices[a]
    if own is None:
        return False
    for b in places:
        if b == a:
            continue
        theirs, verdict = prices[b], weighed[a, b].verdict
        ahead = verdict is Verdict.SAME_OR_BETTER or (verdict is Verdict.SAME and theirs is not None and own < theirs)
        if theirs is None or own > theirs or not ahead:
            return False
    return True


def _names(lines: Sequence[Attribute], weighed: Weighed) -> dict[str, str]:
    """What the parameters are called; own ones by their own name."""
    known = {line.key: named(line) for line in lines}
    return {key: known.get(key, key) for key in weighed.signs}


def _compared(products: Sequence[Product]) -> list[Compared]:
    ids = [each.pk for each in products]
    figures = {
        row["product_id"]: row
        for row in on_sale(ids).order_by().values("product_id").annotate(low=Min("price"), count=Count("id"), days=Min("delivery_days"))
    }
    middle = medians(ids)
    tags: dict[int, list[str]] = {}
    for product_id, tag in on_sale(ids).order_by("product_id", "tags__tag").values_list("product_id", "tags__tag").distinct():
        if tag:
            tags.setdefault(product_id, []).append(tag)
    return [_one_compared(each, figures.get(each.pk, {}), middle.get(each.pk), tags.get(each.pk, [])) for each in products]


def _one_compared(product: Product, figures: Mapping[str, Any], median: Decimal | None, tags: list[str]) -> Compared:
    low: Decimal | None = figures.get("low")
    held = content(product)
    portion = rounded(held.price_of(low)) if held is not None and low is not None else None
    return Compared(product, low, median, figures.get("count", 0), figures.get("days"), tags, held, portion)


def _lines(products: Sequence[Product], *, alike: bool) -> list[ComparedLine]:
    """The lines of all their templates, each parameter once, then what they call by the same own name."""
    by_product = [{spec.key: (group.name, spec) for group in specs_of(each) for spec in group.specs} for each in products]
    heads: dict[str, tuple[str, str]] = {}
    for told_of in by_product:
        for key, (group, spec) in told_of.items():
            heads.setdefault(key, (group, spec.name))
    ordered = {line.key: line for line in template(products[0].category)} if alike and products else {}
    return [
        _line(group, name, [told_of[key][1].value if key in told_of else "" for told_of in by_product], products, ordered.get(key))
        for key, (group, name) in heads.items()
    ]


def _line(group: str, name: str, values: list[str], products: Sequence[Product], line: Attribute | None) -> ComparedLine:
    differs = len(set(values)) > 1
    best = _best(products, line) if differs and line is not None and line.better else [False] * len(products)
    return ComparedLine(group, name, values, differs, best, bool(line and line.better))


def _best(products: Sequence[Product], line: Attribute) -> list[bool]:
    """Who has the best value: nobody worse than any other that says something, and somebody behind."""
    texts = [each.attributes.get(line.key, "") for each in products]
    signs = [[sign_of(ours, theirs, line) for theirs in texts if theirs] for ours in texts]
    good = (Sign.SAME, Sign.BETTER)
    return [bool(text) and all(sign in good for sign in row) and Sign.BETTER in row for text, row in zip(texts, signs, strict=True)]
