"""The category tree and the attribute templates: read often, changed seldom, so remembered for a minute."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sunlit.domain.catalog.models import Attribute, Category

REMEMBERED_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Tree:
    """All categories: by code, and the children of each."""

    read_at: float
    by_code: Mapping[str, Category]
    children: Mapping[str, Sequence[Category]]
    by_id: Mapping[int, Category]
    templates: dict[int, list[Attribute]] = field(default_factory=dict)

    def get(self, code: str) -> Category | None:
        return self.by_code.get(code)

    def under(self, code: str = "") -> Sequence[Category]:
        """The categories directly below a code; "" gives goods, works and services."""
        return self.children.get(code, ())

    def line(self, code: str) -> list[Category]:
        """The way from the top to the category: its breadcrumbs."""
        found = self.by_code.get(code)
        return [self.by_code[step] for step in found.path.split("/") if step in self.by_code] if found else []

    def in_use(self) -> list[Category]:
        """The categories in which offers can be listed, by code."""
        return [category for category in self.by_code.values() if category.in_use]

    def in_use_under(self, code: str = "") -> list[Category]:
        """The branches below a code that lead to a category in use: what a menu shows."""
        used = {step for category in self.in_use() for step in category.path.split("/")}
        return [category for category in self.under(code) if category.code in used]

    def below(self, code: str) -> Iterator[Category]:
        """The category and everything under it."""
        found = self.by_code.get(code)
        if found:
            yield from (each for each in self.by_code.values() if each.path == found.path or each.path.startswith(found.path + "/"))


_tree: Tree | None = None


def tree() -> Tree:
    """The category tree, a minute old at most; one query when it is not remembered."""
    global _tree
    found = _tree
    if found is None or time.monotonic() - found.read_at > REMEMBERED_SECONDS:
        found = _tree = _read()
    return found


def category(code: str) -> Category | None:
    return tree().get(code)


def template(category: Category) -> list[Attribute]:
    """The lines of a category's attribute template, in their order."""
    templates = tree().templates
    if category.pk not in templates:
        templates[category.pk] = list(Attribute.objects.filter(category_id=category.pk).order_by("position", "id"))
    return templates[category.pk]


def forget() -> None:
    """Read anew at the next question; other processes notice within a minute."""
    global _tree
    _tree = None


def _read() -> Tree:
    read_at = time.monotonic()
    rows = list(Category.objects.order_by("code"))
    by_id = {row.pk: row for row in rows}
    children: dict[str, list[Category]] = {}
    for row in rows:
        children.setdefault(by_id[row.parent_id].code if row.parent_id else "", []).append(row)
    return Tree(read_at, {row.code: row for row in rows}, children, by_id)
