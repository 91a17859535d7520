"""Batch purchases with several connections: demands at the closing instant, a bid at the deadline, the clock told twice, two winners' clerks."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sunlit.domain.market.models import Batch, BatchDemand, Order
from sunlit.domain.market.modes import batch as mode
from sunlit.domain.market.services import batches as services
from sunlit.domain.planning.models import BudgetQuota
from sunlit.domain.planning.queries import differences
from sunlit.foundation.ledger.models import Entry
from tests.domain.market.pooling import CLOSES, THEN, TICK, Pool, held, pool
from tests.domain.market.test_quotations_at_once import at_once
from tests.domain.planning.plans import PAPER, filed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house(transactional_db: None, settings: Any, tmp_path: Path) -> Pool:
    settings.DATA_DIR = tmp_path
    return pool()


def test_what_is_confirmed_before_the_closing_is_pooled_and_nothing_else_is_held(house: Pool) -> None:
    it = house.open()
    house.confirmed(it, 10)
    told = at_once(
        lambda: house.demand(it, 1, 20, at=CLOSES - TICK),
        lambda: house.demand(it, 2, 30, at=CLOSES),
        lambda: mode.go_on_due(CLOSES),
    )
    assert told[1] == ["BAT-019"]
    assert told[2] == 1
    it.refresh_from_db()
    assert told[0] == ["BAT-019"] or BatchDemand.objects.filter(state="lapsed", cause="unconfirmed").count() == 1
    assert (it.state, it.pooled, held()) == ("pooled", 10, {"batch": Decimal("1220.00")})
    assert sum(quota.held for quota in BudgetQuota.objects.all()) == Decimal("1220.00")


def test_a_bid_acknowledged_before_the_deadline_counts_and_one_at_it_does_not(house: Pool) -> None:
    it = house.bidding(10)
    house.bid(it, 0, "119.00")
    until = it.until
    told = at_once(
        lambda: house.bid(it, 1, "110.00", at=until - TICK),
        lambda: house.bid(it, 2, "100.00", at=until),
        lambda: mode.go_on_due(until),
    )
    assert told[1] in (["BAT-010"], ["LIF-001"])
    it.refresh_from_db()
    accepted = isinstance(told[0], Batch)
    assert (it.state, it.price) == ("compared", Decimal("110.00") if accepted else Decimal("119.00"))
    assert accepted or told[0] == ["LIF-001"]


def test_the_clock_told_twice_does_everything_once(house: Pool) -> None:
    it = house.open()
    house.confirmed(it, 10, 20)
    house.demand(it, 2, 5)
    assert sorted(at_once(lambda: mode.go_on_due(CLOSES), lambda: mode.go_on_due(CLOSES), lambda: mode.go_on_due(CLOSES))) == [0, 0, 1]
    it.refresh_from_db()
    assert (it.state, it.pooled, held()) == ("pooled", 30, {"batch": Decimal("3660.00")})
    until = it.until
    assert sorted(at_once(lambda: mode.go_on_due(until), lambda: mode.go_on_due(until))) == [0, 1]
    assert (held(), Entry.objects.filter(act="batch_purchase.fail").count()) == ({}, 1)


def test_taken_and_declined_at_once_only_one_counts(house: Pool) -> None:
    it = house.offered("118.00", "119.00")
    at, first = it.until - TICK, house.people[0]
    told = at_once(
        lambda: mode.take_orders(it, by=first, at=at),
        lambda: mode.take_orders(it, by=first, at=at),
        lambda: mode.decline_orders(it, reason="生产线停产检修", by=first, at=at),
    )
    assert len([answer for answer in told if isinstance(answer, Batch)]) == 1
    it.refresh_from_db()
    if it.state == "awarded":
        assert (Order.objects.count(), held()) == (3, {"order": Decimal("7080.00")})
    else:
        assert (it.state, it.price, Order.objects.count(), held()) == ("offered", Decimal("119.00"), 0, {"batch": Decimal("7320.00")})


def test_two_demands_of_one_buyer_at_once_hold_its_money_once(house: Pool) -> None:
    it = house.open()
    told = at_once(*(lambda: house.demand(it, 1, 10, at=THEN) for _n in range(2)))
    assert sorted(isinstance(answer, BatchDemand) for answer in told) == [False, True]
    assert held() == {"batch": Decimal("1220.00")}


def test_two_batches_taken_at_once_lock_the_plan_between_them_first(house: Pool) -> None:
    """One buys for the plan after another buyer's quota, the other before it: without one order of locks they would wait for each other."""
    plan = filed(house.town, {**PAPER, "amount": "9000"})
    first, second = house.open(), house.open(period="2026-05")
    BudgetQuota.objects.filter(pk=house.buyers[1].quota.pk).update(total=Decimal("20000.00"))
    for it, counts in ((first, (10, 20)), (second, (5, 15))):
        mine = house.demand(it, 0, counts[0], plan=plan.number)
        services.confirm_demand(mine, by=house.town.zhou, at=THEN)
        services.confirm_demand(house.demand(it, 1, counts[1]), by=house.buyers[1].actor, at=THEN)
    offered = [confirmed_at(house, it, "118.00") for it in (first, second)]
    told = at_once(
        lambda: mode.take_orders(offered[0], by=house.people[0], at=offered[0].until - TICK),
        lambda: mode.take_orders(offered[1], by=house.people[0], at=offered[1].until - TICK),
    )
    assert all(isinstance(answer, Batch) for answer in told), told
    assert held() == {"order": Decimal("5900.00"), "plan": Decimal("7230.00")}
    assert differences() == []


def confirmed_at(house: Pool, it: Batch, price: str) -> Batch:
    """Pooled, bid for by the first party alone, and its result confirmed."""
    it = services.publish_batch(mode.go_on(it, at=it.until), by=house.town.zhou, at=it.until)
    it = house.bid(it, 0, price, at=it.until - TICK)
    it = mode.go_on(it, at=it.until)
    return mode.confirm_result(it, by=house.town.zhou, at=it.until - TICK)
