"""Splitting (化整为零) as it is asked at the plan and at the checkout: what counts beside a purchase, and what the rulebook says of the sums.

One aggregate query; a second one names the purchases where a sum is passed. Ask after the quota's hold: the row is locked then, and of two
purchases at once the later one sees the earlier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.db.models import Q, Sum

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.planning.models import PlanLine, PlanUse, Purchase, QuotaChange
from sunlit.domain.planning.rules import splitting as rules
from sunlit.domain.planning.rules.splitting import CLASS, ITEM, Before, Figures, Part, by_category, class_of, is_split
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import Rule_, Ruling
from sunlit.foundation.kernel.clock import local_day, start_of_day
from sunlit.foundation.kernel.refusals import Refused

__all__ = [
    "CODES",
    "EXPLAIN",
    "OwnLimit",
    "Part",
    "SoFar",
    "by_category",
    "class_of",
    "excuse_of",
    "figures_of",
    "is_split",
    "judge",
    "judge_baskets",
    "so_far",
]

CODES: Final = rules.CODES
EXPLAIN: Final = rules.EXPLAIN
NAMED: Final = 12  # purchases that a ruling names
LINES: Final = ("threshold.procurement", "threshold.open_tender")
CODE_CHARS: Final = 9  # A02010105
APPROVED: Final = ("approved", "executing", "done")  # a plan that asked for approval and stands so has it
KINDS: Final = ("goods", "services", "works")

_BEFORE = """
SELECT p.category_code, p.supplier_id,
       COALESCE(sum(p.amount) FILTER (WHERE p.quota_id = %(quota)s), 0), count(*) FILTER (WHERE p.quota_id = %(quota)s),
       count(*) FILTER (WHERE p.at >= %(near_since)s AND p.amount >= l.low * %(near)s AND p.amount < l.low),
       COALESCE(sum(p.amount) FILTER (WHERE p.at >= %(near_since)s AND p.amount >= l.low * %(near)s AND p.amount < l.low), 0),
       count(*) FILTER (WHERE p.at >= %(near_since)s AND p.amount >= l.high * %(near)s AND p.amount < l.high),
       COALESCE(sum(p.amount) FILTER (WHERE p.at >= %(near_since)s AND p.amount >= l.high * %(near)s AND p.amount < l.high), 0),
       count(*) FILTER (WHERE p.at >= %(run_since)s AND p.amount < l.low),
       COALESCE(sum(p.amount) FILTER (WHERE p.at >= %(run_since)s AND p.amount < l.low), 0),
       count(*) FILTER (WHERE p.at >= %(run_since)s AND p.amount < l.high),
       COALESCE(sum(p.amount) FILTER (WHERE p.at >= %(run_since)s AND p.amount < l.high), 0),
       count(*) FILTER (WHERE p.at >= %(own_since)s AND p.amount >= %(own_near)s AND p.amount < %(own)s),
       COALESCE(sum(p.amount) FILTER (WHERE p.at >= %(own_since)s AND p.amount >= %(own_near)s AND p.amount < %(own)s), 0)
FROM planning_purchase p
JOIN unnest(%(classes)s::text[], %(lows)s::numeric[], %(highs)s::numeric[]) AS l(category_class, low, high) USING (category_class)
WHERE p.buyer_id = %(buyer)s AND p.at >= %(since)s AND p.struck_at IS NULL AND p.method <> 'open_tender' AND p.reference <> ALL (%(but)s)
GROUP BY p.category_code, p.supplier_id
"""


@dataclass(frozen=True)
class OwnLimit:
    """The organisation's own limit for one order, from which share of it a purchase counts as just under it, and the days looked back."""

    yuan: Decimal = Decimal("0.00")
    near: Decimal = Decimal("0.00")
    days: int = 0


@dataclass(frozen=True)
class SoFar:
    """What a buyer bought before, as far as it counts beside what is wanted now."""

    buyer_id: int
    quota_id: int | None
    since: datetime
    but: Sequence[str]
    rows: Sequence[Before]

    def year(self, code: str) -> tuple[Decimal, int]:
        """Sum and number of purchases from the quota, of a category or of a whole class."""
        found = [row for row in self.rows if row.category_code.startswith(code)]
        return sum((row.year_sum for row in found), Decimal("0.00")), sum(row.year_count for row in found)

    def near(self, code: str, line: int) -> tuple[int, Decimal]:
        return _added([row.near[line] for row in self.rows if row.category_code == code])

    def run(self, code: str, supplier_id: int | None, line: int) -> tuple[int, Decimal]:
        return _added([row.run[line] for row in self.rows if (row.category_code, row.supplier_id) == (code, supplier_id)])

    def near_own_limit(self, code: str) -> tuple[int, Decimal]:
        return _added([row.near_limit for row in self.rows if row.category_code == code])


