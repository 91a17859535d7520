"""Shares of a secret: enough of them give it back, fewer tell nothing."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunlit.foundation.seals.sharing import join, split


@settings(max_examples=60, deadline=None)
@given(secret=st.binary(min_size=1, max_size=80), needed=st.integers(1, 5), more=st.integers(0, 3), data=st.data())
def test_any_that_are_enough_give_the_secret_back(secret: bytes, needed: int, more: int, data: st.DataObject) -> None:
    shares = split(secret, shares=needed + more, needed=needed)
    chosen = data.draw(st.permutations(sorted(shares)))[:needed]
    assert join({place: shares[place] for place in chosen}) == secret


@pytest.mark.parametrize("places", [*combinations((1, 2, 3), 2), (1, 2, 3)])
def test_two_of_three(places: tuple[int, ...]) -> None:
    shares = split(b"AGE-SECRET-KEY-1", shares=3, needed=2)
    assert join({place: shares[place] for place in places}) == b"AGE-SECRET-KEY-1"


def test_one_share_of_two_is_any_byte_alike() -> None:
    """The share at a place takes every value for the same secret: it tells nothing."""
    seen = {split(b"\x2a", shares=2, needed=2)[1][0] for _turn in range(6000)}
    assert len(seen) == 256


def test_too_few_give_something_else() -> None:
    shares = split(b"a secret of some length", shares=3, needed=3)
    assert join({1: shares[1], 2: shares[2]}) != b"a secret of some length"


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(AssertionError):
        split(b"x", shares=2, needed=3)
