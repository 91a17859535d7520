"""The treasury's statement beside our books: every voucher it paid, quota by quota, against what we know was spent. Every difference is kept until it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sunlit.domain.planning.models import BudgetQuota, Comparison, Payout, Statement
from sunlit.domain.planning.rules import budgets as rules
from sunlit.domain.planning.services.budgets import NONE, ROWS_MOST, YEARS, may_set
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST, TEXT_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.lifecycle import digest

STATEMENT_HEADINGS = {"quota": "指标编号", "amount": "支付金额", "paid_on": "支付日期", "voucher": "凭证号"}

sentences.say(
    "statement.take",
    _("{organisation} laid the treasury's statement of {year} beside the books: {matched} quotas agree, {open} do not; digest {digest}"),
)
sentences.say("statement.explain", _("{organisation} explained the difference of quota {quota} in statement {number}: {explanation}"))


@dataclass(frozen=True, slots=True)
class _Paid:
    """One row of the treasury, read."""

    quota: str
    amount: Decimal
    paid_on: date
    voucher: str


@transaction.atomic
def take_statement(rows: Sequence[Mapping[str, str]], *, region: str, year: int, by: Actor, at: datetime) -> Statement:
    """Compare the treasury's payments of a year (all of them so far: columns quota, amount, paid_on, voucher) with what was spent here.

    The same rows again return the statement that they made. Differences of earlier statements that are gone now end by this one.
    Refused: BUD-010, BUD-012 … BUD-014, BUD-005 … BUD-007, BUD-027 … BUD-029 at their rows.
    """
    may_set(by, region)
    read = _read(rows, year)
    told = digest([[row.quota, row.voucher, row.amount, row.paid_on] for row in sorted(read, key=lambda row: row.voucher)])
    known = Statement.objects.filter(region_path=region, year=year, digest=told).first()
    if known is not None:
        return known
    there: dict[str, Decimal] = {}
    for row in read:
        there[row.quota] = there.get(row.quota, NONE) + row.amount
    here = _books(region, year, there.keys())
    found = list(_compared(here, there))
    outcomes = [each.outcome for each in found]
    counts = {name: outcomes.count(name) for name in ("matched", "different", "only_here", "only_there")}
    statement = Statement.objects.create(
        number=new_number("DZ", at), region_path=region, year=year, digest=told, by=by.organisation_number, at=at, rows=len(read), **counts
    )
    Payout.objects.bulk_create(
        Payout(statement=statement, quota_number=row.quota, voucher=row.voucher, amount=row.amount, paid_on=row.paid_on) for row in read
    )
    for each in found:
        each.statement = statement
    Comparison.objects.bulk_create(found)
    _end_what_agrees(statement, [each.quota_number for each in found if each.outcome == "matched"])
    facts = {"number": statement.number, "year": year, "digest": told, **counts, "open": len(found) - counts["matched"]}
    people = {"organisation": by.organisation_name, "actor": by.user_name}
    ledger.record(act="statement.take", subject=f"statement/{statement.number}", by=by, at=at, facts={**facts, **people}, region=region)
    return statement


@transaction.atomic
def explain(comparison: Comparison, *, explanation: str, by: Actor, at: datetime) -> Comparison:
    """Say where a difference comes from. Refused: BUD-010, BUD-011 no text, BUD-030 there is no difference to explain."""
    it = Comparison.objects.select_for_update(of=("self",)).select_related("statement").get(pk=comparison.pk)
    may_set(by, it.statement.region_path)
    check(_explaining_problems(it, explanation))
    it.explanation, it.explained_by, it.explained_at = explanation.strip(), by.organisation_number, at
    it.save(update_fields=["explanation", "explained_by", "explained_at"])
    number = it.statement.number
    facts = {"number": number, "quota": it.quota_number, "explanation": it.explanation, "here": it.here, "there": it.there}
    people = {"organisation": by.organisation_name, "actor": by.user_name}
    ledger.record(
        act="statement.explain", subject=f"statement/{number}", by=by, at=at, facts={**facts, **people}, region=it.statement.region_path
    )
    return it


def statement_template() -> str:
    """The table that the treasury's rows are brought in with, as CSV."""
    return "\ufeff" + ",".join(STATEMENT_HEADINGS.values()) + "\r\n"


