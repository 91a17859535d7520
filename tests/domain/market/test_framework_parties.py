"""The parties of an agreement while it runs: who asks to leave, who is cleared out, and what becomes of the purchases that are under way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from sunlit.domain.market import policies, reactions
from sunlit.domain.market.models import CallOff, Framework, FrameworkDealer, FrameworkEntry, Order
from sunlit.domain.market.queries import frameworks as framework_queries
from sunlit.domain.market.services import calloffs, frameworks, parties
from sunlit.foundation.accounts.models import Address, Region
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.messages.models import Message
from tests.domain.market import frames
from tests.domain.market.frames import proof
from tests.domain.market.test_calloffs import THEN, Agreed, agreed, called, codes, held, house, service
from tests.town import build

__all__ = ["house", "service"]


def refused(act: Callable[[], Any]) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as why:
        act()
    return codes(why)


def test_who_asks_to_leave_is_answered_within_the_term(house: Agreed) -> None:
    first, seller, lead = house.parties[0], house.people[0], house.town.zhou
    assert refused(lambda: frameworks.ask_leave(first, reason="", by=seller, at=THEN)) == [("FWK-020", "reason")]
    assert refused(lambda: frameworks.ask_leave(first, reason="产品停产", by=house.people[1], at=THEN)) == [("LIF-002", "")]
    assert refused(lambda: frameworks.keep_entry(first, reason="无正当理由", by=lead, at=THEN)) == [("FWK-055", "")]
    first = frameworks.ask_leave(first, reason="产品停产", by=seller, at=THEN)
    assert (first.state, first.leave_reason, first.leave_until is not None) == ("signed", "产品停产", True)
    assert refused(lambda: frameworks.ask_leave(first, reason="产品停产", by=seller, at=THEN)) == [("FWK-054", "")]
    first = frameworks.keep_entry(first, reason="仓库尚有库存，应继续供货", by=lead, at=THEN)
    assert (first.state, first.leave_until, first.reason) == ("signed", None, "仓库尚有库存，应继续供货")
    frameworks.ask_leave(first, reason="厂房被征收", by=seller, at=THEN)
    assert frameworks.release_entry(first, reason="情况属实", by=lead, at=THEN).state == "left"
    assert called(house, "direct", entry=house.parties[1].number, reason="价格最低，服务好").state == "awarded"


def test_the_solicitor_is_reminded_once_of_what_its_terms_ask(house: Agreed) -> None:
    first = frameworks.ask_leave(house.parties[0], reason="产品停产", by=house.people[0], at=THEN)
    framework = house.package.framework
    assert framework.file_until is not None
    assert first.leave_until is not None
    early = framework.file_until - timedelta(days=1, seconds=1)
    for at, told in (
        (early, set()),
        (framework.file_until, {"framework.unfiled.solicitor"}),
        (first.leave_until, {"framework.leave_due.solicitor"}),
    ):
        Message.objects.all().delete()
        reactions.remind_solicitors(at)
        count = Message.objects.count()
        reactions.remind_solicitors(at)
        assert told <= set(Message.objects.values_list("kind", flat=True))
        assert (bool(told), Message.objects.count()) == (count > 0, count)


def test_who_is_cleared_out_knows_on_which_ground(house: Agreed) -> None:
    first, lead = house.parties[0], house.town.zhou
    clear = frameworks.clear_out_entry
    assert refused(lambda: clear(first, reason="三次拒绝供货", removal="", by=lead, at=THEN)) == [("FWK-053", "removal")]
    assert refused(lambda: clear(first, reason="", removal="refused_orders", by=lead, at=THEN)) == [("FWK-020", "reason")]
    first = clear(first, reason="三次拒绝供货", removal="refused_orders", by=lead, at=THEN)
    assert (first.state, first.removal) == ("cleared_out", "refused_orders")


def test_orders_that_were_placed_stand_when_their_party_leaves(house: Agreed) -> None:
    it = called(house, "direct", entry=house.parties[0].number, reason="价格最低，服务好")
    frameworks.clear_out_entry(house.parties[0], reason="三次拒绝供货", by=house.town.zhou, at=THEN)
    order = Order.objects.get(number=it.order_number)
    assert (order.state, held()) == ("placed", {"order": order.total})


def test_the_turn_of_who_left_passes_on_at_once(service: Agreed) -> None:
    it, seller = called(service, "rotation"), service.people[0]
    frameworks.clear_out_entry(service.parties[0], reason="提供虚假材料", removal="false_papers", by=service.town.zhou, at=THEN)
    assert refused(lambda: calloffs.accept_turn(it, by=seller, at=THEN)) == [("CAL-012", "")]
    assert calloffs.settle_due(THEN + timedelta(minutes=1)) == 1
    it.refresh_from_db()
    assert (it.entry, it.state, calloffs.settle_due(THEN + timedelta(minutes=2))) == (service.parties[1], "offered", 0)
    for party in service.parties[1:]:
        frameworks.release_entry(party, reason="企业停产", by=service.town.zhou, at=THEN)
        calloffs.settle_due(THEN + timedelta(minutes=3))
    it.refresh_from_db()
    assert (it.state, held(), Order.objects.count()) == ("failed", {}, 0)


def test_what_a_voided_agreement_carried_comes_to_nothing(house: Agreed) -> None:
    it = called(house, "bidding")
    calloffs.bid(it, price="118.00", by=house.people[0], at=THEN)
    frameworks.void_framework(house.package.framework, reason="违法征集", by=house.town.surina, at=THEN)
    assert refused(lambda: calloffs.bid(it, price="117.00", by=house.people[0], at=THEN)) == [("CAL-001", "")]
    assert calloffs.settle_due(THEN + timedelta(minutes=1)) == 1
    it.refresh_from_db()
    assert (it.state, held(), Order.objects.count()) == ("failed", {}, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["clear_out", "select"])
def test_a_price_that_falls_meets_the_others_in_one_order(settings: Any, tmp_path: Any, other: str) -> None:
    """All verbs take the framework's row first: nobody waits for somebody who waits for it."""
    settings.DATA_DIR = tmp_path
    house = agreed(build())
    first, found = house.parties[0], list[str]()

    def reduce() -> None:
        try:
            found.append(str(frameworks.reduce_price(first, price="110.00", by=house.people[0], at=THEN).price))
        except Refused as why:
            found.extend(problem.code for problem in why.problems)
        finally:
            connection.close()

    thread = threading.Thread(target=reduce)
    with transaction.atomic():
        Framework.objects.select_for_update(of=("self",)).get(pk=house.package.framework_id)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()  # it waits for the framework's row
        if other == "clear_out":
            frameworks.clear_out_entry(first, reason="三次拒绝供货", by=house.town.zhou, at=THEN)
        else:
            called(house, "direct", entry=first.number, reason="价格最低，服务好")
    thread.join(10)
    assert found == (["LIF-001"] if other == "clear_out" else ["110.00"])
    assert [line.price for order in Order.objects.all() for line in order.lines.all()] == ([] if other == "clear_out" else [first.price])
    assert CallOff.objects.count() == Order.objects.count()


