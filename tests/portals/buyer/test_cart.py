"""From the shelf to the order: the cart, prices that changed, the checkout and its refusals."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from sunlit.domain.catalog.models import Offer
from sunlit.domain.market.models import CartLine, Order
from sunlit.domain.planning.models import Hold
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.kernel.clock import end_of_day, local_day
from tests.portals.clients import at_field, browser, codes, once
from tests.town import NOON, Town, in_cart


def checkout(town: Town, *lines: CartLine, **more: Any) -> dict[str, Any]:
    chosen = {"quota": town.quota.pk, "address": town.address.pk, "title": town.title.pk}
    return {"key": "k-1", "line": [line.pk for line in lines], "purpose": "教学", "note": "送到二楼", **chosen, **more}


def nothing_was_ordered(town: Town) -> None:
    town.quota.refresh_from_db()
    assert (Order.objects.count(), Hold.objects.count(), town.quota.held) == (0, 0, Decimal("0.00"))


def test_an_empty_cart_shows_the_way_to_the_library(town: Town) -> None:
    page = browser(town.aygul).get("/buyer/cart/").content.decode()
    assert "购物车还是空的" in page or "购物车是空的" in page
    assert 'href="/search/' in page


def test_an_offer_is_put_in_counted_and_taken_out(town: Town) -> None:
    client = browser(town.aygul)
    assert client.post("/buyer/cart/add/", once("a", offer="SP-3", quantity="10"))["Location"] == "/buyer/cart/"
    client.post("/buyer/cart/add/", once("b", offer="SP-3", quantity="2"))
    line = CartLine.objects.get()
    assert (line.quantity, line.price_seen) == (12, Decimal("128.50"))
    client.post("/buyer/cart/change/", {"line": line.pk, "quantity": "3"})
    page = client.get("/buyer/cart/").content.decode()
    assert "¥385.50" in page
    browser(town.zhou).post("/buyer/cart/change/", {"line": line.pk, "remove": "1"})  # a colleague's own cart is another one
    assert CartLine.objects.get().quantity == 3
    client.post("/buyer/cart/change/", {"line": line.pk, "remove": "1"})
    assert CartLine.objects.count() == 0


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "", "viele", "1000001", "9" * 30])
def test_a_quantity_is_a_whole_number_within_the_limit(town: Town, quantity: str) -> None:
    client = browser(town.aygul)
    line = in_cart(town, town.paper, 3)
    answer = client.post("/buyer/cart/change/", {"line": line.pk, "quantity": quantity})
    assert (answer.status_code, codes(answer)) == (422, ["ORD-017"])
    assert codes(client.post("/buyer/cart/add/", once(offer="SP-3", quantity=quantity))) == ["ORD-017"]
    assert CartLine.objects.get().quantity == 3


def test_what_is_not_on_sale_or_does_not_exist_is_not_put_in(town: Town) -> None:
    client = browser(town.aygul)
    Offer.objects.filter(pk=town.paper.pk).update(state="frozen", reason="价格异常")
    assert client.post("/buyer/cart/add/", once(offer="SP-3")).status_code in {404, 409}
    assert client.post("/buyer/cart/add/", once(offer="SP-9")).status_code == 404
    assert CartLine.objects.count() == 0


def test_every_problem_stands_at_its_line(town: Town) -> None:
    in_cart(town, town.paper, 1001)
    in_cart(town, town.laptop_corner, 1)
    Supplier.objects.filter(organisation=town.corner).update(
        state="suspended", reason="整改检查", suspended_until=end_of_day(local_day(NOON))
    )
    page = browser(town.aygul).get("/buyer/cart/")
    assert sorted(codes(page)) == ["ORD-012", "ORD-016"]
    assert page.content.decode().count("cart-line-wrong") == 2


def test_new_prices_are_taken_as_they_stood_on_the_page(town: Town) -> None:
    client = browser(town.aygul)
    line = in_cart(town, town.paper, 2)
    Offer.objects.filter(pk=town.paper.pk).update(price=Decimal("130.00"))
    page = client.get("/buyer/cart/").content.decode()
    assert f'name="seen_{line.pk}" value="130.00"' in page
    Offer.objects.filter(pk=town.paper.pk).update(price=Decimal("150.00"))  # once more, while the page is read
    client.post("/buyer/cart/prices/", {f"seen_{line.pk}": "130.00"})
    answer = client.post("/buyer/checkout/", checkout(town, line))
    assert (answer.status_code, codes(answer)) == (409, ["ORD-014"])
    nothing_was_ordered(town)
    assert (
        client.post("/buyer/cart/prices/", {f"seen_{line.pk}": "150.00", "line": line.pk})["Location"] == f"/buyer/checkout/?line={line.pk}"
    )
    assert client.post("/buyer/checkout/", checkout(town, line)).status_code == 302
    assert Order.objects.get().total == Decimal("300.00")


def test_a_price_that_is_none_is_a_bad_request(town: Town) -> None:
    line = in_cart(town, town.paper, 2)
    assert browser(town.aygul).post("/buyer/cart/prices/", {f"seen_{line.pk}": "1e5"}).status_code == 400


# The checkout


def test_nothing_chosen_leads_back_to_the_cart(town: Town) -> None:
    in_cart(town, town.paper, 2)
    assert browser(town.aygul).get("/buyer/checkout/")["Location"] == "/buyer/cart/"


def test_the_checkout_shows_what_can_be_chosen_and_places_one_order_a_supplier(town: Town) -> None:
    client = browser(town.aygul)
    paper, laptop = in_cart(town, town.paper, 2), in_cart(town, town.laptop_corner, 1)
    page = client.get(f"/buyer/checkout/?line={paper.pk}&line={laptop.pk}").content.decode()
    assert "ZB-2026-001" in page
    assert "孔雀河路1号" in page
    assert "5,156" in page  # 257.00 and 4,899.00 together
    assert "ZB-2026-002" not in page  # another organisation's
    assert client.post("/buyer/checkout/", checkout(town, paper, laptop))["Location"] == "/buyer/orders/"
    assert sorted(Order.objects.values_list("total", "purpose", "note")) == [
        (Decimal("257.00"), "教学", "送到二楼"),
        (Decimal("4899.00"), "教学", "送到二楼"),
    ]
    assert CartLine.objects.count() == 0


def test_one_order_is_shown_at_once_and_the_same_form_twice_is_one_order(town: Town) -> None:
    client = browser(town.aygul)
    line = in_cart(town, town.paper, 2)
    first, again = (client.post("/buyer/checkout/", checkout(town, line)) for _twice in range(2))
    assert first["Location"] == again["Location"] == f"/buyer/orders/{Order.objects.get().number}/"


@pytest.mark.parametrize(
    ("more", "status", "code", "on"),
    [
        ({"quota": ""}, 422, "BUD-002", "quota"),
        ({"address": "0"}, 422, "ORD-022", "address"),
        ({"title": "9999999"}, 422, "ORD-023", "title"),
        ({"purpose": "长" * 2001}, 422, "ORD-029", "purpose"),
        ({"note": "长" * 2001}, 422, "ORD-029", "note"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_ordered(
    town: Town, more: dict[str, str], status: int, code: str, on: str
) -> None:
    line = in_cart(town, town.paper, 2)
    answer = browser(town.aygul).post("/buyer/checkout/", checkout(town, line, **more))
    assert (answer.status_code, at_field(answer, on)) == (status, [code])
    nothing_was_ordered(town)
    assert CartLine.objects.count() == 1


def test_another_organisations_quota_address_and_title_are_refused(town: Town) -> None:
    line = in_cart(town, town.paper, 2)
    answer = browser(town.aygul).post("/buyer/checkout/", checkout(town, line, quota=town.hospital_quota.pk))
    assert at_field(answer, "quota") == ["BUD-002"]
    nothing_was_ordered(town)


def test_more_than_the_quota_holds_is_told_with_both_sums(town: Town) -> None:
    line = in_cart(town, town.paper, 1000)
    answer = browser(town.aygul).post("/buyer/checkout/", checkout(town, line))
    assert (answer.status_code, at_field(answer, "quota")) == (409, ["BUD-001"])
    assert "¥128,500.00" in answer.content.decode()
    nothing_was_ordered(town)


def test_above_the_own_limit_the_page_says_that_the_lead_decides(town: Town) -> None:
    type(town.school).objects.filter(pk=town.school.pk).update(approval_limit=Decimal("200.00"))
    client = browser(town.aygul, language="en")
    line = in_cart(town, town.paper, 2)
    page = client.get(f"/buyer/checkout/?line={line.pk}").content.decode()
    assert "Orders above ¥200.00 go to your lead for approval first." in page
    client.post("/buyer/checkout/", checkout(town, line))
    assert Order.objects.get().state == "awaiting_approval"


@pytest.mark.parametrize("who", ["batu", "li"])
def test_only_who_orders_has_a_cart(town: Town, who: str) -> None:
    for path in ("/buyer/cart/", "/buyer/checkout/"):
        assert browser(getattr(town, who)).get(path).status_code == 403


def test_cart_and_checkout_ask_the_database_a_fixed_number_of_times(town: Town, django_assert_max_num_queries: Any) -> None:
    client = browser(town.aygul)
    lines = [in_cart(town, offer, 1) for offer in (town.paper, town.laptop, town.laptop_corner)]
    query = "&".join(f"line={line.pk}" for line in lines)
    for path, most in (("/buyer/cart/", 6), (f"/buyer/checkout/?{query}", 12)):
        client.get(path)
        with django_assert_max_num_queries(most):
            assert len(re.findall("ORD-0", client.get(path).content.decode())) == 0
