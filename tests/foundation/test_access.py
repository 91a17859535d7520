"""Grants: who decides for a region, and that administering seats is not deciding."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.utils import translation

from sunlit.foundation.access import regulates
from sunlit.foundation.accounts.actors import Actor

CITY = "652800/652801"
SURINA = Actor(1, "苏日娜", 11, "JG-0001", "库尔勒市财政局", "regulator", CITY, frozenset({"officer"}))


@pytest.mark.parametrize(
    ("roles", "kind", "path", "may"),
    [
        ({"officer"}, "regulator", CITY, True),
        ({"lead"}, "regulator", CITY, True),
        ({"admin", "lead"}, "regulator", CITY, True),
        ({"admin"}, "regulator", CITY, False),
        (set(), "regulator", CITY, False),
        ({"lead"}, "buyer", CITY, False),
        ({"officer"}, "regulator", "652800", True),
        ({"officer"}, "regulator", "652800/652823", False),
        ({"officer"}, "regulator", "652800/65280", False),
    ],
)
def test_officer_and_lead_decide_in_their_region_and_below(roles: set[str], kind: str, path: str, may: bool) -> None:
    actor = replace(SURINA, roles=frozenset(roles), kind=kind, region_path=path)
    assert regulates().allows(actor, SimpleNamespace(region_path=CITY)) is may


def test_the_refusal_says_who_decides() -> None:
    assert regulates().label == "辖区监管部门的监管专员或负责人"
    with translation.override("en"):
        assert regulates().label == "an officer or the lead of the region's regulator"
