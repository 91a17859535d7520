"""Keys of pages: whole numbers that can be ids, and nothing else."""

import pytest

from sunlit.foundation.kernel.paging import name_key, name_place, row_id


@pytest.mark.parametrize(("text", "key"), [("0", 0), ("41", 41), ("9" * 18, 10**18 - 1)])
def test_a_whole_number_is_a_key(text: str, key: int) -> None:
    assert row_id(text) == key


@pytest.mark.parametrize("text", ["", "-1", "1.5", " 1", "²", "١", "1e3", "9" * 19, "9" * 5000])
def test_anything_else_is_none(text: str) -> None:
    assert row_id(text) is None


def test_a_page_sorted_by_name_goes_on_behind_name_and_id() -> None:
    assert name_place(name_key(7, "li cheng~shi")) == ("li cheng~shi", 7)


@pytest.mark.parametrize("text", ["", "~li", "x~li", "-1~li", "9" * 19 + "~li"])
def test_no_place_is_read_from_anything_else(text: str) -> None:
    assert name_place(text) is None
