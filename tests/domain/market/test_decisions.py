"""A buyer who does not decide on prices that are known is reminded until it does; the regulator learns of it, and nothing is decided by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sunlit.domain.market import reactions, services
from sunlit.domain.market.events import AuctionMoved, QuotationMoved
from sunlit.domain.market.models import Auction, Order
from sunlit.domain.market.queries.running import Running, running
from sunlit.domain.market.services import decisions
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.supervision import reactions as supervision
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.messages.models import Message
from tests.domain.market.auctioning import MINUTE, SECOND, START, again, bid, entered, sellers
from tests.quoting import OPENS, Fair, open_fair
from tests.town import Town

ENDED = START + 30 * MINUTE + 4 * SECOND
DAY = timedelta(days=1)


@pytest.fixture
def fair(tmp_path: Path, db: None) -> Iterator[Fair]:
    with open_fair(tmp_path) as fair:
        yield fair


@pytest.fixture
def people(town: Town) -> list[Actor]:
    return sellers(town)


@pytest.fixture
def waiting(town: Town, people: list[Actor]) -> Auction:
    it = entered(town, people)
    for person, price in zip(people, ("4900.00", "4800.00", "4700.00"), strict=True):
        bid(it, person, price, START)
    services.close_auctions_due(ENDED)
    return again(it)


def later(at: datetime, region_path: str) -> datetime:
    return rulebook.deadline("award.remind_interval", start=at, region_path=region_path, on=local_day(at))


def on_the_board(region_path: str, at: datetime) -> Running:
    [row] = running(region_path, at=at)
    return row


def test_a_result_that_nobody_confirms_is_recalled_until_somebody_does(town: Town, waiting: Auction) -> None:
    due = waiting.confirm_until
    assert due is not None
    assert services.remind_auctions_due(due - SECOND) == 0
    at = due
    for count in (1, 2, 3):
        assert services.remind_auctions_due(at) == 1
        assert services.remind_auctions_due(at + SECOND) == 0
        it = again(waiting)
        assert (it.reminders, it.remind_at, it.confirm_until) == (count, later(at, it.region_path), due)
        assert (it.reported_at is None) == (count == 1)
        at = later(at, it.region_path)
    assert it.reported_at == later(due, it.region_path)
    acts = [entry.act for entry in Entry.objects.filter(subject=f"auction/{it.number}").order_by("pk")][-4:]
    assert acts == ["auction.remind", "auction.remind", "auction.report", "auction.remind"]
    row = on_the_board(town.surina.region_path, at)
    assert (row.number, row.until, row.reminders, row.reported, row.held) == (it.number, due, 3, True, Decimal("50000.00"))
    assert not Order.objects.exists()
    it = services.award_auction(it, by=town.zhou, at=at)
    assert (it.state, services.remind_auctions_due(at + 30 * DAY)) == ("awarded", 0)


def test_a_decision_that_is_asked_for_anew_is_recalled_anew(town: Town, people: list[Actor], waiting: Auction) -> None:
    due = waiting.confirm_until
    assert due is not None
    for at in (due, later(due, waiting.region_path)):
        services.remind_auctions_due(at)
    it = services.award_auction(again(waiting), by=town.zhou, at=at)
    order = Order.objects.get()
    services.decline(order, reason="厂家断货，无法供应", by=people[2], at=at)
    services.go_to_next(order.number, at=at)
    it = again(it)
    assert (it.state, it.reminders, it.remind_at, it.reported_at) == ("to_confirm", 0, None, None)
    assert services.remind_auctions_due(at + MINUTE) == 0


def test_the_regulator_and_the_buyer_are_told(town: Town, waiting: Auction, monkeypatch: pytest.MonkeyPatch) -> None:
    due = waiting.confirm_until
    assert due is not None
    monkeypatch.setattr(clock, "now", lambda: due)
    for verb in ("remind", "report"):
        event = AuctionMoved(
            number=waiting.number, title=waiting.title, verb=verb, reason="", buyer_id=waiting.buyer_id, suppliers=[], version=9
        )
        reactions.tell_of_an_auction(event)
        supervision.tell_of_an_auction_that_waits(event)
    told = Message.objects.order_by("pk").values_list("kind", "organisation_id", "link")
    assert list(told)[-2:] == [
        ("auction.remind.buyer", waiting.buyer_id, f"/buyer/auctions/{waiting.number}/"),
        ("decision.auction", town.surina.organisation_id, f"/regulator/auctions/{waiting.number}/"),
    ]


def test_opened_quotes_are_recalled_too(fair: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
    it = fair.judged("4800.00", "4700.00", "4650.00", "4500.00")
    due = rulebook.deadline("rfq.award_limit", start=OPENS, region_path=it.region_path, on=local_day(OPENS))
    assert (it.decide_until, services.remind_quotations_due(due - SECOND)) == (due, 0)
    assert [services.remind_quotations_due(due), services.remind_quotations_due(due + SECOND)] == [1, 0]
    second = later(due, it.region_path)
    assert services.remind_quotations_due(second) == 1
    it.refresh_from_db()
    assert (it.state, it.reminders, it.reported_at) == ("opened", 2, second)
    row = on_the_board(fair.town.surina.region_path, second)
    assert (row.number, row.until, row.reminders, row.reported) == (it.number, due, 2, True)
    monkeypatch.setattr(clock, "now", lambda: second)
    event = QuotationMoved(
        number=it.number,
        verb="report",
        state=it.state,
        version=it.version,
        buyer_id=it.buyer_id,
        title="",
        until="",
        reason="",
        suppliers=[],
    )
    supervision.tell_of_a_quotation_that_waits(event)
    assert Message.objects.get(kind="decision.quotation").organisation_id == fair.town.surina.organisation_id
    services.award_quotation(it, by=fair.town.aygul, at=second)
    assert services.remind_quotations_due(second + 30 * DAY) == 0


def test_a_halted_judging_is_given_its_time_back(fair: Fair) -> None:
    it = fair.judged("4800.00", "4700.00", "4650.00")
    due = it.decide_until
    assert due is not None
    it = services.suspend_quotation(it, reason="对评审结果存在异议。。", by=fair.town.surina, at=OPENS)
    assert services.remind_quotations_due(due + DAY) == 0
    it = services.resume_quotation(it, by=fair.town.surina, at=OPENS + 9 * DAY)
    assert (it.state, it.decide_until) == ("opened", due + 9 * DAY)


def test_who_decides_meanwhile_is_not_reminded(waiting: Auction, town: Town) -> None:
    due = waiting.confirm_until
    assert due is not None
    stale = again(waiting)
    services.award_auction(waiting, by=town.zhou, at=due)
    with pytest.raises(Refused):
        decisions.remind(Auction.objects.all(), stale, facts={}, announces=lambda _verb: lambda _it: [], at=due)
