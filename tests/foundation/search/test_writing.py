"""Writers that commit, wait, die and swap; readers that never notice more than they should."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sunlit.foundation.search import generations
from sunlit.foundation.search.index import Busy, Index, Outdated
from sunlit.foundation.search.keeper import Keeper
from sunlit.foundation.search.question import Query
from sunlit.foundation.search.schema import Doc, Keyword

from .conftest import DOCS, FIELDS, Ticks, doc

PEN = doc("9", "晨光", "晨光中性笔", "B/B1", (), "2.00")
CHEAPER = doc("1", "普联", "TP-LINK 交换机", "A/A1/A11", (), "1.00")


def ids(index: Index, text: str = "") -> list[str]:
    return sorted(hit.id for hit in index.search(Query(text, limit=200, relax=False)).hits)


class Record:
    """The record an index follows: what a database holds."""

    def __init__(self, docs: list[Doc]) -> None:
        self.docs = {item.id: item for item in docs}
        self.words: list[str] = []
        self.loads: list[list[str]] = []

    def load(self, wanted):
        self.loads.append(list(wanted))
        return [self.docs[number] for number in wanted if number in self.docs]

    def keeper(self, index: Index) -> Keeper:
        return Keeper(index, self.load, lambda: iter(sorted(self.docs)), lambda: self.words)


# Committing and seeing


def test_nothing_is_seen_before_the_commit_and_everything_after(shop):
    shop.write([PEN, CHEAPER], ["6"])
    shop.reload()
    assert (ids(shop, "中性笔"), ids(shop, "冰箱")) == ([], ["6"])
    shop.commit()
    shop.reload()
    assert ids(shop) == ["1", "2", "3", "4", "5", "7", "8", "9"]
    assert shop.search(Query("TP-LINK", sort="price")).hits[0].payload == {"name": "TP-LINK 交换机", "price": "1.00"}
    assert ids(shop, "全千兆") == []


def test_a_delete_really_deletes(shop):
    shop.write(deletes=["4", "nobody"])
    shop.commit()
    shop.reload()
    assert shop.count() == 7
    assert ids(shop, "硒鼓") == []
    shop.write([DOCS[3]])
    shop.commit()
    shop.reload()
    assert (shop.count(), ids(shop, "硒鼓")) == (8, ["4"])


def test_the_same_document_twice_is_one(shop):
    shop.write([PEN, PEN])
    shop.write([PEN])
    shop.commit()
    shop.reload()
    assert (shop.count(), ids(shop, "中性笔")) == (9, ["9"])


def test_another_process_sees_a_commit_after_half_a_second(path, shop, ticks: Ticks):
    reader = Index(path, FIELDS, ticks=ticks)
    assert reader.count() == 8
    shop.write([PEN])
    shop.commit()
    ticks.now += 0.49
    assert reader.count() == 8
    ticks.now += 0.01
    assert reader.count() == 9
    assert ids(reader, "中性笔") == ["9"]


def test_one_writer_only(path, shop):
    other = Index(path, FIELDS)
    with pytest.raises(Busy, match="another process is writing"):
        other.write([PEN])
    shop.close()
    other.write([PEN])
    with pytest.raises(Busy):
        shop.write([PEN])
    other.close()
    shop.reload()
    assert shop.count() == 8


def test_one_builder_only_and_he_does_not_wait_for_the_writer(path, shop):
    other = Index(path, FIELDS)

    def docs():
        with pytest.raises(Busy, match="another process is building"):
            shop.rebuild([])
        shop.write([CHEAPER])
        shop.commit("feed:9")  # the old generation goes on being kept
        yield PEN

    assert other.rebuild(docs(), cursor="feed:8") == 1
    shop.reload()
    assert (ids(shop), shop.cursor()) == (["9"], "feed:8")
    shop.write([CHEAPER])  # the open writer turns to the new generation
    shop.commit("feed:9")
    other.reload()
    assert (ids(other), other.cursor()) == (["1", "9"], "feed:9")


def test_no_swap_happens_while_a_follower_reads_and_commits(path, shop):
    built = threading.Event()

    def build() -> None:
        Index(path, FIELDS).rebuild([PEN], cursor="feed:8")
        built.set()

    with shop.steady():
        builder = threading.Thread(target=build)
        builder.start()
        assert not built.wait(0.3)
        assert shop.cursor() == "feed:8"
        shop.write([CHEAPER])
        shop.commit("feed:9")
    builder.join()
    assert (shop.cursor(), ids(shop)) == ("feed:8", ["9"])


def test_the_cursor_is_committed_with_the_documents(path, shop):
    assert shop.cursor() == "feed:8"
    shop.write([PEN])
    shop.close()
    assert (shop.cursor(), shop.count()) == ("feed:8", 8)
    shop.write([PEN])
    shop.commit("feed:9")
    assert (Index(path, FIELDS).cursor(), shop.cursor(), shop.count()) == ("feed:9", "feed:9", 9)
    shop.write(deletes=["9"])
    shop.commit()
    assert (shop.cursor(), shop.count()) == ("feed:9", 8)


# Dying


WRITES_AND_WAITS = """
import sys
from sunlit.foundation.search.index import Index
from tests.foundation.search.conftest import FIELDS
from tests.foundation.search.test_writing import CHEAPER, PEN

