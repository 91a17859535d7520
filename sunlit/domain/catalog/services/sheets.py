"""Tables of offers as files: the template to fill in, reading what comes back, and the bad rows with their problems."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from sunlit.domain.catalog.models import Attribute, Category, Tag
from sunlit.domain.catalog.rules.reading import ATTRIBUTE_PREFIX, CERTIFIED, NEEDED, key_of, plain
from sunlit.foundation.files import tables
from sunlit.foundation.kernel.refusals import Problem, Reason, Refused, check

UNREADABLE = Reason("CAT-050", _("The file cannot be read as a table: save it as XLSX or CSV and hand it in again."))
NO_ROWS = Reason("CAT-051", _("The file has a heading but no rows."))
COLUMN_UNKNOWN = Reason("CAT-052", _("The column “{column}” is not known. Download the template of the category and keep its headings."))
COLUMN_MISSING = Reason("CAT-053", _("The column “{column}” is missing. Download the template of the category and keep its headings."))
COLUMN_TWICE = Reason("CAT-054", _("The column “{column}” stands twice."))

COLUMNS: Final[Mapping[str, str | Promise]] = {
    "sku_code": _("SKU code"),
    "title": _("Product name"),
    "title_en": _("Product name in English"),
    "brand": _("Brand"),
    "brand_en": _("Brand in English"),
    "model": _("Model"),
    "unit": _("Unit"),
    "gtin": _("Barcode (GTIN)"),
    "price": _("Price (yuan)"),
    "stock": _("Stock"),
    "quantity_most": _("Most per order"),
    "delivery_days": _("Delivery (days)"),
    "delivery_regions": _("Delivery regions (codes; empty: everywhere)"),
    "warranty_months": _("Warranty (months)"),
    "tags": _("Policy tags"),
    "energy_saving_certificate": _("Energy-saving certificate no."),
    "energy_saving_expires_on": _("Energy-saving certificate ends on"),
    "environmental_label_certificate": _("Environmental label certificate no."),
    "environmental_label_expires_on": _("Environmental label certificate ends on"),
    "platform_832_certificate": _("Number on the 832 platform"),
    "platform_832_expires_on": _("Admitted to the 832 platform until"),
    "manufacturer_direct_certificate": _("Proof of manufacture no."),
    "manufacturer_direct_expires_on": _("Proof of manufacture ends on"),
    "detail": _("Description"),
}
CATEGORY: Final = "category"
PROBLEMS: Final = "problems"
EXTRA: Final[Mapping[str, str | Promise]] = {CATEGORY: _("Category code"), PROBLEMS: _("Problems")}
EXAMPLE_SKU: Final = "EXAMPLE-0001"
HEADING_ROWS: Final = 3  # where the keys may stand
COLUMNS_MOST: Final = 200
VALIDATED_ROWS: Final = 5_000
_RED: Final = PatternFill("solid", fgColor="FFF6D9D3")
_GREY: Final = Font(italic=True, color="FF8A8A8A")
_BOLD: Final = Font(bold=True)


@dataclass(frozen=True)
class Table:
    """The rows of a file: each with its number in the file and its cells by column key."""

    keys: Sequence[str]
    rows: Sequence[tuple[int, Mapping[str, Any]]]


def read_table(data: bytes, media_type: str, template: Sequence[Attribute], *, one_category: bool) -> Table:
    """The table in a file. Refused: CAT-050 unreadable, CAT-051 no rows, CAT-052 … CAT-054 a column is unknown, missing or there twice."""
    lines = _lines(data, media_type)
    start, keys = _heading(lines, _names(template))
    check(_column_problems(keys, one_category))
    rows = [
        (number, dict(zip(keys, cells, strict=False))) for number, cells in enumerate(lines[start:], start + 1) if any(map(plain, cells))
    ]
    rows = [(number, raw) for number, raw in rows if plain(raw.get("sku_code")) != EXAMPLE_SKU]
    if not rows:
        raise Refused(Problem(NO_ROWS, on="file"))
    return Table(keys, rows)


def label_of(key: str, template: Sequence[Attribute]) -> str:
    """What a column is called in the active language."""
    if key.startswith(ATTRIBUTE_PREFIX):
        line = next((line for line in template if line.key == key.removeprefix(ATTRIBUTE_PREFIX)), None)
        return _attribute_label(line) if line else key.removeprefix(ATTRIBUTE_PREFIX)
    return str(COLUMNS.get(key) or EXTRA.get(key) or key)


def template_workbook(category: Category, template: Sequence[Attribute]) -> bytes:
    """The table to fill in for a category: headings in the active language, hidden keys, choices to pick from, an example row."""
    book = Workbook()
    sheet, lists = book.active, book.create_sheet("choices")
    assert isinstance(sheet, Worksheet)
    sheet.title = category.code
    lists.sheet_state = "hidden"
    keys = [*COLUMNS, *(f"{ATTRIBUTE_PREFIX}{line.key}" for line in template)]
    needed = {*NEEDED, *(f"{ATTRIBUTE_PREFIX}{line.key}" for line in template if line.required)}
    example = _example(category, template)
    for column, key in enumerate(keys, 1):
        heading = sheet.cell(1, column, label_of(key, template) + (" *" if key in needed else ""))
        heading.font, heading.alignment = _BOLD, Alignment(wrap_text=True, vertical="top")
        sheet.cell(2, column, key)
        sheet.cell(3, column, example.get(key, "")).font = _GREY
        sheet.column_dimensions[get_column_letter(column)].width = 32 if key in ("title", "detail") else 16
    sheet.row_dimensions[2].hidden = True
    sheet.freeze_panes = "B4"
    _offer_choices(sheet, lists, keys, template)
    return _saved(book)


def bad_rows_workbook(table: Table, bad: Iterable[tuple[int, Sequence[Problem]]], template: Sequence[Attribute]) -> bytes:
    """The rows with problems as they were, wrong cells coloured, what is wrong in the last column: correct it and hand it in again."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("offers")
    keys = [*(key for key in table.keys if key != PROBLEMS), PROBLEMS]
    sheet.row_dimensions[2].hidden = True
    sheet.append([_text(sheet, label_of(key, template), font=_BOLD) for key in keys])
    sheet.append([_text(sheet, key) for key in keys])
    by_number = dict(table.rows)
    for number, problems in bad:
        wrong = {problem.on for problem in problems}
        raw = {**by_number[number], PROBLEMS: "\n".join(_told(problem, template) for problem in problems)}
        sheet.append([_text(sheet, raw.get(key), fill=_RED if key in wrong or key == PROBLEMS else None) for key in keys])
    return _saved(book)


