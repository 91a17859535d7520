"""Every limit of the rulebook is enforced somewhere, or the feature that will enforce it is named."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sunlit.config import limits

RESEARCH = Path(__file__).parents[3] / "shared" / "domain"


def test_every_limit_is_enforced_or_promised() -> None:
    rows = limits.listed()
    assert len([key for key in rows if key.startswith("TL-")]) == 61
    assert len([key for key in rows if key.startswith("NR-")]) == 61
    assert [key for key in rows if not list(limits.enforced(key)) and limits.planned(key) not in limits.FEATURES] == []


@pytest.mark.skipif(not RESEARCH.is_dir(), reason="the research tables are not beside the project")
@pytest.mark.parametrize("table", ["time_limits", "numeric_rules"])
def test_every_row_of_the_research_stands_in_the_document(table: str) -> None:
    with (RESEARCH / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        ids = [row["id"] for row in csv.DictReader(file)]
    text = limits.limits()
    assert [id for id in ids if f"\n| {id} |" not in text] == []


def test_nothing_is_promised_that_the_rulebook_does_not_know() -> None:
    known = limits.listed()
    assert [key for key in limits.PLANNED if not key.endswith(".") and key not in known] == []
    assert [key for key in (*limits.HELD_BY, *limits.HELD_BY.values()) if key not in known] == []
    assert set(limits.PLANNED.values()) <= set(limits.FEATURES)


def test_a_place_is_named_because_it_asks() -> None:
    places = list(limits.enforced("order.delivery_limit"))
    assert places == ["`domain/market/modes/batch.py`", "`domain/market/services/calloffs.py`", "`domain/market/services/orders.py`"]
    assert '"order.delivery_limit"' in (limits.PACKAGE / "domain/market/services/orders.py").read_text(encoding="utf-8")
    assert any("table method.lawful" in place for place in limits.enforced("NR-004"))
    assert list(limits.enforced("TL-027")) == []
    assert all("rulebook" not in place for key in limits.listed() for place in limits.enforced(key))
