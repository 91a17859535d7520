"""Under a framework agreement in the browser: a purchase by selection becomes an order; another is bid for unseen, and what is too dear is refused."""

from __future__ import annotations

import io
import re
from typing import Final

from PIL import Image
from playwright.sync_api import expect

from tests.journeys.conftest import People
from tests.journeys.house import House
from tests.journeys.people import Person

CALLED = re.compile(r"/buyer/calloffs/(KC-[0-9A-Z-]+)/$")
MINUTES: Final = 150  # the clock looks every minute
AGREEMENT = "main td a[href*='/buyer/frameworks/KJ-']"


def a_picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(buffer, "PNG")
    return buffer.getvalue()


def call_off(clerk: Person, mode: str, quantity: str, **more: str) -> str:
    """Buy under the agreement that is in force; returns the address of the purchase."""
    clerk.go("/buyer/frameworks/?state=in_force")
    clerk.page.locator(AGREEMENT, has_text="便携式").first.click()
    clerk.page.locator("main a[href*='/packages/1/']").click()
    clerk.page.check(f"main [name=mode][value={mode}]")
    clerk.page.fill("main [name=quantity]", quantity)
    clerk.page.fill("main [name=purpose]", "教师备课")
    if "reason" in more:
        clerk.page.select_option("main [name=entry]", index=1)
        clerk.page.fill("main [name=reason]", more["reason"])
    if "dealer" in more:
        clerk.page.select_option("main [name=dealer]", index=1)
    if mode == "outside":
        clerk.page.locator("main details summary").first.click()
        for name in ("outside_supplier", "outside_price"):
            clerk.page.fill(f"main [name={name}]", more[name])
    if "proof" in more:
        clerk.page.set_input_files("main input[name=proof]", {"name": "报价单.png", "mimeType": "image/png", "buffer": a_picture()})
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


def the_time_is_over(house: House, clerk: Person) -> str:
    """As if the days to answer had passed; returns the number of the purchase that the clerk has just begun."""
    found = CALLED.search(clerk.page.url)
    assert found is not None
    assert len(house.ask("UPDATE market_calloff SET answer_until = now() WHERE number = %s RETURNING id", found[1])) == 1
    return found[1]


def settled(clerk: Person, number: str, state: str) -> None:
    clerk.find_soon(f"/buyer/calloffs/{number}/", f"main .badge[data-state={state}]", seconds=MINUTES)


def money_waits(house: House, number: str) -> bool:
    return bool(house.one("SELECT count(*) FROM planning_hold WHERE reference = %s AND state = 'held'", f"calloff/{number}"))


def offer(seller: Person, number: str, price: str) -> None:
    seller.find_soon("/supplier/calloffs/", f"main a[href*='{number}']").click()
    seller.page.fill("main [name=price]", price)
    seller.page.locator("main form button.button-go").click()


def test_equal_bids_go_to_the_earlier_and_no_bids_free_the_money(house: House, people: People) -> None:
    aygul, chen, nurlan = people("aygul"), people("chen"), people("nurlan")
    call_off(aygul, "bidding", "3")
    found = CALLED.search(aygul.page.url)
    assert found is not None
    for seller in (nurlan, chen):
        offer(seller, found[1], "4400.00")
        seller.sees("4,400.00")
    equal = the_time_is_over(house, aygul)
    call_off(aygul, "bidding", "2")
    silent = the_time_is_over(house, aygul)
    settled(aygul, equal, "awarded")
    first = house.one(
        "SELECT o.name_zh FROM accounts_organisation o JOIN accounts_seat s ON s.organisation_id = o.id JOIN accounts_user u ON u.id = s.user_id WHERE u.login = 'nurlan' ORDER BY s.id LIMIT 1"
    )
    expect(aygul.page.locator("main dl").first).to_contain_text(first)
    settled(aygul, silent, "failed")
    assert (money_waits(house, equal), money_waits(house, silent)) == (False, False)


