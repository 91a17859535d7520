"""What is published has the form that the C2SP specifications give, byte for byte."""

from __future__ import annotations

import base64
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from sunlit.foundation.ledger import notes, tiles
from sunlit.foundation.ledger.notes import BadNote, Checkpoint
from sunlit.foundation.ledger.tree import (
    check_consistency,
    check_inclusion,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root_from,
    root_of,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NAME = "sunlit.localhost/ledger"


def as_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (tiles.tile_path(0, 0), "tile/0/000"),
        (tiles.tile_path(1, 1234067), "tile/1/x001/x234/067"),
        (tiles.tile_path(0, 273, 112), "tile/0/273.p/112"),
        (tiles.bundle_path(1000, 1), "tile/entries/x001/000.p/1"),
    ],
)
def test_paths(path: str, expected: str) -> None:
    assert path == expected


def test_a_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    assert tiles.widths(70_000, 0) == (273, 112)
    assert list(tiles.tiles_of(70_000, 1)) == [(0, 256), (1, 17)]
    assert list(tiles.tiles_of(70_000, 2)) == [(0, 1)]
    assert tiles.levels(70_000) == 3


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_come_back(bodies: list[bytes]) -> None:
    assert tiles.unpack(tiles.pack(bodies)) == bodies


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x05abc", b"\x00\x01a\x00"])
def test_a_bundle_that_breaks_off_is_told(data: bytes) -> None:
    with pytest.raises(tiles.BadTile, match="breaks off"):
        tiles.unpack(data)


def published(leaves: list[bytes]) -> dict[str, bytes]:
    files, rows, size = {}, leaves, len(leaves)
    for level in range(tiles.levels(size)):
        for n, width in tiles.tiles_of(size, level):
            files[tiles.tile_path(level, n, width)] = b"".join(rows[n * 256 : n * 256 + width])
        rows = [root_of(rows[at : at + 256]) for at in range(0, len(rows) // 256 * 256, 256)]
    return files


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 513, 65_535, 65_536, 70_000])
def test_proofs_from_tiles_lead_to_the_root_of_the_leaves(size: int) -> None:
    leaves = [leaf_hash(b"%d" % n) for n in range(size)]
    files = published(leaves)
    node = tiles.nodes(files.__getitem__, size)
    assert root_from(size, node) == root_of(leaves)
    for index in {0, size // 3, size - 1}:
        check_inclusion(leaves[index], index, size, inclusion_path(index, size, node), root_of(leaves))
    for old in {1, size // 2 or 1, size}:
        check_consistency(old, size, root_of(leaves[:old]), root_of(leaves), consistency_path(old, size, node))


def test_a_full_tile_serves_where_the_partial_one_was_cleared_away() -> None:
    leaves = [leaf_hash(b"%d" % n) for n in range(256)]
    full = {"tile/0/000": b"".join(leaves), "tile/entries/000": tiles.pack([b"%d" % n for n in range(256)])}

    def read(path: str) -> bytes:
        if path not in full:
            raise FileNotFoundError(path)
        return full[path]

    assert tiles.read_tile(read, 100, 0, 0) == leaves[:100]
    assert tiles.read_bundle(read, 3, 0) == [b"0", b"1", b"2"]


def test_a_checkpoint_is_a_signed_note() -> None:
    verifier = notes.verifier_of(NAME, KEY)
    public = KEY.public_key().public_bytes_raw()
    key_id = sha256(NAME.encode() + b"\n\x01" + public).digest()[:4]
    assert verifier.vkey() == f"{NAME}+{key_id.hex()}+{as_text(notes.ED25519 + public)}"

    text = f"{NAME}\n3\n{base64.b64encode(b'r' * 32).decode()}\n"
    signature = base64.b64encode(key_id + KEY.sign(text.encode())).decode()
    note = notes.sign(Checkpoint(NAME, 3, b"r" * 32), KEY)
    assert note == f"{text}\n— {NAME} {signature}\n"
    assert notes.open_note(note, [notes.read_vkey(verifier.vkey())]) == Checkpoint(NAME, 3, b"r" * 32)


def test_the_example_of_the_signed_note_format() -> None:
    verifier = notes.read_vkey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    blob = base64.b64decode("x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=")
    assert blob[:4] == verifier.key_id == bytes.fromhex("c74f20a3")
    assert verifier.accepts(text, blob[4:])
    assert not verifier.accepts(text + "!", blob[4:])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda note: note.replace("\n3\n", "\n4\n"), "not signed by the ledger's key"),
        (lambda note: note.replace("— sunlit", "— moonlit"), "not signed by the ledger's key"),
        (lambda note: note.replace("\n\n", "\n"), "bears no signature"),
        (lambda note: note.replace("— ", "- "), "malformed signature line"),
        (lambda note: note.replace("\n3\n", "\n03\n"), "not signed by the ledger's key"),
    ],
)
def test_a_forged_note_is_refused(change, why: str) -> None:
    note = notes.sign(Checkpoint(NAME, 3, b"r" * 32), KEY)
    with pytest.raises(BadNote, match=why):
        notes.open_note(change(note), [notes.verifier_of(NAME, KEY)])


def test_a_note_of_another_key_is_refused() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    note = notes.sign(Checkpoint(NAME, 3, b"r" * 32), other)
    with pytest.raises(BadNote, match="not signed"):
        notes.open_note(note, [notes.verifier_of(NAME, KEY)])
    assert notes.open_note(note, [notes.verifier_of(NAME, KEY), notes.verifier_of(NAME, other)]).size == 3


@pytest.mark.parametrize("line", ["", "name", "name+00000000+AAAA", f"{NAME}+00000000+{as_text(notes.ED25519 + bytes(32))}"])
def test_a_wrong_key_is_refused(line: str) -> None:
    with pytest.raises(BadNote, match="verification key"):
        notes.read_vkey(line)
