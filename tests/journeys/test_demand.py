"""A tailored demand is seen by its author first: the funnel shrinks, the clerk loosens it, hands it in, and a colleague settles it. Suppliers are asked."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.journeys.conftest import People
from tests.journeys.house import House
from tests.journeys.people import Person

TITLE = "九年级录播室便携式计算机"
LAPTOP = "A02010108"
EDIT = re.compile(r"/buyer/demands/(XQ-[0-9A-Z-]+)/edit/$")
TEXTS = {
    "purpose": "录播室备课与剪辑使用，现有设备已报废。",
}
TYPED = {
    "t-deliver_days": "10",
    "t-deliver_place": "学校录播室",
    "t-warranty": "36",
    "t-accept_who": "学校资产管理处",
    "t-accept_days": "5",
    "t-accept_procedure": "到货后逐台开箱，通电试机，双方签字。",
    "t-accept_content": "数量、型号、主要参数和随机附件。",
    "t-accept_standard": "与需求一致，运行正常。",
    "t-payment": "验收合格后30日内一次付清。",
    "t-breach": "逾期交付按日承担违约金。",
}
CHOSEN = {"t-system": "domestic", "t-carry": "office", "t-imports": "no", "t-accept_how": "count", "t-pricing": "fixed_unit", "t-ip": "no"}


def begin(clerk: Person) -> str:
    clerk.go("/buyer/demands/new/?q=便携")
    clerk.page.fill("main input[name=title]", TITLE)
    clerk.page.click("main .filter-bar button")
    clerk.in_order()
    clerk.page.click(f"main button[name=category][value={LAPTOP}]")
    expect(clerk.page).to_have_url(EDIT)
    found = EDIT.search(clerk.page.url)
    assert found is not None
    return found[1]


def demand_more(clerk: Person, key: str, place: int, value: str, reason: str) -> None:
    """One more parameter by its button: only the editor is shown anew, and nothing is kept yet."""
    clerk.page.click(f"main button[value='add:0:{key}']")
    at = f"item-0-p-{place}"
    clerk.page.locator(f"main [name={at}-value]").fill(value)
    clerk.page.fill(f"main [name={at}-reason]", reason)


def products_left(clerk: Person) -> list[int]:
    told = clerk.page.locator("#panel .funnel-count").all_inner_texts()
    return [int(re.split(r"\D", text.replace(",", ""), maxsplit=1)[0]) for text in told]


def test_a_tailored_demand_is_loosened_handed_in_and_settled(house: House, people: People) -> None:
    aygul, zhou = people("aygul"), people("zhou")

    # 1. Aygul finds the item; its parameters come with it.
    number = begin(aygul)
    for field, text in TEXTS.items():
        aygul.page.fill(f"main textarea[name={field}]", text)
    for field, text in TYPED.items():
        aygul.page.fill(f"main [name={field}]", text)
    for field, key in CHOSEN.items():
        aygul.page.check(f"main input[name={field}][value={key}]")
    aygul.page.fill("main input[name=item-0-quantity]", "12")

    # 2. Every parameter shrinks the market before her eyes; the fourth ends competition.
    demand_more(aygul, "memory", 0, "16", "剪辑软件的最低要求")
    expect(aygul.page.locator("#panel .funnel-step")).to_have_count(2)
    demand_more(aygul, "weight", 1, "1.2", "携带方便")
    expect(aygul.page.locator("#panel .funnel-step")).to_have_count(3)
    demand_more(aygul, "battery", 2, "75", "外拍时没有电源")
    expect(aygul.page.locator("#panel .funnel-step")).to_have_count(4)
    expect(aygul.page.locator("#panel [data-code=DEM-030]")).to_be_visible()
    left = products_left(aygul)
    assert left == sorted(left, reverse=True)
    assert left[-1] < left[0]
    aygul.in_order()
    assert house.one("SELECT version FROM planning_demand WHERE number = %s", number) == 1  # nothing was kept yet

    # 3. Handed in like this it comes back, with the parameter that must be dropped or explained.
    aygul.page.click("main button[value=hand_in]")
    aygul.refused("DEM-015")

    # 4. She drops what narrows with one click, says what one may cost, and hands it in.
    while aygul.page.locator("#panel [data-code=DEM-030]").count():
        steps = aygul.page.locator("#panel .funnel-step").count()
        aygul.page.locator("#panel .funnel-step:has([data-state=warned]) button").first.click()
        expect(aygul.page.locator("#panel .funnel-step")).to_have_count(steps - 1)
    aygul.page.fill("main input[name=item-0-ceiling]", "9000.00")
    aygul.page.click("main button[value=hand_in]")
    aygul.at(f"/buyer/demands/{number}/")
    aygul.state("review")
    assert aygul.page.locator("main button[name=verb][value=settle], main input[name=verb][value=settle]").count() == 0
    aygul.in_order()

    # 5. Zhou, who wrote nothing in it, reviews and settles.
    zhou.go(f"/buyer/demands/{number}/")
    for box in zhou.page.locator("main input[name=points]").all():
        box.check()
    zhou.page.click("main form:has(input[value=settle]) button")
    zhou.at(f"/buyer/demands/{number}/")
    zhou.state("settled")
    zhou.in_order()


def test_a_supplier_answers_a_survey_and_sees_only_its_own_words(house: House, people: People) -> None:
    [survey] = house.ask("SELECT number FROM planning_survey WHERE state = 'open' ORDER BY id LIMIT 1")
    chen, aygul = people("chen"), people("aygul", viewport={"width": 390, "height": 844})
    chen.go("/supplier/surveys/")
    chen.in_order()
    chen.go(f"/supplier/surveys/{survey['number']}/")
    chen.page.locator("main textarea").first.fill("本地仓有现货，三日内可送达。")
    chen.page.click("main form.form button")
    chen.sees("本地仓有现货，三日内可送达。")
    assert "主流配置货源充足" not in chen.page.content()  # what Nurlan said
    chen.in_order()
    aygul.go(f"/buyer/surveys/{survey['number']}/")
    aygul.sees("本地仓有现货，三日内可送达。")
    aygul.sees("主流配置货源充足，交货期约一周。")
    aygul.in_order()
