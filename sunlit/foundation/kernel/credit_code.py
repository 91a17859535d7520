"""The unified social credit code of GB 32100: 18 characters of which the last one checks the others."""

from __future__ import annotations

import re
from typing import Final

from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.refusals import Problem, Reason

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
WEIGHTS: Final = tuple(pow(3, i, 31) for i in range(17))
BODY_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714, the nine characters of the organisation inside the code
LENGTH: Final = 18
DEMO_DIVISION: Final = "652899"  # a division that registers nobody: codes made here can belong to no real organisation

WRONG_LENGTH = Reason("USC-001", _("A unified social credit code has 18 characters; this one has {count}."))
WRONG_CHARACTER = Reason(
    "USC-002",
    _("“{character}” at place {place} cannot stand there: digits and capital letters without I, O, S, V, Z; places 3 to 8 are digits."),
)
WRONG_CHECK = Reason("USC-003", _("The last character of {code} does not fit the others: at least one character is mistyped."))

_SHAPE = re.compile(r"[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}", re.ASCII)


def normal(text: str) -> str:
    """The code as it is stored: capital letters, no blanks around or inside."""
    return "".join(text.split()).upper()


def validate(code: str, *, on: str = "credit_code") -> Problem | None:
    """What is wrong with the code (USC-001 length, USC-002 character, USC-003 check character), or None. Give it the normal form."""
    if len(code) != LENGTH:
        return Problem(WRONG_LENGTH, {"count": len(code)}, on)
    if not _SHAPE.fullmatch(code):
        place = _first_wrong_place(code)
        return Problem(WRONG_CHARACTER, {"character": code[place], "place": place + 1}, on)
    if check_character(code[:-1]) != code[-1]:
        return Problem(WRONG_CHECK, {"code": code}, on)
    return None


def check_character(first: str) -> str:
    """The 18th character for the first 17."""
    total = sum(weight * ALPHABET.index(char) for weight, char in zip(WEIGHTS, first, strict=True))
    return ALPHABET[-total % 31]


def make(seed: int, *, authority: str = "91", division: str = DEMO_DIVISION) -> str:
    """A valid code for demonstration and tests: the same seed, the same code; seeds under 100 million give different ones."""
    body = f"{seed % 10**8:08d}"
    first = f"{authority}{division}{body}{_body_check(body)}"
    return first + check_character(first)


def _body_check(body: str) -> str:
    rest = -sum(weight * int(char) for weight, char in zip(BODY_WEIGHTS, body, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def _first_wrong_place(code: str) -> int:
    def fits(place: int, char: str) -> bool:
        return char in ("0123456789" if 2 <= place <= 7 else ALPHABET)

    return next(place for place, char in enumerate(code) if not fits(place, char))
