"""What a file must be before it is kept: its type is told by its content, never by its name or the browser's word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import filetype
from django.utils.translation import gettext_lazy as _

from sunlit.foundation.files import pictures, workbooks
from sunlit.foundation.files.purposes import DOCUMENT, IMAGE, SHEET, Purpose
from sunlit.foundation.kernel.refusals import Problem, Reason

EMPTY = Reason("FIL-001", _("The file “{name}” is empty. Choose another one."))
TOO_LARGE = Reason("FIL-002", _("The file “{name}” is larger than {limit} MB. Make it smaller or split it."))
WRONG_TYPE = Reason("FIL-003", _("The content of “{name}” is not of a type accepted here. Accepted: {accepted}."))
ACTIVE_MARKUP = Reason("FIL-004", _("“{name}” is an SVG, HTML or XML file, which can carry programs. Save it as PNG, JPEG or PDF."))
ACTIVE_PDF = Reason("FIL-005", _("The PDF “{name}” contains programs ({found}). Print it to a new PDF and send that."))
BROKEN_PDF = Reason("FIL-006", _("The PDF “{name}” is cut off or damaged. Save it again."))
NOT_TEXT = Reason("FIL-007", _("“{name}” is not a readable text table: it is neither UTF-8 nor GB18030."))

TYPES = {
    "image/jpeg": (IMAGE, "jpg"),
    "image/png": (IMAGE, "png"),
    "image/webp": (IMAGE, "webp"),
    "application/pdf": (DOCUMENT, "pdf"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (SHEET, "xlsx"),
    "text/csv": (SHEET, "csv"),
}
ACCEPTED = {IMAGE: "JPEG, PNG, WebP", DOCUMENT: "PDF", SHEET: "XLSX, CSV"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

NAME_CHARS = 120
_MARKUP = re.compile(rb"\s*<(\?xml|!doctype|!--|svg|html|head|body|script)", re.IGNORECASE)
_PDF_PROGRAMS = re.compile(rb"/(JavaScript|Launch)(?=[\s/<\[(>])")
_BIDI = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_FORBIDDEN_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\/;]')


def type_of(data: bytes) -> str:
    """The media type by content; empty when it is none that we keep. Plain text without markup counts as a CSV table."""
    if data.startswith(b"PK\x03\x04"):
        return XLSX if workbooks.looks_like_one(data) else ""
    if not data.startswith(b"%PDF-") and is_text(data):  # before guessing: a table may begin with "BM" and be no bitmap
        return "" if is_markup(data) else "text/csv"
    guess = filetype.guess_mime(data[:8192]) or ""
    return guess if guess in TYPES else ""


def is_text(data: bytes) -> bool:
    """Readable as UTF-8 or GB18030, without control characters."""
    text = decoded(data)
    return text is not None and not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)


def decoded(data: bytes) -> str | None:
    """The text of a table as offices save it: UTF-8 with or without mark, or GB18030; None when it is neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def is_markup(data: bytes) -> bool:
    return bool(_MARKUP.match(data.removeprefix(b"\xef\xbb\xbf")[:1024]))


def has_a_fitting_size(name: str, size: int, purpose: Purpose) -> Iterator[Problem]:
    """Something is in it, and not more than the purpose allows."""
    if size == 0:
        yield Problem(EMPTY, {"name": name}, on="file")
    if size > purpose.bytes_most:
        yield Problem(TOO_LARGE, {"name": name, "limit": purpose.bytes_most // (1024 * 1024)}, on="file")


def is_of_an_accepted_type(name: str, data: bytes, media_type: str, purpose: Purpose) -> Iterator[Problem]:
    """Its content, not its name, is of a kind that the purpose takes."""
    if media_type and TYPES[media_type][0] in purpose.kinds:
        return
    if is_markup(data):
        yield Problem(ACTIVE_MARKUP, {"name": name}, on="file")
    elif purpose.kinds == {SHEET} and not media_type and name.lower().endswith((".csv", ".txt")):
        yield Problem(NOT_TEXT, {"name": name}, on="file")
    else:
        accepted = ", ".join(ACCEPTED[kind] for kind in sorted(purpose.kinds))
        yield Problem(WRONG_TYPE, {"name": name, "accepted": accepted}, on="file")


def is_safe_inside(name: str, data: bytes, media_type: str) -> Iterator[Problem]:
    """No bomb, no program, nothing damaged."""
    if media_type == "application/pdf":
        yield from _pdf_is_whole_and_passive(name, data)
    elif media_type == XLSX:
        yield from workbooks.is_harmless(name, data)
    elif media_type.startswith("image/"):
        yield from pictures.is_of_a_fitting_size(name, data)


def _pdf_is_whole_and_passive(name: str, data: bytes) -> Iterator[Problem]:
    if b"%%EOF" not in data[-2048:]:
        yield Problem(BROKEN_PDF, {"name": name}, on="file")
    if found := _PDF_PROGRAMS.search(data):
        yield Problem(ACTIVE_PDF, {"name": name, "found": found[1].decode()}, on="file")


def clean_name(name: str, extension: str) -> str:
    """A name fit for a disk and a header: no path, no control or direction marks, and the extension of the content."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    plain = _FORBIDDEN_IN_NAMES.sub("", _BIDI.sub("", last))
    stem = re.sub(r"\s+", " ", plain.rpartition(".")[0] or plain).strip(" .")
    return f"{stem[:NAME_CHARS] or 'file'}.{extension}"
