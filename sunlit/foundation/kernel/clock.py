"""The only reader of the clock. Everything below a portal is handed the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def _real() -> datetime:
    return datetime.now(UTC)


_read: Callable[[], datetime] = _real


def now() -> datetime:
    """This instant, aware, in UTC."""
    return _read()


@contextmanager
def showing(read: Callable[[], datetime]) -> Iterator[None]:
    """Let this process live by another clock: the demonstration plays a year that has passed."""
    global _read
    before, _read = _read, read
    try:
        yield
    finally:
        _read = before


def local_day(at: datetime) -> date:
    """The calendar day in China at this instant."""
    return at.astimezone(SHANGHAI).date()


def end_of_day(day: date) -> datetime:
    """The last instant that still belongs to the day in China: midnight of the next day, excluded."""
    return datetime.combine(day + timedelta(days=1), time.min, SHANGHAI).astimezone(UTC)


def start_of_day(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


def as_told(at: datetime) -> tuple[date, str]:
    """The day and time in China as people tell them: midnight is the 24:00 of the day that it ends."""
    local = at.astimezone(SHANGHAI)
    if local.time() == time.min:
        return local.date() - timedelta(days=1), "24:00"
    return local.date(), f"{local:%H:%M}"


def typed_moment(text: str) -> datetime | None:
    """What a field for day and minute says, which is time in China; None when nobody can read it."""
    try:
        typed = datetime.fromisoformat(text.strip())
        return (typed if typed.tzinfo else typed.replace(tzinfo=SHANGHAI)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
