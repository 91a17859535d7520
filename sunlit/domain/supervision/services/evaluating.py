"""How well the faults that were sown into the demonstration are found, beside a fixed band and Tukey's fences, in one run over the same offers.

Reads offers and the truth table; keeps yardsticks and levels, opens no case.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import log1p
from typing import Any, Final

from django.db import connection

from sunlit.domain.supervision.rules import precision
from sunlit.domain.supervision.rules.classes import Kind, Watch
from sunlit.domain.supervision.services import checking, measuring
from sunlit.domain.supervision.services.checking import Judged, Settings

Progress = Callable[[int, int], None]
METHODS: Final = ("score", "band", "tukey")
CERTAIN: Final = 25.0  # where a plain check that needs no comparison stands among the z of prices

# Which classes answer to which fault.
ANSWERS: Final[Mapping[str, frozenset[Kind]]] = {
    "overpriced": frozenset(
        {Kind.PRICE_HIGH, Kind.PRICE_HIGH_LIKE, Kind.PRICE_JUMP, Kind.ABOVE_REFERENCE, Kind.UNIT_WRONG, Kind.DECIMAL_SLIP}
    ),
    "unit": frozenset({Kind.UNIT_WRONG, Kind.DECIMAL_SLIP, Kind.PRICE_HIGH, Kind.PRICE_HIGH_LIKE, Kind.BAIT_PRICE}),
    "bait": frozenset({Kind.BAIT_PRICE, Kind.UNIT_WRONG, Kind.DECIMAL_SLIP}),
    "parameters": frozenset({Kind.PARAMS_CONTRADICTORY, Kind.PARAMS_MISSING}),
    "certificate": frozenset({Kind.CERTIFICATE_EXPIRED}),
    "duplicate": frozenset({Kind.DUPLICATE_LISTING}),
}
PRICED: Final = ("overpriced", "unit", "bait")
SLIPS: Final = frozenset({Kind.UNIT_WRONG, Kind.DECIMAL_SLIP, Kind.BAIT_PRICE})
PLAIN: Final = frozenset({Kind.PARAMS_CONTRADICTORY, Kind.CERTIFICATE_EXPIRED, Kind.DUPLICATE_LISTING})


@dataclass
class Tally:
    """What a run over all offers found."""

    scores: dict[str, array[float]] = field(default_factory=lambda: {name: array("d") for name in (*METHODS, "all")})
    labels: dict[str, array[int]] = field(default_factory=lambda: {name: array("b") for name in ("overpriced", "priced", "all")})
    flagged: dict[str, list[int]] = field(default_factory=dict)  # class → [offers found, of them with a fault that it answers to]
    sown: dict[str, list[int]] = field(default_factory=dict)  # fault → [offers that have it, of them found]
    hits: dict[str, list[int]] = field(default_factory=lambda: {name: [0, 0] for name in METHODS})  # flagged, of them with a price fault

    def take(self, it: Judged, fault: str, prices: Sequence[float], tolerance: float) -> None:
        kinds = {one.kind for one in it.found}
        price = float(it.offer.price)
        shown = {
            "score": suspicion(it, kinds, tolerance),
            "band": precision.band_score(price, prices),
            "tukey": precision.tukey_score(price, prices),
        }
        for name, figure in shown.items():
            self.scores[name].append(figure)
        self.scores["all"].append(max(shown["score"], CERTAIN) if kinds & PLAIN else shown["score"])
        self.labels["overpriced"].append(1 if fault == "overpriced" else -1 if fault else 0)
        self.labels["priced"].append(fault in PRICED)
        self.labels["all"].append(bool(fault))
        flags = {
            "score": bool(kinds & {Kind.PRICE_HIGH, Kind.PRICE_HIGH_LIKE, *SLIPS}),
            "band": shown["band"] > precision.BAND,
            "tukey": shown["tukey"] > precision.FENCE,
        }
        for name, flag in flags.items():
            self.hits[name][0] += flag
            self.hits[name][1] += flag and fault in PRICED
        for kind in kinds:
            line = self.flagged.setdefault(kind, [0, 0])
            line[0] += 1
            line[1] += fault in ANSWERS and kind in ANSWERS[fault]
        if fault:
            told = self.sown.setdefault(fault, [0, 0])
            told[0] += 1
            told[1] += bool(kinds & ANSWERS.get(fault, frozenset()))


def suspicion(it: Judged, kinds: Iterable[Kind], tolerance: float) -> float:
    """One figure to rank offers by: how many scales the price lies beyond the tolerance over the median that the rulebook leaves.

    What is remarked needs both, z and the tolerance; so does its rank. Of what lies too low only what looks like a slip or a bait counts.
    """
    if it.score is None:
        return 0.0
    away = it.score.x - it.score.median
    return ((abs(away) if SLIPS.intersection(kinds) else away) - log1p(tolerance)) * it.score.z / away if away else 0.0


def evaluate(*, at: datetime, truth: str, progress: Progress = lambda _done, _total: None) -> dict[str, Any]:
    """Judge every offer on sale and hold the result against the truth table. Returns all figures, plain."""
    told, settings, tally = _truth(truth), Settings(at), Tally()
    categories = measuring.categories_on_sale()
    for place, category in enumerate(categories):
        measuring.measure(category, watch=settings.everywhere, at=at)
        for chunk in measuring.product_chunks(category):
            _take(tally, checking.judged(chunk, settings=settings), told, settings.everywhere)
        progress(place + 1, len(categories))
    return _figures(tally)


def _take(tally: Tally, seen: Sequence[Judged], told: Mapping[int, str], watch: Watch) -> None:
    prices: dict[int, list[float]] = {}
    for it in seen:
        if it.goods.id not in prices:
            prices[it.goods.id] = sorted(float(offer.price) for offer in it.goods.offers)
        tally.take(it, told.get(it.offer.id, ""), prices[it.goods.id], float(watch.percent_min) / 100)


def _truth(table: str) -> dict[int, str]:
    """Offer → fault, from a table with the columns offer_id and fault."""
    quoted = ".".join(connection.ops.quote_name(part) for part in table.split("."))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT offer_id, fault FROM {quoted}")  # noqa: S608 (quoted, and told by the operator)
        return dict(cursor.fetchall())


def _figures(tally: Tally) -> dict[str, Any]:
    wanted = sum(tally.labels["priced"])
    return {
        "offers": len(tally.labels["all"]),
        "faults": {
            fault: {"sown": sown, "found": found, "recall": _share(found, sown)} for fault, (sown, found) in sorted(tally.sown.items())
        },
        "classes": {
            str(kind): {"found": n, "right": hits, "precision": _share(hits, n)} for kind, (n, hits) in sorted(tally.flagged.items())
        },
        "methods": {
            name: {
                "ap_overpriced": _ap(tally, name, "overpriced"),
                "ap_price_faults": _ap(tally, name, "priced"),
                "ap_all_faults": _ap(tally, "all" if name == "score" else name, "all"),
                "flagged": tally.hits[name][0],
                "precision": _share(tally.hits[name][1], tally.hits[name][0]),
                "recall": _share(tally.hits[name][1], wanted),
            }
            for name in METHODS
        },
    }


def _ap(tally: Tally, scores: str, labels: str) -> float:
    """Offers with a fault of another sort (label -1) are neither right nor wrong, and left out."""
    rows = [(figure, label) for figure, label in zip(tally.scores[scores], tally.labels[labels], strict=True) if label >= 0]
    return round(precision.average_precision([figure for figure, _ in rows], [label for _, label in rows]), 4)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
