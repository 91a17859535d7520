"""Opportunities in the browser: what fits stands with its reasons, a subscription that says nothing is refused, one that says something is made and stopped."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import People
from tests.journeys.house import House


def test_a_supplier_finds_what_fits_and_subscribes(house: House, people: People) -> None:
    chen, surina = people("chen"), people("surina")
    chen.go("/supplier/opportunities/")
    chen.page.locator("main td a[href*='/supplier/']").first.wait_for()
    chen.in_order()
    chen.go("/supplier/opportunities/mine/")
    chen.in_order()
    chen.go("/supplier/opportunities/subscriptions/")
    chen.in_order()
    chen.page.locator("main form.form .actions button").click()
    chen.refused("OPP-001")
    chen.page.fill("main [name=words]", "投影机，显示屏")
    chen.page.locator("main form.form .actions button").click()
    expect(chen.page.locator("main .card")).to_contain_text("投影机")
    chen.page.locator("main .card form button").click()
    expect(chen.page.locator("main .card")).to_have_count(0)
    surina.go("/regulator/running/")
    surina.page.locator("main td a[href*='/regulator/']").first.wait_for()
    surina.in_order()
