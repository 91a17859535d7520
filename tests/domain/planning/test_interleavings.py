"""Whatever many hands do to a budget at the same time, in any order: nothing is overspent, and the figures are the sums of the holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Sum
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sunlit.domain.planning import queries, services
from sunlit.domain.planning.models import BudgetQuota, Hold, Plan, PlanItem, PlanLine, PlanUse, Purchase, QuotaChange, YearClosing
from sunlit.domain.planning.queries.splitting import Part
from sunlit.domain.planning.services.plan_money import earmark
from sunlit.foundation.kernel.refusals import Refused
from tests.domain.planning.plans import PAPER as BOXES
from tests.domain.planning.plans import filed
from tests.domain.planning.test_adjusting import CITY, NEXT_YEAR, PAPER
from tests.town import NOON, Town, build

Step = tuple[str, int, int, int]
HANDS = 4
PLANNED = "500.00"
# How the services say that a hold is not where the verb needs it: what the lives of orders keep from happening, and these hands do not.
CANNOT_BE = ("the hold of order/", "cannot be committed", "cannot be paid")
DAILY = ("hold", "hold", "hold", "use", "use", "commit", "spend", "part", "give_back", "settle", "set_total", "transfer", "import")


def steps(*more: str) -> st.SearchStrategy[list[Step]]:
    """What happens at once: a few verbs on two quotas and eight orders, with an amount in fen; and `more`, each on both quotas."""
    step = st.tuples(st.sampled_from(DAILY), st.integers(0, 1), st.integers(0, 7), st.integers(1, 60_000))
    always: list[Step] = [(name, which, 1, 1) for name in more for which in (0, 1)]
    return st.lists(step, min_size=2, max_size=8).flatmap(lambda found: st.permutations([*found, *always]))


# A budget's life: some rounds of a year, the round in which it is closed, that in which both quotas go on, and some of the next year.
LIVES = st.tuples(
    st.lists(steps(), min_size=1, max_size=3), steps("close"), steps("carry_over", "carry_over"), st.lists(steps(), max_size=2)
).map(lambda told: [*told[0], told[1], told[2], *told[3]])

# Every verb once at least, with nobody beside it; orders from 4 on are bought for the plan.
EVERY_VERB: list[list[Step]] = [
    [("hold", 0, 0, 20_000)], [("hold", 1, 1, 30_000)], [("hold", 1, 2, 1_000)], [("use", 0, 4, 10_000)], [("use", 0, 5, 5_000)], [("use", 0, 6, 2_000)],
    [("commit", 0, 0, 1)], [("commit", 0, 6, 1)], [("part", 0, 0, 5_000)], [("settle", 0, 0, 1)], [("spend", 0, 6, 1)], [("give_back", 0, 2, 1)], [("give_back", 0, 4, 1)],
    [("set_total", 1, 0, 60_000)], [("transfer", 1, 0, 10_000)], [("import", 0, 0, 60_000)], [("close", 0, 1, 1)], [("carry_over", 0, 1, 1)], [("carry_over", 1, 1, 1)],
    [("give_back", 0, 5, 1)], [("use", 0, 7, 7_000)], [("commit", 0, 7, 1)], [("commit", 0, 1, 1)], [("part", 0, 1, 1)], [("spend", 0, 1, 1)],
]  # fmt: skip


def begun(town: Town, plan: Plan) -> list[BudgetQuota]:
    """Two quotas of the school, 1,000.00 each, with a plan's 500.00 on the first, and nothing else."""
    PlanItem.objects.update(quota=None)
    for model in (PlanUse, PlanLine, Purchase, Hold, QuotaChange, YearClosing):
        model.objects.all().delete()
    BudgetQuota.objects.filter(predecessor__isnull=False).delete()
    BudgetQuota.objects.all().delete()
    same: dict[str, Any] = {
        "buyer": town.school, "year": 2026, "name": "办公", "economic_category": "30201", "region_path": CITY, "total": Decimal("1000.00"), "created_at": NOON,
    }  # fmt: skip
    quotas = [BudgetQuota.objects.create(number=f"ZB-{n}", **same) for n in (1, 2)]
    PlanItem.objects.update(quota=quotas[0])
    with transaction.atomic():
        earmark(plan, at=NOON)
    return quotas


