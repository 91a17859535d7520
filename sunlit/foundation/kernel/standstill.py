"""Clocks that stand still for a while: in whatever order the standstills become known, every instant that was in any of them counts once.

Of two that overlap the second adds only what the first did not take; one that is learnt of late makes room where it belongs, among those known before.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

Standstill = tuple[datetime, datetime]  # from the first instant until before the second


def put_off(at: datetime, known: Iterable[Standstill], more: Iterable[Standstill]) -> datetime:
    """When an end comes that was at `at` as long as only `known` had stood still. What was over when a standstill began stays over."""
    known = list(known)
    return reached(elapsed(at, known), [*known, *more])


def elapsed(at: datetime, still: Iterable[Standstill]) -> datetime:
    """What a clock shows at `at` that stood still for so long before."""
    mark = at
    for begin, end in _apart(still):
        if begin < at:
            mark -= min(end, at) - begin
    return mark


def reached(mark: datetime, still: Iterable[Standstill]) -> datetime:
    """The first instant at which such a clock shows `mark`."""
    at = mark
    for begin, end in _apart(still):
        if begin < at:
            at += end - begin
    return at


def _apart(still: Iterable[Standstill]) -> list[Standstill]:
    """In their order, with those that touch as one."""
    apart: list[Standstill] = []
    for begin, end in sorted(still):
        if apart and begin <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], end))
        elif begin < end:
            apart.append((begin, end))
    return apart
