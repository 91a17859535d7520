"""Small secrets that the platform itself must use while they are secret: sealed with a key that lies beside the database, not in it.

What this protects from, and what not, is told in docs/decisions/0014: a copy of the database, a backup, a query and every page show nothing; whoever
runs the platform's processes could read them, because these must.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sunlit.config import keys

NONCE: Final = 12  # bytes
PAD: Final = 32  # bytes: the length of what is sealed tells nothing about an amount
BYTES_MOST: Final = 65_536


class Spoilt(Exception):
    """What was sealed was changed, belongs elsewhere, or was sealed with another key."""


def shut(text: str, *, label: str, pad: int = PAD) -> bytes:
    """Seal a text under a label, which must be named again to open it; it is filled up to a whole number of `pad` bytes."""
    plain = text.encode()
    assert len(plain) <= BYTES_MOST, f"at most {BYTES_MOST} bytes"
    whole = max(-(-len(plain) // pad), 1) * pad
    return shut_file(plain.ljust(whole, b"\0"), label=label)


def opened(sealed: bytes, *, label: str) -> str:
    """The text. Raises Spoilt."""
    return opened_file(sealed, label=label).rstrip(b"\0").decode()


def shut_file(plain: bytes, *, label: str) -> bytes:
    """Seal bytes as they are: how many there are shows."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(keys.vault_key()).encrypt(nonce, plain, label.encode())


def opened_file(sealed: bytes, *, label: str) -> bytes:
    """The bytes. Raises Spoilt."""
    try:
        return AESGCM(keys.vault_key()).decrypt(sealed[:NONCE], sealed[NONCE:], label.encode())
    except InvalidTag:
        raise Spoilt(label) from None
