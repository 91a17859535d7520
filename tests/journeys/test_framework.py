"""Under a framework agreement in the browser: a purchase by selection becomes an order; another is bid for unseen, and what is too dear is refused."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys.conftest import People
from tests.journeys.house import House
from tests.journeys.people import Person

CALLED = re.compile(r"/buyer/calloffs/(KC-[0-9A-Z-]+)/$")
AGREEMENT = "main td a[href*='/buyer/frameworks/KJ-']"


def call_off(clerk: Person, mode: str, quantity: str, **more: str) -> str:
    """Buy under the agreement that is in force; returns the address of the purchase."""
    clerk.go("/buyer/frameworks/?state=in_force")
    clerk.page.locator(AGREEMENT).first.click()
    clerk.page.locator("main a[href*='/packages/1/']").click()
    clerk.page.check(f"main [name=mode][value={mode}]")
    clerk.page.fill("main [name=quantity]", quantity)
    clerk.page.fill("main [name=purpose]", "教师备课")
    if "reason" in more:
        clerk.page.select_option("main [name=entry]", index=1)
        clerk.page.fill("main [name=reason]", more["reason"])
    clerk.page.locator("main form.form .actions button").click()
    return clerk.page.url


def test_a_selection_is_ordered_and_a_bid_stays_unseen(house: House, people: People) -> None:
    aygul, chen = people("aygul"), people("chen")
    # Without its reason a selection is refused, and everything that was filled in stays
    call_off(aygul, "direct", "2", reason="好")
    aygul.refused("CAL-005")
    expect(aygul.page.locator("main [name=quantity]")).to_have_value("2")
    call_off(aygul, "direct", "2", reason="协议价最低，当天送达")
    expect(aygul.page).to_have_url(CALLED)
    aygul.state("awarded")
    aygul.in_order()
    aygul.page.locator("main a[href*='/buyer/orders/DD-']").first.click()
    aygul.state("placed")
    # A second bidding
    call_off(aygul, "bidding", "3")
    expect(aygul.page).to_have_url(CALLED)
    found = CALLED.search(aygul.page.url)
    assert found is not None
    chen.find_soon("/supplier/calloffs/", f"main a[href*='{found[1]}']").click()
    chen.page.fill("main [name=price]", "9999.00")
    chen.page.locator("main form button.button-go").click()
    chen.refused("CAL-008")
    chen.page.fill("main [name=price]", "4321.00")
    chen.page.locator("main form button.button-go").click()
    chen.sees("4,321.00")
    chen.in_order()
    aygul.go(f"/buyer/calloffs/{found[1]}/")
    expect(aygul.page.locator("main")).not_to_contain_text("4,321.00")
    aygul.verb("withdraw", reason="改为下月采购")
    aygul.state("withdrawn")
