"""All periods: when one ends, whether a proposed one is long enough, how far it has run. RULES 2.3.

The event's day does not count, the last day does and ends at midnight in China; a last day that is free moves to the next working day. Hours and
minutes run from the instant. While a clock stands still (条例 art. 58: tests, expert reviews, supplements of a complaint), the day on which it was
stopped has counted, the day on which it goes on has not: what counts begins on the day after, as with every event.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook.queries.book import calendar_for, rule
from sunlit.domain.rulebook.rules import Rule_, Ruling, figures_shown, judge
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Reason
from sunlit.foundation.kernel.working_days import Calendar

TERM_TOO_SHORT = Reason("RUL-041", _("{name}: at least {least} are needed, here are {counted}. The earliest end is {earliest}."))
TERM_OVERRUN = Reason("RUL-042", _("{name}: at most {most} are allowed. The last day was {latest}."))
TERM_NOT_EXACT = Reason("RUL-043", _("{name}: it takes exactly {exactly} and ends on {ends}."))

RUNNING: Final = {"hour": timedelta(hours=1), "minute": timedelta(minutes=1), "same_instant": timedelta(0)}
DAYS: Final = ("working_day", "calendar_day", "year")
_ONE: Final = timedelta(days=1)
_NOTHING: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stands still between two events. One that still runs is handed in with this instant as its end: the answer is then the earliest."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Term:
    """One period as it runs: its rule, its beginning, and the instant at which it ends. Acts before that instant are in time."""

    rule: Rule_
    start: datetime
    ends_at: datetime
    last_day: date | None  # none: it runs by the minute
    provisional: bool  # it reaches into a year whose calendar the State Council has not issued: only weekends are known

    def keeps(self, done_at: datetime) -> bool:
        """True for what was finished in time; at the instant itself it is too late."""
        return in_time(self.ends_at, done_at)


def in_time(until: datetime, done_at: datetime) -> bool:
    """An upload that is finished at the deadline, or later, is too late (87号令 art. 33)."""
    return done_at < until


def deadline(key: str, *, start: datetime, region_path: str, on: date, kind: str = "") -> datetime:
    """When the period of the rule ends that begins with an event at `start`; acts before that instant are in time."""
    return end_of(rule(key, region_path=region_path, kind=kind, on=on), start=start, region_path=region_path)


def end_of(rule: Rule_, *, start: datetime, region_path: str, pauses: Sequence[Pause] = ()) -> datetime:
    """The end of the rule's period after `start`."""
    return term_of(rule, start=start, region_path=region_path, pauses=pauses).ends_at


def term(key: str, *, start: datetime, region_path: str, on: date, kind: str = "", pauses: Sequence[Pause] = ()) -> Term:
    """The period of the rule that was in force on the day `on`, beginning with an event at `start`."""
    return term_of(rule(key, region_path=region_path, kind=kind, on=on), start=start, region_path=region_path, pauses=pauses)


def term_of(rule: Rule_, *, start: datetime, region_path: str, pauses: Sequence[Pause] = ()) -> Term:
    """The period of this version of the rule, which goes with every answer."""
    if rule.unit in RUNNING:
        return Term(rule, start, _running_out(start, RUNNING[rule.unit] * rule.n, pauses), None, False)
    assert rule.unit in DAYS, f"{rule.key} is not a period"
    calendar, day, still = calendar_for(region_path), clock.local_day(start), _still_days(pauses)
    last = _last_day(rule, calendar, day, still)
    provisional = any(calendar.provisional(year) for year in range(day.year, last.year + 1))
    return Term(rule, start, clock.end_of_day(last), last, provisional)


def counted(unit: str, *, start: datetime, end: datetime, region_path: str, pauses: Sequence[Pause] = ()) -> int:
    """How many whole days, working days, hours or minutes a period from `start` to `end` has: the first day not, the last day counted."""
    if unit in RUNNING:
        assert RUNNING[unit], "an instant has no length"
        return (end - start - _stood_still(start, end, pauses)) // RUNNING[unit]
    calendar, first, last = calendar_for(region_path), clock.local_day(start), clock.local_day(end)
    if last < first:
        return -counted(unit, start=end, end=start, region_path=region_path, pauses=pauses)
    if unit == "year":
        return sum(_years_after(first, n) <= last for n in range(1, last.year - first.year + 1))
    still = {day for day in _still_days(pauses) if first < day <= last}
    if unit == "working_day":
        return calendar.working_days_between(first, last) - sum(map(calendar.is_working_day, still))
    return (last - first).days - len(still)