def test_outside_is_bought_where_nobody_matches(house: House, people: People) -> None:
    aygul, chen = people("aygul"), people("chen")
    number = house.one(
        "SELECT o.number FROM accounts_organisation o JOIN registry_supplier s ON s.organisation_id = o.id WHERE s.state = 'active' AND o.id NOT IN"
        " (SELECT supplier_id FROM market_frameworkentry) ORDER BY o.id LIMIT 1"
    )
    outside = {"outside_supplier": number, "outside_price": "9000.00"}
    call_off(aygul, "outside", "2", **outside)
    aygul.refused("CAL-014")
    aygul.refused("CAL-016")
    call_off(aygul, "outside", "2", **{**outside, "outside_price": "4000.00"}, proof="yes")
    expect(aygul.page).to_have_url(CALLED)
    found = CALLED.search(aygul.page.url)
    assert found is not None
    offer(chen, found[1], "4000.01")
    chen.refused("CAL-017")
    the_time_is_over(house, aygul)
    settled(aygul, found[1], "awarded")
    aygul.page.locator("main a[href*='/buyer/orders/DD-']").first.click()
    aygul.state("placed")
    aygul.sees("8,000.00")


def test_a_dealer_takes_the_order_of_its_party(house: House, people: People) -> None:
    aygul, nurlan = people("aygul"), people("nurlan")
    call_off(aygul, "direct", "1", reason="代理商在县里有服务网点", dealer="yes")
    aygul.refused("CAL-020")  # the first party has no dealer: it is the other's
    aygul.page.select_option("main [name=entry]", index=2)
    aygul.page.locator("main form.form .actions button").click()
    expect(aygul.page).to_have_url(CALLED)
    aygul.in_order()
    aygul.page.locator("main a[href*='/buyer/orders/DD-']").first.click()
    aygul.state("placed")
    order = aygul.page.url.rstrip("/").rpartition("/")[2]
    nurlan.find_soon("/supplier/orders/", f"main a[href*='{order}']")


def test_an_open_agreement_is_applied_for_and_bought_under(house: House, people: People) -> None:
    number = house.one("SELECT number FROM market_framework WHERE form = 'open'")
    chen, aygul = people("chen"), people("aygul")
    chen.go(f"/supplier/frameworks/{number}/packages/1/")
    for name, told in (("name", "若羌灰枣"), ("brand", "塔里木"), ("model", "2.5千克"), ("description", "一级灰枣，当年产")):
        chen.page.fill(f"main [name={name}]", told)
    chen.page.check("main [name=capacity][value=manufacturer]")
    chen.page.locator("main form.form .actions button.button-go").click()
    chen.refused("FWK-044")
    chen.page.set_input_files("main input[name=proof]", {"name": "产地证明.png", "mimeType": "image/png", "buffer": a_picture()})
    chen.page.locator("main form.form .actions button.button-go").click()
    chen.page.locator("main td a[href*='/responses/KX-']").first.click()
    chen.state("applied")
    chen.in_order()
    aygul.go(f"/buyer/frameworks/{number}/packages/1/")
    expect(aygul.page.locator("main [name=mode][value=outside]")).to_have_count(0)
    aygul.page.check("main [name=mode][value=direct]")
    aygul.page.fill("main [name=quantity]", "3")
    aygul.page.fill("main [name=purpose]", "食堂采购")
    aygul.page.select_option("main [name=entry]", index=1)
    aygul.page.fill("main [name=reason]", "产地近，供货新鲜")
    aygul.page.locator("main form.form .actions button").click()
    expect(aygul.page).to_have_url(CALLED)
    aygul.state("awarded")


def test_a_regulator_suspends_a_bidding_and_lets_it_go_on(house: House, people: People) -> None:
    aygul, chen, zheng = people("aygul"), people("chen"), people("zheng")
    call_off(aygul, "bidding", "2")
    found = CALLED.search(aygul.page.url)
    assert found is not None
    zheng.go(f"/regulator/calloffs/{found[1]}/")
    zheng.verb("suspend", reason="接到投诉，核查采购需求")
    zheng.sees("接到投诉，核查采购需求")
    chen.find_soon("/supplier/calloffs/", f"main a[href*='{found[1]}']").click()
    chen.sees("接到投诉，核查采购需求")
    expect(chen.page.locator("main [name=price]")).to_have_count(0)
    zheng.page.locator("main form:has([value=resume]) button").click()
    expect(zheng.page.locator("main [value=suspend]")).to_have_count(1)
    chen.go(f"/supplier/calloffs/{found[1]}/")
    expect(chen.page.locator("main [name=price]")).to_have_count(1)
