"""Whether everything agrees after the storm: what was acknowledged, orders, budgets, stock, the queue, the ledger and the bank's books."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.buying import Journal
from bench.town import STOCK, Market

_QUOTAS = """
SELECT count(*) FROM planning_budgetquota q WHERE (held, committed, spent) <> (
    SELECT coalesce(sum(amount) FILTER (WHERE state = 'held'), 0), coalesce(sum(amount) FILTER (WHERE state = 'committed'), 0),
           coalesce(sum(amount) FILTER (WHERE state = 'spent'), 0) FROM planning_hold h WHERE h.quota_id = q.id)
"""
_HOLDS = """
SELECT count(*) FROM market_order o FULL JOIN planning_hold h ON h.reference = 'order/' || o.number
WHERE o.id IS NULL OR h.id IS NULL OR h.amount <> o.total OR h.quota_id <> o.quota_id OR h.state <> CASE
    WHEN o.state IN ('disapproved', 'declined', 'lapsed', 'cancelled', 'returned') THEN 'released'
    WHEN o.state IN ('paid', 'rated', 'closed') THEN 'spent'
    WHEN o.state IN ('accepted', 'invoiced', 'paying') THEN 'committed' ELSE 'held' END
"""
_STOCK = """
SELECT count(*) FROM catalog_offer f WHERE (f.stock, f.sold) <> (
    SELECT %s - coalesce(sum(l.quantity), 0), coalesce(sum(l.quantity), 0) FROM market_orderline l JOIN market_order o ON o.id = l.order_id
    WHERE l.offer_id = f.id AND o.state NOT IN ('disapproved', 'declined', 'lapsed', 'cancelled', 'returned'))
"""
_STUCK = "SELECT count(*) FROM market_order WHERE state NOT IN ('paid', 'rated', 'closed', 'declined', 'cancelled', 'returned')"
_TOTALS = (
    "SELECT count(*) FROM market_order o WHERE total <> (SELECT coalesce(sum(amount), 0) FROM market_orderline l WHERE l.order_id = o.id)"
)
_DEALS = """
SELECT count(*) FROM market_order o FULL JOIN disclosure_dealnotice d ON d.order_number = o.number
WHERE (o.accepted_at IS NOT NULL) <> (d.id IS NOT NULL)
"""
_UNSEALED = "SELECT (SELECT count(*) FROM ledger_entry) - (SELECT count(*) FROM ledger_leaf)"
_DEAD = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'"


def differences(market: Market, journal: Journal, books: Path) -> dict[str, int]:
    """Each comparison with how many things disagree: all 0 when nothing was lost and nothing done twice."""
    lost, double = _acts(journal)
    return {
        "purchases that gave up": len(journal.troubles),
        "acknowledged acts lost": lost,
        "acts done twice": double,
        "orders placed twice": _orders_placed_twice(journal),
        "quotas that disagree with holds": _count(_QUOTAS),
        "holds that disagree with orders": _count(_HOLDS),
        "offers whose stock disagrees with order lines": _count(_STOCK, [STOCK]),
        "orders whose total disagrees with their lines": _count(_TOTALS),
        "orders that are stuck": _count(_STUCK),
        "accepted orders without their notice": _count(_DEALS),
        "payments that disagree with the bank's books": sum(1 for _ in _payments(books)),
        "dead letters": _count(_DEAD),
        "entries that are not sealed": abs(_count(_UNSEALED)),
    }


def verified() -> tuple[int, str]:
    """`sunlit verify --database`: its exit code and its words."""
    told = subprocess.run(
        [sys.executable, "-m", "sunlit.cli", "verify", "--database", "--lang", "en"], capture_output=True, text=True, check=False
    )
    return told.returncode, (told.stdout + told.stderr).strip()


def _acts(journal: Journal) -> tuple[int, int]:
    """How many acknowledged acts are not in the ledger, and how many there are that nobody asked for."""
    from sunlit.foundation.ledger.models import Entry

    told = Counter((f"order/{act['order']}", f"order.{act['verb']}") for act in journal.acts)
    ours = {verb for _subject, verb in told}
    kept = Counter(Entry.objects.filter(act__in=ours, subject__startswith="order/").values_list("subject", "act"))
    return sum((told - kept).values()), sum((kept - told).values())


def _orders_placed_twice(journal: Journal) -> int:
    from sunlit.domain.market.models import Order

    placed = {act["order"] for act in journal.acts if act["verb"] == "place"}
    return abs(Order.objects.count() - len(placed))


def _payments(books: Path) -> Iterator[str]:
    """Every payment that the platform holds for paid and the bank did not carry out exactly once, or the other way round."""
    from sunlit.domain.contracts.models import Payment

    with sqlite3.connect(books) as db:
        at_bank = {
            reference: (state, Decimal(amount)) for reference, state, amount in db.execute("SELECT reference, state, amount FROM payment")
        }
        times = Counter(reference for (reference,) in db.execute("SELECT reference FROM payment"))
    paid = {payment.number: payment.amount for payment in Payment.objects.filter(state="paid")}
    for number, amount in paid.items():
        if at_bank.get(number) != ("accepted", amount) or times[number] != 1:
            yield number
    yield from (number for number, (state, _amount) in at_bank.items() if state == "accepted" and number not in paid)
    twice = Counter(Payment.objects.filter(state="paid").values_list("order_id", flat=True))
    yield from (str(order) for order, count in twice.items() if count > 1)


def _count(statement: str, values: list[Any] | None = None) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.fetchone()[0])
