"""The steps of a plan as pages, its review and filing by two people, and buying for it."""

from __future__ import annotations

from typing import Any

from sunlit.domain.disclosure import services as disclosure
from sunlit.domain.market.models import CartPlan, Order
from sunlit.domain.planning import services
from sunlit.domain.planning.models import Plan
from tests.domain.planning.plans import LAPTOPS, PAPER, drafted, filed
from tests.domain.planning.test_plans import asked
from tests.portals.buyer.test_cart import checkout
from tests.portals.clients import at_field, browser, codes, once
from tests.town import NOON, Town, in_cart

WHAT = {
    "name": "全年复印纸", "purpose": "教学", "starts_on": "2026-03-16", "intention": "", "demand": "",
    "category_1": "A05040101 复印纸", "name_1": "复印纸", "quantity_1": "600", "unit_1": "箱", "amount_1": "80000",
}  # fmt: skip


def text(response: Any) -> str:
    return str(response.content.decode())


def way(page: str) -> str:
    """The steps of the purchase."""
    return page.partition('<ol class="steps"')[2].partition("</ol>")[0]


def test_a_plan_is_written_handed_in_reviewed_filed_and_bought_for(town: Town) -> None:
    client, lead = browser(town.aygul), browser(town.zhou)
    answer = client.post("/buyer/plans/new/", once("1", **WHAT))
    it = Plan.objects.get()
    at = f"/buyer/plans/{it.number}/"
    assert answer["Location"] == at + "money/"
    assert client.post(at + "money/", once("2", quota_1=str(town.quota.pk), expected="1"))["Location"] == at + "how/"
    how = text(client.get(at + "how/"))
    assert 'data-method="emall" data-state="allowed"' in how
    assert 'data-method="inquiry" data-state="refused"' in how
    assert "询价须符合法定情形" in how  # why it is not lawful
    assert client.post(at + "how/", once("3", form="dispersed", method="emall", expected="2"))["Location"] == at + "policy/"
    assert client.post(at + "policy/", once("4", expected="3"))["Location"] == at
    client.post(at, once("5", verb="hand_in", expected="4"))
    assert codes(client.post(at, once("6", verb="review", points=["budget", "method", "complete"])))[:1] == ["PLN-030"]
    assert codes(lead.post(at, once("7", verb="review", points=["budget"])))[:1] == ["PLN-031"]
    lead.post(at, once("8", verb="review", points=["budget", "method", "complete"], opinion="同意"))
    client.post(at, once("9", verb="file"))
    it.refresh_from_db()
    assert it.state == "filed"
    assert client.post(at + "buy/", {})["Location"] == "/search/?category=A05040101"
    line = in_cart(town, town.paper, 100)
    assert it.number in text(client.get("/buyer/cart/"))
    page = text(client.get(f"/buyer/checkout/?line={line.pk}"))
    assert f'<option value="{it.number}" selected>' in page
    client.post("/buyer/checkout/", checkout(town, line, plan=it.number))
    order = Order.objects.get()
    assert order.plan == it
    page = text(client.get(at))
    assert order.number in page
    assert "¥67,150.00" in page  # what is left
    assert it.number in text(client.get(f"/buyer/orders/{order.number}/"))


def test_the_plan_of_a_cart_is_kept_over_the_sign_in_shown_and_dropped(town: Town) -> None:
    it = filed(town)
    browser(town.aygul).post(f"/buyer/plans/{it.number}/buy/", {})
    line, other = in_cart(town, town.paper, 10), in_cart(town, town.laptop_corner, 1)
    again = browser(town.aygul)  # another session of the same person
    cart = text(again.get("/buyer/cart/"))
    assert it.name in cart
    assert cart.count('data-code="PLN-042"') == 1  # the laptop is not planned
    page = text(again.get(f"/buyer/checkout/?line={line.pk}"))
    assert f'<option value="{it.number}" selected>' in page
    assert it.number in text(again.get(f"/buyer/checkout/?line={other.pk}"))  # told, not left out in silence
    assert it.number not in text(browser(town.zhou).get("/buyer/cart/"))  # a colleague's cart is another one
    assert again.post(f"/buyer/plans/{it.number}/buy/", {"stop": "1"})["Location"] == "/buyer/cart/"
    assert it.number not in text(again.get("/buyer/cart/"))
    assert CartPlan.objects.count() == 0


def test_a_plan_that_ended_meanwhile_is_told_in_the_cart(town: Town) -> None:
    it = filed(town)
    client = browser(town.aygul)
    client.post(f"/buyer/plans/{it.number}/buy/", {})
    line = in_cart(town, town.paper, 10)
    services.withdraw_plan(it, reason="项目取消", by=town.aygul, at=NOON)
    assert "已不能按该计划下单" in text(client.get("/buyer/cart/"))
    assert it.number not in text(client.get(f"/buyer/checkout/?line={line.pk}"))
    assert codes(client.post(f"/buyer/plans/{it.number}/buy/", {})) == ["ORD-036"]


def test_the_step_of_the_purchase_says_how_far_it_is(town: Town) -> None:
    it = filed(town)
    client = browser(town.aygul)
    assert "已采购 ¥" not in way(text(client.get(f"/buyer/plans/{it.number}/")))
    client.post("/buyer/checkout/", checkout(town, in_cart(town, town.paper, 100), plan=it.number))
    steps = way(text(client.get(f"/buyer/plans/{it.number}/")))
    assert "已采购 ¥12,850.00" in steps
    assert steps.count('aria-current="step"') == 1


