"""When buying again and again is splitting (化整为零, 政府采购法实施条例 art. 28). Pure: nothing here reads the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook.rules import Rule_, Ruling, judge, may_refuse
from sunlit.foundation.kernel.refusals import Reason

CLASS_CHARS: Final = 5  # A0201
OPEN_TENDER: Final = "open_tender"
ITEM, CLASS = "item", "class"
DECEMBER: Final = 12

SUM_OVER = Reason(
    "SPL-001",
    _(
        "{count} purchases of the category {category} from one budget project come to {sum} this year without open tender: more than the"
        " open-tender threshold {threshold}. Tender openly, have another method approved or the budget adjusted; do not divide the purchase."
    ),
)
CLASS_SUM_OVER = Reason(
    "SPL-002",
    _(
        "{count} purchases of the class {category} from one budget project come to {sum} this year without open tender: more than the"
        " open-tender threshold {threshold}. Goods that belong together are to be tendered together."
    ),
)
JUST_UNDER = Reason(
    "SPL-003",
    _(
        "{count} purchases of the category {category} in {days} days, {sum} together, each just under the threshold {threshold}: this can look"
        " like splitting. Put the demand together and choose the method by its sum."
    ),
)
SUPPLIER_RUN = Reason(
    "SPL-004",
    _(
        "{count} purchases of the category {category} from one supplier in {days} days, {sum} together: more than the threshold {threshold}"
        " under which each of them stays. Put them together and choose the method by their sum."
    ),
)
EXPLAIN = Reason(
    "SPL-005",
    _("You were warned that this can be splitting a purchase. Put it together, or say in at least {least} characters why you go on."),
)
CODES: Final = frozenset(reason.code for reason in (SUM_OVER, CLASS_SUM_OVER, JUST_UNDER, SUPPLIER_RUN))


@dataclass(frozen=True, slots=True)
class Part:
    """What a purchase takes of one category: amount in yuan, and from whom where that is known."""

    category_code: str
    kind: str  # goods, works, services
    amount: Decimal
    supplier_id: int | None = None
    method: str = "supermarket"


@dataclass(frozen=True)
class Figures:
    """The rows of the rulebook that splitting is judged by, on a day in a region."""

    item: Rule_
    klass: Rule_
    near_share: Rule_
    near_count: Rule_
    near_days: Rule_
    run_count: Rule_
    run_days: Rule_
    lines: Mapping[str, Sequence[Rule_]]  # kind → the thresholds in force, the lower first; the last is that of open tender
    named: Callable[[str], Any] = str  # the code of a category or class → what a ruling calls it

    def line_above(self, part: Part) -> Rule_ | None:
        """The threshold that a purchase stays under: the first one above its amount."""
        return next((rule for rule in self.lines.get(part.kind, ()) if part.amount < rule.yuan), None)

    def open_tender(self, kind: str) -> Rule_ | None:
        return next((rule for rule in self.lines.get(kind, ()) if rule.key == "threshold.open_tender"), None)

    def ceiling(self, rule: Rule_, kind: str) -> Decimal | None:
        """The sum that may not be passed: the rule's share of the open-tender threshold."""
        line = self.open_tender(kind)
        return (line.yuan * rule.share).quantize(Decimal("0.01")) if line else None


@dataclass(frozen=True, slots=True)
class Before:
    """What was bought before of one category from one supplier, as counted for a purchase of now."""

    category_code: str
    supplier_id: int | None
    year_sum: Decimal = Decimal("0.00")
    year_count: int = 0
    near: tuple[tuple[int, Decimal], ...] = ()  # for each line of the kind: how many lay just under it within the window, and their sum
    run: tuple[tuple[int, Decimal], ...] = ()  # for each line: how many under it within the days of a run, and their sum
    near_limit: tuple[int, Decimal] = (0, Decimal("0.00"))  # just under the organisation's own limit


def class_of(category_code: str) -> str:
    return category_code[:CLASS_CHARS]


