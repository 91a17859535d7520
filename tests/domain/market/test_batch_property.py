"""No sequence of verbs ends a batch with a winner that is not the lowest conforming, with money held for nobody, with an order above its cap, or with a split that does not add up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from sunlit.domain.market.models import Batch, BatchDemand, Order
from sunlit.domain.market.modes import batch as mode
from sunlit.domain.market.services import batches as services
from sunlit.domain.market.services import frameworks
from sunlit.domain.market.states import batches as life
from sunlit.domain.planning.models import BudgetQuota, Hold
from sunlit.foundation.kernel.refusals import Refused
from tests.domain.market.pooling import THEN, TICK, Pool, pool

BUYERS = st.integers(0, 2)
SELLERS = st.integers(0, 3)
PRICES = st.sampled_from(["100.00", "115.00", "118.00", "118.00", "120.00", "121.50", "122.00", "122.01"])
REASON = "属性测试中给出的理由"
CAUSE = {"supplier": "", "cause": "below_configuration", "reason": REASON}


class Procedure(RuleBasedStateMachine):
    """One batch and everybody who can do something to it, at any time, in any order."""

    house: ClassVar[Pool]

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now: datetime = THEN
        self.it: Batch = self.house.open()
        self.asked: tuple[Any, ...] = ()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def try_to(self, act: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        with suppress(Refused), transaction.atomic():
            act(*args, at=self.now, **kwargs)
        self.it = Batch.objects.select_related("package__framework", "entry__supplier").get(pk=self.it.pk)

    @rule(buyer=BUYERS, quantity=st.integers(1, 60))
    def demand(self, buyer: int, quantity: int) -> None:
        self.try_to(self.house.demand, self.it, buyer, quantity)

    @rule(buyer=BUYERS, withdraw=st.sampled_from([False, False, True]))
    def confirm_or_withdraw(self, buyer: int, withdraw: bool) -> None:
        who = self.house.buyers[buyer].actor
        for it in BatchDemand.objects.filter(batch=self.it, buyer_id=who.party, state__in=life.OPEN_DEMANDS):
            if withdraw:
                self.try_to(services.withdraw_demand, it, reason=REASON, by=who)
            else:
                self.try_to(services.confirm_demand, it, by=who)

    @rule()
    def everybody_confirms(self) -> None:
        for buyer in range(3):
            self.try_to(self.house.demand, self.it, buyer, 7 * buyer + 3)
            self.confirm_or_withdraw(buyer, False)

    @rule(before=st.sampled_from([TICK, timedelta(0), timedelta(0), -timedelta(days=1)]))
    def time_passes(self, before: timedelta) -> None:
        self.now = max(self.now, self.it.until - before)
        mode.go_on_due(self.now)
        self.it.refresh_from_db()

    @rule(seller=SELLERS, price=PRICES)
    def bid(self, seller: int, price: str) -> None:
        self.try_to(self.house.bid, self.it, seller, price)

    @rule(verb=st.sampled_from([services.publish_batch, services.publish_batch, mode.confirm_result]))
    def solicitor(self, verb: Callable[..., Any]) -> None:
        self.try_to(verb, self.it, by=self.house.town.zhou)

    @rule(seller=SELLERS)
    def exclude(self, seller: int) -> None:
        told = {**CAUSE, "supplier": self.house.people[seller].organisation_number}
        self.try_to(mode.exclude_bid, self.it, **told, by=self.house.town.zhou)

    @rule(seller=SELLERS, take=st.booleans())
    def take_or_decline(self, seller: int, take: bool) -> None:
        if take:
            self.try_to(mode.take_orders, self.it, by=self.house.people[seller])
        else:
            self.try_to(mode.decline_orders, self.it, reason=REASON, by=self.house.people[seller])

    @rule(end=st.sampled_from(["cancel", "void", "agreement", "party", "lower", "year", "", "", "", "", ""]))
    def trouble(self, end: str) -> None:
        town, party = self.house.town, self.house.parties[0]
        match end:
            case "cancel":
                self.try_to(services.cancel_batch, self.it, reason=REASON, by=town.zhou)
            case "void":
                self.try_to(services.void_batch, self.it, reason=REASON, by=town.surina)
            case "agreement":
                self.try_to(frameworks.void_framework, self.it.package.framework, reason=REASON, by=town.surina)
            case "party":
                self.try_to(frameworks.clear_out_entry, party, reason=REASON, by=town.zhou)
            case "lower":
                self.try_to(frameworks.reduce_price, party, price="112.00", by=self.house.people[0])
            case "year":
                BudgetQuota.objects.filter(pk=self.house.buyers[1].quota.pk).update(closed_at=self.now)

    @invariant()
    def money_is_held_for_what_still_goes_on(self) -> None:
        holds = {hold.reference: hold.open for hold in Hold.objects.filter(state="held")}
        waiting = {one.reference: self.it.cap * one.quantity for one in BatchDemand.objects.filter(state__in=life.OPEN_DEMANDS)}
        ordered = {f"order/{order.number}": order.total for order in Order.objects.all()}
        assert holds == {**waiting, **ordered}
        assert sum(quota.held for quota in BudgetQuota.objects.all()) == sum(holds.values())
        assert not waiting or self.it.state in life.RUNNING

    @invariant()
    def the_split_adds_up_within_the_caps(self) -> None:
        it, orders = self.it, list(Order.objects.all())
        if it.state != life.AWARDED:
            assert orders == []
            return
        assert it.price is not None
        served = {one.order_number: one for one in BatchDemand.objects.filter(batch=it, state=life.ORDERED)}
        assert {order.number for order in orders} == set(served)
        for order in orders:
            assert order.total == it.price * served[order.number].quantity <= it.cap * served[order.number].quantity
            assert order.buyer_id == served[order.number].buyer_id
        dropped = sum(one.quantity for one in BatchDemand.objects.filter(batch=it, cause="budget"))
        assert sum(one.quantity for one in served.values()) == it.ordered == it.pooled - dropped

    @invariant()
    def whoever_is_asked_is_the_lowest_that_conforms(self) -> None:
        """Looked at whenever somebody else is asked: a price lowered later changes nothing for who was."""
        now = (self.it.state, self.it.entry_id, tuple(self.it.passed))
        if now == self.asked:
            return
        self.asked = now
        if self.it.state in (life.COMPARED, life.OFFERED):
            prices = {
                (min(bid.price, bid.entry.price or bid.price), bid.at, bid.pk): bid.entry_id
                for bid in self.it.bids.filter(cause="", entry__state="signed").select_related("entry").exclude(entry__in=self.it.passed)
            }
            lowest = min(prices)
            assert prices[lowest] == self.it.entry_id
            assert self.it.price == lowest[0] <= self.it.cap


@pytest.mark.django_db
def test_no_sequence_of_verbs_breaks_a_batch(settings_of_batches: Any) -> None:
    Procedure.house = pool()
    limits = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Procedure, settings=limits)


@pytest.fixture
def settings_of_batches(settings: Any, tmp_path: Path) -> Any:
    settings.DATA_DIR = tmp_path
    return settings
