"""The arithmetic of the tree against RFC 6962's known vectors and an independent implementation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from sunlit.foundation.ledger import tree
from sunlit.foundation.ledger.tree import (
    BadProof,
    Edge,
    check_consistency,
    check_inclusion,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root_of,
)

# The seven entries and the roots of the Certificate Transparency reference tests.
ENTRIES = [
    bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def node_of(leaves: list[bytes]) -> tree.Node:
    return lambda level, n: root_of(leaves[n << level : (n + 1) << level])


def test_roots_are_those_of_the_reference() -> None:
    leaves = [leaf_hash(entry) for entry in ENTRIES]
    assert [root_of(leaves[:size]).hex() for size in range(1, 9)] == ROOTS
    edge = Edge()
    for leaf, root in zip(leaves, ROOTS, strict=True):
        edge.append(leaf)
        assert edge.root().hex() == root
    assert Edge().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_paths_are_those_of_the_reference() -> None:
    leaves = [leaf_hash(entry) for entry in ENTRIES]
    node = node_of(leaves)
    assert [step.hex() for step in inclusion_path(0, 8, node)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert inclusion_path(5, 8, node)[0].hex() == "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
    assert [step.hex() for step in consistency_path(6, 8, node)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(st.integers(1, 300), st.data())
def test_proofs_agree_with_an_independent_implementation(size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    other = InmemoryTree(algorithm="sha256")
    for n in range(size):
        other.append_entry(b"%d" % n)
    leaves = [leaf_hash(b"%d" % n) for n in range(size)]
    root, node = root_of(leaves), node_of(leaves)
    assert root == other.get_root(size)
    assert tree.root_from(size, node) == root
    path = inclusion_path(index, size, node)
    check_inclusion(leaves[index], index, size, path, root)
    theirs = [bytes.fromhex(step) for step in other.prove_inclusion(index + 1, size).serialize()["path"]]
    assert sorted([leaves[index], *path]) == sorted(theirs)
    check_consistency(old, size, root_of(leaves[:old]), root, consistency_path(old, size, node))


@given(st.integers(2, 200), st.data())
def test_a_proof_that_was_touched_proves_nothing(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(b"%d" % n) for n in range(size)]
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size - 1))
    root, node = root_of(leaves), node_of(leaves)
    path, proof = inclusion_path(index, size, node), consistency_path(old, size, node)
    for wrong in (path[:-1], [*path, path[-1]], [*path[:-1], leaf_hash(b"x")]):
        with pytest.raises(BadProof):
            check_inclusion(leaves[index], index, size, wrong, root)
    with pytest.raises(BadProof):
        check_inclusion(leaves[index], (index + 1) % size, size, path, root)
    for wrong in (proof[:-1], [*proof, proof[-1]], [*proof[:-1], leaf_hash(b"x")]):
        with pytest.raises(BadProof):
            check_consistency(old, size, root_of(leaves[:old]), root, wrong)
    with pytest.raises(BadProof):
        check_consistency(old, size, leaf_hash(b"another past"), root, proof)


@given(st.lists(st.integers(1, 40), max_size=12))
def test_the_edge_survives_being_stored(batches: list[int]) -> None:
    edge, leaves = Edge(), list[bytes]()
    for batch in batches:
        fresh = [leaf_hash(b"%d" % n) for n in range(len(leaves), len(leaves) + batch)]
        leaves += fresh
        edge = Edge.from_bytes(edge.size, edge.to_bytes())
        edge.extend(fresh)
        assert edge.root() == root_of(leaves)
    with pytest.raises(ValueError, match="an edge of 3 leaves has 2 hashes"):
        Edge.from_bytes(3, b"\x00" * 32)
