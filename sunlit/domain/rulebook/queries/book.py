"""What holds here and now: rules, their history, the working calendar and the deadlines that follow. Everybody may read the rulebook.

Answers come from memory: one query reads the whole book, then none for CACHE_LIFE. Memory is always right about rules because nothing
comes into force sooner than SETTLE after it was written (`rules.earliest_day`). A day off that is announced is known everywhere within CACHE_LIFE.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from time import monotonic
from typing import Final

from django.db.models import Q

from sunlit.domain.rulebook import pack
from sunlit.domain.rulebook.models import Holiday, Pack, Rule
from sunlit.domain.rulebook.rules import CACHE_LIFE, NO_RULE, Rule_, chinese
from sunlit.foundation.kernel import clock, regions
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.foundation.kernel.working_days import Calendar

HISTORY_ROWS: Final = 200

Versions = tuple[Rule_, ...]


@dataclass(frozen=True)
class _Book:
    """Every version of every rule, by (key, kind) and region; the kinds that a key has; and each version by its identity."""

    read_at: float
    rules: Mapping[tuple[str, str], Mapping[str, Versions]]
    kinds: Mapping[str, tuple[str, ...]]
    versions: Mapping[int, Rule_]


@dataclass(frozen=True)
class _Days:
    """The days that differ from the plain week, by region, and the calendars made from them."""

    read_at: float
    off: Mapping[str, frozenset[date]]
    on: Mapping[str, frozenset[date]]
    calendars: dict[str, Calendar] = field(default_factory=dict)


_book: _Book | None = None
_days: _Days | None = None


def rule(key: str, *, region_path: str, kind: str = "", on: date) -> Rule_:
    """The version in force on the day: the nearest region up the tree wins, and in it the exact kind. Refused (RUL-001) when there is none."""
    book = _the_book().rules
    exact, general = book.get((key, kind), {}), book.get((key, ""), {})
    for path in regions.line(region_path):
        for found in (*exact.get(path, ()), *general.get(path, ())):
            if found.holds_on(on):
                return found
    raise Refused(Problem(NO_RULE, {"key": key, "region": region_path, "day": on}))


def behind(it: Rule_, *, on: date) -> Rule_ | None:
    """What would hold on the day in place of a region's own version, if that ended: the next nearest."""
    book = _the_book().rules
    exact, general = book.get((it.key, it.kind), {}), book.get((it.key, ""), {})
    nearest = (rule for path in regions.line(it.region_path) for rule in (*exact.get(path, ()), *general.get(path, ())))
    return next((rule for rule in nearest if rule.holds_on(on) and (rule.region_path, rule.kind) != (it.region_path, it.kind)), None)


def kinds_of(key: str, *, region_path: str, on: date) -> list[Rule_]:
    """Every kind of the key with its version in force on the day, by kind: the rows of a table, the checks of a list."""
    book = _the_book()
    found = (_nearest(book.rules[key, kind], region_path, on) for kind in book.kinds.get(key, ()))
    return [rule for rule in found if rule is not None]


def rules_page(region_path: str, on: date) -> list[Rule_]:
    """Every rule in force for a region on the day, its own and inherited, by key and kind."""
    found = (_nearest(versions, region_path, on) for _, versions in sorted(_the_book().rules.items()))
    return [rule for rule in found if rule is not None]


def coming(region_path: str, after: date) -> list[Rule_]:
    """Versions for the region or one above it that begin later than the day, soonest first."""
    places = set(regions.line(region_path))
    found = (rule for by_region in _the_book().rules.values() for path, rules in by_region.items() if path in places for rule in rules)
    return sorted((rule for rule in found if rule.since > after), key=lambda rule: (rule.since, rule.key, rule.kind, rule.id))


def versions(identities: Iterable[int]) -> dict[int, Rule_]:
    """The versions that rulings rest on, by identity; one that was withdrawn before its first day never ruled and is not among them."""
    book = _the_book().versions
    return {identity: book[identity] for identity in identities if identity in book}


def name_of(key: str) -> str:
    """What a rule is called, whatever its region and day; the key itself where there is none."""
    found = (
        rule for (known, _kind), by_region in _the_book().rules.items() if known == key for rules in by_region.values() for rule in rules
    )
    return next((rule.name for rule in found), key)


def history(key: str, region_path: str) -> list[Rule_]:
    """All versions of a rule for a region and those above it, the newest first; not those withdrawn before their first day."""
    rows = Rule.objects.filter(key=key, in_force__isempty=False).select_related("region", "pack").order_by("-in_force", "-id")
    places = set(regions.line(region_path))
    return [rule for rule in map(snapshot, rows[:HISTORY_ROWS]) if rule.region_path in places]


