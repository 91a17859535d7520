"""Whatever verbs come in whatever order: money is held for living work only, nobody settles above the approval or cap, or pays above the agreement."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from sunlit.domain.market.models import FrameworkEntry, Order, WorkLine, WorkOrder
from sunlit.domain.market.queries import workorders as queries
from sunlit.domain.market.rules import workorders as rules
from sunlit.domain.market.services import frameworks
from sunlit.domain.market.services import workorders as services
from sunlit.domain.market.states import workorders as states
from sunlit.domain.planning.models import BudgetQuota
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.models import Rule
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.refusals import Refused
from tests.domain.market.workshop import THEN, Workshop, asked, held, lines, opened, photo
from tests.town import build

CAP = Decimal("900.00")
STEPS = 40


@pytest.mark.parametrize("seed", range(5))
def test_no_sequence_of_verbs_breaks_what_must_hold(db: None, settings: Any, tmp_path: Any, seed: int) -> None:
    settings.DATA_DIR = tmp_path
    shop, draw = opened(build()), Random(seed)
    Rule.objects.filter(key="service.object_cap", kind="vehicle_repair").update(value={"yuan": str(CAP)})
    rulebook.forget()
    highest = {(entry.pk, rate.item.pk): rate.rate for entry in shop.parties for rate in queries.rates_of(_with(shop, entry))}
    papers = {one.party: photo(one) for one in shop.people}
    done = 0
    for _n in range(STEPS):
        try:
            _act(shop, draw, papers)
            done += 1
        except Refused:
            pass
        _holds(shop, highest)
    assert done > STEPS // 4  # it is no test where everything is refused


def _act(shop: Workshop, draw: Random, papers: dict[int, File]) -> None:
    works = list(WorkOrder.objects.order_by("pk"))
    if len(works) < 3 or draw.random() < 0.1:
        asked(shop, draw.choice(["direct", "rotation"]), entry=draw.choice(shop.parties).number)
        return
    if draw.random() < 0.05:
        entry = draw.choice(shop.parties)
        price = str((entry.price or Decimal(0)) - Decimal(draw.randint(1, 9)))
        frameworks.reduce_price(entry, price=price, by=next(one for one in shop.people if one.party == entry.supplier_id), at=THEN)
        return
    it = draw.choice(works)
    draw.choice(_verbs(shop, it, draw, papers))()


def _verbs(shop: Workshop, it: WorkOrder, draw: Random, papers: dict[int, File]) -> list[Callable[[], Any]]:
    unit, lead, seller = shop.town.aygul, shop.town.zhou, shop.seat(it)
    hours, rate = str(draw.randint(0, 700) / Decimal(100)), draw.choice(["", "", "50", "102", "110"])
    told: dict[str, Any] = {"done": "更换皮带", "reading": "里程表 86240", "papers": [papers[seller.party]], "by": seller, "at": THEN}
    ways: dict[str, list[Callable[[], Any]]] = {
        "requested": [lambda: services.quote_work(it, lines(hours, rate=rate), by=seller, at=THEN)] * 3,
        "quoted": [lambda: services.approve_work(it, by=lead, at=THEN)] * 3,
        "approved": [lambda: services.report_work(it, {1: hours}, **told)] * 3,
        "executed": [lambda: services.settle_work(it, by=unit, at=THEN)] * 3,
        "supplement_asked": [lambda: services.approve_supplement(it, by=lead, at=THEN)] * 3,
    }
    reason = "测试用的理由"
    return [
        *ways.get(it.state, []),
        lambda: services.quote_work(it, lines(hours, rate=rate), by=seller, at=THEN),
        lambda: services.approve_work(it, by=draw.choice([unit, lead]), at=THEN),
        lambda: services.send_back_quote(it, reason=reason, by=unit, at=THEN),
        lambda: services.ask_supplement(it, lines(hours, rate=rate), reason=reason, by=seller, at=THEN),
        lambda: services.approve_supplement(it, by=lead, at=THEN),
        lambda: services.refuse_supplement(it, reason=reason, by=unit, at=THEN),
        lambda: services.report_work(it, {1: hours}, **told),
        lambda: services.return_report(it, reason=reason, by=unit, at=THEN),
        lambda: services.settle_work(it, by=unit, at=THEN),
        lambda: services.decline_work(it, ground="conflict", note=reason, by=seller, at=THEN),
        lambda: services.cancel_work(it, reason=reason, by=unit, at=THEN),
    ]


def _holds(shop: Workshop, highest: dict[tuple[int, int], Decimal]) -> None:
    works, orders = list(WorkOrder.objects.all()), list(Order.objects.all())
    living = sum((it.amount or Decimal(0) for it in works if it.state in states.HOLDING), Decimal(0))
    owed = sum((order.total for order in orders), Decimal(0))
    kept = held()
    assert (kept.get("work_order", 0), kept.get("order", 0)) == (living, owed)
    assert BudgetQuota.objects.get(pk=shop.town.quota.pk).held == living + owed
    assert {order.origin: order.total for order in orders} == {it.number: it.settled for it in works if it.state == states.SETTLED}
    assert all(it.settled is None or it.settled <= (it.amount or 0) for it in works)
    counted = [it.settled if it.state == states.SETTLED else it.amount for it in works if it.state in (*states.HOLDING, states.SETTLED)]
    assert sum((amount or Decimal(0) for amount in counted), Decimal(0)) <= CAP
    for line in WorkLine.objects.select_related("item", "work_order"):
        assert line.rate <= max(highest[entry.pk, line.item_id] for entry in shop.parties)
        assert line.amount == rules.amount_of(rules.Line(line.item.form, line.quantity, line.rate, line.base))
    for it in works:
        if it.approved_edition:
            of_the_asked = WorkLine.objects.filter(work_order=it, edition=it.approved_edition)
            assert all(line.rate <= highest[it.entry_id, line.item_id] for line in of_the_asked)


def _with(shop: Workshop, entry: FrameworkEntry) -> FrameworkEntry:
    entry.package = shop.package
    return entry
