"""Office hours of the region, so that people of the demonstration act when people work: working days, 10:00 to 19:30 Beijing time."""

from __future__ import annotations

import json
from bisect import bisect_right
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files

from sunlit.foundation.kernel.clock import SHANGHAI
from sunlit.foundation.kernel.working_days import Calendar

OPENS, DAY_MINUTES = time(10, 0), 570
FIRST, YEARS = date(2019, 1, 1), 16


def working_minutes(at: datetime) -> int:
    """How many office minutes have passed since the beginning of counting."""
    local = at.astimezone(SHANGHAI)
    days = _working_days()
    begun = bisect_right(days, local.date())  # working days up to and including today
    if not begun or days[begun - 1] != local.date():
        return begun * DAY_MINUTES
    today = int((local - datetime.combine(local.date(), OPENS, SHANGHAI)).total_seconds() // 60)
    return (begun - 1) * DAY_MINUTES + max(0, min(DAY_MINUTES, today))


def moment(minutes: int) -> datetime:
    """The instant at which so many office minutes have passed."""
    day, rest = divmod(minutes, DAY_MINUTES)
    return datetime.combine(_working_days()[day], OPENS, SHANGHAI) + timedelta(minutes=rest)


@cache
def _working_days() -> tuple[date, ...]:
    """The national calendar as the rulebook's pack tells it."""
    told = json.loads(files("sunlit.domain.rulebook").joinpath("pack/calendar.json").read_text(encoding="utf-8"))
    days = {True: set[date](), False: set[date]()}
    for row in told:
        days[row["working"]].add(date.fromisoformat(row["day"]))
    calendar = Calendar(off=frozenset(days[False]), on=frozenset(days[True]))
    every = (FIRST + timedelta(days=number) for number in range(YEARS * 366))
    return tuple(day for day in every if calendar.is_working_day(day))
