"""Reverse auctions by rounds: who speaks when, what is refused out of turn, and the same result from the ledger alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sunlit.domain.market import services
from sunlit.domain.market.models import Auction, Order
from sunlit.domain.market.queries import auctions as queries
from sunlit.domain.market.rules.auction_results import Act, replay
from sunlit.domain.market.rules.auction_turns import Said, Turns, lowest_before, worst_first
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.live.models import RoomEvent
from tests.domain.market.auctioning import (
    LAPTOPS,
    MINUTE,
    PAPER,
    SECOND,
    START,
    again,
    announced,
    bid,
    enter,
    entered,
    entry_of,
    lot_of,
    sellers,
    wish,
)
from tests.town import NOON, Town

ROUNDS = {"form": services.ROUNDS, "minutes": "", "extension_minutes": ""}
OPENING, TURN, PAUSE = 5 * MINUTE, 2 * MINUTE, 2 * MINUTE  # as the rulebook has them
LENGTH = OPENING + 9 * TURN + 2 * PAUSE  # three bidders, three rounds


def turn(number: int, place: int, *, after: timedelta = SECOND) -> datetime:
    """A second after a turn begins, in an auction of three that begins on time."""
    return START + OPENING + (number - 1) * (3 * TURN + PAUSE) + (place - 1) * TURN + after


def refusal(act: Any, *args: Any, **kwargs: Any) -> list[str]:
    with pytest.raises(Refused) as told:
        act(*args, **kwargs)
    return told.value.codes


def replayed(it: Auction) -> str:
    return replay(it.number, (Act(e.act.partition(".")[2], e.at, e.facts) for e in ledger.acts_on(f"auction/{it.number}")))


@pytest.fixture
def hall(town: Town) -> tuple[Auction, list[Actor]]:
    """Three bidders in the order of their masks, which is that of the first round."""
    people = sellers(town)
    it = entered(town, people, **ROUNDS)
    return again(it), sorted(people, key=lambda person: entry_of(it, person).bidder.mask)


def speaking(it: Auction, at: datetime) -> tuple[int, int | None]:
    state = queries.state_of(it, lot_of(it), queries.entries_of(lot_of(it)))
    assert state.terms.turns is not None
    now = state.speaking(state.terms.turns, at)
    return now.round, now.bidder


# The timetable


TABLE = Turns(3, timedelta(minutes=5), timedelta(minutes=2), timedelta(minutes=2))


@pytest.mark.parametrize(("bidders", "seconds"), [(2, 1260), (3, 1620), (5, 2340), (10, 4140)])
def test_the_length_grows_with_the_bidders(bidders: int, seconds: int) -> None:
    assert TABLE.length(bidders) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, (1, None)), (299, (1, None)), (300, (1, 0)), (419, (1, 0)), (420, (1, 1)), (659, (1, 2)), (660, (2, None)), (779, (2, None)),
        (780, (2, 0)), (1140, (3, None)), (1260, (3, 0)), (1619, (3, 2)),
    ],
)  # fmt: skip
def test_who_speaks_when(seconds: int, told: tuple[int, int | None]) -> None:
    assert TABLE.at(timedelta(seconds=seconds), 3) == told


def test_the_worst_speaks_first_and_of_equal_prices_the_later() -> None:
    said = [Said(11, Decimal(9), 1, 1), Said(12, Decimal(8), 2, 1), Said(13, Decimal(9), 3, 1), Said(12, Decimal(7), 4, 2)]
    assert worst_first([14, 11, 12, 13, 10], lowest_before(said, 2)) == [10, 14, 13, 11, 12]
    assert lowest_before(said, 3)[12] == (Decimal(7), 4)


# The auction


def test_three_rounds_from_the_draft_to_the_order(town: Town, hall: tuple[Auction, list[Actor]]) -> None:
    it, (first, second, third) = hall
    masks = [entry_of(it, person).bidder.mask for person in (first, second, third)]
    assert (it.rounds, it.turn_minutes, lot_of(it).ends_at) == (3, 2, START + LENGTH)
    assert [speaking(it, turn(1, place))[1] for place in (1, 2, 3)] == masks
    assert bid(it, first, "4900.00", turn(1, 1)).next_price == Decimal("4850.00")
    bid(it, second, "5000.00", turn(1, 2))  # not below the lowest: below the own last one is enough
    assert speaking(it, turn(2, 1)) == (2, masks[2])  # who is silent is the worst, then the dearest
    bid(it, third, "4800.00", turn(2, 1))
    bid(it, second, "4700.00", turn(2, 2))
    bid(it, second, "4650.00", turn(2, 2, after=119 * SECOND))
    bid(it, first, "4650.00", turn(2, 3))
    assert [speaking(it, turn(3, place))[1] for place in (1, 2, 3)] == [
        masks[2],
        masks[0],
        masks[1],
    ]  # of the two equal the earlier comes last
    assert lot_of(it).ends_at == START + LENGTH  # nothing is put off
    assert services.close_auctions_due(START + LENGTH + 2 * SECOND) == 0
    services.close_auctions_due(START + LENGTH + 4 * SECOND)
    assert lot_of(it).winner == entry_of(it, second)
    assert replayed(it) == again(it).result
    services.award_auction(it, by=town.zhou, at=START + LENGTH + MINUTE)
    assert Order.objects.get(origin=it.number).total == Decimal("46500.00")


def test_out_of_turn_nobody_bids(hall: tuple[Auction, list[Actor]]) -> None:
    it, (first, second, _third) = hall
    assert refusal(bid, it, first, "4900.00", START - SECOND) == ["AUC-018"]
    assert refusal(bid, it, first, "4900.00", START + OPENING - SECOND) == ["AUC-043"]
    assert refusal(bid, it, second, "4900.00", turn(1, 1)) == ["AUC-042"]
    bid(it, first, "4900.00", turn(1, 1))
    assert refusal(bid, it, first, "4851.00", turn(1, 1, after=TURN - SECOND)) == ["AUC-024"]
    assert refusal(bid, it, first, "4800.00", turn(1, 2)) == ["AUC-042"]
    assert refusal(bid, it, first, "4800.00", turn(1, 4)) == ["AUC-043"]
    assert refusal(bid, it, first, "4800.00", START + LENGTH) == ["AUC-019"]
    assert refusal(services.set_floor, it.number, 1, floor=Decimal("4000.00"), by=first, at=turn(1, 1)) == ["AUC-041"]


def test_a_bid_that_came_before_the_next_ones_turn_but_after_its_bid_is_out_of_turn(hall: tuple[Auction, list[Actor]]) -> None:
    it, (first, second, _third) = hall
    bid(it, second, "4900.00", turn(1, 2))
    assert refusal(bid, it, first, "4800.00", turn(1, 1)) == ["AUC-042"]  # time does not run back within a lot


def test_who_leaves_takes_its_turns_along(town: Town) -> None:
    people = sellers(town, 4)
    it = entered(town, people[:3], **ROUNDS)
    enter(it, people[3])
    assert lot_of(it).ends_at == START + LENGTH + 3 * TURN
    services.leave_auction(it, by=people[0], at=NOON + 5 * MINUTE)
    assert lot_of(it).ends_at == START + LENGTH
    services.turn_away(it, entry_of(it, people[1]).bidder.mask, reason="资质不符合要求", by=town.zhou, at=NOON + 6 * MINUTE)
    assert lot_of(it).ends_at == START + LENGTH - 3 * TURN


def test_a_pause_and_an_outage_leave_everybody_the_rest_of_the_turn(town: Town, hall: tuple[Auction, list[Actor]]) -> None:
    it, (first, second, third) = hall
    services.pause_auction(it, reason="核实举报情况", by=town.surina, at=turn(1, 1, after=MINUTE))
    assert refusal(bid, it, first, "4900.00", turn(1, 1, after=MINUTE + SECOND)) == ["AUC-020"]
    it = services.resume_auction(it, by=town.surina, at=turn(1, 1, after=61 * MINUTE))
    late = timedelta(hours=1)
    bid(it, first, "4900.00", turn(1, 1, after=TURN - SECOND) + late)
    since = turn(1, 2) + late
    services.make_up_for_outage(it, since=since, until=since + 20 * MINUTE, outage="GZ-1", at=since + 20 * MINUTE)
    late += 20 * MINUTE
    bid(it, second, "4800.00", turn(1, 2) + late)
    bid(it, third, "4700.00", turn(1, 3) + late)
    services.close_auctions_due(START + LENGTH + late + 4 * SECOND)
    assert lot_of(it).winner == entry_of(it, third)
    assert replayed(it) == again(it).result


def test_each_bid_tells_the_order_of_the_next_round(hall: tuple[Auction, list[Actor]]) -> None:
    it, (first, second, _third) = hall
    masks = [entry_of(it, person).bidder.mask for person in hall[1]]
    bid(it, first, "4900.00", turn(1, 1))
    bid(it, second, "4950.00", turn(1, 2))
    told = [
        (e.openly["round"], e.openly["order"], e.openly["prices"]) for e in RoomEvent.objects.filter(openly__kind="bids").order_by("index")
    ]
    assert told == [(1, [masks[1], masks[2], masks[0]], ["4900.00"]), (1, [masks[2], masks[1], masks[0]], ["4950.00"])]


def test_one_lot_under_everybodys_eyes(town: Town) -> None:
    assert refusal(services.draft_auction, wish(town, lots=(LAPTOPS, PAPER), **ROUNDS), by=town.aygul, at=NOON) == ["AUC-039"]
    assert refusal(services.draft_auction, wish(town, visibility="rank_only", **ROUNDS), by=town.aygul, at=NOON) == ["AUC-040"]


def test_too_few_bidders_end_it_before_it_begins(town: Town) -> None:
    it = announced(town, **ROUNDS)
    for person in sellers(town, 2):
        enter(it, person)
    services.fail_auctions_due(START - 10 * MINUTE)
    assert again(it).state == "failed"