# Dealers


def named(house: Agreed, n: int = 0) -> FrameworkDealer:
    """The town's shop delivers for a party."""
    by = house.people[n]
    told = {"dealer": house.town.shop.number, "regions": ["652801"]}
    it = parties.name_dealer(house.parties[n], told, paper=proof(by), by=by, at=THEN)
    return parties.accept_dealing(it, by=house.town.chen, at=THEN)


def test_a_dealer_takes_orders_for_its_party_only_once_it_accepted(house: Agreed) -> None:
    first, seller, town = house.parties[0], house.people[0], house.town
    told, paper = {"dealer": town.shop.number, "regions": ["652801"]}, proof(seller)
    name = parties.name_dealer
    assert refused(lambda: name(first, told, paper=None, by=seller, at=THEN)) == [("FWP-003", "paper")]
    assert refused(lambda: name(first, {**told, "dealer": "GY-0"}, paper=paper, by=seller, at=THEN)) == [("FWP-002", "dealer")]
    assert refused(lambda: name(first, told, paper=proof(town.chen), by=town.chen, at=THEN)) == [("LIF-002", "")]
    it = name(first, told, paper=paper, by=seller, at=THEN)
    assert refused(lambda: name(first, told, paper=paper, by=seller, at=THEN)) == [("FWP-004", "dealer")]
    select = {"entry": first.number, "dealer": it.number, "reason": "代理商本地有库存"}
    assert refused(lambda: called(house, "direct", **select)) == [("CAL-020", "dealer")]
    assert refused(lambda: parties.accept_dealing(it, by=seller, at=THEN)) == [("LIF-002", "")]
    parties.accept_dealing(it, by=town.chen, at=THEN)
    assert refused(lambda: called(house, "direct", **{**select, "entry": house.parties[1].number})) == [("CAL-020", "dealer")]
    made = called(house, "direct", **select)
    order = Order.objects.get(number=made.order_number)
    assert (order.supplier_id, made.entry, order.total) == (town.shop.pk, first, Decimal("1200.00"))
    for who in (town.chen, seller):
        assert policies.calloffs_visible_to(who).filter(pk=made.pk).exists()
    assert not policies.calloffs_visible_to(house.people[1]).filter(pk=made.pk).exists()
    parties.end_dealing(it, reason="委托期满", by=seller, at=THEN)
    assert refused(lambda: called(house, "direct", **select)) == [("CAL-020", "dealer")]


