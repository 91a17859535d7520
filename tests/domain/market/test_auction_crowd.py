"""Many bid at once, and any verbs in any order: one correct order, the lowest conforming bid wins, and money is held for nobody else."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any, ClassVar

import pytest
from django.db import close_old_connections, connection, transaction
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sunlit.domain.market import services
from sunlit.domain.market.models import Auction, AuctionBid, Order
from sunlit.domain.market.queries import auctions as queries
from sunlit.domain.market.rules import auctions as rules
from sunlit.domain.market.rules.auction_events import rows
from sunlit.domain.market.rules.auction_results import Act, replay
from sunlit.domain.planning.models import BudgetQuota, Hold
from sunlit.domain.registry import services as registry
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.live.models import RoomEvent
from tests.domain.market.auctioning import LAPTOPS, MINUTE, PAPER, SECOND, START, again, entered, entry_of, lot_of, sellers
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
    assert [bid["place"] for it in told for bid in rows({"at": it.at.isoformat(), **it.openly})] == [place for place, _price in bids]
    assert lot_of(it).low == min(taken.values())
    services.close_auctions_due(END + 6 * MINUTE)
    close_old_connections()
    assert replayed(it) == again(it).result


# Any verbs in any order

who = st.integers(0, 3)
position = st.integers(1, 2)
percents = st.integers(36, 102)  # of the highest price: also too high, also abnormally low
minutes = st.integers(0, 6)
Asked = Callable[[], Any]


class AnyVerbs(RuleBasedStateMachine):
    """One auction, open or by rounds, in one lot or two, with four bidders; every verb at any time. What is refused changes nothing."""

    town: ClassVar[Town]
    people: ClassVar[list[Actor]]

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.at, self.outages, self.published = NOON + 5 * MINUTE, 0, ""
        self.away_until = self.at

    def teardown(self) -> None:
        event(f"ended {again(self.it).state}, {Order.objects.count()} orders, {AuctionBid.objects.count() // 5 * 5} bids and more")
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @initialize(
        form=st.sampled_from(["open", "open", "rounds"]),
        lots=st.sampled_from([(LAPTOPS,), (LAPTOPS, PAPER)]),
        visibility=st.sampled_from(["rank_only", "low_only", "own_rank_and_current_low"]),
        bidden=st.booleans(),
    )
    def announce(self, form: str, lots: Any, visibility: str, bidden: bool) -> None:
        rounds: dict[str, Any] = {"form": services.ROUNDS, "minutes": "", "extension_minutes": ""} if form == "rounds" else {}
        self.rounds = bool(rounds)
        lots, visibility = (lots[:1], "own_rank_and_current_low") if rounds else (lots, visibility)
        self.it = entered(self.town, self.people, lots=lots, visibility=visibility, **rounds)
        if bidden:
            self.at = START
            for number in range(len(self.people)):
                self.next_turn() if self.rounds else None
                for lot in range(1, len(lots) + 1):
                    self.bid(self._speaking() if self.rounds else number, lot, 98 - 3 * number, 0)

    def tried(self, act: Asked) -> None:
        try:
            with transaction.atomic():
                act()
        except Refused:
            pass

    def _state(self, lot: int = 1) -> rules.LotState:
        return queries.state_of(again(self.it), lot_of(self.it, lot), queries.entries_of(lot_of(self.it, lot)))

    def _speaking(self) -> int:
        """By rounds whoever's turn it is; the first where it is nobody's."""
        state = self._state()
        assert state.terms.turns is not None
        masks = {entry_of(self.it, person).bidder.mask: number for number, person in enumerate(self.people)}
        return masks.get(state.speaking(state.terms.turns, self.at).bidder or 0, 0)

    def _price(self, lot: int, percent: int) -> Decimal:
        return (lot_of(self.it, lot).cap * percent / 100).quantize(Decimal("0.01"))

    def _here(self, lot: int) -> int:
        return min(lot, self.it.lots.count())

    # Time

    @rule(minutes=minutes)
    def wait(self, minutes: int) -> None:
        self.at += minutes * MINUTE

    @rule()
    def next_turn(self) -> None:
        """On to the next turn, or to the start."""
        starts_at = again(self.it).starts_at
        assert starts_at is not None
        self.at = max(self.at, starts_at)
        state = self._state() if self.rounds else None
        if state is not None and state.terms.turns is not None and state.masks and self.at < state.ends_at:
            self.at = state.speaking(state.terms.turns, self.at).until

    @rule()
    def clock(self) -> None:
        self.at = max(self.at, *(lot.ends_at + 4 * SECOND for lot in self.it.lots.all() if lot.ends_at))
        services.fail_auctions_due(self.at)
        services.close_auctions_due(self.at)

    @rule(minutes=st.integers(1, 40), ago=st.integers(0, 30))
    def outage(self, minutes: int, ago: int) -> None:
        """One that began so many minutes ago, while others acted still; it is confirmed when it ends."""
        since, until = max(self.at - ago * MINUTE, self.away_until), self.at + minutes * MINUTE
        self.at, self.away_until, self.outages = until, until, self.outages + 1
        services.make_up_for_outages(since=since, until=until, outage=f"GZ-{self.outages}", at=until)

    # Bidders

    @rule(who=who, lot=position, percent=percents, minutes=minutes)
    def bid(self, who: int, lot: int, percent: int, minutes: int) -> None:
        self.at = max(self.at + minutes * MINUTE, START) if percent > 40 else self.at
        lot = self._here(lot)
        price, key = self._price(lot, percent), f"{self.at.isoformat()}/{lot}/{percent}"
        self.tried(lambda: services.bid(self.it.number, lot, price=price, key=key, by=self.people[who], at=self.at))

    @rule(lot=position, steps=st.integers(0, 9))
    def bid_lower(self, lot: int, steps: int) -> None:
        """Whoever may speak bids so many steps below what is asked for; by rounds a bid out of turn is seldom worth a step."""
        lot, who = self._here(lot), self._speaking() if self.rounds else steps % 4
        state, mask = self._state(lot), entry_of(self.it, self.people[who]).bidder.mask
        price, key = state.next_price(mask) - steps * state.terms.step, f"{self.at.isoformat()}/{lot}/lower/{steps}"
        self.tried(lambda: services.bid(self.it.number, lot, price=price, key=key, by=self.people[who], at=self.at))

    @rule(who=who, lot=position, percent=percents)
    def floor(self, who: int, lot: int, percent: int) -> None:
        lot = self._here(lot)
        self.tried(
            lambda: services.set_floor(self.it.number, lot, floor=self._price(lot, percent), by=self.people[who], at=max(self.at, START))
        )

    @rule(who=who, lot=position)
    def lift(self, who: int, lot: int) -> None:
        self.tried(lambda: services.lift_floor(self.it.number, self._here(lot), by=self.people[who], at=self.at))

    @rule(who=who)
    def leave(self, who: int) -> None:
        self.tried(lambda: services.leave_auction(self.it, by=self.people[who], at=self.at))

    @rule(who=who, lot=position)
    def refuse(self, who: int, lot: int) -> None:
        self.tried(lambda: services.refuse_award(self.it, lot, reason="无法供货", by=self.people[who], at=self.at))

    @rule()
    def lose(self) -> None:
        """A winner declines its order."""
        order = Order.objects.filter(state="placed").first()
        if order is not None:
            seller = next(each for each in self.people if each.organisation_id == order.supplier_id)
            services.decline(order, reason="厂家断货，无法供应", by=seller, at=self.at)
            services.go_to_next(order.number, at=self.at)

    # The buyer

    @rule(who=who)
    def turn_away(self, who: int) -> None:
        mask = entry_of(self.it, self.people[who]).bidder.mask
        self.tried(lambda: services.turn_away(self.it, mask, reason="资质不符", by=self.town.zhou, at=self.at))

    @rule(sure=st.integers(0, 3))
    def withdraw(self, sure: int) -> None:
        if not sure:  # seldom: after it nothing more happens
            self.tried(lambda: services.withdraw_auction(self.it, reason="预算调整", by=self.town.zhou, at=self.at))

    @rule(lot=position)
    def exclude(self, lot: int) -> None:
        self.tried(lambda: services.exclude_winner(self.it, lot, reason="型号不符", by=self.town.zhou, at=self.at))

    @rule()
    def award(self) -> None:
        parties = {person.organisation_id: person for person in self.people}
        for lot in self.it.lots.select_related("winner__bidder").exclude(winner=None):
            assert lot.winner is not None
            told = {"reason": "厂家补贴清库", "by": parties[lot.winner.bidder.supplier_id], "at": self.at}
            self.tried(lambda position=lot.position, told=told: services.explain_price(self.it, position, **told))  # type: ignore[misc]
        self.tried(lambda: services.award_auction(self.it, explanation="说明合理，接受", by=self.town.zhou, at=self.at))

    # The regulator

    @rule()
    def pause(self) -> None:
        self.tried(lambda: services.pause_auction(self.it, reason="核实举报", by=self.town.surina, at=self.at))

    @rule()
    def resume(self) -> None:
        self.tried(lambda: services.resume_auction(self.it, by=self.town.surina, at=self.at))

    @rule(sure=st.integers(0, 5))
    def void(self, sure: int) -> None:
        if not sure:
            self.tried(lambda: services.void_auction(self.it, reason="程序违法", by=self.town.surina, at=self.at))

    @rule(who=who)
    def suspend(self, who: int) -> None:
        party = Supplier.objects.get(organisation_id=self.people[who].party)
        until = self.at + timedelta(days=90)
        self.tried(lambda: registry.suspend(party, until=until, reason="提供虚假材料", by=self.town.surina, at=self.at))

    @rule(who=who)
    def reinstate(self, who: int) -> None:
        party = Supplier.objects.get(organisation_id=self.people[who].party)
        self.tried(lambda: registry.reinstate(party, reason="整改完成", by=self.town.surina, at=self.at))

    # What is always true

    @invariant()
    def the_lowest_conforming_wins(self) -> None:
        for lot in self.it.lots.select_related("winner", "order"):
            entries = queries.entries_of(lot)
            standing = [entry for entry in entries if entry.price is not None and not entry.passed_over]
            if lot.winner is not None:
                assert lot.winner.pk == min(standing, key=lambda entry: (entry.price, entry.place)).pk
            assert all(entry.price is None or entry.price <= lot.cap for entry in entries)
            if lot.order is not None:
                assert lot.winner is not None
                assert lot.order.supplier_id == lot.winner.bidder.supplier_id
                assert (lot.winner.price, lot.quantity) in lot.order.lines.values_list("price", "quantity")

    @invariant()
    def no_money_is_held_for_nobody(self) -> None:
        it = again(self.it)
        orders = {f"order/{order.number}": order.total for order in Order.objects.filter(state="placed")}
        held = {hold.reference: hold.open for hold in Hold.objects.filter(state="held", reference__regex="^(order|auction)/")}
        ready = held.pop(it.reference, Decimal("0.00"))
        assert held == orders, it.state
        assert (ready > 0) == (it.state in ("open", "paused", "to_confirm")), it.state
        assert ready <= it.total
        if it.state == "to_confirm":
            assert ready >= sum(lot.total for lot in it.lots.filter(order=None).exclude(winner=None))
        assert BudgetQuota.objects.get(pk=self.town.quota.pk).held == ready + sum(orders.values(), Decimal("0.00"))

    @invariant()
    def no_order_is_above_its_cap(self) -> None:
        for order in Order.objects.filter(state="placed"):
            assert order.total <= sum(lot.total for lot in self.it.lots.filter(order=order))

    @invariant()
    def the_ledger_tells_the_same(self) -> None:
        it = again(self.it)
        if it.result:
            assert replayed(it) == it.result
            assert self.published in ("", it.result)  # what was published stays
            self.published = it.result


def test_no_sequence_of_verbs_ends_wrong(town: Town) -> None:
    AnyVerbs.town, AnyVerbs.people = town, sellers(town, 4)
    run_state_machine_as_test(
        AnyVerbs,
        settings=settings(
            max_examples=12,
            stateful_step_count=24,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        ),
    )
