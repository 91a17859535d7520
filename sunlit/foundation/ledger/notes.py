"""Signed checkpoints: C2SP tlog-checkpoint in a C2SP signed note, Ed25519. Needs nothing but `cryptography`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sunlit.foundation.ledger.tree import HASH_SIZE

ED25519 = b"\x01"
_SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<blob>[A-Za-z0-9+/]+={0,2})")


class BadNote(ValueError):
    """A checkpoint is malformed, or not signed by the ledger's key."""


@dataclass(frozen=True)
class Checkpoint:
    """What the ledger states about itself: this many entries, under this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True)
class Verifier:
    """A public key with its name, as published in `vkey`."""

    name: str
    key: bytes

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.key).digest()[:4]

    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.key).decode()}"

    def accepts(self, text: str, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


def verifier_of(name: str, key: Ed25519PrivateKey) -> Verifier:
    return Verifier(name, key.public_key().public_bytes_raw())


def read_vkey(line: str) -> Verifier:
    name, _, rest = line.strip().partition("+")
    key_id, _, blob = rest.partition("+")
    data = _decoded(blob)
    if data[:1] != ED25519 or len(data) != 33:
        raise BadNote(f"not an Ed25519 verification key: {line.strip()!r}")
    verifier = Verifier(name, data[1:])
    if verifier.key_id.hex() != key_id:
        raise BadNote(f"the verification key {name} does not match its own number {key_id}")
    return verifier


def read_vkeys(text: str) -> list[Verifier]:
    """One key a line: the ledger's keys, oldest first."""
    verifiers = [read_vkey(line) for line in text.splitlines() if line.strip()]
    if not verifiers:
        raise BadNote("there is no verification key")
    return verifiers


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """The signed note; the key bears the name of the origin."""
    text = checkpoint.text()
    blob = verifier_of(checkpoint.origin, key).key_id + key.sign(text.encode())
    return f"{text}\n— {checkpoint.origin} {base64.b64encode(blob).decode()}\n"


def parse(note: str) -> Checkpoint:
    """What a note says, without asking who signed it."""
    lines = note.partition("\n\n")[0].split("\n")
    if len(lines) < 3 or not lines[0] or not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]):
        raise BadNote("this is not a checkpoint: it needs an origin, a size and a root")
    root = _decoded(lines[2])
    if len(root) != HASH_SIZE:
        raise BadNote("this is not a checkpoint: its root is not a SHA-256 hash")
    return Checkpoint(lines[0], int(lines[1]), root)


def open_note(note: str, verifiers: Sequence[Verifier]) -> Checkpoint:
    """What a note says, once one of the keys has signed it. Raises BadNote."""
    text, blank, signatures = note.rpartition("\n\n")
    if not blank:
        raise BadNote("this checkpoint bears no signature")
    text += "\n"
    for line in signatures.splitlines():
        match = _SIGNATURE.fullmatch(line)
        if match is None:
            raise BadNote("this checkpoint has a malformed signature line")
        blob = _decoded(match["blob"])
        if any(known.name == match["name"] and known.key_id == blob[:4] and known.accepts(text, blob[4:]) for known in verifiers):
            return parse(note)
    raise BadNote("this checkpoint is not signed by the ledger's key")


def _decoded(text: str) -> bytes:
    """Standard base64, or nothing when it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
