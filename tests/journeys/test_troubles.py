"""What goes wrong in an office day, and that nothing breaks: changed prices, short stock, double clicks, old pages, ended sessions, wrong doors."""

from __future__ import annotations

from decimal import Decimal

from playwright.sync_api import Page, expect

from tests.journeys import errands
from tests.journeys.conftest import People
from tests.journeys.errands import Goods
from tests.journeys.house import House
from tests.journeys.people import Person

TONER, PENS, USB = "A050402", "A0504", "A02010508"


def reprice(wu: Person, goods: Goods, price: Decimal) -> None:
    """Wu changes the price on the offer's own page."""
    wu.go(f"/supplier/offers/{goods.offer}/")
    form = wu.page.locator(f"form[action='/supplier/offers/{goods.offer}/terms/']")
    form.locator("input[name=price]").fill(str(price))
    form.locator("button").last.click()
    expect(form.locator("input[name=price]")).to_have_value(str(price))


def orders_of(house: House, goods: Goods) -> int:
    count: int = house.one(
        "SELECT count(*) FROM market_orderline l JOIN catalog_offer o ON o.id = l.offer_id WHERE o.number = %s", goods.offer
    )
    return count


def test_a_price_that_changed_is_told_and_never_applied_silently(house: House, people: People) -> None:
    toner = errands.goods_of(house, errands.SHOP, TONER, 20, 900, stock=10)
    aygul, wu = people("aygul"), people("wu")
    before = orders_of(house, toner)
    errands.put_into_cart(aygul, toner, 2)
    errands.to_checkout(aygul, toner)
    errands.choose_terms(aygul, house, "打印耗材")
    cheaper = toner.price - 1
    reprice(wu, toner, cheaper)

    # The page of the checkout is a minute old: it is refused with the two prices, and nothing is ordered.
    aygul.page.click(errands.PLACE)
    aygul.refused("ORD-014")
    aygul.sees(f"{toner.price:,.2f}")
    aygul.sees(f"{cheaper:,.2f}")
    assert orders_of(house, toner) == before

    # Having seen it, she goes on; what she entered is still there.
    aygul.page.click("form[action='/buyer/cart/prices/'] button")
    aygul.at("/buyer/checkout/")
    expect(aygul.page.locator("main [data-code='ORD-014']")).to_have_count(0)
    errands.choose_terms(aygul, house, "打印耗材")
    errands.place(aygul)
    aygul.sees(f"{cheaper * 2:,.2f}")
    reprice(wu, toner, toner.price)


def test_more_than_there_is_cannot_be_ordered(house: House, people: People) -> None:
    goods = errands.goods_of(house, errands.SHOP, USB, 10, 200, stock=10)
    aygul = people("aygul")
    before = orders_of(house, goods)
    errands.put_into_cart(aygul, goods, 2)
    line = aygul.page.locator(f".cart-line[data-offer={goods.offer}]")
    line.locator("input[name=quantity]").fill(str(goods.stock + 1))
    line.locator("input[name=quantity]").blur()
    expect(line.locator("[data-code='ORD-016']")).to_be_visible()
    errands.to_checkout(aygul, goods)
    errands.choose_terms(aygul, house, "会议资料")
    aygul.page.click(errands.PLACE)
    aygul.refused("ORD-016")
    assert orders_of(house, goods) == before
    errands.empty_cart(aygul)


def test_a_double_click_places_one_order(house: House, people: People) -> None:
    goods = errands.goods_of(house, errands.SHOP, USB, 10, 200, stock=10, nth=1)
    aygul = people("aygul")
    errands.put_into_cart(aygul, goods)
    errands.to_checkout(aygul, goods)
    errands.choose_terms(aygul, house, "资料拷贝")
    before = orders_of(house, goods)
    aygul.page.dblclick(errands.PLACE)
    expect(aygul.page).to_have_url(errands.ORDER_PATH)
    assert orders_of(house, goods) == before + 1

    # The same form once more, from the browser's memory: the same order is shown.
    number = aygul.path
    aygul.page.go_back()
    aygul.at("/buyer/checkout/") if aygul.page.locator("input[name=key]").count() else aygul.go(number)
    assert orders_of(house, goods) == before + 1


