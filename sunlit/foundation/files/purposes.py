"""What a file may be kept for: which kinds of content, how large, how long. Domain apps declare their own beside these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

MIB = 1024 * 1024
UPLOAD_BYTES = 10 * MIB  # below the request limit, which also holds the form around the file

IMAGE, DOCUMENT, SHEET = "image", "document", "sheet"


@dataclass(frozen=True)
class Purpose:
    """`kinds` says which content is taken; `kept_for` None means: as long as the record that names it."""

    name: str
    kinds: frozenset[str]
    bytes_most: int = UPLOAD_BYTES
    kept_for: timedelta | None = None


_purposes: dict[str, Purpose] = {}


def declare(purpose: Purpose) -> Purpose:
    """Make a purpose known; the same name twice must mean the same."""
    assert _purposes.setdefault(purpose.name, purpose) == purpose, f"purpose {purpose.name} is declared twice"
    return purpose


def named(name: str) -> Purpose:
    return _purposes[name]


declare(Purpose("image", frozenset({IMAGE})))
declare(Purpose("document", frozenset({DOCUMENT, IMAGE})))
declare(Purpose("sheet", frozenset({SHEET})))
