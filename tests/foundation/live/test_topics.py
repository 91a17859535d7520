"""To whom an act is told, and how much of it."""

from __future__ import annotations

import json

import pytest

from sunlit.foundation.live.topics import Act, as_event, is_topic, masked, topics_of
from tests.foundation.live.conftest import NOON

CONFIRMED = Act(7, "order.confirm", "order/DD-20261123-7K3M9QW4", "652800/652801", "S-0001", NOON, ("B-0001", "S-0001"))


def test_an_act_is_told_to_its_subject_its_parties_and_its_regions() -> None:
    assert topics_of(CONFIRMED) == {
        "public",
        "order/DD-20261123-7K3M9QW4",
        "organisation/B-0001",
        "organisation/S-0001",
        "region/652800",
        "region/652800/652801",
    }


def test_the_clock_is_no_organisation() -> None:
    assert topics_of(Act(8, "order.lapse", "order/DD-1", "", "clock", NOON)) == {"public", "order/DD-1"}


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("order/DD-20261123-7K3M9QW4", "order/DD-20261123-******W4"),
        ("organisation/S-0001", "organisation/S-**01"),
        ("offer/77", "offer/77"),
        ("x", "x"),
    ],
)
def test_the_public_sees_a_masked_number(subject: str, shown: str) -> None:
    assert masked(subject) == shown


def test_the_public_is_told_act_region_and_time_only() -> None:
    told = as_event(CONFIRMED, openly=False).decode()
    assert told.startswith("id: 7\ndata: {")
    assert told.endswith("}\n\n")
    assert json.loads(told.split("data: ")[1]) == {
        "index": 7,
        "act": "order.confirm",
        "subject": "order/DD-20261123-******W4",
        "region": "652800/652801",
        "at": "2026-11-23T04:00:00.000Z",
    }


@pytest.mark.parametrize("text", ["public", "order/DD-20261123-7K3M9QW4", "organisation/S-0001", "region/652800/652801"])
def test_topics(text: str) -> None:
    assert is_topic(text)


@pytest.mark.parametrize("text", ["", "order", "order/", "order//1", "Order/1", "order/1\n", "order/*", "o/" + "1" * 119])
def test_not_topics(text: str) -> None:
    assert not is_topic(text)