def note_of(rule: Rule_) -> str:
    """What the row says in passing, in the reader's language; what a person wrote stays as it is."""
    note = pack.plain(rule.note)
    known = pack.notes().get(note)
    if known is None:
        return note
    return known.zh if chinese() else known.en


def pack_version() -> str:
    """The version of the pack that was loaded last; "" before the first."""
    last = Pack.objects.order_by("-loaded_at", "-id").first()
    return last.version if last else ""


def calendar_for(region_path: str) -> Calendar:
    """The nation's working calendar with the holidays of the region and of those above it."""
    days = _the_days()
    known = days.calendars.get(region_path)
    if known is None:
        known = days.calendars[region_path] = _made(days, region_path)
    return known


def holidays(region_path: str, year: int) -> list[Holiday]:
    """The days of a year that differ from the plain week, for the nation, the region and those above it, by day."""
    here = Q(region=None) | Q(region__path__in=regions.line(region_path))
    return list(Holiday.objects.filter(here, day__year=year).select_related("region").order_by("day", "id"))


def forget() -> None:
    """Read anew at the next question. The services say so after a change; other processes notice within CACHE_LIFE."""
    global _book, _days
    _book = _days = None


def snapshot(row: Rule) -> Rule_:
    """The row in plain values. Give it a row with region and pack selected; one that was withdrawn before its first day holds on none."""
    withdrawn = clock.local_day(row.created_at) if row.in_force.lower is None else None
    return Rule_(
        id=row.pk,
        key=row.key,
        region_path=row.region.path if row.region else regions.ROOT,
        region_zh=row.region.name_zh if row.region else "",
        region_en=row.region.name_en if row.region else "",
        kind=row.kind,
        value=row.value,
        unit=row.unit,
        allowed=row.allowed,
        binding=row.binding,
        name_zh=row.name_zh,
        name_en=row.name_en,
        source=row.source,
        article=row.article,
        evidence=row.evidence,
        note=row.note,
        pack=row.pack.version if row.pack else "",
        set_by=row.set_by,
        since=withdrawn or row.in_force.lower,
        until=withdrawn or row.in_force.upper,
    )


def _the_book() -> _Book:
    global _book
    book = _book
    if book is None or _stale(book.read_at):
        book = _book = _read_book()
    return book


def _the_days() -> _Days:
    global _days
    days = _days
    if days is None or _stale(days.read_at):
        days = _days = _read_days()
    return days


def _stale(read_at: float) -> bool:
    return monotonic() - read_at > CACHE_LIFE.total_seconds()


def _read_book() -> _Book:
    read_at = monotonic()  # before the reading: what is written meanwhile is at most CACHE_LIFE late
    rows = Rule.objects.filter(in_force__isempty=False).select_related("region", "pack").order_by("key", "kind", "region_id", "in_force")
    book: dict[tuple[str, str], dict[str, Versions]] = {}
    for found in map(snapshot, rows):
        versions = book.setdefault((found.key, found.kind), {})
        versions[found.region_path] = (found, *versions.get(found.region_path, ()))  # the newest first
    kinds: dict[str, tuple[str, ...]] = {}
    for key, kind in sorted(book):
        kinds[key] = (*kinds.get(key, ()), kind)
    return _Book(read_at, book, kinds, {it.id: it for by_region in book.values() for those in by_region.values() for it in those})


def _read_days() -> _Days:
    read_at = monotonic()
    off: dict[str, set[date]] = {}
    on: dict[str, set[date]] = {}
    for row in Holiday.objects.select_related("region").order_by("day", "id"):
        (on if row.working else off).setdefault(row.region.path if row.region else regions.ROOT, set()).add(row.day)
    return _Days(read_at, _frozen(off), _frozen(on))


def _frozen(days: Mapping[str, Iterable[date]]) -> dict[str, frozenset[date]]:
    return {path: frozenset(those) for path, those in days.items()}


def _made(days: _Days, region_path: str) -> Calendar:
    calendar = Calendar()
    for path in reversed(regions.line(region_path)):
        calendar = calendar.overlaid(off=days.off.get(path, ()), on=days.on.get(path, ()))
    nation = days.off.get(regions.ROOT, frozenset())
    # Every calendar of the State Council names New Year's Day; a few days of a year alone, told by its neighbour's calendar, do not make it known.
    years = frozenset(day.year for day in nation if (day.month, day.day) == (1, 1))
    return Calendar(calendar.off, calendar.on, years)


def _nearest(versions: Mapping[str, Versions], region_path: str, on: date) -> Rule_ | None:
    found = (rule for path in regions.line(region_path) for rule in versions.get(path, ()) if rule.holds_on(on))
    return next(found, None)