index = Index(sys.argv[1], FIELDS)
if sys.argv[2] == "write":
    index.write([CHEAPER, PEN], ["6"])
else:
    def docs():
        yield CHEAPER
        print("written", flush=True)
        sys.stdin.read()
    index.rebuild(docs())
print("written", flush=True)
sys.stdin.read()
"""


def kill_while(doing: str, path: Path) -> None:
    """Starts a writer in a process of its own and kills it between its writes and its commit."""
    command = [sys.executable, "-c", WRITES_AND_WAITS, str(path), doing]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "written\n"
        os.kill(child.pid, signal.SIGKILL)
        child.wait()


def test_a_writer_killed_before_its_commit_loses_nothing(path, shop):
    shop.close()
    kill_while("write", path)
    index = Index(path, FIELDS)
    assert (index.cursor(), index.count(), ids(index, "中性笔")) == ("feed:8", 8, [])

    record = Record([*(item for item in DOCS if item.id not in {"1", "6"}), CHEAPER, PEN])
    for _ in range(2):  # the feed may tell it twice
        assert record.keeper(index).apply(["1", "6", "9"], cursor="feed:11") == 2
        assert (index.cursor(), ids(index)) == ("feed:11", ["1", "2", "3", "4", "5", "7", "8", "9"])
        assert ids(index, "全千兆") == []


def test_a_rebuild_killed_half_way_changes_nothing_and_is_cleared_away(path, shop):
    shop.close()
    kill_while("rebuild", path)
    assert sorted(item.name for item in path.iterdir() if item.is_dir()) == ["000001", "000002"]
    index = Index(path, FIELDS)
    assert index.count() == 8
    assert index.rebuild([PEN]) == 1
    assert ids(index) == ["9"]
    assert generations.current(path) is not None


# Building anew


def test_a_rebuild_swaps_at_once_while_a_reader_searches(path, shop, ticks: Ticks):
    shop.close()
    reader = Index(path, FIELDS, ticks=ticks)
    reader.search(Query())

    def moving_docs():
        yield CHEAPER
        ticks.now += 1
        assert ids(reader) == ["1", "2", "3", "4", "5", "6", "7", "8"]  # half built is not seen
        yield PEN

    assert shop.rebuild(moving_docs()) == 2
    assert ids(reader) == ["1", "2", "3", "4", "5", "6", "7", "8"]
    ticks.now += 1
    assert ids(reader) == ["1", "9"]


def test_threads_read_through_many_swaps(path, shop):
    shop.close()
    stop = threading.Event()
    seen: list[tuple[str, ...]] = []
    errors: list[BaseException] = []

    def read() -> None:
        reader = Index(path, FIELDS)
        try:
            while not stop.is_set():
                reader.reload()
                seen.append(tuple(ids(reader)))
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(10):
        shop.rebuild([PEN, CHEAPER] if turn % 2 else DOCS)
    stop.set()
    for reader in readers:
        reader.join()
    assert errors == []
    assert set(seen) <= {("1", "9"), tuple(str(number) for number in range(1, 9))}
    assert len(list(path.glob("0*"))) == 2


def test_a_rebuild_that_fails_leaves_the_old_one(path, shop):
    def broken():
        yield PEN
        raise RuntimeError("the record went away")

    with pytest.raises(RuntimeError, match="went away"):
        shop.rebuild(broken())
    assert (shop.count(), shop.cursor()) == (8, "feed:8")
    shop.write([PEN])
    shop.commit()
    shop.reload()
    assert shop.count() == 9


def test_words_of_the_trade_are_kept_with_the_generation(path, shop):
    name = doc("9", "国信", "国信创终端整机", "B/B1", (), "2.00")
    shop.rebuild([name], words=["信创终端"])
    assert json.loads((path / "000002" / "words.json").read_text()) == ["信创终端"]
    view = Index(path, FIELDS).view()
    assert view is not None
    assert view.segmenter.words == ("信创终端",)
    assert ids(Index(path, FIELDS), "信创终端") == ["9"]


# An index of another format


def test_an_index_of_another_format_is_not_read_and_not_written_but_rebuilt(path, shop):
    shop.close()
    for newer in (Index(path, FIELDS, 2), Index(path, [*FIELDS, Keyword("colour")])):
        assert (newer.ready(), newer.current(), newer.count()) == (False, False, 0)
        with pytest.raises(Outdated):
            newer.write([PEN])
    newer = Index(path, FIELDS, 2)
    record = Record([CHEAPER, PEN])
    assert record.keeper(newer).apply(["9"], cursor="feed:12") == 2
    assert (newer.ready(), ids(newer), newer.cursor()) == (True, ["1", "9"], "feed:12")
    # A process of the old release reads on what it had, and says that it is no longer current.
    shop.reload()
    assert (shop.ready(), shop.current(), shop.count()) == (True, False, 8)


# Keeping


def test_the_keeper_builds_where_nothing_was_built(path):
    record = Record(DOCS)
    index = Index(path, FIELDS)
    assert record.keeper(index).apply(["1"]) == 8
    assert ids(index) == ["1", "2", "3", "4", "5", "6", "7", "8"]


def test_the_keeper_loads_in_batches_and_tells_how_far_it_is(path):
    docs = [Doc(f"{number:04}", {"name": "铅笔", "price": number}) for number in range(1_201)]
    record = Record(docs)
    index = Index(path, FIELDS)
    told: list[int] = []
    assert record.keeper(index).rebuild(told.append, cursor="feed:0") == 1_201
    assert told == [500, 1000, 1201]
    assert [len(some) for some in record.loads] == [500, 500, 201]
    assert (index.count(), index.cursor()) == (1_201, "feed:0")
    assert index.search(Query("铅笔", sort="-price", limit=1)).hits[0].id == "1200"


def test_the_keeper_applies_each_change_once_and_keeps_its_writer(path, shop):
    shop.close()
    record = Record([*DOCS, PEN])
    del record.docs["6"]
    keeper = record.keeper(shop)
    assert keeper.apply(["9", "6", "9"]) == 1
    shop.reload()
    assert record.loads == [["9", "6"]]
    assert ids(shop) == ["1", "2", "3", "4", "5", "7", "8", "9"]
    other = Index(path, FIELDS)
    with pytest.raises(Busy):
        other.write([CHEAPER])
    shop.close()
    other.write([CHEAPER])
    with pytest.raises(Busy):
        keeper.apply(["9"])
    other.close()
    assert keeper.apply([]) == 0


def test_many_small_changes_do_not_pile_up_segments(path, shop):
    shop.close()
    record = Record(DOCS)
    keeper = record.keeper(shop)
    for turn in range(40):
        keeper.apply([str(turn % 8 + 1)])
    shop.reload()
    view = shop.view()
    assert view is not None
    assert (shop.count(), ids(shop)) == (8, ["1", "2", "3", "4", "5", "6", "7", "8"])
    assert view.searcher.num_segments < 12
