"""Trying a change of a rule on past purchases: each is judged as the rulebook judged it on its day, and as it would with the change.

Which version holds where is asked of the rulebook in Python, into one small table of figures; the judgement itself is SQL over all purchases, and
must say what `planning.rules.splitting` and `market.queries.rulings` say (a test replays a random town through both).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sunlit.domain.insight.rules import trials as rules
from sunlit.domain.insight.rules.trials import CHECKS, FIGURES, OBJECTS, Change
from sunlit.domain.planning.queries import splitting
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import Rule_, may_refuse
from sunlit.foundation.engine import Engine, TableOf, analysis, one_instant
from sunlit.foundation.kernel.clock import local_day, start_of_day
from sunlit.foundation.kernel.refusals import Refused

SAMPLE: Final = 20
DAYS_BEFORE: Final = 366  # longest window of a rule: purchases so long before the first day are read, too

ORDERS: Final = {
    "id": "BIGINT", "number": "VARCHAR", "buyer": "BIGINT", "supplier": "BIGINT", "region_path": "VARCHAR", "total": "DECIMAL(18,2)",
    "day": "DATE", "instant": "BIGINT", "own_limit": "DECIMAL(18,2)", "size": "VARCHAR",
}  # fmt: skip
_ORDERS = """
SELECT o.id, o.number, o.buyer_id, o.supplier_id, o.region_path, o.total, (o.placed_at AT TIME ZONE 'Asia/Shanghai')::date,
       (extract(epoch FROM o.placed_at) * 1000000)::bigint, b.approval_limit, COALESCE(d.counts_as, 'unknown')
FROM market_order o JOIN accounts_organisation b ON b.id = o.buyer_id
LEFT JOIN (
    SELECT DISTINCT ON (s.organisation_id) s.organisation_id, d.counts_as FROM registry_sizedeclaration d JOIN registry_supplier s ON s.id = d.supplier_id
    ORDER BY s.organisation_id, d.declared_at DESC, d.id DESC
) d ON d.organisation_id = o.supplier_id
WHERE o.placed_at >= %(since)s AND o.placed_at < %(until)s
  AND (o.region_path = %(path)s OR o.region_path LIKE %(path)s || '/%%' OR %(path)s = '')
ORDER BY o.id
"""
PARTS: Final = {
    "id": "BIGINT", "order_id": "BIGINT", "buyer": "BIGINT", "quota": "BIGINT", "supplier": "BIGINT", "code": "VARCHAR", "class": "VARCHAR", "kind": "VARCHAR",
    "region_path": "VARCHAR", "amount": "DECIMAL(18,2)", "day": "DATE", "instant": "BIGINT", "adjusted": "BIGINT", "approved": "BOOLEAN",
}  # fmt: skip
_PARTS = """
SELECT p.id, o.id, p.buyer_id, p.quota_id, p.supplier_id, p.category_code, p.category_class, p.kind, COALESCE(o.region_path, q.region_path), p.amount,
       (p.at AT TIME ZONE 'Asia/Shanghai')::date, (extract(epoch FROM p.at) * 1000000)::bigint, (extract(epoch FROM c.at) * 1000000)::bigint,
       a.reference IS NOT NULL
FROM planning_purchase p JOIN planning_budgetquota q ON q.id = p.quota_id
LEFT JOIN market_order o ON 'order/' || o.number = p.reference
LEFT JOIN (SELECT quota_id, min(at) AS at FROM planning_quotachange WHERE before > 0 GROUP BY quota_id) c ON c.quota_id = p.quota_id
LEFT JOIN (
    SELECT l.hold AS reference FROM planning_planline l JOIN planning_plan n ON n.id = l.plan_id WHERE n.asked_at IS NOT NULL AND n.state = ANY (%(approved)s) AND l.hold <> ''
    UNION SELECT u.reference FROM planning_planuse u JOIN planning_planline l ON l.id = u.line_id JOIN planning_plan n ON n.id = l.plan_id
    WHERE n.asked_at IS NOT NULL AND n.state = ANY (%(approved)s) AND u.given_back_at IS NULL
) a ON a.reference = p.reference
WHERE p.at >= %(from)s AND p.at < %(until)s AND p.struck_at IS NULL AND p.method <> 'open_tender'
  AND (q.region_path = %(path)s OR q.region_path LIKE %(path)s || '/%%' OR %(path)s = '')
