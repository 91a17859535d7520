"""Chinese working days: the issued calendars of 2019 to 2026, the worked cases of the domain, and the laws of counting."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sunlit.domain.rulebook import pack
from sunlit.foundation.kernel.clock import end_of_day
from sunlit.foundation.kernel.working_days import Calendar

DAYS = pack.read().days
NATION = Calendar(
    off=frozenset(it.day for it in DAYS if not it.working),
    on=frozenset(it.day for it in DAYS if it.working),
    known_years=frozenset(range(2019, 2027)),
)
days = st.dates(date(2019, 1, 1), date(2026, 12, 31))
counts = st.integers(1, 60)


def test_weekends_holidays_and_make_up_days() -> None:
    assert NATION.is_working_day(date(2026, 2, 13))  # a Friday
    assert NATION.is_working_day(date(2026, 2, 14))  # a Saturday, made up for the Spring Festival
    assert not NATION.is_working_day(date(2026, 2, 16))  # a Monday of the festival
    assert NATION.is_working_day(date(2026, 2, 28))  # a Saturday, made up
    assert not NATION.is_working_day(date(2026, 3, 1))  # a Sunday like any other


def test_working_days_of_each_year_are_as_issued() -> None:
    told = {year: NATION.working_days_between(date(year - 1, 12, 31), date(year, 12, 31)) for year in range(2019, 2027)}
    assert told == {2019: 250, 2020: 249, 2021: 250, 2022: 249, 2023: 249, 2024: 251, 2025: 248, 2026: 248}


def test_the_longest_break_of_2020_follows_the_amended_calendar() -> None:
    """The State Council lengthened the Spring Festival of 2020 to 2 February while it ran."""
    assert NATION.add_working_days(date(2020, 1, 23), 1) == date(2020, 2, 3)


# TM-01 … TM-11 of the domain's worked cases, and the two examples of its text


def test_tm_01_and_02_twenty_days_from_the_first_of_march() -> None:
    assert (date(2025, 3, 20) - date(2025, 3, 1)).days == 19
    assert NATION.add_calendar_days(date(2025, 3, 1), 20) == date(2025, 3, 21)


def test_tm_03_friday_to_tuesday_is_two_working_days() -> None:
    assert NATION.working_days_between(date(2025, 6, 13), date(2025, 6, 17)) == 2
    assert NATION.add_working_days(date(2025, 6, 13), 3) == date(2025, 6, 18)


@pytest.mark.parametrize(
    ("case", "start", "n", "due"),
    [
        ("TM-06 documents sold across the National Day", date(2024, 9, 26), 5, date(2024, 10, 9)),
        ("TM-07 open framework, review", date(2025, 5, 6), 7, date(2025, 5, 15)),
        ("TM-08 open framework, publish", date(2025, 8, 12), 2, date(2025, 8, 14)),
        ("TM-10 complaint, examination", date(2025, 12, 12), 5, date(2025, 12, 19)),
        ("TM-11 complaint, not accepted", date(2025, 11, 3), 3, date(2025, 11, 6)),
        ("award notice of 1 December 2025", date(2025, 12, 1), 1, date(2025, 12, 2)),
        ("last day to challenge that award", date(2025, 12, 2), 7, date(2025, 12, 11)),
        ("notice before the Spring Festival of 2026", date(2026, 2, 12), 5, date(2026, 2, 26)),
    ],
)
def test_worked_cases(case: str, start: date, n: int, due: date) -> None:
    assert NATION.add_working_days(start, n) == due, case
    assert NATION.working_days_between(start, due) == n, case


def test_a_last_day_that_is_free_moves_on() -> None:
    assert NATION.add_calendar_days(date(2026, 1, 16), 30) == date(2026, 2, 15)  # Spring Festival
    assert NATION.add_calendar_days(date(2026, 1, 16), 30, roll=True) == date(2026, 2, 24)
    assert NATION.add_calendar_days(date(2026, 1, 15), 30, roll=True) == date(2026, 2, 14)  # a Saturday, but made up
    assert NATION.roll_forward(date(2026, 3, 2)) == date(2026, 3, 2)


def test_a_day_ends_at_midnight_in_china() -> None:
    assert end_of_day(date(2026, 2, 26)) == datetime(2026, 2, 26, 16, 0, tzinfo=UTC)


def test_nought_days_is_the_day_itself_and_backwards_is_a_mistake() -> None:
    assert NATION.add_working_days(date(2026, 3, 1), 0) == date(2026, 3, 1)
    with pytest.raises(AssertionError):
        NATION.add_working_days(date(2026, 3, 1), -1)


def test_a_year_without_a_calendar_knows_only_weekends() -> None:
    assert NATION.provisional(2027)
    assert not NATION.provisional(2026)
    assert NATION.is_working_day(date(2027, 10, 1))  # a Friday: nobody has declared it free yet
    assert not NATION.is_working_day(date(2027, 10, 2))


def test_a_region_lays_its_own_days_on_top() -> None:
    corban = date(2026, 5, 27)  # a Wednesday
    xinjiang = NATION.overlaid(off=[corban], on=[date(2026, 5, 30)])
    assert NATION.is_working_day(corban)
    assert not xinjiang.is_working_day(corban)
    assert xinjiang.is_working_day(date(2026, 5, 30))
    assert xinjiang.add_working_days(date(2026, 5, 26), 2) == date(2026, 5, 29)
    county = xinjiang.overlaid(on=[corban])
    assert county.is_working_day(corban)
    assert not county.overlaid(off=[corban]).is_working_day(corban)
    assert xinjiang.known_years == NATION.known_years


@given(days, counts)
def test_counting_back_undoes_counting_on(day: date, n: int) -> None:
    assert NATION.working_days_between(day, NATION.add_working_days(day, n)) == n


@given(days, counts)
def test_the_last_day_is_a_working_day_after_the_first(day: date, n: int) -> None:
    last = NATION.add_working_days(day, n)
    assert last > day
    assert NATION.is_working_day(last)


@given(days, counts)
def test_counting_on_undoes_counting_back_to_a_working_day(day: date, n: int) -> None:
    last = NATION.roll_forward(day + timedelta(days=n))
    assert NATION.add_working_days(day, NATION.working_days_between(day, last)) == last


@given(days, days, counts)
def test_who_begins_later_never_ends_sooner(one: date, other: date, n: int) -> None:
    early, late = sorted((one, other))
    assert NATION.add_working_days(early, n) <= NATION.add_working_days(late, n)


@given(days, counts)
def test_one_day_more_is_always_later(day: date, n: int) -> None:
    assert NATION.add_working_days(day, n) < NATION.add_working_days(day, n + 1)


@given(days, days)
def test_between_is_the_same_backwards_with_a_minus(one: date, other: date) -> None:
    assert NATION.working_days_between(one, other) == -NATION.working_days_between(other, one)


@given(days, days, days)
def test_stretches_add_up(a: date, b: date, c: date) -> None:
    a, b, c = sorted((a, b, c))
    assert NATION.working_days_between(a, b) + NATION.working_days_between(b, c) == NATION.working_days_between(a, c)


@given(days)
def test_rolling_forward_finds_the_next_working_day(day: date) -> None:
    rolled = NATION.roll_forward(day)
    assert NATION.is_working_day(rolled)
    assert NATION.working_days_between(day, rolled) == (0 if rolled == day else 1)
