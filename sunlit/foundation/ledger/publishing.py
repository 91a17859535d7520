"""The tree as files anybody may fetch: bundles, tiles, checkpoints, public key. A crash at any point is repaired by the next run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection

from sunlit.foundation.ledger import notes, tiles
from sunlit.foundation.ledger.models import Checkpoint
from sunlit.foundation.ledger.notes import Verifier
from sunlit.foundation.ledger.tiles import HEIGHT, WIDTH
from sunlit.foundation.ledger.tree import leaf_hash, root_from, root_of

CHUNK = 16 * WIDTH
"""Leaves read from the database at a time."""
SYNC_EACH_MAX = 64
"""More new files than this are brought to disk by one sync of the system instead of one each."""


class LedgerBroken(Exception):
    """The database and the published tree contradict each other. Nothing is published until a person has looked."""


def folder() -> Path:
    """Where the tree is published."""
    return Path(settings.DATA_DIR) / "ledger"


def reader(root: Path) -> tiles.Read:
    return lambda path: (root / path).read_bytes()


def published(root: Path) -> notes.Checkpoint | None:
    """The checkpoint that the world sees, if there is a readable one."""
    try:
        return notes.parse((root / "checkpoint").read_text())
    except (FileNotFoundError, notes.BadNote, UnicodeDecodeError):
        return None


def publish(root: Path, verifier: Verifier) -> int:
    """Bring the files up to the newest checkpoint of the database; returns the published size. One process at a time."""
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        return 0
    seen = published(root)
    not_ahead(seen)
    if seen is not None and seen.size == newest.size:
        return newest.size
    if (seen is None or not _extend(root, seen.size, newest)) and not _extend(root, 0, newest):
        raise LedgerBroken(
            f"The entries in the database do not lead to the root that was signed for {newest.size} entries. Run `sunlit verify`: it names the entry."
        )
    _publish_notes(root, 0 if seen is None else seen.size, newest, verifier)
    _clear_partial(root, 0 if seen is None else seen.size, newest.size)
    return newest.size


def not_ahead(seen: notes.Checkpoint | None) -> None:
    """Refuse to go on when the world has seen a tree that this database does not know: it was restored from an old copy, or rolled back."""
    if seen is None:
        return
    known = Checkpoint.objects.filter(size=seen.size).first()
    if known is None or bytes(known.root) != seen.root:
        raise LedgerBroken(
            f"The published tree of {seen.size} entries (root {seen.root.hex()}) is not in the database. The database was restored from "
            "an older copy, or somebody changed it. Bring the newer database back; if that is impossible, publish a new ledger under a new name."
        )


def _extend(root: Path, start: int, newest: Checkpoint) -> bool:
    """Write what lies between two sizes; true when the tiles on disk then lead to the signed root."""
    try:
        files = Files(root)
        fresh = _write_leaves(files, start, newest.size)
        for level in range(1, tiles.levels(newest.size)):
            fresh = _write_level(files, start, level, fresh)
        files.settle()
        return root_from(newest.size, tiles.nodes(reader(root), newest.size)) == bytes(newest.root)
    except (FileNotFoundError, tiles.BadTile):
        return False


def _write_leaves(files: Files, start: int, size: int) -> list[bytes]:
    """Bundles and lowest tiles from the tile that `start` falls in; returns the roots of the tiles completed since."""
    completed: list[bytes] = []
    for n, bodies in _tiles_of_leaves(start // WIDTH * WIDTH, size):
        hashes = [leaf_hash(body) for body in bodies]
        files.put(tiles.bundle_path(n, len(bodies)), tiles.pack(bodies))
        files.put(tiles.tile_path(0, n, len(hashes)), b"".join(hashes))
        if len(hashes) == WIDTH:
            completed.append(root_of(hashes))
    return completed


def _write_level(files: Files, start: int, level: int, fresh: list[bytes]) -> list[bytes]:
    """Tiles of a higher level from the nodes completed since `start`; returns the roots of those tiles that are now full."""
    n, width = divmod(start >> (HEIGHT * level), WIDTH)
    hashes = (tiles.read_tile(reader(files.root), start, level, n) if width else []) + fresh
    completed: list[bytes] = []
    for at in range(0, len(hashes) if fresh else 0, WIDTH):
        row = hashes[at : at + WIDTH]
        files.put(tiles.tile_path(level, n + at // WIDTH, len(row)), b"".join(row))
        if len(row) == WIDTH:
            completed.append(root_of(row))
    return completed


def _tiles_of_leaves(start: int, size: int) -> Iterator[tuple[int, list[bytes]]]:
    """The public bodies from the database, a tile at a time."""
    for first in range(start, size, CHUNK):
        last = min(first + CHUNK, size)
        with connection.cursor() as cursor:
            cursor.execute(
                'SELECT e.body FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry_id WHERE l."index" >= %s AND l."index" < %s ORDER BY l."index"',
                [first, last],
            )
            bodies = [body.encode() for (body,) in cursor.fetchall()]
        if len(bodies) != last - first:
            raise LedgerBroken(f"Entries are missing between {first} and {last}. Run `sunlit verify`: it names them.")
        for at in range(0, len(bodies), WIDTH):
            yield (first + at) // WIDTH, bodies[at : at + WIDTH]


def _publish_notes(root: Path, start: int, newest: Checkpoint, verifier: Verifier) -> None:
    """History first, the checkpoint last: what it states is then already there."""
    history = list(Checkpoint.objects.filter(size__gt=start, size__lte=newest.size).order_by("size").values_list("size", "note"))
    files = Files(root)
    for size, note in history:
        files.put(f"checkpoints/{size}", note.encode())
    files.put("checkpoints/sizes", _sizes(root, start) + "".join(f"{size}\n" for size, _note in history).encode())
    files.put("vkey", _vkeys(root, verifier))
    files.settle()
    files.put("checkpoint", newest.note.encode())
    files.settle()


def _sizes(root: Path, start: int) -> bytes:
    """The list of sizes published so far, for those who cannot list the folder."""
    try:
        known = (root / "checkpoints/sizes").read_bytes()
    except FileNotFoundError:
        known = b""
    if start and not known.endswith(b"%d\n" % start):
        return "".join(
            f"{size}\n" for size in Checkpoint.objects.filter(size__lte=start).order_by("size").values_list("size", flat=True)
        ).encode()
    return known if start else b""


def _vkeys(root: Path, verifier: Verifier) -> bytes:
    """The public keys, oldest first: a new key is added, never put in the place of an older one."""
    try:
        known = (root / "vkey").read_text().splitlines()
    except FileNotFoundError:
        known = []
    return "".join(f"{line}\n" for line in [*known, *([] if verifier.vkey() in known else [verifier.vkey()])]).encode()


def _clear_partial(root: Path, start: int, size: int) -> None:
    """Remove the partial forms of tiles that became full: readers of older checkpoints use the full ones."""
    for level in range(tiles.levels(size)):
        for n in range(tiles.widths(start, level)[0], tiles.widths(size, level)[0]):
            paths = [tiles.tile_path(level, n)] + ([tiles.bundle_path(n)] if level == 0 else [])
            for path in paths:
                shutil.rmtree(root / f"{path}.p", ignore_errors=True)


class Files:
    """New files that appear whole or not at all: written aside, brought to disk, then renamed together."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._aside: list[tuple[Path, Path]] = []
        self._made: set[Path] = set()

    def put(self, path: str, data: bytes) -> None:
        target = self.root / path
        if target.parent not in self._made:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(target.parent)
        aside = target.with_name(f"{target.name}.new")
        aside.write_bytes(data)
        self._aside.append((aside, target))

    def settle(self) -> None:
        """Make them durable, then visible, then make that durable too."""
        self._sync(aside for aside, _target in self._aside)
        for aside, target in self._aside:
            aside.replace(target)
        self._sync({target.parent for _aside, target in self._aside})
        self._aside.clear()

    def _sync(self, paths: Iterator[Path] | set[Path]) -> None:
        if len(self._aside) > SYNC_EACH_MAX:
            os.sync()
            return
        for path in paths:
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
