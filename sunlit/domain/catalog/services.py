"""Verbs of the product library."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

_TAKE = """
UPDATE catalog_offer SET stock = stock - wanted.quantity, sold = sold + wanted.quantity
FROM unnest(%s::bigint[], %s::integer[]) AS wanted(id, quantity) WHERE catalog_offer.id = wanted.id
"""
_GIVE = """
UPDATE catalog_offer SET stock = stock + given.quantity, sold = greatest(sold - given.quantity, 0)
FROM unnest(%s::bigint[], %s::integer[]) AS given(id, quantity) WHERE catalog_offer.id = given.id
"""


def take_stock(quantities: Mapping[int, int]) -> None:
    """Take pieces off the shelf, in the caller's transaction, one statement; the database refuses a stock below zero."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [list(quantities), list(quantities.values())])


def return_stock(quantities: Mapping[int, int]) -> None:
    """Put pieces back on the shelf."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE, [list(quantities), list(quantities.values())])
