"""The form of a demand: what was written into it, and the small changes of its shape (one more parameter, one thing less) that save nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.http import QueryDict

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Attribute, Category
from sunlit.domain.planning import queries
from sunlit.domain.planning.rules import demands as rules
from sunlit.domain.planning.rules.demands import Content, Item, Kind, Parameter
from sunlit.domain.rulebook.rules.templates import Part, Template, posted, summary
from sunlit.portals.ui.filters import chinese, lang

FOUND_MOST: Final = 40
TEXTS: Final = ("name", "sense", "value", "value_to", "unit", "points", "reason", "kept")


@dataclass(frozen=True)
class Line:
    """One parameter as the form shows it."""

    at: str
    it: Parameter
    label: str
    unit: str
    said: str
    options: list[tuple[str, str]]
    senses: list[tuple[str, str]]


@dataclass(frozen=True)
class Thing:
    """One item as the form shows it: its lines, and the parameters of the category that are not demanded yet."""

    at: str
    it: Item
    kind: Kind | None
    lines: list[Line]
    left: list[tuple[str, str]]


def written(post: QueryDict) -> Content:
    """What was posted, but for the answers to the template: which one asks follows from what was posted."""
    return Content(
        title=_text(post, "title"),
        purpose=_lines(post, "purpose"),
        public_interest="public_interest" in post,
        complex="complex" in post,
        imported="imported" in post,
        sections={name: text for name in rules.SECTIONS if (text := _lines(post, name))},
        items=tuple(_items(post)),
    )


def _items(post: QueryDict) -> Iterator[Item]:
    n = 0
    while n <= rules.ITEMS_MOST and f"item-{n}-category" in post:
        told = {name: _text(post, f"item-{n}-{name}") for name in ("category", "name", "quantity", "unit", "ceiling")}
        yield Item(**told, parameters=tuple(_parameters(post, f"item-{n}")))
        n += 1


def _parameters(post: QueryDict, at: str) -> Iterator[Parameter]:
    p = 0
    while p <= rules.PARAMETERS_MOST and f"{at}-p-{p}-sense" in post:
        told = {name: _text(post, f"{at}-p-{p}-{name}") for name in TEXTS}
        told["value"] = "、".join(filter(None, (" ".join(text.split()) for text in post.getlist(f"{at}-p-{p}-value"))))
        yield Parameter(key=_text(post, f"{at}-p-{p}-key"), mandatory=post.get(f"{at}-p-{p}-mandatory", "1") == "1", **told)
        p += 1


def reshaped(content: Content, act: str) -> Content:
    """With one more or one less of something: `add:item:key`, `drop:item:parameter`, `item:code`, `drop_item:item`. Anything else changes nothing."""
    verb, _colon, rest = act.partition(":")
    first, _colon, second = rest.partition(":")
    items = list(content.items)
    n = int(first) if first.isascii() and first.isdigit() and len(first) < 4 else -1
    if verb == "item" and (kind := queries.shelf_of([first]).get(first)) and len(items) < rules.ITEMS_MOST:
        items.append(Item(first, unit=kind.category.unit or "件"))
    elif not 0 <= n < len(items):
        return content
    elif verb == "drop_item" and len(items) > 1:
        del items[n]
    elif verb == "add" and len(items[n].parameters) < rules.PARAMETERS_MOST:
        items[n] = _with(items[n], second)
    elif verb == "drop" and second.isascii() and second.isdigit():
        items[n] = replace(items[n], parameters=tuple(it for p, it in enumerate(items[n].parameters) if p != int(second[:4])))
    return replace(content, items=tuple(items))


def _with(item: Item, key: str) -> Item:
    """With a parameter of the template, or a free one, in the way in which it is mostly demanded."""
    kind = queries.shelf_of([item.category]).get(item.category)
    line = kind.lines.get(key) if kind else None
    if key and line is None:
        return item
    senses = rules.senses_of(line)
    usual = "le" if line and line.better == "lower" and "le" in senses else senses[0]
    return replace(item, parameters=(*item.parameters, Parameter(key=key, sense=str(usual))))


def things(content: Content, usual: Sequence[str] = ()) -> list[Thing]:
    """Every item with its lines in the reader's language."""
    shelf = queries.shelf_of(item.category for item in content.items)
    return [_thing(f"item-{n}", item, shelf.get(item.category), usual) for n, item in enumerate(content.items)]


def _thing(at: str, item: Item, kind: Kind | None, usual: Sequence[str]) -> Thing:
    lines = [_line(f"{at}-p-{p}", it, kind) for p, it in enumerate(item.parameters)]
    used = {it.key for it in item.parameters}
    left = [(key, lang(line)) for key, line in kind.lines.items() if key not in used] if kind else []
    left.sort(key=lambda pair: pair[0] not in usual)  # the usual ones first, else as the template of the category has them
    return Thing(at, item, kind, lines, left)


def _line(at: str, it: Parameter, kind: Kind | None) -> Line:
    line = kind.lines.get(it.key) if kind else None
    unit = (line.unit if chinese() else line.unit_en or line.unit) if line else ""
    options = _options(line) if line and line.type == "choice" else []
    senses = [(str(sense), str(rules.SENSE_NAMES[sense])) for sense in rules.senses_of(line)]
    said = queries.demanded(it, kind) if kind else it.name
    return Line(at, it, lang(line) if line else it.name, unit, said, options, senses)


def _options(line: Attribute) -> list[tuple[str, str]]:
    english = line.choices_en if not chinese() and len(line.choices_en) == len(line.choices) else line.choices
    return list(zip(line.choices, english, strict=True))


def leaves(words: str) -> list[Category]:
    """Items of the catalogue by name or code: those with goods in the library first."""
    told = words.strip().casefold()
    if not told:
        return []
    found = [
        it
        for it in catalog.tree().by_code.values()
        if it.leaf and (told in it.name_zh.casefold() or told in it.name_en.casefold() or it.code.casefold().startswith(told))
    ]
    return sorted(found, key=lambda it: (not it.in_use, it.code))[:FOUND_MOST]


def narrowing(assessed: queries.Assessment) -> set[str]:
    """The fields in which a reason to keep a narrowing parameter is written."""
    return {f"item-{n}-p-{p}" for n, p in assessed.narrow}


def answered(content: Content, template: Template | None, lists: Mapping[str, Sequence[str]]) -> Content:
    """The same under its template, with what was typed into that one's fields (`lists`: all values of every name)."""
    return rules.under(replace(content, answers=posted(template, lists, rules.ANSWER) if template else {}), template)


def sections(content: Content) -> list[tuple[str, str, str]]:
    """(name, heading, text) of every section that its template leaves to free text."""
    names = rules.open_sections(content, queries.template_of(content))
    return [(name, str(rules.SECTIONS[name]), content.sections.get(name, "")) for name in names]


def parts(content: Content) -> list[Part]:
    """The answers to the template, told to people."""
    template = queries.template_of(content)
    return summary(template, content.answers) if template else []


def _text(post: QueryDict, name: str) -> str:
    return " ".join(post.get(name, "").split())


def _lines(post: QueryDict, name: str) -> str:
    return post.get(name, "").replace("\r\n", "\n").strip()
