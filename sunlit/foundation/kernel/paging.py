"""Keys of pages: lists go on behind the id of their last row."""

from __future__ import annotations

DIGITS_MOST = 18  # what fits into the id of a row


def row_id(text: str) -> int | None:
    """The id that a page's address or a hidden field names; None for whatever else was sent."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS_MOST else None


def name_key(row_id: int, name: str) -> str:
    """The key of a page of rows sorted by name, for its address."""
    return f"{row_id}~{name}"


def name_place(text: str) -> tuple[str, int] | None:
    """The name and id that the page before ended with, from such a key; None for whatever else was sent."""
    before, _tilde, name = text.partition("~")
    pk = row_id(before)
    return None if pk is None else (name, pk)
