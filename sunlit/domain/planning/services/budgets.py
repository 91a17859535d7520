"""Verbs of the budget: quotas are brought in by file or by program; orders hold, commit, spend and release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from sunlit.domain.planning.models import BudgetQuota, Hold, QuotaChange, YearClosing
from sunlit.domain.planning.rules import budgets as rules
from sunlit.domain.planning.rules.economics import is_economic_category
from sunlit.domain.planning.rules.splitting import Part
from sunlit.domain.planning.services import purchases
from sunlit.foundation.access import decides_in, operator
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.files import purposes, tables
from sunlit.foundation.kernel import money, regions
from sunlit.foundation.kernel.limits import NAME_CHARS
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.lifecycle import digest

ROWS_MOST = 20_000
SHEETS = purposes.declare(purposes.Purpose("quotas", frozenset({purposes.SHEET}), kept_for=timedelta(days=15 * 366)))
"""What imports were made from is kept for fifteen years, as all papers of a purchase (政府采购法 art. 42); no row names it."""
YEARS = range(2000, 2100)
COLUMNS = ("number", "buyer", "year", "name", "economic_category", "total")  # what every file has; a project may stand beside them
NONE = Decimal("0.00")
HEADINGS = {
    "number": "指标编号",
    "buyer": "采购人编号",
    "year": "预算年度",
    "name": "指标名称",
    "project": "预算项目",
    "economic_category": "经济分类",
    "total": "指标金额",
}

sentences.say("quota.import", _("{organisation} set {count} budget quotas by file"))
sentences.say("quotas.take_over", _("{organisation} took over {count} budget quotas with {number}; digest {digest}"))

_HOLD = """
WITH quota AS (
    UPDATE planning_budgetquota SET held = held + %(amount)s
    WHERE id = %(quota)s AND buyer_id = %(buyer)s AND year = %(year)s AND closed_at IS NULL AND total - held - committed - spent >= %(amount)s
        AND NOT EXISTS (SELECT FROM planning_hold WHERE reference = %(reference)s)
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
    project: str
    total: Decimal


def hold(*, quota_id: int, buyer_id: int, year: int, reference: str, amount: Decimal, at: datetime, parts: Sequence[Part] = ()) -> None:
    """Lay a hold on a quota, in one statement that cannot overspend it; `parts` say what is bought, by category.

    A reference is laid once. The locks go hold before quota, and a new hold has no row to lock yet, so its reference is claimed first, without waiting:
    who lays one again while its hold is committed or freed is stopped before the quota is locked, where the two would wait for each other.
    Refused: BUD-001 not enough left, BUD-002 not this buyer's, BUD-016 its year is closed.
    """
    values: dict[str, Any] = {"quota": quota_id, "buyer": buyer_id, "year": year, "reference": reference, "amount": amount, "at": at}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [reference])
        assert cursor.fetchone() == (True,), f"the hold of {reference} is laid by another at the same time"
        cursor.execute(_HOLD, values)
        held = cursor.fetchone() is not None
    if held:
        purchases.write_down(parts, buyer_id=buyer_id, quota_id=quota_id, reference=reference, at=at)
        return
    assert not Hold.objects.filter(reference=reference).exists(), f"the hold of {reference} was laid before"
    quota = BudgetQuota.objects.filter(pk=quota_id, buyer_id=buyer_id, year=year).first()
    if quota is None:
        raise Refused(Problem(rules.QUOTA_NOT_YOURS, on="quota"))
    if quota.closed_at is not None:
        raise Refused(Problem(rules.YEAR_CLOSED, {"quota": quota.number, "year": quota.year}, on="quota"))
    told = {"quota": quota.number, "available": money.show(quota.available), "wanted": money.show(amount)}
    raise Refused(Problem(rules.QUOTA_SHORT, told, on="quota"))


@transaction.atomic
def commit(*, reference: str, at: datetime, amount: Decimal | None = None) -> None:
    """Acceptance turns the hold into a commitment: what is owed from now on. With `amount`, only so much was accepted and the rest is given back."""
    hold = _locked(reference, "held")
    owed = hold.open if amount is None else amount
    assert 0 < owed <= hold.open, f"{owed} of the {hold.open} held for {reference} cannot be committed"
    _turn(hold, "committed", committed=owed, back=hold.open - owed, at=at)


