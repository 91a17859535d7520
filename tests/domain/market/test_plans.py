"""Buying for a plan: its money is passed on and never held twice, its categories fit, and what ends without a deal lies for it again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from sunlit.domain.catalog.models import PolicyTag
from sunlit.domain.market import services as market
from sunlit.domain.market.models import Order
from sunlit.domain.market.modes.supermarket import place
from sunlit.domain.market.queries.wishes import Wish
from sunlit.domain.planning import queries, services
from sunlit.domain.planning.models import BudgetQuota, Hold, Plan, PlanLine, PlanUse, Purchase
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.models import Rule
from sunlit.foundation.kernel.refusals import Refused
from tests.domain.planning.plans import LAPTOPS, PAPER, filed
from tests.town import NOON, Town, build, terms

NEXT_YEAR = datetime(2027, 1, 8, 4, 0, tzinfo=UTC)


def buy(town: Town, it: Plan | None, quantity: int = 100, *, key: str = "k1", offer: Any = None, **more: Any) -> Order:
    """Paper at 128.50 (or `offer`) for the plan."""
    offer = offer or town.paper
    named = {"plan": it.number} if it else {}
    [order] = place(key=key, wishes=[Wish(offer.pk, quantity, offer.price)], terms=terms(town, **named, **more), by=town.aygul, at=NOON)
    return order


def refused(act: Any, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as no:
        act(*args, **kwargs)
    return [(problem.code, problem.on) for problem in no.value.problems]


def money_of(town: Town, it: Plan) -> tuple[str, str, str]:
    """What the quota holds, what the plan has left, and what its hold is over."""
    town.quota.refresh_from_db()
    line = PlanLine.objects.get(plan=it)
    lies = Hold.objects.get(reference=line.hold).amount if line.hold else Decimal("0.00")
    return str(town.quota.held), str(line.left), str(lies)


def test_the_money_of_the_plan_goes_on_to_the_order_and_is_held_once(town: Town) -> None:
    it = filed(town)
    assert money_of(town, it) == ("80000.00", "80000.00", "80000.00")
    order = buy(town, it, 100)
    it.refresh_from_db()
    assert (order.plan, it.state, order.total) == (it, "executing", Decimal("12850.00"))
    assert money_of(town, it) == ("80000.00", "67150.00", "67150.00")
    assert Hold.objects.get(reference=f"order/{order.number}").amount == Decimal("12850.00")
    assert [(use.reference, use.parts) for use in queries.uses_of(it)] == [(f"order/{order.number}", {"A05040101": "12850.00"})]
    counted = Purchase.objects.filter(struck_at=None).order_by("amount").values_list("amount", flat=True)
    assert [str(amount) for amount in counted] == ["12850.00", "67150.00"]  # splitting counts the same money once, too


def test_an_order_that_ends_without_a_deal_gives_the_money_back_to_the_plan(town: Town) -> None:
    it = filed(town)
    order = buy(town, it, 100)
    market.withdraw(order, reason="数量有误", by=town.aygul, at=NOON)
    assert money_of(town, it) == ("80000.00", "80000.00", "80000.00")
    assert PlanUse.objects.get().given_back_at == NOON
    assert services.withdraw_plan(it, reason="项目取消", by=town.aygul, at=NOON).state == "withdrawn"  # nothing is bought any more


def test_in_a_closed_year_an_order_still_ends_and_what_lies_for_its_plan_stays(town: Town) -> None:
    it = filed(town)
    order = buy(town, it, 100)
    services.close_year(region="652800", year=2026, by=town.zheng, at=NOON)
    assert refused(buy, town, it, 10, key="k2") == [("BUD-016", "quota")]
    market.withdraw(order, reason="数量有误", by=town.aygul, at=NOON)
    assert money_of(town, it) == ("67150.00", "80000.00", "67150.00")
    assert queries.differences() == []


def test_a_plan_that_was_carried_over_gets_the_money_of_its_order_back_in_the_new_year(town: Town) -> None:
    it = filed(town)
    order = buy(town, it, 100)
    services.close_year(region="652800", year=2026, by=town.zheng, at=NOON)
    next_one = services.carry_over(
        town.quota, available=False, running=True, reason="按规定结转", by=town.zheng, at=NOON + timedelta(days=320)
    )
    assert (str(next_one.total), str(next_one.held), PlanLine.objects.get(plan=it).quota) == ("80000.00", "80000.00", next_one)
    market.withdraw(order, reason="数量有误", by=town.aygul, at=NOON)
    next_one.refresh_from_db()
    assert (money_of(town, it), str(next_one.held)) == (("0.00", "80000.00", "80000.00"), "80000.00")
    assert queries.differences() == []


def test_after_the_plan_is_finished_the_money_of_a_lapsed_order_is_free(town: Town) -> None:
    it = filed(town)
    order = buy(town, it, 100)
    assert refused(services.withdraw_plan, it, reason="项目取消", by=town.aygul, at=NOON) == [("PLN-037", "")]
    services.finish_plan(it, by=town.aygul, at=NOON)
    assert money_of(town, it) == ("12850.00", "67150.00", "0.00")
    market.decline(order, reason="无法供货", by=town.chen, at=NOON)
    town.quota.refresh_from_db()
    assert town.quota.held == 0


def test_an_accepted_order_is_committed_as_every_other(town: Town) -> None:
    it = filed(town)
    order = buy(town, it, 100)
    services.commit(reference=f"order/{order.number}", at=NOON)
    town.quota.refresh_from_db()
    assert (town.quota.held, town.quota.committed) == (Decimal("67150.00"), Decimal("12850.00"))


def test_no_more_is_bought_than_is_left_to_the_fen(town: Town) -> None:
    it = filed(town, {**PAPER, "amount": "25700"})
    assert refused(buy, town, it, 201) == [("PLN-041", "plan")]
    buy(town, it, 200)
    assert money_of(town, it) == ("25700.00", "0.00", "0.00")
    assert refused(buy, town, it, 1, key="k2") == [("PLN-041", "plan")]
    assert Order.objects.count() == 1


def test_what_is_not_planned_is_not_bought_for_the_plan(town: Town) -> None:
    it = filed(town)
    assert refused(buy, town, it, 1, offer=town.laptop) == [("PLN-042", "plan")]
    assert refused(buy, town, it, 1, quota_id=town.hospital_quota.pk) == [("PLN-043", "quota")]
    assert refused(buy, town, None, 1, plan="JH-20260302-00000000") == [("ORD-035", "plan")]
    open_tender = filed(town, {**PAPER, "amount": "1000"}, method="open_tender")
    assert refused(buy, town, open_tender, 1) == [("PLN-040", "plan")]
    assert Order.objects.count() == 0


def test_from_the_threshold_on_a_purchase_without_a_plan_is_warned_of_and_refused_where_the_row_is_law(town: Town) -> None:
    town.quota.total = Decimal("900000.00")
    town.quota.save()
    town.paper.stock = 9000
    town.paper.save()
    order = buy(town, None, 2400)  # 308,400.00
    told = {ruling["reason"]["code"]: ruling["verdict"] for ruling in order.rulings}
    assert told["ORD-025"] == "warned"
    Rule.objects.filter(key="threshold.procurement", kind="goods", region__code="652800").update(binding=True)
    rulebook.forget()
    assert refused(buy, town, None, 2400, key="k2") == [("ORD-025", "plan")]
    assert Order.objects.count() == 1


def test_a_plan_carries_a_purchase_over_the_threshold(town: Town) -> None:
    town.quota.total = Decimal("900000.00")
    town.quota.save()
    town.paper.stock = 9000
    town.paper.save()
    it = filed(town, {**PAPER, "amount": "400000"})
    order = buy(town, it, 2400)
    assert "ORD-025" not in {ruling["reason"]["code"] for ruling in order.rulings}


def test_mandatory_green_categories_want_a_certificate_in_date(town: Town) -> None:
    it = filed(town, LAPTOPS, form="central")
    order = buy(town, it, 1, offer=town.laptop)
    assert ("green.purchase", "warned") in {(ruling["rule"]["key"], ruling["verdict"]) for ruling in order.rulings}
    for other in ("environmental_label", "manufacturer_direct"):  # certificates of something else
        PolicyTag.objects.create(offer=town.laptop, tag=other, certificate="CEC-1", expires_on=date(2026, 12, 31))
    order = buy(town, it, 1, offer=town.laptop, key="k1b")
    assert ("green.purchase", "warned") in {(ruling["rule"]["key"], ruling["verdict"]) for ruling in order.rulings}
    tag = PolicyTag.objects.create(offer=town.laptop, tag="energy_saving", certificate="CQC-1", expires_on=date(2026, 3, 2))
    order = buy(town, it, 1, offer=town.laptop, key="k2")
    assert "green.purchase" not in {ruling["rule"]["key"] for ruling in order.rulings}
    PolicyTag.objects.filter(pk=tag.pk).update(expires_on=date(2026, 3, 1))
    Rule.objects.filter(key="green.purchase").update(binding=True)
    rulebook.forget()
    assert refused(buy, town, it, 1, offer=town.laptop, key="k3") == [("RUL-023", "plan")]


def test_imports_are_bought_only_for_plans_with_an_authorisation(town: Town) -> None:
    it = filed(town)
    PolicyTag.objects.create(offer=town.paper, tag="imported_product")
    assert refused(buy, town, it, 1) == [("ORD-034", f"line_{town.paper.pk}")]


def test_a_checkout_over_two_suppliers_takes_both_or_nothing(town: Town) -> None:
    it = filed(town, {**LAPTOPS, "amount": "9000"}, form="central")
    wishes = [Wish(offer.pk, 1, offer.price) for offer in (town.laptop, town.laptop_corner)]  # 4,999.00 and 4,899.00
    assert refused(place, key="k1", wishes=wishes, terms=terms(town, plan=it.number), by=town.aygul, at=NOON) == [("PLN-041", "plan")]
    assert (Order.objects.count(), PlanUse.objects.count(), money_of(town, it)) == (0, 0, ("9000.00", "9000.00", "9000.00"))


@pytest.mark.django_db(transaction=True)
def test_many_hands_never_take_more_than_the_plan_has() -> None:
    town = build()
    it = filed(town, {**PAPER, "amount": "6425"})  # fifty boxes

    def hand(n: int) -> str:
        try:
            order = buy(town, it, 20, key=f"k{n}")
            if n % 3 == 0:
                market.withdraw(order, reason="改变主意", by=town.aygul, at=NOON + timedelta(minutes=1))
                return "given back"
            return "bought"
        except Refused as no:
            return no.codes[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(hand, range(8)))
    line = PlanLine.objects.get(plan=it)
    town.quota.refresh_from_db()
    assert set(told) <= {"bought", "given back", "PLN-041"}
    assert line.used == Decimal("2570.00") * told.count("bought")
    assert line.used <= line.amount
    assert town.quota.held == Decimal("6425.00")  # what orders hold and what lies for the plan, together and always


def while_waiting(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
    """The first is carried out, and not yet over while the second, on a connection of its own, waits for it."""

    def hand() -> Any:
        try:
            return second()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            one = first()
            other = pool.submit(hand)
            while not somebody_waits():
                assert not other.done(), other.result()
        return one, other.result()


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("ends_first", "lies"), [(True, "67150.00"), (False, "80000.00")])
def test_an_order_that_ends_and_the_carry_over_of_its_quota_wait_for_each_other(ends_first: bool, lies: str) -> None:
    """Whichever comes first: the plan's money goes on with it; what came back in the closed year is free, what comes back later is the plan's."""
    town = build()
    it = filed(town)
    order = buy(town, it, 100)
    services.close_year(region="652800", year=2026, by=town.zheng, at=NOON)
    told: dict[str, Any] = {"available": True, "running": True, "reason": "按规定结转", "by": town.zheng, "at": NEXT_YEAR}
    acts = (
        lambda: market.withdraw(order, reason="数量有误", by=town.aygul, at=NOON),
        lambda: services.carry_over(town.quota, **told),
    )
    while_waiting(*(acts if ends_first else reversed(acts)))
    next_one, line = BudgetQuota.objects.get(predecessor=town.quota), PlanLine.objects.get(plan=it)
    assert (line.quota, line.used, str(Hold.objects.get(reference=line.hold).amount)) == (next_one, Decimal("0.00"), lies)
    assert (str(next_one.held), str(next_one.total)) == (lies, "100000.00")
    assert queries.differences() == []


@pytest.mark.django_db(transaction=True)
def test_a_checkout_for_a_plan_waits_for_the_one_before_it() -> None:
    town = build()
    it = filed(town, {**PAPER, "amount": "2000"}, {**LAPTOPS, "amount": "8000"}, form="central")
    orders = while_waiting(lambda: buy(town, it, 1, key="k1"), lambda: buy(town, it, 1, key="k2", offer=town.laptop))
    assert PlanLine.objects.get(plan=it).used == sum(order.total for order in orders) == Decimal("5127.50")
    assert queries.differences() == []


def test_a_plan_that_was_carried_over_is_bought_for_in_the_new_year(town: Town) -> None:
    """Its objects name the quota that they were planned on; what is left of them is still known by category."""
    it = filed(town)
    buy(town, it, 100)
    services.close_year(region="652800", year=2026, by=town.zheng, at=NOON)
    next_one = services.carry_over(town.quota, available=False, running=True, reason="按规定结转", by=town.zheng, at=NEXT_YEAR)
    assert refused(buy, town, it, 10, key="k2") == [("PLN-043", "quota")]  # the old quota
    [order] = place(
        key="k3",
        wishes=[Wish(town.paper.pk, 200, town.paper.price)],
        terms=replace(terms(town, plan=it.number), quota_id=next_one.pk),
        by=town.aygul,
        at=NEXT_YEAR,
    )
    line = PlanLine.objects.get(plan=it)
    assert (order.quota, line.quota, str(line.used)) == (next_one, next_one, "38550.00")
    [rest] = Purchase.objects.filter(reference=line.hold)
    assert (rest.category_code, str(rest.amount), rest.quota) == ("A05040101", "41450.00", next_one)
    assert queries.differences() == []


def test_what_was_wholly_bought_comes_back_to_its_plan_after_the_carry_over(town: Town) -> None:
    it = filed(town, {**PAPER, "amount": "12850"})
    order = buy(town, it, 100)
    assert PlanLine.objects.get(plan=it).hold == ""
    services.close_year(region="652800", year=2026, by=town.zheng, at=NOON)
    next_one = services.carry_over(town.quota, available=False, running=True, reason="按规定结转", by=town.zheng, at=NEXT_YEAR)
    market.withdraw(order, reason="数量有误", by=town.aygul, at=NOON)
    line = PlanLine.objects.get(plan=it)
    assert (line.quota, str(line.left), str(Hold.objects.get(reference=line.hold).amount)) == (next_one, "12850.00", "12850.00")
