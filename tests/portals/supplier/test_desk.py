"""The desk tells what waits, by itself when an order comes; leaving takes a tick and no open orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sunlit.domain.registry import services as registry
from sunlit.domain.registry.models import Supplier
from tests.portals.supplier.conftest import Seated, codes
from tests.town import NOON, Town, an_order

DESK = "/supplier/"


def test_what_waits_stands_on_the_desk(town: Town, chen: Client) -> None:
    order = an_order(town)
    page = chen.get(DESK)
    assert [task.order.number for task in page.context["tasks"]] == [order.number]
    assert order.number in page.content.decode()
    assert "organisation/GY-0001" in page.content.decode().replace("%2F", "/")


def test_the_desk_costs_a_fixed_number_of_queries(town: Town, chen: Client, django_assert_max_num_queries: Any) -> None:
    for key in ("a", "b", "c"):
        an_order(town, key=key)
    chen.get(DESK)
    with django_assert_max_num_queries(14):
        chen.get(DESK)


def test_an_order_that_came_since_is_told_as_a_short_message(town: Town, chen: Client) -> None:
    order = an_order(town)
    before, after = (NOON - timedelta(minutes=1)).isoformat(), (NOON + timedelta(minutes=1)).isoformat()
    assert [task.order.number for task in chen.get(reverse("supplier:now"), {"since": before}).context["came"]] == [order.number]
    assert chen.get(reverse("supplier:now"), {"since": after}).context["came"] == []
    assert chen.get(reverse("supplier:now"), {"since": "noon"}).context["came"] == []
    assert 'hx-swap-oob="beforeend:#toasts"' in chen.get(reverse("supplier:now"), {"since": before}).content.decode()


def test_a_suspended_supplier_reads_why_and_until_when(town: Town, chen: Client) -> None:
    supplier = Supplier.objects.get(number="GY-0001")
    registry.suspend(supplier, until=NOON + timedelta(days=30), reason="two late deliveries", by=town.surina, at=NOON)
    page = chen.get(DESK).content.decode()
    assert "two late deliveries" in page
    assert "Wed 1 Apr 2026" in page


def test_leaving_takes_a_tick(town: Town, chen: Client) -> None:
    answer = chen.post(reverse("supplier:leave"))
    assert answer.status_code == 422
    assert codes(answer) == {("SUP-001", "sure")}
    assert Supplier.objects.get(number="GY-0001").state == "active"
    assert chen.post(reverse("supplier:leave"), {"sure": "1"}).status_code == 303
    assert Supplier.objects.get(number="GY-0001").state == "left"


def test_nobody_leaves_with_open_orders(town: Town, chen: Client) -> None:
    an_order(town)
    answer = chen.post(reverse("supplier:leave"), {"sure": "1"})
    assert codes(answer) == {("REG-007", "")}
    assert Supplier.objects.get(number="GY-0001").state == "active"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_desk_speaks_both_languages(language: str, town: Town, seated: Seated) -> None:
    client = seated(town.nurlan)
    client.cookies["sunlit_language"] = language
    assert {"en": "Nothing waits for you", "zh-hans": "暂无待办"}[language] in client.get(DESK).content.decode()
