"""Workbooks (XLSX): a zip that strangers packed. It is unpacked in thought, entry by entry, before anybody reads it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from django.utils.translation import gettext_lazy as _
from python_calamine import CalamineError, CalamineWorkbook

from sunlit.foundation.kernel.refusals import Problem, Reason

TOO_MANY_ENTRIES = Reason(
    "FIL-020", _("The workbook “{name}” has {found} parts inside; at most {limit} are accepted. Save the data sheet alone.")
)
UNPACKS_TOO_LARGE = Reason("FIL-021", _("The workbook “{name}” unpacks to more than {limit} MB. Delete empty formatted rows or split it."))
PACKED_TOO_TIGHT = Reason(
    "FIL-022",
    _("The workbook “{name}” is packed more than {limit} times: that is no ordinary table. Save it again from your office program."),
)
HAS_MACROS = Reason("FIL-023", _("The workbook “{name}” contains macros. Save it as a plain .xlsx without macros."))
HAS_LINKS = Reason(
    "FIL-024", _("The workbook “{name}” takes data from elsewhere ({part}). Break the links, keep the values, and save it again.")
)
HAS_ARCHIVES = Reason("FIL-025", _("The workbook “{name}” contains another file ({part}). Remove embedded objects and save it again."))
SPANS_TOO_MUCH = Reason(
    "FIL-027",
    _(
        "The workbook “{name}” has a sheet that spans {rows} rows and {columns} columns; at most {limit} million cells are accepted."
        " Delete what stands far away from the table, also empty formatted rows and columns."
    ),
)
DAMAGED = Reason("FIL-026", _("The workbook “{name}” is damaged or protected by a password. Save it again without a password."))

ENTRIES_MOST = 2000
UNPACKED_MOST = 200 * 1024 * 1024
RATIO_MOST = 150
RATIO_FROM = 5 * 1024 * 1024  # small tables of equal rows pack very well and harm nobody
CELLS_MOST = 5_000_000  # of the rectangle around a sheet's cells: readers lay all of it out, however few are filled
CHUNK = 1024 * 1024

_ARCHIVES = (b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")
_MACROS = re.compile(r"vbaProject|macrosheets/|vbaData", re.IGNORECASE)
_LINKS = re.compile(r"(externalLinks/|connections\.xml|queryTables/|model/item\.data)", re.IGNORECASE)
_EMBEDDED = re.compile(r"(embeddings/|activeX/|ctrlProps/|oleObject)", re.IGNORECASE)
_OTHER_KIND = re.compile(r"(^|/)(workbook\.bin|content\.xml|mimetype)$", re.IGNORECASE)  # a second document that a reader could prefer
_DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_BROKEN = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError)


class Unreadable(Exception):
    """The workbook's first sheet cannot be read as a table."""


def table(data: bytes) -> list[list[Any]]:
    """The cells of the first sheet, from A1 on. The one place where workbooks are read. Raises Unreadable, whatever the reader stumbles over."""
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, ArithmeticError, *_BROKEN, LookupError) as error:
        raise Unreadable(str(error)) from None
    except BaseException as error:
        if type(error).__module__ != "pyo3_runtime":  # a panic of the reader's Rust, which is no Exception
            raise
        raise Unreadable(str(error)) from None


