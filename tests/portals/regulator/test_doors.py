"""Every page of the regulator opens to regulators alone, in a fixed number of queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sunlit.domain.market.models import Order
from tests.portals.regulator.conftest import Seated
from tests.town import Town, an_order

PAGES = (
    ("", 20),
    ("now/", 14),
    ("applications/", 6),
    ("applications/?state=all&q=x", 6),
    ("reviews/", 8),
    ("offers/", 6),
    ("offers/above/", 6),
    ("offers/SP-1/", 16),
    ("suppliers/", 8),
    ("suppliers/GY-0001/", 12),
    ("orders/", 8),
    ("orders/?warned=1&late=1&region=652801&group=open", 8),
    ("orders/table/", 6),
    ("rules/", 8),
    ("rules/?open=1&q=order", 8),
    ("rules/order.supplier_confirm_limit/", 9),
    ("calendar/", 8),
    ("buyers/", 6),
    ("buyers/new/", 6),
    ("buyers/CG-0001/", 10),
    ("buyers/CG-0001/people/", 6),
    ("budgets/", 8),
    ("budgets/import/", 6),
    ("budgets/template/", 6),
    ("budgets/ZB-2026-001/", 9),
    ("ledger/", 6),
    ("ledger/?number=GY-0001", 6),
)


@pytest.mark.parametrize(("page", "queries"), PAGES)
def test_a_page_opens_for_regulators(page: str, queries: int, surina: Client, django_assert_max_num_queries: Any) -> None:
    surina.get("/regulator/")
    with django_assert_max_num_queries(queries):
        answer = surina.get(f"/regulator/{page}")
    assert answer.status_code == 200


@pytest.mark.parametrize("page", [page for page, _queries in PAGES])
def test_it_opens_in_chinese_too(page: str, town: Town, seated: Seated) -> None:
    assert seated(town.surina, "zh-hans").get(f"/regulator/{page}").status_code == 200


@pytest.mark.parametrize("page", [page for page, _queries in PAGES])
def test_it_is_closed_to_all_others(page: str, town: Town, seated: Seated) -> None:
    assert Client().get(f"/regulator/{page}").status_code == 302
    for who in (town.aygul, town.chen, town.he):
        assert seated(who).get(f"/regulator/{page}").status_code == 403


def test_what_lies_outside_the_region_does_not_exist(town: Town, surina: Client, zheng: Client) -> None:
    for page in (
        "suppliers/GY-0002/",
        "buyers/CG-0002/",
        "budgets/ZB-2026-002/",
        "offers/SP-2/",
        "rules/order.supplier_confirm_limit/?region=652823",
    ):
        assert surina.get(f"/regulator/{page}").status_code == 404
        assert zheng.get(f"/regulator/{page}").status_code == 200


def test_an_order_is_seen_with_its_rulings_and_without_buttons(town: Town, surina: Client) -> None:
    order: Order = an_order(town)
    answer = surina.get(f"/regulator/orders/{order.number}/")
    assert answer.status_code == 200
    assert "act_on_order" not in answer.content.decode()
    assert 'name="verb"' not in answer.content.decode()


def test_the_board_counts_what_runs_in_the_region(town: Town, surina: Client) -> None:
    an_order(town)
    html = surina.get("/regulator/now/").content.decode()
    assert "¥128.50" in html
    assert 'data-state="placed"' in html


def test_the_prefecture_sees_its_regions_one_by_one(town: Town, surina: Client, zheng: Client) -> None:
    an_order(town)
    assert "By region" in zheng.get("/regulator/").content.decode()
    assert "By region" not in surina.get("/regulator/").content.decode()


def test_the_table_of_orders_can_be_taken_away(town: Town, surina: Client) -> None:
    order = an_order(town)
    answer = surina.get("/regulator/orders/table/?group=open")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "Order,Placed,Region,Buyer,Supplier,Amount,State,Remarks of the rulebook"
    assert lines[1].startswith(
        f"{order.number},2026-03-02 12:00,Korla City,Licheng Experimental Middle School,Korla Tianshan Office Technology,128.50,"
    )
    assert len(lines) == 2


def test_the_ledger_tells_of_a_number_in_the_region_alone(town: Town, surina: Client) -> None:
    order = an_order(town)
    assert "timeline" in surina.get(f"/regulator/ledger/?number={order.number}").content.decode()
    order_elsewhere = an_order(town, key="k2", offer=town.paper)
    Order.objects.filter(pk=order_elsewhere.pk).update(region_path="652800/652823")
    assert "timeline" in surina.get(f"/regulator/ledger/?number={order_elsewhere.number}").content.decode(), (
        "the acts were recorded in the city"
    )
    mistyped = surina.get("/regulator/ledger/?number=DD-20260302-AAAAAAAA").content.decode()
    assert "No such number" in mistyped


@pytest.mark.parametrize("name", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\n=1", "＝1+1"])
def test_a_name_in_the_table_is_never_a_formula(name: str, town: Town, surina: Client) -> None:
    an_order(town)
    type(town.shop).objects.filter(pk=town.shop.pk).update(name_zh=name, name_en=name)
    assert f"'{name}" in surina.get("/regulator/orders/table/?group=open").content.decode()