ORDER BY p.id
"""
LINES: Final = {"order_id": "BIGINT", "price": "DECIMAL(18,2)", "median": "DECIMAL(18,2)"}
_LINES = """
SELECT o.id, l.price, l.median FROM market_orderline l JOIN market_order o ON o.id = l.order_id
WHERE o.placed_at >= %(since)s AND o.placed_at < %(until)s
  AND (o.region_path = %(path)s OR o.region_path LIKE %(path)s || '/%%' OR %(path)s = '')
ORDER BY l.id
"""

# What ended without a deal was struck out: an order without a part is none.
# Figures by side, region, kind of object and days; one row a purchase and side is what every check works on.
_SIDES = """
CREATE TABLE side_orders AS
SELECT f.*, o.id, o.total, o.own_limit
FROM (SELECT o.*, k.kind FROM orders o JOIN kinds k ON k.order_id = o.id) o
JOIN figures f ON f.region_path = o.region_path AND f.kind = o.kind AND o.day >= f.since AND o.day < f.until
"""
_KINDS = "CREATE TABLE kinds AS SELECT order_id, CASE WHEN bool_and(kind = 'services') THEN 'services' ELSE 'goods' END AS kind FROM parts GROUP BY order_id"
_SIDE_PARTS = """
CREATE TABLE side_parts AS
SELECT f.side, f.procurement, f.open_tender, f.item, f.item_refuses, f.klass, f.near_share, f.near_count, f.near_days, f.run_count, f.run_days,
       f.approval, f.repeat_count, f.repeat_share, f.repeat_days, p.*, COALESCE(o.own_limit, f.approval) AS own_line,
       CASE WHEN p.amount < least(f.procurement, f.open_tender) THEN least(f.procurement, f.open_tender)
            WHEN p.amount < greatest(f.procurement, f.open_tender) THEN greatest(f.procurement, f.open_tender) END AS line
