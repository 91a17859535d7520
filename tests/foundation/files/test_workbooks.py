"""Workbooks that strangers packed: the ordinary ones pass, each kind of trap is named."""

from __future__ import annotations

import struct
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest

from sunlit.foundation.files import workbooks
from tests.foundation.files.samples import lasting, workbook


def codes(data: bytes) -> list[str]:
    return [problem.code for problem in workbooks.is_harmless("价目.xlsx", data)]


def test_an_ordinary_workbook_of_ten_thousand_rows_passes() -> None:
    assert codes(workbook(rows=10_000)) == []


@pytest.mark.parametrize(
    ("part", "content", "code"),
    [
        ("xl/vbaProject.bin", b"x", "FIL-023"),
        ("xl/macrosheets/sheet1.xml", b"<x/>", "FIL-023"),
        ("xl/externalLinks/externalLink1.xml", b"<x/>", "FIL-024"),
        ("xl/connections.xml", b"<x/>", "FIL-024"),
        ("xl/embeddings/oleObject1.bin", b"x", "FIL-025"),
        ("xl/media/inner.png", b"PK\x03\x04 a zip in disguise", "FIL-025"),
        ("xl/custom.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "FIL-026"),
        ("xl/custom.xml", "<a/>".encode("utf-16"), "FIL-026"),
    ],
)
def test_each_trap_is_named(part: str, content: bytes, code: str) -> None:
    assert codes(workbook(extra={part: content})) == [code]


def test_a_declaration_across_two_chunks_is_seen(monkeypatch) -> None:
    monkeypatch.setattr(workbooks, "CHUNK", 8)
    assert codes(workbook(rows=1, extra={"xl/custom.xml": b"<?xml?><!DOCTYPE a>"})) == ["FIL-026"]


def test_too_many_parts() -> None:
    assert codes(workbook(extra={f"xl/media/{n}.txt": b"x" for n in range(2000)})) == ["FIL-020"]


def test_a_bomb_is_refused_by_its_size() -> None:
    assert codes(workbook(extra={"xl/worksheets/sheet9.xml": bytes(201 * 1024 * 1024)})) == ["FIL-021"]


def test_a_bomb_is_refused_by_its_tightness() -> None:
    assert codes(workbook(extra={"xl/worksheets/sheet9.xml": bytes(20 * 1024 * 1024)})) == ["FIL-022"]


def sheet(cells: str) -> bytes:
    return f'<?xml version="1.0"?><x:worksheet xmlns:x="urn:x"><x:sheetData>{cells}</x:sheetData></x:worksheet>'.encode()


@pytest.mark.parametrize(
    "cells",
    [
        '<x:row r="1"><x:c r="A1"/></x:row><x:row r="1048576"><x:c r="XFD1048576"/></x:row>',
        "<x:row><x:c x='>' r = 'XFD1'/></x:row><!-- <row r='1' --><x:row r='1048576'/>",
        "<x:row>" + "<x:c/>" * 2_500 + "</x:row>" + "<x:row><x:c/></x:row>" * 2_500,
    ],
)
def test_cells_that_lie_far_apart_are_refused_before_a_reader_lays_out_what_is_between(cells: str) -> None:
    assert codes(workbook(extra={"xl/worksheets/sheet9.xml": sheet(cells)})) == ["FIL-027"]


def test_a_sheet_that_is_cut_by_a_chunk_is_measured_all_the_same(monkeypatch) -> None:
    monkeypatch.setattr(workbooks, "CHUNK", 7)
    far = sheet('<x:row r="1048576"><x:c r="XFD1048576"/></x:row>')
    assert codes(workbook(rows=1, extra={"xl/worksheets/sheet9.xml": far})) == ["FIL-027"]


@pytest.mark.parametrize(
    ("part", "content"),
    [("xl/picture.png", b"<x:sheetData>"), ("content.xml", b"<a/>"), ("xl/workbook.bin", b"x"), ("xl/worksheets/sheet9.xml", b"<row <c>")],
)
def test_another_document_in_disguise_is_damage(part: str, content: bytes) -> None:
    assert codes(workbook(extra={part: content})) == ["FIL-026"]


def test_a_header_that_lies_about_the_size_is_damage() -> None:
    data = bytearray(workbook(extra={"xl/zero.xml": bytes(6 * 1024 * 1024)}))
    with zipfile.ZipFile(BytesIO(data)) as book:
        start = book.start_dir
    place = data.index(b"xl/zero.xml", start) - 46
    struct.pack_into("<I", data, place + 24, 1000)
    assert codes(bytes(data)) == ["FIL-026"]


def test_a_cut_workbook_is_damage() -> None:
    assert codes(workbook()[:-200]) == ["FIL-026"]


def test_the_cells_of_the_first_sheet_are_read_from_a1_on() -> None:
    assert workbooks.table(workbook(rows=2)) == [[0.0, "复印纸 0", "25.00"], [1.0, "复印纸 1", "25.00"]]
    assert workbooks.table(lasting("2")) == [[timedelta(days=2)]]


@pytest.mark.parametrize("data", [lasting("-1e12"), lasting("1e16"), workbook()[:-200], b"PK\x03\x04", b""])
def test_whatever_the_reader_stumbles_over_is_unreadable(data: bytes) -> None:
    """The first makes the reader panic, which is no Exception; the second overflows."""
    with pytest.raises(workbooks.Unreadable):
        workbooks.table(data)


def test_who_stops_the_process_is_not_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped:
        @staticmethod
        def from_filelike(_data: BytesIO) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(workbooks, "CalamineWorkbook", Stopped)
    with pytest.raises(KeyboardInterrupt):
        workbooks.table(b"")