def judge_term(rule: Rule_, *, start: datetime, end: datetime, region_path: str, pauses: Sequence[Pause] = ()) -> Ruling:
    """Whether a period that ends at `end` keeps the rule: long enough (>=), in time (<=), or exactly so long (=)."""
    terms = term_of(rule, start=start, region_path=region_path, pauses=pauses)
    if rule.unit == "same_instant":
        return judge(rule, start == end, True, TERM_NOT_EXACT, {"name": rule.name, "exactly": rule.shown, "ends": start})
    run, figure = counted(rule.unit, start=start, end=end, region_path=region_path, pauses=pauses), figures_shown(rule.amount, rule.unit)
    last = terms.last_day or terms.ends_at
    if rule.op == ">=":
        told = {"name": rule.name, "least": figure, "counted": figures_shown(rule.amount * 0 + run, rule.unit), "earliest": last}
        return judge(rule, run >= rule.n, True, TERM_TOO_SHORT, told)
    if rule.op == "=":
        return judge(rule, _ends_so(terms, end), True, TERM_NOT_EXACT, {"name": rule.name, "exactly": figure, "ends": last})
    return judge(rule, terms.keeps(end), True, TERM_OVERRUN, {"name": rule.name, "most": figure, "latest": last})


def moved_on(until: datetime, by: timedelta, *, region_path: str) -> datetime:
    """A deadline that is put off by a length: one at the end of a day to the end of the working day that this reaches, one at an instant exactly."""
    later = until + by
    if until != clock.end_of_day(clock.local_day(until - timedelta(microseconds=1))):
        return later
    day = clock.local_day(later - timedelta(microseconds=1))
    return clock.end_of_day(calendar_for(region_path).roll_forward(day))


def _ends_so(terms: Term, end: datetime) -> bool:
    return clock.local_day(end) == terms.last_day if terms.last_day else end == terms.ends_at


def _last_day(rule: Rule_, calendar: Calendar, day: date, still: frozenset[date]) -> date:
    awake = calendar.overlaid(off=still) if still else calendar
    if rule.unit == "working_day":
        return awake.add_working_days(day, rule.n)
    days = (_years_after(day, rule.n) - day).days if rule.unit == "year" else rule.n
    return awake.roll_forward(_days_on(day, days, still))


def _days_on(day: date, n: int, still: frozenset[date]) -> date:
    """The n-th day after `day` on which the clock does not stand still."""
    if not still:
        return day + timedelta(days=n)
    while n:
        day += _ONE
        n -= day not in still
    return day


def _still_days(pauses: Iterable[Pause]) -> frozenset[date]:
    days: set[date] = set()
    for pause in pauses:
        first, last = clock.local_day(pause.since), clock.local_day(pause.until)
        days |= {first + timedelta(days=n) for n in range(1, (last - first).days + 1)}
    return frozenset(days)


def _running_out(start: datetime, left: timedelta, pauses: Iterable[Pause]) -> datetime:
    """Where a running clock comes to its end, standing still through the pauses."""
    at = start
    for since, until in _apart(pauses):
        if at + left <= since:
            break
        if until > at:
            left -= max(since - at, _NOTHING)
            at = until
    return at + left


def _stood_still(start: datetime, end: datetime, pauses: Iterable[Pause]) -> timedelta:
    return sum((max(min(until, end) - max(since, start), _NOTHING) for since, until in _apart(pauses)), _NOTHING)


def _apart(pauses: Iterable[Pause]) -> list[tuple[datetime, datetime]]:
    """The pauses in their order, those that touch made one."""
    found: list[tuple[datetime, datetime]] = []
    for pause in sorted(pauses, key=lambda it: it.since):
        if found and pause.since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], pause.until))
        else:
            found.append((pause.since, pause.until))
    return found


def _years_after(day: date, years: int) -> date:
    """The same day of the year; 29 February ends with 28 February where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
