"""Envelopes: opened by enough keys of the right procedure, by nothing else."""

from __future__ import annotations

import base64
import json

import pytest
from pyrage import x25519

from sunlit.foundation.seals.envelopes import CannotOpen, Recipient, digest_of, opened, public_key_of, seal

KEEPERS = ("notary", "court", "archive")
IDENTITIES = {name: x25519.Identity.generate() for name in KEEPERS}
RECIPIENTS = [Recipient(name, str(it.to_public())) for name, it in IDENTITIES.items()]
SECRETS = {name: str(it) for name, it in IDENTITIES.items()}
CONTENT = b'{"total": "1280.00"}'


def envelope(about: str = "XJ-1/7") -> bytes:
    return seal(CONTENT, about=about, recipients=RECIPIENTS, needed=2)


@pytest.mark.parametrize("lost", KEEPERS)
def test_two_of_three_open_it_whoever_is_missing(lost: str) -> None:
    there = {name: secret for name, secret in SECRETS.items() if name != lost}
    assert opened(envelope(), about="XJ-1/7", identities=there) == CONTENT


def test_one_does_not_open_it() -> None:
    with pytest.raises(CannotOpen, match="1 of 2 keys"):
        opened(envelope(), about="XJ-1/7", identities={"court": SECRETS["court"]})


def test_nothing_of_it_can_be_read_from_outside() -> None:
    told = envelope()
    assert b"1280" not in told
    assert b"1280" not in base64.b64decode(json.loads(told)["body"])
    assert envelope() != told  # the same content twice does not look alike


def test_anothers_envelope_is_not_taken_for_ones_own() -> None:
    with pytest.raises(CannotOpen, match="another's"):
        opened(envelope("XJ-1/8"), about="XJ-1/7", identities=SECRETS)


def test_every_kind_of_damage_is_noticed() -> None:
    told = json.loads(envelope())
    body = bytearray(base64.b64decode(told["body"]))
    body[-1] ^= 1
    spoilt = [
        {**told, "body": base64.b64encode(bytes(body)).decode()},
        {**told, "body": "no base64!"},
        {**told, "shares": []},
        {key: value for key, value in told.items() if key != "shares"},
        [],
    ]
    for case in spoilt:
        with pytest.raises(CannotOpen):
            opened(json.dumps(case).encode(), about="XJ-1/7", identities=SECRETS)
    with pytest.raises(CannotOpen):
        opened(b"\xff\xfe", about="XJ-1/7", identities=SECRETS)


def test_keys_of_another_procedure_open_nothing() -> None:
    others = {name: str(x25519.Identity.generate()) for name in KEEPERS}
    with pytest.raises(CannotOpen):
        opened(envelope(), about="XJ-1/7", identities=others)


def test_the_digest_and_the_public_half() -> None:
    assert digest_of(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert public_key_of(SECRETS["court"]) == RECIPIENTS[1].key
    assert public_key_of("AGE-SECRET-KEY-1NONSENSE") == ""
