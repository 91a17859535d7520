"""Replays a published tree from its entries to its signed root. Plain Python and `cryptography`: runs without the platform."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from sunlit.foundation.ledger import notes, tiles
from sunlit.foundation.ledger.differences import differences
from sunlit.foundation.ledger.findings import NAMED_MAX, Phrase, Report, Several, Where, Why, where_of
from sunlit.foundation.ledger.tiles import HEIGHT, WIDTH
from sunlit.foundation.ledger.tree import Edge, root_of

REMEMBERED = "remembered"
"""Stands for the path of a checkpoint that whoever checks has kept."""
FETCHERS = 8
"""Files of a remote tree fetched at once."""
FETCH_SECONDS = 30
FILE_MAX = WIDTH * (tiles.BODY_MAX + 2)
"""Bytes of the largest file a tree can have."""

Advance = Callable[[int], None]


class CannotRead(Exception):
    """The tree cannot be reached at all; nothing can be said about it."""


class Got(NamedTuple):
    """A file that was read, under the path where it was found."""

    path: str
    data: bytes


class Source(Protocol):
    """Where a published tree is read from. `read` raises FileNotFoundError."""

    def read(self, path: str) -> bytes: ...

    def read_all(self, paths: Iterator[tuple[str, str]]) -> Iterator[Got | None]:
        """For each path, or where it is not there the full form beside it, what it holds; None where neither is there."""

    def sizes(self) -> list[int]:
        """Of which sizes a signed checkpoint is kept."""


@dataclass(frozen=True)
class Folder:
    """A tree in a folder of this machine."""

    root: Path

    def read(self, path: str) -> bytes:
        try:
            return (self.root / path).read_bytes()
        except (NotADirectoryError, IsADirectoryError):
            raise FileNotFoundError(path) from None
        except PermissionError as error:
            raise CannotRead(f"{self.root / path}: {error.strerror}") from None

    def read_all(self, paths: Iterator[tuple[str, str]]) -> Iterator[Got | None]:
        return (_either(self.read, *pair) for pair in paths)

    def sizes(self) -> list[int]:
        listed = (path.name for path in (self.root / "checkpoints").glob("*"))
        return sorted({*(int(name) for name in listed if name.isdecimal()), *_listed(self.read)})


@dataclass(frozen=True)
class Remote:
    """A tree on a web server."""

    url: str

    def read(self, path: str) -> bytes:
        try:
            with urlopen(Request(f"{self.url.rstrip('/')}/{path}"), timeout=FETCH_SECONDS) as answer:  # noqa: S310 (http or https: see `source`)
                data: bytes = answer.read(FILE_MAX + 1)
        except HTTPError as error:
            if error.code in {404, 410}:
                raise FileNotFoundError(path) from None
            raise CannotRead(f"{self.url}: {error}") from None
        except (URLError, HTTPException, OSError) as error:
            raise CannotRead(f"{self.url}: {error}") from None
        if len(data) > FILE_MAX:
            raise CannotRead(f"{self.url}: {path} is larger than any file of a tree")
        return data

    def read_all(self, paths: Iterator[tuple[str, str]]) -> Iterator[Got | None]:
        with ThreadPoolExecutor(FETCHERS) as pool:
            while several := list(islice(paths, FETCHERS * 8)):
                yield from pool.map(lambda pair: _either(self.read, *pair), several)

    def sizes(self) -> list[int]:
        return sorted(set(_listed(self.read)))


def source(place: str) -> Source:
    """A folder or the address of a published tree."""
    return Remote(place) if re.match(r"https?://", place) else Folder(Path(place))


@dataclass
class Statement:
    """A signed claim about the tree at one size."""

    path: str
    checkpoint: notes.Checkpoint


@dataclass
class Replay:
    """One run over a published tree; `report` is filled as it goes, `hashes` of its leaves are kept for further comparisons."""

    source: Source
    verifiers: Sequence[notes.Verifier]
    report: Report = field(default_factory=Report)
    advance: Advance = lambda _count: None
    current: notes.Checkpoint | None = None
    hashes: list[bytes] = field(default_factory=list)
    _statements: list[Statement] = field(default_factory=list)
    _roots: dict[int, bytes] = field(default_factory=dict)
    _sealed: list[tuple[int, bytes]] = field(default_factory=list)
    _found: list[tuple[int, bytes, bytes]] = field(default_factory=list)

    def run(self, remembered: str | None = None) -> Report:
        """1. who signed what, 2. entries to leaves, 3. leaves to root, 4. what was signed against what is there."""
        self._read_statements(remembered)
        if self.current is not None:
            self._replay_leaves(self.current.size)
            self._replay_tiles(self.current.size)
            self._tell_differences()
            self._check_statements(self.current.size)
        return self.report

    def name(self, index: int) -> Where:
        """The entry at this place, as the published tree tells it."""
        try:
            return where_of(index, self.body(index))
        except (FileNotFoundError, IndexError, tiles.BadTile):
            return Where(index)

    def body(self, index: int) -> bytes:
        """The published text of an entry. Raises when it cannot be read."""
        size = max([index + 1, *(each.checkpoint.size for each in self._statements)])
        return tiles.read_bundle(self.source.read, size, index // WIDTH)[index % WIDTH]

    def several(self, first: int, last: int) -> Several:
        return Several([self.name(index) for index in range(first, min(first + NAMED_MAX, last + 1))], first, last)

    # 1. Who signed what

    def _read_statements(self, remembered: str | None) -> None:
        sizes = self.source.sizes()
        paths = ["checkpoint", *(f"checkpoints/{size}" for size in sizes)]
        for path, size, got in zip(paths, [None, *sizes], self.source.read_all((path, path) for path in paths), strict=True):
            checkpoint = self._statement(path, size, got)
            if size is None:
                self.current = checkpoint
        if remembered is not None:
            self._opened(REMEMBERED, remembered)

    def _statement(self, path: str, size: int | None, got: Got | None) -> notes.Checkpoint | None:
        if got is None:
            self.report.add("missing", path=path, where=Several([], 0, (size or 1) - 1))
            return None
        try:
            return self._opened(path, got.data.decode(), size)
        except UnicodeDecodeError:
            self.report.add("forged", path=path, why=Why("it is not text"))
            return None

    def _opened(self, path: str, text: str, size: int | None = None) -> notes.Checkpoint | None:
        self.report.count("checkpoints")
        try:
            checkpoint = notes.open_note(text, self.verifiers)
        except notes.BadNote as error:
            self.report.add("forged", path=path, why=Why(str(error)))
            return _said(text) if path == "checkpoint" else None
        if size is not None and checkpoint.size != size:
            self.report.add("forged", path=path, why=Why("it speaks of another number of entries"))
        self._statements.append(Statement(path, checkpoint))
        return checkpoint

    # 2. Entries to leaves

    def _replay_leaves(self, size: int) -> None:
        wanted = sorted({statement.checkpoint.size for statement in self._statements if statement.checkpoint.size <= size})
        edge, rows = Edge(), list(tiles.tiles_of(size, 0))
        bundles = self.source.read_all((tiles.bundle_path(n, width), tiles.bundle_path(n)) for n, width in rows)
        hashed = self.source.read_all((tiles.tile_path(0, n, width), tiles.tile_path(0, n)) for n, width in rows)
        for (n, width), bundle, tile in zip(rows, bundles, hashed, strict=True):
            row = self._row(n, width, bundle, tile)
            wanted = self._note_roots(edge, row, wanted)
            self.hashes += row
            self.advance(width)
        self.report.count("entries", size)

    def _row(self, n: int, width: int, bundle: Got | None, tile: Got | None) -> list[bytes]:
        """The leaf hashes of one tile: those of the entries, unless the tile shows that the entries were changed."""
        first = n * WIDTH
        bodies = self._part(tiles.bundle_path(n, width), bundle, tiles.unpack, first, width)
        stated = self._part(tiles.tile_path(0, n, width), tile, tiles.split, first, width)
        sha256 = hashlib.sha256
        found = [sha256(b"\x00" + body).digest() for body in bodies]
        self.report.count("tiles")
        if found == stated:
            return found
        if not bodies or not stated:
            return [*(found or stated), *[b"\x00" * 32] * width][:width]
        if len(found) == width and self._follows_above(n, found):
            self.report.add("tile", path=tiles.tile_path(0, n, width), where=self._changed_hashes(first, found, stated, bodies))
            return found
        self._sealed += [(first + at, leaf) for at, leaf in enumerate(stated)]
        self._found += [(first + at, leaf, body) for at, (leaf, body) in enumerate(zip(found, bodies, strict=True))]
        return stated if len(stated) == width else [*stated, *[b"\x00" * 32] * width][:width]

    def _part(self, path: str, got: Got | None, parts: Callable[[bytes], list[bytes]], first: int, width: int) -> list[bytes]:
        if got is None:
            self.report.add("missing", path=path, where=Several([], first, first + width - 1))
            return []
        try:
            return parts(got.data) if got.path == path else parts(got.data)[:width]
        except tiles.BadTile as error:
            self.report.add("unreadable", path=path, why=Why(str(error)))
            return []

    def _follows_above(self, n: int, found: Sequence[bytes]) -> bool:
        """Whether the tile above, or for the last one the signed root, agrees with the entries rather than with their tile."""
        assert self.current is not None
        if len(found) == WIDTH:
            try:
                return tiles.read_tile(self.source.read, self.current.size, 1, n // WIDTH)[n % WIDTH] == root_of(found)
            except (FileNotFoundError, tiles.BadTile, IndexError):
                return False
        edge = Edge()
        edge.extend([*self.hashes, *found])
        return edge.root() == self.current.root

    def _changed_hashes(self, first: int, found: Sequence[bytes], stated: Sequence[bytes], bodies: Sequence[bytes]) -> Several:
        at = [place for place, leaf in enumerate(found) if place >= len(stated) or stated[place] != leaf]
        return Several([where_of(first + place, bodies[place]) for place in at[:NAMED_MAX]], first + at[0], first + at[0] + len(at) - 1)

    def _note_roots(self, edge: Edge, row: Sequence[bytes], wanted: list[int]) -> list[int]:
        """Append a row to the edge, and keep the root at every size that was signed."""
        start = edge.size
        if len(row) == WIDTH and (not wanted or wanted[0] >= start + WIDTH):
            edge.append_subtree(HEIGHT, root_of(row))
        else:
            for leaf in row:
                if wanted and wanted[0] == edge.size:
                    self._roots[wanted.pop(0)] = edge.root()
                edge.append(leaf)
        if wanted and wanted[0] == edge.size:
            self._roots[wanted.pop(0)] = edge.root()
        return wanted

    # 3. Leaves to root

    def _replay_tiles(self, size: int) -> None:
        below = self.hashes
        for level in range(1, tiles.levels(size)):
            below = [root_of(below[at : at + WIDTH]) for at in range(0, len(below) // WIDTH * WIDTH, WIDTH)]
            rows = list(tiles.tiles_of(size, level))
            stated = self.source.read_all((tiles.tile_path(level, n, width), tiles.tile_path(level, n)) for n, width in rows)
            for (n, width), tile in zip(rows, stated, strict=True):
                self.report.count("tiles")
                self._compare(level, n, width, below[n * WIDTH : n * WIDTH + width], tile)

    def _compare(self, level: int, n: int, width: int, row: Sequence[bytes], tile: Got | None) -> None:
        path, span = tiles.tile_path(level, n, width), 1 << (HEIGHT * level)
        stated = self._part(path, tile, tiles.split, n * WIDTH * span, width * span)
        if tile is None or stated == list(row):
            return
        wrong = [at for at, node in enumerate(row) if at >= len(stated) or stated[at] != node]
        first = (n * WIDTH + wrong[0]) * span
        self.report.add("tile", path=path, where=Several([], first, first + span - 1))

    # 4. What was signed against what is there

    def _tell_differences(self) -> None:
        sealed, found = [leaf for _at, leaf in self._sealed], [leaf for _at, leaf, _body in self._found]
        for one in differences(sealed, found):
            body = b"" if one.found is None else self._found[one.found][2]
            index = self._sealed[one.sealed][0] if one.sealed is not None else self._found[one.found or 0][0]
            if one.kind == "altered":
                self.report.add("altered", where=where_of(index, body), what=Phrase("bundle"))
            elif one.kind == "removed":
                self.report.add("removed", where=self._lost(index, sealed, found, one.sealed or 0))
            elif one.kind == "inserted":
                self.report.add("inserted", where=where_of(index, body))
            else:
                self.report.add("reordered", where=where_of(index, body), sealed=index, found=self._found[one.found or 0][0])

    def _lost(self, index: int, sealed: Sequence[bytes], found: Sequence[bytes], at: int) -> Phrase:
        """An entry of which only the hash is left, told by the one that followed it."""
        places = {leaf: place for place, leaf in enumerate(found)}
        for later, leaf in enumerate(sealed[at + 1 :], at + 1):
            if leaf in places:
                return Phrase("lost entry", {"index": index, "before": where_of(self._sealed[later][0], self._found[places[leaf]][2])})
        return Phrase("last entry", {"index": index})

    def _check_statements(self, size: int) -> None:
        """Every signed root must follow from the entries; the first that does not tells between which sizes to look."""
        proven, statements = 0, sorted(self._statements, key=lambda each: each.checkpoint.size)
        for statement in statements:
            stated = statement.checkpoint
            if stated.size > size:
                last = statements[-1]
                self.report.add(
                    "rolled back", size=size, known=last.checkpoint.size, path=last.path, where=self.several(size, last.checkpoint.size - 1)
                )
                return
            if self._roots.get(stated.size) != stated.root:
                self.report.add("rewritten", size=stated.size, path=statement.path, where=self.several(proven, stated.size - 1))
                return
            proven = stated.size

    @property
    def signed_roots(self) -> dict[int, bytes]:
        """The roots that were signed, by size."""
        return {each.checkpoint.size: each.checkpoint.root for each in self._statements}


def _either(read: Callable[[str], bytes], path: str, full: str) -> Got | None:
    for one in dict.fromkeys((path, full)):
        try:
            return Got(one, read(one))
        except FileNotFoundError:
            continue
    return None


def _listed(read: Callable[[str], bytes]) -> Iterator[int]:
    try:
        lines = read("checkpoints/sizes").decode(errors="replace").split()
    except FileNotFoundError:
        return
    yield from (int(line) for line in lines if line.isdecimal())


def _said(note: str) -> notes.Checkpoint | None:
    try:
        return notes.parse(note)
    except notes.BadNote:
        return None
