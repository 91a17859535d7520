"""From the intention to what is bought for the plan, in a real Chromium: two people, two lawful methods and why the others are not."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from sunlit.domain.market.models import Order
from sunlit.domain.planning.models import Intention, Plan
from tests.domain.planning.market import a_demand
from tests.portals.ui.test_in_browser import pytestmark as in_browser
from tests.portals.windows import Windows
from tests.town import build, in_cart

pytestmark = in_browser


def test_intention_plan_review_filing_purchase(windows: Windows) -> None:
    town = build()
    aygul, zhou = windows.seat(town.aygul), windows.seat(town.zhou, 390)

    # 1. Aygul drafts what the school means to buy, Zhou publishes it from her telephone.
    aygul.goto(f"{windows.url}/buyer/intentions/new/")
    for name, value in {"name": "复印纸", "budget": "80000", "month": "2026-04", "outline": "600箱，分四次送达"}.items():
        aygul.fill(f"#f-{name}_1", value)
    aygul.click("form.form button.button-go")
    notice = Intention.objects.get()
    zhou.goto(f"{windows.url}/buyer/intentions/{notice.number}/")
    windows.fits(zhou)
    zhou.click("form:has(input[value=publish]) button")
    expect(zhou.locator("[data-state=published]").first).to_be_visible()

    # 2. The plan rests on it: what, money.
    aygul.goto(f"{windows.url}/buyer/plans/new/?intention={notice.items.get().pk}")
    assert aygul.input_value("#f-name") == "复印纸"
    for name, value in {
        "starts_on": "2026-04-02",
        "category_1": "A05040101",
        "name_1": "复印纸",
        "quantity_1": "600",
        "amount_1": "80000",
    }.items():
        aygul.fill(f"#f-{name}", value)
    windows.fits(aygul)
    aygul.click("form.plan-form button.button-go")
    aygul.select_option("#f-quota_1", str(town.quota.pk))
    aygul.click("form.plan-form button.button-go")

    # 3. How: the marketplace and open tender are lawful, inquiry is not, until its ground is ticked.
    inquiry = aygul.locator("[data-method=inquiry]")
    expect(aygul.locator("[data-method=emall]")).to_have_attribute("data-state", "allowed")
    expect(aygul.locator("[data-method=open_tender]")).to_have_attribute("data-state", "allowed")
    expect(inquiry).to_have_attribute("data-state", "refused")
    expect(inquiry).to_contain_text("规格、标准统一")
    aygul.click(".plan-grounds summary")
    aygul.check("input[name=grounds][value=uniform_goods]")
    expect(inquiry).to_have_attribute("data-state", "allowed")
    aygul.uncheck("input[name=grounds][value=uniform_goods]")
    expect(inquiry).to_have_attribute("data-state", "refused")
    aygul.check("input[name=method][value=emall]")
    windows.fits(aygul)
    aygul.click("form.plan-form > .actions button.button-go")
    aygul.click("form.plan-form > .actions button.button-go")

    # 4. Handed in; Zhou, who did not write in it, reviews it; Aygul files it.
    it = Plan.objects.get()
    page = f"{windows.url}/buyer/plans/{it.number}/"
    assert aygul.url == page
    aygul.click("form:has(input[value=hand_in]) button")
    expect(aygul.locator("[data-state=in_review]").first).to_be_visible()
    assert aygul.locator("input[name=points]").count() == 0
    zhou.goto(page)
    windows.fits(zhou)
    for box in zhou.locator("input[name=points]").all():
        box.check()
    zhou.click("form:has(input[value=review]) button.button-go")
    aygul.reload()
    aygul.click("form:has(input[name=verb][value=file]) button")
    expect(aygul.locator("[data-state=filed]").first).to_be_visible()

    # 5. She buys for it; what is left is right to the fen.
    aygul.get_by_role("button", name=re.compile("按本计划采购")).click()
    line = in_cart(town, town.paper, 100)
    aygul.goto(f"{windows.url}/buyer/checkout/?line={line.pk}")
    assert aygul.input_value("#f-plan") == it.number
    aygul.click("button[form=place]")
    expect(aygul.locator("h1")).to_be_visible()
    order = Order.objects.get()
    assert order.plan == it
    aygul.goto(page)
    expect(aygul.locator(".stats")).to_contain_text("¥67,150.00")
    expect(aygul.locator("table")).to_contain_text([re.compile(".*")] * 2 + [order.number])
    windows.fits(aygul)


def test_a_field_that_was_made_larger_does_not_offend_the_policy_of_styles(windows: Windows) -> None:
    town = build()
    it = a_demand(town)
    page, said = windows.seat(town.aygul), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{windows.url}/buyer/demands/{it.number}/edit/")
    page.evaluate("document.querySelector('#f-purpose').style.height = '200px'")
    page.click("main button[value='add:0:']")
    expect(page.locator("main [name=item-0-p-0-value]")).to_be_visible()
    assert [text for text in said if "Content Security Policy" in text] == []
