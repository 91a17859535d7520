"""The cart in a real Chromium: boxes that choose all, the sum of what is chosen, a quantity that is changed in place."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect, sync_playwright

from sunlit.domain.market.models import CartLine
from tests.portals.clients import browser
from tests.portals.ui.test_in_browser import CHROMIUM
from tests.portals.ui.test_in_browser import pytestmark as in_browser
from tests.town import build, in_cart

pytestmark = in_browser


def test_choosing_adding_up_and_changing_in_place(live_server: Any) -> None:
    town = build()
    paper, laptop = in_cart(town, town.paper, 2), in_cart(town, town.laptop, 1)
    too_many = in_cart(town, town.laptop_corner, 6)
    session = browser(town.aygul).cookies["sunlit_session"].value
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        context.add_cookies([{"name": "sunlit_session", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.goto(f"{live_server.url}/buyer/cart/")

        def shown() -> tuple[str, str]:
            return page.inner_text("[data-chosen-sum]"), page.inner_text("[data-chosen-label]")

        assert shown() == ("5,256.00", "已选 2 / 3 件商品")
        page.uncheck(f"#pick-{laptop.pk}")
        assert shown() == ("257.00", "已选 1 / 3 件商品")
        assert page.evaluate("document.querySelector('[data-all=\"\"]').indeterminate")
        page.fill(f"#quantity-{paper.pk}", "4")
        page.locator(f"#quantity-{paper.pk}").dispatch_event("change")
        expect(page.locator("[data-chosen-sum]")).to_have_text("514.00")
        assert not page.is_checked(f"#pick-{laptop.pk}")  # what was not wanted stays so
        page.check('[data-all=""]')
        assert shown() == ("5,513.00", "已选 2 / 3 件商品")  # what cannot be ordered is not chosen by the way
        page.fill(f"#quantity-{too_many.pk}", "5")
        page.locator(f"#quantity-{too_many.pk}").dispatch_event("change")
        page.wait_for_selector(f".cart-line:not(.cart-line-wrong) #pick-{too_many.pk}")
        page.click("#go button")
        page.wait_for_url("**/buyer/checkout/**")
        assert page.locator("#place").count() == 1
        chromium.close()
    assert sorted(CartLine.objects.values_list("quantity", flat=True)) == [1, 4, 5]
