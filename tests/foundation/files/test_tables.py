"""Tables as rows of cells: whatever encoding and delimiter an office program chose, and nothing that is no table."""

import io

import pytest
from openpyxl import Workbook

from sunlit.foundation.files import tables

ROWS = [["编号", "金额"], ["ZB-1", "12.50"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "，"])
def test_csv_in_every_common_dress(encoding: str, delimiter: str) -> None:
    text = "\r\n".join(delimiter.join(row) for row in ROWS)
    assert tables.lines_of(text.encode(encoding), "text/csv") == ROWS


def test_the_first_sheet_of_a_workbook() -> None:
    book, kept = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for row in ROWS:
        sheet.append(row)
    book.create_sheet().append(["not read"])
    book.save(kept)
    assert tables.lines_of(kept.getvalue(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet") == ROWS


@pytest.mark.parametrize(("data", "media_type"), [(b"\x81", "text/csv"), (b"PK\x03\x04 cut off", "application/zip")])
def test_what_is_no_table(data: bytes, media_type: str) -> None:
    with pytest.raises(tables.NotATable):
        tables.lines_of(data, media_type)
