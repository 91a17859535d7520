from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import pytest
from django.utils import translation

from sunlit.portals.ui import filters

NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


@pytest.mark.usefixtures("chinese")
def test_days_and_moments_in_chinese():
    assert filters.day(date(2026, 3, 5)) == "2026年3月5日 周四"
    assert filters.moment(NOON) == "2026年3月5日 周四 12:00"
    assert filters.moment(datetime(2026, 3, 5, 16, 30, tzinfo=UTC)) == "2026年3月6日 周五 00:30"


@pytest.mark.usefixtures("english")
def test_days_and_moments_in_english():
    assert filters.day(NOON) == "Thu 5 Mar 2026"
    assert filters.moment(NOON) == "Thu 5 Mar 2026 12:00"
    assert filters.short_day(NOON) == "2026-03-05"
    assert filters.short_moment(NOON) == "03-05 12:00"


def test_nothing_is_a_dash():
    assert [
        filters.day(None),
        filters.moment(None),
        filters.yuan(None),
        filters.number(None),
        filters.percent(None),
        filters.compact(None),
    ] == ["—"] * 6


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=30, hours=23), "30 days ago"),
        (timedelta(days=31), "Mon 2 Feb 2026"),
        (-timedelta(hours=1), "just now"),
    ],
)
def test_how_long_ago(passed, words):
    assert filters.ago(NOON - passed, NOON) == words


@pytest.mark.parametrize(
    ("rest", "words", "tone"),
    [
        (timedelta(days=2, hours=3, minutes=50), "2 days 3 hours left", "calm"),
        (timedelta(days=1), "1 day left", "calm"),
        (timedelta(hours=23, minutes=59), "23 hours 59 minutes left", "soon"),
        (timedelta(minutes=4), "4 minutes left", "soon"),
        (timedelta(0), "0 minutes overdue", "past"),
        (-timedelta(days=1, hours=6), "1 day 6 hours overdue", "past"),
    ],
)
@pytest.mark.usefixtures("english")
def test_a_deadline_counts_in_its_two_largest_units(rest, words, tone):
    assert filters.left(NOON + rest, NOON) == words
    assert filters.urgency(NOON + rest, NOON) == tone


def test_money_and_figures():
    assert filters.yuan(Decimal("1234.50")) == "¥1,234.50"
    assert filters.price_parts(Decimal("4680.00")) == ("4,680", "00")
    assert filters.number(9214) == "9,214"
    assert filters.number(Decimal("0.125"), 2) == "0.13"
    assert filters.percent(Decimal("0.173")) == "17.3%"
    assert filters.percent(Fraction(1, 3), 2) == "33.33%"


@pytest.mark.usefixtures("chinese")
def test_large_figures_in_chinese():
    assert [filters.compact(value) for value in (9999, 12500, 120_000, 750_000_000)] == ["9,999", "1.25 万", "12 万", "7.5 亿"]


@pytest.mark.usefixtures("english")
def test_large_figures_in_english():
    assert [filters.compact(value) for value in (9999, 12500, 750_000_000, 10_000_000_000)] == ["9,999", "12.5 K", "750 M", "10 B"]


@pytest.mark.usefixtures("chinese")
def test_names_follow_the_reader_and_fall_back():
    both, only = SimpleNamespace(name_zh="库尔勒市", name_en="Korla"), SimpleNamespace(name_zh="且末县", name_en="")
    assert filters.lang(both) == "库尔勒市"
    with translation.override("en"):
        assert (filters.lang(both), filters.lang(only), filters.lang(SimpleNamespace())) == ("Korla", "且末县", "")


@pytest.mark.usefixtures("chinese")
def test_figures_of_a_ruling():
    assert filters.figure_value("1284000.00") == "¥1,284,000.00"
    assert filters.figure_value("2026-11-23") == "2026年11月23日 周一"
    assert [filters.figure_value(value) for value in (1400, Decimal("3.00"), "A4")] == ["1,400", "¥3.00", "A4"]


def test_a_plain_name_is_the_chinese_one() -> None:
    actor = SimpleNamespace(user_name="周明远", user_name_en="Zhou Mingyuan")
    assert filters.lang(actor, "user_name") == "周明远"
    with translation.override("en"):
        assert filters.lang(actor, "user_name") == "Zhou Mingyuan"
