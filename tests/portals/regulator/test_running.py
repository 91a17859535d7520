"""The board of running purchases: what it tells, what it keeps sealed, and what stands before a regulator who would intervene."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from sunlit.domain.market import reactions, services
from sunlit.domain.market.events import AuctionMoved
from sunlit.domain.market.models import Quotation
from sunlit.domain.market.queries import running as queries
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages.models import Message
from tests.domain.market import auctioning
from tests.portals.clients import browser
from tests.quoting import OPENS, UNTIL, Fair, held, open_fair
from tests.town import NOON

BOARD = "/regulator/running/"
CITY, COUNTY = "652800/652801", "652800/652823"
WHY = "收到举报，正在核查供应商资格"


@pytest.fixture
def fair(tmp_path: Path, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fair]:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(clock, "now", lambda: NOON)
    with open_fair(tmp_path) as fair:
        yield fair


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_the_board_tells_state_deadline_number_and_money_and_nothing_sealed(fair: Fair) -> None:
    quotation = fair.quoted("4800.00", "4700.00", "4650.00")
    auction = auctioning.announced(fair.town, lots=(auctioning.PAPER,))
    auctioning.enter(auction, fair.town.chen)
    rows = queries.running(CITY, at=NOON)
    told = {row.number: (row.mode, row.until, row.taking_part, row.held, row.stands_still) for row in rows}
    assert told == {
        quotation.number: ("quotation", UNTIL, None, Decimal("49000.00"), False),
        auction.number: ("auction", auctioning.ENTRY_ENDS, 1, Decimal("13000.00"), False),
    }
    assert queries.running(COUNTY, at=NOON) == []
    assert [row.number for row in queries.running("652800", at=NOON, mode="auction")] == [auction.number]
    seen = page(browser(fair.town.surina), BOARD)
    assert quotation.number in seen
    assert auction.number in seen
    assert "开启时公布" in seen
    assert "4,650" not in seen
    assert fair.town.corner.name_zh not in seen, "who takes part is nobody's to know yet"
    assert quotation.number not in page(browser(fair.town.surina), BOARD + "?mode=auction")
    Quotation.objects.filter(pk=quotation.pk).update(count_shown=True)
    assert {row.number: row.taking_part for row in queries.running(CITY, at=NOON)}[quotation.number] == 3, "where the rulebook shows it"


def test_after_the_opening_the_number_is_told(fair: Fair) -> None:
    it = fair.opened("4800.00", "4700.00", "4650.00")
    [row] = queries.running(CITY, at=OPENS)
    assert (row.state, row.taking_part, row.until) == ("opened", 3, it.decide_until)


def test_what_a_regulator_stopped_stands_first_with_its_reason_and_what_it_means_is_said_before(fair: Fair) -> None:
    first, second = fair.published(), auctioning.announced(fair.town)
    surina = browser(fair.town.surina)
    assert "¥49,000.00" in page(surina, f"/regulator/quotations/{first.number}/")
    assert "¥50,000.00" in page(surina, f"/regulator/auctions/{second.number}/")
    services.pause_auction(second, reason=WHY, by=fair.town.surina, at=NOON)
    rows = queries.running(CITY, at=NOON)
    assert [(row.number, row.stands_still) for row in rows] == [(second.number, True), (first.number, False)]
    seen = page(surina, BOARD)
    assert WHY in seen
    assert WHY in page(browser(), f"/auctions/{second.number}/"), "the public reads why"
    assert held()[second.reference] == Decimal("50000.00"), "paused, the money lies ready"
    second.refresh_from_db()
    services.void_auction(second, reason=WHY, by=fair.town.surina, at=NOON + timedelta(hours=1))
    assert second.reference not in held()
    assert [row.number for row in queries.running(CITY, at=NOON)] == [first.number]


def test_bidders_are_told_that_their_auction_stands_still_and_goes_on(fair: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
    it = auctioning.entered(fair.town, [fair.town.chen, fair.town.nurlan])
    heard: list[AuctionMoved] = []
    monkeypatch.setattr("sunlit.foundation.lifecycle.announce", lambda *events: heard.extend(events))
    it = services.pause_auction(it, reason=WHY, by=fair.town.surina, at=NOON)
    services.resume_auction(it, by=fair.town.surina, at=NOON + timedelta(hours=1))
    assert [(event.verb, event.suppliers) for event in heard] == [
        ("pause", [fair.town.shop.pk, fair.town.corner.pk]),
        ("resume", [fair.town.shop.pk, fair.town.corner.pk]),
    ]
    for event in heard:
        reactions.tell_of_an_auction(event)
        reactions.tell_of_an_auction(event)
    kinds = Message.objects.filter(user_id=fair.town.chen.person).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["auction.pause.supplier", "auction.resume.supplier"]
