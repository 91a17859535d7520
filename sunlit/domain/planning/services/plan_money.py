"""The money of a plan: earmarked when it is filed, passed on to the orders that are placed for it, given back, set free.

Held once: in one transaction the plan's hold is released, the order's is laid, and the plan's is laid anew over what is left. The quota's row is
locked from the first of the three steps, so nobody comes between. Locks are taken in one order everywhere: the plan, its holds and the orders' by
their ids, the quotas by theirs. Whoever carries a quota over takes the same holds first, so a line is read, with its quota, when they are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import Sum

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.planning.models import BudgetQuota, Plan, PlanItem, PlanLine, PlanUse
from sunlit.domain.planning.queries import plans as queries
from sunlit.domain.planning.queries.splitting import Part
from sunlit.domain.planning.rules import plans as rules
from sunlit.domain.planning.services.budgets import hold, lock_holds, release
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.lifecycle import move

IN_FORCE: Final = ("filed", "approved", "executing")


def earmark(it: Plan, *, at: datetime) -> None:
    """Lay the plan's holds, one a quota. Refused: BUD-001 not enough left, BUD-002 not this buyer's."""
    sums: dict[int, Decimal] = {}
    for item in it.items.all():
        assert item.quota_id is not None, "the plan was looked at"
        sums[item.quota_id] = sums.get(item.quota_id, money.ZERO) + item.amount
    PlanLine.objects.filter(plan=it).exclude(quota_id__in=sums).delete()
    for quota_id, amount in sorted(sums.items()):
        line, _new = PlanLine.objects.update_or_create(plan=it, quota_id=quota_id, defaults={"amount": amount})
        _hold_rest(line, at=at)


def free(it: Plan, *, at: datetime) -> None:
    """Release what still lies for the plan."""
    for line in PlanLine.objects.filter(plan=it).exclude(hold="").order_by("quota_id"):
        _release(line, at=at)
        line.save(update_fields=["hold"])


def used(it: Plan) -> Decimal:
    """What orders took and did not give back, in yuan."""
    return PlanLine.objects.filter(plan=it).aggregate(sum=Sum("used"))["sum"] or money.ZERO


@transaction.atomic
def use_plan(
    number: str, *, quota_id: int, reference: str, parts: Sequence[Part], buyer_id: int | None = None, by: Actor, at: datetime
) -> None:
    """Pass the money of a plan on to a purchase: its hold is laid here, under the purchase's reference. The first one begins the plan's execution.
    `buyer_id` where somebody else than the buyer acts, as the clock does.

    Refused, on `plan` or `quota`: PLN-040 no plan for it, PLN-042 a category is not planned, PLN-043 another quota, PLN-041 not enough left.
    """
    it = Plan.objects.select_for_update(of=("self",), no_key=True).filter(number=number, buyer_id=buyer_id or by.organisation_id).first()
    it = _for_orders(it, [part.category_code for part in parts])
    lock_holds(PlanLine.objects.filter(plan=it).values_list("hold", flat=True))
    line, amount = _line(it, quota_id), sum((part.amount for part in parts), money.ZERO)
    if amount > line.left:
        told = {"plan": number, "left": line.left, "quota": line.quota.number, "wanted": amount}
        raise Refused(Problem(rules.LINE_SHORT, told, on="plan"))
    if it.state != "executing":
        move(it, "begin", by=by, at=at, within=True)
    _release(line, at=at)
    hold(quota_id=quota_id, buyer_id=it.buyer_id, year=line.quota.year, reference=reference, amount=amount, at=at, parts=parts)
    took = {part.category_code: str(part.amount) for part in parts}
    PlanUse.objects.create(line=line, reference=reference, amount=amount, parts=took, at=at)
    line.used += amount
    _hold_rest(line, at=at)


def check_plan_pays(number: str, *, quota_id: int, categories: Sequence[str], buyer_id: int) -> None:
    """For a purchase whose money is laid later, once its amount is known: refused already now as `use_plan` would be, PLN-040, PLN-042, PLN-043."""
    it = _for_orders(Plan.objects.filter(number=number, buyer_id=buyer_id).first(), categories)
    _line(it, quota_id)


def lock_plans(ids: Iterable[int]) -> None:
    """Lock these plans by their ids until the end of the transaction, for who moves the money of several: always before a hold and a quota."""
    list(Plan.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=list(ids)).order_by("pk"))


@transaction.atomic
def give_back(*, reference: str, at: datetime) -> None:
    """A purchase came to nothing: its hold is released, and what it took lies for its plan again, if it had one that still goes on.

    In a closed year nothing new is held: what it took is free then, and what lies for the plan stays as it is, to be carried over.
    """
    use = PlanUse.objects.filter(reference=reference, given_back_at=None).first()
    if use is None:
        release(reference=reference, at=at)
        return
    it = Plan.objects.select_for_update(of=("self",), no_key=True).get(lines=use.line_id)
    lock_holds([reference, *PlanLine.objects.filter(pk=use.line_id).values_list("hold", flat=True)])
    release(reference=reference, at=at)  # from here on the quota is ours, and its year is not closed meanwhile
    line = PlanLine.objects.select_related("quota", "plan").get(pk=use.line_id)
    PlanUse.objects.filter(pk=use.pk).update(given_back_at=at)
    line.used -= use.amount
    if it.state in IN_FORCE and line.quota.closed_at is None:
        _release(line, at=at)
        _hold_rest(line, at=at)
    else:
        line.save(update_fields=["used"])


def _hold_rest(line: PlanLine, *, at: datetime) -> None:
    """Lay a hold over what is left of the line, under a reference of its own, and write down what it stands for."""
    line.hold = ""
    if line.left > 0:
        line.holds += 1
        line.hold = f"plan/{line.plan.number}/{line.quota_id}.{line.holds}"
        parts = rest_of(line)
        hold(
            quota_id=line.quota_id,
            buyer_id=line.plan.buyer_id,
            year=line.quota.year,
            reference=line.hold,
            amount=line.left,
            at=at,
            parts=parts,
        )
    line.save(update_fields=["used", "hold", "holds"])


def _release(line: PlanLine, *, at: datetime) -> None:
    if line.hold:
        release(reference=line.hold, at=at)
        line.hold = ""


def rest_of(line: PlanLine) -> list[Part]:
    """What is left of the line, by category: what was planned less what was bought, never less than nothing, together what is left.

    A method that was approved does not split (条例28), so what is planned under it is not counted.
    """
    it = line.plan
    if it.state in ("approval_asked", "approved"):
        return []
    items: list[PlanItem] = list(it.items.select_related("category").filter(quota_id__in=_lineage(line.quota)))
    took = _taken(line)
    left, found = line.left, []
    for part in queries.parts_of(it, items):
        amount = min(max(part.amount - took.get(part.category_code, money.ZERO), money.ZERO), left)
        left -= amount
        if amount:
            found.append(Part(part.category_code, part.kind, amount, None, part.method))
    return found


def _lineage(quota: BudgetQuota) -> set[int]:
    """The quota and those that it goes on from: what was planned names the quota of its year, and its money may have gone on since."""
    found, predecessor = {quota.pk}, quota.predecessor_id
    while predecessor is not None:
        found.add(predecessor)
        predecessor = BudgetQuota.objects.values_list("predecessor_id", flat=True).get(pk=predecessor)
    return found


def _taken(line: PlanLine) -> Mapping[str, Decimal]:
    took: dict[str, Decimal] = {}
    for parts in PlanUse.objects.filter(line=line, given_back_at=None).values_list("parts", flat=True):
        for code, amount in parts.items():
            took[code] = took.get(code, money.ZERO) + Decimal(amount)
    return took


def _line(it: Plan, quota_id: int) -> PlanLine:
    lines = list(PlanLine.objects.select_related("quota", "plan").filter(plan=it).order_by("pk"))
    found = next((line for line in lines if line.quota_id == quota_id), None)
    if found is None:
        raise Refused(Problem(rules.OTHER_QUOTA, {"plan": it.number, "quotas": "、".join(line.quota.number for line in lines)}, on="quota"))
    return found


def _for_orders(it: Plan | None, codes: Sequence[str]) -> Plan:
    """The plan, as one that buys what is of these categories in the marketplace."""
    if it is None or it.state not in IN_FORCE or it.method != queries.MARKETPLACE:
        raise Refused(Problem(rules.NOT_FOR_ORDERS, on="plan"))
    planned = set(it.items.values_list("category__code", flat=True))
    outside = [code for code in codes if planned.isdisjoint(step.code for step in catalog.tree().line(code))]
    check(Problem(rules.NOT_PLANNED, {"category": _named(code), "plan": it.number}, on="plan") for code in outside)
    return it


def _named(code: str) -> str:
    category = catalog.category(code)
    return category.name_zh if category else code
