"""Buying under a framework agreement: direct selection, second bidding, rotation, and outside the list; each ends in an order, or frees its money."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Category
from sunlit.domain.market import policies
from sunlit.domain.market.models import CallOff, CallOffBid, FrameworkEntry, Order, Package
from sunlit.domain.market.rules.calloffs import Bid, lowest, next_in_turn
from sunlit.domain.market.services import calloffs as services
from sunlit.domain.market.services import frameworks
from sunlit.domain.planning.models import Hold
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.domain.market import frames
from tests.domain.market.frames import in_force, proof, sellers
from tests.town import Town, build

THEN = frames.AFTER + timedelta(days=1)


@dataclass
class Agreed:
    """An agreement in force: at 120, 121 and 122 yuan."""

    town: Town
    package: Package
    people: list[Actor]
    parties: list[FrameworkEntry]


def agreed(town: Town, **more: Any) -> Agreed:
    people = sellers(4)
    it, parties = in_force(town, "120.00", "121.00", "122.00", "123.00", by=people, **more)
    return Agreed(town, it.packages.select_related("framework", "category").get(), people, parties)


@pytest.fixture
def house(db: None, settings: Any, tmp_path: Any) -> Agreed:
    settings.DATA_DIR = tmp_path
    return agreed(build())


def called(house: Agreed, mode: str, **more: Any) -> CallOff:
    town = house.town
    start = {"quantity": "10", "quota_id": town.quota.pk, "address_id": town.address.pk, "title_id": town.title.pk, "purpose": "教学"}
    return services.call_off(house.package, **{"mode": mode, **start, "by": town.aygul, "at": THEN, **more})


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(problem.code, problem.on) for problem in refused.value.problems]


def held() -> dict[str, Decimal]:
    """What is held, by reference up to the slash."""
    return {hold.reference.partition("/")[0]: hold.open for hold in Hold.objects.filter(state="held")}


def test_direct_selection_places_the_order_with_its_reason(house: Agreed) -> None:
    second = house.parties[1]
    it = called(house, "direct", entry=second.number, reason="本地仓库有现货，当天送达")
    order = Order.objects.get(number=it.order_number)
    assert (it.state, order.state, order.mode, order.origin, order.supplier_id) == (
        "awarded",
        "placed",
        "framework",
        it.number,
        second.supplier_id,
    )
    assert (order.total, held()) == (Decimal("1210.00"), {"order": Decimal("1210.00")})
    line = order.lines.get()
    assert (line.price, line.quantity, line.snapshot["brand"], line.snapshot["model"]) == (Decimal("121.00"), 10, "孔雀", "A4-70")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"entry": "KX-none"}, ("CAL-003", "entry")),
        ({"reason": "好"}, ("CAL-005", "reason")),
        ({"quantity": "0"}, ("CAL-004", "quantity")),
        ({"mode": "rotation"}, ("CAL-002", "mode")),
        ({"mode": "lottery"}, ("CAL-002", "mode")),
        ({"address_id": 0}, ("ORD-022", "address")),
        ({"quantity": "1000"}, ("BUD-001", "quota")),
    ],
)
def test_a_purchase_that_cannot_be_is_refused_at_its_field(house: Agreed, more: dict[str, Any], expected: tuple[str, str]) -> None:
    start = {"mode": "direct", "entry": house.parties[0].number, "reason": "价格最低，服务好"}
    with pytest.raises(Refused) as refused:
        called(house, **{**start, **more})
    assert expected in codes(refused)
    assert (CallOff.objects.count(), Order.objects.count(), Hold.objects.count()) == (0, 0, 0)


def test_nothing_is_bought_under_what_does_not_run(house: Agreed) -> None:
    framework = house.package.framework
    assert framework.valid_until is not None
    with pytest.raises(Refused) as refused:
        called(house, "bidding", at=framework.valid_until)
    assert ("CAL-001", "") in codes(refused)
    frameworks.void_framework(framework, reason="违法征集", by=house.town.surina, at=THEN)
    with pytest.raises(Refused) as refused:
        called(house, "bidding")
    assert codes(refused) == [("CAL-001", "")]


def test_the_lowest_bid_wins_and_the_rest_of_the_money_is_free(house: Agreed) -> None:
    it = called(house, "bidding")
    assert held() == {"calloff": Decimal("1220.00")}  # at the highest agreement price
    assert it.answer_until is not None
    one, two, three = house.people[:3]
    services.bid(it, price="118.00", by=two, at=THEN)
    services.bid(it, price="117.00", by=one, at=THEN + timedelta(hours=1))
    services.bid(it, price="117.00", by=two, at=THEN + timedelta(hours=2))  # as low, but later
    services.bid(it, price="122.00", by=three, at=THEN)
    with pytest.raises(Refused) as refused:
        services.settle(it, by=house.town.aygul, at=it.answer_until - timedelta(seconds=1))
    assert codes(refused) == [("CAL-011", "")]
    assert services.settle_due(it.answer_until - timedelta(seconds=1)) == 0
    assert services.settle_due(it.answer_until) == 1
    it.refresh_from_db()
    acts = Entry.objects.filter(subject=f"calloff/{it.number}", act="calloff.bid")
    assert [(act.organisation, act.person) for act in acts] == [("clock", None)] * 4  # the record does not say who bid
    order = Order.objects.get()
    assert (it.price, it.order_number, order.total) == (Decimal("117.00"), order.number, Decimal("1170.00"))
    assert (order.supplier_id, order.orderer_id, held()) == (one.party, house.town.aygul.user_id, {"order": Decimal("1170.00")})
    assert services.settle_due(it.answer_until + timedelta(days=1)) == 0


def test_bids_stay_below_the_agreement_and_unseen(house: Agreed) -> None:
    it = called(house, "bidding")
    first = house.people[0]
    for price, code in (("120.01", "CAL-008"), ("0", "CAL-009"), ("x", "CAL-009")):
        with pytest.raises(Refused) as refused:
            services.bid(it, price=price, by=first, at=THEN)
        assert codes(refused) == [(code, "price")]
    for stranger in (house.town.chen, house.people[3]):  # no party; eliminated
        with pytest.raises(Refused) as refused:
            services.bid(it, price="100.00", by=stranger, at=THEN)
        assert codes(refused) == [("CAL-012", "")]
    services.bid(it, price="119.00", by=first, at=THEN)
    town = house.town
    seen = {
        who: policies.bids_visible_to(actor).count()
        for who, actor in {"buyer": town.aygul, "regulator": town.zheng, "operator": town.he}.items()
    }
    assert (seen, policies.bids_visible_to(house.people[1]).count()) == (dict.fromkeys(seen, 0), 0)
    assert policies.bids_visible_to(first).count() == 1
    assert it.answer_until is not None
    with pytest.raises(Refused) as refused:
        services.bid(it, price="110.00", by=first, at=it.answer_until)
    assert codes(refused) == [("CAL-010", "")]
    services.settle_due(it.answer_until)
    assert policies.bids_visible_to(town.aygul).count() == 1


def test_a_price_lowered_meanwhile_caps_the_bid(house: Agreed) -> None:
    it = called(house, "bidding")
    first = house.people[0]
    services.bid(it, price="119.00", by=first, at=THEN)
    frameworks.reduce_price(house.parties[0], price="115.00", by=first, at=THEN)
    assert it.answer_until is not None
    services.settle_due(it.answer_until)
    assert Order.objects.get().total == Decimal("1150.00")


def test_where_nobody_bids_every_hold_is_free(house: Agreed) -> None:
    it = called(house, "bidding")
    assert it.answer_until is not None
    services.settle_due(it.answer_until)
    it.refresh_from_db()
    assert (it.state, held(), Order.objects.count()) == ("failed", {}, 0)


def test_a_party_that_left_does_not_win(house: Agreed) -> None:
    it = called(house, "bidding")
    services.bid(it, price="100.00", by=house.people[0], at=THEN)
    frameworks.clear_out_entry(house.parties[0], reason="提供虚假材料", by=house.town.zhou, at=THEN)
    assert it.answer_until is not None
    services.settle_due(it.answer_until)
    it.refresh_from_db()
    assert (it.state, held()) == ("failed", {})


def test_the_buyer_withdraws_before_the_deadline_only(house: Agreed) -> None:
    it = called(house, "bidding")
    with pytest.raises(Refused) as refused:
        services.withdraw_calloff(it, reason="", by=house.town.aygul, at=THEN)
    assert codes(refused) == [("CAL-018", "reason")]
    assert it.answer_until is not None
    with pytest.raises(Refused) as refused:
        services.withdraw_calloff(it, reason="需求取消", by=house.town.aygul, at=it.answer_until)
    assert codes(refused) == [("CAL-010", "")]
    services.withdraw_calloff(it, reason="需求取消", by=house.town.aygul, at=THEN)
    assert held() == {}


# Outside the list


def test_outside_is_bought_only_where_nobody_matches(house: Agreed) -> None:
    town = house.town
    outside = {"supplier": town.shop.number, "price": "112.00"}
    paper = proof(town.aygul)
    for more, expected in (
        ({"outside": {**outside, "price": "120.00"}}, ("CAL-014", "outside_price")),
        ({"outside": {**outside, "supplier": "GY-9001"}}, ("CAL-015", "outside_supplier")),
        ({"outside": outside, "proof": None}, ("CAL-016", "proof")),
    ):
        with pytest.raises(Refused) as refused:
            called(house, "outside", **{"proof": paper, **more})
        assert expected in codes(refused)
    it = called(house, "outside", outside=outside, proof=paper)
    with pytest.raises(Refused) as refused:
        services.bid(it, price="112.01", by=house.people[0], at=THEN)
    assert codes(refused) == [("CAL-017", "price")]
    assert it.answer_until is not None
    services.settle_due(it.answer_until)
    order = Order.objects.get()
    assert (order.supplier_id, order.total) == (town.shop.pk, Decimal("1120.00"))
    it = called(house, "outside", outside=outside, proof=paper)
    services.bid(it, price="112.00", by=house.people[1], at=THEN)
    assert it.answer_until is not None
    services.settle_due(it.answer_until)
    assert Order.objects.order_by("-pk")[0].supplier_id == house.people[1].party


def test_who_lost_its_standing_meanwhile_gets_no_order_from_outside(house: Agreed) -> None:
    town = house.town
    it = called(house, "outside", outside={"supplier": town.shop.number, "price": "112.00"}, proof=proof(town.aygul))
    assert it.answer_until is not None
    until = it.answer_until + timedelta(days=90)
    Supplier.objects.filter(organisation=town.shop).update(state="suspended", suspended_until=until, reason="提供虚假材料")
    assert services.settle_due(it.answer_until) == 1
    it.refresh_from_db()
    assert (it.state, it.order_number, held(), Order.objects.count()) == ("failed", "", {}, 0)


# Rotation


@pytest.fixture
def service(db: None, settings: Any, tmp_path: Any) -> Agreed:
    settings.DATA_DIR = tmp_path
    return by_turns(build())


def by_turns(town: Town) -> Agreed:
    """An agreement on services whose parties take turns."""
    top = Category.objects.create(code="C", name_zh="服务", path="C", level=0, kind="services", leaf=False)
    Category.objects.create(code="C0814", name_zh="印刷服务", parent=top, path="C/C0814", level=1, kind="services", in_use=True)
    catalog.forget()
    package = {**frames.PACKAGE, "category": "C0814", "name": "文件印刷", "unit": "千张"}
    return agreed(town, kind="services", packages=[package], second_stage=["rotation"], ground="catalogue_sporadic", capacity_of="provider")


def test_everybody_has_a_turn_once_a_cycle(service: Agreed) -> None:
    order = []
    for _n in range(4):
        it = called(service, "rotation")
        assert it.entry is not None
        order.append(it.entry.rank)
        services.accept_turn(it, by=next(one for one in service.people if one.party == it.entry.supplier_id), at=THEN)
    assert (order, Order.objects.count()) == ([1, 2, 3, 1], 4)


def test_a_turn_is_refused_for_a_lawful_reason_only_and_passes_on(service: Agreed) -> None:
    it = called(service, "rotation")
    first, second, third = service.people[:3]
    with pytest.raises(Refused) as refused:
        services.refuse_turn(it, ground="busy", note="最近很忙", by=first, at=THEN)
    assert codes(refused) == [("CAL-013", "ground")]
    with pytest.raises(Refused) as refused:
        services.accept_turn(it, by=second, at=THEN)
    assert codes(refused) == [("CAL-012", "")]
    it = services.refuse_turn(it, ground="conflict", note="法定代表人与采购人存在亲属关系", by=first, at=THEN)
    assert (it.entry, it.state) == (service.parties[1], "offered")
    assert it.answer_until is not None
    services.settle_due(it.answer_until)  # the second is silent
    it.refresh_from_db()
    assert it.entry == service.parties[2]
    it = services.refuse_turn(it, ground="force_majeure", note="设备遭水淹", by=third, at=it.answer_until - timedelta(minutes=1))
    assert (it.state, it.passed, held()) == ("failed", [entry.pk for entry in service.parties], {})
    assert called(service, "rotation").entry == service.parties[0]  # a new cycle


# Together and in general


@pytest.mark.django_db(transaction=True)
def test_two_settlements_at_once_make_one_order(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    house = agreed(build())
    it = called(house, "bidding")
    services.bid(it, price="118.00", by=house.people[0], at=THEN)
    until = it.answer_until
    assert until is not None
    found: list[str] = []

    def settle() -> None:
        try:
            found.append(services.settle(it, by=house.town.aygul, at=until).state)
        except Refused as refused:
            found.extend(problem.code for problem in refused.problems)
        finally:
            connection.close()

    threads = [threading.Thread(target=settle) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (sorted(found), Order.objects.count(), held()) == (["LIF-001", "awarded"], 1, {"order": Decimal("1180.00")})


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=12))
def test_nobody_bid_less_than_the_winner(told: list[tuple[int, int]]) -> None:
    bids = [Bid(n, Decimal(price), (came, n)) for n, (price, came) in enumerate(told)]
    won = lowest(bids)
    assert (won is None) == (not bids)
    assert won is None or all((won.price, won.came) <= (bid.price, bid.came) for bid in bids)


@given(st.integers(1, 6), st.integers(1, 40))
def test_no_turn_comes_twice_before_everybody_had_one(parties: int, rounds: int) -> None:
    ranks, turns = [(n, n) for n in range(parties)], dict.fromkeys(range(parties), 0)
    for _n in range(rounds):
        key = next_in_turn(ranks, turns, ())
        assert key is not None
        turns[key] += 1
        assert max(turns.values()) - min(turns.values()) <= 1


@pytest.mark.django_db
@pytest.mark.parametrize("bids", [(), (("119.00", 0),), (("119.00", 0), ("118.00", 1)), (("121.00", 1), ("120.00", 0), ("117.50", 2))])
def test_no_order_above_its_cap_and_no_hold_for_nobody(settings: Any, tmp_path: Any, bids: tuple[tuple[str, int], ...]) -> None:
    settings.DATA_DIR = tmp_path
    house = agreed(build())
    it = called(house, "bidding")
    for price, who in bids:
        services.bid(it, price=price, by=house.people[who], at=THEN)
    assert it.answer_until is not None
    services.settle_due(it.answer_until)
    prices = {entry.supplier_id: entry.price for entry in house.parties}
    orders = list(Order.objects.all())
    assert sum(held().values()) == sum(order.total for order in orders)
    for order in orders:
        cap = prices[order.supplier_id]
        assert cap is not None
        assert order.total <= cap * it.quantity
        assert order.lines.get().price == min(Decimal(price) for price, _who in bids)
    assert CallOffBid.objects.count() == len({who for _price, who in bids})
