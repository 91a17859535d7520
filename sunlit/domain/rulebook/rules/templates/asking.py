"""What a form made from a template shows: every field with its name, its choices and what was typed, rows with room for more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sunlit.domain.rulebook.rules.templates.data import (
    NOTHING,
    OPERATOR_WORDS,
    PLACE,
    WEIGHT_WORDS,
    Field,
    Option,
    Parameter,
    Template,
    Words,
)

ANY_ROW: Final = "__n__"  # stands for the number of a row in the pattern that scripts make new rows from
OWN: Final = Words("其他（自行填写）", "another one (name it)")


@dataclass(frozen=True, slots=True)
class Asked:
    """One field as a form shows it. `rows` and `pattern` are rows of cells; `when` tells scripts on which answers it depends."""

    name: str
    kind: str
    label: Words
    help: Words
    required: bool
    unit: Words
    options: tuple[Option, ...]
    value: Any
    when: str
    rows: tuple[tuple[Asked, ...], ...] = ()
    pattern: tuple[Asked, ...] = ()
    rows_most: int = 0


@dataclass(frozen=True, slots=True)
class AskedSection:
    key: str
    title: Words
    text: tuple[Words, ...]
    fields: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A whole form, to be drawn by the kit."""

    template: Template
    sections: tuple[AskedSection, ...]


def form(
    template: Template, typed: Mapping[str, Any] | None = None, *, prefix: str = "", parameters: Sequence[Parameter] = (), more: str = ""
) -> Form:
    """The form with what was typed (or answers read earlier; None: nothing yet, so suggestions stand there). `more` names a table that gets a row."""
    asker = _Asker(prefix, tuple(parameters), more, fresh=typed is None)
    sections = tuple(
        AskedSection(
            section.key,
            section.title,
            tuple(_blanks(template, text) for text in section.text),
            tuple(asker.field(it, (typed or {}).get(it.key)) for it in section.fields),
        )
        for section in template.sections
    )
    return Form(template, sections)


@dataclass(frozen=True, slots=True)
class _Asker:
    prefix: str
    parameters: tuple[Parameter, ...]
    more: str
    fresh: bool

    def field(self, it: Field, typed: Any) -> Asked:
        name = self.prefix + it.key
        if it.kind == "table":
            return self._table(it, name, it.columns, typed)
        if it.kind == "parameters":
            return self._table(it, name, self._columns(), typed)
        return self._plain(it, name, it.value if self.fresh and typed is None else typed)

    def _plain(self, it: Field, name: str, value: Any) -> Asked:
        when = ";".join(f"{self.prefix}{on.field}={'|'.join(on.among)}" for on in it.when)
        return Asked(name, it.kind, it.label, it.help, it.required and not when, it.unit, it.choices, _typed(it, value), when)

    def _table(self, it: Field, name: str, columns: Sequence[Field], typed: Any) -> Asked:
        rows = list(typed) if isinstance(typed, list | tuple) else []
        if self.fresh and it.kind == "parameters" and it.value:
            rows = [{"key": key} for key in it.value if key in {known.key for known in self.parameters}]
        if not rows or self.more == name:
            rows.append({})
        shown = tuple(_cells(columns, f"{name}.{place}.", row) for place, row in enumerate(rows))
        when = ";".join(f"{self.prefix}{on.field}={'|'.join(on.among)}" for on in it.when)
        pattern = _cells(columns, f"{name}.{ANY_ROW}.", {})
        return Asked(name, it.kind, it.label, it.help, it.required, NOTHING, (), None, when, shown, pattern, it.rows_most)

    def _columns(self) -> tuple[Field, ...]:
        known = tuple(Option(each.key, _named(each)) for each in self.parameters)
        choose = (Field("key", "choice", Words("参数", "Parameter"), options=(*known, Option("", OWN))),) if known else ()
        return (
            *choose,
            Field("name", "text", Words("自拟参数名称", "Its name, if your own") if known else Words("参数名称", "Parameter")),
            Field("op", "choice", Words("比较", "Comparison"), options=tuple(Option(op, words) for op, words in OPERATOR_WORDS.items())),
            Field("value", "text", Words("要求值", "Value"), help=Words("任选其一时用顿号分隔", "Several: separated by commas")),
            Field("unit", "text", Words("单位", "Unit")),
            Field("weight", "choice", Words("性质", "Weight"), options=tuple(Option(key, words) for key, words in WEIGHT_WORDS.items())),
            Field("reason", "text", Words("设置理由", "Reason")),
        )


def _blanks(template: Template, text: Words) -> Words:
    """The text with the names of what is to be filled in at its places."""

    def filled(tongue: str) -> str:
        return PLACE.sub(lambda place: f"［{getattr(template.field(place[1]).label, tongue)}］", str(getattr(text, tongue)))

    return Words(filled("zh"), filled("en"))


def _named(parameter: Parameter) -> Words:
    zh, en = parameter.name.zh, parameter.name.en or parameter.name.zh
    return Words(f"{zh}（{parameter.unit.zh}）", f"{en} ({parameter.unit.en or parameter.unit.zh})") if parameter.unit else Words(zh, en)


def _cells(columns: Sequence[Field], prefix: str, row: Mapping[str, Any]) -> tuple[Asked, ...]:
    """The cells of a row. Conditions inside a row look at its own cells."""
    cells = []
    for it in columns:
        when = ";".join(f"{prefix}{on.field}={'|'.join(on.among)}" for on in it.when)
        cells.append(Asked(prefix + it.key, it.kind, it.label, it.help, False, it.unit, it.choices, _typed(it, row.get(it.key)), when))
    return tuple(cells)


def _typed(it: Field, value: Any) -> Any:
    """What stands in the field: answers read earlier are written as a person would have typed them."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple) and it.kind != "choices":
        return "、".join(map(str, value))
    return value if value is not None else [] if it.kind == "choices" else ""
