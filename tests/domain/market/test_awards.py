"""From an award to an order: money that lay ready becomes the order's own, once, and comes back where it ends without a deal."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sunlit.domain.market import services
from sunlit.domain.market.models import Order
from sunlit.domain.market.services import awards
from sunlit.domain.market.services.awards import AwardedLine
from sunlit.domain.planning.models import Hold, Plan, Purchase
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.domain.planning.plans import filed
from tests.town import NOON, Town, terms

ORIGIN = "XJ-20260302-0000001X"
REFERENCE = f"quotation/{ORIGIN}"


def won(town: Town, price: str = "120.00", quantity: int = 10) -> list[AwardedLine]:
    category = town.paper.product.category
    return [AwardedLine(category, "A4复印纸", "包", quantity, Decimal(price), brand="晨光", attributes={"克重": "80 g"}, warranty_months=3)]


def reserve(town: Town, plan: Plan | None = None, amount: str = "1500.00") -> None:
    parts = awards.parts_of(won(town, amount, 1), mode="quotation")
    awards.reserve(REFERENCE, buyer=town.quota.buyer, quota_id=town.quota.pk, plan=plan, parts=parts, by=town.aygul, at=NOON)


def award(town: Town, plan: Plan | None = None, *, reference: str = REFERENCE, price: str = "120.00") -> Order:
    return awards.order_from_award(
        mode="quotation",
        origin=ORIGIN,
        reference=reference,
        buyer=town.quota.buyer,
        supplier=town.paper.supplier,
        orderer_id=town.aygul.person,
        lines=won(town, price),
        terms=terms(town, **({"plan": plan.number} if plan else {})),
        delivery_days=7,
        by=CLOCK,
        at=NOON,
    )


def held(town: Town) -> str:
    town.quota.refresh_from_db()
    return str(town.quota.held)


def test_what_lay_ready_becomes_the_orders_own_hold(town: Town) -> None:
    reserve(town)
    assert held(town) == "1500.00"
    order = award(town)
    assert (order.state, order.mode, order.origin, str(order.total)) == ("placed", "quotation", ORIGIN, "1200.00")
    assert held(town) == "1200.00"
    assert Hold.objects.get(reference=f"order/{order.number}").amount == Decimal("1200.00")
    [line] = order.lines.all()
    assert (line.offer, line.product, line.snapshot["name"], line.snapshot["attributes"]) == (None, None, "A4复印纸", {"克重": "80 g"})
    entry = Entry.objects.get(subject=f"order/{order.number}")
    assert (entry.act, entry.facts["origin"], entry.facts["total"]) == ("order.award", ORIGIN, "1200.00")
    [counted] = Purchase.objects.filter(struck_at=None)
    assert (counted.reference, counted.method, counted.amount) == (f"order/{order.number}", "quotation", Decimal("1200.00"))


def test_an_award_asked_twice_makes_one_order(town: Town) -> None:
    reserve(town)
    assert award(town) == award(town)
    assert (Order.objects.count(), held(town)) == (1, "1200.00")


def test_an_award_the_budget_cannot_pay_leaves_everything_as_it_was(town: Town) -> None:
    reserve(town)
    with pytest.raises(Refused) as no:
        award(town, price="99999999.00")
    assert [problem.code for problem in no.value.problems] == ["BUD-001"]
    assert (Order.objects.count(), held(town)) == (0, "1500.00")


def test_the_clock_awards_for_a_plan_whose_money_goes_on(town: Town) -> None:
    plan = filed(town)
    reserve(town, plan)
    assert held(town) == "80000.00"
    order = award(town, plan)
    plan.refresh_from_db()
    assert (order.plan, plan.state, held(town)) == (plan, "executing", "80000.00")
    awards.free(f"order/{order.number}", at=NOON)
    assert held(town) == "80000.00"


def test_a_declined_award_frees_the_money_and_touches_no_shelf(town: Town) -> None:
    reserve(town)
    order = award(town)
    stock = town.paper.stock
    services.decline(order, reason="无法按时供货，原材料短缺", by=town.chen, at=NOON)
    town.paper.refresh_from_db()
    assert (held(town), town.paper.stock) == ("0.00", stock)


def test_a_procedure_that_comes_to_nothing_frees_its_money(town: Town) -> None:
    reserve(town)
    awards.free(REFERENCE, at=NOON)
    assert (held(town), Purchase.objects.filter(struck_at=None).count()) == ("0.00", 0)
