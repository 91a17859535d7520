"""The yardstick of a category and the levels of its products: measured every night, and at once where there is none yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Final

from django.db import connection, transaction

from sunlit.domain.catalog.models import Category, Product
from sunlit.domain.supervision.models import Level
from sunlit.domain.supervision.models import Yardstick as Measured
from sunlit.domain.supervision.rules.classes import Watch
from sunlit.domain.supervision.rules.score import Residuals, Yardstick, adjusted, median, yardstick
from sunlit.domain.supervision.services import gathering
from sunlit.domain.supervision.services.gathering import Goods

CHUNK_PRODUCTS: Final = 4_000
VALUES_MOST: Final = 200  # of a parameter, the commonest
ROUNDED: Final = 9  # places of a logarithm that are kept

# Values of parameters as often as products have them.
_USUAL: Final = """
SELECT key, value, count FROM (
    SELECT a.key, a.value, count(*) AS count, row_number() OVER (PARTITION BY a.key ORDER BY count(*) DESC, a.value) AS place
    FROM catalog_product p CROSS JOIN LATERAL jsonb_each_text(p.attributes) AS a(key, value) WHERE p.category_id = %s GROUP BY a.key, a.value
) v WHERE place <= %s
"""
_WRITE_LEVELS: Final = """
INSERT INTO supervision_level (product_id, category_id, signature, median)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::float8[])
ON CONFLICT (product_id) DO UPDATE SET category_id = excluded.category_id, signature = excluded.signature, median = excluded.median
WHERE (supervision_level.category_id, supervision_level.signature, supervision_level.median)
    IS DISTINCT FROM (excluded.category_id, excluded.signature, excluded.median)
"""


def categories_on_sale() -> list[int]:
    """The categories in which products are, by id."""
    return list(Category.objects.filter(products__isnull=False).order_by("pk").distinct().values_list("pk", flat=True))


def measure(category_id: int, *, watch: Watch, at: datetime) -> Yardstick | None:
    """Measure one category anew: its yardstick first, then the levels of its products by it. Holds the rows of one category in memory."""
    told = Residuals()
    chunks = list(_goods(category_id, watch, at))
    for it in chain.from_iterable(chunks):
        if len({row.seller for row in it.rows}) >= watch.sellers_min:
            told.take(it.rows)
    found = yardstick(told)
    _keep(category_id, found, at)
    by = found or gathering.yardsticks([category_id]).get(category_id, (Yardstick(0.0), {}))[0]
    for goods in chunks:
        keep_levels(goods, {category_id: by})
    return found


def ensure_measured(category_ids: Iterable[int], *, watch: Watch, at: datetime) -> None:
    """Measure the categories that never were."""
    wanted = set(category_ids)
    for pk in sorted(wanted - set(Measured.objects.filter(pk__in=wanted).values_list("pk", flat=True))):
        measure(pk, watch=watch, at=at)


def keep_levels(goods: Sequence[Goods], yardsticks: Mapping[int, Yardstick]) -> None:
    """Write where the products' prices lie now; what is no longer on sale is nobody's neighbour. Two statements."""
    templates = gathering.templates({it.category_id for it in goods})
    lines = []
    for it in goods:
        signature = gathering.signature_of(it.attributes, templates.get(it.category_id, ()))
        if it.offers and it.category_id in yardsticks and signature:
            by = yardsticks[it.category_id]
            level = median(sorted(adjusted(row, by) for row in it.rows))
            lines.append((it.id, it.category_id, signature, round(level, ROUNDED)))
    with transaction.atomic():
        gone = {it.id for it in goods} - {line[0] for line in lines}
        Level.objects.filter(pk__in=gone).delete()
        if lines:
            with connection.cursor() as cursor:
                cursor.execute(_WRITE_LEVELS, [list(column) for column in zip(*sorted(lines), strict=True)])


def _goods(category_id: int, watch: Watch, at: datetime) -> Iterator[list[Goods]]:
    """The products of a category with their rows, chunk by chunk."""
    for chunk in product_chunks(category_id):
        yield gathering.goods_of(chunk, at=at, window_days=watch.window_days)


def product_chunks(category_id: int) -> Iterator[list[int]]:
    """The ids of a category's products, CHUNK_PRODUCTS at a time."""
    last = 0
    while chunk := list(
        Product.objects.filter(category_id=category_id, pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK_PRODUCTS]
    ):
        yield chunk
        last = chunk[-1]


def _keep(category_id: int, found: Yardstick | None, at: datetime) -> None:
    usual: dict[str, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_USUAL, [category_id, VALUES_MOST])
        for key, value, count in cursor.fetchall():
            usual.setdefault(key, {})[value] = count
    Measured.objects.update_or_create(
        category_id=category_id,
        defaults={
            "measured_at": at,
            "rows": found.rows if found else 0,
            "mad": round(found.mad, ROUNDED) if found else None,
            "regions": {path: round(effect, ROUNDED) for path, effect in found.regions.items()} if found else {},
            "months": {str(month): round(effect, ROUNDED) for month, effect in found.months.items()} if found else {},
            "slope": round(found.slope, ROUNDED) if found else 0.0,
            "usual": usual,
        },
    )
