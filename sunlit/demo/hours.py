"""Office hours of the region, so that people of the demonstration act when people work: weekdays, 10:00 to 19:30 Beijing time."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sunlit.foundation.kernel.clock import SHANGHAI

OPENS, DAY_MINUTES = time(10, 0), 570
MONDAY = datetime(2018, 1, 1, tzinfo=SHANGHAI).date()  # a Monday to count from


def working_minutes(at: datetime) -> int:
    """How many office minutes have passed since the beginning of counting."""
    local = at.astimezone(SHANGHAI)
    weeks, weekday = divmod((local.date() - MONDAY).days, 7)
    if weekday > 4:
        return (weeks * 5 + 5) * DAY_MINUTES
    today = int((local - datetime.combine(local.date(), OPENS, SHANGHAI)).total_seconds() // 60)
    return (weeks * 5 + weekday) * DAY_MINUTES + max(0, min(DAY_MINUTES, today))


def moment(minutes: int) -> datetime:
    """The instant at which so many office minutes have passed."""
    days, rest = divmod(minutes, DAY_MINUTES)
    weeks, weekday = divmod(days, 5)
    return datetime.combine(MONDAY + timedelta(days=weeks * 7 + weekday), OPENS, SHANGHAI) + timedelta(minutes=rest)