class Span:
    """How far the cells of a sheet reach, from A1 on: by what they say of their places and, where they say nothing, by counting."""

    def __init__(self) -> None:
        self.rows = self.columns = self.row = self.column = 0
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self._take

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    def read(self, chunk: bytes, *, last: bool = False) -> None:
        """Raises expat.ExpatError where the part is no XML."""
        self.parser.Parse(chunk, last)

    def _take(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag not in ("row", "c"):
            return
        column, row = _place(attributes.get("r", ""))
        if tag == "row":
            self.row, self.column = row or self.row + 1, 0
        else:
            self.row, self.column = row or self.row, column or self.column + 1
        self.rows, self.columns = max(self.rows, self.row), max(self.columns, self.column)


def _place(text: str) -> tuple[int, int]:
    """The numbers of column and row: "B12" is (2, 12); what is missing is 0."""
    column, row = 0, 0
    for sign in text[:24].upper():
        if "A" <= sign <= "Z":
            column = column * 26 + ord(sign) - 64
        elif "0" <= sign <= "9":
            row = row * 10 + ord(sign) - 48
    return column, row


def looks_like_one(data: bytes) -> bool:
    """A zip with the two parts that every workbook has."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            names = set(book.namelist())
    except _BROKEN:
        return False
    return "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names)


def is_harmless(name: str, data: bytes) -> Iterator[Problem]:
    """Few parts, of bearable size, with no macro, link, embedded file or XML declaration that could unfold."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            yield from _first_fault(name, data, book)
    except _BROKEN:
        yield Problem(DAMAGED, {"name": name}, on="file")


def _first_fault(name: str, data: bytes, book: zipfile.ZipFile) -> Iterator[Problem]:
    entries = book.infolist()
    if len(entries) > ENTRIES_MOST:
        yield Problem(TOO_MANY_ENTRIES, {"name": name, "found": len(entries), "limit": ENTRIES_MOST}, on="file")
        return
    fault = _fault_of_names(name, entries) or _fault_of_size(name, sum(entry.file_size for entry in entries), len(data))
    fault = fault or _fault_of_content(name, data, book, entries)
    if fault:
        yield fault


def _fault_of_names(name: str, entries: list[zipfile.ZipInfo]) -> Problem | None:
    if any(_OTHER_KIND.search(entry.filename) for entry in entries):
        return Problem(DAMAGED, {"name": name}, on="file")
    for reason, pattern in ((HAS_MACROS, _MACROS), (HAS_LINKS, _LINKS), (HAS_ARCHIVES, _EMBEDDED)):
        for entry in entries:
            if pattern.search(entry.filename):
                return Problem(reason, {"name": name, "part": entry.filename}, on="file")
    return None


def _fault_of_size(name: str, unpacked: int, packed: int) -> Problem | None:
    if unpacked > UNPACKED_MOST:
        return Problem(UNPACKS_TOO_LARGE, {"name": name, "limit": UNPACKED_MOST // (1024 * 1024)}, on="file")
    if unpacked > RATIO_FROM and unpacked > packed * RATIO_MOST:
        return Problem(PACKED_TOO_TIGHT, {"name": name, "limit": RATIO_MOST}, on="file")
    return None


def _fault_of_content(name: str, data: bytes, book: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> Problem | None:
    """Headers can lie about sizes, so every entry is really unpacked, chunk by chunk, and counted."""
    unpacked = 0
    for entry in entries:
        with book.open(entry) as part:
            before, span = b"", Span()
            while chunk := part.read(CHUNK):
                unpacked += len(chunk)
                fault = _fault_of_size(name, unpacked, len(data)) or _fault_of_chunk(name, entry.filename, before, chunk)
                fault = fault or _fault_of_span(name, entry.filename, span, before, chunk)
                if fault:
                    return fault
                before = chunk[-16:]
            if fault := _fault_of_span(name, entry.filename, span, before, b"", last=True):
                return fault
    return None


def _fault_of_span(name: str, part: str, span: Span, before: bytes, chunk: bytes, *, last: bool = False) -> Problem | None:
    """A reader lays out the whole rectangle around the cells: two cells in opposite corners would fill every memory."""
    if not part.endswith((".xml", ".rels")):
        return Problem(DAMAGED, {"name": name}, on="file") if b"sheetData" in before + chunk else None  # a sheet under a false name
    try:
        span.read(chunk, last=last)
    except expat.ExpatError:
        return Problem(DAMAGED, {"name": name}, on="file")
    if span.cells <= CELLS_MOST:
        return None
    told = {"name": name, "rows": span.rows, "columns": span.columns, "limit": CELLS_MOST // 1_000_000}
    return Problem(SPANS_TOO_MUCH, told, on="file")


def _fault_of_chunk(name: str, part: str, before: bytes, chunk: bytes) -> Problem | None:
    if not before and chunk.startswith(_ARCHIVES):
        return Problem(HAS_ARCHIVES, {"name": name, "part": part}, on="file")
    if not part.endswith((".xml", ".rels")):
        return None
    if chunk.startswith((b"\xff\xfe", b"\xfe\xff")) or _DECLARATION.search(before + chunk):
        return Problem(DAMAGED, {"name": name}, on="file")
    if part == "[Content_Types].xml" and b"macroEnabled" in chunk:
        return Problem(HAS_MACROS, {"name": name}, on="file")
    return None
