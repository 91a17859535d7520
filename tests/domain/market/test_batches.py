"""Batch purchases: pooled by period, bid for once, split into one order a buyer; every way in which they come to nothing frees all money and says why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest

from sunlit.domain.market import policies
from sunlit.domain.market.models import Batch, BatchBid, BatchDemand, Order
from sunlit.domain.market.modes import batch as mode
from sunlit.domain.market.queries import batches as queries
from sunlit.domain.market.rules import batches as rules
from sunlit.domain.market.services import batches as services
from sunlit.domain.market.services import frameworks
from sunlit.domain.planning import services as planning
from sunlit.domain.planning.models import BudgetQuota, PlanLine
from sunlit.domain.registry.models import Supplier
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.models import Rule
from sunlit.foundation.accounts.models import Address, InvoiceTitle, Region
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.lifecycle import row_digest
from tests.domain.market.pooling import CLOSES, THEN, TICK, Pool, held, pool
from tests.domain.planning.plans import LAPTOPS, PAPER, filed

REASON = "采购需求发生重大变化"


@pytest.fixture
def house(db: None, settings: Any, tmp_path: Any) -> Pool:
    settings.DATA_DIR = tmp_path
    return pool()


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(problem.code, problem.on) for problem in refused.value.problems]


def causes() -> set[tuple[str, str]]:
    return set(BatchDemand.objects.values_list("state", "cause"))


# The calendar


def test_the_calendar_counts_months_quarters_and_half_years() -> None:
    day = date(2026, 5, 20)
    told = {every: list(islice(rules.periods(day, every=every, closing_day=8), 3)) for every in rules.PERIODS}
    assert [one.code for one in told["month"]] == ["2026-05", "2026-06", "2026-07"]
    assert [one.code for one in told["quarter"]] == ["2026-Q2", "2026-Q3", "2026-Q4"]
    assert [one.code for one in told["half_year"]] == ["2026-H1", "2026-H2", "2027-H1"]
    third = told["quarter"][1]
    assert (third.first, third.last, third.demands_until) == (
        date(2026, 7, 1),
        date(2026, 9, 30),
        datetime(2026, 7, 8, 16, tzinfo=UTC),
    )


def test_a_period_is_offered_while_there_is_time_to_submit_for_it(house: Pool) -> None:
    path = house.package.framework.region_path
    assert [one.code for one in queries.coming_periods(path, at=THEN)] == ["2026-04", "2026-05", "2026-06", "2026-07"]
    late = datetime(2026, 4, 7, 4, tzinfo=UTC)  # five working days do not fit before the eighth
    assert queries.coming_periods(path, at=late)[0].code == "2026-05"
    Rule.objects.filter(key="batch.period").update(value={"choice": "quarter"})
    rulebook.forget()
    assert [one.code for one in queries.coming_periods(path, at=THEN)][:2] == ["2026-Q2", "2026-Q3"]


# The way to the orders


def test_demands_are_pooled_bid_for_and_split_into_one_order_a_buyer(house: Pool) -> None:
    it = house.open()
    assert (it.state, it.until, it.cap, it.configuration) == ("collecting", CLOSES, Decimal("122.00"), "70克，五包一箱，白度不低于95")
    house.confirmed(it, 10, 20, 30)
    assert held() == {"batch": Decimal("7320.00")}  # 60 at the cap
    assert mode.go_on_due(CLOSES - TICK) == 0
    assert mode.go_on_due(CLOSES) == 1
    assert mode.go_on_due(CLOSES) == 0
    it.refresh_from_db()
    assert (it.state, it.pooled) == ("pooled", 60)
    it = services.publish_batch(it, by=house.town.zhou, at=CLOSES)
    house.bid(it, 0, "118.00")
    house.bid(it, 1, "117.00", at=CLOSES + timedelta(hours=1))
    house.bid(it, 2, "117.00", at=CLOSES + timedelta(hours=2))  # as low, but later
    assert mode.go_on_due(it.until) == 1
    it.refresh_from_db()
    assert (it.state, it.price, it.entry) == ("compared", Decimal("117.00"), house.parties[1])
    it = mode.confirm_result(it, by=house.town.zhou, at=it.until - TICK)
    with pytest.raises(Refused) as refused:
        mode.take_orders(it, by=house.people[0], at=it.until - TICK)
    assert codes(refused) == [("BAT-018", "")]
    with pytest.raises(Refused) as refused:
        mode.take_orders(it, by=house.people[1], at=it.until)
    assert codes(refused) == [("BAT-010", "")]
    it = mode.take_orders(it, by=house.people[1], at=it.until - TICK)
    orders = {order.buyer_id: order for order in Order.objects.all()}
    assert (it.state, it.ordered, len(orders)) == ("awarded", 60, 3)
    for buyer, quantity in zip(house.buyers, (10, 20, 30), strict=True):
        order, demand = orders[buyer.actor.party], BatchDemand.objects.get(buyer_id=buyer.actor.party)
        assert (order.mode, order.origin, order.state, order.quota_id) == ("batch", demand.number, "placed", buyer.quota.pk)
        assert (order.total, order.supplier_id, demand.order_number) == (quantity * Decimal("117.00"), house.people[1].party, order.number)
        assert order.delivery["address"] == buyer.address.text
    assert held() == {"order": Decimal("7020.00")}
    for one in (it, *BatchDemand.objects.all()):
        kind = "batch_purchase" if isinstance(one, Batch) else "batch_demand"
        assert Entry.objects.filter(subject=f"{kind}/{one.number}").latest("pk").facts["row"] == row_digest(one)


def test_the_winner_names_by_region_who_delivers_for_it(house: Pool) -> None:
    Address.objects.filter(pk=house.buyers[2].address.pk).update(region=Region.objects.get(code="652823"))
    mine, others = house.dealer(0, "652801"), house.dealer(1)
    it = house.offered("110.00", "111.00")
    last, town = it.until - TICK, house.town
    places = [(place.code, place.orders, place.quantity) for place in queries.places_of(it)]
    assert places == [("652801", 2, 30), ("652823", 1, 30)]

    def take(**dealers: str) -> Batch:
        return mode.take_orders(it, dealers={code.removeprefix("in_"): it for code, it in dealers.items()}, by=house.people[0], at=last)

    for told, expected in (
        ({"in_652801": others.number}, [("CAL-020", "dealer_652801")]),  # of another party
        ({"in_652801": "KD-0"}, [("CAL-020", "dealer_652801")]),
        ({"in_652801": mine.number, "in_652823": mine.number}, [("FWP-008", "dealer_652823")]),
        ({"in_652824": mine.number}, [("BAT-020", "dealer_652824")]),
    ):
        with pytest.raises(Refused) as refused:
            take(**told)
        assert codes(refused) == expected
    Supplier.objects.filter(organisation=town.shop).update(state="suspended", suspended_until=last, reason="材料造假")
    with pytest.raises(Refused) as refused:
        take(in_652801=mine.number)
    assert codes(refused) == [("CAL-020", "dealer_652801")]
    it.refresh_from_db()
    assert (it.state, Order.objects.count(), held()) == ("offered", 0, {"batch": Decimal("7320.00")})
    Supplier.objects.filter(organisation=town.shop).update(state="active")
    it = take(in_652801=mine.number, in_652823="")
    maker = house.people[0].party
    orders = sorted((order.supplier_id, order.total) for order in Order.objects.all())
    assert orders == sorted([(town.shop.pk, Decimal("1100.00")), (town.shop.pk, Decimal("2200.00")), (maker, Decimal("3300.00"))])
    assert list(BatchDemand.objects.order_by("pk").values_list("dealer", flat=True)) == [mine.pk, mine.pk, None]
    assert [Entry.objects.filter(subject=f"batch_demand/{one.number}").latest("pk").facts.get("dealer", "") for one in it.demands.order_by("pk")] == [
        town.shop.name_zh, town.shop.name_zh, "",
    ]  # fmt: skip
    for who, count in ((town.chen, 2), (house.people[0], 3), (house.people[1], 0)):
        assert policies.batch_demands_visible_to(who).count() == count
    assert policies.batches_visible_to(town.chen).get() == it
    for one in BatchDemand.objects.all():
        assert Entry.objects.filter(subject=f"batch_demand/{one.number}").latest("pk").facts["row"] == row_digest(one)


def test_only_the_solicitor_opens_and_a_period_once(house: Pool) -> None:
    with pytest.raises(Refused) as refused:
        house.open(by=house.buyers[1].actor)
    assert codes(refused) == [("BAT-001", "")]
    for more, expected in (({"period": "2026-03"}, ("BAT-003", "period")), ({"at": house.package.framework.valid_until}, ("BAT-002", ""))):
        with pytest.raises(Refused) as refused:
            house.open(**more)
        assert expected in codes(refused)
    it = house.open(configuration="A4，80克")
    assert it.configuration == "A4，80克"
    with pytest.raises(Refused) as refused:
        house.open()
    assert codes(refused) == [("BAT-004", "period")]
    services.cancel_batch(it, reason=REASON, by=house.town.zhou, at=THEN)
    assert house.open().state == "collecting"


def test_too_few_parties_are_no_competition(house: Pool) -> None:
    for entry in house.parties[1:]:
        frameworks.clear_out_entry(entry, reason="提供虚假材料", by=house.town.zhou, at=THEN)
    with pytest.raises(Refused) as refused:
        house.open()
    assert codes(refused) == [("BAT-006", "")]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"quantity": "0"}, ("BAT-007", "quantity")),
        ({"quantity": "1.5"}, ("BAT-007", "quantity")),
        ({"quantity": "1000"}, ("BUD-001", "quota")),
        ({"address_id": 0}, ("ORD-022", "address")),
        ({"at": CLOSES}, ("BAT-019", "")),
    ],
)
def test_a_demand_that_cannot_be_is_refused_at_its_field(house: Pool, more: dict[str, Any], expected: tuple[str, str]) -> None:
    it = house.open()
    with pytest.raises(Refused) as refused:
        house.demand(it, 1, 1, **more)
    assert expected in codes(refused)
    assert (BatchDemand.objects.count(), held()) == (0, {})


def test_a_demand_keeps_what_the_rulebook_says_of_its_size(house: Pool) -> None:
    """The threshold of the pack is not verified in the law: reaching it warns, and stands with the demand and its order."""
    BudgetQuota.objects.filter(pk=house.buyers[1].quota.pk).update(total=Decimal("90000000.00"))
    it = house.open()
    [small], [large] = house.demand(it, 0, 10).rulings, house.demand(it, 1, 90000).rulings
    assert (small["verdict"], large["verdict"]) == ("allowed", "warned")


def test_a_demand_once_a_buyer_and_only_of_the_region(house: Pool) -> None:
    it = house.open()
    demand = house.demand(it, 1, 5)
    with pytest.raises(Refused) as refused:
        house.demand(it, 1, 6)
    assert codes(refused) == [("BAT-008", "")]
    with pytest.raises(Refused) as refused:
        services.withdraw_demand(demand, reason="", by=house.buyers[1].actor, at=THEN)
    assert codes(refused) == [("BAT-016", "reason")]
    services.withdraw_demand(demand, reason=REASON, by=house.buyers[1].actor, at=THEN)
    assert held() == {}
    house.demand(it, 1, 6)
    town = house.town
    with pytest.raises(Refused) as refused:
        services.submit_demand(
            it, quantity="1", quota_id=town.hospital_quota.pk, address_id=_address(town), title_id=_title(town), by=town.ma, at=THEN
        )
    assert codes(refused) == [("BAT-009", "")]


def test_a_demand_takes_the_money_of_its_plan_and_so_does_its_order(house: Pool) -> None:
    plan = filed(house.town, {**PAPER, "amount": "5000"})
    it = house.open()
    mine = house.demand(it, 0, 10, plan=plan.number.lower())
    assert (mine.plan, PlanLine.objects.get(plan=plan).used, held()) == (
        plan,
        Decimal("1220.00"),
        {"batch": Decimal("1220.00"), "plan": Decimal("3780.00")},
    )
    mine = services.withdraw_demand(mine, reason=REASON, by=house.town.zhou, at=THEN)
    assert (PlanLine.objects.get(plan=plan).used, held()) == (Decimal("0.00"), {"plan": Decimal("5000.00")})
    mine = house.demand(it, 0, 20, plan=plan.number)
    services.confirm_demand(mine, by=house.town.zhou, at=THEN)
    other = services.confirm_demand(house.demand(it, 1, 10), by=house.buyers[1].actor, at=THEN)
    it = won(house, it, "118.00")
    [first, second] = Order.objects.order_by("pk")
    assert (first.plan, first.total, second.plan, second.origin) == (plan, Decimal("2360.00"), None, other.number)
    assert held() == {"order": Decimal("3540.00"), "plan": Decimal("2640.00")}
    assert Entry.objects.filter(act="batch_demand.submit", facts__plan=plan.number).count() == 2


def test_a_plan_that_does_not_carry_the_demand_is_refused_at_its_field(house: Pool) -> None:
    plan = filed(house.town, {**PAPER, "amount": "1000"})
    laptops = filed(house.town, LAPTOPS)
    it = house.open()
    for place, count, number, code, field in (
        (0, 10, plan.number, "PLN-041", "plan"),  # ten at the cap are more than it has left
        (0, 1, laptops.number, "PLN-042", "plan"),
        (1, 1, plan.number, "ORD-035", "plan"),  # another buyer's
        (0, 1, "JH-1", "ORD-035", "plan"),
    ):
        with pytest.raises(Refused) as refused:
            house.demand(it, place, count, plan=number)
        assert codes(refused) == [(code, field)]
    assert (BatchDemand.objects.count(), set(held())) == (0, {"plan"})


def test_whose_plan_cannot_pay_any_more_gets_no_order_and_the_others_theirs(house: Pool) -> None:
    plan = filed(house.town, {**PAPER, "amount": "5000"})
    it = house.open()
    services.confirm_demand(house.demand(it, 0, 10, plan=plan.number), by=house.town.zhou, at=THEN)
    services.confirm_demand(house.demand(it, 1, 10), by=house.buyers[1].actor, at=THEN)
    planning.finish_plan(plan, by=house.town.aygul, at=THEN)
    it = won(house, it, "118.00")
    assert (it.state, it.ordered, causes()) == ("awarded", 10, {("returned", "budget"), ("ordered", "")})
    assert held() == {"order": Decimal("1180.00")}


def won(house: Pool, it: Batch, price: str) -> Batch:
    """Pooled, bid for by the first party and taken by it."""
    it = services.publish_batch(mode.go_on(it, at=CLOSES), by=house.town.zhou, at=CLOSES)
    it = house.bid(it, 0, price)
    it = mode.go_on(it, at=it.until)
    it = mode.confirm_result(it, by=house.town.zhou, at=it.until - TICK)
    return mode.take_orders(it, by=house.people[0], at=it.until - TICK)


def test_the_lead_confirms_and_what_is_not_confirmed_lapses(house: Pool) -> None:
    it = house.open()
    mine = house.demand(it, 0, 10, by=house.town.aygul)
    with pytest.raises(Refused) as refused:
        services.confirm_demand(mine, by=house.town.aygul, at=THEN)  # she orders and does not lead
    assert codes(refused) == [("LIF-002", "")]
    services.confirm_demand(mine, by=house.town.zhou, at=CLOSES - TICK)
    late = house.demand(it, 1, 20)
    with pytest.raises(Refused) as refused:
        services.confirm_demand(late, by=house.buyers[1].actor, at=CLOSES)
    assert codes(refused) == [("BAT-019", "")]
    it = mode.go_on(it, at=CLOSES)
    assert (it.pooled, causes(), held()) == (10, {("confirmed", ""), ("lapsed", "unconfirmed")}, {"batch": Decimal("1220.00")})
    with pytest.raises(Refused) as refused:
        services.withdraw_demand(mine, reason=REASON, by=house.town.zhou, at=CLOSES)
    assert codes(refused) == [("BAT-019", "")]


def test_bids_stay_below_the_agreement_and_unseen(house: Pool) -> None:
    it = house.bidding(10)
    for place, price, code in ((0, "120.01", "BAT-014"), (0, "x", "BAT-013"), (0, "-1", "BAT-013"), (2, "122.01", "BAT-014")):
        with pytest.raises(Refused) as refused:
            house.bid(it, place, price)
        assert codes(refused) == [(code, "price")]
    for stranger in (house.town.chen, house.people[3], house.town.zhou):
        with pytest.raises(Refused) as refused:
            services.bid_for_batch(it, price="100.00", by=stranger, at=CLOSES)
        assert codes(refused) == [("BAT-012", "")]
    house.bid(it, 0, "119.00")
    house.bid(it, 0, "118.00", at=it.until - TICK)
    town = house.town
    for actor in (town.zhou, town.surina, town.he, house.people[1]):
        assert policies.batch_bids_visible_to(actor).count() == 0
    assert policies.batch_bids_visible_to(house.people[0]).get().price == Decimal("118.00")
    acts = Entry.objects.filter(subject=f"batch_purchase/{it.number}", act="batch_purchase.bid")
    assert {(act.organisation, act.person) for act in acts} == {("clock", None)}  # the record does not say who bid
    assert "118" not in "".join(str(act.facts) for act in acts)
    with pytest.raises(Refused) as refused:
        house.bid(it, 0, "110.00", at=it.until)
    assert codes(refused) == [("BAT-010", "")]
    mode.go_on_due(it.until)
    assert [policies.batch_bids_visible_to(actor).count() for actor in (town.zhou, town.surina, house.people[1])] == [1, 1, 1]


def test_an_excluded_bid_makes_room_for_the_next_lowest(house: Pool) -> None:
    it = house.compared("110.00", "118.00")
    number, by = house.people[0].organisation_number, house.town.zhou
    tries: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
        ({"supplier": number, "cause": "", "reason": REASON}, [("BAT-015", "cause")]),
        ({"supplier": number, "cause": "below_configuration", "reason": ""}, [("BAT-016", "reason")]),
        ({"supplier": "GY-0", "cause": "below_configuration", "reason": REASON}, [("BAT-017", "supplier")]),
    ]
    for told, expected in tries:
        with pytest.raises(Refused) as refused:
            mode.exclude_bid(it, **told, by=by, at=CLOSES)
        assert codes(refused) == expected
    assert it.bids.exclude(cause="").count() == 0
    it = mode.exclude_bid(it, supplier=number, cause="below_configuration", reason="白度仅为90", by=by, at=it.until - TICK)
    assert (it.state, it.price, it.entry) == ("compared", Decimal("118.00"), house.parties[1])
    second = house.people[1].organisation_number
    it = mode.exclude_bid(it, supplier=second, cause="cannot_deliver", reason="自认无法足额供货", by=by, at=it.until - TICK)
    assert (it.state, it.cause, causes(), held()) == ("failed", "none_conforms", {("returned", "none_conforms")}, {})


def test_a_price_lowered_meanwhile_counts_in_the_comparison_and_in_the_orders(house: Pool) -> None:
    it = house.bidding(10)
    house.bid(it, 0, "119.00")
    house.bid(it, 1, "117.00")
    frameworks.reduce_price(house.parties[0], price="116.00", by=house.people[0], at=CLOSES)
    it = mode.go_on(it, at=it.until)
    assert (it.price, it.entry) == (Decimal("116.00"), house.parties[0])
    it = mode.confirm_result(it, by=house.town.zhou, at=it.until - TICK)
    frameworks.reduce_price(house.parties[0], price="115.00", by=house.people[0], at=CLOSES)
    it = mode.take_orders(it, by=house.people[0], at=it.until - TICK)
    assert (it.price, Order.objects.get().total) == (Decimal("115.00"), Decimal("1150.00"))


def test_who_does_not_take_it_makes_room_for_the_next_lowest(house: Pool) -> None:
    it = house.offered("117.00", "118.00", "119.00")
    first, second, third = house.people[:3]
    with pytest.raises(Refused) as refused:
        mode.decline_orders(it, reason="", by=first, at=it.until - TICK)
    assert codes(refused) == [("BAT-016", "reason")]
    with pytest.raises(Refused) as refused:
        mode.decline_orders(it, reason="不是我们", by=second, at=it.until - TICK)
    assert codes(refused) == [("BAT-018", "")]
    it = mode.decline_orders(it, reason="生产线停产检修", by=first, at=it.until - TICK)
    assert (it.state, it.price, it.entry, it.passed) == ("offered", Decimal("118.00"), house.parties[1], [house.parties[0].pk])
    it = mode.go_on(it, at=it.until)  # the second is silent
    assert (it.price, it.entry) == (Decimal("119.00"), house.parties[2])
    it = mode.take_orders(it, by=third, at=it.until - TICK)
    assert (it.state, Order.objects.count(), held()) == ("awarded", 3, {"order": Decimal("7140.00")})


def test_without_the_solicitors_word_the_clock_confirms_the_lowest(house: Pool) -> None:
    it = house.compared("118.00")
    assert mode.go_on_due(it.until) == 1
    it.refresh_from_db()
    assert (it.state, it.entry) == ("offered", house.parties[0])


def test_a_buyer_whose_budget_is_gone_does_not_stop_the_others(house: Pool) -> None:
    it = house.offered("118.00")
    BudgetQuota.objects.filter(pk=house.buyers[1].quota.pk).update(closed_at=it.until - TICK)
    it = mode.take_orders(it, by=house.people[0], at=it.until - TICK)
    assert (it.state, it.pooled, it.ordered, Order.objects.count()) == ("awarded", 60, 40, 2)
    assert causes() == {("ordered", ""), ("returned", "budget")}
    assert held() == {"order": Decimal("4720.00")}


# The ways in which it comes to nothing


def test_nobody_confirmed(house: Pool) -> None:
    it = house.open()
    house.demand(it, 1, 5)
    it = mode.go_on(it, at=CLOSES)
    assert (it.state, it.cause, causes(), held()) == ("failed", "no_demand", {("lapsed", "unconfirmed")}, {})


def test_too_few_parties_at_the_end_of_the_period(house: Pool) -> None:
    it = house.open()
    house.confirmed(it, 5, 6)
    for entry in house.parties[1:]:
        frameworks.clear_out_entry(entry, reason="提供虚假材料", by=house.town.zhou, at=THEN)
    it = mode.go_on(it, at=CLOSES)
    assert (it.state, it.cause, causes(), held()) == ("failed", "few_parties", {("returned", "few_parties")}, {})


def test_never_put_out(house: Pool) -> None:
    it = house.open()
    house.confirmed(it, 5)
    it = mode.go_on(it, at=CLOSES)
    with pytest.raises(Refused) as refused:
        services.publish_batch(it, by=house.town.zhou, at=it.until)
    assert codes(refused) == [("BAT-010", "")]
    it = mode.go_on(it, at=it.until)
    assert (it.state, it.cause, causes(), held()) == ("failed", "not_published", {("returned", "not_published")}, {})


def test_nobody_bid(house: Pool) -> None:
    it = house.compared(quantities=(5, 6))
    assert (it.state, it.cause, causes(), held()) == ("failed", "no_bid", {("returned", "no_bid")}, {})


def test_nobody_takes_it(house: Pool) -> None:
    it = house.offered("118.00")
    it = mode.decline_orders(it, reason="生产线停产检修", by=house.people[0], at=it.until - TICK)
    assert (it.state, it.cause, causes(), held()) == ("failed", "nobody_takes", {("returned", "nobody_takes")}, {})
    assert (Order.objects.count(), it.until > CLOSES) == (0, True)


def test_no_budget_is_left_to_order_from(house: Pool) -> None:
    it = house.offered("118.00", quantities=(5,))
    BudgetQuota.objects.update(closed_at=it.until - TICK)
    it = mode.take_orders(it, by=house.people[0], at=it.until - TICK)
    assert (it.state, it.cause, causes(), held()) == ("failed", "no_order", {("returned", "budget")}, {})


def test_what_a_voided_agreement_carried_is_freed_at_once(house: Pool) -> None:
    it = house.offered("118.00")
    frameworks.void_framework(house.package.framework, reason="违法征集", by=house.town.surina, at=CLOSES)
    assert mode.go_on_due(it.until - TICK) == 1
    it.refresh_from_db()
    assert (it.state, it.cause, causes(), held()) == ("failed", "agreement_ended", {("returned", "agreement_ended")}, {})


def test_nothing_is_demanded_or_bid_under_a_voided_agreement(house: Pool) -> None:
    it = house.bidding(5)
    frameworks.void_framework(house.package.framework, reason="违法征集", by=house.town.surina, at=CLOSES)
    with pytest.raises(Refused) as refused:
        house.bid(it, 0, "118.00")
    assert codes(refused) == [("BAT-002", "")]
    with pytest.raises(Refused) as refused:
        house.demand(it, 1, 5, at=CLOSES)
    assert ("BAT-002", "") in codes(refused)


def test_a_winner_that_left_the_agreement_makes_room_at_once(house: Pool) -> None:
    it = house.offered("117.00", "118.00")
    frameworks.clear_out_entry(house.parties[0], reason="三次拒绝供货", by=house.town.zhou, at=CLOSES)
    with pytest.raises(Refused) as refused:
        mode.take_orders(it, by=house.people[0], at=it.until - TICK)
    assert codes(refused) == [("BAT-018", "")]
    assert mode.go_on_due(it.until - TICK) == 1
    it.refresh_from_db()
    assert (it.state, it.entry, it.price) == ("offered", house.parties[1], Decimal("118.00"))


@pytest.mark.parametrize("stage", ["collecting", "pooled", "bidding", "compared", "offered"])
def test_the_regulator_voids_it_at_any_stage(house: Pool, stage: str) -> None:
    it = house.open() if stage in ("collecting", "pooled") else house.bidding(5, 6)
    if stage in ("collecting", "pooled"):
        house.confirmed(it, 5, 6)
    if stage == "pooled":
        it = mode.go_on(it, at=CLOSES)
    if stage in ("compared", "offered"):
        house.bid(it, 0, "118.00")
        it = mode.go_on(it, at=it.until)
    if stage == "offered":
        it = mode.confirm_result(it, by=house.town.zhou, at=CLOSES)
    assert it.state == stage
    with pytest.raises(Refused) as refused:
        services.void_batch(it, reason="", by=house.town.surina, at=THEN)
    assert codes(refused) == [("BAT-016", "reason")]
    it = services.void_batch(it, reason="配置指向特定品牌", by=house.town.surina, at=THEN)
    assert (it.state, it.reason, causes(), held()) == ("voided", "配置指向特定品牌", {("returned", "voided")}, {})


def test_the_solicitor_cancels_it_before_the_bids_are_seen(house: Pool) -> None:
    it = house.bidding(5, 6)
    house.bid(it, 0, "118.00")
    with pytest.raises(Refused) as refused:
        services.cancel_batch(it, reason=REASON, by=house.town.zhou, at=it.until)
    assert codes(refused) == [("BAT-010", "")]
    it = services.cancel_batch(it, reason=REASON, by=house.town.zhou, at=it.until - TICK)
    assert (it.state, causes(), held()) == ("cancelled", {("returned", "cancelled")}, {})
    assert BatchBid.objects.count() == 1
    assert policies.batch_bids_visible_to(house.town.zhou).count() == 0  # never opened


def _address(town: Any) -> int:
    row = Address.objects.create(organisation=town.hospital, region=town.hospital.region, receiver="马", phone="0996-1", text="医院路")
    return row.pk


def _title(town: Any) -> int:
    return InvoiceTitle.objects.create(organisation=town.hospital, title="医院", tax_number=town.hospital.credit_code).pk
