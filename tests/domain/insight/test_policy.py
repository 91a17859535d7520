"""What goes to small and medium enterprises and what is green, counted anew by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from sunlit.domain.disclosure.models import DealNotice
from sunlit.domain.disclosure.services import green_sums, policies_of
from sunlit.domain.insight import queries
from sunlit.domain.insight.queries import PolicyFigures
from sunlit.domain.registry import services
from sunlit.domain.registry.models import SizeDeclaration, Supplier
from tests.domain.insight.test_headline import deal
from tests.town import NOON, Town

NIL = Decimal("0.00")
KORLA, YULI = "652800/652801", "652800/652823"


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    queries.forget()
    yield
    queries.forget()


def greens(energy: str, environmental: str, green: str) -> dict[str, Any]:
    return {"energy_saving": Decimal(energy), "environmental": Decimal(environmental), "green": Decimal(green)}


def figures(deals: int, amount: str, sme: int, sme_amount: str, undeclared: str, known: str = "0.00", *green: str) -> PolicyFigures:
    small = sme_amount  # the shop of these deals is a small one whenever it counts as one of them
    return PolicyFigures(
        deals,
        Decimal(amount),
        sme,
        Decimal(sme_amount),
        Decimal(small),
        Decimal(undeclared),
        Decimal(known),
        *(Decimal(each) for each in green),
    )


@pytest.fixture
def told(town: Town) -> Town:
    """Five deals of three months in two regions, by a shop that declared its size meanwhile, and then another."""
    own: dict[str, Any] = {"year": 2025, "industry": "RETAIL", "revenue": "3000000", "assets": "1", "truthful": True}
    shop = Supplier.objects.get(organisation=town.shop)
    deal(town, 1, "100.00", None, None, ago=70)  # 2025-12-22: nobody had declared anything, and tags were not kept
    services.declare_size(shop, **own, staff=12, by=town.chen, at=NOON - timedelta(days=50))
    deal(town, 2, "300.10", None, None, ago=40, **greens("100.00", "60.05", "130.05"))  # 2026-01-21
    services.declare_size(shop, **own, staff=12, large_affiliate=True, by=town.chen, at=NOON - timedelta(days=1))
    deal(town, 3, "50.00", None, None, ago=2, **greens("0.00", "0.00", "0.00"))  # 2026-02-28
    deal(town, 4, "150.00", None, None, ago=0, **greens("0.00", "150.00", "150.00"))  # 2026-03-02
    deal(town, 5, "70.00", None, None, ago=0, region_path=YULI, supplier=town.corner)
    return town


def test_shares_follow_what_was_declared_and_proven_then(told: Town) -> None:
    months = {
        "2026-01": figures(1, "300.10", 1, "300.10", "0.00", "300.10", "100.00", "60.05", "130.05"),
        "2026-02": figures(1, "50.00", 1, "50.00", "0.00", "50.00"),
        "2026-03": figures(1, "150.00", 0, "0.00", "0.00", "150.00", "0.00", "150.00", "150.00"),
    }
    assert queries.policy_months(year="2026", region_path=KORLA) == months
    assert queries.policy_months(year="2025", region_path=KORLA) == {"2025-12": figures(1, "100.00", 0, "0.00", "100.00")}
    assert queries.policy_months(year="2024") == {}


def test_years_and_regions_add_up_to_the_months(told: Town) -> None:
    whole = figures(4, "570.10", 2, "350.10", "70.00", "500.10", "100.00", "210.05", "280.05")
    years = queries.policy_years()
    assert list(years) == ["2026", "2025"]
    assert years["2026"] == whole == sum(queries.policy_months(year="2026").values(), PolicyFigures())
    regions = queries.policy_regions(year="2026", region_path="652800")
    assert {path: (it.deals, it.amount) for path, it in regions.items()} == {KORLA: (3, Decimal("500.10")), YULI: (1, Decimal("70.00"))}
    assert sum(regions.values(), PolicyFigures()) == whole
    assert queries.policy_regions(year="2026", region_path=YULI) == {YULI: figures(1, "70.00", 0, "0.00", "70.00")}


def test_what_is_not_known_is_neither_green_nor_not(told: Town) -> None:
    years = queries.policy_years()
    assert (years["2026"].sme_share, years["2026"].green_share) == (Decimal("61.4"), Decimal("56.0"))  # 350.10 of 570.10; 280.05 of 500.10
    assert (years["2026"].unknown_amount, years["2025"].unknown_amount) == (Decimal("70.00"), Decimal("100.00"))
    assert (years["2025"].sme_share, years["2025"].green_share) == (Decimal("0.0"), None)
    assert (PolicyFigures().sme_share, PolicyFigures().small_share) == (None, None)


def test_of_what_goes_to_small_and_medium_enterprises_the_small_have_their_share(told: Town) -> None:
    corner = Supplier.objects.get(organisation=told.corner)
    figures: dict[str, Any] = {"year": 2025, "industry": "RETAIL", "staff": 60, "revenue": "6000000", "assets": "1"}
    SizeDeclaration.objects.create(
        supplier=corner, **figures, size="medium", counts_as="medium", declared_at=NOON, declared_by_id=told.chen.person
    )
    deal(told, 6, "149.90", None, None, ago=-1, supplier=told.corner)
    year = queries.policy_years()["2026"]
    assert (year.sme_amount, year.small_amount, year.small_share) == (Decimal("570.00"), Decimal("350.10"), Decimal("61.4"))


def test_what_one_unit_gives_another_is_no_deal_with_an_enterprise(told: Town) -> None:
    before = queries.policy_years()
    deal(told, 6, "5000.00", None, None, supplier=told.school)
    queries.forget()
    assert queries.policy_years() == before


def test_the_green_sums_of_a_notice_count_a_line_with_both_tags_once() -> None:
    lines = [
        {"amount": "10.00", "tags": ["energy_saving", "environmental_label", "sme"]},
        {"amount": "5.50", "tags": ["environmental_label"]},
        {"amount": "84.50", "tags": []},
    ]
    assert green_sums(lines) == greens("10.00", "15.50", "15.50")
    assert green_sums([*lines, {"amount": "1.00"}]) == {"energy_saving": None, "environmental": None, "green": None}
    assert policies_of({"v": 1}) == {}
    assert policies_of({"v": 2, "tags": [{"tag": "sme", "certificate": "", "until": ""}]}) == {"tags": ["sme"]}


@pytest.mark.parametrize(
    "wrong",
    [
        greens("101.00", "0.00", "101.00"),  # more than the deal
        greens("50.00", "0.00", "40.00"),
        greens("10.00", "10.00", "30.00"),
        greens("-1.00", "1.00", "1.00"),
        {"green": Decimal("1.00")},
    ],
)
def test_sums_that_cannot_be_are_not_stored(town: Town, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="green_share_of_a_deal_is_of_its_lines"), transaction.atomic():
        deal(town, 9, "100.00", None, None, **wrong)
    assert not DealNotice.objects.exists()


def test_the_page_tells_shares_sums_and_what_is_not_known(told: Town, client: Client) -> None:
    page = client.get("/policy/?region=652801").content.decode()
    assert all(it in page for it in ("70.0%", "56.0%", "¥280.05", "2026-03"))  # 350.10 and 280.05 of 500.10
    assert "2025-12" not in page
    earlier = client.get("/policy/?year=2025").content.decode()
    assert "2025-12" in earlier
    assert "2026-01" not in earlier
    assert client.get("/policy/?region=652823&year=2025").status_code == 200  # a year without a deal there
    assert client.get("/policy/?year=nonsense&region=nowhere").status_code == 200
