"""What was typed into a form made from a template, and what it means: answers, or every problem at its field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook.rules.templates.data import (
    COMPARED,
    MUST,
    OPERATORS,
    SCORED,
    WEIGHT_WORDS,
    Check,
    Field,
    Parameter,
    Template,
    keys,
)
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.limits import NAME_CHARS, TEXT_CHARS
from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason

NO_TEMPLATE = Reason(
    "TPL-001", _("No template “{key}” is in force for region “{region}” on {day}. The operator can load the rulebook."), CONFLICT
)
MISSING = Reason("TPL-002", _("“{label}” is missing."))
TOO_LONG = Reason("TPL-003", _("“{label}”: at most {most} characters."))
NOT_A_NUMBER = Reason("TPL-004", _("“{label}”: “{value}” is not a number with at most {places} places after the point."))
OUT_OF_RANGE = Reason("TPL-005", _("“{label}”: {value} lies outside what is allowed, {allowed}."))
NOT_MONEY = Reason("TPL-006", _("“{label}”: “{value}” is not an amount in yuan with at most two places."))
NOT_A_DAY = Reason("TPL-007", _("“{label}”: “{value}” is not a day such as 2026-12-31."))
NOT_A_CHOICE = Reason("TPL-008", _("“{label}”: “{value}” is not one of the choices."))
ROWS_WRONG = Reason("TPL-009", _("“{label}” needs {least} to {most} rows; there are {count}."))
UNKNOWN = Reason("TPL-010", _("The template has no field “{name}”."))
REASON_NEEDED = Reason("TPL-011", _("Say why “{name}” is needed: every parameter has its reason."))
NOT_TO_SCORE = Reason(
    "TPL-012", _("“{name}” cannot be scored: what is not a figure in tiers is a mandatory requirement (Demand Rules, article 21).")
)
OPERATOR_WRONG = Reason("TPL-013", _("“{name}”: at least and at most compare figures, and “{value}” is none."))
NAMED_TWICE = Reason("TPL-014", _("“{name}” stands in the table twice with the same comparison."))
WRONG_ORDER = Reason("TPL-015", _("“{first}” lies after “{second}”."))
ONE_OF_THEM = Reason("TPL-016", _("Fill in at least one of: {labels}."))
SUM_WRONG = Reason("TPL-017", _("“{label}” adds up to {sum}; it must be {relation} {wanted}."))
NAMELESS = Reason("TPL-018", _("Choose a parameter, or name one of your own."))

ROWS_SHOWN_MOST: Final = 200  # of what was typed: more than any template allows is told as too many
_FIGURE: Final = re.compile(r"-?\d{1,12}(\.\d+)?", re.ASCII)
_BETWEEN: Final = re.compile(r"\s*[、,，;；/|\n]\s*")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the answers, as far as they could be read, and everything that is wrong."""

    values: dict[str, Any]
    problems: tuple[Problem, ...]


# What was typed


def posted(template: Template, form: Mapping[str, Sequence[str]], prefix: str = "") -> dict[str, Any]:
    """What a form sent, by field: texts, lists of texts, rows of texts. `form` maps each name to all its values (`dict(request.POST.lists())`)."""
    typed: dict[str, Any] = {}
    for each in template.fields:
        name = prefix + each.key
        if each.kind in ("table", "parameters"):
            typed[each.key] = _posted_rows(form, name + ".")
        elif each.kind == "choices":
            typed[each.key] = list(form.get(name, ()))
        else:
            typed[each.key] = next(iter(form.get(name, ())), "")
    return typed


