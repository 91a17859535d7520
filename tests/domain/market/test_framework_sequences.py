"""Any verbs of the second stage in any order: no winner that is not the lowest conforming, no money held for nobody, no order above its cap."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest

from sunlit.domain.market.models import CallOff, FrameworkEntry, Order
from sunlit.domain.market.services import calloffs, frameworks, parties
from sunlit.domain.planning.models import BudgetQuota, Hold
from sunlit.foundation.kernel.refusals import Refused
from tests.domain.market.frames import proof
from tests.domain.market.test_calloffs import THEN, Agreed, called, house, service
from tests.domain.market.test_framework_parties import NEWER, ROWS

__all__ = ["house", "service"]

STEPS: Final = 30
REASON: Final = "情况属实，同意办理"


class Play:
    """One random play: chance picks verbs, people, prices and instants; refusals are part of it."""

    def __init__(self, house: Agreed, seed: int) -> None:
        self.house, self.chance = house, random.Random(seed)
        self.at: datetime = THEN
        self.paper, self.authority = proof(house.town.aygul), {n: proof(seller) for n, seller in enumerate(house.people)}
        self.seen: set[str] = set()
        modes = ["rotation"] if house.package.framework.kind == "services" else ["direct", "bidding", "bidding", "outside"]
        self.modes = modes
        self.verbs: list[Callable[[], Any]] = [
            self.buy, self.buy, self.bid, self.bid, self.bid, self.answer, self.later, self.clock, self.settle, self.withdraw,
            self.reduce, self.leave, self.deal, self.upgrade,
        ]  # fmt: skip

    def run(self) -> None:
        for _n in range(STEPS):
            with suppress(Refused, LookupError):  # refused, or there is nothing to do it to
                self.chance.choice(self.verbs)()
            self.look()
        for _n in range(8):  # time goes on until nothing waits any more
            self.at += timedelta(days=8)
            calloffs.settle_due(self.at)
        assert not CallOff.objects.filter(state__in=["bidding", "offered"]).exists()
        self.look()

    def buy(self) -> None:
        mode = self.chance.choice(self.modes)
        entry = self.chance.choice(self.house.parties)
        outside = {"supplier": self.house.town.shop.number, "price": str(self.chance.randint(100, 122))}
        dealer = entry.dealers.filter(state="active").first() if self.chance.random() < 0.5 else None
        more = {"entry": entry.number, "reason": REASON, "outside": outside, "proof": self.paper, "dealer": dealer.number if dealer else ""}
        called(self.house, mode, quantity=str(self.chance.randint(1, 5)), at=self.at, **more)

    def bid(self) -> None:
        n = self.chance.randrange(len(self.house.people))
        calloffs.bid(self.one("bidding"), price=str(self.chance.randint(105, 124)), by=self.house.people[n], at=self.at)

    def answer(self) -> None:
        it, by = self.one("offered"), self.chance.choice(self.house.people)
        if self.chance.random() < 0.6:
            calloffs.accept_turn(it, by=by, at=self.at)
        else:
            calloffs.refuse_turn(it, ground="conflict", note=REASON, by=by, at=self.at)

    def later(self) -> None:
        self.at += timedelta(hours=self.chance.randint(1, 60))

    def clock(self) -> None:
        calloffs.settle_due(self.at)

    def settle(self) -> None:
        calloffs.settle(self.one("bidding"), by=self.house.town.aygul, at=self.at)

    def withdraw(self) -> None:
        if self.chance.random() < 0.3:
            calloffs.withdraw_calloff(self.one("bidding", "offered"), reason=REASON, by=self.house.town.aygul, at=self.at)

    def reduce(self) -> None:
        n = self.chance.randrange(len(self.house.parties))
        frameworks.reduce_price(self.party(n), price=str(self.chance.randint(108, 121)), by=self.house.people[n], at=self.at)

    def leave(self) -> None:
        if self.chance.random() < 0.2:
            n = self.chance.randrange(len(self.house.parties))
            part = self.chance.choice([frameworks.clear_out_entry, frameworks.release_entry])
            part(self.party(n), reason=REASON, by=self.house.town.zhou, at=self.at)

    def deal(self) -> None:
        n, town = self.chance.randrange(len(self.house.parties)), self.house.town
        told = {"dealer": town.shop.number, "regions": []}
        it = parties.name_dealer(self.party(n), told, paper=self.authority[n], by=self.house.people[n], at=self.at)
        parties.accept_dealing(it, by=town.chen, at=self.at)

    def upgrade(self) -> None:
        n = self.chance.randrange(len(self.house.parties))
        told = {**NEWER, "price": str(self.chance.randint(105, 125))}
        it = parties.ask_upgrade(self.party(n), told, rows=ROWS, by=self.house.people[n], at=self.at)
        parties.approve_upgrade(it, by=self.house.town.zhou, at=self.at)

    def one(self, *states: str) -> CallOff:
        found = list(CallOff.objects.filter(state__in=states))
        return self.chance.choice(found)

    def party(self, n: int) -> FrameworkEntry:
        return FrameworkEntry.objects.select_related("package").get(pk=self.house.parties[n].pk)

    def look(self) -> None:
        """What must hold after every verb."""
        for it in CallOff.objects.all():
            hold = Hold.objects.filter(reference=it.reference, state="held").first()
            assert (hold is not None) == (it.state in ("bidding", "offered"))  # money lies for what runs, and for nothing else
            order = Order.objects.filter(origin=it.number).first()
            assert (order is not None) == (it.state == "awarded")
            if order is not None and order.number not in self.seen:
                self.seen.add(order.number)
                self.is_right(it, order)
        held = sum((hold.open for hold in Hold.objects.filter(state="held")), Decimal(0))
        assert held == BudgetQuota.objects.get(pk=self.house.town.quota.pk).held

    def is_right(self, it: CallOff, order: Order) -> None:
        """Looked at in the moment when it was placed."""
        line, entry = order.lines.get(), it.entry
        assert (order.total, Hold.objects.get(reference=f"order/{order.number}").open) == (line.price * it.quantity, order.total)
        if entry is not None:
            assert entry.price is not None
            assert (entry.state, line.price <= entry.price) == ("signed", True)
            assert order.supplier_id in (entry.supplier_id, it.dealer.dealer_id if it.dealer else None)
        alive = [bid for bid in it.bids.all() if bid.entry.state == "signed"]
        if it.mode in ("bidding", "outside") and alive:
            best = min(alive, key=lambda bid: (bid.price, bid.at, bid.pk))
            assert (it.entry_id, line.price <= best.price) == (best.entry_id, True)
        if it.mode == "outside":
            assert it.outside_price is not None
            assert (line.price <= it.outside_price, entry is None) == (True, not alive)


@pytest.mark.parametrize("seed", range(8))
def test_goods_are_bought_lawfully_in_any_order_of_verbs(house: Agreed, seed: int) -> None:
    Play(house, seed).run()


@pytest.mark.parametrize("seed", range(4))
def test_turns_are_taken_lawfully_in_any_order_of_verbs(service: Agreed, seed: int) -> None:
    Play(service, seed).run()
    turns = [it.entry_id for it in CallOff.objects.filter(state="awarded").order_by("pk")]
    assert set(turns) <= {entry.pk for entry in service.parties}
