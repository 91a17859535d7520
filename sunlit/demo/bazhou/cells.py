"""Values as PostgreSQL's COPY reads them in its text format; instants are whole seconds since 1970, amounts are whole cents."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache

DAY = 86_400
CHINA = 8 * 3_600
NULL = "\\N"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def seconds(at: datetime) -> int:
    """The instant as whole seconds."""
    return int(at.timestamp())


def instant(moment: int) -> datetime:
    """The whole seconds as an instant."""
    return _EPOCH + timedelta(seconds=moment)


def text(value: str) -> str:
    """Any text, with what COPY would take for its own marks written otherwise."""
    return value.translate(_ESCAPES)


def stamp(moment: int | None) -> str:
    """The instant as a cell; NULL where there is none."""
    if moment is None:
        return NULL
    day, rest = divmod(moment, DAY)
    return f"{_day(day)} {_clock(rest // 60)}:{rest % 60:02d}+00"


def date_of(moment: int) -> str:
    """The day in China at this instant, 2026-11-22."""
    return _day((moment + CHINA) // DAY)


def compact_date(moment: int) -> str:
    """The day in China at this instant, as numbers carry it: 20261122."""
    return _compact((moment + CHINA) // DAY)


def yuan(cents: int) -> str:
    """An amount with its two places."""
    return f"{cents // 100}.{cents % 100:02d}"


def array(values: Iterable[str]) -> str:
    """A text[] of codes and numbers, which need no quotes."""
    return "{" + ",".join(values) + "}"


@cache
def _day(number: int) -> str:
    return (_EPOCH + timedelta(days=number)).strftime("%Y-%m-%d")


@cache
def _compact(number: int) -> str:
    return _day(number).replace("-", "")


@cache
def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
