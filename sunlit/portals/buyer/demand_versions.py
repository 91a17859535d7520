"""Two versions of a demand set beside each other, line by line, with the words that differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from django.utils.translation import gettext as _

from sunlit.domain.planning import queries
from sunlit.domain.planning.rules import demands as rules
from sunlit.domain.planning.rules.demands import Content, Item, Kind
from sunlit.domain.rulebook.rules.templates import summary
from sunlit.portals.ui.filters import lang, yuan

WORD: Final = re.compile(r"[A-Za-z]+|\d[\d.,]*|\s+|.", re.DOTALL)  # Chinese goes by characters, the rest by words and figures
PIECES_MOST: Final = 4000  # of one text; a longer one is told as changed as a whole


@dataclass(frozen=True)
class Piece:
    """A stretch of text: kept, dropped (only the old one has it) or added."""

    kind: str
    text: str


@dataclass(frozen=True)
class Row:
    """One line of the demand in both versions."""

    label: str
    old: tuple[Piece, ...]
    new: tuple[Piece, ...]

    @property
    def changed(self) -> bool:
        return any(piece.kind != "kept" for piece in (*self.old, *self.new))


def compared(old: Content, new: Content) -> list[Row]:
    """Every line that either version has, in the order of the newer one; what only the older one says stands at its place."""
    before, after = dict(_lines(old)), dict(_lines(new))
    return [Row(key[1], *_pieces(before.get(key, ""), after.get(key, ""))) for key in _in_order(list(before), list(after))]


Key = tuple[str, str]  # where it stands, what it is called


def _lines(it: Content) -> Iterator[tuple[Key, str]]:
    yield ("title", str(rules.TITLE_NAME)), it.title
    yield ("purpose", str(rules.PURPOSE_NAME)), it.purpose
    for name, case in rules.CASES.items():
        if getattr(it, name):
            yield (name, str(case)), _("yes")
    shelf = queries.shelf_of(item.category for item in it.items)
    seen: dict[str, int] = {}
    for item in it.items:
        seen[item.category] = seen.get(item.category, 0) + 1
        yield from _thing(f"{item.category}#{seen[item.category]}", item, shelf.get(item.category))
    template = queries.template_of(it)
    for part in summary(template, it.answers) if template else ():
        for line in part.lines:
            rows = "\n".join(" · ".join(filter(None, row)) for row in line.table.rows) if line.table else ""
            yield (f"{part.title}/{line.label}", line.label), rows or line.text
    for name, heading in rules.SECTIONS.items():
        if text := it.sections.get(name):
            yield (name, str(heading)), text


def _thing(at: str, item: Item, kind: Kind | None) -> Iterator[tuple[Key, str]]:
    name = item.name or (lang(kind.category) if kind else item.category)
    price = rules.price_of(item.ceiling)
    yield (at, name), " · ".join(filter(None, (f"{item.quantity} {item.unit}", f"≤ {yuan(price)}" if price else "")))
    for place, it in enumerate(item.parameters):
        label = queries.parameter_name(it, kind) if kind else it.name
        weight = _("mandatory") if it.mandatory else _("scored, %(points)s points") % {"points": it.points}
        told = (queries.demanded(it, kind) if kind else it.value, weight, it.reason, it.kept)
        yield (f"{at}/{it.key or it.name}/{_same(item, place)}", f"{name}: {label}"), " · ".join(filter(None, told))


def _same(item: Item, place: int) -> int:
    """The how manieth of its name."""
    it = item.parameters[place]
    return sum(1 for other in item.parameters[:place] if (other.key, other.name) == (it.key, it.name))


def _in_order(before: list[Key], after: list[Key]) -> list[Key]:
    """The order of `after`; what only `before` has follows what stood above it there."""
    order = list(after)
    for place, key in enumerate(before):
        if key not in after:
            above = next((it for it in reversed(before[:place]) if it in order), None)
            order.insert(order.index(above) + 1 if above else 0, key)
    return order


def _pieces(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    a, b = WORD.findall(old), WORD.findall(new)
    if old == new:
        return (Piece("kept", old),), (Piece("kept", new),)
    if len(a) > PIECES_MOST or len(b) > PIECES_MOST:
        return (Piece("dropped", old),), (Piece("added", new),)
    left, right = [], []
    for tag, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if j > i:
            left.append(Piece("kept" if tag == "equal" else "dropped", "".join(a[i:j])))
        if m > k:
            right.append(Piece("kept" if tag == "equal" else "added", "".join(b[k:m])))
    return tuple(left), tuple(right)
