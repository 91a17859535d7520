"""What of the library on sale meets a demand: products, brands and suppliers by which parameters they miss or do not tell. One query, exact.

A supplier lists a product once (constraint no_duplicate_listing_of_a_product), so a listed offer is a pair of product and supplier. Every product of the category gets a mask of the tests it misses and one of those it does not tell; only the distinct masks leave the database,
so that any step of a funnel, and the funnel without any one test, is computed from the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from django.db import connection

from sunlit.domain.catalog.models import Attribute, Category
from sunlit.domain.catalog.rules import reading
from sunlit.foundation.kernel.refusals import Problem

SEVERAL: Final = re.compile(r"[、，,；;/|\n]")
ASKED_MOST: Final = 60  # bits of a whole number of the database

_FIGURE: Final = r"^-?\d{1,15}(\.\d{1,6})?$"
_TEXT: Final = "upper(regexp_replace(normalize(v{n}, NFKC), '[[:space:]‐‑‒–—―_-]+', '', 'g'))"
_TALLY: Final = """
WITH on_sale AS MATERIALIZED (
    SELECT o.product_id, o.supplier_id, o.price
    FROM catalog_product p
    JOIN catalog_offer o ON o.product_id = p.id AND o.state = 'listed'
    JOIN registry_supplier s ON s.organisation_id = o.supplier_id AND s.state = 'active'
    WHERE p.category_id = %(category)s AND p.merged_into_id IS NULL
      AND (o.delivery_regions = '{{}}' OR o.delivery_regions && %(places)s::text[])
), told AS MATERIALIZED (
    SELECT p.id, p.brand_id, p.price, {missed} AS missed, {untold} AS untold
    FROM (
        SELECT p.id, p.brand_id, s.price{values}
        FROM catalog_product p
        JOIN (SELECT product_id, min(price) AS price FROM on_sale GROUP BY product_id) s ON s.product_id = p.id
    ) p
)
SELECT t.missed | {dear_product}, t.untold, t.brand_id, NULL::bigint, count(*)
FROM told t GROUP BY 1, 2, 3
UNION ALL
SELECT t.missed | {dear_offer}, t.untold, NULL, o.supplier_id, 0
FROM on_sale o JOIN told t ON t.id = o.product_id GROUP BY 1, 2, 4
"""
_SELLERS: Final = """
SELECT o.supplier_id, count(DISTINCT o.product_id) AS products
FROM catalog_category c
JOIN catalog_product p ON p.category_id = c.id AND p.merged_into_id IS NULL
JOIN catalog_offer o ON o.product_id = p.id AND o.state = 'listed'
JOIN registry_supplier s ON s.organisation_id = o.supplier_id AND s.state = 'active'
WHERE c.code = ANY(%(codes)s) AND (o.delivery_regions = '{}' OR o.delivery_regions && %(places)s::text[])
GROUP BY o.supplier_id ORDER BY products DESC, o.supplier_id LIMIT %(rows)s
"""
_DEAR: Final = "CASE WHEN {price} > %(ceiling)s THEN {bit}::bigint ELSE 0 END"


class Sense(StrEnum):
    """How a value must stand to the one that is demanded."""

    AT_LEAST = "ge"
    AT_MOST = "le"
    EQUAL = "eq"
    BETWEEN = "between"
    HAS = "has"
    ONE_OF = "one_of"


@dataclass(frozen=True, slots=True)
class Asked:
    """One parameter that a product is held against. Of choices, `among` are those that do, as of `figures` and `texts`; else `low` and `high` bound
    a figure, or `text` is told."""

    key: str
    low: Decimal | None = None
    high: Decimal | None = None
    among: tuple[str, ...] = ()
    text: str = ""
    part: bool = False  # the text need only be a part of what the product tells
    figures: tuple[Decimal, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """(missed, untold, brand, products) and (missed, untold, supplier): bit n of a mask stands for test n, the last bit for the ceiling price."""

    products: tuple[tuple[int, int, int, int], ...]
    suppliers: tuple[tuple[int, int, int], ...]


def tally(category: Category, asked: Sequence[Asked], *, region_path: str, ceiling: Decimal | None = None) -> Tally:
    """The products of the category on sale that come to the region, by what they miss and do not tell. One query.

    With a `ceiling`, bit len(asked) says that a product (or a supplier's offer of it) costs more.
    """
    assert len(asked) < ASKED_MOST, "more tests than bits"
    values: dict[str, Any] = {"category": category.pk, "places": region_path.split("/"), "ceiling": ceiling}
    missed, untold, columns = [], [], []
    for n, one in enumerate(asked):
        columns.append(f", p.attributes ->> %(key{n})s AS v{n}")
        told, met = _sql_of(n, one, values)
        missed.append(f"CASE WHEN {told} AND NOT ({met}) THEN {1 << n}::bigint ELSE 0 END")
        untold.append(f"CASE WHEN {told} THEN 0 ELSE {1 << n}::bigint END")
    bit = 1 << len(asked)
    sql = _TALLY.format(
        values="".join(columns),
        missed=" | ".join(missed) or "0::bigint",
        untold=" | ".join(untold) or "0::bigint",
        dear_product=_DEAR.format(price="t.price", bit=bit) if ceiling is not None else "0::bigint",
        dear_offer=_DEAR.format(price="o.price", bit=bit) if ceiling is not None else "0::bigint",
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    return Tally(
        tuple((m, u, brand, count) for m, u, brand, _supplier, count in rows if brand is not None),
        tuple((m, u, supplier) for m, u, _brand, supplier, _count in rows if supplier is not None),
    )


def sellers_of(category_codes: Sequence[str], *, region_path: str, rows: int) -> dict[int, int]:
    """Active suppliers by id, with how many products of the categories they have on sale for the region; who has the most comes first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_SELLERS, {"codes": list(category_codes), "places": region_path.split("/"), "rows": rows})
        return dict(cursor.fetchall())


