"""Papers to be printed: plain content in, the bytes of a PDF out, the same bytes for the same content.

What people wrote goes to Typst as JSON data and never as its source: there it is text, whatever it looks like. One compiler serves the process.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Final

import segno
import typst
from PIL import ImageFont

HERE: Final = Path(__file__).parent
FONTS: Final = HERE / "fonts"  # put there by the build (hatch_build.py)
FAMILY: Final = "Noto Serif SC"
FACES: Final = ("NotoSerifSC_400Regular.ttf", "NotoSerifSC_700Bold.ttf")
SOURCE: Final = "paper.typ"
NEEDED: Final = (
    "陽光採購雲政府采购验收书声明函巴音郭楞蒙古自治州库尔勒、，。《》〔〕¥≥≤①%0123ABCabc"  # characters that every face must have
)
NARROWEST: Final = 6  # of a column beside others, in halves of a Chinese character
WIDEST: Final = 44
WIDE_FROM: Final = "\u2e80"


class CannotPrint(RuntimeError):
    """The fonts are missing, or a paper does not fit."""


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a paper: a heading, a paragraph, label and text side by side, a table, or lines to sign on."""

    kind: str  # heading, text, pairs, table, signatures
    text: str = ""
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    numeric: tuple[int, ...] = ()  # the columns of figures, from 0


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole paper. `verify` is the address where its digest can be looked up; `page` is told as “{n}” and “{all}”."""

    title: str
    number: str
    issuer: str
    digest: str
    verify: str
    at: datetime
    blocks: Sequence[Block]
    language: str = "zh"
    digest_label: str = "摘要"
    verify_label: str = "查验"
    page_label: str = "第 {n} 页 共 {all} 页"


def heading(text: str) -> Block:
    return Block("heading", text)


def paragraph(text: str) -> Block:
    return Block("text", text)


def pairs(*rows: tuple[str, str]) -> Block:
    return Block("pairs", rows=rows)


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[int] = ()) -> Block:
    return Block("table", caption, tuple(heads), tuple(tuple(row) for row in rows), tuple(numeric))


def signatures(*labels: str) -> Block:
    return Block("signatures", rows=tuple((label,) for label in labels))


def printed(paper: Paper) -> bytes:
    """The PDF. Raises CannotPrint when the fonts are not there."""
    data = json.dumps(_data(paper), ensure_ascii=False, sort_keys=True)
    with _LOCK:
        pdf = _compiler().compile(format="pdf", sys_inputs={"data": data}, timestamp=int(paper.at.timestamp()))
    assert isinstance(pdf, bytes)
    return pdf


def missing_characters(text: str = NEEDED) -> list[str]:
    """The characters that a face lacks, by face; Typst would print boxes and say nothing. Raises CannotPrint without the fonts."""
    lacking: list[str] = []
    for face in FACES:
        font = ImageFont.truetype(str(_face(face)), 24)
        blank = _drawn(font, "\U0010fffd")
        lacking += [f"{char} ({face})" for char in dict.fromkeys(text) if _drawn(font, char) == blank]
    return lacking


def _drawn(font: ImageFont.FreeTypeFont, char: str) -> bytes:
    return bytes(font.getmask(char))


def _data(paper: Paper) -> dict[str, Any]:
    before, between, after = _around(paper.page_label)
    plain = {
        name: getattr(paper, name) for name in ("title", "number", "issuer", "digest", "verify", "language", "digest_label", "verify_label")
    }
    return {
        **plain,
        "page": [before, between, after],
        "blocks": [_block(it) for it in paper.blocks],
        "code": _code(paper.verify) if paper.verify else "",
    }


def _block(it: Block) -> dict[str, Any]:
    columns = list(zip(it.heads, *it.rows, strict=True)) if it.kind == "table" else []
    widths = [min(max(*map(_width, column), NARROWEST), WIDEST) for column in columns]
    return {"kind": it.kind, "text": it.text, "heads": it.heads, "rows": it.rows, "numeric": it.numeric, "widths": widths}


def _width(text: str) -> int:
    """How wide the text is in halves of a Chinese character."""
    return max((sum(1 + (char > WIDE_FROM) for char in line) for line in text.split("\n")), default=0)


def _around(label: str) -> tuple[str, str, str]:
    before, _n, rest = label.partition("{n}")
    between, _all, after = rest.partition("{all}")
    return before, between, after


def _code(address: str) -> str:
    """The address as a QR code, drawn in SVG."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", border=0, xmldecl=False, svgns=True)
    return drawn.getvalue().decode()


def _face(name: str) -> Path:
    path = FONTS / name
    if not path.exists():
        raise CannotPrint("The fonts for papers are not there. Run make, or: .venv/bin/python hatch_build.py.")
    return path


_LOCK: Final = Lock()  # the compiler keeps its own state between papers


@cache
def _compiler() -> typst.Compiler:
    folders: list[Any] = sorted({_face(name).parent for name in FACES})
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    return typst.Compiler(str(HERE / SOURCE), root=str(HERE), font_paths=fonts)
