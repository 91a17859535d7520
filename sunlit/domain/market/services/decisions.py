"""Buyers who are late with deciding on prices that are known are reminded until they do; after some reminders the regulator is told, once.

Nothing is decided for them: what the regulator does about it is its own decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet

from sunlit.domain.market.models import Decided
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.lifecycle import move
from sunlit.foundation.outbox.events import Event

D = TypeVar("D", bound=Decided)
AFRESH: Final[Mapping[str, Any]] = {"reminders": 0, "remind_at": None, "reported_at": None}  # of a decision that is asked for anew


def to_remind(waiting: QuerySet[D], field: str, at: datetime) -> QuerySet[D]:
    """Of those that wait, those whose `field` has passed and whose next reminder is due."""
    due = waiting.filter(Q(remind_at=None) | Q(remind_at__lte=at), **{f"{field}__lte": at})
    return due.order_by(field, "pk")


@transaction.atomic
def remind(
    rows: QuerySet[D], it: D, *, facts: Mapping[str, Any], announces: Callable[[str], Callable[[D], Sequence[Event]]], at: datetime
) -> D:
    """Once more, and the regulator is told where that were enough. Refused: LIF-001 it is decided by now."""
    held = rows.select_for_update(of=("self",)).get(pk=it.pk)
    if held.remind_at is not None and held.remind_at > at:
        return held  # another worker was first
    again = rulebook.deadline("award.remind_interval", start=at, region_path=held.region_path, on=local_day(at))
    most = rulebook.rule("award.reminders", region_path=held.region_path, on=local_day(at)).n
    change = {"reminders": held.reminders + 1, "remind_at": again}
    told = {**facts, "count": held.reminders + 1}
    held = move(held, "remind", by=CLOCK, at=at, change=change, facts=told, announces=announces("remind"))
    if held.reported_at is None and held.reminders >= most:
        held = move(held, "report", by=CLOCK, at=at, facts=told, announces=announces("report"))
    return held
