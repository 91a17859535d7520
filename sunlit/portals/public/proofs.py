"""A proof as a way that can be drawn: from the leaf, hash by hash, to the root that was signed."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sunlit.foundation.ledger import notes, publishing
from sunlit.foundation.ledger.tree import leaf_hash, node_hash


@dataclass(frozen=True)
class Step:
    """One step up: the neighbour that is added (on which side), and the hash that follows."""

    neighbour: bytes
    left: bool
    follows: bytes


@dataclass(frozen=True)
class Way:
    """The whole proof: `holds` is true when it ends in the root of a checkpoint that the ledger's key signed."""

    index: int
    size: int
    leaf: bytes
    steps: list[Step]
    signed_root: bytes
    origin: str
    note: str
    holds: bool

    @property
    def root(self) -> bytes:
        return self.steps[-1].follows if self.steps else self.leaf


def way_of(proof: dict[str, Any]) -> Way:
    """Draw the proof that `ledger.proof_of` gives, and check it as a stranger would."""
    leaf = leaf_hash(proof["body"].encode())
    steps = list(climb(leaf, proof["index"], proof["size"], [base64.b64decode(node) for node in proof["path"]]))
    stated = notes.parse(proof["checkpoint"])
    root = steps[-1].follows if steps else leaf
    holds = root == stated.root and _is_signed(proof["checkpoint"])
    return Way(proof["index"], proof["size"], leaf, steps, stated.root, stated.origin, proof["checkpoint"], holds)


def climb(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> Iterator[Step]:
    """Every step of an audit path (RFC 9162 §2.1.3.2), with the hash that it leads to."""
    at, last, reached = index, size - 1, leaf
    for neighbour in path:
        left = bool(at & 1 or at == last)
        reached = node_hash(neighbour, reached) if left else node_hash(reached, neighbour)
        yield Step(neighbour, left, reached)
        if left:
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        at, last = at >> 1, last >> 1


def public_keys() -> list[str]:
    """The published keys, oldest first, one a line."""
    try:
        return (publishing.folder() / "vkey").read_text().split()
    except FileNotFoundError:
        return []


def _is_signed(note: str) -> bool:
    try:
        notes.open_note(note, notes.read_vkeys("\n".join(public_keys())))
    except notes.BadNote:
        return False
    return True
