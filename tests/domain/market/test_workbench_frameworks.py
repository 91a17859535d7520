"""What is bought under framework agreements, on the supplier's workbench and the regulator's board: batches, work orders, supplementary solicitations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sunlit.domain.market.models import Framework
from sunlit.domain.market.modes import batch as mode
from sunlit.domain.market.queries import running, workbench
from sunlit.domain.market.queries.openings import Asked
from sunlit.domain.market.services import batches, frameworks, opportunities
from sunlit.domain.market.services import workorders as work
from sunlit.foundation.accounts.actors import Actor
from tests.domain.market import frames, workshop
from tests.domain.market.pooling import CLOSES, Pool, pool
from tests.domain.market.workshop import Workshop, approved, asked, quoted, reported
from tests.town import build

HOUR = timedelta(hours=1)
PREFECTURE, COUNTY = "652800", "652800/652823"


@pytest.fixture
def pooled(db: None, settings: Any, tmp_path: Any) -> Pool:
    settings.DATA_DIR = tmp_path
    return pool()


@pytest.fixture
def shop(db: None, settings: Any, tmp_path: Any) -> Workshop:
    settings.DATA_DIR = tmp_path
    return workshop.opened(build())


def seen(by: Actor, at: Any, **asked: Any) -> list[Any]:
    return workbench.opportunities(Asked(**asked), seen_by=by, at=at).rows


def entry_of(by: Actor, *, over: bool) -> Any:
    [found] = [one for one in workbench.entries(seen_by=by, over=over).rows if one.mode != "framework"]
    return found


def queries_of(read: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as counted:
        read()
    return len(counted)


# Batches


def test_a_batch_is_for_its_parties_to_bid_for_then_for_the_winner_to_take(pooled: Pool) -> None:
    it = pooled.open()
    assert seen(pooled.people[0], workshop.THEN, mode="batch") == [], "demands still come in"
    pooled.confirmed(it, 10, 20, 30)
    it = batches.publish_batch(mode.go_on(it, at=CLOSES), by=pooled.town.zhou, at=CLOSES)
    [shown] = seen(pooled.people[0], CLOSES)
    assert (shown.mode, shown.number, shown.title, shown.most) == ("batch", it.number, "A4复印纸 70克 2026-04", Decimal("7320.00"))
    assert (shown.until, shown.fits[0].kind, shown.bars, shown.own) == (it.until, "invited", (), "")
    assert seen(pooled.people[3], CLOSES, fitting=False) == [], "who was eliminated is no party"
    assert seen(pooled.people[0], CLOSES, q="A4复印纸", region_path="652800/652823") == []
    assert [one.number for one in seen(pooled.people[0], CLOSES, q="2026-04")] == [it.number]
    assert seen(pooled.people[0], it.until) == [], "at its deadline it is gone"
    it = pooled.bid(it, 0, "118.00")
    assert str(seen(pooled.people[0], CLOSES)[0].own) == "已报价"
    it = pooled.bid(it, 1, "119.00")
    it = mode.confirm_result(mode.go_on(it, at=it.until), by=pooled.town.zhou, at=it.until)
    assert str(seen(pooled.people[0], it.until - HOUR)[0].own) == "轮到贵单位"
    assert seen(pooled.people[1], it.until - HOUR) == []


def test_batch_bids_stand_among_the_entries_until_their_result(pooled: Pool) -> None:
    it = pooled.bidding(10, 20, 30)
    for place, price in enumerate(("118.00", "117.00", "119.00")):
        pooled.bid(it, place, price)
    running_entry = entry_of(pooled.people[2], over=False)
    assert (running_entry.number, running_entry.state, running_entry.until, running_entry.price) == (
        it.number, "bidding", it.until, Decimal("119.00"),
    )  # fmt: skip
    it = mode.go_on(it, at=it.until)
    why = "投报产品白度不满足配置要求，附检测报告"
    it = mode.exclude_bid(
        it, supplier=pooled.parties[1].supplier.number, cause="below_configuration", reason=why, by=pooled.town.zhou, at=it.until - HOUR
    )
    excluded = entry_of(pooled.people[1], over=True)
    assert (excluded.state, excluded.reason, str(excluded.price)) == ("excluded", why, "117.00")
    it = mode.confirm_result(it, by=pooled.town.zhou, at=it.until - HOUR)
    it = mode.take_orders(it, by=pooled.people[0], at=it.until - HOUR)
    assert [entry_of(one, over=True).state for one in pooled.people[:3]] == ["won", "excluded", "lost"]
    assert "118.00" in str(entry_of(pooled.people[2], over=True).reason), "the loser reads who won at what price"


def test_the_board_tells_of_batches_with_the_money_of_all_their_buyers(pooled: Pool) -> None:
    it = pooled.bidding(10, 20, 30)
    [row] = running.running(PREFECTURE, at=CLOSES, mode="batch")
    assert (row.number, row.until, row.taking_part, row.held) == (it.number, it.until, 3, Decimal("7320.00"))
    assert running.running(COUNTY, at=CLOSES, mode="batch") == []
    batches.void_batch(it, reason="征集文件存在排斥性条款", by=pooled.town.surina, at=CLOSES + HOUR)
    assert running.running(PREFECTURE, at=CLOSES + HOUR, mode="batch") == []


# Work orders


def test_a_work_order_is_for_who_is_asked_until_it_answered(shop: Workshop) -> None:
    it = asked(shop)
    [shown] = seen(shop.seat(it), workshop.THEN)
    assert (shown.mode, shown.number, shown.title, shown.own) == ("work_order", it.number, "公务用车维修 第1包 · 新M·A1234", "轮到贵单位")
    assert (shown.until, shown.most, shown.bars) == (it.answer_until, None, ())
    others = [one for one in shop.people if one.party != it.entry.supplier_id]
    assert [seen(one, workshop.THEN, fitting=False) for one in others] == [[], [], []]
    quoted(shop, it)
    assert seen(shop.seat(it), workshop.THEN) == []
    mine = entry_of(shop.seat(it), over=False)
    assert (mine.number, mine.state, mine.until, mine.price) == (it.number, "quoted", None, None)


def test_a_settled_work_order_leads_to_its_order_a_declined_one_says_why(shop: Workshop) -> None:
    it = approved(shop)
    by = shop.seat(it)
    assert (entry_of(by, over=False).state, entry_of(by, over=False).price) == ("approved", Decimal("255.00"))
    it = work.settle_work(reported(shop, it, {1: "2"}), by=shop.town.aygul, at=workshop.THEN)
    over = entry_of(by, over=True)
    assert (over.state, over.price, over.order, over.reason) == ("concluded", Decimal("204.00"), it.order_number, "")
    other = asked(shop, entry=shop.parties[1].number)
    work.decline_work(other, ground="force_majeure", note="暴雨停电三天", by=shop.seat(other), at=workshop.THEN)
    assert "暴雨" in str(entry_of(shop.seat(other), over=True).reason)


def test_a_share_of_a_rate_sheet_is_no_sum_of_money(shop: Workshop) -> None:
    [mine] = [one for one in workbench.entries(seen_by=shop.people[0], over=False).rows if one.mode == "framework"]
    assert (mine.price, mine.share) == (None, Decimal("85.00"))


def test_the_board_tells_how_far_a_work_order_is(shop: Workshop) -> None:
    it = asked(shop)
    [row] = running.running(PREFECTURE, at=workshop.THEN, mode="work_order")
    assert (row.number, row.until, row.held) == (it.number, it.answer_until, Decimal("0.00"))
    it = work.approve_work(quoted(shop, it), by=shop.town.aygul, at=workshop.THEN)
    [row] = running.running(PREFECTURE, at=workshop.THEN, mode="work_order")
    assert (row.state, row.until, row.held) == ("approved", None, Decimal("255.00"))


# Framework solicitations, also supplementary ones


def test_the_board_tells_of_solicitations_and_hides_who_answers_until_the_opening(pooled: Pool) -> None:
    town = pooled.town
    it = frames.opened_for_responses(town)
    frames.respond(it, pooled.people[0])
    [row] = running.running(PREFECTURE, at=frames.UNTIL - HOUR, mode="framework")
    assert (row.number, row.until, row.taking_part) == (it.number, frames.UNTIL, None)
    frameworks.open_framework(it, by=town.zhou, at=frames.AFTER)
    [row] = running.running(PREFECTURE, at=frames.AFTER, mode="framework")
    assert (row.state, row.until, row.taking_part) == ("opened", None, 1)


def test_a_supplementary_solicitation_is_for_those_who_are_no_party_yet(pooled: Pool) -> None:
    it = _supplementary(pooled)
    newcomer, party, gone = pooled.people[3], pooled.people[1], pooled.people[0]
    [shown] = seen(newcomer, workshop.THEN, fitting=False, mode="framework")
    assert (shown.number, str(shown.title), shown.bars) == (it.number, "2026年度复印纸框架协议（补充征集）", ())
    assert [bar.code for bar in seen(party, workshop.THEN, fitting=False, mode="framework")[0].bars] == ["FWK-059"]
    assert [bar.code for bar in seen(gone, workshop.THEN, fitting=False, mode="framework")[0].bars] == ["FWK-058"]
    opportunities.subscribe(modes=["framework"], categories=[], regions=[], words="补充征集", by=newcomer, at=workshop.THEN)
    assert opportunities.tell_subscribers("framework", it.number, dedupe="k", at=workshop.THEN) == 1
    assert [row.number for row in running.running(PREFECTURE, at=workshop.THEN, mode="framework")] == [it.number]


def _supplementary(pooled: Pool) -> Framework:
    """Two of three parties were cleared out, so the agreement is solicited anew."""
    agreement = pooled.package.framework
    for entry in (pooled.parties[0], pooled.parties[2]):
        frameworks.clear_out_entry(entry, removal="refused_orders", reason="多次无故拒绝采购人下单", by=pooled.town.zhou, at=workshop.THEN)
    made = frameworks.supplement_framework(agreement, reason="在约供应商不足，影响供货", by=pooled.town.zhou, at=workshop.THEN)
    until = workshop.THEN + timedelta(days=22)
    return frameworks.publish_framework(made, until=until, by=pooled.town.zhou, at=workshop.THEN)


# However many rows


def test_more_rows_take_no_more_queries(pooled: Pool) -> None:
    it = pooled.bidding(10, 20, 30)
    pooled.bid(it, 0, "118.00")
    by = pooled.people[0]

    def read() -> None:
        workbench.opportunities(Asked(), seen_by=by, at=CLOSES)
        workbench.entries(seen_by=by, over=False)
        running.running(PREFECTURE, at=CLOSES)

    read()
    few = queries_of(read)
    frames.opened_for_responses(pooled.town)
    frames.opened_for_responses(pooled.town)
    assert queries_of(read) - few <= 6, "what comes newly into a list is read once, not row by row"