def test_a_winner_whose_dealer_is_gone_delivers_itself(house: Agreed) -> None:
    dealer, it = named(house), called(house, "bidding")
    again = called(house, "bidding")
    for one in (it, again):
        calloffs.bid(one, price="118.00", dealer=dealer.number, by=house.people[0], at=THEN)
    assert refused(lambda: calloffs.bid(it, price="117.00", dealer=dealer.number, by=house.people[1], at=THEN)) == [("CAL-020", "dealer")]
    assert it.answer_until is not None
    calloffs.settle(it, by=house.town.aygul, at=it.answer_until)
    assert Order.objects.get().supplier_id == house.town.shop.pk
    parties.end_dealing(dealer, reason="不再经营", by=house.town.chen, at=THEN)
    calloffs.settle(again, by=house.town.aygul, at=it.answer_until)
    assert Order.objects.latest("pk").supplier_id == house.people[0].party


def test_a_dealer_delivers_where_its_party_said_and_nowhere_else(house: Agreed) -> None:
    first, seller, town = house.parties[0], house.people[0], house.town
    told: dict[str, Any] = {"dealer": town.shop.number, "regions": ["652801", "652825", "110000"]}
    paper = proof(seller)
    assert refused(lambda: parties.name_dealer(first, told, paper=paper, by=seller, at=THEN)) == [
        ("FWP-007", "regions"),
        ("FWP-007", "regions"),
    ]  # the agreement is one of the city
    it, other = named(house), called(house, "bidding")
    assert (it.regions, it.area) == (["652801"], "库尔勒市")
    Address.objects.filter(pk=town.address.pk).update(region=Region.objects.get(code="652823"))
    select = {"entry": first.number, "dealer": it.number, "reason": "代理商本地有库存"}
    assert refused(lambda: called(house, "direct", **select)) == [("FWP-008", "dealer")]
    away = called(house, "bidding")
    assert refused(lambda: calloffs.bid(away, price="118.00", dealer=it.number, by=seller, at=THEN)) == [("FWP-008", "dealer")]
    calloffs.bid(other, price="118.00", dealer=it.number, by=seller, at=THEN)  # called off to the city
    parties.end_dealing(it, reason="委托期满", by=seller, at=THEN)
    everywhere = parties.name_dealer(first, {"dealer": town.shop.number}, paper=paper, by=seller, at=THEN)
    assert (everywhere.regions, everywhere.area) == ([], "库尔勒市")
    parties.accept_dealing(everywhere, by=town.chen, at=THEN)
    assert called(house, "direct", **{**select, "dealer": everywhere.number}).dealer == everywhere


# Upgrades

NEWER = {"name": "孔雀复印纸", "brand": "孔雀", "model": "A4-70B", "description": "70克，白度98", "price": "119.00"}
ROWS = [{"parameter": "白度", "before": "96", "after": "98"}]


