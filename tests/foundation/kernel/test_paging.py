"""Keys of pages: whole numbers that can be ids, and nothing else."""

import pytest

from sunlit.foundation.kernel.paging import row_id


@pytest.mark.parametrize(("text", "key"), [("0", 0), ("41", 41), ("9" * 18, 10**18 - 1)])
def test_a_whole_number_is_a_key(text: str, key: int) -> None:
    assert row_id(text) == key


@pytest.mark.parametrize("text", ["", "-1", "1.5", " 1", "²", "١", "1e3", "9" * 19, "9" * 5000])
def test_anything_else_is_none(text: str) -> None:
    assert row_id(text) is None
