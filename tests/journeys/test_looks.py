"""The same pages in English, in the dark, and on a telephone: home, search, product, cart."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys import errands
from tests.journeys.conftest import People
from tests.journeys.house import House
from tests.journeys.people import Person

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LIGHTNESS = """
() => {
  const [red, green, blue] = getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).map(Number);
  const most = getComputedStyle(document.body).backgroundColor.startsWith("color(") ? 1 : 255;
  return (red + green + blue) / 3 / most;
}
"""


def shopping(house: House, person: Person) -> None:
    """Home → search → product → cart, at each step without a barrier and no wider than the window."""
    goods = errands.goods_of(house, errands.SHOP, "A02021301", 50, 3000, stock=5)
    person.go("/")
    person.in_order()
    person.page.fill(".hero input[type=search]", goods.model)
    person.page.press(".hero input[type=search]", "Enter")
    product = person.page.locator(f".product a[href='/products/{goods.product}/']").first
    expect(product).to_be_visible()
    person.in_order()
    product.click()
    expect(person.page.locator("h1")).to_be_visible()
    person.in_order()
    errands.put_into_cart(person, goods)
    person.in_order()
    errands.empty_cart(person)
    person.in_order()


@pytest.mark.parametrize(
    "look", [{}, {"color_scheme": "dark"}, PHONE, {**PHONE, "color_scheme": "dark"}], ids=["desk", "desk-dark", "phone", "phone-dark"]
)
def test_shopping_in_every_light_and_width(house: House, people: People, look: dict[str, Any]) -> None:
    aygul = people("aygul", **look)
    shopping(house, aygul)
    lightness = aygul.page.evaluate(LIGHTNESS)
    assert lightness < 0.25 if look.get("color_scheme") == "dark" else lightness > 0.85


def test_the_language_is_switched_and_stays(house: House, people: People) -> None:
    ma = people("ma")
    expect(ma.page.locator("html")).to_have_attribute("lang", "zh-hans")
    chinese = ma.page.locator("h1").inner_text()
    ma.page.click(".language-switch button[value=en]")
    expect(ma.page.locator("html")).to_have_attribute("lang", "en")
    ma.at("/buyer/")
    assert ma.page.locator("h1").inner_text() != chinese
    assert all(entry.isascii() for entry in ma.page.locator("nav[aria-label]").first.get_by_role("link").all_inner_texts())
    shopping(house, ma)

    # It goes with the person, to another browser too.
    elsewhere = people("ma")
    expect(elsewhere.page.locator("html")).to_have_attribute("lang", "en")
    elsewhere.page.click(".language-switch button[value=zh-hans]")
    expect(elsewhere.page.locator("h1")).to_have_text(chinese)


def test_the_light_is_switched_and_stays(people: People) -> None:
    visitor = people()
    visitor.go("/")
    visitor.page.click(".theme-toggle")
    expect(visitor.page.locator("html")).to_have_attribute("data-theme", "dark")
    visitor.go("/deals/")
    expect(visitor.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert visitor.page.evaluate(LIGHTNESS) < 0.25
