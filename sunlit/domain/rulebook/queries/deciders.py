"""Who decides what waits in the rulebook: to be told of it."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from sunlit.foundation.accounts.models import Seat
from sunlit.foundation.kernel import regions

ROLES: Final = ("officer", "lead")


def reviewers(region_path: str, *, besides: int) -> list[Seat]:
    """The seats of officers and leads of the regulators of the region and above it, but for the person who drafted. One query."""
    return list(_deciding().filter(organisation__region__path__in=regions.line(region_path)).exclude(user_id=besides))


def at_the_top() -> list[Seat]:
    """The seats of officers and leads of the top regions' regulators. One query."""
    return list(_deciding().exclude(organisation__region__path__contains="/"))


def _deciding() -> QuerySet[Seat]:
    seats = Seat.objects.filter(active=True, user__is_active=True, organisation__active=True, organisation__kind="regulator")
    return seats.filter(roles__overlap=list(ROLES)).order_by("pk")
