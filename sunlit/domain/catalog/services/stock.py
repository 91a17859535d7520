"""Stock: taken by orders and given back by those that end without a deal, one statement each, inside the order's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.db import connection

_TAKE: Final = """
UPDATE catalog_offer SET stock = stock - taken.quantity, sold = sold + taken.quantity
FROM unnest(%s::bigint[], %s::integer[]) AS taken (id, quantity) WHERE catalog_offer.id = taken.id
"""
_RETURN: Final = """
UPDATE catalog_offer SET stock = stock + back.quantity, sold = greatest(sold - back.quantity, 0)
FROM unnest(%s::bigint[], %s::integer[]) AS back (id, quantity) WHERE catalog_offer.id = back.id
"""


def take_stock(quantities: Mapping[int, int]) -> None:
    """Take these quantities by offer id. The caller holds the locks (`locked_for_order`) and has checked the stock: below zero is an IntegrityError."""
    _carry(_TAKE, quantities)


def return_stock(quantities: Mapping[int, int]) -> None:
    """Give these quantities back by offer id."""
    _carry(_RETURN, quantities)


def _carry(statement: str, quantities: Mapping[int, int]) -> None:
    ids = sorted(quantities)
    with connection.cursor() as cursor:
        cursor.execute(statement, [ids, [quantities[pk] for pk in ids]])
