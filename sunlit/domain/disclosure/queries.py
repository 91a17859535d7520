"""What is asked of published notices. Everything here is public."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import Q

from sunlit.domain.disclosure.models import DealNotice, Notice
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.money import FEN

__all__ = [
    "DealPage",
    "NoticePage",
    "Paid",
    "PricesPaid",
    "deal",
    "deals",
    "framework_changes",
    "framework_deals",
    "framework_voids",
    "latest",
    "notice",
    "notices",
    "parties_now",
    "plans_on",
    "prices_paid",
]

PAID_WINDOW: Final = timedelta(days=730)
PAID_MOST: Final = 2_000  # lines of deals that the figures rest on: the newest
PAID_SHOWN: Final = 8

# One row a line of a notice that bought one of the products, the newest first. The index finds the notices by what they hold.
_PAID: Final = """
SELECT n.number, n.published_at, b.name_zh, b.name_en, s.name_zh, s.name_en, (l->>'quantity')::int, (l->>'price')::numeric
FROM disclosure_dealnotice n
JOIN accounts_organisation b ON b.id = n.buyer_id JOIN accounts_organisation s ON s.id = n.supplier_id
CROSS JOIN LATERAL jsonb_array_elements(n.lines) l
WHERE ({holds}) AND n.published_at > %s AND n.published_at <= %s AND l->>'product' = ANY(%s)
ORDER BY n.published_at DESC, n.id DESC LIMIT %s
"""


@dataclass(frozen=True)
class DealPage:
    """A page of notices, newest first; `after` asks for the next one."""

    deals: list[DealNotice]
    after: int | None


@dataclass(frozen=True)
class NoticePage:
    """A page of what buyers told before they bought, newest first; `after` asks for the next one."""

    notices: list[Notice]
    after: int | None


def notice(number: str) -> Notice | None:
    """One notice by its own number or that of what it tells of, with its versions."""
    found = Notice.objects.select_related("buyer__region", "corrects", "corrected_by")
    return found.filter(Q(number=number) | Q(about=number)).first()


def notices(kind: str, *, q: str = "", region_path: str = "", after: int | None = None, rows: int = PAGE_ROWS) -> NoticePage:
    """Notices of a kind, newest first, by a word of title, projects or number, and by region with those below it."""
    found = Notice.objects.select_related("buyer", "corrected_by").filter(kind=kind)
    if q:
        found = found.filter(Q(words__icontains=q) | Q(number=q.upper()) | Q(about=q.upper()))
    if region_path:
        found = found.filter(Q(region_path=region_path) | Q(region_path__startswith=region_path + "/"))
    if after:
        found = found.filter(pk__lt=after)
    page = list(found.order_by("-pk")[: rows + 1])
    return NoticePage(page[:rows], page[rows - 1].pk if len(page) > rows else None)


def framework_changes(number: str, *, rows: int = PAGE_ROWS) -> list[Notice]:
    """What was published of the parties of a framework while it runs, newest first."""
    return list(Notice.objects.filter(kind="framework_change", content__number=number).order_by("-pk")[:rows])


def framework_voids(number: str, *, rows: int = PAGE_ROWS) -> list[Notice]:
    """The purchases under a framework that regulators voided, newest first."""
    return list(Notice.objects.filter(kind="framework_void", content__number=number).order_by("-pk")[:rows])


def parties_now(number: str) -> list[dict[str, Any]]:
    """The parties to an open agreement as its notices tell them: who was admitted and is still in it, with what it offers now, in the order of joining."""
    parties: dict[tuple[int, str], dict[str, Any]] = {}
    for notice in Notice.objects.filter(kind="framework_change", content__number=number).order_by("pk").iterator():
        told = notice.content
        key = (told["package"], told["supplier"]["number"])
        if told["change"] == "admit":
            parties[key] = {**told, "since": notice.published_at}
        elif told["change"] in ("clear_out", "leave"):
            parties.pop(key, None)
        elif told["change"] == "upgrade" and key in parties:
            parties[key] |= {name: told[name] for name in ("product", "brand", "model", "description", "price")}
    return list(parties.values())


def framework_deals(number: str, *, rows: int = PAGE_ROWS) -> list[Notice]:
    """What was published of the second stage of a framework, newest first."""
    return list(Notice.objects.filter(kind="framework_deal", content__number=number).order_by("-pk")[:rows])


def plans_on(intention: str) -> list[Notice]:
    """The filed plans that rest on an intention, oldest first."""
    return list(Notice.objects.filter(kind="plan", content__intention=intention).order_by("pk")[:PAGE_ROWS])


def deal(number: str) -> DealNotice | None:
    return DealNotice.objects.select_related("buyer", "supplier").filter(number=number).first()


def latest(rows: int = 8) -> list[DealNotice]:
    return list(DealNotice.objects.select_related("buyer", "supplier").order_by("-published_at", "-id")[:rows])


def deals(*, q: str = "", region_path: str = "", category: str = "", after: int | None = None, rows: int = PAGE_ROWS) -> DealPage:
    """Published deals, newest first, by a word of title or party, region (with those below it) and category code."""
    found = DealNotice.objects.select_related("buyer", "supplier")
    if q:
        parties = accounts.ids_named(q)
        by_party = Q(buyer_id__in=parties) | Q(supplier_id__in=parties)
        found = found.filter(Q(title_zh__icontains=q) | by_party | Q(order_number=q.upper()) | Q(number=q.upper()))
    if region_path:
        found = found.filter(Q(region_path=region_path) | Q(region_path__startswith=region_path + "/"))
    if category:
        found = found.filter(lines__contains=[{"category": {"code": category}}])
    if after:
        found = found.filter(pk__lt=after)
    page = list(found.order_by("-pk")[: rows + 1])
    return DealPage(page[:rows], page[rows - 1].pk if len(page) > rows else None)


@dataclass(frozen=True)
class Paid:
    """What one buyer paid in one deal."""

    number: str
    at: datetime
    buyer_zh: str
    buyer_en: str
    supplier_zh: str
    supplier_en: str
    quantity: int
    price: Decimal


@dataclass(frozen=True)
class PricesPaid:
    """What buyers paid for a product in two years: over how many lines of deals and pieces, the quartiles, and the latest deals."""

    count: int
    pieces: int
    low: Decimal
    lower: Decimal
    median: Decimal
    upper: Decimal
    high: Decimal
    latest: list[Paid]


def prices_paid(products: Sequence[str], *, at: datetime) -> PricesPaid | None:
    """The published deals with any of these product numbers (of products that became one); None when there is none. One query."""
    holds = " OR ".join(["n.lines @> %s::jsonb"] * len(products))
    held = [json.dumps([{"product": number}]) for number in products]
    with connection.cursor() as cursor:
        cursor.execute(_PAID.format(holds=holds), [*held, at - PAID_WINDOW, at, list(products), PAID_MOST])
        rows = [Paid(*row) for row in cursor.fetchall()]
    if not rows:
        return None
    prices = sorted(row.price for row in rows)
    quarter, half, three = (_quantile(prices, Decimal(n) / 4) for n in (1, 2, 3))
    return PricesPaid(len(rows), sum(row.quantity for row in rows), prices[0], quarter, half, three, prices[-1], rows[:PAID_SHOWN])


def _quantile(prices: Sequence[Decimal], share: Decimal) -> Decimal:
    """Between the two nearest figures in proportion (R-7, as spreadsheets count), in yuan and fen."""
    place = share * (len(prices) - 1)
    below = int(place)
    above = min(below + 1, len(prices) - 1)
    return (prices[below] + (prices[above] - prices[below]) * (place - below)).quantize(FEN)
