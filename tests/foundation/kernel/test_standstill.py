"""Standstills against a model that counts second by second: whatever the order in which they become known, each instant counts once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sunlit.foundation.kernel.standstill import Standstill, elapsed, put_off, reached

ZERO = datetime(2026, 3, 2, tzinfo=UTC)
MOST = 60
begins, lengths = st.integers(0, MOST), st.integers(0, MOST)
stretches = st.tuples(begins, lengths).map(lambda it: (it[0], it[0] + it[1]))


def instant(second: int) -> datetime:
    return ZERO + timedelta(seconds=second)


def still(*seconds: tuple[int, int]) -> list[Standstill]:
    return [(instant(begin), instant(end)) for begin, end in seconds]


def counted(end: int, stretches: list[tuple[int, int]]) -> int:
    """Second by second: until as many have passed that lie in no stretch as there were to be."""
    second = passed = 0
    while passed < end:
        passed += not any(begin <= second < until for begin, until in stretches)
        second += 1
    return second


@settings(max_examples=400, deadline=None)
@given(end=begins, told=st.lists(stretches, max_size=6))
def test_in_any_order_each_instant_counts_once(end: int, told: list[tuple[int, int]]) -> None:
    at, known = instant(end), list[Standstill]()
    for one in still(*told):
        at = put_off(at, known, [one])
        known.append(one)
    assert at == instant(counted(end, told))


@settings(max_examples=400, deadline=None)
@given(end=begins, outages=st.lists(st.tuples(stretches, lengths), max_size=3), pause=stretches)
def test_what_an_outage_took_before_a_pause_and_what_the_pause_takes_is_all(
    end: int, outages: list[tuple[tuple[int, int], int]], pause: tuple[int, int]
) -> None:
    """An outage that is confirmed in a pause is made up for as far as it lay before that; in the end it is as if all had been known at once."""
    paused, resumed = pause
    acts = [((max(until, until + later)), (since, until)) for (since, until), later in outages]
    acts = [(at, (since, min(until, paused)) if paused <= at < resumed else (since, until)) for at, (since, until) in acts]
    at, known = instant(end), list[Standstill]()
    for _when, one in sorted([*acts, (resumed, pause)]):
        if one[0] < one[1]:
            at = put_off(at, known, still(one))
            known += still(one)
    assert at == instant(counted(end, [stretch for stretch, _later in outages] + [pause]))


@settings(deadline=None)
@given(at=begins, told=st.lists(stretches, max_size=6))
def test_a_clock_that_stood_still_goes_on_where_it_was(at: int, told: list[tuple[int, int]]) -> None:
    shown = elapsed(instant(at), still(*told))
    assert shown == instant(sum(not any(begin <= second < until for begin, until in told) for second in range(at)))
    assert elapsed(reached(shown, still(*told)), still(*told)) == shown


def test_what_was_over_when_it_began_stays_over() -> None:
    assert put_off(instant(10), [], still((10, 20))) == instant(10)
    assert put_off(instant(11), [], still((10, 20))) == instant(21)
