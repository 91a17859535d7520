"""The cart in a real Chromium: boxes that choose all, the sum of what is chosen, a quantity that is changed in place."""

from __future__ import annotations

from playwright.sync_api import expect

from sunlit.domain.market.models import CartLine
from tests.portals.ui.test_in_browser import pytestmark as in_browser
from tests.portals.windows import Windows
from tests.town import build, in_cart

pytestmark = in_browser


def test_choosing_adding_up_and_changing_in_place(windows: Windows) -> None:
    town = build()
    paper, laptop = in_cart(town, town.paper, 2), in_cart(town, town.laptop, 1)
    too_many = in_cart(town, town.laptop_corner, 6)
    page = windows.seat(town.aygul)
    page.goto(f"{windows.url}/buyer/cart/")

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
    assert sorted(CartLine.objects.values_list("quantity", flat=True)) == [1, 4, 5]
