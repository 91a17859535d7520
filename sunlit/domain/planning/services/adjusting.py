"""Verbs of the regulator over the budget: adjust, transfer, close the year, carry over. Each is one transaction and one act under a document.

Whoever locks holds and quotas locks the holds first, and quotas in the order of their keys: so nobody waits crosswise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _

from sunlit.domain.planning.models import BudgetQuota, Hold, PlanLine, QuotaChange, YearClosing
from sunlit.domain.planning.rules import budgets as rules
from sunlit.domain.planning.services.budgets import NONE, YEARS, closed_years, lock_years, may_set
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import NAME_CHARS, REASON_CHARS_LEAST
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger import services as ledger

A_ROUND = 500  # quotas carried over in one transaction

sentences.say("quota.set_total", _("{organisation} set the total of quota {number} from {before} to {after}: {reason}"))
sentences.say("quota.transfer", _("{organisation} moved {amount} from quota {number} to quota {target}: {reason}"))
sentences.say("quotas.close_year", _("{organisation} closed the budget year {year}: {count} quotas take no new orders"))
sentences.say("quota.carry_over", _("{organisation} carried {amount} of quota {number} over to quota {target}: {reason}"))


@transaction.atomic
def set_total(quota: BudgetQuota, *, total: Decimal, reason: str, document: str = "", by: Actor, at: datetime) -> BudgetQuota:
    """Raise or cut a quota under a document. Refused: BUD-010 not the regulator, BUD-003 below what is used, BUD-011 no reason, BUD-016 closed."""
    [it] = _quotas(quota)
    may_set(by, it.region_path)
    check((*_still_open(it), *_total_problems(it, total, reason), *_document_problems(document)))
    change = _change(it, total - it.total, kind="set", document=document, reason=reason, by=by, at=at)
    told = {"before": str(change.before), "after": str(change.after), "reason": reason, "document": document}
    _record("quota.set_total", it, told, by=by, at=at)
    return it


@transaction.atomic
def transfer(
    source: BudgetQuota, target: BudgetQuota, *, amount: Decimal, reason: str, document: str = "", by: Actor, at: datetime
) -> tuple[BudgetQuota, BudgetQuota]:
    """Move money from one quota of a buyer to another of the same year, in one act.

    Refused: BUD-001 not enough left, BUD-010, BUD-011 no reason, BUD-016 closed, BUD-018 another buyer or year, BUD-019 no amount.
    """
    one, other = _quotas(source, target) if source.pk != target.pk else (source, source)
    for it in (one, other):
        may_set(by, it.region_path)
    check((*_still_open(one), *_still_open(other), *_transfer_problems(one, other, amount), *_paper_problems(reason, document)))
    told: dict[str, Any] = {"kind": "transfer", "document": document, "reason": reason, "by": by, "at": at}
    _change(one, -amount, counterpart=other, **told)
    _change(other, amount, counterpart=one, **told)
    facts = {"target": other.number, "amount": str(amount), "reason": reason, "document": document}
    _record("quota.transfer", one, facts, by=by, at=at)
    return one, other


@transaction.atomic
def close_year(*, region: str, year: int, document: str = "", by: Actor, at: datetime) -> YearClosing:
    """End a budget year in a region and below it: nothing new is held. What runs is still committed, paid or given back.

    Refused: BUD-010, BUD-020 not over yet, BUD-021 closed already.
    """
    may_set(by, region)
    lock_years({year})
    check((*_closing_problems(region, year, at), *_document_problems(document)))
    closing = YearClosing.objects.create(region_path=region, year=year, document=document.strip(), by=by.organisation_number, at=at)
    under = Q(region_path=region) | Q(region_path__startswith=f"{region}/")
    open_ones = BudgetQuota.objects.select_for_update(of=("self",), no_key=True).filter(under, year=year, closed_at=None).order_by("pk")
    keys = list(open_ones.values_list("pk", flat=True))  # locked by key as everywhere: one UPDATE over all would lock as it finds them
    count = BudgetQuota.objects.filter(pk__in=keys).update(closed_at=at)
    facts = {"year": year, "count": count, "document": document, "organisation": by.organisation_name, "actor": by.user_name}
    ledger.record(act="quotas.close_year", subject=f"quotas/{year}-{region.rpartition('/')[2]}", by=by, at=at, facts=facts, region=region)
    return closing


@transaction.atomic
def carry_over(
    quota: BudgetQuota, *, available: bool, running: bool, reason: str, document: str = "", by: Actor, at: datetime
) -> BudgetQuota:
    """What is left of a closed quota goes on in one quota of the next year, once: what is `available`, and what is `running` (held or committed).

    The holds move with their money, so that later acceptances and payments count in the new year; what was paid of them stays in the old one.
    Returns the successor.
    Refused: BUD-010, BUD-011, BUD-022 not closed, BUD-023 done already, BUD-024 nothing to carry over.
    """
    may_set(by, quota.region_path)
    check(_closed(quota))  # once closed it takes no more holds: those that are found now are all of them
    lock_years({quota.year + 1})
    open_holds = Hold.objects.select_for_update().filter(quota=quota, state__in=["held", "committed"]).order_by("pk")
    holds = list(open_holds) if running else []  # holds before quotas, as everywhere
    [it] = _quotas(quota)
    moved = {state: sum((hold.open for hold in holds if hold.state == state), NONE) for state in ("held", "committed")}
    amount = sum(moved.values(), it.available if available else NONE)
    check((*_carrying_problems(it, amount), *_paper_problems(reason, document)))
    next_one = _successor(it, at)
    BudgetQuota.objects.filter(pk=it.pk).update(**{state: F(state) - sum_ for state, sum_ in moved.items()})
    told: dict[str, Any] = {"kind": "carry_over", "document": document, "reason": reason, "by": by, "at": at}
    _change(it, -amount, counterpart=next_one, **told)
    _change(next_one, amount, counterpart=it, **told)
    _leave_what_is_done([hold for hold in holds if hold.open != hold.amount], it, at)
    left = F("amount") - F("paid") - F("released")
    Hold.objects.filter(pk__in=[hold.pk for hold in holds]).update(quota=next_one, carried_from=it, amount=left, paid=NONE, released=NONE)
    _carry_lines(it, next_one, [hold.reference for hold in holds])
    BudgetQuota.objects.filter(pk=next_one.pk).update(**{state: F(state) + sum_ for state, sum_ in moved.items()})
    facts = {"target": next_one.number, "amount": str(amount), "holds": len(holds), "reason": reason, "document": document}
    _record("quota.carry_over", it, facts, by=by, at=at)
    next_one.refresh_from_db()
    return next_one


@transaction.atomic
def carry_over_all(
    *, region: str, year: int, available: bool, running: bool, reason: str, document: str = "", by: Actor, at: datetime
) -> int:
    """Everything that is left of a closed year in a region goes on, quota by quota, at most A_ROUND of them at once. Returns how many went on.

    Refused: BUD-010, BUD-011, BUD-026, BUD-032 nothing was chosen.
    """
    may_set(by, region)
    check((*_paper_problems(reason, document), *(() if available or running else (Problem(rules.NOTHING_CHOSEN, on="what"),))))
    under = Q(region_path=region) | Q(region_path__startswith=f"{region}/")
    closed = BudgetQuota.objects.filter(under, year=year, closed_at__isnull=False, successor=None)
    free, taken = F("total") - F("held") - F("committed") - F("spent"), F("held") + F("committed")
    wanted = (free if available else Value(NONE)) + (taken if running else Value(NONE))
    found = list(closed.annotate(wanted=wanted).filter(wanted__gt=0).order_by("pk")[:A_ROUND])
    for it in found:
        carry_over(it, available=available, running=running, reason=reason, document=document, by=by, at=at)
    return len(found)


def _carry_lines(it: BudgetQuota, next_one: BudgetQuota, references: list[str]) -> None:
    """A plan buys on from the successor when what lies for it went on, or an order whose money may still come back to it."""
    went_on = Q(hold__in=references) | Q(uses__reference__in=references, uses__given_back_at=None)
    lines = set(PlanLine.objects.filter(went_on, quota=it).values_list("pk", flat=True))
    PlanLine.objects.filter(pk__in=lines).update(quota=next_one)


def _leave_what_is_done(holds: list[Hold], it: BudgetQuota, at: datetime) -> None:
    """What was paid or given back in the old year stays there, as a hold of its own under the order's reference and the year."""
    Hold.objects.bulk_create(
        Hold(
            quota=it,
            reference=f"{hold.reference}@{it.year}",
            amount=hold.paid + hold.released,
            paid=hold.paid,
            released=hold.released,
            state="spent" if hold.paid else "released",
            held_at=hold.held_at,
            committed_at=hold.committed_at,
            spent_at=at if hold.paid else None,
            released_at=None if hold.paid else at,
        )
        for hold in holds
    )


