"""The finance system sets budget quotas by program: all rows or none, every problem at its row, once for one key."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sunlit.domain.planning.models import BudgetQuota, QuotaChange
from tests.portals.api.conftest import Program, key_of
from tests.town import Town


@pytest.fixture
def surina(town: Town) -> Program:
    return Program(key_of(town.surina))


def row(number: str = "ZB-9", **more: Any) -> dict[str, Any]:
    told = {"number": number, "buyer": "CG-0001", "year": 2026, "name": "图书购置", "project": "教育信息化", "economic_category": "30299"}
    return {**told, "total": "12000.50", **more}


def put(program: Program, *rows: dict[str, Any], once: str = "") -> Any:
    return program.call("PUT", "quotas", {"rows": list(rows)}, once=once)


def test_quotas_are_set_and_set_again(surina: Program) -> None:
    assert put(surina, row()).json() == {"new": 1, "changed": 0, "unchanged": 0}
    assert put(surina, row()).json() == {"new": 0, "changed": 0, "unchanged": 1}
    assert put(surina, row(total="9000.00"), row("ZB-10")).json() == {"new": 1, "changed": 1, "unchanged": 0}
    told = surina.get("quotas/ZB-9")
    assert (told["total"], told["project"], told["economic_category"], told["closed_at"]) == ("9000.00", "教育信息化", "30299", None)
    assert QuotaChange.objects.filter(quota__number="ZB-9").count() == 2


def test_one_key_sets_once(surina: Program) -> None:
    first, again = (put(surina, row(), once="2026-03") for _time in range(2))
    assert first.json() == again.json() == {"new": 1, "changed": 0, "unchanged": 0}
    assert again.headers["Idempotency-Replayed"] == "true"
    other = put(surina, row(total="1.00"), once="2026-03")
    assert (other.status_code, other.json()["code"], BudgetQuota.objects.get(number="ZB-9").total) == (422, "API-006", Decimal("12000.50"))


def test_every_problem_stands_at_its_row_and_nothing_is_set(surina: Program) -> None:
    answer = put(surina, row(), row("ZB-8", buyer="CG-0002"), row("ZB-9"), row("ZB-7", economic_category="320"))
    told = {(error["field"], error["code"]) for error in answer.json()["errors"]}
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert told == {("rows.1.buyer", "BUD-004"), ("rows.2.number", "BUD-008"), ("rows.3.economic_category", "BUD-017")}
    assert "Row 2" in answer.json()["errors"][0]["detail"]
    assert not BudgetQuota.objects.filter(number__in=["ZB-7", "ZB-8", "ZB-9"]).exists()


@pytest.mark.parametrize("change", [{"total": 1.5}, {"year": "soon"}, {"colour": "red"}, {"number": ""}])
def test_a_row_of_another_shape_is_refused_at_its_field(surina: Program, change: dict[str, Any]) -> None:
    answer = put(surina, row(**change))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, f"rows.0.{next(iter(change))}")


def test_only_the_regulator_and_only_with_the_scope(town: Town, aygul: Program) -> None:
    assert put(aygul, row()).json()["code"] == "BUD-010"
    narrow = Program(key_of(town.surina, "orders:read"))
    assert (put(narrow, row()).status_code, put(narrow, row()).json()["code"]) == (403, "API-003")
    assert not BudgetQuota.objects.filter(number="ZB-9").exists()
