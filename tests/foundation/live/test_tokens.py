"""Passes to private topics: one's own organisation and region, and subjects that the page has loaded."""

from __future__ import annotations

from unittest import mock

import pytest

from sunlit.foundation.accounts.actors import NOBODY, Actor
from sunlit.foundation.live.tokens import TOKEN_SECONDS, live_token, topics_in

BOB = Actor(1, "bob", 11, "B-0001", "人民医院", "buyer", "652800/652801", frozenset({"orderer"}))
CAROL = Actor(2, "carol", 12, "R-0001", "库尔勒市财政局", "regulator", "652800/652801", frozenset({"officer"}))


def test_a_token_opens_what_it_lists() -> None:
    token = live_token(BOB, ["public", "order/DD-1", "organisation/B-0001"])
    assert topics_in(token) == {"order/DD-1", "organisation/B-0001"}


def test_a_regulator_follows_the_own_region_and_those_below() -> None:
    assert topics_in(live_token(CAROL, ["region/652800/652801"])) == {"region/652800/652801"}


@pytest.mark.parametrize(
    ("actor", "topic"),
    [
        (BOB, "organisation/S-0001"),
        (NOBODY, "organisation/public"),
        (BOB, "region/652800/652801"),
        (CAROL, "region/652800"),
        (CAROL, "region/652800/6528012"),
        (CAROL, "region/652800/652822"),
        (BOB, "not a topic"),
    ],
)
def test_no_token_is_made_for_what_belongs_to_others(actor: Actor, topic: str) -> None:
    with pytest.raises(AssertionError):
        live_token(actor, [topic])


def test_a_forged_spoilt_or_old_token_opens_nothing() -> None:
    token = live_token(BOB, ["order/DD-1"])
    assert topics_in("") == topics_in("x") == topics_in(token[:-1]) == frozenset()
    with mock.patch("django.core.signing.time.time", return_value=_signed_at(token) + TOKEN_SECONDS + 1):
        assert topics_in(token) == frozenset()


def _signed_at(token: str) -> int:
    from django.core import signing

    return signing.b62_decode(token.rsplit(":", 2)[1])