@transaction.atomic
def spend(*, reference: str, at: datetime, amount: Decimal | None = None) -> None:
    """A payment consumes what was committed: all that is open, or `amount` of it, and then more payments follow."""
    hold = _locked(reference, "committed")
    paid = hold.open if amount is None else amount
    assert 0 < paid <= hold.open, f"{paid} of the {hold.open} committed for {reference} cannot be paid"
    _turn(hold, "spent" if paid == hold.open else "committed", paid=paid, at=at)


@transaction.atomic
def release(*, reference: str, at: datetime) -> None:
    """Cancellation, refusal, lapse or return give the money back; what was bought counts no more."""
    hold = _locked(reference, "held")
    _turn(hold, "released", back=hold.open, at=at)
    purchases.strike(reference, at=at)


@transaction.atomic
def settle(*, reference: str, at: datetime) -> None:
    """The last payment was made and less was owed than committed: the rest is given back."""
    hold = _locked(reference, "committed")
    _turn(hold, "spent" if hold.paid else "released", back=hold.open, at=at)


def lock_holds(references: Iterable[str]) -> None:
    """Lock these holds, as far as there are any, by their ids until the end of the transaction: always before a quota."""
    list(Hold.objects.select_for_update(of=("self",)).filter(reference__in=[it for it in references if it]).order_by("pk"))


def _locked(reference: str, state: str) -> Hold:
    """The hold, locked, always before its quota. One that is not where it should be is a fault of the program, not of a person."""
    hold = Hold.objects.select_for_update(of=("self",)).filter(reference=reference, state=state).first()
    assert hold is not None, f"the hold of {reference} is not {state}"
    return hold


def _turn(hold: Hold, to: str, *, at: datetime, committed: Decimal = NONE, paid: Decimal = NONE, back: Decimal = NONE) -> None:
    """Move one hold on, and its quota with it: `committed`, `paid` and `back` leave what was open in its state."""
    left = committed + paid + back
    stamps = {f"{to}_at": at} if to != hold.state else {}
    Hold.objects.filter(pk=hold.pk).update(state=to, paid=F("paid") + paid, released=F("released") + back, **stamps)
    figures = {hold.state: F(hold.state) - left}
    for name, more in (("committed", committed), ("spent", paid)):
        if more:
            figures[name] = figures.get(name, F(name)) + more
    BudgetQuota.objects.filter(pk=hold.quota_id).update(**figures)


@transaction.atomic
def import_quotas(rows: Sequence[Mapping[str, str]], *, by: Actor, at: datetime, first: int = 2) -> dict[str, int]:
    """Set quotas by file (columns number, buyer, year, name, economic_category, total): all rows or none; the same file again changes nothing.

    `first` is the number of the first row in what is told: a file has a heading above it. Refused: BUD-004 … BUD-009, BUD-016 and BUD-017 at their rows, BUD-003 a total below what is used, BUD-010 not the regulator's or operator's.
    """
    _file_is_in_order(rows)
    read = _read(rows, by, first)
    lock_years({row.year for row in read})
    known = {
        q.number: q
        for q in BudgetQuota.objects.select_for_update(no_key=True).filter(number__in=[row.number for row in read]).order_by("id")
    }
    closed = closed_years({row.region_path for row in read})
    check(problem for index, row in enumerate(read, first) for problem in _row_problems(index, row, known.get(row.number), closed))
    new = [_quota(row, at) for row in read if row.number not in known]
    BudgetQuota.objects.bulk_create(new)
    changed = [(known[row.number], row) for row in read if row.number in known and _differs(known[row.number], row)]
    changes = [QuotaChange(quota=q, kind="import", before=Decimal("0.00"), after=q.total, by=by.organisation_number, at=at) for q in new]
    for quota, row in changed:
        changes.append(QuotaChange(quota=quota, kind="import", before=quota.total, after=row.total, by=by.organisation_number, at=at))
        quota.total, quota.project = row.total, row.project or quota.project
    BudgetQuota.objects.bulk_update([quota for quota, _row in changed], ["total", "project"])
    QuotaChange.objects.bulk_create(changes)
    counts = {"new": len(new), "changed": len(changed), "unchanged": len(read) - len(new) - len(changed)}
    if changes:
        _record_import(read, counts, by=by, at=at)
    return counts


