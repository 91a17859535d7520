"""Which way suits a plan: proposed with its reasons, and with what past deals tell. And a quotation that a plan pays for."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from sunlit.domain.catalog.models import Product
from sunlit.domain.market import queries, services
from sunlit.domain.market.models import Order, Quotation
from sunlit.domain.planning.models import Plan, PlanLine, PlanUse
from sunlit.domain.rulebook.models import Rule
from sunlit.domain.rulebook.queries import book
from tests import town as towns
from tests.domain.planning.plans import LAPTOPS, PAPER, filed
from tests.quoting import OPENS, Fair, held, open_fair
from tests.town import NOON

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