@pytest.mark.parametrize(
    ("more", "rows", "expected"),
    [
        ({"price": "120.01"}, ROWS, ("FWP-012", "price")),
        ({"model": "政府采购专供"}, ROWS, ("FWK-045", "model")),
        ({}, [], ("FWP-010", "parameter_1")),
        ({}, [{"parameter": "白度", "before": "", "after": "98"}], ("FWP-011", "parameter_1")),
        ({"price": "x"}, ROWS, ("FWK-003", "price")),
    ],
)
def test_an_upgrade_is_not_dearer_and_compared(
    house: Agreed, more: dict[str, str], rows: list[dict[str, str]], expected: tuple[str, str]
) -> None:
    first, seller = house.parties[0], house.people[0]
    assert expected in refused(lambda: parties.ask_upgrade(first, {**NEWER, **more}, rows=rows, by=seller, at=THEN))
    assert first.upgrades.count() == 0


def test_an_upgrade_is_bought_once_the_solicitor_approved_it(house: Agreed) -> None:
    first, seller, lead = house.parties[0], house.people[0], house.town.zhou
    it = parties.ask_upgrade(first, NEWER, rows=ROWS, by=seller, at=THEN)
    assert refused(lambda: parties.ask_upgrade(first, NEWER, rows=ROWS, by=seller, at=THEN)) == [("FWP-013", "")]
    assert refused(lambda: parties.approve_upgrade(it, by=seller, at=THEN)) == [("LIF-002", "")]
    assert refused(lambda: parties.refuse_upgrade(it, reason="", by=lead, at=THEN)) == [("FWP-014", "reason")]
    before = called(house, "direct", entry=first.number, reason="价格最低，服务好")
    assert parties.approve_upgrade(it, by=lead, at=THEN).state == "approved"
    first.refresh_from_db()
    assert (first.model, first.price, it.replaced["model"], it.replaced["price"]) == ("A4-70B", Decimal("119.00"), "A4-70", "120.00")
    after = called(house, "direct", entry=first.number, reason="价格最低，服务好")
    lines = [Order.objects.get(number=one.order_number).lines.get() for one in (before, after)]
    assert [(line.snapshot["model"], line.price) for line in lines] == [("A4-70", Decimal("120.00")), ("A4-70B", Decimal("119.00"))]


def test_a_price_that_fell_meanwhile_stops_a_dearer_upgrade(house: Agreed) -> None:
    first, seller, lead = house.parties[0], house.people[0], house.town.zhou
    it = parties.ask_upgrade(first, NEWER, rows=ROWS, by=seller, at=THEN)
    frameworks.reduce_price(first, price="110.00", by=seller, at=THEN)
    assert refused(lambda: parties.approve_upgrade(it, by=lead, at=THEN)) == [("FWP-012", "price")]
    assert parties.withdraw_upgrade(it, by=seller, at=THEN).state == "withdrawn"
    first.refresh_from_db()
    assert (first.model, first.price) == ("A4-70", Decimal("110.00"))


def test_who_left_upgrades_nothing(house: Agreed) -> None:
    first, seller, lead = house.parties[0], house.people[0], house.town.zhou
    it = parties.ask_upgrade(first, NEWER, rows=ROWS, by=seller, at=THEN)
    frameworks.clear_out_entry(first, reason="三次拒绝供货", by=lead, at=THEN)
    assert ("FWP-001", "") in refused(lambda: parties.approve_upgrade(it, by=lead, at=THEN))
    assert refused(lambda: parties.ask_upgrade(first, NEWER, rows=ROWS, by=seller, at=THEN)) == [("FWP-001", "")]


# A supplementary solicitation


def cleared(house: Agreed, *ranks: int) -> Framework:
    for n in ranks:
        frameworks.clear_out_entry(house.parties[n], reason="三次拒绝供货", by=house.town.zhou, at=THEN)
    return Framework.objects.get(pk=house.package.framework_id)


def answered(made: Framework, by: Any, price: str, at: Any) -> FrameworkEntry:
    package = made.packages.select_related("framework").get()
    return frameworks.respond(package, frames.offer(price), proof=proof(by), by=by, at=at)


