"""Tells altered, removed, inserted and moved elements of two sequences apart. Plain Python."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """`sealed` and `found` are positions in the two sequences; None where the element is not there."""

    kind: str
    sealed: int | None
    found: int | None


def differences(sealed: Sequence[bytes], found: Sequence[bytes]) -> list[Difference]:
    """The fewest things that must have happened to make `found` out of `sealed`. The elements of `sealed` are all different."""
    first_found: dict[bytes, int] = {}
    for at, element in enumerate(found):
        first_found.setdefault(element, at)
    places = {element: at for at, element in enumerate(sealed)}
    gone = [at for at, element in enumerate(sealed) if element not in first_found]
    new = [at for at, element in enumerate(found) if element not in places or first_found[element] != at]
    altered = _paired(sealed, found, gone, new)
    replaced = set(altered.values())
    kept = [(places[element], at) for at, element in enumerate(found) if element in places and first_found[element] == at]
    return [
        *(Difference("altered", at, altered[at]) for at in gone if at in altered),
        *(Difference("removed", at, None) for at in gone if at not in altered),
        *(Difference("inserted", None, at) for at in new if at not in replaced),
        *(Difference("reordered", *pair) for pair in _moved(kept)),
    ]


def _paired(sealed: Sequence[bytes], found: Sequence[bytes], gone: Sequence[int], new: Sequence[int]) -> dict[int, int]:
    """A lost and a new element behind the same neighbour are one that was altered; so are those that follow them."""
    behind = {(found[at - 1] if at else b""): at for at in new}
    waiting, pairs = set(new), dict[int, int]()
    for at in gone:
        partner = pairs[at - 1] + 1 if at - 1 in pairs else behind.get(sealed[at - 1] if at else b"")
        if partner in waiting:
            pairs[at] = partner
            waiting.remove(partner)
    return pairs


def _moved(kept: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those outside the longest run that still stands in the sealed order (patience sorting); of two exchanged ones, both."""
    tops: list[int] = []
    top_at: list[int] = []
    before: list[int] = []
    for at, (place, _found) in enumerate(kept):
        pile = bisect_left(tops, place)
        before.append(top_at[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(place)
            top_at.append(at)
        else:
            tops[pile], top_at[pile] = place, at
    standing, at = set[int](), top_at[-1] if top_at else -1
    while at >= 0:
        standing.add(at)
        at = before[at]
    moved = [pair for at, pair in enumerate(kept) if at not in standing]
    order = sorted(place for place, _found in kept)
    displaced = [pair for pair, place in zip(kept, order, strict=True) if pair[0] != place]
    return displaced if len(displaced) <= 2 * len(moved) else moved