def lock_years(years: AbstractSet[int]) -> None:
    """Until the end of the transaction: a year is not closed while quotas are brought in, and the other way round."""
    with connection.cursor() as cursor:
        for year in sorted(years):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('planning.year'), %s)", [year])


def closed_years(region_paths: AbstractSet[str]) -> set[tuple[str, int]]:
    """Which years are closed for these regions, by themselves or by a region above."""
    closings = YearClosing.objects.values_list("region_path", "year")
    return {(path, year) for above, year in closings for path in region_paths if regions.is_under(path, above)}


def rows_in(data: bytes, media_type: str, headings: Mapping[str, str] = HEADINGS) -> list[dict[str, str]]:
    """The rows of a file (CSV or XLSX) by column; headings are the columns' names or what the template calls them.

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
    keys = [_column(str(cell), headings) for cell in lines[0]]
    empty = dict.fromkeys(keys, "")
    return [{**empty, **dict(zip(keys, map(_cell, line), strict=False))} for line in lines[1:]]


def template() -> str:
    """The table to fill in, as CSV that office programs open with Chinese headings."""
    return "\ufeff" + ",".join(HEADINGS.values()) + "\r\n"


def _column(heading: str, headings: Mapping[str, str]) -> str:
    known = {text: column for column, text in headings.items()}
    told = heading.strip().removesuffix("*").strip()
    return known.get(told, told.lower())


def _cell(value: Any) -> str:
    """Office programs store 2026 and 120000.5 as floats; what they show is what was meant."""
    if isinstance(value, datetime):
        return value.date().isoformat()
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


def _read(rows: Sequence[Mapping[str, str]], by: Actor, first: int) -> list[QuotaRow]:
    if not (operator.allows(by, None) or decides_in(by, by.region_path)):
        raise Refused(Problem(rules.NOT_ALLOWED))
    numbers = {row["buyer"].strip() for row in rows}
    buyers = {b.number: b for b in Organisation.objects.filter(kind="buyer", number__in=numbers).select_related("region")}
    buyers = {number: b for number, b in buyers.items() if operator.allows(by, None) or decides_in(by, b.region.path)}
    problems: list[Problem] = []
    read: list[QuotaRow] = []
    seen: set[str] = set()
    for index, row in enumerate(rows, first):
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
                row.get("project", "").strip()[:NAME_CHARS],
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
    if not is_economic_category(row["economic_category"].strip()):
        yield Problem(rules.CATEGORY_WRONG, {"row": index, "category": row["economic_category"]}, on="economic_category")
    try:
        wrong = money.yuan(row["total"]) < 0
    except money.NotMoney:
        wrong = True
    if wrong:
        yield Problem(rules.AMOUNT_WRONG, {"row": index, "amount": row["total"]}, on="total")


def _differs(known: BudgetQuota, row: QuotaRow) -> bool:
    return known.total != row.total or row.project not in ("", known.project)


def _row_problems(index: int, row: QuotaRow, known: BudgetQuota | None, closed: AbstractSet[tuple[str, int]]) -> Iterator[Problem]:
    if (row.region_path, row.year) in closed:
        if known is None or _differs(known, row):  # the same file again still changes nothing
            yield Problem(rules.YEAR_CLOSED, {"row": index, "quota": row.number, "year": row.year}, on="year")
        return
    if known is None:
        return
    if (known.buyer_id, known.year) != (row.buyer_id, row.year):
        yield Problem(rules.NUMBER_TAKEN, {"row": index, "number": row.number}, on="number")
    used = known.held + known.committed + known.spent
    if row.total < used:
        yield Problem(rules.TOTAL_TOO_SMALL, {"row": index, "used": money.show(used), "quota": row.number}, on="total")


def _quota(row: QuotaRow, at: datetime) -> BudgetQuota:
    return BudgetQuota(
        number=row.number,
        buyer_id=row.buyer_id,
        region_path=row.region_path,
        year=row.year,
        name=row.name,
        economic_category=row.economic_category,
        project=row.project,
        total=row.total,
        created_at=at,
    )


def may_set(by: Actor, region_path: str) -> None:
    if not (operator.allows(by, None) or decides_in(by, region_path)):
        raise Refused(Problem(rules.NOT_ALLOWED))
