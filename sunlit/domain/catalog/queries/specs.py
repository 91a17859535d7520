"""The parameters of a product in words: by the template of its category, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.translation import get_language

from sunlit.domain.catalog.models import Attribute, Product
from sunlit.domain.catalog.queries.categories import template


@dataclass(frozen=True)
class Spec:
    """One parameter in the reader's language; `value` has its unit, "" when it is not given."""

    key: str
    name: str
    value: str
    is_key: bool


@dataclass(frozen=True)
class SpecGroup:
    """Parameters under one heading."""

    name: str
    specs: list[Spec]


def specs_of(product: Product) -> list[SpecGroup]:
    """The product's parameters in the order of its category's template, its own ones last, in the reader's language."""
    lines = template(product.category)
    groups: dict[str, list[Spec]] = {}
    for line in lines:
        if text := product.attributes.get(line.key, ""):
            groups.setdefault(_group(line), []).append(Spec(line.key, named(line), told(line, text), line.is_key))
    known = {line.key for line in lines}
    own = [Spec(key, key, str(text), False) for key, text in product.attributes.items() if key not in known and text]
    if own:
        groups.setdefault("", []).extend(own)
    return [SpecGroup(name, specs) for name, specs in groups.items()]


class Named(Protocol):
    """Whatever has a Chinese name and perhaps an English one."""

    @property
    def name_zh(self) -> Any: ...

    @property
    def name_en(self) -> Any: ...


def named(thing: Named) -> str:
    """The name in the reader's language."""
    return str(thing.name_en if _english() and thing.name_en else thing.name_zh)


def told(line: Attribute, text: str) -> str:
    """A value with its unit, in the reader's language."""
    return _told(line, text, english=_english())


def name_and_value(line: Attribute, text: str) -> str:
    """`told` behind the parameter's name: 内存容量 16 GB."""
    english = _english()
    return f"{(english and line.name_en) or line.name_zh} {_told(line, text, english=english)}"


def _told(line: Attribute, text: str, *, english: bool) -> str:
    if english and text in line.choices and len(line.choices_en) == len(line.choices):
        text = line.choices_en[line.choices.index(text)]
    unit = (line.unit_en or line.unit) if english else line.unit
    return f"{text} {unit}" if unit else text


def _group(line: Attribute) -> str:
    return line.group_en if _english() and line.group_en else line.group


def _english() -> bool:
    return (get_language() or "").startswith("en")
