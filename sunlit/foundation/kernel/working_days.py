"""Chinese working days: weekends, statutory holidays, make-up working days, and the holidays of a region."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

SATURDAY = 5
_ONE = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """The days that differ from the plain week: `off` are declared free, `on` are declared working, and `on` wins."""

    off: frozenset[date] = field(default_factory=frozenset)
    on: frozenset[date] = field(default_factory=frozenset)
    known_years: frozenset[int] = field(default_factory=frozenset)

    def is_working_day(self, day: date) -> bool:
        if day in self.on:
            return True
        return day.weekday() < SATURDAY and day not in self.off

    def provisional(self, year: int) -> bool:
        """True while the State Council has not issued the calendar of this year: only weekends are known."""
        return year not in self.known_years

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th working day after `day`: the day of the event does not count, the last day does. Nought days is the day itself."""
        assert n >= 0, "periods run forward"
        left = n
        while left:
            day += _ONE
            left -= self.is_working_day(day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie after `start`, up to and including `end`. Negative when `end` is the earlier."""
        if end < start:
            return -self.working_days_between(end, start)
        return sum(self.is_working_day(start + timedelta(days=i)) for i in range(1, (end - start).days + 1))

    def roll_forward(self, day: date) -> date:
        """The day itself when people work on it, else the next working day."""
        while not self.is_working_day(day):
            day += _ONE
        return day

    def add_calendar_days(self, day: date, n: int, *, roll: bool = False) -> date:
        """n days after `day`, which does not count; with `roll`, a last day that is free moves to the next working day (94号令)."""
        last = day + timedelta(days=n)
        return self.roll_forward(last) if roll else last

    def overlaid(self, *, off: Iterable[date] = (), on: Iterable[date] = ()) -> Calendar:
        """This calendar with a region's own days on top, such as 肉孜节 and 古尔邦节; the region's word wins over the nation's."""
        off, on = frozenset(off), frozenset(on)
        return replace(self, off=(self.off - on) | off, on=(self.on - off) | on)
