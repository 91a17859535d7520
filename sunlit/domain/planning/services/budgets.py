"""Verbs of the budget: quotas are set by the regulator; orders hold, commit, spend and release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from sunlit.domain.planning.models import BudgetQuota, Hold, QuotaChange
from sunlit.domain.planning.rules import budgets as rules
from sunlit.domain.planning.rules.splitting import Part
from sunlit.domain.planning.services import purchases
from sunlit.foundation.access import decides_in, operator
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.files import purposes, tables
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.lifecycle import digest

ROWS_MOST = 20_000
SHEETS = purposes.declare(purposes.Purpose("quotas", frozenset({purposes.SHEET}), kept_for=timedelta(days=15 * 366)))
"""What imports were made from is kept for fifteen years, as all papers of a purchase (政府采购法 art. 42); no row names it."""
YEARS = range(2000, 2100)
COLUMNS = ("number", "buyer", "year", "name", "economic_category", "total")
HEADINGS = {
    "number": "指标编号",
    "buyer": "采购人编号",
    "year": "预算年度",
    "name": "指标名称",
    "economic_category": "经济分类",
    "total": "指标金额",
}

sentences.say("quota.import", _("{organisation} set {count} budget quotas by file"))
sentences.say("quotas.take_over", _("{organisation} took over {count} budget quotas with {number}; digest {digest}"))
sentences.say("quota.set_total", _("{organisation} set the total of quota {number} from {before} to {after}: {reason}"))

_HOLD = """
WITH quota AS (
    UPDATE planning_budgetquota SET held = held + %(amount)s
    WHERE id = %(quota)s AND buyer_id = %(buyer)s AND year = %(year)s AND total - held - committed - spent >= %(amount)s
    RETURNING id
)
INSERT INTO planning_hold (quota_id, reference, amount, state, held_at)
SELECT id, %(reference)s, %(amount)s, 'held', %(at)s FROM quota
RETURNING id
"""


@dataclass(frozen=True)
class QuotaRow:
    """One row of a budget file, read and checked."""

    number: str
    buyer_id: int
    region_path: str
    year: int
    name: str
    economic_category: str
    total: Decimal


def hold(*, quota_id: int, buyer_id: int, year: int, reference: str, amount: Decimal, at: datetime, parts: Sequence[Part] = ()) -> None:
    """Lay a hold on a quota, in one statement that cannot overspend it; `parts` say what is bought, by category.

    Refused: BUD-001 not enough left, BUD-002 not this buyer's.
    """
    values: dict[str, Any] = {"quota": quota_id, "buyer": buyer_id, "year": year, "reference": reference, "amount": amount, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, values)
        held = cursor.fetchone() is not None
    if held:
        purchases.write_down(parts, buyer_id=buyer_id, quota_id=quota_id, reference=reference, at=at)
        return
    quota = BudgetQuota.objects.filter(pk=quota_id, buyer_id=buyer_id, year=year).first()
    if quota is None:
        raise Refused(Problem(rules.QUOTA_NOT_YOURS, on="quota"))
    told = {"quota": quota.number, "available": money.show(quota.available), "wanted": money.show(amount)}
    raise Refused(Problem(rules.QUOTA_SHORT, told, on="quota"))


def commit(*, reference: str, at: datetime) -> None:
    """Acceptance turns the hold into a commitment."""
    _turn(reference, "held", "committed", at)


def spend(*, reference: str, at: datetime) -> None:
    """Payment consumes what was committed."""
    _turn(reference, "committed", "spent", at)


@transaction.atomic
def release(*, reference: str, at: datetime) -> None:
    """Cancellation, refusal, lapse or return give the money back; what was bought counts no more."""
    _turn(reference, "held", "released", at)
    purchases.strike(reference, at=at)


@transaction.atomic
def _turn(reference: str, frm: str, to: str, at: datetime) -> None:
    """Move one hold on, and its quota with it. A hold that is not where it should be is a fault of the program, not of a person."""
    changed = Hold.objects.filter(reference=reference, state=frm).update(**{"state": to, f"{to}_at": at})
    assert changed == 1, f"the hold of {reference} is not {frm}"
    hold = Hold.objects.get(reference=reference)
    figures: dict[str, Any] = {frm: F(frm) - hold.amount}
    if to != "released":
        figures[to] = F(to) + hold.amount
    BudgetQuota.objects.filter(pk=hold.quota_id).update(**figures)


@transaction.atomic
def set_total(quota: BudgetQuota, *, total: Decimal, reason: str, by: Actor, at: datetime) -> BudgetQuota:
    """Raise or cut a quota. Refused: BUD-010 not the regulator, BUD-003 below what is used, BUD-011 no reason."""
    it = BudgetQuota.objects.select_for_update().get(pk=quota.pk)
    _may_set(by, it.region_path)
    used = it.held + it.committed + it.spent
    check(_total_problems(it, total, used, reason))
    before = it.total
    it.total = total
    it.save(update_fields=["total"])
    QuotaChange.objects.create(quota=it, before=before, after=total, reason=reason, by=by.organisation_number, at=at)
    facts = {
        "number": it.number,
        "before": str(before),
        "after": str(total),
        "reason": reason,
        "organisation": by.organisation_name,
        "actor": by.user_name,
    }
    ledger.record(act="quota.set_total", subject=f"quota/{it.number}", by=by, at=at, facts=facts, region=it.region_path)
    return it


@transaction.atomic
def import_quotas(rows: Sequence[Mapping[str, str]], *, by: Actor, at: datetime) -> dict[str, int]:
    """Set quotas by file (columns number, buyer, year, name, economic_category, total): all rows or none; the same file again changes nothing.

    Refused: BUD-004 … BUD-009 at their rows, BUD-003 a total below what is used, BUD-010 not the regulator's or operator's.
    """
    _file_is_in_order(rows)
    read = _read(rows, by)
    known = {q.number: q for q in BudgetQuota.objects.select_for_update().filter(number__in=[row.number for row in read]).order_by("id")}
    check(problem for index, row in enumerate(read, 2) for problem in _row_problems(index, row, known.get(row.number)))
    new = [_quota(row, at) for row in read if row.number not in known]
    BudgetQuota.objects.bulk_create(new)
    changed = [(known[row.number], row) for row in read if row.number in known and known[row.number].total != row.total]
    changes = [QuotaChange(quota=q, before=Decimal("0.00"), after=q.total, by=by.organisation_number, at=at) for q in new]
    for quota, row in changed:
        changes.append(QuotaChange(quota=quota, before=quota.total, after=row.total, by=by.organisation_number, at=at))
        quota.total = row.total
    BudgetQuota.objects.bulk_update([quota for quota, _row in changed], ["total"])
    QuotaChange.objects.bulk_create(changes)
    counts = {"new": len(new), "changed": len(changed), "unchanged": len(read) - len(new) - len(changed)}
    if changes:
        _record_import(read, counts, by=by, at=at)
    return counts


def rows_in(data: bytes, media_type: str) -> list[dict[str, str]]:
    """The rows of a budget file (CSV or XLSX) by column; headings are the columns' names or what the template calls them.

    Refused: BUD-015 it cannot be read as a table.
    """
    try:
        lines = tables.lines_of(data, media_type)
    except tables.NotATable:
        raise Refused(Problem(rules.UNREADABLE, on="file")) from None
    while lines and not any(str(cell).strip() for cell in lines[-1]):
        lines.pop()
    if not lines:
        return []
    keys = [_column(str(cell)) for cell in lines[0]]
    empty = dict.fromkeys(keys, "")
    return [{**empty, **dict(zip(keys, map(_cell, line), strict=False))} for line in lines[1:]]


def template() -> str:
    """The table to fill in, as CSV that office programs open with Chinese headings."""
    return "\ufeff" + ",".join(HEADINGS[column] for column in COLUMNS) + "\r\n"


def _column(heading: str) -> str:
    known = {text: column for column, text in HEADINGS.items()}
    told = heading.strip().removesuffix("*").strip()
    return known.get(told, told.lower())


def _cell(value: Any) -> str:
    """Office programs store 2026 and 120000.5 as floats; what they show is what was meant."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value).strip()


