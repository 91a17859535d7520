"""Setting index and record against each other: how many products each category has and what they cost together; what differs is read again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from itertools import chain
from typing import Final

from django.db import connection

from sunlit.domain.catalog.models import PolicyTag, Product
from sunlit.domain.catalog.queries import documents
from sunlit.domain.catalog.queries.standing import Reconciliation, last_reconciliation, note
from sunlit.domain.catalog.services import indexing
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.search.keeper import Keeper

Tally = dict[str, tuple[int, int]]

REPAIRED_AT_A_TIME: Final = 500
"""Products read again in one commit, so that changes go on being seen meanwhile."""

_RECORD: Final = """
SELECT c.name_zh, count(*), (sum(t.low) * 100)::bigint, sum(t.offers)
FROM (
    SELECT o.product_id, min(o.price) AS low, count(*) AS offers
    FROM catalog_offer o JOIN registry_supplier r ON r.organisation_id = o.supplier_id AND r.state = 'active'
    WHERE o.state = 'listed' GROUP BY o.product_id
) t
JOIN catalog_product p ON p.id = t.product_id JOIN catalog_category c ON c.id = p.category_id
GROUP BY c.name_zh
"""


def reconcile(*, at: datetime) -> Reconciliation | None:
    """Compare index and record category by category, read again what differs, and note the figures; None where there is no index to keep.

    What is under way differs for a moment: only what differs at a second look, after the feed was read to its end, counts and is repaired.
    """
    if not indexing.is_followable():
        return None
    day, before = local_day(at), last_reconciliation()
    differing = _differing(*_tallies())
    if differing:
        while indexing.follow_feed(at=at)[0]:
            pass
        differing &= _differing(*_tallies())
    stale = _expired(before.at.date() if before else day, day)
    repaired = _repair(sorted(differing), stale, day)
    record, index = _tallies()
    result = Reconciliation(at, sum(n for n, _ in index.values()), sum(n for n, _ in record.values()), _offers(), len(differing), repaired)
    note(result)
    return result


def _tallies() -> tuple[Tally, Tally]:
    """Of the record and of the index: the number of products of each category, and the sum of their lowest prices in fen."""
    index = documents.index()
    index.reload()
    return {name: (count, fen) for name, count, fen, _offers in _record()}, index.tally("category_name", "price")


def _record() -> list[tuple[str, int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_RECORD)
        return [(str(name), int(count), int(fen), int(offers)) for name, count, fen, offers in cursor.fetchall()]


def _offers() -> int:
    return sum(offers for *_rest, offers in _record())


def _differing(record: Tally, index: Tally) -> set[str]:
    return {name for name in record.keys() | index.keys() if record.get(name) != index.get(name)}


def _expired(since: date, day: date) -> set[str]:
    """The products with a tag that ended since the last time: nobody acted, only the day did."""
    ended = PolicyTag.objects.filter(expires_on__gte=since, expires_on__lt=day).order_by()
    return set(ended.values_list("offer__product__number", flat=True))


def _repair(names: Sequence[str], stale: set[str], day: date) -> int:
    """Read again all products of these categories, those that only the index knows among them; returns how many were read."""
    index = documents.index()
    known = Product.objects.filter(category__name_zh__in=names).values_list("number", flat=True) if names else []
    numbers = sorted({*stale, *known, *chain.from_iterable(index.ids_of("category_name", name) for name in names)})
    keeper = Keeper(index, partial(documents.load, day=day), documents.ids, documents.words)
    for start in range(0, len(numbers), REPAIRED_AT_A_TIME):
        with index.steady():
            keeper.apply(numbers[start : start + REPAIRED_AT_A_TIME])
    return len(numbers)