def _sql_of(n: int, asked: Asked, values: dict[str, Any]) -> tuple[str, str]:
    """When the product tells the parameter at all, and when what it tells will do. A figure is read only where one is written."""
    values[f"key{n}"] = asked.key
    if asked.figures:
        values |= {f"figures{n}": list(asked.figures), f"figure{n}": _FIGURE}
        figure = f"v{n} ~ %(figure{n})s"
        return f"coalesce({figure}, false)", f"CASE WHEN {figure} THEN v{n}::numeric = ANY(%(figures{n})s) ELSE false END"
    if asked.low is None and asked.high is None:
        told = f"coalesce(v{n}, '') <> ''"
        if asked.among:
            values[f"among{n}"] = list(asked.among)
            return told, f"v{n} = ANY(%(among{n})s)"
        values |= {f"text{n}": asked.text, f"texts{n}": list(asked.texts)}
        if asked.texts:
            return told, f"{_TEXT.format(n=n)} = ANY(%(texts{n})s)"
        text = _TEXT.format(n=n)
        return told, f"position(%(text{n})s in {text}) > 0" if asked.part else f"{text} = %(text{n})s"
    values |= {f"low{n}": asked.low, f"high{n}": asked.high, f"figure{n}": _FIGURE}
    bounds = [
        f"v{n}::numeric >= %(low{n})s" if asked.low is not None else "",
        f"v{n}::numeric <= %(high{n})s" if asked.high is not None else "",
    ]
    within = " AND ".join(filter(None, bounds))
    figure = f"v{n} ~ %(figure{n})s"
    return f"coalesce({figure}, false)", f"CASE WHEN {figure} THEN {within} ELSE false END"


def asked_of(line: Attribute | None, name: str, sense: str, value: str, value_to: str = "") -> tuple[Asked | None, list[Problem]]:
    """The demanded value as a test, read as the library reads its own (`line`: the parameter of the category's template, None for a free one).

    Returns (None, problems) where the value cannot be read; the problems are at the field `value` or `value_to`.
    """
    key = line.key if line else reading.plain(name)
    if sense == Sense.ONE_OF:
        return _one_of(key, line, name, several(value))
    if line is not None and line.type == "choice":
        return _choice(line, sense, value)
    if (line is not None and line.type == "number") or sense in (Sense.AT_LEAST, Sense.AT_MOST, Sense.BETWEEN):
        return _bounds(key, line, sense, value, value_to)
    text = reading.key_of(reading.plain(value))
    return (Asked(key, text=text, part=sense == Sense.HAS), []) if text else (None, [Problem(reading.MISSING, on="value")])


def several(text: str) -> list[str]:
    """The values of “one of”: as a person separates them."""
    return list(dict.fromkeys(part for each in SEVERAL.split(text) if (part := each.strip())))


def _one_of(key: str, line: Attribute | None, name: str, values: Sequence[str]) -> tuple[Asked | None, list[Problem]]:
    """Each value is read as if it were demanded alone."""
    if not values:
        return None, [Problem(reading.MISSING, on="value")]
    read = [asked_of(line, name, Sense.EQUAL, value) for value in values]
    problems = [problem for _one, wrong in read for problem in wrong]
    found = [one for one, _wrong in read if one is not None]
    if problems or len(found) < len(values):
        return None, problems
    if line is not None and line.type == "choice":
        return Asked(key, among=tuple(choice for one in found for choice in one.among)), []
    if line is not None and line.type == "number":
        return Asked(key, figures=tuple(one.low for one in found if one.low is not None)), []
    return Asked(key, texts=tuple(one.text for one in found)), []


def _choice(line: Attribute, sense: str, value: str) -> tuple[Asked | None, list[Problem]]:
    """`At least` a choice: that one and those that the template puts after it."""
    read, problems = reading.attributes_of({line.key: value}, [line])
    if problems or line.key not in read:
        return None, [Problem(it.reason, it.params, "value") for it in problems] or [Problem(reading.MISSING, on="value")]
    place = line.choices.index(read[line.key])
    among = {Sense.AT_LEAST: line.choices[place:], Sense.AT_MOST: line.choices[: place + 1]}.get(Sense(sense), [read[line.key]])
    return Asked(line.key, among=tuple(among)), []


def _bounds(key: str, line: Attribute | None, sense: str, value: str, value_to: str) -> tuple[Asked | None, list[Problem]]:
    fields = {"value": value, "value_to": value_to} if sense == Sense.BETWEEN else {"value": value}
    figures: dict[str, Decimal] = {}
    problems: list[Problem] = []
    reader = line or Attribute(key=key, type="number")
    for name, text in fields.items():
        read, wrong = reading.attributes_of({reader.key: text}, [reader])
        problems += (Problem(it.reason, it.params, name) for it in wrong)
        if not wrong and reader.key in read:
            figures[name] = Decimal(read[reader.key])
        elif not wrong:
            problems.append(Problem(reading.MISSING, on=name))
    if problems:
        return None, problems
    low, high = figures["value"], figures.get("value_to", figures["value"])
    return Asked(key, low=None if sense == Sense.AT_MOST else low, high=None if sense == Sense.AT_LEAST else high), []
