"""Splitting looked for in what was bought: the same rules as at the checkout, asked of purchases that stand. For a sweep of all, or of some buyers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby, takewhile
from typing import Any, Final

from django.db import connection

from sunlit.domain.planning.models import BudgetQuota
from sunlit.domain.planning.queries.splitting import excuse_of, figures_of
from sunlit.domain.planning.rules import splitting as rules
from sunlit.domain.planning.rules.splitting import CLASS, DECEMBER, ITEM, Figures, Part, class_of
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import Ruling
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Refused

SUM, CLASS_SUM, NEAR, RUN = "split_sum", "split_class", "split_near", "split_run"
KEPT_MOST: Final = 200  # purchases that a finding lists

_SUMS = """
SELECT p.buyer_id, p.quota_id, q.number, q.region_path, p.kind, p.category_code, sum(p.amount), count(*), max(p.at)
FROM planning_purchase p JOIN planning_budgetquota q ON q.id = p.quota_id
WHERE q.year = %(year)s AND p.struck_at IS NULL AND p.method <> 'open_tender' AND (%(buyers)s::bigint[] IS NULL OR p.buyer_id = ANY (%(buyers)s))
GROUP BY p.buyer_id, p.quota_id, q.number, q.region_path, p.kind, p.category_code
ORDER BY p.quota_id, p.kind, p.category_code
"""
_RECENT = """
SELECT p.buyer_id, q.region_path, p.kind, p.category_code, p.supplier_id, s.number, p.reference, p.amount, p.at
FROM planning_purchase p JOIN planning_budgetquota q ON q.id = p.quota_id LEFT JOIN accounts_organisation s ON s.id = p.supplier_id
WHERE p.at >= %(since)s AND p.struck_at IS NULL AND p.method <> 'open_tender' AND (%(buyers)s::bigint[] IS NULL OR p.buyer_id = ANY (%(buyers)s))
ORDER BY p.buyer_id, p.category_code, p.at, p.id
"""
_OF_A_SUM = """
SELECT reference, amount, at FROM planning_purchase
WHERE quota_id = %s AND category_code LIKE %s AND kind = %s AND struck_at IS NULL AND method <> 'open_tender' ORDER BY at DESC, id DESC LIMIT %s
"""
_MONTHS = """
SELECT o.number, o.name_zh, o.name_en, extract(month FROM p.at AT TIME ZONE 'Asia/Shanghai')::int, sum(p.amount)
FROM planning_purchase p JOIN planning_budgetquota q ON q.id = p.quota_id JOIN accounts_organisation o ON o.id = p.buyer_id
WHERE q.year = %(year)s AND p.struck_at IS NULL AND (q.region_path = %(path)s OR q.region_path LIKE %(path)s || '/%%')
GROUP BY 1, 2, 3, 4 ORDER BY 1, 4
"""


@dataclass(frozen=True)
class Counted:
    """One purchase that a finding counts."""

    reference: str
    amount: Decimal
    at: datetime


@dataclass(frozen=True)
class Finding:
    """Splitting as it stands: which kind, of whom, on what (`subject` tells it from others of the buyer), what the rulebook says, what is counted."""

    kind: str
    buyer_id: int
    region_path: str
    subject: str
    category_code: str
    ruling: Ruling
    purchases: Sequence[Counted]
    last_at: datetime
    quota_id: int | None = None
    supplier_id: int | None = None

    @property
    def key(self) -> tuple[int, str, str]:
        return self.buyer_id, self.kind, self.subject


@dataclass(frozen=True)
class Spike:
    """X-04: a buyer whose December is many times its other months."""

    number: str
    name_zh: str
    name_en: str
    december: Decimal
    times: Decimal


def findings(*, at: datetime, buyers: Sequence[int] | None = None) -> list[Finding]:
    """Everything that the rulebook remarks on the purchases of the year, excused sums left out; of all buyers or of some. Two queries, and two
    for each sum that is passed."""
    return [*_sums(at, buyers), *_windows(at, buyers)]


def year_end_spikes(region_path: str, *, year: int, on: datetime) -> list[Spike]:
    """The buyers of a region and those below it whose December stands out, the most first (X-04). One query."""
    try:
        ratio = rulebook.rule("splitting.year_end_ratio", region_path=region_path, on=local_day(on)).amount
        least = rulebook.rule("splitting.year_end_months", region_path=region_path, on=local_day(on)).n
    except Refused:
        return []
    rows = _rows(_MONTHS, {"year": year, "path": region_path})
    found = []
    for (number, zh, en), lines in groupby(rows, key=lambda row: row[:3]):
        months = {month: amount for *_who, month, amount in lines}
        times = rules.spike(months, ratio, least=least)
        if times is not None:
            found.append(Spike(number, zh, en, months[DECEMBER], times.quantize(Decimal("0.1"))))
    return sorted(found, key=lambda spike: (-spike.times, spike.number))


def _sums(at: datetime, buyers: Sequence[int] | None) -> Iterator[Finding]:
    rows = _rows(_SUMS, {"year": local_day(at).year, "buyers": list(buyers) if buyers is not None else None})
    for (_quota, kind, _klass), lines in groupby(rows, key=lambda row: (row[1], row[4], class_of(row[5]))):
        own = list(lines)
        figures = figures_of(own[0][3], local_day(at))
        if figures is None or figures.open_tender(kind) is None:
            continue
        over = [found for row in own if (found := _sum(figures, row, row[5], (row[6], row[7]), row[8], at))]
        if over:
            yield from over
        else:
            whole = sum((row[6] for row in own), Decimal("0.00")), sum(row[7] for row in own)
            found = _sum(figures, own[0], class_of(own[0][5]), whole, max(row[8] for row in own), at)
            yield from [found] if found else []


def _sum(figures: Figures, row: Sequence[Any], code: str, amounts: tuple[Decimal, int], last_at: datetime, at: datetime) -> Finding | None:
    buyer, quota, number, path, kind = row[:5]
    scope = ITEM if code == row[5] else CLASS
    part = Part(row[5], kind, Decimal("0.00"))
    ruling = rules.year_sum(figures, part, scope=scope, amounts=amounts)
    if ruling is None or excuse_of(figures, part, scope=scope, amounts=amounts, quota_id=quota, at=at):
        return None
    counted = [Counted(*line) for line in _rows(_OF_A_SUM, [quota, code + "%", kind, KEPT_MOST])]
    kept = SUM if scope == ITEM else CLASS_SUM
    return Finding(kept, buyer, path, f"{number}/{code}", code, ruling, counted, last_at, quota_id=quota)


def _windows(at: datetime, buyers: Sequence[int] | None) -> Iterator[Finding]:
    """X-02 and X-03: every purchase of the longest window is asked as it was when it was made; of each subject the latest remark stands."""
    since = at - timedelta(days=_longest(at))
    rows = _rows(_RECENT, {"since": since, "buyers": list(buyers) if buyers is not None else None})
    for (buyer, path, kind, code), lines in groupby(rows, key=lambda row: row[:4]):
        figures = figures_of(path, local_day(at))
        if figures is not None:
            latest: dict[tuple[str, str], Finding] = {}
            for found in _windows_of(figures, buyer, path, kind, code, [tuple(line[4:]) for line in lines]):
                latest[found.kind, found.subject] = found
            yield from latest.values()


def _windows_of(figures: Figures, buyer: int, path: str, kind: str, code: str, lines: Sequence[Sequence[Any]]) -> Iterator[Finding]:
    """`lines` are (supplier, its number, reference, amount, at), the earliest first."""
    for place, (supplier, number, reference, amount, at) in enumerate(lines):
        part, last = Part(code, kind, amount, supplier), Counted(reference, amount, at)
        line = figures.line_above(part)
        if line is None:
            continue
        least = line.yuan * figures.near_share.share
        near = (
            [Counted(*it[2:]) for it in _back(lines, place, figures.near_days.n) if least <= it[3] < line.yuan] if amount >= least else []
        )
        if ruling := rules.just_under(figures, part, before=_added(near)):
            yield Finding(NEAR, buyer, path, code, code, ruling, [last, *near][:KEPT_MOST], at)
        run = [Counted(*it[2:]) for it in _back(lines, place, figures.run_days.n) if it[0] == supplier and it[3] < line.yuan]
        if ruling := rules.supplier_run(figures, part, before=_added(run)):
            yield Finding(RUN, buyer, path, f"{number}/{code}", code, ruling, [last, *run][:KEPT_MOST], at, supplier_id=supplier)


def _back(lines: Sequence[Sequence[Any]], place: int, days: int) -> Iterator[Sequence[Any]]:
    """The lines before a place that lie within so many days of it, the latest first."""
    since = lines[place][4] - timedelta(days=days)
    return takewhile(lambda line: line[4] >= since, reversed(lines[:place]))


def _longest(at: datetime) -> int:
    """Twice the days of the longest window that any region chose: a purchase at its beginning is asked with what lay before it."""
    paths = BudgetQuota.objects.order_by("region_path").values_list("region_path", flat=True).distinct()
    known = [figures for path in paths if (figures := figures_of(path, local_day(at)))]
    return 2 * max((max(figures.near_days.n, figures.run_days.n) for figures in known), default=0)


def _added(counted: Sequence[Counted]) -> tuple[int, Decimal]:
    return len(counted), sum((it.amount for it in counted), Decimal("0.00"))


def _rows(statement: str, values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