def test_of_two_tabs_the_older_is_told_that_it_is_old(house: House, people: People) -> None:
    goods = errands.goods_of(house, errands.SHOP, USB, 10, 200, stock=10, nth=1)
    number = errands.buy(people("aygul"), house, goods)
    chen = people("chen")
    path = f"/supplier/orders/{number}/"
    chen.go(path)
    older = chen.another_tab()
    older.route("**/live/**", lambda route: route.abort())  # a tab that hears no news
    older.goto(house.url + path)
    chen.verb("confirm")
    chen.state("confirmed")

    def decline(tab: Page) -> None:
        tab.click("[data-opens=verb-decline]")
        tab.fill("#verb-decline textarea[name=reason]", "暂时缺货，无法供应。")
        tab.click("#verb-decline .dialog-foot button:not([data-closes])")

    decline(older)
    expect(older.locator("main [data-code^='LIF-']").first).to_be_visible()
    chen.go(path)
    chen.state("confirmed")


def test_a_session_that_was_ended_elsewhere_leads_to_the_door_and_back(house: House, people: People) -> None:
    at_work, at_home = people("li"), people("li")
    at_home.go("/account/")
    others = at_home.page.locator("form[action^='/account/sessions/']")
    while left := others.count():
        others.first.locator("button").click()
        expect(others).to_have_count(left - 1)

    at_work.go("/buyer/budget/")
    at_work.at("/sign-in/")
    at_work.page.fill("input[name=login]", "li")
    at_work.page.fill("input[name=password]", "sunlit-demo")
    at_work.page.click("form:has(input[name=password]) button")
    at_work.at("/buyer/budget/")


def test_a_form_sent_after_the_session_ended_changes_nothing(house: House, people: People) -> None:
    goods = errands.goods_of(house, errands.SHOP, USB, 10, 200, stock=10, nth=2)
    aygul = people("aygul")
    errands.put_into_cart(aygul, goods)
    errands.to_checkout(aygul, goods)
    errands.choose_terms(aygul, house, "资料拷贝")
    before = orders_of(house, goods)
    aygul.context.clear_cookies(name="sunlit_session")
    aygul.page.click(errands.PLACE)
    aygul.refused("ACC-020")
    assert orders_of(house, goods) == before


def test_the_order_of_another_organisation_does_not_exist(house: House, people: People) -> None:
    foreign = house.one(
        "SELECT o.number FROM market_order o JOIN accounts_organisation b ON b.id = o.buyer_id WHERE b.number <> %s ORDER BY o.number LIMIT 1",
        errands.SCHOOL,
    )
    aygul = people("aygul")
    assert aygul.go(f"/buyer/orders/{foreign}/") == 404
    assert aygul.go(f"/supplier/orders/{foreign}/") == 403
    aygul.refused("ACC-021")


def test_what_is_not_as_ordered_is_exchanged(house: House, people: People) -> None:
    goods = errands.goods_of(house, errands.SHOP, USB, 10, 200, stock=10, nth=3)
    aygul, chen, batu = people("aygul"), people("chen"), people("batu")
    number = errands.buy(aygul, house, goods, 2)
    chen.go(f"/supplier/orders/{number}/")
    chen.verb("confirm")
    chen.state("confirmed")
    errands.dispatch(chen, number, "ZTO7700112233")

    # Batu finds one piece broken and rejects: without a reason that is refused at its field.
    errands.receive(batu, number)
    batu.page.check("input[name=conforms_1][value=no]")
    batu.page.click("button[name=verb][value=reject]")
    batu.refused("ORD-001")
    batu.page.check("input[name=conforms_1][value=no]")
    batu.page.fill("textarea[name=remark]", "其中一件外壳破损，无法使用。")
    batu.page.click("button[name=verb][value=reject]")
    batu.at(f"/buyer/orders/{number}/")
    batu.state("rejected")
    batu.verb("ask_exchange", reason="请更换破损的一件。")
    batu.state("exchanging")

    # Chen, who has the page open, sends other goods; this time they are in order.
    chen.go(f"/supplier/orders/{number}/redeliver/")
    chen.sees("请更换破损的一件。")
    chen.in_order()
    chen.page.fill("input[name=carrier]", "中通快递")
    chen.page.fill("input[name=waybill]", "ZTO7700112299")
    chen.page.click("main form .actions button")
    chen.state("dispatched")
    errands.accept(batu, number)


def test_who_ordered_does_not_accept(house: House, people: People) -> None:
    goods = errands.goods_of(house, errands.SHOP, USB, 10, 200, stock=10, nth=3)
    zhou, chen, batu = people("zhou"), people("chen"), people("batu")
    number = errands.buy(zhou, house, goods)
    chen.go(f"/supplier/orders/{number}/")
    chen.verb("confirm")
    errands.dispatch(chen, number, "JD0001112223")
    zhou.go(f"/buyer/orders/{number}/")
    zhou.verb("receive")
    zhou.refused("ORD-005")
    zhou.go(f"/buyer/orders/{number}/")
    zhou.state("dispatched")
    errands.accept(batu, number)