def _posted_rows(form: Mapping[str, Sequence[str]], prefix: str) -> list[dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for name, values in form.items():
        place, _dot, column = name.removeprefix(prefix).partition(".")
        if name.startswith(prefix) and column and place.isascii() and place.isdigit() and len(place) < 5:
            found.setdefault(int(place), {})[column] = next(iter(values), "")
    return [found[place] for place in sorted(found)[:ROWS_SHOWN_MOST]]


# What it means


def read(
    template: Template, typed: Mapping[str, Any], *, prefix: str = "", complete: bool = True, parameters: Sequence[Parameter] = ()
) -> Reading:
    """The answers that what was typed means, and every problem, `on` its field (`prefix`, the field, and in tables `.row.column`).

    With `complete=False` (a draft) nothing needs to be there, but what is there must be readable. Fields whose condition does not hold have no
    answer. `typed` may also be answers read earlier: they read as themselves.
    """
    reader = _Reader(prefix, complete, {each.key: each for each in parameters})
    values: dict[str, Any] = {}
    problems: list[Problem] = [
        Problem(UNKNOWN, {"name": name}, prefix + name) for name in typed if name not in {f.key for f in template.fields}
    ]
    for each in template.fields:
        if not applies(each, values):
            continue
        value, wrong = reader.field(each, typed.get(each.key), prefix + each.key)
        problems += wrong
        if value not in ("", [], None):
            values[each.key] = value
    if complete and not problems:
        problems += [problem for check in template.checks for problem in _CHECKS[check.kind](template, check, values, prefix)]
    return Reading(values, tuple(problems))


def applies(field: Field, values: Mapping[str, Any]) -> bool:
    """Whether all conditions of the field hold; a field that is asked only sometimes stands after those that decide it."""
    return all(set(keys(values.get(on.field))) & set(on.among) for on in field.when)


Found = tuple[Any, list[Problem]]


@dataclass(frozen=True, slots=True)
class _Reader:
    prefix: str
    complete: bool
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def field(self, it: Field, typed: Any, on: str) -> Found:
        if it.kind in ("table", "parameters"):
            return self._rows(it, typed, on)
        if it.kind == "choices":
            return self._choices(it, typed, on)
        text = _text(typed)
        if not text:
            missing = it.required and self.complete
            return "", [Problem(MISSING, {"label": it.label}, on)] if missing else []
        return _READ[it.kind](it, text, on)

    def _choices(self, it: Field, typed: Any, on: str) -> Found:
        chosen = [_text(each) for each in typed] if isinstance(typed, list | tuple) else [each for each in [_text(typed)] if each]
        known = [option.key for option in it.options]
        if strange := [each for each in chosen if each not in known]:
            return [], [Problem(NOT_A_CHOICE, {"label": it.label, "value": each}, on) for each in strange]
        if not chosen and it.required and self.complete:
            return [], [Problem(MISSING, {"label": it.label}, on)]
        return [key for key in known if key in chosen], []

    def _rows(self, it: Field, typed: Any, on: str) -> Found:
        rows = [(place, row) for place, row in enumerate(_rows_of(typed)) if not _blank(row)]
        read_row = self._parameter if it.kind == "parameters" else self._row
        values: list[Any] = []
        problems: list[Problem] = []
        for place, row in rows:
            value, wrong = read_row(it, row, f"{on}.{place}.")
            values.append(value)
            problems += wrong
        least = max(it.rows_least, int(it.required)) if self.complete else 0
        if not least <= len(rows) <= it.rows_most:
            problems.append(Problem(ROWS_WRONG, {"label": it.label, "least": least, "most": it.rows_most, "count": len(rows)}, on))
        if it.kind == "parameters":
            problems += _twice([value for value in values if value], on)
        return values, problems

    def _row(self, it: Field, row: Mapping[str, Any], on: str) -> Found:
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for column in it.columns:
            if not applies(column, values):
                continue
            value, wrong = self.field(column, row.get(column.key), on + column.key)
            problems += wrong
            if value != "":
                values[column.key] = value
        names = {column.key for column in it.columns}
        problems += [Problem(UNKNOWN, {"name": name}, on + name) for name in row if name not in names]
        return values, problems

    def _parameter(self, it: Field, row: Mapping[str, Any], on: str) -> Found:
        """One requirement: parameter, comparison, value, unit, whether it is mandatory or scored, and its reason."""
        known = self.parameters.get(_text(row.get("key")))
        name = known.name.zh if known else _text(row.get("name"))
        op, weight = _text(row.get("op")) or ">=", _text(row.get("weight")) or MUST
        told: dict[str, Any] = {
            "key": known.key if known else "",
            "name": name,
            "op": op,
            "weight": weight,
            "reason": _text(row.get("reason")),
        }
        told["unit"] = known.unit.zh if known else _text(row.get("unit"))
        wanted = row.get("value")
        told["value"] = _several(wanted) if op == "one_of" else _text(wanted)
        return told, list(self._wrong_with(it, told, on, known))

    def _wrong_with(self, it: Field, told: Mapping[str, Any], on: str, known: Parameter | None) -> Iterator[Problem]:
        name, value = told["name"], told["value"]
        if not name:
            yield Problem(NAMELESS, {}, on + "key")
        for part, most in (("name", NAME_CHARS), ("unit", NAME_CHARS), ("reason", TEXT_CHARS)):
            if len(told[part]) > most:
                yield Problem(TOO_LONG, {"label": name, "most": most}, on + part)
        if told["op"] not in OPERATORS:
            yield Problem(NOT_A_CHOICE, {"label": name, "value": told["op"]}, on + "op")
        if told["weight"] not in WEIGHT_WORDS:
            yield Problem(NOT_A_CHOICE, {"label": name, "value": told["weight"]}, on + "weight")
        yield from self._value_problems(told, on, known)
        if self.complete and not told["reason"]:
            yield Problem(REASON_NEEDED, {"name": name or it.label}, on + "reason")
        if told["weight"] == SCORED and told["op"] not in COMPARED and value:
            yield Problem(NOT_TO_SCORE, {"name": name}, on + "weight")

    def _value_problems(self, told: Mapping[str, Any], on: str, known: Parameter | None) -> Iterator[Problem]:
        name, value = told["name"], told["value"]
        texts = value if isinstance(value, list) else [value]
        if not any(texts):
            if self.complete:
                yield Problem(MISSING, {"label": name}, on + "value")
            return
        if any(len(text) > NAME_CHARS for text in texts):
            yield Problem(TOO_LONG, {"label": name, "most": NAME_CHARS}, on + "value")
        figures = told["op"] in COMPARED or (known is not None and known.kind == "number")
        for text in texts:
            if figures and not _FIGURE.fullmatch(text):
                yield Problem(OPERATOR_WRONG, {"name": name, "value": text}, on + "value")
            elif known is not None and known.kind == "choice" and known.choices and text not in known.choices:
                yield Problem(NOT_A_CHOICE, {"label": name, "value": text}, on + "value")


def _text(typed: Any) -> str:
    if isinstance(typed, bool):
        return "yes" if typed else "no"
    return str(typed).replace("\r\n", "\n").strip() if isinstance(typed, str | int | Decimal) else ""


def _several(typed: Any) -> list[str]:
    parts = typed if isinstance(typed, list | tuple) else _BETWEEN.split(_text(typed))
    return [text for text in map(_text, parts) if text]


def _rows_of(typed: Any) -> list[Mapping[str, Any]]:
    return [row for row in typed if isinstance(row, Mapping)] if isinstance(typed, list | tuple) else []


def _blank(row: Mapping[str, Any]) -> bool:
    """A row in which nothing was written; what a select shows by itself, and a parameter suggested, is not writing."""
    return not any(
        _several(value) if isinstance(value, list) else _text(value) for name, value in row.items() if name not in ("key", "op", "weight")
    )


def _twice(rows: Sequence[Mapping[str, Any]], on: str) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for place, row in enumerate(rows):
        same = (row["key"] or row["name"], row["op"])
        if row["name"] and same in seen:
            yield Problem(NAMED_TWICE, {"name": row["name"]}, f"{on}.{place}.key")
        seen.add(same)


def _read_text(it: Field, text: str, on: str) -> Found:
    return text, [Problem(TOO_LONG, {"label": it.label, "most": it.chars_most}, on)] if len(text) > it.chars_most else []


def _read_number(it: Field, text: str, on: str) -> Found:
    plain = text.replace(",", "")
    places = len(plain.partition(".")[2])
    if not _FIGURE.fullmatch(plain) or places > it.places:
        return "", [Problem(NOT_A_NUMBER, {"label": it.label, "value": text[:NAME_CHARS], "places": it.places}, on)]
    figure = Decimal(plain)
    return f"{figure:f}", _range_problems(it, figure, f"{figure:,f}", on)


def _read_money(it: Field, text: str, on: str) -> Found:
    try:
        amount = money.yuan(text)
    except money.NotMoney:
        return "", [Problem(NOT_MONEY, {"label": it.label, "value": text[:NAME_CHARS]}, on)]
    return str(amount), _range_problems(it, amount, money.show(amount), on)


def _range_problems(it: Field, figure: Decimal, told: str, on: str) -> list[Problem]:
    least = it.least if it.least is not None else Decimal(0) if it.kind == "money" else None
    if (least is None or figure >= least) and (it.most is None or figure <= it.most):
        return []
    allowed = " – ".join(f"{bound:,f}" if bound is not None else "…" for bound in (least, it.most))
    return [Problem(OUT_OF_RANGE, {"label": it.label, "value": told, "allowed": allowed}, on)]


def _read_day(it: Field, text: str, on: str) -> Found:
    try:
        return date.fromisoformat(text).isoformat(), []
    except ValueError:
        return "", [Problem(NOT_A_DAY, {"label": it.label, "value": text[:NAME_CHARS]}, on)]


def _read_choice(it: Field, text: str, on: str) -> Found:
    if text in {option.key for option in it.choices}:
        return (text == "yes" if it.kind == "yes_no" else text), []
    return "", [Problem(NOT_A_CHOICE, {"label": it.label, "value": text[:NAME_CHARS]}, on)]


_READ: Final[dict[str, Callable[[Field, str, str], Found]]] = {
    "text": _read_text,
    "long": _read_text,
    "number": _read_number,
    "money": _read_money,
    "date": _read_day,
    "choice": _read_choice,
    "yes_no": _read_choice,
    "verdict": _read_choice,
}


# What must hold between fields


def _in_order(template: Template, check: Check, values: Mapping[str, Any], prefix: str) -> Iterator[Problem]:
    first, second = (template.field(name) for name in check.fields)
    a, b = (values.get(each.key) for each in (first, second))
    if a is None or b is None:
        return
    if (a > b) if first.kind == "date" else (Decimal(a) > Decimal(b)):
        yield Problem(WRONG_ORDER, {"first": first.label, "second": second.label}, prefix + second.key)


def _one_of(template: Template, check: Check, values: Mapping[str, Any], prefix: str) -> Iterator[Problem]:
    if not any(name in values for name in check.fields):
        labels = "、".join(str(template.field(name).label) for name in check.fields)
        yield Problem(ONE_OF_THEM, {"labels": labels}, prefix + check.fields[0])


_RELATIONS: Final[dict[str, Callable[[Decimal, Decimal], bool]]] = {"=": Decimal.__eq__, "<=": Decimal.__le__, ">=": Decimal.__ge__}


def _sum(template: Template, check: Check, values: Mapping[str, Any], prefix: str) -> Iterator[Problem]:
    table, _dot, column = check.fields[0].partition(".")
    rows = values.get(table, [])
    wanted = values.get(check.wanted, "") if not _FIGURE.fullmatch(check.wanted) else check.wanted
    if not rows or not wanted:
        return
    total = sum((Decimal(row.get(column, 0)) for row in rows), Decimal(0))
    if not _RELATIONS[check.relation](total, Decimal(wanted)):
        told = {"label": template.field(table).label, "sum": f"{total:,f}", "relation": check.relation, "wanted": f"{Decimal(wanted):,f}"}
        yield Problem(SUM_WRONG, told, prefix + table)


_CHECKS: Final[dict[str, Callable[[Template, Check, Mapping[str, Any], str], Iterator[Problem]]]] = {
    "in_order": _in_order,
    "one_of": _one_of,
    "sum": _sum,
}
