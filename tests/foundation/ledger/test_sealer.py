"""Sealing: every act once, in commit order, whoever is slow and whatever dies."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection, connections, transaction

from sunlit.config import keys
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger import notes, publishing, queries, sealer, services, tiles
from sunlit.foundation.ledger.models import Checkpoint, Entry, Leaf, Progress
from sunlit.foundation.ledger.publishing import LedgerBroken
from sunlit.foundation.ledger.tree import leaf_hash, root_of
from tests.foundation.ledger.conftest import ALICE, AT, act, acts, seal

ONLINE = pytest.mark.django_db(transaction=True)


def sealed() -> list[int]:
    return list(Leaf.objects.order_by("index").values_list("entry_id", flat=True))


@contextmanager
def another_connection() -> Iterator[psycopg.Connection]:
    of_django = {"context", "cursor_factory", "prepare_threshold"}
    wanted = {name: value for name, value in connection.get_connection_params().items() if name not in of_django}
    with psycopg.connect(**wanted) as other:
        yield other


def write_in(other: psycopg.Connection, number: int) -> int:
    """The same INSERT as record's, on a connection whose transaction the test holds open."""
    row, _facts = services._row(services.Deed("order.place", f"order/2026-{number:04}", ALICE, AT, {"number": f"2026-{number:04}"}))
    found = other.execute(services._INSERT, [services._as_json([row])]).fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.django_db
def test_the_published_tree_is_the_tree_of_the_acts(home: Path) -> None:
    entries = acts(range(300))
    assert seal() == 300
    entries += acts(range(300, 515))
    assert (seal(), seal()) == (215, 0)
    entries += [act(515)]
    assert seal() == 1
    leaves = [leaf_hash(entry.body.encode()) for entry in entries]
    checkpoint = notes.open_note((home / "checkpoint").read_text(), notes.read_vkeys((home / "vkey").read_text()))
    assert (checkpoint.size, checkpoint.root, checkpoint.origin) == (516, root_of(leaves), sealer.ORIGIN)
    assert b"".join(leaves[256:512]) == (home / "tile/0/001").read_bytes()
    assert b"".join(leaves[512:]) == (home / "tile/0/002.p/4").read_bytes()
    assert root_of(leaves[:256]) + root_of(leaves[256:512]) == (home / "tile/1/000.p/2").read_bytes()
    assert tiles.unpack((home / "tile/entries/002.p/4").read_bytes()) == [entry.body.encode() for entry in entries[512:]]
    assert not (home / "tile/0/001.p").exists()
    assert (home / "checkpoints/sizes").read_text() == "300\n515\n516\n"
    for size in (300, 515, 516):
        assert notes.parse((home / f"checkpoints/{size}").read_text()).root == root_of(leaves[:size])
    assert not list(home.rglob("*.new"))


@pytest.mark.django_db
def test_the_key_is_readable_by_its_owner_only(home: Path) -> None:
    act(1)
    seal()
    assert keys.ledger_key_path().is_relative_to(home.parent)
    assert keys.open_to_others() == []
    assert notes.read_vkey((home / "vkey").read_text()) == sealer.own_seal().verifier


@ONLINE
def test_a_long_transaction_that_commits_late_is_never_missed(home: Path) -> None:
    with another_connection() as slow, another_connection() as slower:
        late, later = write_in(slow, 1), write_in(slower, 2)
        early = act(3).pk
        assert late < later < early
        assert seal() == 1
        assert [act(4), seal()][1] == 1
        slow.commit()
        assert seal() == 1
        last = act(5).pk
        slower.commit()
        assert seal() == 2
    assert sealed() == [early, Entry.objects.get(subject="order/2026-0004").pk, late, later, last]
    assert [one.index for one in queries.feed(-1, 10)] == [0, 1, 2, 3, 4]


@ONLINE
def test_what_is_rolled_back_is_never_sealed(home: Path) -> None:
    with another_connection() as other:
        write_in(other, 1)
        act(2)
        assert seal() == 1
        other.rollback()
        assert seal() == 0
    assert Progress.objects.get().size == 1


@ONLINE
def test_many_writers_and_a_sealer_at_once_leave_no_gap(home: Path) -> None:
    writers, each = 6, 40
    done = threading.Event()

    def write(number: int) -> None:
        for n in range(each):
            with transaction.atomic():
                act(number * 1000 + n)
        connections.close_all()

    def keep_sealing() -> None:
        while not done.is_set():
            seal()
        connections.close_all()

    office = [threading.Thread(target=keep_sealing) for _ in range(2)]
    people = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in office + people:
        thread.start()
    for thread in people:
        thread.join()
    done.set()
    for thread in office:
        thread.join()
    seal()
    assert list(Leaf.objects.order_by("index").values_list("index", flat=True)) == list(range(writers * each))
    assert set(sealed()) == set(Entry.objects.values_list("pk", flat=True))
    for number in range(writers):  # one writer's acts stand in the order in which it did them
        subjects = [one.subject for one in queries.feed(-1, 1000) if int(one.subject[11:]) // 1000 == number]
        assert subjects == sorted(subjects)
    leaves = [bytes(leaf) for leaf in Leaf.objects.order_by("index").values_list("leaf_hash", flat=True)]
    published = publishing.published(home)
    assert published is not None
    assert (published.size, published.root) == (writers * each, root_of(leaves))


@ONLINE
def test_two_sealers_never_both_act(home: Path) -> None:
    act(1)
    with another_connection() as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [sealer.LOCK])
        assert seal() == 0
        assert not home.exists()
    assert seal() == 1


