"""An open framework agreement in a real Chromium, from its plan to the end of its term, with everybody at a window of their own and what is refused on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sunlit.domain.market.models import Framework, FrameworkEntry, Order
from sunlit.domain.market.services import frameworks
from sunlit.foundation.kernel import clock
from sunlit.foundation.outbox import queue
from tests.domain.market import frames
from tests.domain.market.test_open_frameworks import OPEN
from tests.portals.test_frameworks import a_paper
from tests.portals.test_quotations import heard
from tests.portals.ui.test_in_browser import pytestmark as in_browser
from tests.portals.windows import Windows
from tests.town import NOON, Town, build

pytestmark = in_browser
SHORT = "白度实测为93，低于要求的95，不满足需求标准。"


class Region(Windows):
    """The small town around one agreement, and the time that all clocks show."""

    def __init__(self, chromium: Browser, url: str, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(chromium, url)
        self.town, self.monkeypatch = town, monkeypatch
        self.time_is(NOON)
        frames.names_solicitor(town.school)
        frames.in_catalogue("A05040101")
        self.it = frameworks.draft_framework(frames.told(**{**OPEN, "second_stage": ["direct", "bidding"]}), by=town.zhou, at=NOON)
        self.own, self.theirs = f"/buyer/frameworks/{self.it.number}/", f"/supplier/frameworks/{self.it.number}/"

    def time_is(self, at: datetime) -> None:
        self.monkeypatch.setattr(clock, "now", lambda: at)

    def entry_of(self, supplier: int) -> str:
        return str(FrameworkEntry.objects.get(package__framework=self.it, supplier_id=supplier).number)


@pytest.fixture
def region(chromium: Browser, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Region]:
    with queue.taken_by(heard):
        yield Region(chromium, live_server.url, build(), monkeypatch)


def verb(page: Page, name: str) -> None:
    page.click(f"main form:has(input[name=verb][value={name}]) button, main form button[name=verb][value={name}]")


def state(page: Page, name: str) -> None:
    expect(page.locator(f"main [data-state={name}]").first).to_be_visible()


def refused(page: Page, code: str) -> None:
    expect(page.locator(f"main [data-code={code}]").first).to_be_visible()


def fill_in(page: Page) -> None:
    """An application, all but its paper."""
    for name in ("name", "brand", "model", "description"):
        page.fill(f"#f-{name}", frames.offer()[name])
    page.check("main [name=capacity][value=manufacturer]")


def hand_in(page: Page, *, paper: bool = True) -> None:
    if paper:
        upload = a_paper()
        page.set_input_files("#f-proof", {"name": str(upload.name), "mimeType": "image/png", "buffer": upload.read()})
    page.click("main form.form .actions button.button-go")


def invite(region: Region, zhou: Page, surina: Page) -> None:
    """A second bidding is not lawful in the open form: the solicitor thinks better of it, the regulator approves, the invitation goes out."""
    region.go(zhou, region.own)
    verb(zhou, "ask_review")
    refused(zhou, "OFW-004")
    region.go(zhou, f"{region.own}edit/")
    zhou.uncheck("main [name=second_stage][value=bidding]")
    zhou.click("main form.form button.button-go")
    verb(zhou, "ask_review")
    region.go(surina, f"/regulator/frameworks/{region.it.number}/")
    verb(surina, "approve")
    region.go(zhou, region.own)
    verb(zhou, "invite")
    state(zhou, "in_force")


def test_suppliers_come_in_are_bought_from_and_leave(region: Region) -> None:
    town, application = region.town, f"{region.theirs}packages/1/"
    zhou, aygul, surina, anybody = (
        region.seat(town.zhou), region.seat(town.aygul), region.seat(town.surina), region.seat(None, 390),
    )  # fmt: skip
    chen, twice, nurlan, late = (
        region.seat(town.chen, 390), region.seat(town.chen), region.seat(town.nurlan), region.seat(town.nurlan),
    )  # fmt: skip
    invite(region, zhou, surina)

    # 1. Chen applies from a telephone: without the maker's paper refused, from a second window refused as well. Nurlan applies.
    for page in (chen, twice, nurlan):
        region.go(page, application)
        fill_in(page)
    hand_in(chen, paper=False)
    refused(chen, "FWK-044")
    hand_in(chen)
    hand_in(twice)
    refused(twice, "FWK-043")
    hand_in(nurlan)
    mine, other = region.entry_of(town.shop.pk), region.entry_of(town.corner.pk)
    region.go(chen, f"{region.theirs}responses/{mine}/")
    state(chen, "applied")

    # 2. The agency admits one; the other is not turned down without the facts, and reads them.
    region.go(zhou, f"{region.own}responses/{mine}/")
    verb(zhou, "admit")
    region.go(zhou, f"{region.own}responses/{other}/")
    zhou.select_option("#f-finding", "below_standard")
    zhou.evaluate("document.querySelectorAll('main form').forEach(form => { form.noValidate = true })")
    verb(zhou, "turn_down")
    refused(zhou, "FWK-020")
    zhou.fill("#f-note", SHORT)
    verb(zhou, "turn_down")
    region.go(nurlan, f"{region.theirs}responses/{other}/")
    expect(nurlan.locator("main")).to_contain_text(SHORT)
    region.go(anybody, f"/frameworks/{region.it.number}/")
    expect(anybody.locator("main")).to_contain_text(town.shop.name_zh)
    expect(anybody.locator("main")).not_to_contain_text(town.corner.name_zh)

    # 3. Aygul selects; nothing else is offered, and a second bidding that is asked for all the same is refused.
    region.go(aygul, f"{region.own}packages/1/")
    expect(aygul.locator("main [name=mode]")).to_have_count(1)
    aygul.fill("#f-quantity", "2")
    aygul.fill("#f-purpose", "教师备课")
    aygul.select_option("#f-entry", mine)
    aygul.fill("#f-reason", "距离最近，当天送达")
    aygul.check("main [name=mode][value=direct]")
    aygul.evaluate("document.querySelector('main [name=mode]').value = 'bidding'")
    aygul.click("main form.form .actions button")
    refused(aygul, "CAL-002")
    aygul.check("main [name=mode][value=direct]")
    aygul.click("main form.form .actions button")
    state(aygul, "awarded")
    order = Order.objects.get()
    assert (order.supplier_id, f"{order.total}") == (town.shop.pk, "300.00")

    # 4. Chen leaves when it wants to; what was ordered is still to be delivered.
    region.go(chen, f"{region.theirs}responses/{mine}/")
    verb(chen, "leave")
    region.go(chen, f"/supplier/orders/{order.number}/")
    state(chen, "placed")
    region.go(aygul, f"{region.own}packages/1/")
    expect(aygul.locator("main [name=entry] option[value^=KX]")).to_have_count(0)

    # 5. Nurlan may apply again, but not when the term is over.
    region.go(late, application)
    fill_in(late)
    ends = Framework.objects.get().valid_until
    assert ends is not None
    region.time_is(ends + timedelta(minutes=1))
    hand_in(late)
    refused(late, "OFW-007")
    assert FrameworkEntry.objects.filter(supplier=town.corner).count() == 1
