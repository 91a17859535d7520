"""The arithmetic of an RFC 6962 Merkle tree: roots, the right edge, proofs and their checks. Plain Python."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Node = Callable[[int, int], bytes]
"""Reads the root of a complete subtree: `node(level, n)` covers the leaves n·2^level … (n+1)·2^level - 1."""


class BadProof(ValueError):
    """A proof does not lead from what it starts with to the root that was signed."""


def leaf_hash(body: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root above leaf hashes (or above nodes of one level, when their number is a power of two)."""
    edge = Edge()
    level = list(hashes)
    if len(level) & (len(level) - 1) or not level:
        edge.extend(level)
        return edge.root()
    sha256 = hashlib.sha256
    while len(level) > 1:
        level = [sha256(b"\x01" + level[at] + level[at + 1]).digest() for at in range(0, len(level), 2)]
    return level[0]


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root above subtrees that shrink from left to right."""
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


@dataclass
class Edge:
    """The right edge of a tree: the roots of its complete subtrees, largest first. All that is needed to append."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        self.append_subtree(0, leaf)

    def append_subtree(self, level: int, root: bytes) -> None:
        """Append 2^level leaves at once; the size so far must be a multiple of that."""
        rest = self.size >> level
        while rest & 1:
            root = node_hash(self.hashes.pop(), root)
            rest >>= 1
        self.hashes.append(root)
        self.size += 1 << level

    def extend(self, leaves: Iterable[bytes]) -> None:
        for leaf in leaves:
            self.append_subtree(0, leaf)

    def root(self) -> bytes:
        return fold(self.hashes) if self.hashes else EMPTY_ROOT

    def copy(self) -> Edge:
        return Edge(self.size, list(self.hashes))

    def to_bytes(self) -> bytes:
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Edge:
        hashes = [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]
        if len(hashes) != size.bit_count() or len(data) % HASH_SIZE:
            raise ValueError(f"an edge of {size} leaves has {size.bit_count()} hashes, not {len(data) / HASH_SIZE:g}")
        return cls(size, hashes)


def complete_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The (level, n) of the complete subtrees that make up the leaves start … end - 1 of a tree, left to right; start lies on their border."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def root_from(size: int, node: Node) -> bytes:
    return range_root(0, size, node) if size else EMPTY_ROOT


def range_root(start: int, end: int, node: Node) -> bytes:
    """RFC 6962's MTH over the leaves start … end - 1, as it occurs inside a tree."""
    return fold([node(level, n) for level, n in complete_subtrees(start, end)])


def inclusion_path(index: int, size: int, node: Node) -> list[bytes]:
    """The audit path of a leaf, from the leaf up (RFC 6962 §2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(range_root(middle, end, node))
            end = middle
        else:
            path.append(range_root(start, middle, node))
            start = middle
    return path[::-1]


def consistency_path(old: int, size: int, node: Node) -> list[bytes]:
    """The proof that the tree of `old` leaves is the beginning of the tree of `size` (RFC 6962 §2.1.2)."""
    if not 0 < old <= size:
        raise ValueError(f"a tree of {old} cannot be the beginning of a tree of {size}")
    path: list[bytes] = []
    start, end, inside = 0, size, old
    whole = True  # the old tree is still known to whoever checks, and need not be told
    while inside != end:
        middle = start + _split(end - start)
        if inside <= middle:
            path.append(range_root(middle, end, node))
            end = middle
        else:
            path.append(range_root(start, middle, node))
            start, whole = middle, False
    return [*([] if whole else [range_root(start, end, node)]), *path[::-1]]


def root_by_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that an audit path leads to (RFC 9162 §2.1.3.2). Raises BadProof when its length is impossible."""
    if not 0 <= index < size:
        raise BadProof(f"leaf {index} is not in a tree of {size}")
    at, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise BadProof("the audit path is too long")
        if at & 1 or at == last:
            root = node_hash(sibling, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise BadProof("the audit path is too short")
    return root


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    if root_by_inclusion(leaf, index, size, path) != root:
        raise BadProof("the audit path leads to another root")


def check_consistency(old: int, size: int, old_root: bytes, root: bytes, path: Sequence[bytes]) -> None:
    """Raise BadProof unless the tree of `old` leaves is the beginning of the tree of `size` (RFC 9162 §2.1.4.2)."""
    if old in {0, size}:
        if path or (old == size and old_root != root) or (old == 0 and old_root != EMPTY_ROOT):
            raise BadProof("two roots for one size" if not path else "the consistency proof is too long")
        return
    if not 0 < old < size or not path:
        raise BadProof(f"there is no such proof from {old} to {size}")
    proof = [old_root, *path] if old & (old - 1) == 0 else list(path)
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    seen_old = seen_new = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            raise BadProof("the consistency proof is too long")
        if at & 1 or at == last:
            seen_old, seen_new = node_hash(sibling, seen_old), node_hash(sibling, seen_new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            seen_new = node_hash(seen_new, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise BadProof("the consistency proof is too short")
    if seen_old != old_root or seen_new != root:
        raise BadProof(f"the tree of {size} does not begin with the tree of {old}")


def _split(size: int) -> int:
    """The largest power of two smaller than size."""
    return 1 << ((size - 1).bit_length() - 1)
