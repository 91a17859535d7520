"""Brands by whichever of their names: 惠普, HP and 惠普（HP） are one. What the library knows, and a list of names of the trade; a minute old at most."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from sunlit.domain.catalog.models import Brand
from sunlit.domain.catalog.queries.categories import Tree, tree
from sunlit.domain.catalog.rules.reading import key_of

_PARTS: Final = re.compile(r"[（）()/／|｜]+")


@dataclass(frozen=True)
class Names:
    """Every name of a brand, as a key, to one of them that stands for all; and back."""

    one: Mapping[str, str]
    all: Mapping[str, frozenset[str]]

    def key(self, name: str) -> str:
        """The key that stands for a brand however it is written."""
        known = self.one.get(key_of(name))
        if known is not None:
            return known
        parts = {self.one.get(key_of(part), "") for part in _PARTS.split(name) if key_of(part)}
        return parts.pop() if len(parts) == 1 and "" not in parts else key_of(name)

    def keys(self, name: str) -> frozenset[str]:
        """All keys under which the brand may stand in the library."""
        key = self.key(name)
        return self.all.get(key, frozenset()) | {key, key_of(name)}


_known: tuple[Tree, Names] | None = None


def names() -> Names:
    """Remembered as long as the category tree is; one query when it is read anew."""
    global _known
    now = tree()
    if _known is None or _known[0] is not now:
        _known = (now, _read())
    return _known[1]


def forget() -> None:
    """Read anew at the next question."""
    global _known
    _known = None


def _read() -> Names:
    groups = [*_of_the_trade(), *_of_the_library()]
    one: dict[str, str] = {}
    taken: dict[str, set[str]] = {}
    for group in groups:
        lead = next((one[key] for key in group if key in one), group[0])
        for key in group:
            one.setdefault(key, lead)
            if one[key] == lead:
                taken.setdefault(lead, set()).add(key)
    return Names(one, {lead: frozenset(keys) for lead, keys in taken.items()})


@cache
def _of_the_trade() -> list[list[str]]:
    text = resources.files("sunlit.domain.catalog").joinpath("compact", "brand_names.json").read_text(encoding="utf-8")
    return [list(dict.fromkeys(map(key_of, group))) for group in json.loads(text)]


def _of_the_library() -> Iterable[list[str]]:
    """Each brand's own names; an English name that two brands share stands for neither."""
    rows = list(Brand.objects.order_by("pk").values_list("key", "name_zh", "name_en"))
    count: dict[str, int] = {}
    for key, zh, en in rows:
        for name in {key_of(zh), key_of(en)} - {key}:
            count[name] = count.get(name, 0) + 1
    own = {key for key, _zh, _en in rows}
    for key, zh, en in rows:
        others = [name for name in (key_of(zh), key_of(en)) if name and name not in own and count.get(name) == 1]
        yield list(dict.fromkeys([key, *others]))