def test_enough_are_left_until_fewer_than_the_share(house: Agreed) -> None:
    lead, why = house.town.zhou, "只剩一家，供货周期超过约定"
    it = house.package.framework
    again = frameworks.supplement_framework
    assert refused(lambda: again(it, reason=why, by=lead, at=THEN)) == [("FWK-056", "")]
    it = cleared(house, 0)  # two of three are left: 66.7 %
    assert refused(lambda: again(it, reason="", by=lead, at=THEN)) == [("FWK-020", "reason")]
    assert refused(lambda: again(it, reason=why, by=house.town.aygul, at=THEN)) == [("LIF-002", "")]
    over = it.valid_until
    assert over is not None
    assert refused(lambda: again(it, reason=why, by=lead, at=over)) == [("FWK-060", "")]
    made = again(it, reason=why, by=lead, at=THEN)
    assert (made.state, made.supplements, made.packages.get().ceiling) == ("cleared_to_publish", it, house.package.ceiling)
    assert refused(lambda: again(it, reason=why, by=lead, at=THEN)) == [("FWK-057", "")]


def test_who_is_solicited_anew_joins_behind_the_others_for_the_rest_of_the_term(house: Agreed) -> None:
    lead, chen, more = house.town.zhou, house.town.chen, house.people[3]
    it = cleared(house, 0, 1)
    made = frameworks.supplement_framework(it, reason="只剩一家，供货周期超过约定", by=lead, at=THEN)
    until = THEN + timedelta(days=22)
    made = frameworks.publish_framework(made, until=until, by=lead, at=THEN)
    assert refused(lambda: answered(made, house.people[0], "119.00", THEN)) == [("FWK-058", "")]
    assert refused(lambda: answered(made, house.people[2], "119.00", THEN)) == [("FWK-059", "")]
    answered(made, chen, "118.00", THEN)
    answered(made, more, "119.00", THEN)  # eliminated the first time, free to answer again
    made = frames.reviewed(made, lead, at=until)
    made = frameworks.settle_shortlist(made, panel=frames.PANEL, by=lead, at=until)
    entry = FrameworkEntry.objects.get(package__framework=made, state="shortlisted")
    assert refused(lambda: frameworks.join_framework(made, by=lead, at=until)) == [("FWK-027", ""), ("FWK-028", "")]
    assert refused(lambda: frameworks.conclude_framework(made, by=lead, at=until))[0] == ("FWK-061", "")
    frameworks.sign_entry(entry, by=chen, at=until)
    made = frameworks.join_framework(made, by=lead, at=until)
    entry.refresh_from_db()
    assert (made.state, made.valid_until, entry.package, entry.rank) == ("joined", it.valid_until, house.package, 5)
    assert [view.entries[0] for view in framework_queries.packages_of(made, seen_by=lead)] == [entry]
    bought = called(house, "direct", entry=entry.number, reason="价格最低，服务好", at=until)
    assert Order.objects.get(number=bought.order_number).supplier_id == chen.party
    assert frameworks.file_framework(made, by=lead, at=until).filed_at == until


@pytest.mark.parametrize("how", ["voided", "ended"])
def test_what_is_solicited_anew_ends_with_its_agreement(house: Agreed, how: str) -> None:
    it = cleared(house, 0, 1)
    made = frameworks.supplement_framework(it, reason="只剩一家，供货周期超过约定", by=house.town.zhou, at=THEN)
    if how == "voided":
        frameworks.void_framework(it, reason="违法征集", by=house.town.surina, at=THEN)
    else:
        assert it.valid_until is not None
        frameworks.end_due(it.valid_until)
    made.refresh_from_db()
    assert (made.state, made.reason) == ("cancelled", "所补充的框架协议已终止。")


@pytest.mark.django_db(transaction=True)
def test_two_leads_solicit_anew_once(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    house, found = agreed(build()), list[str]()
    it = cleared(house, 0, 1)

    def again() -> None:
        try:
            found.append(frameworks.supplement_framework(it, reason="只剩一家，供货周期超过约定", by=house.town.zhou, at=THEN).state)
        except Refused as why:
            found.extend(problem.code for problem in why.problems)
        finally:
            connection.close()

    threads = [threading.Thread(target=again) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(found) == ["FWK-057", "cleared_to_publish"]
