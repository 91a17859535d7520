"""Numbers that people read out on the telephone: kind, day, running figure and a check digit."""

from __future__ import annotations

import secrets
from datetime import datetime

from sunlit.foundation.kernel.clock import local_day

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
RANDOM_CHARS = 7
NUMBERS_A_DAY: int = 32**RANDOM_CHARS
_SHIFTS = tuple(range(5 * (RANDOM_CHARS - 1), -1, -5))
_VALUES = {char: value for value, char in enumerate(ALPHABET)}


def new_number(kind: str, at: datetime) -> str:
    """`DD-20261122-7K3M9QW4`: kind, day in China, 35 random bits and a check character. Unique in practice, and by constraint."""
    return number_of(kind, local_day(at).strftime("%Y%m%d"), secrets.randbelow(NUMBERS_A_DAY))


def number_of(kind: str, day: str, figure: int) -> str:
    """The number of this kind, day (`20261122`) and running figure: for rows whose figures somebody else deals out."""
    body = "".join(ALPHABET[figure >> shift & 31] for shift in _SHIFTS)
    return f"{kind}-{day}-{body}{check_character(day + body)}"


def is_number(number: str) -> bool:
    """True when the check character fits: a mistyped number is noticed before anything is looked up."""
    parts = number.split("-")
    if len(parts) != 3 or len(parts[2]) != RANDOM_CHARS + 1:
        return False
    text = parts[1] + parts[2]
    return all(c in ALPHABET for c in text) and check_character(text[:-1]) == text[-1]


def check_character(text: str) -> str:
    """Luhn mod 32 over the alphabet: catches every single slip and every swap of neighbours but one pair."""
    total, factor = 0, 2
    for char in reversed(text):
        addend = factor * _VALUES[char]
        total += addend // 32 + addend % 32
        factor = 3 - factor
    return ALPHABET[-total % 32]
