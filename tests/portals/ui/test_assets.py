"""What is sent to the browser: small, without inline scripts or styles, with every icon it names."""

import gzip
import re
from pathlib import Path

import pytest

import sunlit.portals
from sunlit.portals.ui import environment, signs

PORTALS = Path(sunlit.portals.__file__).parent
ASSETS = PORTALS / "ui" / "assets"
TEMPLATES = sorted(PORTALS.glob("*/templates/**/*.html"))
KIT_CSS_BYTES_MOST = 60_000
CSS_BYTES_MOST = 92_000  # with what single portals add
SCRIPT_BYTES_MOST = 120_000

KNOWN_ICONS = frozenset(re.findall(r"^[a-z0-9-]+", (ASSETS / "icons.txt").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PORTALS)))
def test_pages_keep_to_the_content_security_policy(path):
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(r"<[^>]*\sstyle=", text) == [], "inline styles are forbidden: use a class"
    assert re.findall(r"<[^>{]*\son[a-z]+=", text) == [], "inline handlers are forbidden: use data- attributes and main.js"
    assert re.findall(r"<script(?![^>]*(src=|application/json))[^>]*>", text) == [], "inline scripts are forbidden"
    assert "<style" not in text
    assert "hx-on" not in text
    assert re.findall(r"hx-(?:vals|headers)=.{0,3}js:", text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PORTALS)))
def test_every_icon_named_by_a_page_is_drawn(path):
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"""\bicon\(["']([a-z0-9-]+)["']""", text)) | set(re.findall(r"""\bicon_name=["']([a-z0-9-]+)["']""", text))
    assert named - KNOWN_ICONS == set()


def test_every_icon_named_in_python_is_drawn():
    assert {*signs.BY_CODE.values(), *signs.BY_WORD.values(), signs.OTHER} - KNOWN_ICONS == set()
    named = {icon for path in PORTALS.glob("*/navigation.py") for icon in re.findall(r"""icon=["']([a-z0-9-]+)["']""", path.read_text())}
    assert named - KNOWN_ICONS == set()


def test_the_style_sheet_stays_small_and_logical():
    text = "".join(path.read_text(encoding="utf-8") for path in [ASSETS / "main.css", *sorted((ASSETS / "css").glob("*.css"))])
    kit = sum((ASSETS / "css" / f"{name}.css").stat().st_size for name in ("tokens", "base", "parts", "shell", "print"))
    assert kit < KIT_CSS_BYTES_MOST
    assert len(text.encode()) < CSS_BYTES_MOST
    physical = re.findall(r"[;{\s](?:margin|padding|border)-(?:left|right|top|bottom)|[;{\s](?:left|right|width|height|float)\s*:", text)
    assert physical == [], "logical properties only: pages are ready for right-to-left"
    assert "gradient" not in text


def test_the_main_script_stays_small():
    built = environment.BUILT / "main.js"
    if not built.exists():
        pytest.skip("the front end is not built")
    assert len(gzip.compress(built.read_bytes())) < SCRIPT_BYTES_MOST
    assert re.search(
        r"\beval\(|new Function\(", built.read_text(encoding="utf-8").replace("allowEval", "")
    ) is None or "allowEval" in built.read_text(encoding="utf-8")


def test_addresses_of_built_files_change_with_their_content(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "BUILT", tmp_path)
    environment._asset.cache_clear()
    assert environment.asset("main.css") == "/static/built/main.css"
    environment._asset.cache_clear()
    (tmp_path / "main.css").write_text("a")
    assert environment.asset("main.css") == "/static/built/main.css?v=ca978112ca1b"
