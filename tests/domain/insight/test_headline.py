"""The live counters are computed from the platform's own deals, exactly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sunlit.domain.catalog.models import Offer
from sunlit.domain.disclosure.models import DealNotice
from sunlit.domain.insight import queries
from sunlit.domain.insight.queries import Headline, Month
from sunlit.domain.registry.models import Supplier
from tests.town import NOON, Town


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    queries.forget()
    yield
    queries.forget()


def deal(town: Town, number: int, total: str, there: str | None, here: str | None, *, days: int = 4, ago: int = 0, **more: Any) -> None:
    published = NOON - timedelta(days=ago)
    DealNotice.objects.create(
        **{
            "number": f"GG-{number}",
            "order_number": f"DD-{number}",
            "buyer": town.school,
            "supplier": town.shop,
            "region_path": "652800/652801",
            "title_zh": "复印纸",
            "lines": [],
            "total": Decimal(total),
            "reference_total": Decimal(there) if there else None,
            "compared_total": Decimal(here) if here else None,
            "placed_at": published - timedelta(days=days),
            "accepted_at": published,
            "published_at": published,
            **more,
        }
    )


def test_before_the_first_deal_nothing_is_claimed(town: Town) -> None:
    assert queries.headline() == Headline(0, Decimal("0.00"), Decimal("0.00"), None, None, buyers=2, suppliers=2, offers=3)


def test_deals_sums_savings_and_days(town: Town) -> None:
    deal(town, 1, "1285.00", "1400.00", "1285.00", days=4)
    deal(town, 2, "6000.00", "1600.00", "1500.00", days=7)  # only a part of it can be compared
    deal(town, 3, "100.00", None, None, days=2, region_path="652800/652823")
    Supplier.objects.filter(organisation=town.corner).update(state="left")
    Offer.objects.filter(pk=town.laptop.pk).update(state="delisted")
    assert queries.headline() == Headline(
        deals=3,
        amount=Decimal("7385.00"),
        saved=Decimal("215.00"),
        saved_percent=Decimal("7.2"),  # 215 of 3,000
        average_days=Decimal("4.3"),
        buyers=2,
        suppliers=1,
        offers=2,
    )
    there = queries.headline(region_path="652800/652823")
    assert (there.deals, there.amount, there.saved, there.saved_percent) == (1, Decimal("100.00"), Decimal("0.00"), None)


def test_dearer_deals_count_against_the_savings(town: Town) -> None:
    deal(town, 1, "1300.00", "1200.00", "1300.00")
    assert (queries.headline().saved, queries.headline().saved_percent) == (Decimal("-100.00"), Decimal("-8.3"))


def test_the_counters_are_remembered_for_a_moment(town: Town, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(4):
        queries.headline()
    deal(town, 1, "1.00", None, None)
    with django_assert_num_queries(0):
        assert queries.headline().deals == 0
    queries.forget()
    assert queries.headline().deals == 1


def test_months_are_those_of_the_chinese_calendar(town: Town) -> None:
    deal(town, 1, "10.00", "12.00", "10.00")  # March
    deal(
        town, 2, "20.00", None, None, ago=1, published_at=NOON.replace(day=1) - timedelta(hours=12)
    )  # 28 February 16:00 UTC: 1 March in China
    deal(town, 3, "30.00", None, None, published_at=NOON.replace(day=1) - timedelta(hours=12, seconds=1))  # still February
    deal(town, 4, "40.00", None, None, ago=600)
    assert queries.months(at=NOON) == [
        Month("2026-02", 1, Decimal("30.00"), Decimal(0)),
        Month("2026-03", 2, Decimal("30.00"), Decimal("2.00")),
    ]
