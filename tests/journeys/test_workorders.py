"""A designated service in the browser: asked for, quoted by the agreed rates, refused over the cap of its vehicle, approved, done and settled by what was done."""

from __future__ import annotations

import io
import re
from typing import Final

from PIL import Image
from playwright.sync_api import FilePayload, expect

from sunlit.demo.write import PASSWORD
from tests.journeys.conftest import People
from tests.journeys.house import House
from tests.journeys.people import Person

ASKED = re.compile(r"/buyer/work-orders/(GD-[0-9A-Z-]+)/$")
PLATE: Final = "新M·T9900"


def a_picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(buffer, "PNG")
    return buffer.getvalue()


def ask(clerk: Person, need: str) -> str:
    """Ask the best ranked workshop; returns the number of the work order."""
    clerk.go("/buyer/work-orders/")
    clerk.page.locator("main a[href$='/service/']").first.click()
    clerk.page.fill("main [name=target]", PLATE)
    clerk.page.fill("main [name=need]", need)
    clerk.page.check("main [name=mode][value=direct]")
    clerk.page.select_option("main [name=entry]", index=1)
    clerk.page.fill("main [name=reason]", "协议折扣最优，距学校最近")
    clerk.page.locator("main form.form .actions button").click()
    expect(clerk.page).to_have_url(ASKED)
    found = ASKED.search(clerk.page.url)
    assert found is not None
    return found[1]


def workshop(house: House, people: People, number: str) -> Person:
    """The one who answers for the workshop that is asked: none of the cast, so with a password."""
    login = house.one(
        "SELECT min(u.login) FROM market_workorder w JOIN market_frameworkentry e ON e.id = w.entry_id JOIN accounts_seat s ON s.organisation_id = e.supplier_id"
        " JOIN accounts_user u ON u.id = s.user_id WHERE w.number = %s AND 'sales' = ANY(s.roles)",
        number,
    )
    seller = people()
    seller.go("/sign-in/")
    seller.page.fill("input[name=login]", login)
    seller.page.fill("input[name=password]", PASSWORD)
    seller.page.click("form:has(input[name=password]) button")
    return seller


def quote(seller: Person, number: str, hours: str) -> None:
    seller.go(f"/supplier/work-orders/{number}/")
    form = seller.page.locator("main form:has(input[name=verb][value=quote])")
    form.locator("[name^=quantity_]").first.fill(hours)
    form.locator(".actions button").click()


def test_a_repair_is_quoted_capped_done_and_settled_by_the_hours(house: House, people: People) -> None:
    aygul, zhou = people("aygul"), people("zhou")
    number = ask(aygul, "发动机异响，检修")
    aygul.in_order()
    seller = workshop(house, people, number)
    seller.go("/supplier/opportunities/")
    expect(seller.page.locator(f"main a[href*='{number}']").first).to_be_visible()
    # A thousand hours pass the cap of the vehicle: nothing is approved, nothing is held
    quote(seller, number, "1000")
    seller.state("quoted")
    zhou.go(f"/buyer/work-orders/{number}/")
    zhou.verb("approve")
    zhou.refused("WKO-032")
    assert house.one("SELECT count(*) FROM planning_hold WHERE reference LIKE %s", f"work_order/{number}/%") == 0
    # Quoted anew, approved, and done in less than was approved
    quote(seller, number, "4")
    zhou.go(f"/buyer/work-orders/{number}/")
    zhou.verb("approve")
    zhou.state("approved")
    seller.go(f"/supplier/work-orders/{number}/")
    report = seller.page.locator("main form:has(input[name=verb][value=report])")
    report.locator("[name=quantity_1]").fill("5")
    report.locator("[name=done]").fill("更换皮带并试车，正常")
    report.locator("[name=reading]").fill("派工单 0713")
    papers: FilePayload = {"name": "派工单.png", "mimeType": "image/png", "buffer": a_picture()}
    report.locator("input[name=papers]").set_input_files(papers)
    report.locator(".actions button").click()
    seller.refused("WKO-040")
    report.locator("[name=quantity_1]").fill("3")
    report.locator("input[name=papers]").set_input_files(papers)
    report.locator(".actions button").click()
    seller.state("executed")
    seller.in_order()
    aygul.go(f"/buyer/work-orders/{number}/")
    aygul.verb("settle")
    aygul.state("concluded")
    aygul.page.locator("main a[href*='/buyer/orders/DD-']").first.click()
    approved, settled = (
        house.one("SELECT amount FROM market_workorder WHERE number = %s", number),
        house.one("SELECT settled FROM market_workorder WHERE number = %s", number),
    )
    assert settled * 4 == approved * 3, "three of four hours at the same rate"
    aygul.sees(f"{settled:,.2f}")
    aygul.state("received")


def test_a_plan_leads_to_the_service_that_is_agreed_for_it(house: House, people: People) -> None:
    aygul = people("aygul")
    plan = house.one("SELECT number FROM planning_plan WHERE name = '公务用车年度维修'")
    aygul.go(f"/buyer/plans/{plan}/")
    aygul.page.locator("main [data-way=service] a.button").click()
    expect(aygul.page.locator("main [name=plan]")).to_have_value(plan)
    expect(aygul.page.locator("main [name=need]")).to_have_value("公务用车年度维修")
    aygul.in_order()
    aygul.page.fill("main [name=target]", "新M·T9911")
    aygul.page.check("main [name=mode][value=direct]")
    aygul.page.locator("main form.form .actions button").click()
    aygul.refused("CAL-003")
    expect(aygul.page.locator("main [name=plan]")).to_have_value(plan)
    aygul.page.select_option("main [name=entry]", index=1)
    aygul.page.fill("main [name=reason]", "协议折扣最优，距学校最近")
    aygul.page.locator("main form.form .actions button").click()
    expect(aygul.page).to_have_url(ASKED)
    found = ASKED.search(aygul.page.url)
    assert found is not None
    expect(aygul.page.locator(f"main a[href='/buyer/plans/{plan}/']")).to_be_visible()
    # Nothing is held before the quote is approved; then it is the plan's own money
    seller = workshop(house, people, found[1])
    quote(seller, found[1], "2")
    zhou = people("zhou")
    zhou.go(f"/buyer/work-orders/{found[1]}/")
    zhou.verb("approve")
    zhou.state("approved")
    held = "SELECT h.quota_id FROM planning_hold h WHERE h.state = 'held' AND h.reference LIKE %s"
    own = "SELECT l.quota_id FROM planning_planline l JOIN planning_plan p ON p.id = l.plan_id WHERE p.number = %s"
    assert house.one(held, f"work_order/{found[1]}%") == house.one(own, plan)
