"""Suppliers declare their figures; the rulebook tells what they count as."""

from __future__ import annotations

from typing import Any

import pytest

from sunlit.domain.registry import queries, services
from sunlit.domain.registry.models import SizeDeclaration, Supplier
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.town import NOON, Town, build

FIGURES: dict[str, Any] = {"year": 2025, "industry": "INDUSTRY", "staff": 62, "revenue": "4934300", "assets": "9000000", "truthful": True}


@pytest.fixture
def town(db: None) -> Town:
    return build()


def shop(town: Town) -> Supplier:
    return Supplier.objects.get(organisation=town.shop)


def test_the_worked_case_of_the_law_is_a_small_enterprise(town: Town) -> None:
    made = services.declare_size(shop(town), **FIGURES, by=town.chen, at=NOON)
    assert (made.size, made.counts_as) == ("small", "small")
    assert queries.size_of(shop(town)) == made
    assert made.rulings[0]["rule"]["key"] == "sme.size"
    entry = Entry.objects.get(act="supplier.declare_size")
    assert (entry.subject, entry.facts["counts_as"]) == (f"supplier/{town.shop.number}", "small")
    assert "62" not in str(entry.facts.get("staff", ""))


@pytest.mark.parametrize(
    ("more", "size", "counts_as"),
    [
        ({"staff": 1000, "revenue": "400000000"}, "large", "large"),
        ({"staff": 999, "revenue": "400000000"}, "medium", "medium"),
        ({"staff": 19}, "micro", "micro"),
        ({"large_affiliate": True}, "small", "large"),
        ({"staff": 1000, "revenue": "400000000", "prison_proof": "司狱证2026-1"}, "large", "small"),
        ({"staff": 40, "disabled_staff": 10, "large_affiliate": True}, "small", "small"),
        ({"staff": 41, "disabled_staff": 10, "large_affiliate": True}, "small", "large"),
        ({"staff": 19, "disabled_staff": 10}, "micro", "micro"),
    ],
)
def test_who_counts_as_what(town: Town, more: dict[str, Any], size: str, counts_as: str) -> None:
    made = services.declare_size(shop(town), **{**FIGURES, **more}, by=town.chen, at=NOON)
    assert (made.size, made.counts_as) == (size, counts_as)


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        ({"industry": "ASTROLOGY"}, ["REG-020"]),
        ({"staff": "many", "revenue": "-1"}, ["REG-021", "REG-021"]),
        ({"revenue": "1.234"}, ["REG-021"]),
        ({"year": 2026}, ["REG-022"]),
        ({"disabled_staff": 63}, ["REG-023"]),
        ({"truthful": False}, ["REG-024"]),
    ],
)
def test_what_cannot_be_declared_is_told_and_changes_nothing(town: Town, more: dict[str, Any], codes: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        services.declare_size(shop(town), **{**FIGURES, **more}, by=town.chen, at=NOON)
    assert refused.value.codes == codes
    assert SizeDeclaration.objects.count() == 0


def test_only_its_own_administrator_declares(town: Town) -> None:
    for actor in (town.wu, town.nurlan, town.aygul, town.surina):
        with pytest.raises(Refused) as refused:
            services.declare_size(shop(town), **FIGURES, by=actor, at=NOON)
        assert refused.value.codes == ["LIF-002"]


def test_the_latest_declaration_counts_and_the_others_stay(town: Town) -> None:
    services.declare_size(shop(town), **FIGURES, by=town.chen, at=NOON)
    last = services.declare_size(shop(town), **{**FIGURES, "staff": 5}, by=town.chen, at=NOON)
    assert [it.counts_as for it in queries.sizes_of(shop(town))] == ["micro", "small"]
    assert queries.size_of(shop(town)) == last