def _quotas(*quotas: BudgetQuota) -> list[BudgetQuota]:
    """Locked, always in the same order; returned in the order asked for. Orders that are being written and name one of them do not wait."""
    rows = BudgetQuota.objects.select_for_update(no_key=True).filter(pk__in=[it.pk for it in quotas]).order_by("pk")
    found = {row.pk: row for row in rows}
    return [found[it.pk] for it in quotas]


def _change(
    it: BudgetQuota,
    more: Decimal,
    *,
    kind: str,
    document: str,
    reason: str,
    by: Actor,
    at: datetime,
    counterpart: BudgetQuota | None = None,
) -> QuotaChange:
    """Another total, with its line in the history. Give it a locked quota."""
    before = it.total
    it.total = before + more
    BudgetQuota.objects.filter(pk=it.pk).update(total=F("total") + more)
    papers = {"document": document.strip(), "reason": reason, "by": by.organisation_number, "at": at}
    return QuotaChange.objects.create(quota=it, kind=kind, before=before, after=it.total, counterpart=counterpart, **papers)


def _successor(it: BudgetQuota, at: datetime) -> BudgetQuota:
    same = {name: getattr(it, name) for name in ("buyer_id", "project", "economic_category", "region_path")}
    number = f"{it.number}-J{it.year + 1}"  # 结转
    if BudgetQuota.objects.filter(number=number).exists():
        raise Refused(Problem(rules.NUMBER_IN_USE, {"number": number}, on="quota"))
    return BudgetQuota.objects.create(
        number=number, name=f"{it.name}（结转）", year=it.year + 1, total=NONE, predecessor=it, created_at=at, **same
    )


