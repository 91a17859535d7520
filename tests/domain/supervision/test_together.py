"""Two at once: a case is opened once, decided once, and what changes meanwhile is seen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from sunlit.domain.supervision import services
from sunlit.domain.supervision.models import WatchCase
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.refusals import Refused
from tests.domain.supervision.conftest import PRICES
from tests.town import NOON, Town, _offer, build

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def market(transactional_db: None) -> Town:
    """The town with nine sellers of copy paper; the shop's is dear."""
    from sunlit.domain.registry.models import Supplier
    from tests.town import _party

    town = build()
    for place, price in enumerate(PRICES):
        shop: Organisation = _party("supplier", f"GY-2{place:03}", f"第{place}商行", f"Shop {place}", town.shop.region, NOON)
        Supplier.objects.create(number=shop.number, region_path=shop.region.path, state="active", organisation=shop, admitted_at=NOON)
        _offer(shop, town.laptop.product, f"LT-{place}", f"{float(price) * 40:.2f}", 20, NOON)
    type(town.laptop).objects.filter(pk=town.laptop.pk).update(price="7999.00")
    return town


def at_once(*acts: Callable[[], object]) -> list[object]:
    """All acts in threads with connections of their own, begun together; each gives its result or its refusal."""
    ready = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        ready.wait()
        try:
            return act()
        except Refused as refused:
            return refused.codes
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [each.result() for each in [pool.submit(run, act) for act in acts]]


def test_two_looks_open_one_case(market: Town) -> None:
    number = market.laptop.number
    looks = [lambda: services.look_at_offers([number], under="act/1", at=NOON)] * 3
    at_once(*looks, lambda: services.sweep(at=NOON))
    [case] = WatchCase.objects.filter(offer=market.laptop, kind="price_high")
    assert case.state == "notified"


def test_two_decisions_are_one(market: Town) -> None:
    services.look_at_offers([market.laptop.number], under="act/1", at=NOON)
    case = WatchCase.objects.get(offer=market.laptop, kind="price_high")
    done = at_once(
        lambda: services.dismiss(case, reason="规格不同的", by=market.surina, at=LATER).state,
        lambda: services.freeze(case, reason="价格明显偏高", by=market.zheng, at=LATER).state,
    )
    assert ["LIF-001"] in done
    market.laptop.refresh_from_db()
    case.refresh_from_db()
    assert (case.state, market.laptop.state) in {("dismissed", "listed"), ("frozen", "frozen")}


def test_an_explanation_and_the_clock_do_not_cross(market: Town) -> None:
    services.look_at_offers([market.laptop.number], under="act/1", at=NOON)
    case = WatchCase.objects.get(offer=market.laptop, kind="price_high")
    late = NOON + timedelta(days=5)
    at_once(
        lambda: services.explain(case, explanation="含三年上门服务", by=market.wu, at=late).state,
        lambda: services.fall_due(at=late),
    )
    case.refresh_from_db()
    assert case.state == "explained"  # overdue first, or not at all: an explanation is heard either way
