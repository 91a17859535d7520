"""The result of an auction worked out anew from the ledger alone: byte for byte what was published; and what does not follow is found."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner

from sunlit.domain.market import services
from sunlit.domain.market.commands import replay as command
from sunlit.domain.market.models import Auction
from sunlit.domain.market.rules.auction_results import Act, Contradiction, replay
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger.models import Entry
from tests.domain.market.auctioning import LAPTOPS, MINUTE, PAPER, SECOND, START, again, bid, enter, entered, sellers
from tests.town import NOON, Town

END = START + 30 * MINUTE


def acts(it: Auction) -> list[Act]:
    return [Act(entry.act.partition(".")[2], entry.at, entry.facts) for entry in ledger.acts_on(f"auction/{it.number}")]


@pytest.fixture
def ended(town: Town) -> Auction:
    """Two lots, four who entered, one who left, a pause, an outage, extensions, floors."""
    chen, nurlan, third, fourth = people = sellers(town, 4)
    it = entered(town, people[:3], lots=(LAPTOPS, PAPER))
    enter(it, fourth)
    services.leave_auction(it, by=fourth, at=NOON + 5 * MINUTE)
    bid(it, chen, "5000.00", START)
    bid(it, nurlan, "4900.00", START + SECOND)
    services.set_floor(it.number, 1, floor=Decimal("4300.00"), by=third, at=START + 2 * SECOND)
    services.pause_auction(it, reason="核实举报情况", by=town.surina, at=START + 10 * MINUTE)
    services.resume_auction(it, by=town.surina, at=START + 25 * MINUTE)
    services.make_up_for_outage(it, since=START + 30 * MINUTE, until=START + 40 * MINUTE, outage="GZ-1", at=START + 40 * MINUTE)
    late = END + 25 * MINUTE - 2 * SECOND
    bid(it, chen, "4400.00", late)
    crowd = ((chen, "130.00"), (nurlan, "128.00"), (third, "126.00"))
    services.bid_many(it.number, 2, [services.Asked(person, Decimal(price), f"key-of-{price}", late) for person, price in crowd])
    assert services.close_auctions_due(late + 5 * MINUTE + 4 * SECOND) == 1
    return again(it)


def test_the_ledger_alone_leads_to_the_published_bytes(ended: Auction) -> None:
    assert ended.state == "to_confirm"
    assert replay(ended.number, acts(ended)) == ended.result
    told = CliRunner().invoke(command, ["auction", ended.number])
    assert (told.exit_code, told.output) == (0, ended.result)


def test_no_name_of_a_bidder_stands_in_the_ledger_before_the_end(town: Town) -> None:
    people = sellers(town)
    it = entered(town, people)
    bid(it, town.chen, "5000.00", START)
    services.set_floor(it.number, 1, floor=Decimal("4500.00"), by=town.nurlan, at=START)
    for entry in Entry.objects.filter(subject=f"auction/{it.number}"):
        for person in people:
            told = f"{entry.body} {entry.facts}"
            assert person.organisation_number not in told
            assert person.organisation_name not in told
            assert entry.person != person.person
        assert "4500" not in f"{entry.facts}"


@pytest.mark.parametrize("spoil", ["price", "order", "place", "missing", "end", "stranger"])
def test_what_does_not_follow_is_found(ended: Auction, spoil: str) -> None:
    told = acts(ended)
    bids = [index for index, act in enumerate(told) if act.verb == "bid" and act.facts["lot"] == 1]
    first, second = bids[0], bids[1]
    if spoil == "price":
        told[second] = replace(told[second], facts={**told[second].facts, "price": "4990.00"})
    elif spoil == "order":
        told[first], told[second] = told[second], told[first]
    elif spoil == "place":
        told[second] = replace(told[second], facts={**told[second].facts, "place": 7})
    elif spoil == "missing":
        del told[first]
    elif spoil == "end":
        told[second] = replace(told[second], facts={**told[second].facts, "extensions": 1})
    else:
        told[second] = replace(told[second], facts={**told[second].facts, "bidder": 5})
    with pytest.raises(Contradiction):
        replay(ended.number, told)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        ({"first": 2}, "does not follow"),
        ({"prices": ["130.00", "126.00", "128.00"]}, "not lawful"),
        ({"prices": ["130.00", "130.00", "126.00"]}, "not lawful"),
        ({"bidders": [5, 5, 5]}, "no bid was possible"),
        ({"at": ["2025-11-22T02:00:00.000000Z"] * 3}, "not lawful"),
        ({"extensions": 0}, "the end of lot 2"),
        ({"ends_at": "2027-01-01T00:00:00.000000Z"}, "the end of lot 2"),
    ],
)
def test_bids_that_were_written_together_are_one_entry_and_each_must_follow(ended: Auction, spoil: dict[str, Any], why: str) -> None:
    told = acts(ended)
    [(index, act)] = [(index, act) for index, act in enumerate(told) if act.verb == "bids" and act.facts["lot"] == 2]
    assert (act.facts["first"], act.facts["prices"], act.facts["floors"]) == (1, ["130.00", "128.00", "126.00"], [])
    told[index] = replace(act, facts={**act.facts, **spoil})
    with pytest.raises(Contradiction, match=why):
        replay(ended.number, told)


def test_an_auction_that_has_not_ended_has_no_result(town: Town) -> None:
    it = entered(town, sellers(town))
    told = CliRunner().invoke(command, ["auction", it.number])
    assert told.exit_code == 1
    assert "has not ended" in told.output
    assert "knows no auction" in CliRunner().invoke(command, ["auction", "JJ-1"]).output
