"""Which way suits a plan: proposed with its reasons, and with what past deals tell. And a quotation that a plan pays for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sunlit.domain.catalog.models import Category, Product
from sunlit.domain.market import queries, services
from sunlit.domain.market.models import FrameworkEntry, Order, Package, Quotation
from sunlit.domain.market.services import batches, calloffs
from sunlit.domain.planning.models import Plan, PlanLine, PlanUse
from sunlit.domain.rulebook.models import Rule
from sunlit.domain.rulebook.queries import book
from sunlit.foundation.kernel.refusals import Refused
from tests import town as towns
from tests.domain.market import frames
from tests.domain.planning.plans import LAPTOPS, PAPER, filed
from tests.quoting import OPENS, Fair, held, open_fair
from tests.town import NOON

THEN = frames.AFTER + timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def fair(tmp_path: Path, db: None) -> Iterator[Fair]:
    with open_fair(tmp_path) as fair:
        yield fair


def on_sale(fair: Fair, product: Product) -> None:
    """Two more suppliers have it on the shelf."""
    for n, seller in enumerate((fair.song, fair.guo)):
        supplier = type(fair.town.shop).objects.select_related("region").get(pk=seller.party)
        towns._offer(supplier, product, f"SP-{product.pk}-{n}", "130.00", 500, NOON)


def proposed(it: Plan) -> str:
    first, *others = queries.ways_for(it, at=NOON)
    assert first.proposed
    assert not any(way.proposed for way in others)
    assert {way.mode for way in (first, *others)} == {"supermarket", "quotation", "auction"}
    return first.mode


def test_what_few_have_on_the_shelf_is_asked_for(fair: Fair) -> None:
    it = filed(fair.town, PAPER)
    assert proposed(it) == "quotation"
    assert "3" in str(queries.ways_for(it, at=NOON)[0].reason)


def test_one_thing_that_many_sell_is_bid_down_and_a_small_purchase_simply_ordered(fair: Fair) -> None:
    on_sale(fair, fair.town.paper.product)
    towns._offer(fair.town.corner, fair.town.paper.product, "SP-X", "129.00", 500, NOON)
    it = filed(fair.town, PAPER)
    assert proposed(it) == "auction"
    Rule.objects.filter(key="ways.compete_from").update(value={"yuan": "80000.01"})
    book.forget()
    assert proposed(it) == "supermarket"


def test_several_things_are_compared(fair: Fair) -> None:
    for product in (fair.town.paper.product, fair.town.laptop.product):
        on_sale(fair, product)
    towns._offer(fair.town.corner, fair.town.paper.product, "SP-X", "129.00", 500, NOON)
    assert proposed(filed(fair.town, {**PAPER, "amount": "40000"}, {**LAPTOPS, "amount": "30000"})) == "quotation"


def test_a_plan_pays_for_a_quotation_and_gets_back_what_is_left(fair: Fair) -> None:
    it = filed(fair.town, PAPER)
    line = {
        "category": "A05040101",
        "name": "A4复印纸",
        "quantity": "500",
        "unit": "箱",
        "ceiling": "120.00",
        "parameters": "70克\n白度不低于90",
    }
    asked = fair.draft(plan=it.number, quota="", items=[line])
    assert (asked.plan, asked.quota) == (it, fair.town.quota)
    asked = services.publish_quotation(asked, by=fair.town.zhou, at=NOON)
    plan_line = PlanLine.objects.get(plan=it)
    assert held() == {f"quotation/{asked.number}": Decimal("60000.00"), plan_line.hold: Decimal("20000.00")}
    for seller, price in zip(fair.sellers, ("110.00", "105.00", "118.00"), strict=False):
        fair.quote(asked, seller, price)
    fair.clock(OPENS)
    for quote in asked.quotes.all():
        services.judge_quote(quote, conforms=True, by=fair.town.aygul, at=OPENS)
    asked = services.award_quotation(asked, by=fair.town.zhou, at=OPENS)
    order, plan_line = Order.objects.get(), PlanLine.objects.get(plan=it)
    assert (order.plan, order.total) == (it, Decimal("52500.00"))
    assert held() == {f"order/{order.number}": Decimal("52500.00"), plan_line.hold: Decimal("27500.00")}
    assert [(use.reference.partition("/")[0], use.given_back_at is None) for use in PlanUse.objects.order_by("pk")] == [
        ("quotation", False),
        ("order", True),
    ]
    told = next(way.past for way in queries.ways_for(Plan.objects.get(pk=it.pk), at=OPENS) if way.mode == "quotation")
    assert (told.deals, told.days, told.saving) == (1, Decimal("2.9"), Decimal("0.125"))


def test_a_quotation_that_comes_to_nothing_gives_its_plan_everything_back(fair: Fair) -> None:
    it = filed(fair.town, PAPER)
    line = {"category": "A05040101", "name": "A4复印纸", "quantity": "500", "unit": "箱", "ceiling": "120.00", "parameters": ""}
    asked = services.publish_quotation(fair.draft(plan=it.number, items=[line]), by=fair.town.zhou, at=NOON)
    services.cancel_quotation(asked, cause="demand_changed", reason="改为由总务处统一采购。。", by=fair.town.zhou, at=NOON)
    plan_line = PlanLine.objects.get(plan=it)
    assert held() == {plan_line.hold: Decimal("80000.00")}
    assert plan_line.used == 0
    assert Quotation.objects.get().state == "cancelled"


# What is agreed for the region already


def agreed(fair: Fair) -> Package:
    """An agreement for copy paper in force at 120 to 122 yuan under a ceiling of 150."""
    it, _parties = frames.in_force(fair.town, "120.00", "121.00", "122.00", "123.00", by=frames.sellers(4))
    package: Package = it.packages.select_related("framework", "category").get()
    return package


def test_what_is_agreed_is_proposed_and_takes_the_money_of_the_plan(fair: Fair) -> None:
    it, town = filed(fair.town, PAPER), fair.town
    assert proposed(it) == "quotation", "before it is agreed it is no way"
    package = agreed(fair)
    first, *_others = queries.ways_for(it, at=THEN)
    assert (first.mode, first.proposed, first.package, first.past.deals) == ("framework", True, package, 0)
    assert package.framework.number in str(first.reason)
    told: dict[str, Any] = {"quota_id": town.quota.pk, "address_id": town.address.pk, "title_id": town.title.pk, "purpose": "教学"}
    entry = FrameworkEntry.objects.filter(package=package, state="signed").order_by("rank")[0]
    by = fair.town.aygul
    chosen: dict[str, Any] = {"mode": "direct", "entry": entry.number, "reason": "价格最低，当天送达"}
    with pytest.raises(Refused) as refused:
        calloffs.call_off(package, quantity="10", plan="JH-NONE", **chosen, **told, by=by, at=THEN)
    assert list(refused.value.codes) == ["ORD-035"]
    made = calloffs.call_off(package, quantity="10", plan=it.number, **chosen, **told, by=by, at=THEN)
    order = Order.objects.get(number=made.order_number)
    assert (order.plan, order.total) == (it, Decimal("1200.00"))
    assert PlanUse.objects.get(line__plan=it, given_back_at=None).amount == Decimal("1200.00")
    first, *_others = queries.ways_for(it, at=THEN)
    assert (first.past.deals, first.past.days, first.past.saving) == (1, Decimal("0.0"), Decimal("0.2"))


def test_a_bidding_for_a_plan_lays_its_money_ready_and_gives_it_back(fair: Fair) -> None:
    it, package, town = filed(fair.town, PAPER), agreed(fair), fair.town
    told: dict[str, Any] = {"quota_id": town.quota.pk, "address_id": town.address.pk, "title_id": town.title.pk}
    made = calloffs.call_off(package, mode="bidding", quantity="10", plan=it.number, **told, by=town.aygul, at=THEN)
    assert PlanUse.objects.get(line__plan=it, given_back_at=None).amount == Decimal("1220.00"), "at the highest price of the agreement"
    calloffs.withdraw_calloff(made, reason="改为下月一并采购", by=town.aygul, at=THEN)
    assert not PlanUse.objects.filter(line__plan=it, given_back_at=None).exists()
    assert not [reference for reference in held() if reference.startswith("calloff")]


def test_what_others_pool_is_bought_with_them(fair: Fair) -> None:
    it, package = filed(fair.town, PAPER), agreed(fair)
    batch = batches.open_batch(package, period="2026-04", by=fair.town.zhou, at=THEN)
    first, second, *_others = queries.ways_for(it, at=THEN)
    assert (first.mode, first.batch) == ("batch", batch)
    assert "2026-04-" in str(first.reason)
    assert not second.proposed
    assert "framework" in {way.mode for way in queries.ways_for(it, at=THEN)}


def test_above_the_threshold_nothing_is_bought_under_an_agreement(fair: Fair) -> None:
    it = filed(fair.town, PAPER)
    agreed(fair)
    it.items.update(amount=Decimal("90000000.00"))
    assert {way.mode for way in queries.ways_for(it, at=THEN)} == {"supermarket", "quotation", "auction"}


def test_several_kinds_have_a_way_each_where_all_of_them_are_agreed_or_pooled(fair: Fair) -> None:
    it = filed(fair.town, {**PAPER, "amount": "40000"}, {**LAPTOPS, "amount": "30000"})
    package = agreed(fair)
    assert {way.mode for way in queries.ways_for(it, at=THEN)} == {"supermarket", "quotation", "auction"}  # nothing is agreed for laptops
    laptops = Category.objects.get(code="A02010108")
    other = Package.objects.create(
        framework=package.framework, position=2, name="便携式计算机", category=laptops, unit="台", ceiling="5200.00"
    )
    first, second, *others = queries.ways_for(it, at=THEN)
    assert [(way.mode, way.package, way.line, way.proposed) for way in (first, second)] == [
        ("framework", package, package.category, True),
        ("framework", other, laptops, True),
    ]
    assert [(way.mode, way.proposed, way.line) for way in others] == [
        (mode, False, None) for mode in ("supermarket", "quotation", "auction")
    ]
    batch = batches.open_batch(package, period="2026-04", by=fair.town.zhou, at=THEN)
    ways = queries.ways_for(it, at=THEN)
    assert [(way.mode, way.batch, way.line) for way in ways if way.proposed] == [
        ("batch", batch, package.category),
        ("framework", None, laptops),
    ]
    it.items.filter(category=laptops).update(amount=Decimal("89960000.00"))  # each kind is judged by what it comes to itself
    assert not any(way.line for way in queries.ways_for(it, at=THEN))


def test_what_is_agreed_for_a_wider_kind_is_not_proposed_for_the_money_would_be_refused(fair: Fair) -> None:
    it, package = filed(fair.town, PAPER), agreed(fair)
    Package.objects.filter(pk=package.pk).update(category=package.category.parent)
    assert {way.mode for way in queries.ways_for(it, at=THEN)} == {"supermarket", "quotation", "auction"}


def test_a_suspended_batch_is_no_way(fair: Fair) -> None:
    it, package = filed(fair.town, PAPER), agreed(fair)
    batch = batches.open_batch(package, period="2026-04", by=fair.town.zhou, at=THEN)
    batches.suspend_batch(batch, reason="收到投诉，暂停调查", by=fair.town.surina, at=THEN)
    assert "batch" not in {way.mode for way in queries.ways_for(it, at=THEN)}