def _record_import(read: list[QuotaRow], counts: dict[str, int], *, by: Actor, at: datetime) -> None:
    rows = [[row.number, row.buyer_id, row.year, row.total] for row in read]
    facts = {**counts, "count": len(read), "digest": digest(rows), "organisation": by.organisation_name, "actor": by.user_name}
    ledger.record(act="quota.import", subject=f"quotas/{at:%Y%m%d%H%M%S}", by=by, at=at, facts=facts, region=by.region_path)


def _file_is_in_order(rows: Sequence[Mapping[str, str]]) -> None:
    if not rows:
        raise Refused(Problem(rules.EMPTY_FILE, on="file"))
    if len(rows) > ROWS_MOST:
        raise Refused(Problem(rules.TOO_MANY_ROWS, {"most": ROWS_MOST}, on="file"))
    check(Problem(rules.COLUMN_MISSING, {"column": column}, on="file") for column in COLUMNS if column not in rows[0])


def _read(rows: Sequence[Mapping[str, str]], by: Actor) -> list[QuotaRow]:
    if not (operator.allows(by, None) or decides_in(by, by.region_path)):
        raise Refused(Problem(rules.NOT_ALLOWED))
    numbers = {row["buyer"].strip() for row in rows}
    buyers = {b.number: b for b in Organisation.objects.filter(kind="buyer", number__in=numbers).select_related("region")}
    buyers = {number: b for number, b in buyers.items() if operator.allows(by, None) or decides_in(by, b.region.path)}
    problems: list[Problem] = []
    read: list[QuotaRow] = []
    seen: set[str] = set()
    for index, row in enumerate(rows, 2):
        wrong = list(_cell_problems(index, row, buyers, seen))
        seen.add(row["number"].strip())
        problems += wrong
        if not wrong:
            buyer = buyers[row["buyer"].strip()]
            cells = (
                row["number"].strip(),
                buyer.pk,
                buyer.region.path,
                int(row["year"]),
                row["name"].strip(),
                row["economic_category"].strip(),
            )
            read.append(QuotaRow(*cells, total=money.yuan(row["total"])))
    check(problems)
    return read


