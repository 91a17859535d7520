"""Keys of pages: lists go on behind the id of their last row."""

from __future__ import annotations

DIGITS_MOST = 18  # what fits into the id of a row


def row_id(text: str) -> int | None:
    """The id that a page's address or a hidden field names; None for whatever else was sent."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS_MOST else None
