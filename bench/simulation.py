"""A rule tried on 125,000 purchases, beside DuckDB reading and adding up the same rows and nothing else. One JSON line."""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

from bench import world

PURCHASES = 125_000
ROUNDS = 3
CHANGES = (("threshold.procurement", "goods", "20000"), ("threshold.open_tender", "goods", "50000"), ("splitting.near_share", "", "60"))

_ORDERS = """
INSERT INTO market_order (number, region_path, state, version, mode, checkout_key, buyer_id, supplier_id, orderer_id, quota_id, parties, total,
    contents_hash, delivery, invoice_title, note, purpose, rulings, delivery_days, placed_at, reminded, reason)
SELECT 'DD-' || n, '652800/652801', 'closed', 1, 'supermarket', 'k' || n, {buyer} + n %% {buyers}, {supplier} + n %% {suppliers}, (SELECT min(id) FROM accounts_user),
    {quota} + n %% {buyers}, '{{}}', (50 + (n * 7919) %% 60000)::numeric(16, 2), '', '{{}}', '{{}}', '', '', '[]', 5,
    %(at)s::timestamptz - n * interval '8 minutes', '', ''
FROM generate_series(1, %(count)s) n
"""
_PURCHASES = """
INSERT INTO planning_purchase (buyer_id, quota_id, reference, supplier_id, category_code, category_class, kind, method, amount, at)
SELECT buyer_id, quota_id, 'order/' || number, supplier_id, c.code, left(c.code, 5), 'goods', 'supermarket', total, placed_at
FROM market_order o CROSS JOIN LATERAL (SELECT (ARRAY['A02010105', 'A02010108', 'A02020400', 'A05040101'])[1 + o.id %% 4] AS code) c
"""


def main() -> dict[str, Any]:
    with world.durable_server():
        world.set_up()
        fill()
        ours, bare = [], []
        for _round in range(ROUNDS):
            ours += [simulate(*change) for change in CHANGES]
            bare.append(scan())
    seconds, least = statistics.median(ours), statistics.median(bare)
    return {
        "bench": "simulation",
        "purchases": PURCHASES,
        "seconds": round(seconds, 2),
        "slowest": round(max(ours), 2),
        "bare_scan_seconds": round(least, 2),
        "ratio": round(seconds / least, 2),
        "target_seconds": 10,
    }


def fill() -> None:
    """Two years of purchases, one category each, spread over buyers, suppliers and amounts."""
    from django.db import connection

    places = {
        "buyer": world.FIRST_BUYER, "buyers": world.BUYERS, "supplier": world.FIRST_SUPPLIER, "suppliers": world.SUPPLIERS, "quota": world.FIRST_QUOTA,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ORDERS.format(**places), {"at": world.AT, "count": PURCHASES})
        cursor.execute(_PURCHASES.replace("%%", "%"))
        cursor.execute("ANALYZE")


def simulate(key: str, kind: str, value: str) -> float:
    """Seconds for one trial, from the question to the kept answer."""
    from sunlit.domain.insight import services
    from sunlit.domain.insight.rules.trials import Change
    from sunlit.domain.rulebook import queries as rulebook
    from sunlit.domain.rulebook.rules import like
    from sunlit.foundation.kernel.clock import local_day

    now = rulebook.rule(key, region_path="652800", kind=kind, on=local_day(world.AT))
    began = time.perf_counter()
    told = services.replay(Change(key, kind, "652800", like(now, value)), months=24, at=world.AT)
    assert told.purchases > PURCHASES * 0.99, told.purchases
    return time.perf_counter() - began


def scan() -> float:
    """Seconds for reading the same rows into DuckDB and adding them up."""
    from sunlit.domain.insight.services.simulating import ORDERS, PARTS
    from sunlit.foundation.engine import TableOf, analysis, one_instant

    began = time.perf_counter()
    with analysis() as engine:
        with one_instant():
            engine.read("orders", TableOf(ORDERS_SELECT, ORDERS))
            engine.read("parts", TableOf(PARTS_SELECT, PARTS))
        engine.run("SELECT count(*), sum(o.total), sum(p.amount) FROM orders o JOIN parts p ON p.order_id = o.id")
    return time.perf_counter() - began


ORDERS_SELECT = """
SELECT id, number, buyer_id, supplier_id, region_path, total, placed_at::date, (extract(epoch FROM placed_at) * 1000000)::bigint, NULL, '' FROM market_order
"""
PARTS_SELECT = """
SELECT p.id, o.id, p.buyer_id, p.quota_id, p.supplier_id, p.category_code, p.category_class, p.kind, o.region_path, p.amount, p.at::date,
       (extract(epoch FROM p.at) * 1000000)::bigint, NULL, false
FROM planning_purchase p JOIN market_order o ON 'order/' || o.number = p.reference
"""


if __name__ == "__main__":
    print(json.dumps(main()))
