"""What a regulator suspends stands still with its time and its money, goes on with what was left, and comes to nothing where it is voided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sunlit.domain.disclosure import queries as disclosed
from sunlit.domain.disclosure import reactions as disclosure
from sunlit.domain.market import policies, reactions
from sunlit.domain.market.events import CallOffMoved
from sunlit.domain.market.models import CallOff, Order
from sunlit.domain.market.modes import batch as batch_mode
from sunlit.domain.market.queries.running import running
from sunlit.domain.market.services import batches, calloffs, frameworks, workorders
from sunlit.domain.rulebook import services as rulebook
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.messages.models import Message
from tests.domain.market import workshop
from tests.domain.market.pooling import CLOSES, pool
from tests.domain.market.pooling import THEN as OPENED
from tests.domain.market.pooling import held as pooled_money
from tests.domain.market.test_calloffs import THEN, Agreed, agreed, called, codes, held
from tests.town import build

HOUR = timedelta(hours=1)
WHY = "接到投诉，核查采购需求"


@pytest.fixture
def house(db: None, settings: Any, tmp_path: Any) -> Agreed:
    settings.DATA_DIR = tmp_path
    return agreed(build())


def refused(act: Callable[[], Any]) -> list[str]:
    with pytest.raises(Refused) as told:
        act()
    return [code for code, _on in codes(told)]


def seat(house: Agreed, place: int) -> Actor:
    return next(one for one in house.people if one.party == house.parties[place].supplier_id)


def heard(it: CallOff, verb: str, monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: at)
    event = CallOffMoved(number=it.number, verb=verb, state=it.state, buyer_id=it.buyer_id, orderer_id=it.orderer_id, version=it.version)
    reactions.tell_who_is_asked(event)
    disclosure.tell_the_call_off(event)


def test_nothing_happens_to_a_suspended_bidding_and_its_time_comes_back(house: Agreed, monkeypatch: pytest.MonkeyPatch) -> None:
    regulator, it = house.town.surina, called(house, "bidding")
    it = calloffs.bid(it, price="119.00", by=seat(house, 0), at=THEN + HOUR)
    money, until = held(), it.answer_until
    assert until is not None
    assert refused(lambda: calloffs.suspend_calloff(it, reason="查", by=regulator, at=THEN + HOUR)) == ["STP-003"]
    assert refused(lambda: calloffs.suspend_calloff(it, reason=WHY, by=house.town.zhou, at=THEN + HOUR)) == ["LIF-002"]
    assert refused(lambda: calloffs.resume_calloff(it, by=regulator, at=THEN + HOUR)) == ["STP-002"]
    it = calloffs.suspend_calloff(it, reason=WHY, by=regulator, at=THEN + 2 * HOUR)
    heard(it, "suspend", monkeypatch, THEN + 2 * HOUR)
    assert Message.objects.filter(kind="calloff.suspend.supplier").values("organisation_id").distinct().count() == 3
    assert Message.objects.filter(kind="calloff.suspend.buyer", organisation_id=it.buyer_id).exists()
    acts = (
        lambda: calloffs.bid(it, price="118.00", by=seat(house, 1), at=THEN + 3 * HOUR),
        lambda: calloffs.withdraw_calloff(it, reason="不再需要了", by=house.town.aygul, at=THEN + 3 * HOUR),
        lambda: calloffs.settle(it, by=house.town.aygul, at=until),
        lambda: calloffs.suspend_calloff(it, reason=WHY, by=regulator, at=THEN + 3 * HOUR),
    )
    for act in acts:
        assert refused(act) == ["STP-001"]
    assert calloffs.settle_due(until + HOUR) == 0
    assert held() == money
    assert not policies.bids_visible_to(house.town.aygul).exists()
    [row] = [row for row in running(it.region_path, at=THEN + 3 * HOUR, mode="calloff") if row.number == it.number]
    assert (row.stands_still, row.reason) == (True, WHY)
    it = calloffs.resume_calloff(it, by=regulator, at=until + 2 * HOUR)
    left = until - (THEN + 2 * HOUR)
    assert (it.answer_until, it.suspended_at, it.stop_reason) == (until + 2 * HOUR + left, None, "")
    it = calloffs.bid(it, price="117.00", by=seat(house, 1), at=until + 3 * HOUR)
    assert it.answer_until is not None
    assert calloffs.settle_due(it.answer_until) == 1
    it.refresh_from_db()
    assert (it.state, it.price) == ("awarded", Decimal("117.00"))


def test_an_outage_while_it_stood_still_is_given_back_once(house: Agreed) -> None:
    regulator, it = house.town.surina, called(house, "bidding")
    until = it.answer_until
    assert until is not None
    calloffs.suspend_calloff(it, reason=WHY, by=regulator, at=until - 3 * HOUR)
    rulebook.beat(web=True, at=until - HOUR)
    assert rulebook.beat(web=True, at=until + HOUR)
    it = calloffs.resume_calloff(it, by=regulator, at=until + 2 * HOUR)
    assert it.answer_until == until + 5 * HOUR


@pytest.mark.parametrize("late", [False, True], ids=["it comes back while it is suspended", "it comes back after it went on"])
def test_a_suspension_that_begins_in_an_outage_gives_back_what_that_did_not(house: Agreed, late: bool) -> None:
    """Three hours passed in which nobody could bid: an hour away, and two that were suspended or away or both."""
    CallOff.objects.filter(pk=called(house, "bidding").pk).update(answer_until=THEN + 20 * HOUR)  # not with a day
    regulator, it = house.town.surina, CallOff.objects.get()
    assert it.answer_until is not None
    since = it.answer_until - HOUR - HOUR / 2
    rulebook.beat(web=True, at=since)
    calloffs.suspend_calloff(it, reason=WHY, by=regulator, at=since + HOUR)
    acts: list[Callable[[datetime], Any]] = [
        lambda at: rulebook.beat(web=True, at=at),
        lambda at: calloffs.resume_calloff(it, by=regulator, at=at),
    ]
    for hour, act in enumerate(reversed(acts) if late else acts, 2):
        act(since + hour * HOUR)
    assert CallOff.objects.get().answer_until == it.answer_until + 3 * HOUR


def test_what_is_voided_frees_its_money_is_public_and_its_bids_stay_unread(house: Agreed, monkeypatch: pytest.MonkeyPatch) -> None:
    it = called(house, "bidding")
    it = calloffs.bid(it, price="119.00", by=seat(house, 0), at=THEN + HOUR)
    it = calloffs.suspend_calloff(it, reason=WHY, by=house.town.surina, at=THEN + HOUR)
    assert refused(lambda: calloffs.void_calloff(it, reason="", by=house.town.surina, at=THEN + HOUR)) == ["STP-003"]
    it = calloffs.void_calloff(it, reason="采购需求指向特定品牌", by=house.town.surina, at=THEN + 2 * HOUR)
    heard(it, "void", monkeypatch, THEN + 2 * HOUR)
    assert (it.state, it.ended_at, it.suspended_at, held()) == ("voided", THEN + 2 * HOUR, None, {})
    assert Order.objects.count() == 0
    assert not policies.bids_visible_to(house.town.aygul).exists()
    assert not policies.bids_visible_to(seat(house, 1)).exists()
    [notice] = disclosed.framework_voids(house.package.framework.number)
    assert (notice.content["purchase"], notice.content["reason"]) == (it.number, "采购需求指向特定品牌")
    assert Message.objects.filter(kind="calloff.void.buyer").exists()
    assert calloffs.settle_due(THEN + 99 * HOUR) == 0


def test_an_agreement_that_is_voided_ends_what_was_suspended_under_it(house: Agreed) -> None:
    it = calloffs.suspend_calloff(called(house, "bidding"), reason=WHY, by=house.town.surina, at=THEN)
    frameworks.void_framework(house.package.framework, reason="征集程序违法", by=house.town.surina, at=THEN + HOUR)
    assert calloffs.settle_due(THEN + HOUR) == 1
    it.refresh_from_db()
    assert (it.state, held()) == ("failed", {})


@pytest.fixture
def shop(db: None, settings: Any, tmp_path: Any) -> workshop.Workshop:
    settings.DATA_DIR = tmp_path
    return workshop.opened(build())


def test_a_turn_and_a_request_wait_while_they_are_suspended(shop: workshop.Workshop) -> None:
    regulator, it = shop.town.surina, workshop.asked(shop, "rotation")
    until, first = it.answer_until, it.entry_id
    assert until is not None
    it = workorders.suspend_work(it, reason=WHY, by=regulator, at=workshop.THEN)
    assert refused(lambda: workshop.quoted(shop, it)) == ["STP-001"]
    assert workorders.lapse_work_due(until + HOUR) == 0
    it = workorders.resume_work(it, by=regulator, at=workshop.THEN + HOUR)
    assert (it.answer_until, it.entry_id) == (until + HOUR, first)
    assert workshop.quoted(shop, it).state == "quoted"


def test_approved_work_that_is_voided_owes_nothing_and_what_was_done_is_not_voided(shop: workshop.Workshop) -> None:
    it = workshop.approved(shop)
    assert workshop.held() != {}
    it = workorders.void_work(it, reason="服务对象不属于公务用车", by=shop.town.surina, at=workshop.THEN)
    assert (it.state, workshop.held()) == ("voided", {})
    done = workshop.reported(shop, workshop.approved(shop), {1: "2"})
    assert refused(lambda: workorders.void_work(done, reason=WHY, by=shop.town.surina, at=workshop.THEN)) == ["LIF-001"]
    assert done.settle_until is not None
    until = done.settle_until
    done = workorders.suspend_work(done, reason=WHY, by=shop.town.surina, at=workshop.THEN)
    assert refused(lambda: workorders.settle_work(done, by=shop.town.aygul, at=workshop.THEN)) == ["STP-001"]
    done = workorders.resume_work(done, by=shop.town.surina, at=workshop.THEN + 5 * HOUR)
    assert done.settle_until == until + 5 * HOUR


def test_a_suspended_batch_takes_no_demands_and_closes_later(db: None, settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    house = pool()
    regulator, it = house.town.surina, house.open()
    house.confirmed(it, 10, 20)
    money = pooled_money()
    it = batches.suspend_batch(it, reason=WHY, by=regulator, at=OPENED + HOUR)
    assert refused(lambda: house.demand(it, 2, 5, at=OPENED + 2 * HOUR)) == ["STP-001"]
    assert batch_mode.go_on_due(CLOSES) == 0
    it = batches.resume_batch(it, by=regulator, at=OPENED + 3 * HOUR)
    assert (it.until, it.state) == (CLOSES + 2 * HOUR, "collecting")
    assert pooled_money() == money
    assert batch_mode.go_on_due(CLOSES + 2 * HOUR) == 1
    it.refresh_from_db()
    assert it.state == "pooled"
