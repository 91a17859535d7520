"""The published layout: C2SP tlog-tiles (tiles of height 8, bundles of entries). Paths and bytes only. Plain Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from sunlit.foundation.ledger.tree import HASH_SIZE, Node, root_of

HEIGHT = 8
WIDTH = 1 << HEIGHT
BODY_MAX = 65_535
"""Bytes of one entry: its length is told in two bytes."""

Read = Callable[[str], bytes]
"""Reads a published file by its path; raises FileNotFoundError."""


class BadTile(ValueError):
    """A published file has the wrong length."""


def tile_path(level: int, n: int, width: int = WIDTH) -> str:
    return f"tile/{level}/{_name(n)}{_partial(width)}"


def bundle_path(n: int, width: int = WIDTH) -> str:
    return f"tile/entries/{_name(n)}{_partial(width)}"


def widths(size: int, level: int) -> tuple[int, int]:
    """How many full tiles a tree of this size has at the level, and how wide the partial one after them is (0: none)."""
    return divmod(size >> (HEIGHT * level), WIDTH)


def tiles_of(size: int, level: int) -> Iterator[tuple[int, int]]:
    """All (n, width) at the level."""
    full, partial = widths(size, level)
    yield from ((n, WIDTH) for n in range(full))
    if partial:
        yield full, partial


def levels(size: int) -> int:
    """How many levels of tiles a tree of this size has."""
    count = 0
    while size >> (HEIGHT * count):
        count += 1
    return count


def pack(bodies: Sequence[bytes]) -> bytes:
    return b"".join(len(body).to_bytes(2, "big") + body for body in bodies)


def unpack(data: bytes) -> list[bytes]:
    """The entries of a bundle."""
    bodies: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        length = (data[at] << 8 | data[at + 1]) if at + 1 < end else end
        body = data[at + 2 : at + 2 + length]
        if len(body) != length:
            raise BadTile("a bundle of entries breaks off in the middle")
        bodies.append(body)
        at += 2 + length
    return bodies


def split(data: bytes) -> list[bytes]:
    """The hashes of a tile."""
    if len(data) % HASH_SIZE:
        raise BadTile("a tile breaks off in the middle of a hash")
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def read_tile(read: Read, size: int, level: int, n: int) -> list[bytes]:
    """The hashes of a tile as a tree of this size has it; the full tile serves where the partial one was cleared away."""
    full, partial = widths(size, level)
    width = WIDTH if n < full else partial
    hashes = split(_widest(read, tile_path(level, n, width), tile_path(level, n)))
    if len(hashes) < width:
        raise BadTile(f"{tile_path(level, n, width)} holds {len(hashes)} hashes")
    return hashes[:width]


def read_bundle(read: Read, size: int, n: int) -> list[bytes]:
    """The entries of a bundle as a tree of this size has it."""
    full, partial = widths(size, 0)
    width = WIDTH if n < full else partial
    return unpack(_widest(read, bundle_path(n, width), bundle_path(n)))[:width]


def nodes(read: Read, size: int) -> Node:
    """The nodes of the published tree of this size, computed from as few tiles as needed."""
    tile = lru_cache(maxsize=64)(lambda level, n: read_tile(read, size, level, n))

    def node(level: int, n: int) -> bytes:
        row, height = divmod(level, HEIGHT)
        first = n << height
        hashes = tile(row, first >> HEIGHT)
        at = first % WIDTH
        return root_of(hashes[at : at + (1 << height)])

    return node


def _widest(read: Read, path: str, full: str) -> bytes:
    try:
        return read(path)
    except FileNotFoundError:
        if path == full:
            raise
        return read(full)


def _name(n: int) -> str:
    """Groups of three digits, all but the last marked: 1234067 is x001/x234/067."""
    parts = [f"{n % 1000:03}"]
    while n := n // 1000:
        parts.append(f"x{n % 1000:03}")
    return "/".join(reversed(parts))


def _partial(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"