def _cell_problems(index: int, row: Mapping[str, str], buyers: Mapping[str, Organisation], seen: AbstractSet[str]) -> Iterator[Problem]:
    number = row["number"].strip()
    if not number:
        yield Problem(rules.NUMBER_MISSING, {"row": index}, on="number")
    if number in seen:
        yield Problem(rules.NUMBER_TWICE, {"row": index, "number": number}, on="number")
    if row["buyer"].strip() not in buyers:
        yield Problem(rules.BUYER_UNKNOWN, {"row": index, "number": row["buyer"]}, on="buyer")
    if row_id(row["year"].strip()) not in YEARS:
        yield Problem(rules.YEAR_WRONG, {"row": index, "year": row["year"]}, on="year")
    try:
        wrong = money.yuan(row["total"]) < 0
    except money.NotMoney:
        wrong = True
    if wrong:
        yield Problem(rules.AMOUNT_WRONG, {"row": index, "amount": row["total"]}, on="total")


def _row_problems(index: int, row: QuotaRow, known: BudgetQuota | None) -> Iterator[Problem]:
    if known is None:
        return
    if (known.buyer_id, known.year) != (row.buyer_id, row.year):
        yield Problem(rules.NUMBER_TAKEN, {"row": index, "number": row.number}, on="number")
    used = known.held + known.committed + known.spent
    if row.total < used:
        yield Problem(rules.TOTAL_TOO_SMALL, {"used": money.show(used), "quota": row.number}, on="total")


def _total_problems(it: BudgetQuota, total: Decimal, used: Decimal, reason: str) -> Iterator[Problem]:
    if total < used:
        yield Problem(rules.TOTAL_TOO_SMALL, {"used": money.show(used), "quota": it.number}, on="total")
    if len(reason.strip()) < REASON_CHARS_LEAST:
        yield Problem(rules.REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason")


def _quota(row: QuotaRow, at: datetime) -> BudgetQuota:
    return BudgetQuota(
        number=row.number,
        buyer_id=row.buyer_id,
        region_path=row.region_path,
        year=row.year,
        name=row.name,
        economic_category=row.economic_category,
        total=row.total,
        created_at=at,
    )


def _may_set(by: Actor, region_path: str) -> None:
    if not (operator.allows(by, None) or decides_in(by, region_path)):
        raise Refused(Problem(rules.NOT_ALLOWED))
