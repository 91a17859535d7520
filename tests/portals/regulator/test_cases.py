"""The desk of price supervision: listed, filtered, decided; and only in the own region."""

from __future__ import annotations

import pytest
from django.urls import reverse

from sunlit.domain.catalog.models import Offer
from sunlit.domain.supervision import services
from sunlit.domain.supervision.models import WatchCase
from tests.domain.supervision.conftest import dear, drill, shops, the_case
from tests.portals.clients import browser, codes, once
from tests.town import NOON, Town

__all__ = ["dear", "drill", "shops"]


@pytest.fixture
def case(town: Town, dear: Offer) -> WatchCase:
    services.look_at_offers([dear.number], under="act/1", at=NOON)
    return the_case(dear)


def test_the_desk_lists_cases_with_their_figures(town: Town, case: WatchCase) -> None:
    page = browser(town.surina, language="en").get(reverse("regulator:cases"))
    assert page.status_code == 200
    assert case.number in page.content.decode()
    assert "until 2026-03-04" in page.content.decode()  # the term ends with that day
    assert "49.6 per cent above the median ¥100.25 of 8 offers" in page.content.decode()


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ("kind=price_high", True),
        ("kind=bait_price", False),
        ("severity=serious", True),
        ("state=decide", False),
        ("region=652801", True),
        ("days=3", False),
        ("q=DR-DEAR", True),
    ],
)
def test_the_desk_is_filtered(asked: str, there: bool, town: Town, case: WatchCase) -> None:
    page = browser(town.zheng).get(f"{reverse('regulator:cases')}?{asked}")
    assert (case.number in page.content.decode()) is there


def test_a_case_shows_its_dots_and_its_arithmetic(town: Town, case: WatchCase) -> None:
    page = browser(town.surina, language="en").get(reverse("regulator:case", args=[case.number])).content.decode()
    assert 'data-chart="dots"' in page
    assert case.figures["exact"]["z"] in page


def test_another_region_does_not_see_it(town: Town, case: WatchCase) -> None:
    WatchCase.objects.filter(pk=case.pk).update(region_path="652800/652823")
    assert browser(town.surina).get(reverse("regulator:case", args=[case.number])).status_code == 404
    assert browser(town.zheng).get(reverse("regulator:case", args=[case.number])).status_code == 200


def test_the_offer_is_frozen_from_the_desk(town: Town, case: WatchCase, dear: Offer) -> None:
    client, address = browser(town.surina), reverse("regulator:case", args=[case.number])
    refused = client.post(address, once(verb="freeze", reason="无", expected=case.version))
    assert (refused.status_code, codes(refused)) == (422, ["WAT-001"])
    assert client.post(address, once(verb="freeze", reason="价格明显偏高", expected=case.version)).status_code == 303
    dear.refresh_from_db()
    assert (the_case(dear).state, dear.state) == ("frozen", "frozen")
    assert client.post(address, once("form-2", verb="clear")).status_code == 409


def test_a_stale_page_decides_nothing(town: Town, case: WatchCase, dear: Offer) -> None:
    services.explain(case, explanation="含三年上门服务", by=town.wu, at=NOON)
    page = browser(town.surina).post(
        reverse("regulator:case", args=[case.number]), once(verb="dismiss", reason="没有问题的", expected=case.version)
    )
    assert (page.status_code, codes(page)) == (409, ["LIF-003"])
    assert the_case(dear).state == "explained"
