"""How the platform says no: all problems at once, in the reader's language, with figures as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy

from sunlit.domain.market.rules.orders import CONFIRM_TOO_LATE
from sunlit.foundation.kernel.refusals import Problem, Reason, Refused, catalogue, check
from tests.portals.ui.conftest import reason_of_a_test

TOLD = reason_of_a_test("UI-803", "told: {value}", 422)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("1285.00"), "¥1,285.00"),
        (Decimal("7.5"), "7.5"),
        (12, "12"),
        ("1285.00", "1285.00"),
        (date(2026, 3, 4), "2026-03-04"),
        (datetime(2026, 3, 4, 6, 30, tzinfo=UTC), "2026-03-04 14:30"),
        (datetime(2026, 3, 4, 16, 0, tzinfo=UTC), "2026-03-04 24:00"),
    ],
)
def test_figures_are_written_as_people_write_them(value: Any, shown: str) -> None:
    assert Problem(TOLD, {"value": value}).message == f"told: {shown}"


def test_a_refusal_speaks_the_readers_language() -> None:
    problem = Problem(CONFIRM_TOO_LATE, {"until": datetime(2026, 3, 4, 16, 0, tzinfo=UTC)})
    with translation.override("en"):
        assert problem.message == "The order could be confirmed until 2026-03-04 24:00; it lapses now."
        assert Problem(TOLD, {"value": gettext_lazy("Buyer")}).message == "told: Buyer"
    with translation.override("zh-hans"):
        assert "2026-03-04 24:00" in problem.message
        assert problem.message != CONFIRM_TOO_LATE.text


def test_all_problems_are_told_at_once_or_nothing_is_said() -> None:
    check([])
    with pytest.raises(Refused) as no:
        check(Problem(TOLD, {"value": each}, on=each) for each in ("name", "price"))
    assert ([problem.on for problem in no.value.problems], no.value.codes, no.value.status) == (["name", "price"], ["UI-803"] * 2, 422)


def test_a_code_is_never_used_for_something_else() -> None:
    with pytest.raises(AssertionError, match="used twice"):
        Reason("ORD-002", "something else")
    assert catalogue()["ORD-002"] is CONFIRM_TOO_LATE