def _told(problem: Problem, template: Sequence[Attribute]) -> str:
    return f"{problem.code} {label_of(problem.on, template)}: {problem.message}" if problem.on else f"{problem.code} {problem.message}"


def _saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _text(sheet: Any, value: Any, *, font: Font | None = None, fill: PatternFill | None = None) -> WriteOnlyCell:
    """A cell that is text whatever it looks like: a value that begins with = must not become a formula in somebody's office program."""
    lines = "\n".join(plain(line) for line in value.split("\n")) if isinstance(value, str) else plain(value)
    cell = WriteOnlyCell(sheet, value=lines)
    cell.data_type = "s"
    if font:
        cell.font = font
    if fill:
        cell.fill = fill
    return cell


def _offer_choices(sheet: Worksheet, lists: Any, keys: Sequence[str], template: Sequence[Attribute]) -> None:
    """Lists to pick from; they stand on a hidden sheet, for a list inside the rule may have 255 characters only."""
    for place, line in enumerate((line for line in template if line.type == "choice" and line.choices), 1):
        words = line.choices_en if _english() and len(line.choices_en) == len(line.choices) else line.choices
        for row, word in enumerate(words, 1):
            lists.cell(row, place, word)
        source = get_column_letter(place)
        rule = DataValidation(type="list", formula1=f"choices!${source}$1:${source}${len(words)}", allow_blank=not line.required)
        column = get_column_letter(keys.index(f"{ATTRIBUTE_PREFIX}{line.key}") + 1)
        rule.add(f"{column}3:{column}{VALIDATED_ROWS}")
        sheet.add_data_validation(rule)


