"""Whatever many hands do to a budget at the same time, in any order: nothing is overspent, and the figures are the sums of the holds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sunlit.domain.planning import queries, services
from sunlit.domain.planning.models import BudgetQuota, Hold, QuotaChange, YearClosing
from sunlit.foundation.accounts.models import Organisation, Region
from sunlit.foundation.kernel.refusals import Refused
from tests.domain.planning.test_adjusting import CITY, NEXT_YEAR, PAPER
from tests.town import NOON, Town, build

HANDS = 4
STEP = st.tuples(
    st.sampled_from(
        ["hold", "hold", "hold", "commit", "spend", "part", "release", "settle", "set_total", "transfer", "close", "carry_over"]
    ),
    st.integers(0, 1),  # which quota
    st.integers(0, 5),  # which order
    st.integers(1, 60_000),  # how many fen
)


def begun(town: Town) -> list[BudgetQuota]:
    """Two quotas of the school, 1,000.00 each, and nothing else."""
    for model in (Hold, QuotaChange, YearClosing):
        model.objects.all().delete()
    BudgetQuota.objects.filter(predecessor__isnull=False).delete()
    BudgetQuota.objects.all().delete()
    same: dict[str, Any] = {
        "buyer": town.school,
        "year": 2026,
        "name": "办公",
        "region_path": CITY,
        "total": Decimal("1000.00"),
        "created_at": NOON,
    }
    return [BudgetQuota.objects.create(number=f"ZB-{n}", **same) for n in (1, 2)]


def verb(town: Town, quotas: list[BudgetQuota], step: tuple[str, int, int, int]) -> Callable[[], Any]:
    name, which, order, fen = step
    quota, other, amount = quotas[which], quotas[1 - which], Decimal(fen) / 100
    told: dict[str, Any] = {**PAPER, "by": town.surina}
    reference: dict[str, Any] = {"reference": f"order/{order}", "at": NOON}
    return {
        "hold": lambda: services.hold(quota_id=quota.pk, buyer_id=quota.buyer_id, year=2026, amount=amount, **reference),
        "commit": lambda: services.commit(**reference),
        "spend": lambda: services.spend(**reference),
        "part": lambda: services.spend(amount=amount, **reference),
        "release": lambda: services.release(**reference),
        "settle": lambda: services.settle(**reference),
        "set_total": lambda: services.set_total(quota, total=amount, at=NOON, **told),
        "transfer": lambda: services.transfer(quota, other, amount=amount, at=NOON, **told),
        "close": lambda: services.close_year(region=CITY, year=2026, by=town.surina, at=NOON),
        "carry_over": lambda: services.carry_over(quota, available=bool(order % 2), running=bool(fen % 3), at=NEXT_YEAR, **told),
    }[name]


def tried(act: Callable[[], Any]) -> str:
    """Carry one verb out on a connection of its own. A refusal, and what cannot be, change nothing; waiting crosswise would be a fault."""
    try:
        with transaction.atomic():
            act()
    except (Refused, AssertionError):
        return "refused"
    except IntegrityError as error:
        return "twice" if "planning_hold_reference" in str(error) else f"failed: {error}"
    except DatabaseError as error:
        return f"failed: {error}"
    finally:
        connection.close()
    return "done"


def all_is_well() -> None:
    assert queries.differences() == []
    assert not BudgetQuota.objects.filter(total__lt=F("held") + F("committed") + F("spent")).exists()
    for quota in BudgetQuota.objects.all():
        changed = QuotaChange.objects.filter(quota=quota).aggregate(more=Sum(F("after") - F("before")))["more"] or Decimal(0)
        begun_with = Decimal("0.00") if quota.predecessor_id else Decimal("1000.00")
        assert quota.total == begun_with + changed
    paid = Hold.objects.aggregate(paid=Sum("paid"))["paid"] or Decimal(0)
    assert sum((quota.spent for quota in BudgetQuota.objects.all()), Decimal(0)) == paid


@pytest.mark.django_db(transaction=True)
def test_under_any_interleaving_the_figures_are_the_sums_of_the_holds() -> None:
    town = build()

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(rounds=st.lists(st.lists(STEP, min_size=2, max_size=8), min_size=1, max_size=4))
    def every_interleaving(rounds: list[list[tuple[str, int, int, int]]]) -> None:
        quotas = begun(town)
        with ThreadPoolExecutor(HANDS) as pool:
            for steps in rounds:
                answers = list(pool.map(tried, [verb(town, quotas, step) for step in steps]))
                assert set(answers) <= {"done", "refused", "twice"}, answers
                all_is_well()

    every_interleaving()
    assert Region.objects.exists()
    assert Organisation.objects.exists()
