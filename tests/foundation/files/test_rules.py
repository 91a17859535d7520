"""What a file is, told by its content; and names fit for a disk and a header."""

from __future__ import annotations

import pytest

from sunlit.foundation.files.rules import XLSX, clean_name, decoded, type_of
from tests.foundation.files.samples import gif, jpeg, pdf, png, webp, workbook


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (jpeg(), "image/jpeg"),
        (png(), "image/png"),
        (webp(), "image/webp"),
        (pdf(), "application/pdf"),
        (workbook(), XLSX),
        (b"code,price\n1,2.50\n", "text/csv"),
        ("编码,单价\n1,2.50\n".encode(), "text/csv"),
        ("编码,单价\n1,2.50\n".encode("gb18030"), "text/csv"),
        ("\ufeff编码,单价\n".encode(), "text/csv"),
        (b"BMI,price\n22,2.50\n", "text/csv"),
        (gif(), ""),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ""),
        (b"\xef\xbb\xbf  <?xml version='1.0'?><svg/>", ""),
        (b"<!DOCTYPE html><script>1</script>", ""),
        (b"PK\x03\x04 nothing more", ""),
        (b"MZ\x90\x00\x03", ""),
        (b"\x00\x01\x02", ""),
        ("编码".encode("utf-16"), ""),
    ],
)
def test_the_type_is_told_by_the_content(data: bytes, media_type: str) -> None:
    assert type_of(data) == media_type


@pytest.mark.parametrize(
    ("given", "extension", "clean"),
    [
        ("营业执照.pdf", "pdf", "营业执照.pdf"),
        (r"C:\Users\li\报价 单.XLSX", "xlsx", "报价 单.xlsx"),
        ("../../etc/passwd", "csv", "passwd.csv"),
        ("invoice\u202efdp.exe", "pdf", "invoicefdp.pdf"),
        ('a"b;c\r\nd.png', "png", "abcd.png"),
        ("...", "jpg", "file.jpg"),
        ("", "jpg", "file.jpg"),
        ("长" * 300 + ".png", "png", "长" * 120 + ".png"),
    ],
)
def test_names_are_cleaned(given: str, extension: str, clean: str) -> None:
    assert clean_name(given, extension) == clean


def test_tables_are_read_as_offices_save_them() -> None:
    assert decoded("\ufeff单价".encode()) == "单价"
    assert decoded("单价".encode("gb18030")) == "单价"
    assert decoded(b"\xff\xff") is None
