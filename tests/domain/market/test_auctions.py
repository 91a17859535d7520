"""Reverse auctions: from the draft to the order, every way to fail, and every no."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F

from sunlit.domain.market import services
from sunlit.domain.market.models import AuctionBid, Order
from sunlit.domain.market.queries import auctions as queries
from sunlit.domain.market.rules.auction_results import replay
from sunlit.domain.planning.models import BudgetQuota
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.live.models import RoomEvent
from tests.domain.market.auctioning import (
    ENTRY_ENDS,
    LAPTOPS,
    MINUTE,
    PAPER,
    SECOND,
    START,
    again,
    announced,
    bid,
    enter,
    entered,
    entry_of,
    lot_of,
    prices,
    sellers,
    wish,
)
from tests.domain.market.test_auction_replay import acts
from tests.town import NOON, Town

END = START + 30 * MINUTE
AFTER = END + 4 * SECOND


def held(town: Town) -> Decimal:
    return BudgetQuota.objects.get(pk=town.quota.pk).held


def refusal(act: Any, *args: Any, **kwargs: Any) -> list[str]:
    with pytest.raises(Refused) as told:
        act(*args, **kwargs)
    return told.value.codes


def test_an_auction_goes_from_the_draft_to_an_order(town: Town) -> None:
    chen, nurlan, third = people = sellers(town)
    it = entered(town, people)
    assert (it.state, it.enter_until, it.bidders_least, held(town)) == ("open", ENTRY_ENDS, 3, Decimal("50000.00"))

    assert bid(it, chen, "5000.00", START).next_price == Decimal("4950.00")
    bid(it, nurlan, "4900.00", START + MINUTE)
    last = bid(it, third, "4800.00", START + 2 * MINUTE)
    assert (last.place, last.rank, last.ends_at) == (3, 1, END)

    assert services.close_auctions_due(END) == 0  # a bid that came in time may still wait for its turn
    assert services.close_auctions_due(AFTER) == 1
    it = again(it)
    assert (it.state, lot_of(it).winner) == ("to_confirm", entry_of(it, third))

    it = services.award_auction(it, by=town.zhou, at=AFTER + MINUTE)
    order = Order.objects.get(origin=it.number)
    assert (it.state, order.supplier_id, order.total, order.mode, order.state) == (
        "awarded",
        third.party,
        Decimal("48000.00"),
        "auction",
        "placed",
    )
    assert held(town) == Decimal("48000.00")  # the order's own: what lay ready beyond it is free
    line = order.lines.get()
    assert (line.price, line.quantity, line.snapshot["brand"], line.snapshot["model"]) == (Decimal("4800.00"), 10, "孔雀", "KQ-1")


def test_too_few_bidders_let_it_fail_before_it_begins(town: Town) -> None:
    it = entered(town, sellers(town, 2))
    assert services.fail_auctions_due(ENTRY_ENDS - SECOND) == 0
    assert services.fail_auctions_due(ENTRY_ENDS) == 1
    assert (again(it).state, held(town)) == ("failed", Decimal("0.00"))


def test_two_bidders_cannot_bid_although_nobody_has_said_yet_that_it_failed(town: Town) -> None:
    it = entered(town, sellers(town, 2))
    assert refusal(bid, it, town.chen, "5000.00", START) == ["AUC-028"]


def test_a_lot_in_which_too_few_bid_fails(town: Town) -> None:
    it = entered(town, sellers(town))
    bid(it, town.chen, "5000.00", START)
    bid(it, town.nurlan, "4900.00", START)
    services.close_auctions_due(AFTER)
    assert (again(it).state, held(town), lot_of(it).outcome) == ("failed", Decimal("0.00"), "failed")


def test_of_equal_prices_the_earlier_wins(town: Town) -> None:
    chen, nurlan, third = people = sellers(town)
    it = entered(town, people, visibility="rank_only")
    bid(it, chen, "4900.00", START)
    assert bid(it, nurlan, "4900.00", START).rank == 2
    assert bid(it, third, "4950.00", START).rank == 3
    services.close_auctions_due(AFTER)
    assert lot_of(it).winner == entry_of(it, chen)


def test_the_winner_refuses_and_the_next_stands_in_its_place(town: Town) -> None:
    chen, nurlan, third = people = sellers(town)
    it = entered(town, people)
    for person, price in ((chen, "4900.00"), (nurlan, "4800.00"), (third, "4700.00")):
        bid(it, person, price, START)
    services.close_auctions_due(AFTER)
    assert refusal(services.refuse_award, it, 1, reason="不愿供货了", by=chen, at=AFTER) == ["AUC-033"]
    services.refuse_award(it, 1, reason="厂家断货，无法供应", by=third, at=AFTER)
    assert lot_of(it).winner == entry_of(it, nurlan)
    services.exclude_winner(it, 1, reason="所报型号内存不足16GB", by=town.zhou, at=AFTER)
    assert lot_of(it).winner == entry_of(it, chen)
    services.refuse_award(it, 1, reason="同样缺货，抱歉", by=chen, at=AFTER)
    assert (again(it).state, held(town)) == ("failed", Decimal("0.00"))


def test_an_order_that_the_winner_declines_falls_to_the_next(town: Town) -> None:
    chen, nurlan, third = people = sellers(town)
    it = entered(town, people)
    for person, price in ((chen, "4900.00"), (nurlan, "4800.00"), (third, "4700.00")):
        bid(it, person, price, START)
    services.close_auctions_due(AFTER)
    services.award_auction(it, by=town.zhou, at=AFTER)
    first = Order.objects.get(origin=it.number)
    services.decline(first, reason="厂家断货，无法供应", by=third, at=AFTER + MINUTE)
    assert held(town) == Decimal("0.00")
    services.go_to_next(first.number, at=AFTER + 2 * MINUTE)
    assert services.go_to_next(first.number, at=AFTER + 2 * MINUTE) is None
    it = again(it)
    assert (it.state, lot_of(it).winner, held(town)) == ("to_confirm", entry_of(it, nurlan), Decimal("50000.00"))
    it = services.award_auction(it, by=town.zhou, at=AFTER + 3 * MINUTE)
    second = Order.objects.exclude(pk=first.pk).get()
    assert (second.origin, second.supplier_id, second.total, held(town)) == (
        f"{it.number}.2",
        nurlan.party,
        Decimal("48000.00"),
        Decimal("48000.00"),
    )


def test_withdrawn_before_the_bidding_the_money_is_free(town: Town) -> None:
    it = entered(town, sellers(town))
    assert refusal(services.withdraw_auction, it, reason="", by=town.zhou, at=NOON) == ["ORD-001"]
    assert refusal(services.withdraw_auction, it, reason="长" * 2001, by=town.zhou, at=NOON) == ["ORD-029"]
    assert refusal(services.withdraw_auction, it, reason="预算调整，取消采购", by=town.zhou, at=START) == ["AUC-017"]
    it = services.withdraw_auction(it, reason="预算调整，取消采购", by=town.zhou, at=START - SECOND)
    assert (it.state, held(town)) == ("withdrawn", Decimal("0.00"))
    assert refusal(bid, it, town.chen, "5000.00", START) == ["AUC-020"]


def test_the_regulator_pauses_and_the_time_that_was_left_is_kept(town: Town) -> None:
    it = entered(town, sellers(town))
    bid(it, town.chen, "5000.00", START)
    it = services.pause_auction(it, reason="核实串通投标举报", by=town.surina, at=START + 20 * MINUTE)
    assert refusal(bid, it, town.nurlan, "4900.00", START + 21 * MINUTE) == ["AUC-020"]
    assert services.close_auctions_due(END + 5 * MINUTE) == 0
    it = services.resume_auction(it, by=town.surina, at=START + 60 * MINUTE)
    assert (lot_of(it).ends_at, it.starts_at) == (START + 70 * MINUTE, START)
    bid(it, town.nurlan, "4900.00", START + 64 * MINUTE)


def test_a_pause_before_the_start_puts_the_start_off(town: Town) -> None:
    it = entered(town, sellers(town))
    services.pause_auction(it, reason="公告内容待核实", by=town.surina, at=START - 30 * MINUTE)
    it = services.resume_auction(it, by=town.surina, at=START + 30 * MINUTE)
    assert (it.enter_until, it.starts_at, lot_of(it).ends_at) == (ENTRY_ENDS + 60 * MINUTE, START + 60 * MINUTE, END + 60 * MINUTE)


def test_a_voided_auction_frees_its_money(town: Town) -> None:
    it = entered(town, sellers(town))
    assert refusal(services.void_auction, it, reason="采购文件违法", by=town.zhou, at=START) == ["LIF-002"]
    it = services.void_auction(it, reason="采购文件违法，责令重新开展", by=town.surina, at=START + MINUTE)
    assert (it.state, held(town)) == ("voided", Decimal("0.00"))


def test_an_outage_gives_back_the_time_that_it_took(town: Town) -> None:
    it = entered(town, sellers(town))
    since, until = START + 10 * MINUTE, START + 50 * MINUTE
    services.make_up_for_outage(it, since=since, until=until, outage="GZ-1", at=until)
    assert lot_of(it).ends_at == END + 40 * MINUTE
    assert services.make_up_for_outage(it, since=END + 60 * MINUTE, until=END + 90 * MINUTE, outage="GZ-2", at=END + 90 * MINUTE) == []


def test_what_a_pause_gave_back_no_outage_gives_back_again(town: Town) -> None:
    it = entered(town, sellers(town))
    services.pause_auction(it, reason="平台网络中断", by=town.surina, at=START + 10 * MINUTE)
    services.resume_auction(it, by=town.surina, at=START + 40 * MINUTE)
    assert lot_of(it).ends_at == END + 30 * MINUTE
    since, until = START + 5 * MINUTE, START + 30 * MINUTE
    services.make_up_for_outage(it, since=since, until=until, outage="GZ-1", at=START + 50 * MINUTE)
    assert lot_of(it).ends_at == END + 35 * MINUTE  # the five minutes before the pause
    assert services.make_up_for_outage(it, since=START + 12 * MINUTE, until=until, outage="GZ-2", at=START + 50 * MINUTE) == []
    services.close_auctions_due(END + 36 * MINUTE)
    assert replay(it.number, acts(it)) == again(it).result


@pytest.mark.parametrize(
    "order",
    ["pause resume outage", "pause outage resume"],
    ids=["confirmed when it goes on", "confirmed while it is paused"],
)
@pytest.mark.parametrize(
    ("away", "paused", "end"),
    [
        ((10, 30), (20, 45), 35),  # the pause began in the outage
        ((10, 20), (25, 45), 30),  # the outage was over when the pause began
        ((20, 40), (10, 45), 35),  # the pause took all of it
        ((25, 40), (35, 45), 20),  # the pause began when the bidding would have been over already
    ],
)
def test_a_pause_and_an_outage_give_back_what_either_took(
    town: Town, order: str, away: tuple[int, int], paused: tuple[int, int], end: int
) -> None:
    """In whatever order they become known: every instant once."""
    people = sellers(town)
    it = entered(town, people)
    for person, price in zip(people, ("4900.00", "4800.00", "4700.00"), strict=True):
        bid(it, person, price, START)
    since, until = (START + minute * MINUTE for minute in away)
    pause, resume = (START + minute * MINUTE for minute in paused)
    told_at = until if order.endswith("resume") else resume + MINUTE
    verbs: dict[str, Any] = {
        "pause": lambda: services.pause_auction(it, reason="核实举报情况", by=town.surina, at=pause),
        "resume": lambda: services.resume_auction(it, by=town.surina, at=resume),
        "outage": lambda: services.make_up_for_outages(since=since, until=until, outage="GZ-1", at=told_at),
    }
    for verb in order.split():
        verbs[verb]()
    over = END + end * MINUTE
    assert (again(it).starts_at, lot_of(it).ends_at) == (START, over)
    bid(it, people[0], "4600.00", over - 5 * MINUTE)
    assert services.close_auctions_due(over + 4 * SECOND) == 1
    assert replay(it.number, acts(it)) == again(it).result


def test_while_it_is_paused_the_room_is_told_so(town: Town) -> None:
    it = entered(town, sellers(town))
    services.pause_auction(it, reason="核实举报情况", by=town.surina, at=START + 20 * MINUTE)
    since, until = START + 10 * MINUTE, START + 30 * MINUTE
    told = services.make_up_for_outages(since=since, until=until, outage="GZ-1", at=until)
    assert [(each.before, each.after) for each in told] == [(END, END + 10 * MINUTE)]
    last = RoomEvent.objects.filter(room=queries.room_of(it.number, 1)).latest("index").openly
    assert (again(it).state, last["kind"], last["reason"]) == ("paused", "pause", "核实举报情况")


def test_an_outage_after_which_bidders_could_still_enter_moves_nothing(town: Town) -> None:
    """Also where it is a pause that left them time."""
    it = entered(town, sellers(town))
    since, until = ENTRY_ENDS - 20 * MINUTE, ENTRY_ENDS + 10 * MINUTE
    services.pause_auction(it, reason="核实举报情况", by=town.surina, at=ENTRY_ENDS - 10 * MINUTE)
    assert services.make_up_for_outages(since=since, until=until, outage="GZ-1", at=until) == []
    services.resume_auction(it, by=town.surina, at=until + MINUTE)
    assert services.make_up_for_outages(since=since, until=until, outage="GZ-1", at=until + MINUTE) == []
    assert lot_of(it).ends_at == END + 21 * MINUTE


def test_what_was_bid_for_has_begun_whatever_an_outage_moves(town: Town) -> None:
    chen, nurlan, *_others = people = sellers(town, 4)
    it = entered(town, people)
    bid(it, chen, "4900.00", START)
    since, until = ENTRY_ENDS - MINUTE, START + 9 * MINUTE
    services.make_up_for_outage(it, since=since, until=until, outage="GZ-1", at=until)
    assert (again(it).starts_at, lot_of(it).ends_at) == (START, END + 20 * MINUTE)
    bid(it, nurlan, "4800.00", until + SECOND)
    services.close_auctions_due(END + 21 * MINUTE)
    assert replay(it.number, acts(it)) == again(it).result


def test_nobody_leaves_a_bid_behind(town: Town) -> None:
    """What came before the start, but waits until a bid fell, is too late."""
    chen, *_others = people = sellers(town, 4)
    it = entered(town, people)
    bid(it, chen, "4900.00", START)
    before = START - SECOND
    mask = entry_of(it, chen).bidder.mask
    assert refusal(services.leave_auction, it, by=chen, at=before) == ["AUC-017"]
    assert refusal(services.turn_away, it, mask, reason="资格条件不符合公告要求", by=town.zhou, at=before) == ["AUC-017"]
    assert refusal(services.withdraw_auction, it, reason="预算调整，取消采购", by=town.zhou, at=before) == ["AUC-017"]


def test_a_bid_in_the_last_minutes_leaves_as_many_again(town: Town) -> None:
    chen, nurlan, _third = people = sellers(town)
    it = entered(town, people, extensions_most="2")
    assert bid(it, chen, "5000.00", END - 5 * MINUTE).ends_at == END  # exactly five minutes are left
    assert bid(it, nurlan, "4900.00", END - 4 * MINUTE).ends_at == END + MINUTE
    assert bid(it, chen, "4800.00", END).ends_at == END + 5 * MINUTE
    assert bid(it, nurlan, "4700.00", END + 4 * MINUTE).ends_at == END + 5 * MINUTE  # twice was agreed
    assert refusal(bid, it, chen, "4600.00", END + 5 * MINUTE) == ["AUC-019"]


def test_only_a_lowest_bid_extends(town: Town) -> None:
    chen, nurlan, _third = people = sellers(town)
    it = entered(town, people, visibility="rank_only")
    bid(it, chen, "4000.00", START)
    assert bid(it, nurlan, "4900.00", END - MINUTE).ends_at == END


@pytest.mark.parametrize(
    ("price", "at", "codes"),
    [
        ("4900.00", START - SECOND, ["AUC-018"]),
        ("4900.00", END, ["AUC-019"]),
        ("0.00", START + MINUTE, ["AUC-021"]),
        ("-1.00", START + MINUTE, ["AUC-021"]),
        ("4900.001", START + MINUTE, ["AUC-021"]),
        ("5000.01", START + MINUTE, ["AUC-022"]),
        ("4950.01", START + MINUTE, ["AUC-023"]),
    ],
)
def test_every_bid_that_is_not_taken_says_why_and_changes_nothing(town: Town, price: str, at: Any, codes: list[str]) -> None:
    it = entered(town, sellers(town))
    bid(it, town.chen, "5000.00", START)
    assert refusal(bid, it, town.nurlan, price, at) == codes
    assert (prices(it), lot_of(it).low) == ([("5000.00", False)], Decimal("5000.00"))


def test_who_may_bid(town: Town) -> None:
    people = sellers(town, 4)
    it = entered(town, people[:3])
    assert refusal(bid, it, people[3], "5000.00", START) == ["AUC-016"]
    assert refusal(bid, it, town.wu, "5000.00", START) == ["LIF-002"]  # keeps the catalogue
    assert refusal(bid, it, town.zhou, "5000.00", START) == ["LIF-002"]
    assert refusal(bid, it, town.chen, "5000.00", START, lot=2) == ["AUC-016"]
    assert AuctionBid.objects.count() == 0


def test_a_message_that_comes_twice_makes_one_bid(town: Town) -> None:
    it = entered(town, sellers(town))
    first = bid(it, town.chen, "4900.00", START, key="message-1")
    bid(it, town.nurlan, "4800.00", START)
    again = bid(it, town.chen, "4900.00", START + MINUTE, key="message-1")
    assert (first.again, again.again, again.place, again.at, again.rank) == (False, True, 1, START, 2)
    assert refusal(bid, it, town.chen, "4700.00", START + MINUTE, key="message-1") == ["AUC-025"]
    assert refusal(bid, it, town.chen, "4700.00", START + MINUTE, key="short") == ["AUC-026"]
    assert len(prices(it)) == 2


def test_bids_are_only_added(town: Town) -> None:
    from django.db import IntegrityError, transaction

    it = entered(town, sellers(town))
    bid(it, town.chen, "4900.00", START)
    for spoil in (
        lambda: AuctionBid.objects.update(price=1),
        lambda: AuctionBid.objects.all().delete(),
        lambda: RoomEvent.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            spoil()


def test_a_floor_bids_only_as_far_as_it_must(town: Town) -> None:
    chen, nurlan, third = people = sellers(town)
    it = entered(town, people)
    bid(it, chen, "5000.00", START)
    made = services.set_floor(it.number, 1, floor=Decimal("4500.00"), by=nurlan, at=START)
    assert made is not None
    assert (made.price, services.floor_of(entry_of(it, nurlan))) == (Decimal("4950.00"), Decimal("4500.00"))
    assert b"4500" not in bytes(entry_of(it, nurlan).floor or b"")
    assert bid(it, third, "4700.00", START).rank == 2
    assert prices(it)[-1] == ("4650.00", True)
    assert bid(it, third, "4550.00", START).rank == 2
    assert prices(it)[-1] == ("4500.00", True)
    bid(it, third, "4450.00", START)
    assert lot_of(it).leader == entry_of(it, third)  # below the floor nothing is bid
    assert refusal(services.set_floor, it.number, 1, floor=Decimal("4450.00"), by=chen, at=START) == ["AUC-027"]
    services.lift_floor(it.number, 1, by=nurlan, at=START)
    assert entry_of(it, nurlan).floor is None


def test_of_two_floors_the_lower_wins_one_step_below_the_other(town: Town) -> None:
    chen, nurlan, _third = people = sellers(town)
    it = entered(town, people)
    assert services.set_floor(it.number, 1, floor=Decimal("4400.00"), by=chen, at=START).price == Decimal("5000.00")  # type: ignore[union-attr]
    services.set_floor(it.number, 1, floor=Decimal("4600.00"), by=nurlan, at=START + SECOND)
    assert prices(it) == [("5000.00", True), ("4600.00", True), ("4550.00", True)]
    assert lot_of(it).leader == entry_of(it, chen)


def test_of_equal_floors_the_earlier_wins(town: Town) -> None:
    chen, nurlan, _third = people = sellers(town)
    it = entered(town, people)
    services.set_floor(it.number, 1, floor=Decimal("4600.00"), by=chen, at=START)
    services.set_floor(it.number, 1, floor=Decimal("4600.00"), by=nurlan, at=START + SECOND)
    assert (lot_of(it).leader, prices(it)[-1]) == (entry_of(it, chen), ("4600.00", True))


def test_what_a_bidder_must_bring_to_enter(town: Town) -> None:
    it = announced(town)
    assert refusal(enter, it, town.chen, points=["alone"]) == ["AUC-011"]
    assert refusal(enter, it, town.chen, products={}) == ["AUC-013"]
    assert refusal(enter, it, town.chen, products={1: ("孔雀", "")}) == ["AUC-013"]
    assert refusal(enter, it, town.wu) == ["LIF-002"]
    assert refusal(enter, it, town.chen, at=ENTRY_ENDS) == ["AUC-010"]
    enter(it, town.chen)
    assert refusal(enter, it, town.chen) == ["AUC-015"]
    services.leave_auction(it, by=town.chen, at=NOON)
    assert refusal(services.leave_auction, it, by=town.chen, at=NOON) == ["AUC-016"]
    bidder = enter(it, town.nurlan)
    assert refusal(services.turn_away, it, bidder.mask, reason="", by=town.zhou, at=NOON) == ["ORD-001"]
    services.turn_away(it, bidder.mask, reason="不具备销售资质", by=town.zhou, at=NOON)
    assert queries.admitted_of([it]) == {}


def test_what_a_draft_must_say(town: Town) -> None:
    empty = wish(
        town, title="", step="6", minutes="5", extension_minutes="11", delivery_days="0", visibility="all", starts_at=None, lots=()
    )
    told = refusal(services.draft_auction, empty, by=town.aygul, at=NOON)
    assert told == ["AUC-001", "AUC-006", "AUC-002", "AUC-008", "AUC-037", "AUC-006", "AUC-006", "AUC-006"]
    lots = (services.LotWish("A02010108", "", "1", "台", "1.00"), services.LotWish("A02010108", "电脑", "0", "台", "1.00"))
    assert refusal(services.draft_auction, wish(town, lots=lots), by=town.aygul, at=NOON) == ["AUC-003", "AUC-004"]
    assert refusal(services.draft_auction, wish(town, quota_id=town.hospital_quota.pk), by=town.aygul, at=NOON) == ["AUC-007"]


def test_nobody_reckons_with_more_than_there_is_room_for(town: Town) -> None:
    told = wish(town, lots=(services.LotWish("A02010108", "便携式计算机", "1000000", "台", "99999999999.99"),))
    assert refusal(services.draft_auction, told, by=town.aygul, at=NOON) == ["AUC-044"]


def test_the_notice_stands_for_two_working_days(town: Town) -> None:
    it = services.draft_auction(wish(town, starts_at=START - timedelta(days=1)), by=town.aygul, at=NOON)
    assert refusal(services.publish_auction, it, by=town.zhou, at=NOON) == ["AUC-005"]
    assert held(town) == Decimal("0.00")


def test_money_that_is_not_there_cannot_be_announced(town: Town) -> None:
    dear = services.LotWish("A02010108", "便携式计算机", "30", "台", "5000.00")
    it = services.draft_auction(wish(town, lots=(dear,)), by=town.aygul, at=NOON)
    assert refusal(services.publish_auction, it, by=town.zhou, at=NOON) == ["BUD-001"]
    assert again(it).state == "draft"


def test_a_price_far_below_the_highest_is_explained_first(town: Town) -> None:
    chen, nurlan, third = people = sellers(town)
    it = entered(town, people)
    for person, price in ((chen, "4900.00"), (nurlan, "4800.00"), (third, "2200.00")):
        bid(it, person, price, START)
    services.close_auctions_due(AFTER)
    assert refusal(services.award_auction, it, by=town.zhou, at=AFTER) == ["AUC-032"]
    services.explain_price(it, 1, reason="清库存，厂家补贴", by=third, at=AFTER)
    assert refusal(services.award_auction, it, by=town.zhou, at=AFTER) == ["AUC-032"]
    it = services.award_auction(it, explanation="供应商说明合理，同意成交", by=town.zhou, at=AFTER)
    assert it.state == "awarded"


def test_lots_end_by_themselves_and_each_winner_gets_one_order(town: Town) -> None:
    chen, nurlan, third = people = sellers(town)
    it = entered(town, people, lots=(LAPTOPS, PAPER))
    for person, price in ((chen, "4900.00"), (nurlan, "4800.00"), (third, "4700.00")):
        bid(it, person, price, START)
    for person, price in ((third, "129.00"), (nurlan, "127.00"), (chen, "120.00")):
        bid(it, person, price, END - MINUTE, lot=2)
    assert refusal(bid, it, chen, "4600.00", END) == ["AUC-019"]
    bid(it, nurlan, "110.00", END + MINUTE, lot=2)
    assert services.close_auctions_due(AFTER) == 0
    services.close_auctions_due(END + 7 * MINUTE)
    services.award_auction(again(it), by=town.zhou, at=END + 8 * MINUTE)
    orders = {order.supplier_id: order.total for order in Order.objects.all()}
    assert orders == {third.party: Decimal("47000.00"), nurlan.party: Decimal("11000.00")}
    assert held(town) == Decimal("58000.00")


def test_what_others_see_before_the_end_is_what_the_notice_says(town: Town) -> None:
    people = sellers(town)
    seen = {}
    for visibility in ("rank_only", "low_only", "own_rank_and_current_low"):
        it = entered(town, people, visibility=visibility)
        bid(it, town.chen, "4900.00", START)
        told = RoomEvent.objects.filter(room=queries.room_of(it.number, 1)).order_by("-index")[0]
        masks = {str(entry_of(it, person).bidder.mask) for person in people}
        assert set(told.own) <= masks
        shown, desk = told.openly, {**told.openly, **told.inside}
        seen[visibility] = ("prices" in shown, "by" in shown, "rank" in told.own[str(entry_of(it, town.chen).bidder.mask)])
        assert (desk["prices"], desk["by"], desk["low"]) == (["4900.00"], [entry_of(it, town.chen).bidder.mask], "4900.00")
        assert ("low" in shown) == ("prices" in shown)
        services.void_auction(it, reason="测试结束，作废", by=town.surina, at=START)
    assert seen == {"rank_only": (False, False, True), "low_only": (True, False, False), "own_rank_and_current_low": (True, True, True)}


def awarded_to_third(town: Town, **more: Any) -> tuple[Any, list[Any]]:
    """Third is lowest in every lot, the result is confirmed."""
    people = sellers(town)
    it = entered(town, people, **more)
    for lot in it.lots.all():
        for person, share in zip(people, ("0.98", "0.96", "0.94"), strict=True):
            bid(it, person, str((lot.cap * Decimal(share)).quantize(Decimal("0.01"))), START, lot=lot.position)
    services.close_auctions_due(AFTER)
    return again(it), people


def test_where_no_budget_is_left_for_the_next_bidder_the_auction_fails(town: Town) -> None:
    it, people = awarded_to_third(town)
    services.award_auction(it, by=town.zhou, at=AFTER)
    order = Order.objects.get(origin=it.number)
    services.decline(order, reason="厂家断货，无法供应", by=people[2], at=AFTER + MINUTE)
    BudgetQuota.objects.filter(pk=town.quota.pk).update(spent=F("total") - Decimal("49999.99"))  # somebody else bought meanwhile
    services.go_to_next(order.number, at=AFTER + 2 * MINUTE)
    assert (again(it).state, lot_of(it).winner, lot_of(it).outcome) == ("failed", None, "failed")
    assert BudgetQuota.objects.get(pk=town.quota.pk).available == Decimal("49999.99")


def test_what_others_won_remains_where_nobody_stands_in_for_the_rest(town: Town) -> None:
    it, people = awarded_to_third(town, lots=(LAPTOPS, PAPER))
    services.exclude_winner(it, 2, reason="所报复印纸白度不足", by=town.zhou, at=AFTER)
    services.award_auction(it, by=town.zhou, at=AFTER)
    paper = Order.objects.get(origin=it.number, supplier_id=people[1].party)
    laptops = Order.objects.get(origin=it.number, supplier_id=people[2].party)
    services.decline(laptops, reason="厂家断货，无法供应", by=people[2], at=AFTER + MINUTE)
    BudgetQuota.objects.filter(pk=town.quota.pk).update(spent=F("total") - F("held") - Decimal("0.01"))
    services.go_to_next(laptops.number, at=AFTER + 2 * MINUTE)
    assert (again(it).state, lot_of(it, 1).outcome, lot_of(it, 2).order_id) == ("awarded", "failed", paper.pk)


def test_what_was_ordered_is_not_given_away_again(town: Town) -> None:
    """The order of one lot came to nothing and the buyer confirms anew: the order of the other lot stands."""
    it, people = awarded_to_third(town, lots=(LAPTOPS, PAPER))
    services.exclude_winner(it, 2, reason="所报复印纸白度不足", by=town.zhou, at=AFTER)
    services.award_auction(it, by=town.zhou, at=AFTER)
    laptops, paper = (Order.objects.get(origin=it.number, supplier_id=people[n].party) for n in (2, 1))
    services.decline(laptops, reason="厂家断货，无法供应", by=people[2], at=AFTER + MINUTE)
    services.go_to_next(laptops.number, at=AFTER + 2 * MINUTE)
    assert refusal(services.refuse_award, it, 2, reason="厂家断货，无法供应", by=people[1], at=AFTER + 3 * MINUTE) == ["AUC-033"]
    assert refusal(services.exclude_winner, it, 2, reason="所报复印纸白度不足", by=town.zhou, at=AFTER + 3 * MINUTE) == ["AUC-034"]
    assert lot_of(it, 2).order_id == paper.pk
    services.award_auction(it, by=town.zhou, at=AFTER + 4 * MINUTE)
    assert lot_of(it, 2).order_id == paper.pk


def test_orders_that_come_to_nothing_one_after_the_other_all_go_to_the_next(town: Town) -> None:
    it, people = awarded_to_third(town, lots=(LAPTOPS, PAPER))
    services.exclude_winner(it, 2, reason="所报复印纸白度不足", by=town.zhou, at=AFTER)
    services.award_auction(it, by=town.zhou, at=AFTER)
    laptops, paper = (Order.objects.get(origin=it.number, supplier_id=people[n].party) for n in (2, 1))
    for minutes, (order, person) in enumerate(((laptops, people[2]), (paper, people[1])), 1):
        services.decline(order, reason="厂家断货，无法供应", by=person, at=AFTER + minutes * MINUTE)
        services.go_to_next(order.number, at=AFTER + minutes * MINUTE)
    assert (again(it).state, held(town)) == ("to_confirm", Decimal("63000.00"))
    assert services.go_to_next(paper.number, at=AFTER + 3 * MINUTE) is None
    services.award_auction(it, by=town.zhou, at=AFTER + 4 * MINUTE)
    made = {order.supplier_id: order.total for order in Order.objects.exclude(pk__in=[laptops.pk, paper.pk])}
    won = {lot_of(it, n).winner.bidder.supplier_id for n in (1, 2)}  # type: ignore[union-attr]
    assert (set(made), held(town)) == (won, sum(made.values()))


def test_a_supplier_that_was_suspended_meanwhile_gets_no_order(town: Town) -> None:
    it, people = awarded_to_third(town)
    Supplier.objects.filter(organisation_id=people[2].party).update(
        state="suspended", suspended_until=AFTER + timedelta(days=90), reason="提供虚假材料"
    )
    assert refusal(services.award_auction, it, by=town.zhou, at=AFTER) == ["AUC-038"]
    services.exclude_winner(it, 1, reason="成交前被暂停资格", by=town.zhou, at=AFTER)
    services.award_auction(it, by=town.zhou, at=AFTER)
    assert Order.objects.get(origin=it.number).supplier_id == people[1].party
