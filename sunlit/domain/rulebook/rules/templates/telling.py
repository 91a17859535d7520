"""What a filled template says to people: its answers summed up by section, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sunlit.domain.rulebook.rules.templates.data import PLACE, SIGNS, WEIGHT_WORDS, Field, Template, Words, digest_of, keys
from sunlit.foundation.kernel import money


@dataclass(frozen=True, slots=True)
class Table:
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One answer for people; a table where it has rows."""

    label: str
    text: str = ""
    table: Table | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One section, summed up in the reader's language."""

    title: str
    paragraphs: tuple[str, ...]
    lines: tuple[Line, ...]


def values_digest(template: Template, values: Mapping[str, Any]) -> str:
    """The digest of a filled template: of the template's content and of the answers."""
    return digest_of({"template": template.digest, "values": values})


def summary(template: Template, values: Mapping[str, Any]) -> list[Part]:
    """The answers by section, in the reader's language; what was not asked or not answered is left out."""
    parts = []
    for section in template.sections:
        lines = tuple(_line(each, values[each.key]) for each in section.fields if each.key in values)
        paragraphs = tuple(_filled(str(text), template, values) for text in section.text)
        if lines or paragraphs:
            parts.append(Part(str(section.title), paragraphs, lines))
    return parts


def failed(template: Template, values: Mapping[str, Any]) -> list[Field]:
    """The verdicts that came out as failed."""
    return [each for each in template.fields if each.kind == "verdict" and values.get(each.key) == "fail"]


def shown(it: Field, value: Any) -> str:
    """One answer of a simple kind for people."""
    match it.kind:
        case "choice" | "choices" | "yes_no" | "verdict":
            names = {option.key: str(option.label) for option in it.choices}
            return "、".join(names.get(key, key) for key in keys(value))
        case "money":
            return money.show(Decimal(value))
        case "number":
            return f"{Decimal(value):,f} {it.unit}".strip()
    return str(value)


def parameter_shown(row: Mapping[str, Any]) -> str:
    """A requirement without its reason: “≥ 16 GB”."""
    value = row["value"]
    told = "、".join(value) if isinstance(value, list) else value
    return f"{SIGNS[row['op']]} {told} {row['unit']}".strip()


PARAMETER_HEADS: Final = (Words("参数", "Parameter"), Words("要求", "Requirement"), Words("性质", "Weight"), Words("设置理由", "Reason"))


def _line(it: Field, value: Any) -> Line:
    if it.kind == "parameters":
        rows: tuple[tuple[str, ...], ...] = tuple(
            (row["name"], parameter_shown(row), str(WEIGHT_WORDS[row["weight"]]), row["reason"]) for row in value
        )
        return Line(str(it.label), table=Table(tuple(map(str, PARAMETER_HEADS)), rows))
    if it.kind == "table":
        rows = tuple(tuple(shown(column, row[column.key]) if column.key in row else "" for column in it.columns) for row in value)
        return Line(str(it.label), table=Table(tuple(str(column.label) for column in it.columns), rows))
    return Line(str(it.label), shown(it, value), verdict=value if it.kind == "verdict" else "")


def _filled(text: str, template: Template, values: Mapping[str, Any]) -> str:
    def answer(place: re.Match[str]) -> str:
        it = template.field(place[1])
        return shown(it, values[it.key]) if it.key in values else "____"

    return PLACE.sub(answer, text)
