"""Average precision and the two plain methods, by hand; and a small sown market in which the score must win."""

from __future__ import annotations

from math import exp
from random import Random

import pytest
from django.db import connection

from sunlit.domain.supervision import services
from sunlit.domain.supervision.models import WatchCase
from sunlit.domain.supervision.rules import precision, score
from tests.domain.supervision.conftest import set_price
from tests.town import NOON, Town


def test_average_precision_by_hand() -> None:
    assert precision.average_precision([9, 8, 7, 6], [1, 0, 1, 0]) == pytest.approx((1 + 2 / 3) / 2)
    assert precision.average_precision([1, 1], [1, 0]) == 0.5  # equal scores: spread evenly
    assert precision.average_precision([1, 2], [0, 0]) == 0.0


def test_band_and_fences_by_hand() -> None:
    prices = [90.0, 95.0, 100.0, 105.0, 150.0]
    assert precision.band_score(150.0, prices) == pytest.approx(0.5)
    assert (precision.quantile(prices, 0.25), precision.quantile(prices, 0.75)) == (95.0, 105.0)
    assert precision.tukey_score(150.0, prices) == pytest.approx(4.5)
    assert precision.tukey_score(100.0, prices) == 0.0
    assert precision.tukey_score(9.0, [1.0, 9.0]) == 0.0


def test_the_score_beats_band_and_fences_on_a_sown_market() -> None:
    """600 products with few to many sellers, prices with heavy tails and a spread of their own; 1.3 % overpriced by 28 % to 146 %."""
    rng = Random(20261123)
    labels: list[int] = []
    found: dict[str, list[float]] = {"score": [], "band": [], "tukey": []}
    for _product in range(600):
        spread = exp(rng.gauss(-3.0, 0.5))
        prices, faulty = [], []
        for _seller in range(max(2, min(60, round(rng.lognormvariate(1.8, 0.9))))):
            away = rng.gauss(0, spread) * (3 if rng.random() < 0.05 else 1)
            wrong = rng.random() < 0.013
            prices.append(100 * exp(away) * (rng.uniform(1.28, 2.46) if wrong else 1))
            faulty.append(int(wrong))
        ordered = sorted(prices)
        for place, price in enumerate(prices):
            others = [score.adjusted(score.Row(n, p), score.Yardstick(0.06)) for n, p in enumerate(prices) if n != place]
            x = score.adjusted(score.Row(0, price), score.Yardstick(0.06))
            found["score"].append(score.score(x, others, category_mad=0.06, shrinkage=8).z)
            found["band"].append(precision.band_score(price, ordered))
            found["tukey"].append(precision.tukey_score(price, ordered))
        labels += faulty
    ap = {name: precision.average_precision(figures, labels) for name, figures in found.items()}
    assert ap["score"] >= 0.45
    assert ap["score"] > ap["band"]
    assert ap["score"] > ap["tukey"]


def test_the_truth_table_is_held_against_what_is_found(town: Town, dear) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE sown (offer_id bigint, fault text)")
        cursor.execute("INSERT INTO sown VALUES (%s, 'overpriced'), (%s, 'bait')", [dear.pk, set_price(town.paper, "128.50").pk])
    told = services.evaluate(at=NOON, truth="sown")
    assert told["offers"] == 12
    assert told["faults"] == {"overpriced": {"sown": 1, "found": 1, "recall": 1.0}, "bait": {"sown": 1, "found": 0, "recall": 0.0}}
    assert told["classes"]["price_high"] == {"found": 1, "right": 1, "precision": 1.0}
    assert told["methods"]["score"]["ap_overpriced"] == 1.0
    assert not WatchCase.objects.exists()
