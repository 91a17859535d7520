"""A sealed envelope: what it holds is encrypted (age) to a key that was made for it alone, and that key lies in shares, each encrypted to one keeper.

Enough keepers' identities open it; nothing else does, the platform's own memory of it included. An envelope is JSON, so that anybody can take it apart:

    {"v": 1, "about": "XJ-…/GYS-…", "needed": 2, "shares": [{"keeper": …, "recipient": "age1…", "share": base64(age)} …], "body": base64(age)}
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyrage
from pyrage import x25519

from sunlit.foundation.seals import sharing

VERSION: Final = 1


class CannotOpen(Exception):
    """It is damaged, it is another's, or it was sealed to other keys."""


@dataclass(frozen=True)
class Recipient:
    """One keeper and the public key that it made for this procedure."""

    keeper: str
    key: str  # age1…


def seal(content: bytes, *, about: str, recipients: Sequence[Recipient], needed: int) -> bytes:
    """The envelope. `about` says whose it is and for what, and is sealed in with the content: it cannot be taken for another."""
    own = x25519.Identity.generate()
    shares = sharing.split(str(own).encode(), shares=len(recipients), needed=needed)
    told = {
        "v": VERSION,
        "about": about,
        "needed": needed,
        "shares": [
            {"keeper": to.keeper, "recipient": to.key, "share": _encrypted(bytes([place]) + shares[place], to.key)}
            for place, to in enumerate(recipients, 1)
        ],
        "body": _encrypted(json.dumps({"about": about}).encode() + b"\n" + content, str(own.to_public())),
    }
    return json.dumps(told, separators=(",", ":")).encode()


def opened(envelope: bytes, *, about: str, identities: Mapping[str, str]) -> bytes:
    """What is in it, by the identities that the keepers gave out, by keeper. Raises CannotOpen."""
    try:
        told = json.loads(envelope)
        shares = dict(_share(row, identities[row["keeper"]]) for row in told["shares"] if row["keeper"] in identities)
        if len(shares) < told["needed"]:
            raise CannotOpen(f"{len(shares)} of {told['needed']} keys are there")
        body = _decrypted(told["body"], sharing.join(shares).decode())
        label, _line, content = body.partition(b"\n")
        if json.loads(label) != {"about": about}:
            raise CannotOpen("it is another's envelope")
    except (ValueError, KeyError, TypeError, AttributeError, pyrage.DecryptError, pyrage.IdentityError) as error:
        raise CannotOpen(f"it is damaged: {type(error).__name__}") from None
    return content


def digest_of(envelope: bytes) -> str:
    """SHA-256 in hex: what the ledger keeps of it before it is opened."""
    return hashlib.sha256(envelope).hexdigest()


def public_key_of(identity: str) -> str:
    """The age1… of an AGE-SECRET-KEY-1…; "" where it is none."""
    try:
        return str(x25519.Identity.from_str(identity).to_public())
    except pyrage.IdentityError:
        return ""


def is_public_key(text: str) -> bool:
    try:
        x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        return False
    return True


def _share(row: Mapping[str, Any], identity: str) -> tuple[int, bytes]:
    told = _decrypted(row["share"], identity)
    return told[0], told[1:]


def _encrypted(content: bytes, key: str) -> str:
    return base64.b64encode(pyrage.encrypt(content, [x25519.Recipient.from_str(key)])).decode()


def _decrypted(told: str, identity: str) -> bytes:
    try:
        data = base64.b64decode(told, validate=True)
    except binascii.Error:
        raise CannotOpen("it is damaged: not base64") from None
    return bytes(pyrage.decrypt(data, [x25519.Identity.from_str(identity)]))
