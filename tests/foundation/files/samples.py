"""Small files of every kind, good and bad, made as they are needed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import timedelta

from openpyxl import Workbook
from PIL import Image


def picture(form: str, size: tuple[int, int] = (30, 20), colour: str = "teal", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, form, **options)
    return out.getvalue()


def jpeg(**options: object) -> bytes:
    return picture("JPEG", **options)  # type: ignore[arg-type]


def png() -> bytes:
    return picture("PNG")


def webp() -> bytes:
    return picture("WEBP")


def gif() -> bytes:
    return picture("GIF")


def pdf(inside: bytes = b"") -> bytes:
    return b"%PDF-1.7\n1 0 obj<</Type/Catalog" + inside + b">>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def workbook(rows: int = 3, extra: Mapping[str, bytes] | None = None) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in range(rows):
        sheet.append([row, f"复印纸 {row}", "25.00"])
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as packed:
        for name, content in (extra or {}).items():
            packed.writestr(name, content)
    return out.getvalue()


def lasting(days: str) -> bytes:
    """A workbook with one cell that says it lasts so many days, however many."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append([timedelta(days=4321)])
    plain, told = io.BytesIO(), io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as packed, zipfile.ZipFile(told, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in packed.namelist():
            changed.writestr(name, packed.read(name).replace(b"<v>4321</v>", f"<v>{days}</v>".encode()))
    return told.getvalue()
