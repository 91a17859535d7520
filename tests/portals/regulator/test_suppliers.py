"""A supplier as the regulator sees it: by which figures it counts as what, in words."""

from __future__ import annotations

from typing import Any

import pytest

from sunlit.domain.registry import services
from sunlit.domain.registry.models import Supplier
from tests.portals.clients import browser
from tests.town import NOON, Town


@pytest.mark.django_db
def test_the_declared_size_stands_on_its_page_with_the_ruling_and_the_relation_to_a_large_one(town: Town) -> None:
    it = Supplier.objects.get(organisation=town.shop)
    page, regulator = f"/regulator/suppliers/{it.number}/", browser(town.surina)
    assert "尚未声明，不享受中小企业政策。" in regulator.get(page).content.decode()
    told: dict[str, Any] = {"year": 2025, "industry": "RETAIL", "staff": 12, "revenue": "3000000", "assets": "1", "truthful": True}
    services.declare_size(it, **told, large_affiliate=True, by=town.chen, at=NOON)
    shown = regulator.get(page).content.decode()
    assert "¥3,000,000.00" in shown
    assert "按大型对待" in shown  # the act is told in words, not in codes
    assert "<dd>是</dd>" in shown
