"""From the intention to what is bought for the plan, in a real Chromium: two people, two lawful methods and why the others are not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from sunlit.domain.market.models import Order
from sunlit.domain.planning.models import Intention, Plan
from sunlit.foundation.accounts.actors import Actor
from tests.domain.planning.market import a_demand
from tests.portals.clients import browser
from tests.portals.ui.test_in_browser import CHROMIUM
from tests.portals.ui.test_in_browser import pytestmark as in_browser
from tests.town import build, in_cart

pytestmark = in_browser


def test_intention_plan_review_filing_purchase(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's thread also looks into the database
    town = build()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def seated(actor: Actor, width: int) -> Page:
            context = chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
            session = browser(actor).cookies["sunlit_session"].value
            context.add_cookies([{"name": "sunlit_session", "value": session, "url": live_server.url}])
            return context.new_page()

        def fits(page: Page) -> None:
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

        aygul, zhou = seated(town.aygul, 1440), seated(town.zhou, 390)

        # 1. Aygul drafts what the school means to buy, Zhou publishes it from her telephone.
        aygul.goto(f"{live_server.url}/buyer/intentions/new/")
        for name, value in {"name": "复印纸", "budget": "80000", "month": "2026-04", "outline": "600箱，分四次送达"}.items():
            aygul.fill(f"#f-{name}_1", value)
        aygul.click("form.form button.button-go")
        notice = Intention.objects.get()
        zhou.goto(f"{live_server.url}/buyer/intentions/{notice.number}/")
        fits(zhou)
        zhou.click("form:has(input[value=publish]) button")
        expect(zhou.locator("[data-state=published]").first).to_be_visible()

        # 2. The plan rests on it: what, money.
        aygul.goto(f"{live_server.url}/buyer/plans/new/?intention={notice.items.get().pk}")
        assert aygul.input_value("#f-name") == "复印纸"
        for name, value in {
            "starts_on": "2026-04-02",
            "category_1": "A05040101",
            "name_1": "复印纸",
            "quantity_1": "600",
            "amount_1": "80000",
        }.items():
            aygul.fill(f"#f-{name}", value)
        fits(aygul)
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
        fits(aygul)
        aygul.click("form.plan-form > .actions button.button-go")
        aygul.click("form.plan-form > .actions button.button-go")

        # 4. Handed in; Zhou, who did not write in it, reviews it; Aygul files it.
        it = Plan.objects.get()
        page = f"{live_server.url}/buyer/plans/{it.number}/"
        assert aygul.url == page
        aygul.click("form:has(input[value=hand_in]) button")
        expect(aygul.locator("[data-state=in_review]").first).to_be_visible()
        assert aygul.locator("input[name=points]").count() == 0
        zhou.goto(page)
        fits(zhou)
        for box in zhou.locator("input[name=points]").all():
            box.check()
        zhou.click("form:has(input[value=review]) button.button-go")
        aygul.reload()
        aygul.click("form:has(input[name=verb][value=file]) button")
        expect(aygul.locator("[data-state=filed]").first).to_be_visible()

        # 5. She buys for it; what is left is right to the fen.
        aygul.get_by_role("button", name=re.compile("按本计划采购")).click()
        line = in_cart(town, town.paper, 100)
        aygul.goto(f"{live_server.url}/buyer/checkout/?line={line.pk}")
        assert aygul.input_value("#f-plan") == it.number
        aygul.click("button[form=place]")
        expect(aygul.locator("h1")).to_be_visible()
        order = Order.objects.get()
        assert order.plan == it
        aygul.goto(page)
        expect(aygul.locator(".stats")).to_contain_text("¥67,150.00")
        expect(aygul.locator("table")).to_contain_text([re.compile(".*")] * 2 + [order.number])
        fits(aygul)
        chromium.close()


def test_a_field_that_was_made_larger_does_not_offend_the_policy_of_styles(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    town = build()
    it = a_demand(town)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        session = browser(town.aygul).cookies["sunlit_session"].value
        context.add_cookies([{"name": "sunlit_session", "value": session, "url": live_server.url}])
        page, said = context.new_page(), list[str]()
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{live_server.url}/buyer/demands/{it.number}/edit/")
        page.evaluate("document.querySelector('#f-purpose').style.height = '200px'")
        page.click("main button[value='add:0:']")
        expect(page.locator("main [name=item-0-p-0-value]")).to_be_visible()
        assert [text for text in said if "Content Security Policy" in text] == []
        chromium.close()
