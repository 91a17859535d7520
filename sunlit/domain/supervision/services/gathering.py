"""What the checks read, for some products at once: a fixed number of statements, whatever the number of offers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import inf
from typing import Any, Final

from django.db import connection

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Category, Product, Tag
from sunlit.domain.supervision.models import Yardstick as Measured
from sunlit.domain.supervision.rules.plain import Line
from sunlit.domain.supervision.rules.score import Row, Yardstick, median
from sunlit.foundation.kernel.clock import SHANGHAI, local_day

NEIGHBOURS_MOST: Final = 60  # those that stand nearest in the library
WINDOW_MOST: Final = timedelta(days=730)  # the longest that the rulebook allows

_OFFERS: Final = """
SELECT o.product_id, o.id, o.number, o.supplier_id, o.region_path, o.price, o.stock, o.title, o.detail, o.price_changed_at
FROM catalog_offer o JOIN registry_supplier s ON s.organisation_id = o.supplier_id AND s.state = 'active'
WHERE o.state = 'listed' AND o.product_id = ANY(%s) ORDER BY o.product_id, o.id
"""
# One row a seller and month: the last deal of the month.
_DEALS: Final = """
SELECT DISTINCT ON (l.product_id, d.supplier_id, month) l.product_id, d.supplier_id, l.price, l.quantity, d.region_path,
       date_trunc('month', d.accepted_at AT TIME ZONE 'Asia/Shanghai')::date AS month
FROM market_orderline l JOIN market_order d ON d.id = l.order_id
WHERE l.product_id = ANY(%s) AND d.accepted_at > %s AND d.accepted_at <= %s
ORDER BY l.product_id, d.supplier_id, month, d.accepted_at DESC, l.id DESC
"""
# The lowest price that held at any time of the window: those that began in it, and the one before them.
_LOWEST: Final = """
SELECT o.id, least(
    (SELECT min(p.price) FROM catalog_pricechange p WHERE p.offer_id = o.id AND p.at >= %(since)s),
    (SELECT p.price FROM catalog_pricechange p WHERE p.offer_id = o.id AND p.at < %(since)s ORDER BY p.at DESC, p.id DESC LIMIT 1))
FROM catalog_offer o WHERE o.product_id = ANY(%(products)s) AND o.state = 'listed' AND o.price_changed_at >= %(since)s
"""
_ANSWERS: Final = """
SELECT l.offer_id, count(*) FILTER (WHERE d.state IN ('lapsed', 'declined')), count(*) FILTER (WHERE d.confirmed_at IS NOT NULL)
FROM market_orderline l JOIN market_order d ON d.id = l.order_id
WHERE l.product_id = ANY(%s) AND d.placed_at > %s AND d.placed_at <= %s GROUP BY l.offer_id
"""
_CLAIMS: Final = """
SELECT t.offer_id, t.tag, t.certificate, t.expires_on FROM catalog_policytag t
WHERE t.offer_id = ANY(%s) AND (t.expires_on < %s OR (t.tag = ANY(%s) AND (t.certificate = '' OR t.expires_on IS NULL))) ORDER BY t.offer_id, t.tag
"""
# What the same supplier listed before under another product with the same parameters.
_TWINS: Final = """
WITH pairs AS MATERIALIZED (
    SELECT p.id AS one, q.id AS other FROM catalog_product p
    JOIN catalog_product q ON q.category_id = p.category_id AND q.brand_id = p.brand_id AND q.attributes = p.attributes AND q.id <> p.id
    WHERE p.id = ANY(%s) AND p.attributes <> '{}'::jsonb)