FROM parts p JOIN orders o ON o.id = p.order_id
JOIN figures f ON f.region_path = p.region_path AND f.kind = p.kind AND p.day >= f.since AND p.day < f.until
"""
# What was bought before within some days. Time is cut into stretches as long as the longest such window, and a purchase is held only against its
# own stretch and the one before: without that, every purchase of a busy buyer would be held against all of two years.
_WINDOW: Final = """
INSERT INTO hits
WITH width AS (SELECT greatest(max({days}), 1)::BIGINT * 86400000000 AS us FROM figures),
e AS (SELECT e.*, e.instant // us AS stretch FROM parts e, width),
p AS (SELECT p.*, p.instant // us - back AS stretch FROM side_parts p, width, (VALUES (0), (1)) AS stretches(back) WHERE {wanted})
SELECT p.side, p.order_id, '{code}', 'warned'
FROM p LEFT JOIN e ON e.buyer = p.buyer AND e.code = p.code {same} AND e.stretch = p.stretch AND e.instant < p.instant
    AND e.instant >= p.instant - p.{days} * 86400000000 AND e.amount < p.{line} {least}
GROUP BY p.side, p.order_id, p.id HAVING {having}
"""
CHECK_SQL: Final = {
    rules.MOVED: """
INSERT INTO hits SELECT side, id, '{code}', 'moved' FROM side_orders WHERE total >= {column}
""",
    rules.YEAR: """
INSERT INTO hits
WITH sums AS (
    SELECT id, COALESCE(sum(amount) FILTER (WHERE NOT approved) OVER (PARTITION BY quota, code ORDER BY instant RANGE UNBOUNDED PRECEDING), 0) AS of_item,
           COALESCE(sum(amount) FILTER (WHERE NOT approved) OVER (PARTITION BY quota, class ORDER BY instant RANGE UNBOUNDED PRECEDING), 0) AS of_class
    FROM parts
)
SELECT side, order_id, CASE WHEN of_item > round(open_tender * item / 100, 2) THEN 'SPL-001' ELSE 'SPL-002' END,
       CASE WHEN of_item > round(open_tender * item / 100, 2) AND item_refuses THEN 'refused' ELSE 'warned' END
FROM side_parts JOIN sums USING (id)
WHERE (adjusted IS NULL OR adjusted > instant) AND (of_item > round(open_tender * item / 100, 2) OR of_class > round(open_tender * klass / 100, 2))
""",
    rules.NEAR: _WINDOW.format(
        code="SPL-003", days="near_days", line="line", same="", least="AND e.amount >= p.line * p.near_share / 100",
        wanted="p.amount >= p.line * p.near_share / 100", having="count(e.id) + 1 >= any_value(p.near_count)",
    ),
    rules.RUN: _WINDOW.format(
        code="SPL-004", days="run_days", line="line", same="AND e.supplier = p.supplier", least="", wanted="p.supplier IS NOT NULL AND p.line IS NOT NULL",
        having="count(e.id) + 1 >= any_value(p.run_count) AND COALESCE(sum(e.amount), 0) + any_value(p.amount) > any_value(p.line)",
    ),
    rules.REPEAT: _WINDOW.format(
        code="ORD-026", days="repeat_days", line="own_line", same="", least="AND e.amount >= p.own_line * p.repeat_share / 100",
        wanted="p.amount >= p.own_line * p.repeat_share / 100 AND p.amount < p.own_line", having="count(e.id) + 1 >= any_value(p.repeat_count)",
    ),
    rules.APPROVAL: """
INSERT INTO hits SELECT side, id, 'approval', 'approval' FROM side_orders WHERE own_limit IS NULL AND total > approval
""",
    rules.ABOVE: """
INSERT INTO hits SELECT DISTINCT o.side, o.id, 'ORD-027', 'warned'
FROM side_orders o JOIN lines l ON l.order_id = o.id WHERE l.price * 100 > l.median * (100 + o.above_median)
""",
}  # fmt: skip
MOVED_BY: Final = {"threshold.procurement": ("ORD-025", "procurement"), "threshold.open_tender": ("open_tender", "open_tender")}

_OUTCOMES = """
CREATE TABLE outcomes AS
WITH worst AS (
    SELECT side, order_id, max(list_position(['allowed', 'approval', 'warned', 'moved', 'refused'], outcome)) AS rank FROM hits GROUP BY side, order_id
)
SELECT o.id, o.number, o.buyer, o.region_path, o.total, o.size,
       ['allowed', 'approval', 'warned', 'moved', 'refused'][COALESCE(b.rank, 1)] AS before,
       ['allowed', 'approval', 'warned', 'moved', 'refused'][COALESCE(a.rank, 1)] AS after
FROM orders o SEMI JOIN kinds ON kinds.order_id = o.id
LEFT JOIN worst b ON b.order_id = o.id AND b.side = 'before' LEFT JOIN worst a ON a.order_id = o.id AND a.side = 'after'
"""
_BY = """
SELECT {group}, count(DISTINCT o.id), sum({amount}), count(DISTINCT o.id) FILTER (WHERE before <> 'allowed'), COALESCE(sum({amount}) FILTER (WHERE before <> 'allowed'), 0),
       count(DISTINCT o.id) FILTER (WHERE after <> 'allowed'), COALESCE(sum({amount}) FILTER (WHERE after <> 'allowed'), 0),
       count(DISTINCT o.id) FILTER (WHERE before <> after), COALESCE(sum({amount}) FILTER (WHERE before <> after), 0)
FROM outcomes o {join} GROUP BY 1 ORDER BY 8 DESC, 9 DESC, 1
"""
BREAKDOWNS: Final = {
    "regions": {"group": "o.region_path", "amount": "o.total", "join": ""},
    "classes": {"group": "p.class", "amount": "p.amount", "join": "JOIN parts p ON p.order_id = o.id"},
    "sizes": {"group": "o.size", "amount": "o.total", "join": ""},
}


@dataclass(frozen=True)
class Replayed:
    """What a replay found, before it is kept."""

    purchases: int
    figures: Mapping[str, Any]
    codes: Mapping[str, Mapping[str, frozenset[str]]]  # side → number of the order → codes; only where it was asked for
    digest: str
    rules: Sequence[Sequence[Any]]
    since: date
    until: date


def replay(
    change: Change, *, months: int, at: datetime, with_codes: bool = False, tell: Callable[[int], None] = lambda _done: None
) -> Replayed:
    """Judge the purchases of the change's region, and of those below it, before and after. Writes nothing; tells how many of `steps_of` are done."""
    until = local_day(at)
    since = until - timedelta(days=round(months * 365.25 / 12))
    values = {
        "since": start_of_day(since),
        "until": at,
        "from": start_of_day((since - timedelta(days=DAYS_BEFORE)).replace(month=1, day=1)),
        "path": change.region_path,
        "approved": list(splitting.APPROVED),
    }
    used: dict[int, Rule_] = {}
    with analysis() as engine:
        with one_instant():
            engine.read("orders", TableOf(_ORDERS, ORDERS, values))
            engine.read("parts", TableOf(_PARTS, PARTS, values))
            if rules.ABOVE in CHECKS[change.key]:
                engine.read("lines", TableOf(_LINES, LINES, values))
            _write_figures(engine, change, since, until, used)
        _judge(engine, change.key, tell)
        codes = _codes(engine) if with_codes else {}
        told = _told(engine, change.key)
        versions = [[rule.key, rule.kind, rule.region_path, rule.id, rule.since.isoformat()] for _id, rule in sorted(used.items())]
        return Replayed(told["purchases"], told, codes, engine.digest, versions, since, until)


def _write_figures(engine: Engine, change: Change, since: date, until: date, used: dict[int, Rule_]) -> None:
    """Every figure for each side, region, kind and stretch of days on which none of them changes."""
    places = [
        path
        for (path,) in engine.run(
            "SELECT DISTINCT region_path FROM (SELECT region_path FROM orders UNION SELECT region_path FROM parts) ORDER BY 1"
        )
    ]
    columns = {"side": "VARCHAR", "region_path": "VARCHAR", "kind": "VARCHAR", "since": "DATE", "until": "DATE", "item_refuses": "BOOLEAN"}
    columns |= dict.fromkeys(FIGURES, "DECIMAL(18,2)")
    rows = [row for path in places for row in _rows_of(change, path, since, until, used)]
    engine.write("figures", columns, rows)


def _rows_of(change: Change, path: str, since: date, until: date, used: dict[int, Rule_]) -> Iterator[list[Any]]:
    days = sorted({since, *(day for day in _changes(path) if since < day <= until)})
    for first, last in zip(days, [*days[1:], until + timedelta(days=1)], strict=True):
        for kind in OBJECTS:
            found = {name: _found(key, path, kind if own is None else own, first) for name, (key, own) in FIGURES.items()}
            used |= {rule.id: rule for rule in found.values() if rule}
            tried = {name for name, rule in found.items() if _is_tried(rule, change, name, path, kind)}
            before = [rule.amount if rule else None for rule in found.values()]
            after = [change.figure if name in tried else rule.amount if rule else None for name, rule in found.items()]
            yield ["before", path, kind, first, last, _refuses(found), *before]
            yield ["after", path, kind, first, last, _refuses(found, tried, change.lawful), *after]


def _changes(path: str) -> set[date]:
    """The days on which any figure changes for a region."""
    versions = [rule for key in {key for key, _kind in FIGURES.values()} for rule in rulebook.history(key, path)]
    return {rule.since for rule in versions} | {rule.until for rule in versions if rule.until}


def _found(key: str, path: str, kind: str, on: date) -> Rule_ | None:
    try:
        return rulebook.rule(key, region_path=path, kind=kind, on=on)
    except Refused:
        return None


def _is_tried(rule: Rule_ | None, change: Change, name: str, path: str, kind: str) -> bool:
    """Where the changed version would be the nearest."""
    key, own = FIGURES[name]
    return rule is not None and key == change.key and change.replaces(rule, region_path=path, kind=kind if own is None else own)


def _refuses(found: Mapping[str, Rule_ | None], tried: Collection[str] = (), lawful: bool | None = None) -> bool:
    """A passed sum is refused where the rule of sums and the threshold can both carry it."""
    can = {name: lawful if name in tried and lawful is not None else rule is not None and may_refuse(rule) for name, rule in found.items()}
    return can["item"] and can["open_tender"]


def _judge(engine: Engine, key: str, tell: Callable[[int], None]) -> None:
    tell(1)
    for statement in (_KINDS, _SIDES, _SIDE_PARTS, "CREATE TABLE hits (side VARCHAR, order_id BIGINT, code VARCHAR, outcome VARCHAR)"):
        engine.run(statement)
    for done, check in enumerate(CHECKS[key], 2):
        code, column = MOVED_BY.get(key, ("", ""))
        engine.run(CHECK_SQL[check].replace("{code}", code).replace("{column}", column))
        tell(done)
    engine.run(_OUTCOMES)


def _codes(engine: Engine) -> dict[str, dict[str, frozenset[str]]]:
    found: dict[str, dict[str, frozenset[str]]] = {"before": {}, "after": {}}
    for side, number, codes in engine.run(
        "SELECT h.side, o.number, list(DISTINCT h.code) FROM hits h JOIN orders o ON o.id = h.order_id GROUP BY 1, 2"
    ):
        found[side][number] = frozenset(codes)
    return found


def _told(engine: Engine, key: str) -> dict[str, Any]:
    [(count, amount)] = engine.run("SELECT count(*), COALESCE(sum(total), 0) FROM outcomes")
    sides = {
        side: {name: [n, _yuan(sum_)] for name, n, sum_ in engine.run(f"SELECT {side}, count(*), sum(total) FROM outcomes GROUP BY 1")}  # noqa: S608
        for side in ("before", "after")
    }
    moves = engine.run("SELECT before, after, count(*), sum(total) FROM outcomes WHERE before <> after GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2")
    sample = engine.run(
        "SELECT number, total, before, after FROM outcomes WHERE before <> after ORDER BY total DESC, number LIMIT ?", [SAMPLE]
    )
    return {
        "purchases": count,
        "amount": _yuan(amount),
        "unjudged": _unjudged(engine, key),
        **sides,
        "moves": [[before, after, n, _yuan(sum_)] for before, after, n, sum_ in moves],
        "sample": [[number, _yuan(total), before, after] for number, total, before, after in sample],
        **{name: [_line(row) for row in engine.run(_BY.format(**parts))] for name, parts in BREAKDOWNS.items()},
    }


def _unjudged(engine: Engine, key: str) -> int:
    """Purchases that the check could not judge, because what it compares was not written down when they were made."""
    if rules.ABOVE not in CHECKS[key]:
        return 0
    [(count,)] = engine.run("SELECT count(DISTINCT o.id) FROM outcomes o JOIN lines l ON l.order_id = o.id WHERE l.median IS NULL")
    return int(count)


def _line(row: Sequence[Any]) -> list[Any]:
    """Name, and four pairs of count and amount: all, remarked before, remarked after, changed."""
    name, *figures = row
    return [name, *(_yuan(it) if place % 2 else it for place, it in enumerate(figures))]


def _yuan(amount: Any) -> str:
    return str(Decimal(amount or 0).quantize(Decimal("0.01")))