def verb(town: Town, plan: Plan, quotas: list[BudgetQuota], step: Step) -> Callable[[], Any]:
    name, which, order, fen = step
    quota, other, amount = quotas[which], quotas[1 - which], Decimal(fen) / 100
    told: dict[str, Any] = {**PAPER, "by": town.surina}
    reference: dict[str, Any] = {"reference": f"order/{order}", "at": NOON}
    row = {
        "number": quota.number,
        "buyer": town.school.number,
        "year": "2026",
        "name": "办公",
        "economic_category": "30201",
        "total": str(amount),
    }
    return {
        "hold": lambda: services.hold(quota_id=quota.pk, buyer_id=quota.buyer_id, year=2026, amount=amount, **reference),
        "use": lambda: use(town, plan, amount, reference),
        "commit": lambda: services.commit(**reference),
        "spend": lambda: services.spend(**reference),
        "part": lambda: services.spend(amount=amount, **reference),
        "give_back": lambda: services.give_back(**reference),
        "settle": lambda: services.settle(**reference),
        "set_total": lambda: services.set_total(quota, total=amount, at=NOON, **told),
        "transfer": lambda: services.transfer(quota, other, amount=amount, at=NOON, **told),
        "import": lambda: services.import_quotas([row], by=town.surina, at=NOON),
        "close": lambda: services.close_year(region=CITY, year=2026, by=town.surina, at=NOON),
        "carry_over": lambda: services.carry_over(quota, available=True, running=True, at=NEXT_YEAR, **told),
    }[name]


def use(town: Town, plan: Plan, amount: Decimal, reference: dict[str, Any]) -> None:
    """Buy for the plan, from the quota that the page offers: the one that its money lies on now."""
    line = PlanLine.objects.get(plan=plan)
    parts = [Part("A05040101", "goods", amount, town.shop.pk, "emall")]
    services.use_plan(plan.number, quota_id=line.quota_id, parts=parts, by=town.aygul, **reference)


def tried(act: Callable[[], Any]) -> str:
    """Carry one verb out on a connection of its own. A refusal, and what cannot be, change nothing; waiting crosswise would be a fault."""
    try:
        with transaction.atomic():
            act()
    except Refused:
        return "refused"
    except AssertionError as error:
        return "refused" if any(words in str(error) for words in CANNOT_BE) else f"failed: {error!r}"
    except DatabaseError as error:
        return f"failed: {error}"
    finally:
        connection.close()
    return "done"


def all_is_well(plan: Plan) -> None:
    assert queries.differences() == []
    assert not BudgetQuota.objects.filter(total__lt=F("held") + F("committed") + F("spent")).exists()
    for quota in BudgetQuota.objects.all():
        changed = QuotaChange.objects.filter(quota=quota).aggregate(more=Sum(F("after") - F("before")))["more"] or Decimal(0)
        begun_with = Decimal("0.00") if quota.predecessor_id else Decimal("1000.00")
        assert quota.total == begun_with + changed
    moved = QuotaChange.objects.filter(kind__in=["transfer", "carry_over"]).aggregate(more=Sum(F("after") - F("before")))["more"]
    assert not moved  # from one to another, and nothing on the way
    paid = Hold.objects.aggregate(paid=Sum("paid"))["paid"] or Decimal(0)
    assert sum((quota.spent for quota in BudgetQuota.objects.all()), Decimal(0)) == paid
    the_plan_is_well(plan)


def the_plan_is_well(plan: Plan) -> None:
    """What lies for it is held where its line says, and never more than is left; in an open year exactly that."""
    line = PlanLine.objects.select_related("quota").get(plan=plan)
    used = PlanUse.objects.filter(line=line, given_back_at=None).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    assert (line.amount, line.used) == (Decimal(PLANNED), used)
    lies = Hold.objects.get(reference=line.hold) if line.hold else None
    assert lies is None or (lies.state, lies.quota_id) == ("held", line.quota_id)
    held = lies.open if lies else Decimal(0)
    assert held <= line.left
    if not YearClosing.objects.exists():
        assert held == line.left


@pytest.mark.django_db(transaction=True)
def test_under_any_interleaving_the_figures_are_the_sums_of_the_holds() -> None:
    town, done = build(), Counter[str]()
    plan = filed(town, {**BOXES, "amount": PLANNED})

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(rounds=LIVES)
    @example(rounds=EVERY_VERB)
    def every_interleaving(rounds: list[list[Step]]) -> None:
        quotas = begun(town, plan)
        with ThreadPoolExecutor(HANDS) as pool:
            for at_once in rounds:
                answers = list(pool.map(tried, [verb(town, plan, quotas, step) for step in at_once]))
                assert set(answers) <= {"done", "refused"}, list(zip(at_once, answers, strict=True))
                done.update(step[0] for step, answer in zip(at_once, answers, strict=True) if answer == "done")
                all_is_well(plan)

    every_interleaving()
    assert {*DAILY, "close", "carry_over"} <= set(done), done  # a verb that never succeeds would prove nothing


@pytest.mark.django_db(transaction=True)
def test_each_verb_alone_does_what_it_is_there_for() -> None:
    """The example of every verb is one: nothing in it is refused."""
    town = build()
    plan = filed(town, {**BOXES, "amount": PLANNED})
    quotas = begun(town, plan)
    for [step] in EVERY_VERB:
        assert (step, tried(verb(town, plan, quotas, step))) == (step, "done")
        all_is_well(plan)
