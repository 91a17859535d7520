"""Figures beside the entries of the navigation: what waits for this reader, in one query."""

from __future__ import annotations

from typing import Any

from sunlit.domain.catalog.models import Offer
from sunlit.foundation.accounts.actors import NOBODY
from sunlit.portals.ui import navigation
from tests.town import Town, build


def test_what_waits_is_counted_in_one_query(db: None, django_assert_num_queries: Any) -> None:
    town: Town = build()
    Offer.objects.filter(pk=town.paper.pk).update(state="review")
    items = navigation.entries("regulator", town.surina.roles)
    with django_assert_num_queries(1):
        assert navigation.waiting(items, town.surina) == {"reviews": 1}
    with django_assert_num_queries(0):
        assert navigation.waiting(items, NOBODY) == {}
        assert navigation.waiting(navigation.entries("buyer", town.aygul.roles), town.aygul) == {}
