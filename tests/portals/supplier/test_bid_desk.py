"""The bid desk of the live process: bids that come together are written together, each answered for itself."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from sunlit.domain.market import services
from sunlit.domain.market.models import Auction, AuctionBid
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Seat
from sunlit.foundation.kernel import clock
from sunlit.portals.supplier.bid_desk import PATH, TOGETHER_MOST, BidDesk, Lot, bid_pass
from tests.domain.market.auctioning import START, entered, sellers
from tests.town import build

Ask = tuple[str, str, str]


@pytest.fixture
def auction(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> tuple[Auction, list[Actor]]:
    monkeypatch.setattr(clock, "now", lambda: START)
    town = build()
    people = sellers(town, 4)
    return entered(town, people, visibility="rank_only"), people


def hang_up(both: Barrier) -> None:
    both.wait()
    connection.close()


def ask(bodies: list[Any], method: str = "POST") -> list[tuple[int, Any]]:
    """All of them at once; status and answer of each."""

    async def one(desk: BidDesk, body: Any) -> tuple[int, Any]:
        sent: list[Any] = []
        pieces = iter([{"type": "http.request", "body": body if isinstance(body, bytes) else json.dumps(body).encode()}])

        async def receive() -> Any:
            return next(pieces)

        async def send(message: Any) -> None:
            sent.append(message)

        await desk({"type": "http", "method": method, "path": PATH}, receive, send)
        return sent[0]["status"], json.loads(sent[1]["body"])

    async def all_of_them() -> list[tuple[int, Any]]:
        desk = BidDesk()
        try:
            return list(await asyncio.gather(*(one(desk, body) for body in bodies)))
        finally:
            both = Barrier(2)  # each of the two threads closes its own connection
            await asyncio.gather(*(asyncio.get_running_loop().run_in_executor(desk.threads, hang_up, both) for _n in range(2)))
            desk.threads.shutdown()

    return asyncio.run(all_of_them())


def test_each_of_many_is_answered_for_itself(auction: tuple[Auction, list[Actor]]) -> None:
    it, people = auction
    bids = [
        {"pass": bid_pass(person, it.number, 1, "en"), "price": price, "key": f"key-of-{n}-{price}"}
        for n, person in enumerate(people)
        for price in ("4900", "4000")
    ]
    said = [*ask(bids[0::2]), *ask(bids[1::2])]  # nobody's second bid is on its way before the first
    said += ask([bids[0], {**bids[0], "price": "1"}, {**bids[0], "price": "6000", "key": "another-key"}])
    assert [status for status, _told in said] == [200] * 9 + [409, 422]
    assert sorted(told["place"] for _status, told in said[:8]) == list(range(1, 9))
    assert (said[8][1]["again"], said[8][1]["place"]) == (True, said[0][1]["place"])
    assert [told["problems"][0]["code"] for _status, told in said[9:]] == ["AUC-025", "AUC-022"]
    assert said[10][1]["problems"][0]["message"] == "At most ¥5,000.00 for one unit may be bid."
    assert AuctionBid.objects.count() == 8


def test_a_key_that_cannot_be_written_spoils_nobody_elses_bid(auction: tuple[Auction, list[Actor]]) -> None:
    it, people = auction
    good = {"pass": bid_pass(people[0], it.number, 1, "en"), "price": "4900", "key": "key-of-mine"}
    bad = {"pass": bid_pass(people[1], it.number, 1, "en"), "price": "4800"}
    said = ask([{**bad, "key": "\x00\x00\x00\x00\x00\x00\x00\x00"}, good, {**bad, "key": "\ud800-a-half-of-a-pair"}])
    assert [status for status, _told in said] == [422, 200, 422]
    assert [told["problems"][0]["code"] for _status, told in (said[0], said[2])] == ["AUC-026", "AUC-026"]
    assert AuctionBid.objects.count() == 1


def test_who_shows_no_good_pass_is_turned_away(auction: tuple[Auction, list[Actor]]) -> None:
    it, people = auction
    good = {"pass": bid_pass(people[0], it.number, 1, "en"), "price": "4900", "key": "key-of-mine"}
    gone = {"pass": bid_pass(people[2], it.number, 1, "en"), "price": "4900", "key": "key-of-gone"}
    Seat.objects.filter(user_id=people[2].person).update(active=False)
    assert [
        status
        for status, _told in ask([{**good, "pass": "forged"}, gone, {"pass": good["pass"]}, b"no json", b"x" * 5000, [1], b"[" * 4000])
    ] == [
        403,
        403,
        400,
        400,
        413,
        400,
        400,
    ]
    assert ask([good], method="GET")[0][0] == 405
    assert AuctionBid.objects.count() == 0


def test_a_key_that_looks_like_a_floors_own_blocks_nobody(auction: tuple[Auction, list[Actor]]) -> None:
    it, people = auction
    services.set_floor(it.number, 1, floor=Decimal("3000.00"), by=people[0], at=START)  # bids at once, as the first
    bids = [("4000", "floor:00001"), ("3900", "floor:2"), ("3800", "floor:0003"), ("3700", "\u5e95\u4ef73333")]
    said = [ask([{"pass": bid_pass(people[1], it.number, 1, "en"), "price": price, "key": key}])[0] for price, key in bids]
    assert [status for status, _told in said] == [200, 422, 200, 422]
    assert list(AuctionBid.objects.filter(by_floor=True).values_list("place", "key")) == [(n, f"\u5e95\u4ef7{n}") for n in (1, 3, 5)]


def test_a_key_used_for_another_price_spoils_nobody_elses_bid_of_the_same_transaction(auction: tuple[Auction, list[Actor]]) -> None:
    it, people = auction
    mine, other = ({"pass": bid_pass(person, it.number, 1, "en")} for person in people[:2])
    assert ask([{**mine, "price": "4900", "key": "key-of-mine"}])[0][0] == 200
    said = ask(
        [
            {**other, "price": "4800", "key": "key-of-other"},
            {**mine, "price": "4000", "key": "key-of-mine"},
            {**mine, "price": "3900", "key": "key-of-mine-2"},
            {**mine, "price": "4900", "key": "key-of-mine"},
        ]
    )
    assert [(status, told.get("again")) for status, told in said] == [(200, False), (409, None), (200, False), (200, True)]
    assert ({said[0][1]["place"], said[2][1]["place"]}, said[3][1]["place"]) == ({2, 3}, 1)  # whoever is known sooner is first
    assert said[1][1]["problems"][0]["code"] == "AUC-025"
    assert set(AuctionBid.objects.values_list("price", flat=True)) == {Decimal(n) for n in (4900, 4800, 3900)}


def test_one_writer_is_called_for_all_who_wait_and_another_when_it_went_home():
    lot, bids = Lot(), [object() for _n in range(TOGETHER_MOST + 1)]
    assert [lot.put(bid) for bid in bids] == [True, *[False] * TOGETHER_MOST]  # type: ignore[arg-type]
    assert (lot.wanted(), lot.take()) == (True, bids[:TOGETHER_MOST])
    assert lot.put(bids[0]) is False  # type: ignore[arg-type]
    assert (lot.wanted(), lot.take()) == (True, [bids[-1], bids[0]])
    assert (lot.wanted(), lot.busy, lot.take()) == (False, False, [])
    assert lot.put(bids[0]) is True  # type: ignore[arg-type]