def test_a_plan_is_printed_for_its_buyer_and_the_regulator(town: Town) -> None:
    it = filed(town)
    path = f"/papers/plans/{it.number}/plan.pdf"
    for actor in (town.aygul, town.surina):
        answer = browser(actor).get(path)
        assert (answer.status_code, answer["Content-Type"], answer.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert [browser(actor).get(path).status_code for actor in (town.ma, town.chen, None)] == [404, 404, 302]
    assert path in text(browser(town.aygul).get(f"/buyer/plans/{it.number}/"))


def test_grounds_open_other_methods_before_anything_is_saved(town: Town) -> None:
    it = drafted(town)
    page = text(browser(town.aygul).get(f"/buyer/plans/{it.number}/how/?grounds=uniform_goods&grounds=nonsense"))
    assert 'data-method="inquiry" data-state="allowed"' in page
    it.refresh_from_db()
    assert it.grounds == []


def test_problems_stand_at_their_fields_and_nothing_is_lost(town: Town) -> None:
    client = browser(town.aygul)
    answer = client.post("/buyer/plans/new/", once("1", **{**WHAT, "quantity_1": "many", "category_1": "复印纸"}))
    assert (answer.status_code, at_field(answer, "quantity_1"), at_field(answer, "category_1")) == (422, ["PLN-005"], ["PLN-003"])
    assert 'value="80000"' in text(answer)
    assert Plan.objects.count() == 0


def test_a_plan_begins_with_a_published_project(town: Town) -> None:
    rows = [{"name": "复印纸", "outline": "2000箱", "budget": "256000", "month": "2026-04", "note": ""}]
    notice = services.publish_intention(services.draft_intention(rows, by=town.aygul, at=NOON), by=town.zhou, at=NOON)
    item = notice.items.get()
    page = text(browser(town.aygul).get(f"/buyer/plans/new/?intention={item.pk}"))
    assert f'<option value="{item.pk}" selected>' in page
    assert 'value="复印纸"' in page


def test_a_purchase_over_the_threshold_is_told_to_belong_to_a_plan(town: Town) -> None:
    town.paper.stock = 9000
    town.paper.save()
    line = in_cart(town, town.paper, 2400)
    assert "ORD-025" in codes(browser(town.aygul).get(f"/buyer/checkout/?line={line.pk}"))


def test_another_buyers_plan_does_not_exist(town: Town) -> None:
    it = filed(town)
    client = browser(town.ma)
    assert [client.get(f"/buyer/plans/{it.number}/{step}").status_code for step in ("", "what/")] == [404, 404]
    assert client.post(f"/buyer/plans/{it.number}/buy/", {}).status_code == 404
    assert browser(town.batu).post(f"/buyer/plans/{it.number}/buy/", {}).status_code == 403
    assert browser(town.aygul).get(f"/buyer/plans/{it.number}/nothing/").status_code == 404


def test_the_prefecture_approves_from_its_queue(town: Town) -> None:
    it = asked(town)
    county, prefecture = browser(town.surina), browser(town.zheng)
    assert it.number in text(county.get("/regulator/plans/"))
    assert 'name="verb" value="approve"' not in text(county.get(f"/regulator/plans/{it.number}/"))
    page = text(prefecture.get(f"/regulator/plans/{it.number}/"))
    assert 'name="verb" value="approve"' in page
    assert "仅三家具备生产资质" in page
    assert codes(prefecture.post(f"/regulator/plans/{it.number}/", once("1", verb="refuse", reason="")))[:1] == ["PLN-036"]
    prefecture.post(f"/regulator/plans/{it.number}/", once("2", verb="approve", expected=str(it.version)))
    late = prefecture.post(f"/regulator/plans/{it.number}/", once("3", verb="refuse", reason="重复决定", expected=str(it.version)))
    assert codes(late)[:1] == ["LIF-003"]
    it.refresh_from_db()
    assert it.state == "approved"
    assert it.number in text(prefecture.get("/regulator/plans/?state=approved&region=652801&q=复印纸"))


def test_a_filed_plan_is_public_without_people_and_quotas(town: Town) -> None:
    it = filed(town, PAPER, {**LAPTOPS, "amount": "20000"})
    disclosure.tell_plan(it, at=NOON)
    page = text(browser(None, language="en").get(f"/plans/{it.number}/"))
    assert "electronic marketplace" in page
    assert "¥100,000.00" in page
    assert town.quota.number not in page
    assert "阿依古丽" not in page
    assert it.number in text(browser(None).get("/plans/?q=复印纸"))
    assert browser(None).get(f"/intentions/{it.number}/").status_code == 404


def test_the_desk_of_plans_costs_a_fixed_number_of_queries(town: Town, django_assert_max_num_queries: Any) -> None:
    client = browser(town.aygul)
    for n in range(3):
        filed(town, {**PAPER, "amount": f"{1000 + n}"})
    client.get("/buyer/plans/")
    with django_assert_max_num_queries(8):
        client.get("/buyer/plans/")