def figures_of(region_path: str, on: date) -> Figures | None:
    """The rows in force; None before the pack that brings them is in force."""

    def asked(key: str, kind: str = "") -> Rule_:
        return rulebook.rule(key, region_path=region_path, kind=kind, on=on)

    try:
        return Figures(
            item=asked("splitting.year_sum", ITEM),
            klass=asked("splitting.year_sum", CLASS),
            near_share=asked("splitting.near_share"),
            near_count=asked("splitting.near_count"),
            near_days=asked("splitting.near_window"),
            run_count=asked("splitting.run_count"),
            run_days=asked("splitting.run_window"),
            lines={kind: _lines(kind, region_path, on) for kind in KINDS},
            named=_named,
        )
    except Refused:
        return None


def _named(code: str) -> Any:
    """A category or class by its name in both languages, as a ruling keeps it; the bare code where the catalogue does not know it."""
    known = catalog.category(code) or catalog.category(code.ljust(CODE_CHARS, "0"))
    return {"code": code, "zh": f"{known.name_zh}（{code}）", "en": f"{known.name_en} ({code})"} if known else code


def so_far(
    parts: Sequence[Part],
    *,
    buyer_id: int,
    quota_id: int | None,
    region_path: str,
    at: datetime,
    but: Sequence[str] = (),
    own: OwnLimit | None = None,
) -> SoFar:
    """What counts beside these parts, leaving out the purchases in `but` (what is being judged and is written down already). One query."""
    day, own = local_day(at), own or OwnLimit()
    figures = figures_of(region_path, day)
    near, run = (figures.near_days.n, figures.run_days.n) if figures else (0, 0)
    windows = {"near_since": at - timedelta(days=near), "run_since": at - timedelta(days=run), "own_since": at - timedelta(days=own.days)}
    since = min(start_of_day(day.replace(month=1, day=1)), *windows.values())
    kinds = {class_of(part.category_code): part.kind for part in parts}
    values: dict[str, Any] = {
        **windows,
        "buyer": buyer_id,
        "quota": quota_id,
        "since": since,
        "but": list(but),
        "near": figures.near_share.share if figures else Decimal(0),
        "own": own.yuan,
        "own_near": own.yuan * own.near,
        "classes": list(kinds),
        "lows": [_line_yuan(figures, kind, 0) for kind in kinds.values()],
        "highs": [_line_yuan(figures, kind, 1) for kind in kinds.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, values)
        rows = [_before(row) for row in cursor.fetchall()]
    return SoFar(buyer_id, quota_id, since, but, rows)


def judge(
    parts: Sequence[Part], *, buyer_id: int, quota_id: int | None, region_path: str, at: datetime, but: Sequence[str] = ()
) -> list[Ruling]:
    """What the rulebook says of one purchase or plan beside all that was bought before: nothing, warnings, or a refusal. Give only what is not
    tendered openly."""
    told = so_far(parts, buyer_id=buyer_id, quota_id=quota_id, region_path=region_path, at=at, but=but)
    return judge_baskets([parts], before=told, region_path=region_path, at=at)[0]


def judge_baskets(baskets: Sequence[Sequence[Part]], *, before: SoFar, region_path: str, at: datetime) -> list[list[Ruling]]:
    """The rulings for each of several purchases at once: their sums count together, each hears what concerns its own categories."""
    figures = figures_of(region_path, local_day(at))
    if figures is None:
        return [[] for _basket in baskets]
    wanted = by_category(part for basket in baskets for part in basket)
    return [_of_basket(by_category(basket), wanted, figures, before, at) for basket in baskets]


def _of_basket(basket: Sequence[Part], wanted: Sequence[Part], figures: Figures, before: SoFar, at: datetime) -> list[Ruling]:
    found: list[Ruling] = []
    for part in basket:
        over = _year_sum(part, part.category_code, wanted, figures, before, at)
        found += over or _year_sum(part, class_of(part.category_code), wanted, figures, before, at)
        line = figures.line_above(part)
        if line is not None:
            place = list(figures.lines[part.kind]).index(line)
            windows = (
                rules.just_under(figures, part, before=before.near(part.category_code, place)),
                rules.supplier_run(figures, part, before=before.run(part.category_code, part.supplier_id, place)),
            )
            found += [ruling for ruling in windows if ruling is not None]
    return list({(ruling.code, str(ruling.figures)): ruling for ruling in found}.values())


def _year_sum(part: Part, code: str, wanted: Sequence[Part], figures: Figures, before: SoFar, at: datetime) -> list[Ruling]:
    """The sum of a category or class with all that is wanted now; asked again with its excuse and purchases where it is passed."""
    if before.quota_id is None:
        return []
    scope = ITEM if code == part.category_code else CLASS
    now = [other for other in wanted if other.category_code.startswith(code) and other.kind == part.kind]
    earlier, count = before.year(code)
    amounts = earlier + sum((other.amount for other in now), Decimal("0.00")), count + len(now)
    if rules.year_sum(figures, part, scope=scope, amounts=amounts) is None:
        return []
    excuse = excuse_of(figures, part, scope=scope, amounts=amounts, quota_id=before.quota_id, at=at)
    named = "、".join(purchases_of(before, code))
    ruling = rules.year_sum(figures, part, scope=scope, amounts=amounts, excuse=excuse, purchases=named)
    return [ruling] if ruling else []


def excuse_of(figures: Figures, part: Part, *, scope: str, amounts: tuple[Decimal, int], quota_id: int, at: datetime) -> str:
    """Why a sum over the threshold is lawful all the same (条例28): the budget was adjusted in the year, or without what was bought by an approved
    method it is not passed. "" where nothing excuses it. Up to three queries.
    """
    if QuotaChange.objects.filter(quota_id=quota_id, before__gt=0, at__lte=at).exists():
        return "budget_adjusted"
    code = part.category_code if scope == ITEM else class_of(part.category_code)
    rest = amounts[0] - approved_sum(quota_id, code), amounts[1]
    return "method_approved" if rules.year_sum(figures, part, scope=scope, amounts=rest) is None else ""


def approved_sum(quota_id: int, code: str) -> Decimal:
    """What of a category or class was bought or planned from a quota by a method that the regulator approved. Two queries."""
    lines = PlanLine.objects.filter(quota_id=quota_id, plan__asked_at__isnull=False, plan__state__in=APPROVED).values_list("pk", "hold")
    holds = dict(lines)
    if not holds:
        return Decimal("0.00")
    uses = PlanUse.objects.filter(line__in=holds, given_back_at=None).values("reference")
    found = Purchase.objects.filter(quota_id=quota_id, category_code__startswith=code, struck_at=None).exclude(method=rules.OPEN_TENDER)
    told = found.filter(Q(reference__in=[hold for hold in holds.values() if hold]) | Q(reference__in=uses)).aggregate(sum=Sum("amount"))
    return told["sum"] or Decimal("0.00")


def purchases_of(before: SoFar, code: str) -> list[str]:
    """The latest purchases that a sum counts, by number. One query."""
    found = Purchase.objects.filter(
        buyer_id=before.buyer_id, quota_id=before.quota_id, category_code__startswith=code, at__gte=before.since, struck_at=None
    )
    found = found.exclude(reference__in=before.but).exclude(method=rules.OPEN_TENDER).order_by("-at", "-id")
    return [reference.partition("/")[2] for reference in found.values_list("reference", flat=True)[:NAMED]]


def _lines(kind: str, region_path: str, on: date) -> list[Rule_]:
    """The thresholds that hold for a kind, the lower first. Where none is set (works in some regions) there is nothing to stay under."""
    found = []
    for key in LINES:
        try:
            found.append(rulebook.rule(key, region_path=region_path, kind=kind, on=on))
        except Refused:
            continue
    return sorted(found, key=lambda rule: rule.yuan)


def _line_yuan(figures: Figures | None, kind: str, place: int) -> Decimal:
    lines = figures.lines.get(kind, ()) if figures else ()
    return lines[place].yuan if place < len(lines) else Decimal(0)


def _before(row: Sequence[Any]) -> Before:
    return Before(
        category_code=row[0],
        supplier_id=row[1],
        year_sum=row[2],
        year_count=row[3],
        near=((row[4], row[5]), (row[6], row[7])),
        run=((row[8], row[9]), (row[10], row[11])),
        near_limit=(row[12], row[13]),
    )


def _added(pairs: Sequence[tuple[int, Decimal]]) -> tuple[int, Decimal]:
    return sum(count for count, _sum in pairs), sum((amount for _count, amount in pairs), Decimal("0.00"))
