"""Addresses of pages by their names: a page names the same few again and again."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.urls import get_script_prefix, get_urlconf, reverse

ADDRESSES_KEPT = 8_192


def address(name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a page. Raises NoReverseMatch."""
    return _reversed(get_urlconf(), get_script_prefix(), name, args, tuple(kwargs.items()))


@lru_cache(maxsize=ADDRESSES_KEPT)
def _reversed(_urlconf: str | None, _prefix: str, name: str, args: tuple[Any, ...], kwargs: tuple[tuple[str, Any], ...]) -> str:
    """What the address depends on stands in the key."""
    return reverse(name, args=args or None, kwargs=dict(kwargs) or None)
