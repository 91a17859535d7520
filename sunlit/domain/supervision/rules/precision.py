"""How well faults are found: average precision of a ranking, and the two plain methods that the score is compared with. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sunlit.domain.supervision.rules.score import median

BAND: Final = 0.20  # the fixed band: what lies further than this from the median
FENCE: Final = 1.5  # of Tukey's fences, in interquartile ranges
QUARTILES_LEAST: Final = 4
TIGHT: Final = 1e-9


def average_precision(scores: Sequence[float], faulty: Sequence[int]) -> float:
    """The mean, over all faults, of the precision down to each in the order of falling scores; among equal scores the faults are spread evenly."""
    total = sum(faulty)
    if not total:
        return 0.0
    order = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)
    found = seen = 0
    area = 0.0
    place = 0
    while place < len(order):
        end = place
        while end < len(order) and scores[order[end]] == scores[order[place]]:
            end += 1
        hits = sum(faulty[at] for at in order[place:end])
        found, seen = found + hits, seen + end - place
        area += hits * found / seen
        place = end
    return area / total


def band_score(price: float, prices: Sequence[float]) -> float:
    """How far the price lies from the median of all, as a share: flagged beyond BAND. `prices` in their order, the price among them."""
    return abs(price / median(prices) - 1) if len(prices) > 1 else 0.0


def tukey_score(price: float, prices: Sequence[float]) -> float:
    """How far the price lies beyond the quartiles, in interquartile ranges: flagged beyond FENCE. `prices` in their order."""
    if len(prices) < QUARTILES_LEAST:
        return 0.0
    low, high = quantile(prices, 0.25), quantile(prices, 0.75)
    return max(price - high, low - price, 0.0) / max(high - low, TIGHT * high)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Between the two nearest figures, as spreadsheets reckon (R type 7)."""
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
