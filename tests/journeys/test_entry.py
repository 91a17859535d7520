"""A company enters the market: it applies, is sent back, completes, is admitted, lists its first offer, is frozen, appeals and sells again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from sunlit.foundation.kernel import credit_code
from tests.journeys.conftest import People
from tests.journeys.house import House
from tests.journeys.people import Person

NAME, LOGIN, PASSWORD = "库尔勒雪狐办公设备有限公司", "xuehu.zhang", "tianshan-2026-xue"
SHREDDER, MODEL = "A02021301", "XH-900T"
APPLICATION = re.compile(r"/supplier/apply/(RZ-[0-9A-Z-]+)/$")
OFFER = re.compile(r"/supplier/offers/(SK-[0-9A-Z-]+)/$")


@pytest.fixture
def licence(tmp_path: Path) -> Path:
    path = tmp_path / "营业执照.png"
    Image.new("RGB", (900, 640), (250, 245, 230)).save(path)
    return path


def number_in(person: Person, pattern: re.Pattern[str]) -> str:
    expect(person.page).to_have_url(pattern)
    found = pattern.search(person.page.url)
    assert found is not None
    return found[1]


def register(zhang: Person) -> None:
    zhang.go("/supplier/apply/")
    for field, text in {"name_zh": "张雪", "login": LOGIN, "password": PASSWORD}.items():
        zhang.page.fill(f"form[action='/supplier/apply/register/'] input[name={field}]", text)
    zhang.page.click("form[action='/supplier/apply/register/'] button")
    zhang.at("/supplier/apply/new/")
    zhang.in_order()


def fill_in_what_is_required(person: Person) -> None:
    """Parameters of the category: the first choice, or a figure, wherever something must stand."""
    for field in person.page.locator("main form [required]").all():
        name = field.get_attribute("name") or ""
        if not name.startswith("attr."):
            continue
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(index=1)
        else:
            field.fill("12")


def describe_the_shredder(zhang: Person, price: str) -> None:
    texts = {
        "title": f"雪狐 {MODEL} 静音碎纸机（单次12张）",
        "brand": "雪狐",
        "model": MODEL,
        "sku_code": "XH-0001",
        "price": price,
        "stock": "40",
    }
    for field, text in texts.items():
        zhang.page.fill(f"main form input[name={field}]", text)
    fill_in_what_is_required(zhang)


def test_a_company_enters_lists_is_frozen_and_released(house: House, people: People, licence: Path) -> None:
    zhang, surina, public = people(), people("surina"), people()

    # 1. Zhang registers and applies; a wrong credit code is told at its field, and nothing is kept.
    register(zhang)
    good, wrong = credit_code.make(909_001), credit_code.make(909_001)[:-1] + "X"
    zhang.page.fill("input[name=credit_code]", wrong if wrong != good else good[:-1] + "Y")
    zhang.page.fill("input[name=name_zh]", NAME)
    zhang.page.select_option("select[name=region_code]", "652801")
    zhang.page.click("button[name=verb][value=save]")
    zhang.refused("USC-003")
    assert house.one("SELECT count(*) FROM registry_application WHERE name_zh = %s", NAME) == 0

    # 2. With the right code, but without the licence, it can be kept and not submitted.
    zhang.page.fill("input[name=credit_code]", good)
    for field, text in {
        "legal_representative": "张雪",
        "contact": "张雪",
        "phone": "0996-8880001",
        "address": "库尔勒市石化大道 8 号",
        "staff": "9",
    }.items():
        zhang.page.fill(f"input[name={field}]", text)
    zhang.page.check(f"input[name=category_codes][value={SHREDDER}]")
    zhang.page.click("button[name=verb][value=submit]")
    zhang.refused("REG-003")
    zhang.page.set_input_files("input[name=documents]", licence)
    zhang.page.click("button[name=verb][value=submit]")
    application = number_in(zhang, APPLICATION)
    zhang.state("submitted")

    # 3. Surina sends it back with what is missing; Zhang reads it, completes it and hands it in again.
    surina.go("/regulator/applications/")
    surina.page.click(f"main a[href='/regulator/applications/{application}/']")
    surina.verb("return", reason="营业执照图片不清晰，请补充加盖公章的扫描件。")
    surina.state("returned")
    zhang.go(f"/supplier/apply/{application}/")
    zhang.state("returned")
    zhang.sees("请补充加盖公章的扫描件")
    zhang.in_order()
    zhang.go(f"/supplier/apply/{application}/edit/")
    zhang.in_order()
    zhang.page.fill("input[name=name_en]", "Korla Snow Fox Office Equipment")
    zhang.page.set_input_files("input[name=documents]", licence)
    zhang.page.click("button[name=verb][value=submit]")
    zhang.state("submitted")

    # 4. Admitted, Zhang finds the desk of the new shop open.
    surina.go(f"/regulator/applications/{application}/")
    surina.verb("approve")
    surina.state("approved")
    zhang.go("/supplier/apply/")
    zhang.at("/supplier/")
    shop = house.one("SELECT number FROM accounts_organisation WHERE name_zh = %s", NAME)

    # 5. The first offer: a price with three places is refused at its field; then it waits as a draft and is submitted.
    zhang.go(f"/supplier/offers/new/?category={SHREDDER}")
    describe_the_shredder(zhang, "899.999")
    zhang.page.click("button[name=verb][value=draft]")
    zhang.refused("CAT-013")
    zhang.page.fill("main form input[name=price]", "899.00")
    zhang.page.click("button[name=verb][value=draft]")
    offer = number_in(zhang, OFFER)
    zhang.state("draft")
    zhang.verb("submit")
    zhang.state("review")

    # 6. Nobody finds it before Surina has listed it.
    public.go(f"/search/?q={MODEL}")
    expect(public.page.locator(f".product:has-text('{MODEL}')")).to_have_count(0)
    surina.go("/regulator/reviews/")
    surina.go(f"/regulator/offers/{offer}/")
    surina.verb("approve")
    surina.state("listed")
    found = public.find_soon(f"/search/?q={MODEL}", ".product", text=MODEL)
    expect(found).to_contain_text("899")

    # 7. Frozen with a reason, it is out of the shop window; the appeal brings it back.
    surina.go(f"/regulator/offers/{offer}/")
    surina.verb("freeze", reason="价格与市场参考价不符，请说明。")
    surina.state("frozen")
    public.find_soon(f"/search/?q={MODEL}", "main:not(:has(.product-name:has-text('XH-900T')))")
    zhang.go(f"/supplier/offers/{offer}/")
    zhang.state("frozen")
    zhang.sees("价格与市场参考价不符")
    form = zhang.page.locator("form:has(input[name=verb][value=appeal])")
    form.locator("textarea[name=reason]").fill("已附厂家指导价，价格低于市场均价。")
    form.locator("button").click()
    zhang.state("unfreeze_review")
    surina.go(f"/regulator/offers/{offer}/")
    surina.sees("已附厂家指导价")
    surina.verb("release", reason="核对无误，解除冻结。")
    surina.state("listed")
    public.find_soon(f"/search/?q={MODEL}", ".product", text=MODEL)
    public.go(f"/suppliers/{shop}/")
    expect(public.page.locator("h1")).to_contain_text(NAME)
