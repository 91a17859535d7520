"""Batch purchases in a real Chromium with seven people at once: one that ends in one order a buyer, and one for which nobody bids."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sunlit.domain.market.models import Batch, Order
from sunlit.domain.market.modes import batch as mode
from sunlit.foundation.kernel import clock
from tests.domain.market.pooling import CLOSES, THEN, Pool, held, pool
from tests.portals.ui.test_in_browser import pytestmark as in_browser
from tests.portals.windows import Windows

pytestmark = in_browser


class Square(Windows):
    """Everybody at a window of their own, and the time that all clocks show."""

    def __init__(self, chromium: Browser, url: str, house: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(chromium, url)
        self.house, self.monkeypatch = house, monkeypatch
        self.time_is(THEN)

    def time_is(self, at: datetime) -> None:
        self.monkeypatch.setattr(clock, "now", lambda: at)
        mode.go_on_due(at)


@pytest.fixture
def square(chromium: Browser, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Square:
    return Square(chromium, live_server.url, pool(), monkeypatch)


def verb(page: Page, name: str) -> None:
    page.click(f"main form:has(input[name=verb][value={name}]) button, main form button[name=verb][value={name}]")


def opened(square: Square, lead: Page) -> Batch:
    """The solicitor opens the first period of the calendar."""
    square.go(lead, "/buyer/batches/")
    lead.click("main a[href='/buyer/batches/new/']")
    lead.fill("#f-configuration", "A4，70克，白度95以上，送货上门")
    lead.select_option("#f-period", "2026-04")
    lead.click("main form.form button.button-go")
    expect(lead.locator("main [data-state=collecting]").first).to_be_visible()
    return Batch.objects.get()


def demand(square: Square, page: Page, it: Batch, quantity: str) -> None:
    square.go(page, f"/buyer/batches/{it.number}/")
    page.fill("#f-quantity", quantity)
    page.click("main form:has(input[value=submit_demand]) button.button-go")


def bid(square: Square, page: Page, it: Batch, price: str) -> None:
    square.go(page, f"/supplier/batches/{it.number}/")
    page.fill("#f-price", price)
    verb(page, "bid")


def test_seven_people_and_a_batch_that_becomes_one_order_a_buyer(square: Square) -> None:
    house = square.house
    zhou, aygul, second = square.seat(house.town.zhou), square.seat(house.town.aygul, 390), square.seat(house.buyers[1].actor)
    one, two, surina, anybody = (
        square.seat(house.people[0]), square.seat(house.people[1], 390), square.seat(house.town.surina), square.seat(None, 390),
    )  # fmt: skip
    it = opened(square, zhou)
    own, theirs = f"/buyer/batches/{it.number}/", f"/supplier/batches/{it.number}/"

    # 1. Aygul submits from her telephone, her lead confirms; a demand that the budget does not carry is refused at its field.
    demand(square, aygul, it, "10")
    expect(aygul.locator("main [data-state=submitted]").first).to_be_visible()
    square.go(zhou, own)
    verb(zhou, "confirm_demand")
    expect(zhou.locator("main [data-state=confirmed]").first).to_be_visible()
    demand(square, second, it, "999")
    expect(second.locator("main [data-code=BUD-001]").first).to_be_visible()
    demand(square, second, it, "20")
    verb(second, "confirm_demand")
    expect(second.locator("main [data-state=confirmed]").first).to_be_visible()

    # 2. The period closes by the clock; the solicitor puts it out, two parties bid and nobody reads what.
    square.time_is(CLOSES)
    square.go(zhou, own)
    verb(zhou, "publish")
    expect(zhou.locator("main [data-state=bidding]").first).to_be_visible()
    bid(square, one, it, "120.50")
    expect(one.locator("main [data-code=BAT-014]").first).to_be_visible()
    bid(square, one, it, "113.37")
    bid(square, two, it, "114.21")
    for page, path in ((zhou, own), (surina, f"/regulator/batches/{it.number}/"), (anybody, f"/batches/{it.number}/")):
        square.go(page, path)
        expect(page.locator("main")).not_to_contain_text("113.37")

    # 3. Compared, confirmed; the lowest declines with its reason, the next lowest takes the orders.
    it.refresh_from_db()
    square.time_is(it.until)
    square.go(zhou, own)
    expect(zhou.locator("main")).to_contain_text("113.37")
    verb(zhou, "confirm")
    expect(zhou.locator("main [data-state=offered]").first).to_be_visible()
    square.go(one, theirs)
    one.fill("main form:has(input[value=pass_on]) textarea", "生产线停产检修")
    verb(one, "pass_on")
    square.go(two, theirs)
    verb(two, "take")
    expect(two.locator("main [data-state=awarded]").first).to_be_visible()

    # 4. Each buyer has its own order; everybody reads who won at which price.
    assert sorted(str(order.total) for order in Order.objects.all()) == ["1142.10", "2284.20"]
    assert held() == {"order": Decimal("3426.30")}
    square.go(aygul, own)
    aygul.click("main a[href*='/buyer/orders/DD-']")
    expect(aygul.locator("main [data-state=placed]").first).to_be_visible()
    square.go(anybody, "/batches/")
    anybody.click(f"main a[href='/batches/{it.number}/']")
    expect(anybody.locator("main")).to_contain_text("114.21")
    expect(anybody.locator("main")).to_contain_text("生产线停产检修")


def test_nobody_bids_and_every_buyer_has_its_money_back(square: Square) -> None:
    house = square.house
    zhou, second = square.seat(house.town.zhou), square.seat(house.buyers[1].actor, 390)
    it = opened(square, zhou)
    demand(square, second, it, "20")
    verb(second, "confirm_demand")
    square.time_is(CLOSES)
    square.go(zhou, f"/buyer/batches/{it.number}/")
    verb(zhou, "publish")
    it.refresh_from_db()
    assert held() == {"batch": Decimal("2440.00")}
    square.time_is(it.until + timedelta(minutes=1))
    square.go(second, f"/buyer/batches/{it.number}/")
    expect(second.locator("main [data-state=failed]").first).to_be_visible()
    expect(second.locator("main")).to_contain_text("无供应商报价")
    assert held() == {}
    second.goto(square.url + f"/batches/{it.number}/")
    expect(second.locator("main")).to_contain_text("无供应商报价")