def _example(category: Category, template: Sequence[Attribute]) -> dict[str, str]:
    told = {
        "sku_code": EXAMPLE_SKU,
        "title": f"示例 {category.name_zh} X-100",
        "brand": "示例",
        "model": "X-100",
        "unit": category.unit,
        "price": "1299.00",
        "stock": "50",
        "delivery_days": "3",
        "warranty_months": "12",
        "tags": str(Tag.SME.label),
    }
    values = {"number": "1", "text": "—"}
    return told | {
        f"{ATTRIBUTE_PREFIX}{line.key}": line.choices[0] if line.type == "choice" and line.choices else values.get(line.type, "")
        for line in template
    }


def _attribute_label(line: Attribute) -> str:
    name = line.name_en if _english() and line.name_en else line.name_zh
    unit = line.unit_en if _english() and line.unit_en else line.unit
    return f"{name} ({unit})" if unit else name


def _english() -> bool:
    return (get_language() or "").startswith("en")


def _names(template: Sequence[Attribute]) -> dict[str, str]:
    """Every name that a column may have, in either language, to its key."""
    keys = [*COLUMNS, *EXTRA, *(f"{ATTRIBUTE_PREFIX}{line.key}" for line in template)]
    names = {key_of(key): key for key in keys}
    for language in ("zh-hans", "en"):
        with translation.override(language):
            names |= {key_of(label_of(key, template)): key for key in keys}
    for line in template:
        names |= {
            key_of(name): f"{ATTRIBUTE_PREFIX}{line.key}" for name in (line.name_zh, line.name_en) if name and key_of(name) not in names
        }
    return names


def _heading(lines: Sequence[Sequence[Any]], names: Mapping[str, str]) -> tuple[int, list[str]]:
    """Where the rows begin, and the key of each column; a row of keys counts more than the words above it."""
    if not lines:
        raise Refused(Problem(NO_ROWS, on="file"))
    exact = set(names.values())
    for index, line in enumerate(lines[:HEADING_ROWS]):
        if "sku_code" in (cells := [plain(cell) for cell in line]):
            return index + 1, [
                cell if cell in exact or cell.startswith(ATTRIBUTE_PREFIX) else _known(cell, names) for cell in _until_blank(cells)
            ]
    return 1, [_known(plain(cell), names) for cell in _until_blank([plain(cell) for cell in lines[0]])]


def _until_blank(cells: Sequence[str]) -> Sequence[str]:
    """Without the empty columns at the end."""
    last = max((index for index, cell in enumerate(cells) if cell), default=-1)
    return cells[: last + 1]


def _known(cell: str, names: Mapping[str, str]) -> str:
    """The key of a heading; the heading itself, marked, when it is unknown."""
    return names.get(key_of(cell.rstrip("* ")), f"?{cell}")


def _column_problems(keys: Sequence[str], one_category: bool) -> Iterator[Problem]:
    needed = NEEDED if one_category else (*NEEDED, CATEGORY)
    for key in dict.fromkeys(keys):
        if key.startswith("?"):
            yield Problem(COLUMN_UNKNOWN, {"column": key[1:] or "—"}, on="file")
        elif keys.count(key) > 1:
            yield Problem(COLUMN_TWICE, {"column": label_of(key, ())}, on="file")
    yield from (Problem(COLUMN_MISSING, {"column": label_of(key, ())}, on="file") for key in needed if key not in keys)


def _lines(data: bytes, media_type: str) -> list[list[Any]]:
    try:
        return [row[:COLUMNS_MOST] for row in tables.lines_of(data, media_type)]
    except tables.NotATable:
        raise Refused(Problem(UNREADABLE, on="file")) from None


assert {f"{tag}_{part}" for tag in CERTIFIED for part in ("certificate", "expires_on")} <= set(COLUMNS), (
    "every certified tag has its columns"
)
