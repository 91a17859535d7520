"""What goes to small and medium enterprises, counted anew by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from sunlit.domain.insight import queries
from sunlit.domain.insight.queries import PolicyMonth
from sunlit.domain.registry import services
from sunlit.domain.registry.models import Supplier
from tests.domain.insight.test_headline import deal
from tests.town import NOON, build


@pytest.mark.django_db
def test_shares_follow_what_was_declared_when_the_deal_was_published(client: Client) -> None:
    town = build()
    figures: dict[str, Any] = {"year": 2025, "industry": "RETAIL", "revenue": "3000000", "assets": "1", "truthful": True}
    shop = Supplier.objects.get(organisation=town.shop)
    deal(town, 1, "100.00", None, None, ago=60)  # nobody had declared anything
    services.declare_size(shop, **figures, staff=12, by=town.chen, at=NOON - timedelta(days=50))
    deal(town, 2, "300.00", None, None, ago=40)
    services.declare_size(shop, **figures, staff=12, large_affiliate=True, by=town.chen, at=NOON - timedelta(days=1))
    deal(town, 3, "50.00", None, None, ago=2)
    deal(town, 4, "150.00", None, None, ago=0)
    deal(town, 5, "70.00", None, None, ago=0, region_path="652800/652823", supplier=town.corner)
    assert queries.policy_months(at=NOON, region_path="652800/652801") == [
        PolicyMonth("2026-01", 2, Decimal("400.00"), 1, Decimal("300.00"), 1),
        PolicyMonth("2026-02", 1, Decimal("50.00"), 1, Decimal("50.00"), 0),
        PolicyMonth("2026-03", 1, Decimal("150.00"), 0, Decimal("0.00"), 0),
    ]
    first, *_more = queries.policy_months(at=NOON)
    assert (first.sme_share, first.sme_amount_share) == (Decimal("50.0"), Decimal("75.0"))
    assert "75.0%" in client.get("/policy/").content.decode()
    assert client.get("/policy/?region=652823").status_code == 200
