"""The parties of an agreement while it runs: who asks to leave, who is cleared out, and what becomes of the purchases that are under way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from sunlit.domain.market import reactions
from sunlit.domain.market.models import CallOff, Framework, Order
from sunlit.domain.market.services import calloffs, frameworks
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.messages.models import Message
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