SELECT o.id, x.number, x.title FROM pairs JOIN catalog_offer o ON o.product_id = pairs.one AND o.state = 'listed'
JOIN catalog_offer x ON x.product_id = pairs.other AND x.supplier_id = o.supplier_id AND x.state = 'listed' AND x.id < o.id ORDER BY o.id, x.id
"""
# Products that stood in the library before, with the same parameters and a model that is a part of this one's.
_DOUBLES: Final = """
SELECT p.id, q.number, p.model_key, q.model_key, b.name_zh, b.name_en FROM catalog_product p JOIN catalog_brand b ON b.id = p.brand_id
JOIN catalog_product q ON q.category_id = p.category_id AND q.brand_id = p.brand_id AND q.attributes = p.attributes AND q.id <> p.id
WHERE p.id = ANY(%s) AND p.attributes <> '{}'::jsonb AND q.model_key <> '' AND q.model_key <> p.model_key AND strpos(p.model_key, q.model_key) > 0
ORDER BY p.id, q.id
"""
_NEIGHBOURS: Final = """
SELECT n.category_id, n.signature, n.product_id, n.median FROM supervision_level n
JOIN (SELECT DISTINCT * FROM unnest(%s::bigint[], %s::text[]) AS w(category_id, signature)) w USING (category_id, signature)
ORDER BY n.category_id, n.signature, n.product_id
"""

Group = tuple[int, str]  # a category and the key parameters that its neighbours share


@dataclass(frozen=True, slots=True)
class OnSale:
    """An offer as the checks read it."""

    id: int
    number: str
    supplier_id: int
    region_path: str
    price: Decimal
    stock: int
    title: str
    detail: str


@dataclass(slots=True)
class Goods:
    """A product with its offers on sale, and the rows that their prices are compared with."""

    id: int
    category_id: int
    name: str
    unit: str
    attributes: Mapping[str, str]
    offers: list[OnSale] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Around:
    """What else the checks read about these offers, by offer id."""

    lowest: Mapping[int, Decimal]
    answers: Mapping[int, tuple[int, int]]  # orders that lapsed or were declined; orders that were confirmed
    claims: Mapping[int, list[tuple[str, str, date | None, bool]]]
    twins: Mapping[int, list[tuple[str, str]]]
    doubles: Mapping[int, list[tuple[str, str, str, tuple[str, str]]]]  # by product: the other's number, both models, the brand's names


def goods_of(product_ids: Sequence[int], *, at: datetime, window_days: int) -> list[Goods]:
    """The products with what is on sale and was bought within the window. Three statements."""
    found = {
        pk: Goods(pk, category, name, unit, attributes)
        for pk, category, name, unit, attributes in Product.objects.filter(pk__in=product_ids)
        .order_by("pk")
        .values_list("pk", "category_id", "name_zh", "unit", "attributes")
    }
    for product, *told, _changed in _rows(_OFFERS, [list(found)]):
        offer = OnSale(*told)
        found[product].offers.append(offer)
        found[product].rows.append(Row(offer.supplier_id, float(offer.price), region=offer.region_path))
    _add_deals(found, at, window_days)
    return list(found.values())


def around(goods: Sequence[Goods], *, at: datetime, jump_days: int, phantom_days: int) -> Around:
    """What the plain checks read. Five statements."""
    products = [it.id for it in goods]
    claims: dict[int, list[tuple[str, str, date | None, bool]]] = {}
    certified = [tag for tag in Tag.values if catalog.must_be_certified(tag)]
    offers = [offer.id for it in goods for offer in it.offers]
    for offer, tag, certificate, last in _rows(_CLAIMS, [offers, local_day(at), certified]):
        claims.setdefault(offer, []).append((tag, certificate, last, catalog.must_be_certified(tag)))
    twins: dict[int, list[tuple[str, str]]] = {}
    for offer, number, title in _rows(_TWINS, [products]):
        twins.setdefault(offer, []).append((number, title))
    doubles: dict[int, list[tuple[str, str, str, tuple[str, str]]]] = {}
    for product, number, ours, theirs, zh, en in _rows(_DOUBLES, [products]):
        doubles.setdefault(product, []).append((number, ours, theirs, (zh, en)))
    since = at - timedelta(days=jump_days)
    return Around(
        lowest={pk: price for pk, price in _rows(_LOWEST, {"products": products, "since": since}) if price is not None},
        answers={offer: (no, yes) for offer, no, yes in _rows(_ANSWERS, [products, at - timedelta(days=phantom_days), at])},
        claims=claims,
        twins=twins,
        doubles=doubles,
    )


def neighbours(groups: Iterable[Group]) -> dict[Group, list[tuple[int, float]]]:
    """The products of each group with their levels, by id. One statement."""
    wanted = sorted(set(groups))
    found: dict[Group, list[tuple[int, float]]] = {group: [] for group in wanted}
    if wanted:
        for category, signature, product, level in _rows(_NEIGHBOURS, [[pk for pk, _ in wanted], [text for _, text in wanted]]):
            found[category, signature].append((product, level))
    return found


def nearest(group: Sequence[tuple[int, float]], product_id: int) -> list[float]:
    """The levels of the neighbours that stand nearest to a product in the library, at most NEIGHBOURS_MOST, without its own."""
    place = bisect_left(group, (product_id, -inf))
    near = [one for one in group[max(0, place - NEIGHBOURS_MOST) : place + NEIGHBOURS_MOST + 1] if one[0] != product_id]
    near.sort(key=lambda one: (abs(one[0] - product_id), one[0]))
    return [level for _product, level in near[:NEIGHBOURS_MOST]]


def yardsticks(category_ids: Iterable[int]) -> dict[int, tuple[Yardstick, Mapping[str, Mapping[str, int]]]]:
    """The measured yardsticks with the usual values. A category that has none of its own is held to the middle of all; without any, it is left out."""
    wanted = set(category_ids)
    found = {row.category_id: row for row in Measured.objects.filter(category_id__in=wanted)}
    lacking = any(row.mad is None for row in found.values()) or wanted - set(found)
    middle = _middle() if lacking else None
    told: dict[int, tuple[Yardstick, Mapping[str, Mapping[str, int]]]] = {}
    for pk in wanted:
        row = found.get(pk)
        if row is not None and row.mad is not None:
            months = {int(month): effect for month, effect in row.months.items()}
            told[pk] = Yardstick(row.mad, row.rows, row.regions, months, row.slope), row.usual
        elif middle is not None:
            told[pk] = Yardstick(middle), row.usual if row else {}
    return told


def templates(category_ids: Iterable[int]) -> dict[int, list[Line]]:
    """The attribute templates, as lines to check against."""
    return {pk: _template(category) for pk in set(category_ids) if (category := catalog.tree().by_id.get(pk)) is not None}


def signature_of(attributes: Mapping[str, Any], template: Sequence[Line]) -> str:
    """The key parameters of a product as one text; "" when it tells none."""
    told = [(line.key, str(attributes.get(line.key, "")).strip()) for line in template if line.is_key]
    return "\n".join(f"{key}={value}" for key, value in told if value)


def _template(category: Category) -> list[Line]:
    return [
        Line(it.key, it.name_zh, it.name_en, it.unit, it.type, tuple(it.choices), it.required, it.is_key)
        for it in catalog.template(category)
    ]


def _middle() -> float | None:
    """The median of the categories' own spreads, the yardstick where nothing else is known."""
    known = sorted(mad for mad in Measured.objects.exclude(mad=None).values_list("mad", flat=True) if mad is not None)
    return median(known) if known else None


def _add_deals(found: Mapping[int, Goods], at: datetime, window_days: int) -> None:
    """A month in which a seller asks a price needs no deal of the same month."""
    this = at.astimezone(SHANGHAI)
    sellers = {(it.id, offer.supplier_id) for it in found.values() for offer in it.offers}
    for product, supplier, price, quantity, region, month in _rows(_DEALS, [list(found), at - timedelta(days=window_days), at]):
        back = (this.year - month.year) * 12 + this.month - month.month
        if back or (product, supplier) not in sellers:
            found[product].rows.append(Row(supplier, float(price), back, quantity, region))


def _rows(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
