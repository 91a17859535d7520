"""What a room is told of bids: columns that lead back to the bids, as far as each may see them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from sunlit.domain.market.rules.auction_events import columns, rows
from sunlit.domain.market.rules.auctions import BOTH, LOW_ONLY, RANK_ONLY, Taken
from sunlit.foundation.live.rooms import iso_of
from tests.domain.market.auctioning import START

LATER = START + timedelta(microseconds=2_999)
BIDS = [
    Taken(7, 23, Decimal("4900.00"), START, leads=True, extended=False),
    Taken(8, 31, Decimal("4850.00"), START + timedelta(microseconds=1_001), leads=True, extended=False, by_floor=True),
    Taken(9, 23, Decimal("4850.00"), LATER, leads=False, extended=False),
]


def test_the_desk_reads_every_bid_as_it_was_whatever_others_see():
    for visibility in (RANK_ONLY, LOW_ONLY, BOTH):
        openly, inside = columns(BIDS, visibility)
        told = [
            (it["place"], it["at"], it["price"], it["bidder"], it["by_floor"]) for it in rows({"at": iso_of(LATER), **openly, **inside})
        ]
        assert told == [(it.place, iso_of(it.at), str(it.price), it.bidder, it.by_floor) for it in BIDS]
        assert openly["leads"] == 8


@pytest.mark.parametrize(("visibility", "prices", "masks"), [(RANK_ONLY, False, False), (LOW_ONLY, True, False), (BOTH, True, True)])
def test_the_public_reads_what_the_notice_allows(visibility: str, prices: bool, masks: bool) -> None:
    told = rows({"at": iso_of(LATER), **columns(BIDS, visibility)[0]})
    assert [it["price"] for it in told] == (["4900.00", "4850.00", "4850.00"] if prices else [None] * 3)
    assert [(it["bidder"], it["by_floor"]) for it in told] == ([(23, False), (31, True), (23, False)] if masks else [(None, False)] * 3)


def test_an_event_without_bids_has_none():
    assert rows({"kind": "pause", "at": iso_of(START), "reason": "核实举报情况"}) == []
