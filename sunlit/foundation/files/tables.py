"""Tables that people hand in, XLSX or CSV, as rows of cells. What the columns mean is said by those who asked for the table."""

from __future__ import annotations

import csv
import io
from typing import Any

from sunlit.foundation.files import workbooks

ENCODINGS = ("utf-8-sig", "gb18030")  # what office programs write here
DELIMITERS = ",;\t，"


class NotATable(ValueError):
    """The file cannot be read as rows and columns."""


def lines_of(data: bytes, media_type: str) -> list[list[Any]]:
    """The rows of a CSV file, or of the first sheet of a workbook. Raises NotATable."""
    return _csv(data) if media_type == "text/csv" else _workbook(data)


def _workbook(data: bytes) -> list[list[Any]]:
    try:
        return workbooks.table(data)
    except workbooks.Unreadable as fault:
        raise NotATable(str(fault)) from None


def _csv(data: bytes) -> list[list[Any]]:
    """Whichever delimiter the heading has most of; UTF-8 with or without mark, or GB18030."""
    text = _decoded(data)
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as fault:
        raise NotATable(str(fault)) from None


def _decoded(data: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotATable("neither UTF-8 nor GB18030")
