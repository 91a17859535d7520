"""The arithmetic of a price's score, by hand and by property."""

from __future__ import annotations

from math import exp, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunlit.domain.supervision.rules import score as it
from sunlit.domain.supervision.rules.score import Residuals, Row, Yardstick

PRICES = st.floats(min_value=1, max_value=100_000, allow_nan=False)
PLAIN = Yardstick(mad=0.1)


def test_the_median_and_its_deviation() -> None:
    assert it.median([1.0, 2.0, 9.0]) == 2.0
    assert it.median([1.0, 2.0, 4.0, 9.0]) == 3.0
    assert it.mad([1.0, 2.0, 4.0, 9.0, 3.0], 3.0) == pytest.approx(1.4826)  # |2|, |1|, |1|, |6|, |0|: the middle is 1


def test_the_spread_is_drawn_towards_the_category() -> None:
    assert it.shrunken(0.0, 8, 0.1, 8) == pytest.approx(sqrt(0.005))  # half of each square
    assert it.shrunken(0.2, 4, 0.1, 8) == pytest.approx(sqrt((4 * 0.04 + 8 * 0.01) / 12))
    assert it.shrunken(0.0, 60, 0.0, 8) == 0.01  # where all ask the same, a fen more is no anomaly


def test_a_score_by_hand() -> None:
    others = [log(100), log(110), log(90), log(100)]
    told = it.score(log(150), others, category_mad=0.1, shrinkage=8)
    spread = 1.4826 * (log(1.1) + 0) / 2  # deviations 0, 0, 0.0953, 0.1054: the middle two are 0 and 0.0953
    assert told.mad == pytest.approx(spread)
    assert told.rows == 4
    assert told.median == pytest.approx(log(100))
    assert told.percent == pytest.approx(50.0)
    scale = sqrt((4 * spread**2 + 8 * 0.01) / 12)
    assert told.scale == pytest.approx(scale)
    assert told.z == pytest.approx(log(1.5) / (scale * sqrt(1 + 1.57 / 4)))
    assert round(told.z, 2) == 3.76


def test_region_month_and_quantity_are_taken_out() -> None:
    by = Yardstick(mad=0.1, regions={"652824": 0.05}, months={3: -0.02}, slope=-0.03)
    row = Row(seller=1, price=200.0, months=3, quantity=10, region="652824")
    assert it.adjusted(row, by) == pytest.approx(log(200) - 0.05 + 0.02 + 0.03 * log(10))
    assert it.adjusted(Row(1, 200.0), by) == pytest.approx(log(200))


def test_the_yardstick_finds_what_was_put_in() -> None:
    """Sixty products, ten sellers each; Ruoqiang is 5 % dearer, last month was 3 % cheaper, ten pieces cost 2 % less."""
    told = Residuals()
    for product in range(60):
        wobble = ((product * 7919) % 13 - 6) / 400
        rows = []
        for seller in range(10):
            x = log(50 + product) + wobble * ((seller % 5) - 2)
            rows.append(Row(seller, exp(x)))
        rows += [Row(10 + n, exp(log(50 + product) + 0.05), region="652824") for n in range(2)]
        rows += [Row(20 + n, exp(log(50 + product) - 0.03), months=1) for n in range(2)]
        rows += [Row(30, exp(log(50 + product) - 0.02), quantity=10)]
        told.take(rows)
    found = it.yardstick(told)
    assert found is not None
    assert found.rows == 60 * 15
    assert found.regions["652824"] == pytest.approx(0.05, abs=0.005)
    assert found.months[1] == pytest.approx(-0.03, abs=0.005)
    assert found.slope == pytest.approx(-0.02 / log(10), abs=0.002)
    assert found.mad < 0.03


def test_a_category_without_rows_has_no_yardstick() -> None:
    assert it.yardstick(Residuals()) is None


def test_a_lonely_outlier_does_not_move_the_location() -> None:
    figures = [0.0, 0.01, -0.01, 0.02, -0.02, 0.0, 5.0]
    assert abs(it.huber(figures)) < 0.02
    assert sum(figures) / len(figures) > 0.7


@given(st.lists(PRICES, min_size=1, max_size=40), PRICES, st.floats(min_value=0.01, max_value=1000))
def test_the_currency_does_not_matter(others: list[float], price: float, factor: float) -> None:
    one = it.score(log(price), [log(p) for p in others], category_mad=0.15, shrinkage=8)
    two = it.score(log(price * factor), [log(p * factor) for p in others], category_mad=0.15, shrinkage=8)
    assert two.z == pytest.approx(one.z, rel=1e-6, abs=1e-6)


@given(st.lists(PRICES, min_size=1, max_size=40), PRICES, st.floats(min_value=1.0, max_value=5.0))
def test_a_dearer_offer_never_scores_lower(others: list[float], price: float, factor: float) -> None:
    logs = [log(p) for p in others]
    assert (
        it.score(log(price * factor), logs, category_mad=0.15, shrinkage=8).z
        >= it.score(log(price), logs, category_mad=0.15, shrinkage=8).z
    )


@given(st.lists(PRICES, min_size=1, max_size=40), PRICES)
def test_the_order_of_the_others_does_not_matter(others: list[float], price: float) -> None:
    logs = [log(p) for p in others]
    assert it.score(log(price), logs, category_mad=0.1, shrinkage=8) == it.score(log(price), logs[::-1], category_mad=0.1, shrinkage=8)
