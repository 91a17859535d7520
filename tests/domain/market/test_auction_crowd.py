"""Many bid at once, and any verbs in any order: one correct order, the lowest conforming bid wins, and money is held for nobody else."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import close_old_connections, connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sunlit.domain.market import services
from sunlit.domain.market.models import Auction, AuctionBid, Order
from sunlit.domain.market.queries import auctions as queries
from sunlit.domain.market.rules.auction_results import Act, replay
from sunlit.domain.planning.models import BudgetQuota
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.live.models import RoomEvent
from tests.domain.market.auctioning import MINUTE, SECOND, START, again, enter, entered, entry_of, lot_of, sellers
from tests.town import NOON, Town, build

END = START + 30 * MINUTE
STEP = Decimal("50.00")


def replayed(it: Auction) -> str:
    return replay(it.number, (Act(e.act.partition(".")[2], e.at, e.facts) for e in ledger.acts_on(f"auction/{it.number}")))


def together(asks: list[tuple[Actor, Decimal, str]], number: str, at: datetime) -> list[Any]:
    """All bids at the same instant, each on a connection of its own; each answer, or the code of the refusal."""
    start = Barrier(len(asks))

    def send(ask: tuple[Actor, Decimal, str]) -> Any:
        by, price, key = ask
        start.wait()
        try:
            return services.bid(number, 1, price=price, key=key, by=by, at=at)
        except Refused as refused:
            return refused.codes[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(len(asks)) as crowd:
        return list(crowd.map(send, asks))


@pytest.mark.django_db(transaction=True)
def test_of_two_equal_bids_at_the_same_instant_one_is_taken() -> None:
    town = build()
    it = entered(town, sellers(town))
    said = together([(town.chen, Decimal("4900.00"), "key-of-chen"), (town.nurlan, Decimal("4900.00"), "key-of-nurlan")], it.number, START)
    assert sorted(answer if isinstance(answer, str) else "taken" for answer in said) == ["AUC-023", "taken"]
    assert AuctionBid.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_message_sent_twice_at_the_same_instant_makes_one_bid() -> None:
    town = build()
    it = entered(town, sellers(town))
    said = together([(town.chen, Decimal("4900.00"), "one-key-only")] * 4, it.number, START)
    assert sorted(answer.again for answer in said) == [False, True, True, True]
    assert {answer.place for answer in said} == {1}


@pytest.mark.django_db(transaction=True)
def test_a_crowd_in_the_last_second_makes_one_correct_order() -> None:
    town = build()
    people = sellers(town, 8)
    it = entered(town, people)
    rng = random.Random(7)
    asks = [(rng.choice(people), Decimal(rng.randrange(2000, 5001)), f"key-of-{n:04}") for n in range(40)]
    said = together(asks, it.number, END - SECOND)
    taken = {answer.place: answer.price for answer in said if not isinstance(answer, str)}
    bids = list(AuctionBid.objects.order_by("place").values_list("place", "price"))
    assert dict(bids) == taken  # every bid that was answered “accepted” is there, and no other
    assert [place for place, _price in bids] == list(range(1, len(bids) + 1))
    assert all(after <= before - STEP for (_, before), (_, after) in itertools.pairwise(bids))
    told = list(RoomEvent.objects.filter(openly__kind="bids").order_by("index"))
    assert [it.index for it in told] == list(range(9, 9 + len(bids)))
    assert [bid["place"] for it in told for bid in it.openly["bids"]] == [place for place, _price in bids]
    assert lot_of(it).low == min(taken.values())
    services.close_auctions_due(END + 6 * MINUTE)
    close_old_connections()
    assert replayed(it) == again(it).result


# Any verbs in any order

Steps = list[tuple[str, int, int, int]]
VERBS = (
    "bid",
    "bid",
    "bid",
    "bid",
    "floor",
    "lift",
    "leave",
    "turn_away",
    "pause",
    "resume",
    "withdraw",
    "void",
    "clock",
    "refuse",
    "exclude",
    "award",
    "lose",
)


class Story:
    """An auction with four bidders, and one step after the other; refusals change nothing."""

    def __init__(self, town: Town, people: list[Actor], visibility: str) -> None:
        self.town, self.people, self.at = town, people, NOON + 5 * MINUTE
        self.it = entered(town, people[:3], visibility=visibility)
        enter(self.it, people[3])

    def do(self, verb: str, who: int, amount: int, minutes: int) -> None:
        self.at += minutes * MINUTE
        if self.at < START - 5 * MINUTE and verb in ("bid", "floor", "clock"):
            self.at = START
        act: Callable[..., Any] = getattr(self, verb)
        try:
            with transaction.atomic():
                act(self.people[who], Decimal(amount))
        except Refused:
            pass

    def bid(self, person: Actor, amount: Decimal) -> None:
        services.bid(self.it.number, 1, price=amount, key=f"{self.at.isoformat()}{amount}", by=person, at=self.at)

    def floor(self, person: Actor, amount: Decimal) -> None:
        services.set_floor(self.it.number, 1, floor=amount, by=person, at=self.at)

    def lift(self, person: Actor, _amount: Decimal) -> None:
        services.lift_floor(self.it.number, 1, by=person, at=self.at)

    def leave(self, person: Actor, _amount: Decimal) -> None:
        services.leave_auction(self.it, by=person, at=self.at)

    def turn_away(self, person: Actor, _amount: Decimal) -> None:
        services.turn_away(self.it, entry_of(self.it, person).bidder.mask, reason="资质不符", by=self.town.zhou, at=self.at)

    def pause(self, _person: Actor, _amount: Decimal) -> None:
        services.pause_auction(self.it, reason="核实举报", by=self.town.surina, at=self.at)

    def resume(self, _person: Actor, _amount: Decimal) -> None:
        services.resume_auction(self.it, by=self.town.surina, at=self.at)

    def withdraw(self, _person: Actor, _amount: Decimal) -> None:
        services.withdraw_auction(self.it, reason="预算调整", by=self.town.zhou, at=self.at)

    def void(self, _person: Actor, amount: Decimal) -> None:
        if amount < 2500:  # seldom: after it nothing more happens
            services.void_auction(self.it, reason="程序违法", by=self.town.surina, at=self.at)

    def clock(self, _person: Actor, _amount: Decimal) -> None:
        lot = lot_of(self.it)
        assert lot.ends_at is not None
        self.at = max(self.at, lot.ends_at + 4 * SECOND)
        services.fail_auctions_due(self.at)
        services.close_auctions_due(self.at)

    def refuse(self, person: Actor, _amount: Decimal) -> None:
        services.refuse_award(self.it, 1, reason="无法供货", by=person, at=self.at)

    def exclude(self, _person: Actor, _amount: Decimal) -> None:
        services.exclude_winner(self.it, 1, reason="型号不符", by=self.town.zhou, at=self.at)

    def award(self, _person: Actor, _amount: Decimal) -> None:
        winner = lot_of(self.it).winner
        if winner is not None:
            services.explain_price(
                self.it,
                1,
                reason="厂家补贴清库",
                by=next(p for p in self.people if p.organisation_id == winner.bidder.supplier_id),
                at=self.at,
            )
        services.award_auction(self.it, explanation="说明合理，接受", by=self.town.zhou, at=self.at)

    def lose(self, _person: Actor, _amount: Decimal) -> None:
        order = Order.objects.filter(state="placed").first()
        if order is not None:
            seller = next(p for p in self.people if p.organisation_id == order.supplier_id)
            services.decline(order, reason="厂家断货", by=seller, at=self.at)
            services.go_to_next(order.number, at=self.at)

    def holds(self) -> None:
        """What is always true."""
        it, lot = again(self.it), lot_of(self.it)
        entries = queries.entries_of(lot)
        standing = [entry for entry in entries if entry.price is not None and not entry.passed_over]
        if lot.winner is not None:
            assert lot.winner.pk == min(standing, key=lambda entry: (entry.price, entry.place)).pk
        orders = list(Order.objects.filter(state="placed"))
        assert all(order.total <= lot.total for order in orders)
        assert all(entry.price is None or entry.price <= lot.cap for entry in entries)
        ready = lot.total if it.state in ("open", "paused", "to_confirm") else Decimal("0.00")
        held = BudgetQuota.objects.get(pk=self.town.quota.pk).held
        assert held == ready + sum((order.total for order in orders), Decimal("0.00")), it.state
        if it.result:
            assert replayed(it) == it.result


@pytest.fixture
def crowd(town: Town) -> tuple[Town, list[Actor]]:
    return town, sellers(town, 4)


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    visibility=st.sampled_from(["rank_only", "low_only", "own_rank_and_current_low"]),
    steps=st.lists(
        st.tuples(st.sampled_from(VERBS), st.integers(0, 3), st.integers(1800, 5100), st.integers(0, 6)), min_size=8, max_size=22
    ),
)
def test_no_sequence_of_verbs_ends_wrong(crowd: tuple[Town, list[Actor]], visibility: str, steps: Steps) -> None:
    with transaction.atomic():
        story = Story(*crowd, visibility)
        for person, price in zip(crowd[1], ("4900", "4800", "4700"), strict=False):
            if len(steps) % 2:
                story.do("bid", crowd[1].index(person), int(price), 0)
        for step in steps:
            story.do(*step)
            story.holds()
        story.do("clock", 0, 0, 0)
        story.do("award", 0, 0, 0)
        story.holds()
        transaction.set_rollback(True)
