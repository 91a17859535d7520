"""Numbers that people read out: kind, day in China, running figure and a check character."""

from __future__ import annotations

from datetime import UTC, datetime

from sunlit.foundation.kernel.numbering import NUMBERS_A_DAY, is_number, new_number, number_of

LATE = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)  # already the next day in China


def test_a_new_number_names_kind_and_day_and_its_check_fits() -> None:
    number = new_number("DD", LATE)
    assert number.startswith("DD-20261122-")
    assert is_number(number)
    assert new_number("DD", LATE) != number


def test_a_running_figure_has_one_number_and_each_figure_another() -> None:
    assert number_of("SK", "20261122", 0) == "SK-20261122-00000009"
    assert number_of("SK", "20261122", NUMBERS_A_DAY - 1)[12:19] == "ZZZZZZZ"
    numbers = {number_of("SK", "20261122", figure) for figure in range(1_000)}
    assert len(numbers) == 1_000
    assert all(is_number(number) for number in numbers)


def test_a_slip_of_one_character_is_noticed() -> None:
    number = number_of("SK", "20261122", 123_456_789)
    assert is_number(number)
    assert not any(is_number(number[:15] + other + number[16:]) for other in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" if other != number[15])
