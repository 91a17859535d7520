"""A secret in shares, so that any `needed` of them give it back and fewer tell nothing of it (Shamir, over the field of 256 elements)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Final

SHARES_MOST: Final = 255
_POLYNOMIAL: Final = 0x11B  # of AES: x⁸ + x⁴ + x³ + x + 1
_GENERATOR: Final = 3


def _tables() -> tuple[Sequence[int], Sequence[int]]:
    """Powers of the generator, twice around, and their logarithms."""
    powers, value = [], 1
    for _step in range(255):
        powers.append(value)
        doubled = value << 1
        value ^= doubled ^ _POLYNOMIAL if doubled & 0x100 else doubled
    logarithms = [0] * 256
    for exponent, power in enumerate(powers):
        logarithms[power] = exponent
    return powers * 2, logarithms


_POWERS, _LOGARITHMS = _tables()


def split(secret: bytes, *, shares: int, needed: int) -> dict[int, bytes]:
    """The shares by their places 1, 2, …"""
    assert 1 <= needed <= shares <= SHARES_MOST, f"{needed} of {shares} cannot be"
    lines = [secret, *(secrets.token_bytes(len(secret)) for _power in range(1, needed))]
    return {place: bytes(_value([line[n] for line in lines], place) for n in range(len(secret))) for place in range(1, shares + 1)}


def join(shares: Mapping[int, bytes]) -> bytes:
    """The secret, when there are enough shares of one splitting; anything else gives noise, which the reader must notice."""
    assert shares, "nothing to join"
    weights = {place: _weight(place, shares) for place in shares}
    joined = bytearray(min(map(len, shares.values())))
    for place, share in shares.items():
        for n in range(len(joined)):
            joined[n] ^= _times(share[n], weights[place])
    return bytes(joined)


def _value(coefficients: Sequence[int], at: int) -> int:
    """Of the polynomial with these coefficients, the constant one first."""
    total = 0
    for coefficient in reversed(coefficients):
        total = _times(total, at) ^ coefficient
    return total


def _weight(place: int, places: Mapping[int, bytes]) -> int:
    """Lagrange: how much the share at this place counts at nought."""
    weight = 1
    for other in places:
        if other != place:
            weight = _times(weight, _times(other, _inverse(other ^ place)))
    return weight


def _times(one: int, other: int) -> int:
    return _POWERS[_LOGARITHMS[one] + _LOGARITHMS[other]] if one and other else 0


def _inverse(value: int) -> int:
    assert value, "nought has no inverse"
    return _POWERS[255 - _LOGARITHMS[value]]
