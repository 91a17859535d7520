"""Prices in whole cents: what a shop would write, how markets drift, and how a price came to be what it is."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from random import Random

from sunlit.demo.bazhou.cells import DAY

YEAR = 365 * DAY
DRIFT = {
    "computing": -0.05, "network": -0.04, "display": -0.05, "printing": -0.02, "software": 0.01, "consumable": -0.01, "appliance": -0.02, "electric": 0.01,
    "furniture": 0.015, "paper": 0.02, "stationery": 0.01, "cleaning": 0.015, "medical": 0.02, "safety": 0.01, "sport": 0.01, "food": 0.03,
    "motor": 0.03, "press": 0.02, "upkeep": 0.03, "premises": 0.03,
}  # fmt: skip
"""How much dearer each family of goods becomes in a year."""
STEPS = (0,) * 9 + (1,) * 6 + (2,) * 3 + (3, 4)
"""How often a price was changed, as often as that is common."""
CHANGES = (0.985, 0.99, 1.012, 1.02, 1.03, 1.045, 1.06)
"""An earlier price against the one that followed it, beside the drift of the market."""
QUIET = 12 * DAY
"""Between two changes of a price."""
TAILS, TAILS_TIMES = 0.04, 2.4
"""How many shops ask a price of their own, and how much further from the others."""

Point = tuple[int, int]
"""A moment and the price in cents that held from then on."""


def tidy(cents: float) -> int:
    """The amount as a shop would write it: tens of cents below ¥100, whole yuan above, tens of yuan above ¥5,000."""
    step = 10 if cents < 100_00 else 100 if cents < 5_000_00 else 1_000
    return max(10, round(cents / step) * step)


def earlier(level: float, family: str, ago: float) -> float:
    """What costs `level` now cost so many seconds ago."""
    return level * (1 - DRIFT[family] * ago / YEAR)


def asked(rng: Random, middle: float, spread: float, shop: float) -> float:
    """What one shop asks: the middle of the market, the shop's own level, and a draw of its own with heavy tails."""
    away = rng.gauss(0.0, spread)
    if rng.random() < TAILS:
        away *= TAILS_TIMES
    return middle * exp(shop + away)


def history(rng: Random, now: int, family: str, begin: int, at: int) -> Sequence[Point]:
    """From the first price to today's."""
    age = at - begin
    steps = min(rng.choice(STEPS), age // (4 * QUIET))
    if not steps:
        return ((begin, now),)
    moments = sorted(begin + QUIET + rng.randrange(age - 2 * QUIET) for _ in range(steps))
    found, level, last = [], float(now), at
    for moment in reversed(moments):
        found.append((moment, tidy(level)))
        level = earlier(level, family, last - moment) * rng.choice(CHANGES)
        last = moment
    found.append((begin, tidy(level)))
    found.reverse()
    return _without_repeats(found)


def _without_repeats(points: Sequence[Point]) -> Sequence[Point]:
    """Only where the price really changed, and at each moment one price."""
    kept = [points[0]]
    for moment, price in points[1:]:
        if price != kept[-1][1]:
            if moment == kept[-1][0]:
                kept[-1] = (moment, price)
            else:
                kept.append((moment, price))
    return kept