@ONLINE
def test_listeners_are_told_when_the_seal_is_committed(home: Path) -> None:
    with another_connection() as other:
        other.autocommit = True
        other.execute("LISTEN sunlit_live")
        act(1)
        act(2)
        seal()
        seal()
        told = [note.payload for note in other.notifies(timeout=1, stop_after=1)]
        assert told == ['{"upto" : 2}']


@pytest.mark.django_db
@pytest.mark.parametrize("dies_at", range(1, 12))
def test_a_crash_at_any_point_of_publishing_is_repaired_by_the_next_pass(home: Path, monkeypatch: pytest.MonkeyPatch, dies_at: int) -> None:
    acts(range(250))
    seal()
    acts(range(250, 270))
    calls = 0
    replace, write = Path.replace, Path.write_bytes

    def counted(step):
        def run(self, *args):
            nonlocal calls
            calls += 1
            if calls == dies_at:
                raise KeyboardInterrupt
            return step(self, *args)

        return run

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", counted(replace))
        patch.setattr(Path, "write_bytes", counted(write))
        with pytest.raises(KeyboardInterrupt):
            seal()
    assert Checkpoint.objects.count() == 2  # sealed and signed, but not yet shown
    seen = publishing.published(home)
    assert seen is not None
    assert seen.size == 250
    assert tiles.read_tile(publishing.reader(home), 250, 0, 0)  # what the old checkpoint states is still there
    assert seal() == 0
    assert_whole(home, 270)


@pytest.mark.django_db
@pytest.mark.parametrize("lost", ["", "checkpoint", "tile", "tile/0", "tile/1", "tile/entries", "checkpoints", "vkey"])
def test_lost_files_are_written_again_from_the_database(home: Path, lost: str) -> None:
    acts(range(300))
    seal()
    act(300)
    target = home / lost
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink()
    assert seal() == 1
    if lost in {"tile/entries", "tile/0", "checkpoints"}:  # only their right edge came back: without a checkpoint all is written again
        (home / "checkpoint").unlink()
        assert seal() == 0
    assert_whole(home, 301)


def assert_whole(home: Path, size: int) -> None:
    leaves = [bytes(leaf) for leaf in Leaf.objects.order_by("index").values_list("leaf_hash", flat=True)]
    seen = publishing.published(home)
    assert seen is not None
    assert (seen.size, seen.root) == (size, root_of(leaves))
    read, found = publishing.reader(home), []
    for n, _width in tiles.tiles_of(size, 0):
        found += [leaf_hash(body) for body in tiles.read_bundle(read, size, n)]
        assert tiles.read_tile(read, size, 0, n) == found[n * 256 :]
    assert found == leaves
    sizes = [*Checkpoint.objects.order_by("size").values_list("size", flat=True)]
    assert (home / "checkpoints/sizes").read_text().split() == [str(each) for each in sizes]
    assert all((home / f"checkpoints/{each}").exists() for each in sizes)


@pytest.mark.django_db
def test_a_database_restored_from_an_old_copy_does_not_roll_the_world_back(home: Path) -> None:
    act(1)
    act(2)
    seal()
    shown = (home / "checkpoint").read_bytes()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE ledger_leaf, ledger_checkpoint, ledger_entry, ledger_progress")
    act(3)
    with pytest.raises(LedgerBroken, match=r"The published tree of 2 entries .* is not in the database"):
        seal()
    assert (home / "checkpoint").read_bytes() == shown
    assert Leaf.objects.count() == 0


@pytest.mark.django_db
def test_acts_of_another_server_are_sealed_although_their_transaction_numbers_mean_nothing(home: Path) -> None:
    act(1)
    seal()
    Progress.objects.update(seen="900000000000:900000000000:")  # as after a restore into a new server
    act(2)
    assert seal() == 1
    with connection.cursor() as cursor:  # an unsealed act that came with the restore
        entry = act(3)
        cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_entry SET xid = '900000000000' WHERE id = %s", [entry.pk])
    assert seal() == 0
    assert sealer.seal_once(at=AT, thorough=True) == 1
    assert sealed()[-1] == entry.pk


@pytest.mark.django_db
def test_a_backlog_is_sealed_in_passes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "BATCH", 100)
    entries = [entry.pk for entry in acts(range(250))]
    assert [seal(), seal(), seal(), seal()] == [100, 100, 50, 0]
    assert sealed() == entries


@ONLINE
def test_the_loop_seals_until_it_is_told_to_stop(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, passes = threading.Event(), []
    act(1)

    def once(*, at, thorough):
        passes.append(thorough)
        if len(passes) == 1:
            raise psycopg.OperationalError
        if len(passes) == 4:
            stop.set()
        return real(at=at, thorough=thorough)

    real = sealer.seal_once
    monkeypatch.setattr(sealer, "seal_once", once)
    monkeypatch.setattr(sealer, "DatabaseError", psycopg.OperationalError)
    sealer.run(stop, every=0)
    assert passes == [True, True, False, False]  # the first pass that succeeds looks at everything
    assert queries.size() == 1


@pytest.mark.django_db
def test_proofs_lead_from_an_act_to_the_published_checkpoint(home: Path) -> None:
    acts(range(400))
    seal()
    entry = act(400)
    with pytest.raises(Refused) as refused:
        queries.proof_of(entry)
    assert refused.value.codes == ["LED-001"]
    assert sealer.seal(at=AT + timedelta(hours=2)) == 1
    with pytest.raises(Refused):  # sealed, but not published yet
        queries.proof_of(queries.get(entry.pk))
    seal()
    proof = queries.proof_of(queries.get(entry.pk))
    assert (proof["index"], proof["size"], proof["entry"]) == (400, 401, entry.pk)
    assert "facts" not in proof
    assert "salt" not in proof
    assert len(queries.consistency(400, 401)) > 0
