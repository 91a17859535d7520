"""The list of what a unit delivers to others: by state, number and unit, page by page; nobody else's orders are ever in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sunlit.domain.market import services
from sunlit.domain.market.queries import units as queries
from sunlit.foundation.kernel import clock
from tests.domain.market.crowds import copies
from tests.domain.market.test_unit_sales import PARTS, sold
from tests.portals.clients import browser
from tests.town import NOON, Town, an_order, build

HERE = "/buyer/unit-sales/"


@pytest.fixture
def quiet(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(clock, "now", lambda: NOON)
    return build()


def page(client: Client, address: str = HERE) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_a_unit_finds_what_it_delivers_apart_from_what_it_buys(quiet: Town) -> None:
    assert "本单位暂无此类供给订单" in page(browser(quiet.aygul))
    it, bought = sold(quiet), an_order(quiet)
    told = page(browser(quiet.aygul))
    assert f'href="{HERE}{it.number}/"' in told
    assert quiet.hospital.name_zh in told
    assert "¥6,000.00" in told
    assert bought.number not in told
    assert it.number not in page(browser(quiet.aygul), "/buyer/orders/")
    assert it.number not in page(browser(quiet.ma)), "the hospital bought it"
    assert it.number in page(browser(quiet.ma), "/buyer/orders/")
    assert f'href="{HERE}"' in page(browser(quiet.aygul), f"{HERE}{it.number}/")
    assert f'href="{HERE}"' in page(browser(quiet.aygul), "/buyer/unit-offers/")


def test_the_list_is_narrowed_by_state_number_and_unit(quiet: Town) -> None:
    it, school = sold(quiet), browser(quiet.zhou)
    for narrowed in (
        "?group=open",
        "?state=confirmed",
        f"?q={it.number.lower()}",
        f"?q={quiet.hospital.name_zh[:2]}",
        "?after=99999",
        "?after=x",
    ):
        assert it.number in page(school, HERE + narrowed), narrowed
    for narrowed in ("?group=delivery", "?state=paid", "?q=XD-1", f"?after={it.pk}"):
        assert it.number not in page(school, HERE + narrowed), narrowed
    services.dispatch(it, waybill="交接单1", parcel={1: 4}, by=quiet.aygul, **PARTS)
    assert it.number in page(school, HERE + "?group=delivery")
    assert queries.sales_counts(seen_by=quiet.zhou) == {"open": 0, "delivery": 1, "trouble": 0, "money": 0, "done": 0, "ended": 0}


def test_a_long_list_goes_on_by_its_key_and_costs_no_more_queries(quiet: Town) -> None:
    it, school = sold(quiet), browser(quiet.zhou)
    page(school)
    few = asked_of(school)
    numbers = {it.number, *copies(it, "", 44)}
    first = queries.sales(seen_by=quiet.zhou)
    assert (len(first.orders), first.after) == (40, first.orders[-1].pk)
    second = queries.sales(seen_by=quiet.zhou, after=first.after)
    assert (len(second.orders), second.after) == (5, None)
    assert {one.number for one in first.orders + second.orders} == numbers
    assert asked_of(school) == few
    assert f"after={first.after}" in page(school)
    assert queries.sales(seen_by=quiet.ma).orders == queries.sales(seen_by=quiet.chen).orders == []


def asked_of(client: Client) -> int:
    with CaptureQueriesContext(connection) as counted:
        page(client)
    return len(counted)
