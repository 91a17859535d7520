"""One engine for all periods: minimum, maximum and exact ones, pauses, and the laws of counting over 2019 to 2026."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunlit.domain.rulebook import pack, queries
from sunlit.domain.rulebook.queries import Pause, Verdict, periods
from sunlit.domain.rulebook.rules import Rule_
from sunlit.foundation.kernel.clock import SHANGHAI, local_day
from sunlit.foundation.kernel.working_days import Calendar
from tests.domain.rulebook.conftest import KORLA, TODAY

NATION = Calendar(
    off=frozenset(it.day for it in pack.read().days if not it.working),
    on=frozenset(it.day for it in pack.read().days if it.working),
    known_years=frozenset(range(2019, 2027)),
)
XINJIANG = NATION.overlaid(off=[date(2025, 3, 31), date(2025, 6, 6), date(2026, 3, 20), date(2026, 5, 27)])
REGIONS = {"": NATION, "65": XINJIANG}
instants = st.datetimes(datetime(2019, 1, 1), datetime(2026, 9, 30), timezones=st.just(UTC))
places = st.sampled_from(sorted(REGIONS))
units = st.sampled_from(["working_day", "calendar_day", "hour", "minute"])
lengths = st.timedeltas(timedelta(0), timedelta(days=20))
RULE = Rule_(
    1,
    "TL-034",
    "",
    "",
    "",
    "",
    {"n": 5, "unit": "working_day", "op": "<="},
    "working_day",
    None,
    False,
    "期限",
    "Period",
    "条例",
    "",
    "V",
    "",
    "",
    "",
    date(2019, 1, 1),
    None,
)


@pytest.fixture(scope="module", autouse=True)
def known_calendars() -> Iterator[None]:
    """The counting laws are told about the issued calendars themselves, without a database."""
    patch = pytest.MonkeyPatch()
    real = queries.calendar_for
    patch.setattr(periods, "calendar_for", lambda path: REGIONS[path] if path in REGIONS else real(path))
    yield
    patch.undo()


def rule(n: int, unit: str, op: str = "<=") -> Rule_:
    return replace(RULE, value={"n": n, "unit": unit, "op": op}, unit=unit)


@given(instants, st.integers(0, 90), units, places)
def test_counting_undoes_adding(start: datetime, n: int, unit: str, place: str) -> None:
    end = queries.term_of(rule(n, unit), start=start, region_path=place).ends_at
    last = end if unit in periods.RUNNING else end - timedelta(seconds=1)
    run = queries.counted(unit, start=start, end=last, region_path=place)
    assert run == n if unit != "calendar_day" else run >= n  # a free last day rolled on


@given(instants, instants, st.integers(0, 90), units, places)
def test_who_begins_later_never_ends_sooner(one: datetime, other: datetime, n: int, unit: str, place: str) -> None:
    early, late = (queries.end_of(rule(n, unit), start=it, region_path=place) for it in sorted((one, other)))
    assert early <= late


@given(instants, st.integers(0, 90), places)
def test_one_working_day_more_is_always_later(start: datetime, n: int, place: str) -> None:
    less, more = (queries.term_of(rule(it, "working_day"), start=start, region_path=place) for it in (n, n + 1))
    assert less.ends_at < more.ends_at
    assert more.last_day is not None
    assert REGIONS[place].is_working_day(more.last_day)


@given(instants, st.integers(1, 60))
def test_a_region_with_more_holidays_never_ends_sooner(start: datetime, n: int) -> None:
    assert queries.end_of(rule(n, "working_day"), start=start, region_path="65") >= queries.end_of(
        rule(n, "working_day"), start=start, region_path=""
    )


@given(instants, st.integers(1, 60), units, places, st.lists(st.tuples(lengths, lengths), max_size=3))
@settings(max_examples=200)
def test_pauses_only_put_off_and_do_not_count(
    start: datetime, n: int, unit: str, place: str, told: list[tuple[timedelta, timedelta]]
) -> None:
    pauses = [Pause(start + after, start + after + lasting) for after, lasting in told]
    plain, put_off = (queries.end_of(rule(n, unit), start=start, region_path=place, pauses=it) for it in ((), pauses))
    assert put_off >= plain
    last = put_off if unit in periods.RUNNING else put_off - timedelta(seconds=1)
    run = queries.counted(unit, start=start, end=last, region_path=place, pauses=pauses)
    assert run == n if unit != "calendar_day" else run >= n


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_the_clock_of_a_complaint_stands_still_between_two_events() -> None:
    """Received on Monday 3 November 2025; sent to a test on the 5th, its report on the 12th: the 6th to the 12th do not count."""
    pause = Pause(at("2025-11-05 10:00"), at("2025-11-12 16:00"))
    assert queries.term_of(rule(5, "working_day"), start=at("2025-11-03"), region_path="", pauses=[pause]).last_day == date(2025, 11, 17)
    assert queries.counted("working_day", start=at("2025-11-03"), end=at("2025-11-12"), region_path="", pauses=[pause]) == 2
    twice = [pause, Pause(at("2025-11-10"), at("2025-11-11"))]
    assert queries.term_of(rule(5, "working_day"), start=at("2025-11-03"), region_path="", pauses=twice).last_day == date(2025, 11, 17)


def test_a_running_clock_stands_still_to_the_minute() -> None:
    pause = Pause(at("2026-03-02 10:10"), at("2026-03-02 10:40"))
    assert queries.end_of(rule(30, "minute"), start=at("2026-03-02 10:00"), region_path="", pauses=[pause]) == at("2026-03-02 11:00")


def test_the_calendar_of_2027_is_provisional() -> None:
    assert queries.term_of(rule(30, "calendar_day"), start=at("2026-12-15"), region_path="").provisional
    assert not queries.term_of(rule(10, "calendar_day"), start=at("2026-12-15"), region_path="").provisional


def test_a_bid_at_the_deadline_is_too_late() -> None:
    until = at("2026-03-20 10:00")
    assert queries.in_time(until, until - timedelta(microseconds=1))
    assert not queries.in_time(until, until)


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("key", "start", "end", "verdict", "told"),
    [
        ("TL-002", "2026-03-02 09:00", "2026-03-21 09:00", Verdict.REFUSED, "2026-03-23"),  # 19 days; the 20th is a Sunday
        ("TL-002", "2026-03-02 09:00", "2026-03-23 09:00", Verdict.ALLOWED, ""),
        ("TL-028", "2026-03-02 09:00", "2026-03-11 23:59", Verdict.ALLOWED, ""),
        ("TL-028", "2026-03-02 09:00", "2026-03-12 00:00", Verdict.REFUSED, "2026-03-11"),
        ("TL-008", "2026-03-02 09:00", "2026-03-09 17:00", Verdict.ALLOWED, ""),
        ("TL-008", "2026-03-02 09:00", "2026-03-10 09:00", Verdict.REFUSED, "2026-03-09"),
        ("TL-015", "2026-03-02 09:00", "2026-03-02 09:00", Verdict.ALLOWED, ""),
        ("TL-015", "2026-03-02 09:00", "2026-03-02 09:01", Verdict.REFUSED, "2026-03-02"),
    ],
)
def test_a_proposed_end_is_judged_by_the_version_in_force(key: str, start: str, end: str, verdict: Verdict, told: str) -> None:
    version = queries.rule(key, region_path=KORLA, on=TODAY)
    ruling = queries.judge_term(version, start=at(start), end=at(end), region_path=KORLA)
    assert (ruling.verdict, ruling.key, ruling.rule_id) == (verdict, key, version.id)
    assert told in ruling.told


@pytest.mark.usefixtures("loaded")
def test_every_answer_names_the_version_it_used() -> None:
    term = queries.term("TL-002", start=at("2026-03-02 09:00"), region_path=KORLA, on=TODAY)
    assert (term.rule.key, term.rule.evidence, term.last_day, local_day(term.ends_at)) == (
        "TL-002",
        "V",
        date(2026, 3, 23),
        date(2026, 3, 24),
    )
    assert term.keeps(at("2026-03-23 23:59"))
    assert not term.keeps(at("2026-03-24 00:00"))
