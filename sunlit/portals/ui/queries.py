"""Addresses with changed query parameters: filters and sorting of a list live in its URL."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

ADDRESSES_KEPT = 256


def query(here: str, **changes: object) -> str:
    """The address with these parameters set; None or "" drops one. A list gives a parameter several values. Paging starts anew (`after`)."""
    path, kept = _without(here, frozenset({*changes, "after", "before"}))
    new = [f"{quote_plus(key)}={quote_plus(text)}" for key, value in changes.items() for text in _texts(value)]
    asked = "&".join([kept, *new] if kept else new)
    return f"{path}?{asked}" if asked else path


@lru_cache(maxsize=ADDRESSES_KEPT)
def _without(here: str, names: frozenset[str]) -> tuple[str, str]:
    """Path and parameters without these names: the filters of one list all begin with the same."""
    parts = urlsplit(here)
    return parts.path, urlencode([(key, value) for key, value in parse_qsl(parts.query) if key not in names])


def _texts(value: object) -> Iterable[str]:
    values = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return [str(item) for item in values if item is not None and item != ""]
