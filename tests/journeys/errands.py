"""What people do again and again in the journeys: find goods, fill the cart, check out, and hand an order on from desk to desk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.journeys.house import House
from tests.journeys.people import Person

PLACE = "main button[form=place]"
SCHOOL, SHOP, CORNER = "CG-0001", "GY-0001", "GY-0002"
ORDER_PATH = re.compile(r"/buyer/orders/(DD-[0-9A-Z-]+)/$")
OFFERS = """
    SELECT o.number, o.title, o.price, o.stock, o.version, p.number AS product, p.model, p.name_zh, b.name_zh AS brand
    FROM catalog_offer o JOIN catalog_product p ON p.id = o.product_id JOIN catalog_brand b ON b.id = p.brand_id
    JOIN catalog_category c ON c.id = p.category_id JOIN accounts_organisation s ON s.id = o.supplier_id
    WHERE o.state = 'listed' AND s.number = %s AND c.code LIKE %s AND o.price BETWEEN %s AND %s AND o.price * 10 = trunc(o.price * 10)
      AND o.stock >= %s AND o.quantity_most = 0 AND (o.delivery_regions = '{}' OR '652801' = ANY(o.delivery_regions))
    ORDER BY o.number
"""


@dataclass(frozen=True)
class Goods:
    """An offer as a story names it."""

    offer: str
    product: str
    title: str
    name: str
    model: str
    brand: str
    price: Decimal
    stock: int


def goods_of(house: House, supplier: str, category: str, low: int, high: int, *, stock: int = 10, nth: int = 0) -> Goods:
    """An offer on sale of `supplier` at a round price; each story takes another one (`nth`), so that they do not disturb each other."""
    rows = house.ask(OFFERS, supplier, f"{category}%", low, high, stock)
    assert len(rows) > nth, f"{supplier} sells too little of {category} between {low} and {high}"
    row = rows[nth]
    return Goods(row["number"], row["product"], row["title"], row["name_zh"], row["model"], row["brand"], row["price"], row["stock"])


def richest_quota(house: House, buyer: str = SCHOOL) -> dict[str, Any]:
    """The buyer's quota of this year with the most to spend."""
    [row] = house.ask(
        "SELECT q.id, q.number, q.total - q.held - q.committed - q.spent AS available FROM planning_budgetquota q"
        " JOIN accounts_organisation b ON b.id = q.buyer_id WHERE b.number = %s ORDER BY q.year DESC, available DESC LIMIT 1",
        buyer,
    )
    return row


def put_into_cart(person: Person, goods: Goods, quantity: int = 1) -> None:
    """From the product's page, the row of this very offer."""
    person.go(f"/products/{goods.product}/")
    row = person.page.locator(f"tr[data-offer={goods.offer}]")
    row.locator("input[name=quantity]").fill(str(quantity))
    row.locator("form button:not([type=button])").click()
    person.at("/buyer/cart/")
    expect(person.page.locator(f".cart-line[data-offer={goods.offer}] input[name=quantity]")).to_have_value(str(quantity))


def empty_cart(person: Person) -> None:
    person.go("/buyer/cart/")
    lines = person.page.locator(".cart-line")
    while left := lines.count():
        lines.first.locator("button[name=remove]").click()
        expect(lines).to_have_count(left - 1)


def to_checkout(person: Person, *goods: Goods) -> None:
    """With these goods alone, whatever else lies in the cart."""
    person.go("/buyer/cart/")
    wanted = {it.offer for it in goods}
    for line in person.page.locator(".cart-line").all():
        line.locator("input[type=checkbox]").set_checked(line.get_attribute("data-offer") in wanted)
    person.page.click("#go button")
    person.at("/buyer/checkout/")


def choose_terms(person: Person, house: House, purpose: str) -> None:
    person.page.locator(f"input[name=quota][value='{richest_quota(house)['id']}']").check()
    person.page.fill("input[name=purpose]", purpose)


def place(person: Person) -> str:
    """Place the order; returns its number."""
    person.page.click(PLACE)
    expect(person.page).to_have_url(ORDER_PATH)
    found = ORDER_PATH.search(person.page.url)
    assert found is not None
    return found[1]


def buy(person: Person, house: House, goods: Goods, quantity: int = 1, *, purpose: str = "教学") -> str:
    """From the product's page to the placed order."""
    put_into_cart(person, goods, quantity)
    to_checkout(person, goods)
    choose_terms(person, house, purpose)
    return place(person)


def dispatch(chen: Person, order: str, waybill: str, **quantities: int) -> None:
    chen.go(f"/supplier/orders/{order}/")
    chen.page.click(f"main a[href='/supplier/orders/{order}/dispatch/']")
    chen.in_order()
    chen.page.fill("input[name=carrier]", "顺丰速运")
    chen.page.fill("input[name=waybill]", waybill)
    for position, quantity in quantities.items():
        chen.page.fill(f"input[name={position}]", str(quantity))
    chen.page.click("main form .actions button")
    chen.at(f"/supplier/orders/{order}/")


def receive(batu: Person, order: str) -> None:
    """The goods are here; on to the sheet of the acceptance."""
    batu.go(f"/buyer/orders/{order}/")
    batu.verb("receive")
    batu.toast(order)
    batu.go(f"/buyer/orders/{order}/")
    batu.state("received")
    batu.page.locator(f"main a[href='/buyer/orders/{order}/acceptance/']").first.click()


def accept(batu: Person, order: str, *photos: Path) -> None:
    receive(batu, order)
    if photos:
        batu.page.set_input_files("input[name=photos]", list(photos))
    batu.page.fill("textarea[name=remark]", "数量、型号与订单一致，通电试机正常。")
    for field in batu.page.locator(".sheet-form .filling-choices").all():
        field.locator("input").first.check()
    for item in batu.page.locator(".sheet-form .filling-verdict").all():
        item.locator("input[value=pass]").check()
    batu.page.click("button[name=verb][value=accept]")
    batu.at(f"/buyer/orders/{order}/")
    batu.state("accepted")


def invoice(chen: Person, order: str, number: str) -> None:
    chen.go(f"/supplier/orders/{order}/")
    chen.page.click(f"main a[href='/supplier/orders/{order}/invoice/']")
    chen.in_order()
    chen.page.fill("input[name=invoice_number]", number)
    chen.page.click("main form .actions button")
    chen.at(f"/supplier/orders/{order}/")
    chen.state("invoiced")


def pay(li: Person, order: str) -> None:
    """Li orders the payment; the worker hands it to the bank, and its answer comes back by itself."""
    li.go(f"/buyer/orders/{order}/")
    li.verb("request_payment")
    li.at(f"/buyer/orders/{order}/")
    li.find_soon(f"/buyer/orders/{order}/", "main .badge[data-state=paid]")


def rate(aygul: Person, order: str, comment: str) -> None:
    aygul.go(f"/buyer/orders/{order}/rating/")
    for criterion, stars in {"quality": 5, "delivery": 4, "service": 5}.items():
        aygul.page.check(f"input[name={criterion}][value='{stars}']")
    aygul.page.fill("textarea[name=comment]", comment)
    aygul.page.click("main form > button")
    aygul.at(f"/buyer/orders/{order}/")
    aygul.state("rated")
