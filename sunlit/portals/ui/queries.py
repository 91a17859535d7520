"""Addresses with changed query parameters: filters and sorting of a list live in its URL."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

ADDRESSES_KEPT = 256


def query(here: str, **changes: object) -> str:
    """The address with these parameters set; None or "" drops one. A list gives a parameter several values. Paging starts anew (`after`)."""
    path, pairs = _parted(here)
    changes.setdefault("after", None)
    changes.setdefault("before", None)
    kept = [written for key, written in pairs if key not in changes]
    new = [urlencode([(key, text)]) for key, value in changes.items() for text in _texts(value)]
    return urlunsplit(("", "", path, "&".join(kept + new), ""))


@lru_cache(maxsize=ADDRESSES_KEPT)
def _parted(here: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Path and parameters, each as it is written: the filters of one page all begin with the same address."""
    parts = urlsplit(here)
    return parts.path, tuple((key, urlencode([(key, value)])) for key, value in parse_qsl(parts.query))


def _texts(value: object) -> Iterable[str]:
    values = value if isinstance(value, list | tuple | set | frozenset) else [value]
    return [str(item) for item in values if item is not None and item != ""]
