"""Quotations in a real Chromium with six people at once: one that ends in an order, and one for which too few quotes come in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sunlit.domain.market.models import Order, Quotation
from sunlit.foundation.kernel import clock
from sunlit.foundation.outbox import queue
from tests.portals.test_quotations import heard
from tests.portals.ui.test_in_browser import pytestmark as in_browser
from tests.portals.windows import Windows
from tests.quoting import OPENS, UNTIL, Fair, held, open_fair
from tests.town import NOON

pytestmark = in_browser
REASON = "内存仅有8GB，低于要求的16GB，不满足实质性参数。"


class Square(Windows):
    """Everybody at a window of their own, and the time that all clocks show."""

    def __init__(self, chromium: Browser, url: str, fair: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(chromium, url)
        self.fair, self.monkeypatch = fair, monkeypatch
        self.time_is(NOON)

    def time_is(self, at: datetime) -> None:
        self.monkeypatch.setattr(clock, "now", lambda: at)
        self.fair.clock(at)


@pytest.fixture
def square(chromium: Browser, live_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Square]:
    with open_fair(tmp_path) as fair, queue.taken_by(heard):
        yield Square(chromium, live_server.url, fair, monkeypatch)


def publish(square: Square, aygul: Page) -> Quotation:
    """Aygul writes what is needed, and publishes it."""
    square.go(aygul, "/buyer/quotations/new/")
    told = square.fair.told()
    for name in ("title", "purpose", "delivery_days", "quote_until"):
        aygul.fill(f"#f-{name}", str(told[name]))
    aygul.select_option("#f-quota", told["quota"])
    for name, value in told["items"][0].items():
        aygul.fill(f"#f-{name}_1", value)
    aygul.click("form.plan-form button.button-go")
    expect(aygul.locator("[data-state=draft]").first).to_be_visible()
    aygul.click("form:has(input[value=publish]) button")
    expect(aygul.locator("main [data-state=open]").first).to_be_visible()
    return Quotation.objects.get()


def hand_in(square: Square, page: Page, it: Quotation, price: str, *, meets: str = "yes") -> None:
    square.go(page, f"/supplier/quotations/{it.number}/")
    for name, value in {"price_1": price, "brand_1": "孔雀", "model_1": "KQ-14", "text_1_0": "见说明"}.items():
        page.fill(f"#f-{name}", value)
    page.check(f"input[name=meets_1_0][value={meets}]")
    page.check("input[name=meets_1_1][value=yes]")
    page.click("form:has(input[value=hand_in]) button.button-go")


def test_six_people_and_a_quotation_that_ends_in_an_order(square: Square) -> None:
    fair = square.fair
    aygul, nurlan = square.seat(fair.town.aygul), square.seat(fair.town.nurlan, 390)
    chen, song, guo, anybody = square.seat(fair.town.chen), square.seat(fair.song), square.seat(fair.guo), square.seat(None, 390)
    it = publish(square, aygul)
    here, there = f"/buyer/quotations/{it.number}/", f"/supplier/quotations/{it.number}/"

    # 1. Nurlan asks from his telephone; the answer is for all, the asker for nobody.
    square.go(nurlan, "/supplier/quotations/")
    nurlan.click(f"a[href='{there}']")
    nurlan.fill("#f-question", "质保期从何时起算？")
    nurlan.click("form:has(input[value=ask]) button")
    square.go(aygul, here)
    aygul.fill(f"#f-answer_{it.questions.get().pk}", "自验收合格之日起算。")
    aygul.click("form:has(input[value=answer]) button")
    square.go(anybody, f"/quotations/{it.number}/")
    expect(anybody.locator("main")).to_contain_text("自验收合格之日起算。")
    expect(anybody.locator("main")).not_to_contain_text("哈力克")

    # 2. A price above the cap is refused at its field; four quotes are sealed, one is replaced. Nobody reads a price.
    hand_in(square, song, it, "4950.00")
    expect(song.locator("#f-price_1-problem [data-code=QUO-018]")).to_be_visible()
    for page, price, meets in ((song, "4650.00", "yes"), (chen, "4800.00", "yes"), (nurlan, "4700.00", "yes"), (guo, "4100.00", "no")):
        hand_in(square, page, it, price, meets=meets)
        expect(page.locator("main [data-state=sealed]").first).to_be_visible()
    hand_in(square, chen, it, "4750.00")
    square.go(aygul, here)
    expect(aygul.locator("main")).to_contain_text("报价份数在截止之后公布")
    for page in (aygul, chen, anybody):
        expect(page.locator("main")).not_to_contain_text("750.00")

    # 3. The deadline, the opening, the judging: the cheapest is excluded with its reason, the lowest that conforms wins.
    square.time_is(UNTIL)
    square.go(aygul, here)
    expect(aygul.locator("main [data-state=closed]").first).to_be_visible()
    square.time_is(OPENS)
    square.go(aygul, here)
    expect(aygul.locator("[data-matrix]")).to_contain_text("¥4,750.00")
    cheapest = aygul.locator("[data-quote=GY-0004]")
    cheapest.get_by_role("button", name="符合").click()
    expect(aygul.locator("[data-code=QUO-030]").first).to_be_visible()
    cheapest.locator("summary").click()
    cheapest.locator("select[name=cause]").select_option("parameter")
    cheapest.locator("textarea[name=reason]").fill(REASON)
    cheapest.locator("form:has(input[value=exclude]) button").click()
    for number in ("GY-0001", "GY-0002", "GY-0003"):
        aygul.locator(f"[data-quote={number}] form:has(input[value=conform]) button").click()
        expect(aygul.locator(f"[data-quote={number}] [data-state=conforming]")).to_be_visible()
    aygul.click("form:has(input[value=award]) button")
    expect(aygul.locator("main [data-state=awarded]").first).to_be_visible()

    # 4. Everybody reads who won and why; the winner has the order, the losers their reasons.
    order = Order.objects.get()
    assert (order.supplier_id, f"{order.total}") == (fair.song.party, "46500.00")
    square.go(anybody, f"/quotations/{it.number}/")
    expect(anybody.locator("main")).to_contain_text(REASON)
    square.go(guo, there)
    expect(guo.locator("main")).to_contain_text(REASON)
    square.go(nurlan, there)
    expect(nurlan.locator("main")).to_contain_text("列第2位")
    square.go(song, f"/supplier/orders/{order.number}/")
    expect(song.locator("main")).to_contain_text(it.number)
    song.click("form:has(input[name=verb][value=confirm]) button, button[name=verb][value=confirm]")
    expect(song.locator("main [data-state=confirmed]").first).to_be_visible()


def test_too_few_quotes_are_never_opened_and_the_money_comes_back(square: Square) -> None:
    fair = square.fair
    aygul, surina, chen = square.seat(fair.town.aygul), square.seat(fair.town.surina), square.seat(fair.town.chen, 390)
    it = publish(square, aygul)
    hand_in(square, chen, it, "4800.00")
    square.time_is(UNTIL)
    square.go(chen, "/supplier/quotations/")
    expect(chen.locator("main")).to_contain_text(it.number)  # prolonged: it still runs
    it.refresh_from_db()
    square.time_is(it.quote_until)
    square.go(aygul, f"/buyer/quotations/{it.number}/")
    expect(aygul.locator("main [data-state=failed]").first).to_be_visible()
    expect(aygul.locator("main")).to_contain_text("报价家数不足")
    assert held() == {}
    square.go(surina, f"/regulator/quotations/{it.number}/")
    expect(surina.locator("main")).not_to_contain_text("4,800.00")
    square.go(chen, f"/supplier/quotations/{it.number}/")
    expect(chen.locator("main [data-state=unopened]").first).to_be_visible()
    aygul.click("form:has(input[value=again]) button")
    expect(aygul.locator("main [data-state=draft]").first).to_be_visible()
    assert Quotation.objects.get(replaces=it).run == 2
