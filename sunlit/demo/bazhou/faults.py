"""Faults that are sown in and told in the truth table: what price supervision should find, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from sunlit.demo.bazhou.cells import text
from sunlit.demo.bazhou.copying import Sheet

OVERPRICED, UNIT, BAIT, PARAMETERS, CERTIFICATE, DUPLICATE = "overpriced", "unit", "bait", "parameters", "certificate", "duplicate"
KINDS = (OVERPRICED, UNIT, BAIT, PARAMETERS, CERTIFICATE, DUPLICATE)
SHARES = ((OVERPRICED, 0.0100), (UNIT, 0.0016), (BAIT, 0.0006), (PARAMETERS, 0.0016), (CERTIFICATE, 0.0020))
"""Of all offers on sale; goods to which a fault cannot happen have none."""
TOO_MUCH = (1.28, 2.46)
"""How far an overpriced offer lies above the middle of its market: +28 % to +146 %."""
TOO_LITTLE = (0.25, 0.6)
"""What a price that only baits is of the middle."""
BY_THE_PIECE = frozenset({"paper", "stationery", "consumable", "cleaning", "food", "medical", "electric", "sport"})
"""Families of goods that come in boxes as well as by the piece."""
BOXES = (6, 10, 12, 20, 24, 50)


@dataclass(frozen=True)
class Fault:
    """What is wrong with an offer, with the figures of it."""

    kind: str
    figures: Mapping[str, object]


def drawn(rng: Random) -> str:
    """The fault that an offer is meant to have; "" for most."""
    left = rng.random()
    for kind, share in SHARES:
        if left < share:
            return kind
        left -= share
    return ""


def exchanged(rng: Random, title: str, attributes: Mapping[str, str]) -> tuple[str, Fault] | None:
    """The title with two figures in each other's place; None where it does not tell two."""
    told = {key: found.span() for key, value in attributes.items() if value.isdigit() and (found := _alone(value, title))}
    pairs = [
        (one, other)
        for one, span in told.items()
        for other, beside in told.items()
        if span[1] <= beside[0] and attributes[one] != attributes[other]
    ]
    if not pairs:
        return None
    one, other = rng.choice(pairs)
    (first, last), (begin, end) = told[one], told[other]
    written = title[:first] + attributes[other] + title[last:begin] + attributes[one] + title[end:]
    return written, Fault(PARAMETERS, {"parameters": [one, other], "in": "title"})


def sheet() -> Sheet:
    return Sheet("demo.truth", ("offer_id", "number", "fault", "figures"))


def add(sheet: Sheet, pk: int, number: str, fault: Fault) -> None:
    sheet.add(str(pk), number, fault.kind, text(json.dumps(fault.figures, ensure_ascii=False)))


def _alone(value: str, title: str) -> re.Match[str] | None:
    """Where the figure stands, if it stands there once and by itself."""
    found = list(re.finditer(rf"(?<![\w.-]){value}(?![\d.-])", title, re.ASCII))
    return found[0] if len(found) == 1 else None