def _books(region: str, year: int, named: AbstractSet[str]) -> dict[str, BudgetQuota]:
    """What was spent here: every quota of the region and year on which anything was, and those that the treasury names."""
    under = Q(region_path=region) | Q(region_path__startswith=f"{region}/")
    quotas = BudgetQuota.objects.filter(under, Q(spent__gt=0) | Q(number__in=list(named)), year=year)
    return {it.number: it for it in quotas}


def _compared(here: Mapping[str, BudgetQuota], there: Mapping[str, Decimal]) -> Iterator[Comparison]:
    for number in sorted(here.keys() | there.keys()):
        quota = here.get(number)
        spent, paid = (quota.spent if quota else NONE), there.get(number, NONE)
        outcome = "only_there" if quota is None else "matched" if spent == paid else "only_here" if number not in there else "different"
        yield Comparison(quota_number=number, quota=quota, outcome=outcome, here=spent, there=paid)


def _end_what_agrees(statement: Statement, numbers: list[str]) -> None:
    earlier = Comparison.objects.filter(statement__region_path=statement.region_path, statement__year=statement.year, settled_by=None)
    earlier.exclude(statement=statement).exclude(outcome="matched").filter(quota_number__in=numbers).update(settled_by=statement)


def _read(rows: Sequence[Mapping[str, str]], year: int) -> list[_Paid]:
    if not rows:
        raise Refused(Problem(rules.EMPTY_FILE, on="file"))
    if len(rows) > ROWS_MOST:
        raise Refused(Problem(rules.TOO_MANY_ROWS, {"most": ROWS_MOST}, on="file"))
    check(Problem(rules.COLUMN_MISSING, {"column": column}, on="file") for column in STATEMENT_HEADINGS if column not in rows[0])
    if year not in YEARS:
        raise Refused(Problem(rules.YEAR_WRONG, {"row": 1, "year": year}, on="year"))
    read: list[_Paid] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    for index, row in enumerate(rows, 2):
        amount, day, wrong = _cells(index, row, year, seen)
        seen.add(row["voucher"].strip())
        problems += wrong
        if amount is not None and day is not None:
            read.append(_Paid(row["quota"].strip(), amount, day, row["voucher"].strip()))
    check(problems)
    return read


def _cells(index: int, row: Mapping[str, str], year: int, seen: AbstractSet[str]) -> tuple[Decimal | None, date | None, list[Problem]]:
    problems: list[Problem] = []
    amount: Decimal | None = None
    day: date | None = None
    try:
        amount = money.yuan(row["amount"])
    except money.NotMoney:
        problems.append(Problem(rules.AMOUNT_WRONG, {"row": index, "amount": row["amount"]}, on="amount"))
    try:
        day = date.fromisoformat(row["paid_on"].strip()[:10])
    except ValueError:
        problems.append(Problem(rules.DAY_WRONG, {"row": index, "day": row["paid_on"]}, on="paid_on"))
    if not row["quota"].strip():
        problems.append(Problem(rules.NUMBER_MISSING, {"row": index}, on="quota"))
    if not row["voucher"].strip():
        problems.append(Problem(rules.VOUCHER_MISSING, {"row": index}, on="voucher"))
    elif row["voucher"].strip() in seen:
        problems.append(Problem(rules.VOUCHER_TWICE, {"row": index, "voucher": row["voucher"].strip()}, on="voucher"))
    return amount, day, problems


def _explaining_problems(it: Comparison, explanation: str) -> Iterator[Problem]:
    if it.outcome == "matched" or it.settled_by_id is not None:
        yield Problem(rules.NOTHING_TO_EXPLAIN, {"quota": it.quota_number}, on="explanation")
    if len(explanation.strip()) < REASON_CHARS_LEAST:
        yield Problem(rules.REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="explanation")
    if len(explanation) > TEXT_CHARS:
        yield Problem(rules.EXPLANATION_LONG, {"most": TEXT_CHARS}, on="explanation")
