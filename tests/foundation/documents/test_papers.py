"""Papers: what people wrote stays text, the same content gives the same bytes, and the fonts have the characters."""

from __future__ import annotations

import re
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sunlit.foundation.documents import papers
from sunlit.foundation.documents.papers import CannotPrint, Paper, heading, missing_characters, pairs, paragraph, printed, signatures, table

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
NASTY = '#import "x.typ": * $x^2$ `raw` *bold* _em_ <label> @ref \\ // comment /* */ #panic("no") "quoted" = 标题\n- 项\n#eval("1+1") ${1}'
PAPER = Paper(
    title="履约验收书",
    number="DD-20260302-0001-YS1",
    issuer="梨城实验中学",
    digest="ab" * 32,
    verify="https://sunlit.example/verify/?number=DD-20260302-0001",
    at=NOON,
    blocks=(
        heading("验收内容"),
        paragraph("经验收，货物符合约定。"),
        pairs(("订单", "DD-20260302-0001"), ("采购人", "梨城实验中学")),
        table("逐项", ("序号", "名称", "数量"), [("1", "复印纸", "10"), ("2", "台式计算机", "3")], numeric=(2,)),
        signatures("验收人员", "采购人（盖章）"),
    ),
)


def pages(pdf: bytes) -> int:
    """How many pages the PDF has, also where its objects are packed."""
    unpacked = pdf + b"".join(_inflated(stream) for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL))
    return len(re.findall(rb"/Type\s*/Page[^s]", unpacked))


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def test_the_same_content_gives_the_same_bytes_and_other_content_others() -> None:
    first = printed(PAPER)
    assert first.startswith(b"%PDF-")
    assert printed(PAPER) == first
    assert printed(replace(PAPER, digest="cd" * 32)) != first
    assert printed(replace(PAPER, number="DD-2")) != first


@pytest.mark.parametrize("part", ["title", "number", "issuer", "digest"])
def test_what_people_wrote_is_never_code_at_the_head(part: str) -> None:
    changed: dict[str, Any] = {part: NASTY}
    assert pages(printed(replace(PAPER, **changed))) == 1


def test_what_people_wrote_is_never_code_in_the_text() -> None:
    blocks = (heading(NASTY), paragraph(NASTY), pairs((NASTY, NASTY)), table(NASTY, (NASTY, "数量"), [(NASTY, NASTY)]), signatures(NASTY))
    assert pages(printed(replace(PAPER, blocks=blocks))) >= 1


def test_a_long_table_goes_on_over_the_pages() -> None:
    rows = [(str(n), f"第 {n} 项货物", "1") for n in range(120)]
    assert pages(printed(replace(PAPER, blocks=(table("", ("序号", "名称", "数量"), rows),)))) > 2


def test_many_at_once_are_told_apart() -> None:
    wanted = [replace(PAPER, number=f"DD-{n}") for n in range(8)]
    alone = [printed(it) for it in wanted]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(printed, wanted)) == alone


def test_the_fonts_have_what_papers_are_written_with() -> None:
    assert missing_characters() == []
    assert missing_characters("陽\U0001f600") == ["\U0001f600 (NotoSerifSC_400Regular.ttf)", "\U0001f600 (NotoSerifSC_700Bold.ttf)"]


def test_without_fonts_nothing_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "FONTS", tmp_path)
    papers._compiler.cache_clear()
    try:
        with pytest.raises(CannotPrint, match="hatch_build"):
            printed(PAPER)
    finally:
        papers._compiler.cache_clear()