def _record(act: str, it: BudgetQuota, facts: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    told = {"number": it.number, "organisation": by.organisation_name, "actor": by.user_name, **facts}
    ledger.record(act=act, subject=f"quota/{it.number}", by=by, at=at, facts=told, region=it.region_path)


def _total_problems(it: BudgetQuota, total: Decimal, reason: str) -> Iterator[Problem]:
    used = it.held + it.committed + it.spent
    if total < used:
        yield Problem(rules.TOTAL_TOO_SMALL, {"used": money.show(used), "quota": it.number}, on="total")
    yield from _paper_problems(reason, "")


def _paper_problems(reason: str, document: str) -> Iterator[Problem]:
    if len(reason.strip()) < REASON_CHARS_LEAST:
        yield Problem(rules.REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason")
    yield from _document_problems(document)


def _document_problems(document: str) -> Iterator[Problem]:
    if len(document) > NAME_CHARS:
        yield Problem(rules.DOCUMENT_LONG, {"most": NAME_CHARS}, on="document")


def _still_open(it: BudgetQuota) -> Iterator[Problem]:
    if it.closed_at is not None:
        yield Problem(rules.YEAR_CLOSED, {"quota": it.number, "year": it.year}, on="quota")


def _transfer_problems(one: BudgetQuota, other: BudgetQuota, amount: Decimal) -> Iterator[Problem]:
    if one.pk == other.pk or (one.buyer_id, one.year) != (other.buyer_id, other.year):
        yield Problem(rules.NOT_ONE_BUYER, on="target")
    if amount <= 0:
        yield Problem(rules.NO_AMOUNT, on="amount")
    elif amount > one.available:
        told = {"quota": one.number, "available": money.show(one.available), "wanted": money.show(amount)}
        yield Problem(rules.QUOTA_SHORT, told, on="amount")


def _closing_problems(region: str, year: int, at: datetime) -> Iterator[Problem]:
    if year not in YEARS or year > local_day(at).year:
        yield Problem(rules.YEAR_NOT_OVER, {"year": year}, on="year")
    if (region, year) in closed_years({region}):
        yield Problem(rules.CLOSED_ALREADY, {"year": year}, on="year")


def _closed(it: BudgetQuota) -> Iterator[Problem]:
    if not BudgetQuota.objects.filter(pk=it.pk, closed_at__isnull=False).exists():
        yield Problem(rules.NOT_CLOSED, {"quota": it.number, "year": it.year}, on="quota")


def _carrying_problems(it: BudgetQuota, amount: Decimal) -> Iterator[Problem]:
    if BudgetQuota.objects.filter(predecessor=it).exists():
        yield Problem(rules.CARRIED_ALREADY, {"quota": it.number}, on="quota")
    elif (it.region_path, it.year + 1) in closed_years({it.region_path}):
        yield Problem(rules.YEAR_CLOSED, {"quota": it.number, "year": it.year + 1}, on="quota")
    elif amount <= 0:
        yield Problem(rules.NOTHING_LEFT, {"quota": it.number}, on="quota")
