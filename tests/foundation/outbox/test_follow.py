"""Followers read the sealed feed in order, without gaps, and again what they had not finished when they fell."""

from __future__ import annotations

from pathlib import Path

import pytest

from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger.queries import Act
from sunlit.foundation.outbox import follow, queries
from sunlit.foundation.outbox.follow import Follower, catch_up, follows, step
from sunlit.foundation.outbox.models import Cursor
from tests.foundation.ledger.conftest import AT, act, acts, home, seal

__all__ = ["home"]
NAME = "a_test_that_reads"
read: list[list[int]] = []
falls: list[Exception] = []


@follows(NAME, batch=3)
def reader(told: list[Act]) -> None:
    read.append([each.index for each in told])
    if falls:
        raise falls.pop()


@pytest.fixture(autouse=True)
def _fresh() -> None:
    read.clear()
    falls.clear()


def place() -> int:
    return Cursor.objects.values_list("after", flat=True).get(name=NAME)


def me() -> Follower:
    return follow.followers()[NAME]


pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("home")]


def test_acts_are_read_in_batches_from_where_the_cursor_stands() -> None:
    begin = ledger.size()
    catch_up(NAME)  # whatever was there before
    read.clear()
    acts(range(1, 6))
    assert step(me()) == 0  # nothing is told before it is sealed
    seal()
    assert catch_up(NAME) == 5
    assert read == [[begin, begin + 1, begin + 2], [begin + 3, begin + 4]]
    assert place() == begin + 4
    assert catch_up(NAME) == 0


def test_who_falls_between_view_and_cursor_reads_the_same_again() -> None:
    catch_up(NAME)
    read.clear()
    acts(range(1, 3))
    seal()
    before = place()
    falls.append(MemoryError("fell over"))
    with pytest.raises(MemoryError):
        step(me())
    assert place() == before
    assert step(me()) == 2
    assert read[0] == read[1]


def test_a_view_that_was_built_from_the_record_goes_on_behind_what_is_sealed() -> None:
    acts(range(1, 4))
    seal()
    follow.begin_at_the_end(at=AT)
    read.clear()
    assert (place(), catch_up(NAME), read) == (ledger.size() - 1, 0, [])
    acts(range(4, 5))
    seal()
    assert (catch_up(NAME), read) == (1, [[ledger.size() - 1]])


def test_how_far_a_follower_lies_behind_is_seen() -> None:
    catch_up(NAME)
    act(1)
    seal()
    mine = next(each for each in queries.followings() if each.name == NAME)
    assert mine.behind == 1
    catch_up(NAME)
    mine = next(each for each in queries.followings() if each.name == NAME)
    assert (mine.behind, mine.after) == (0, ledger.size() - 1)


def test_a_follower_is_registered_once(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="registered twice"):
        follows(NAME)(reader)
