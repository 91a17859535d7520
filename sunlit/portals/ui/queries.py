"""Addresses with changed query parameters: filters and sorting of a list live in its URL."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def query(here: str, **changes: object) -> str:
    """The address with these parameters set; None or "" drops one. A list gives a parameter several values. Paging starts anew (`after`)."""
    parts = urlsplit(here)
    changes.setdefault("after", None)
    changes.setdefault("before", None)
    kept = [(key, value) for key, value in parse_qsl(parts.query) if key not in changes]
    new = [(key, text) for key, value in changes.items() for text in _texts(value)]
    return urlunsplit(("", "", parts.path, urlencode(kept + new), ""))


def _texts(value: object) -> Iterable[str]:
    values = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return [str(item) for item in values if item is not None and item != ""]