def by_category(parts: Iterable[Part]) -> list[Part]:
    """One part a category, supplier and method: amounts added up."""
    sums: dict[tuple[str, str, int | None, str], Decimal] = {}
    for part in parts:
        key = (part.category_code, part.kind, part.supplier_id, part.method)
        sums[key] = sums.get(key, Decimal("0.00")) + part.amount
    return [Part(code, kind, amount, supplier, method) for (code, kind, supplier, method), amount in sums.items()]


def is_split(amounts: Iterable[Decimal], threshold: Decimal, *, adjusted: bool = False, approved: bool = False) -> bool:
    """The law's own sentence: purchases of one project, year and category that together pass the threshold of open tender, unless excused."""
    return sum(amounts, Decimal(0)) > threshold and not (adjusted or approved)


def year_sum(
    figures: Figures, part: Part, *, scope: str, amounts: tuple[Decimal, int], excuse: str = "", purchases: str = ""
) -> Ruling | None:
    """X-01: the sum of a year against the threshold of open tender. None while it lies below.

    One category (品目) over it is refused where both the rule and the threshold are law; a class (类别) over it only warns. Excused: allowed, and why.
    """
    rule = figures.item if scope == ITEM else figures.klass
    line, ceiling = figures.open_tender(part.kind), figures.ceiling(rule, part.kind)
    if line is None or ceiling is None or not is_split([amounts[0]], ceiling):
        return None
    category = figures.named(part.category_code if scope == ITEM else class_of(part.category_code))
    told = {"sum": amounts[0], "count": amounts[1], "category": category, "threshold": ceiling, **_line(line), "purchases": purchases}
    told |= {"excuse": excuse} if excuse else {}
    reason = SUM_OVER if scope == ITEM else CLASS_SUM_OVER
    return judge(rule, ok=bool(excuse), hard=scope == ITEM and may_refuse(line), reason=reason, figures=told)


def just_under(figures: Figures, part: Part, *, before: tuple[int, Decimal]) -> Ruling | None:
    """X-02: again and again just under a threshold."""
    line = figures.line_above(part)
    if line is None or part.amount < line.yuan * figures.near_share.share or before[0] + 1 < figures.near_count.n:
        return None
    category = figures.named(part.category_code)
    told = {"count": before[0] + 1, "days": figures.near_days.n, "sum": before[1] + part.amount, "category": category}
    return judge(figures.near_count, ok=False, hard=False, reason=JUST_UNDER, figures={**told, "threshold": line.yuan, **_line(line)})


def supplier_run(figures: Figures, part: Part, *, before: tuple[int, Decimal]) -> Ruling | None:
    """X-03: several purchases from one supplier within days, each under a threshold that they pass together."""
    line = figures.line_above(part)
    count, together = before[0] + 1, before[1] + part.amount
    if line is None or part.supplier_id is None or count < figures.run_count.n or together <= line.yuan:
        return None
    category = figures.named(part.category_code)
    told = {"count": count, "days": figures.run_days.n, "sum": together, "category": category, "threshold": line.yuan}
    return judge(figures.run_count, ok=False, hard=False, reason=SUPPLIER_RUN, figures={**told, **_line(line)})


def spike(months: Mapping[int, Decimal], ratio: Decimal, *, least: int) -> Decimal | None:
    """X-04: how many times the mean of the other months of the year December is, where it is more than `ratio`; months by number.

    None where fewer than `least` of the other months saw a purchase: a mean of hardly anything tells nothing.
    """
    others = [amount for month, amount in months.items() if month != DECEMBER]
    if len(others) < least:
        return None
    mean = sum(others, Decimal(0)) / (DECEMBER - 1)
    times = months.get(DECEMBER, Decimal(0)) / mean if mean else None
    return times if times is not None and times > ratio else None


def _line(rule: Rule_) -> dict[str, Any]:
    """Which version of which threshold was compared."""
    return {"threshold_key": rule.key, "threshold_id": rule.id, "threshold_since": rule.since.isoformat()}
