"""What a template is: title, sections of fields, checks across fields, and how it is made from data."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import get_language

from sunlit.foundation.kernel.limits import NAME_CHARS, TEXT_CHARS
from sunlit.foundation.ledger.canonical import canonical, plain

KINDS: Final = ("text", "long", "number", "money", "date", "choice", "choices", "yes_no", "verdict", "table", "parameters")
SIMPLE: Final = frozenset(KINDS) - {"table", "parameters", "choices"}  # what a column of a table may be
ROWS_MOST: Final = 100
COMPARED: Final = (">=", "<=")
OPERATORS: Final = (*COMPARED, "=", "one_of")
MUST: Final = "must"
SCORED: Final = "scored"
PLACE: Final = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages; as text, the reader's."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.zh if (get_language() or "zh-hans").startswith("zh") else self.en or self.zh

    def __bool__(self) -> bool:
        return bool(self.zh)


NOTHING: Final = Words("", "")
OPERATOR_WORDS: Final = {
    ">=": Words("不低于 ≥", "at least ≥"),
    "<=": Words("不高于 ≤", "at most ≤"),
    "=": Words("等于 =", "equals ="),
    "one_of": Words("任选其一", "one of"),
}
SIGNS: Final = {">=": Words("≥", "≥"), "<=": Words("≤", "≤"), "=": NOTHING, "one_of": Words("任选：", "one of: ")}
WEIGHT_WORDS: Final = {MUST: Words("实质性要求", "mandatory"), SCORED: Words("评分项", "scored")}
VERDICT_WORDS: Final = {"pass": Words("合格", "passed"), "fail": Words("不合格", "failed"), "none": Words("不适用", "does not apply")}
TRUTH_WORDS: Final = {"yes": Words("是", "yes"), "no": Words("否", "no")}


@dataclass(frozen=True, slots=True)
class Option:
    key: str
    label: Words


@dataclass(frozen=True, slots=True)
class Condition:
    """The field counts only where another one has one of these answers."""

    field: str
    among: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `least` and `most` bound figures and amounts, or the characters of a text; `rows_least` … the rows of a table."""

    key: str
    kind: str
    label: Words
    help: Words = NOTHING
    required: bool = False
    unit: Words = NOTHING
    least: Decimal | None = None
    most: Decimal | None = None
    places: int = 0
    options: tuple[Option, ...] = ()
    columns: tuple[Field, ...] = ()
    rows_least: int = 0
    rows_most: int = ROWS_MOST
    when: tuple[Condition, ...] = ()
    value: Any = ""  # what stands there before anybody wrote; of parameters, the keys that are suggested

    @property
    def choices(self) -> tuple[Option, ...]:
        """What can be chosen, for every kind that offers a choice."""
        match self.kind:
            case "yes_no":
                return tuple(Option(key, words) for key, words in TRUTH_WORDS.items())
            case "verdict":
                return tuple(Option(key, words) for key, words in VERDICT_WORDS.items())
        return self.options

    @property
    def chars_most(self) -> int:
        return int(self.most) if self.most is not None else TEXT_CHARS if self.kind == "long" else NAME_CHARS


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: Words
    text: tuple[Words, ...]  # paragraphs; {field} stands for the answer
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold between fields: in_order (first, second), one_of (fields), sum (table.column, relation, a field or a figure)."""

    kind: str
    fields: tuple[str, ...]
    relation: str = "="
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """One version of a template, with the rule that carries it. `digest` is that of its content."""

    id: int
    key: str
    kind: str
    region_path: str
    since: date
    source: str
    article: str
    evidence: str
    title: Words
    sections: tuple[Section, ...]
    checks: tuple[Check, ...]
    digest: str

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(each for section in self.sections for each in section.fields)

    def field(self, key: str) -> Field:
        return next(each for each in self.fields if each.key == key)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that products of the category are known by, for the caller to hand in: number, choice or text."""

    key: str
    name: Words
    kind: str = "text"
    unit: Words = NOTHING
    choices: tuple[str, ...] = ()


class Malformed(ValueError):
    """The data is no template; says where and why."""


def built(content: Mapping[str, Any], *, id: int = 0, key: str = "", kind: str = "", region_path: str = "", since: date = date.min,
          source: str = "", article: str = "", evidence: str = "") -> Template:  # fmt: skip
    """The template that the data tells. Raises Malformed."""
    try:
        sections = tuple(_section(each) for each in content["sections"])
        checks = tuple(
            Check(each["check"], tuple(each["fields"]), each.get("relation", "="), str(each.get("wanted", "")))
            for each in content.get("checks", ())
        )
        template = Template(
            id, key, kind, region_path, since, source, article, evidence, _words(content["title"]), sections, checks, digest_of(content)
        )
    except (KeyError, TypeError, InvalidOperation) as error:
        raise Malformed(f"{key} {kind}: {error!r}") from error
    _is_sound(template)
    return template


def _section(told: Mapping[str, Any]) -> Section:
    paragraphs = tuple(_words(each) for each in told.get("text", ()))
    return Section(told["key"], _words(told["title"]), paragraphs, tuple(_field(each) for each in told.get("fields", ())))


def _field(told: Mapping[str, Any]) -> Field:
    bounds: dict[str, Any] = {name: Decimal(str(told[name])) for name in ("least", "most") if name in told}
    plain = {name: told[name] for name in ("required", "places", "rows_least", "rows_most", "value") if name in told}
    texts: dict[str, Any] = {name: _words(told[name]) for name in ("help", "unit") if name in told}
    conditions = tuple(Condition(name, tuple(among)) for name, among in told.get("when", {}).items())
    return Field(
        key=told["key"],
        kind=told["kind"],
        label=_words(told["label"]),
        options=tuple(Option(key, Words(zh, en)) for key, zh, en in told.get("options", ())),
        columns=tuple(_field(each) for each in told.get("columns", ())),
        when=conditions,
        **bounds,
        **plain,
        **texts,
    )


def _words(told: Sequence[str]) -> Words:
    zh, en = told
    return Words(zh, en)


def _is_sound(template: Template) -> None:
    """Every name exists once, every kind is known, conditions look at choices, checks at fields."""
    fields = template.fields
    names = [each.key for each in fields]
    wrong = [name for name in names if names.count(name) > 1 or not re.fullmatch(r"[a-z][a-z0-9_]*", name)]
    wrong += [each.key for each in fields if each.kind not in KINDS or (each.kind in ("choice", "choices") and not each.options)]
    wrong += [column.key for each in fields for column in each.columns if column.kind not in SIMPLE]
    wrong += [each.key for each in fields if (each.kind == "table") != bool(each.columns)]
    wrong += [on.field for each in fields for on in each.when if on.field not in names or not template.field(on.field).choices]
    wrong += [name for check in template.checks for name in check.fields if name.partition(".")[0] not in names]
    wrong += [
        name for section in template.sections for text in section.text for name in PLACE.findall(text.zh + text.en) if name not in names
    ]
    if wrong:
        raise Malformed(f"{template.key} {template.kind}: {', '.join(wrong)}")


def digest_of(told: Any) -> str:
    """SHA-256 of the content as canonical JSON."""
    return hashlib.sha256(canonical(plain(told)).encode()).hexdigest()


def keys(value: Any) -> list[str]:
    """An answer to a choice as the keys that were chosen."""
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return value if isinstance(value, list) else [value] if value else []
