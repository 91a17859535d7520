"""Ratings: read, and answered once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sunlit.domain.contracts.models import Rating
from tests.portals.supplier.conftest import Seated, accepted, codes
from tests.town import NOON, Town


@pytest.fixture
def rating(town: Town) -> Rating:
    order = accepted(town)
    return Rating.objects.create(
        order=order, supplier=town.shop, quality=5, delivery=3, service=4, comment="送货慢了一天", at=NOON + timedelta(minutes=1)
    )


def test_the_means_stand_above_the_list(rating: Rating, chen: Client, django_assert_max_num_queries: Any) -> None:
    chen.get(reverse("supplier:ratings"))
    with django_assert_max_num_queries(6):
        page = chen.get(reverse("supplier:ratings"))
    assert str(page.context["standing"].stars) == "4.0"
    assert "送货慢了一天" in page.content.decode()


def test_chen_replies_once(rating: Rating, chen: Client) -> None:
    address = reverse("supplier:reply", args=[rating.order.number])
    assert codes(chen.post(address, {"reply": " "})) == {("CON-006", "reply")}
    assert chen.post(address, {"reply": "已更换承运人，谢谢。"}).status_code == 303
    assert codes(chen.post(address, {"reply": "again"})) == {("CON-007", "reply")}
    rating.refresh_from_db()
    assert rating.reply == "已更换承运人，谢谢。"


def test_others_do_not_reply(rating: Rating, town: Town, seated: Seated, wu: Client) -> None:
    address = reverse("supplier:reply", args=[rating.order.number])
    assert seated(town.nurlan).post(address, {"reply": "hello"}).status_code == 404
    assert wu.post(address, {"reply": "hello"}).status_code == 403
    rating.refresh_from_db()
    assert rating.reply == ""
