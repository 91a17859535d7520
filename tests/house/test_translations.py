"""Every text that a person can read stands in the Chinese catalogue of its app."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.extract import extract_from_file

from sunlit.config.translations import PACKAGE, read, sources

KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
JINJA = {"extensions": "jinja2.ext.do", "trimmed": "false"}


def used() -> Iterator[tuple[Path, str]]:
    """Every text marked for translation, with the file it stands in."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if "migrations" not in path.parts:
            yield from ((path, text) for text in _texts("python", path, {}))
    for path in sorted(PACKAGE.rglob("templates/**/*.html")):
        yield from ((path, text) for text in _texts("jinja2.ext:babel_extract", path, JINJA))


def _texts(method: str, path: Path, options: dict[str, str]) -> Iterator[str]:
    for _line, message, _comments, _context in extract_from_file(method, path, keywords=KEYWORDS, options=options):
        text = message[0] if isinstance(message, tuple) else message
        if text:
            yield text


def known() -> set[str]:
    """Every text that some catalogue translates."""
    found: set[str] = set()
    for path in sources():
        for message in read(path):
            if message.id:
                found.add(str(message.id[0] if isinstance(message.id, list | tuple) else message.id))
    return found


def missing() -> dict[str, list[str]]:
    """The texts without a translation, by app."""
    have = known()
    gone: dict[str, list[str]] = defaultdict(list)
    for path, text in used():
        app = "/".join(path.relative_to(PACKAGE).parts[:2])
        if text not in have and text not in gone[app]:
            gone[app].append(text)
    return {app: texts for app, texts in gone.items() if texts}


def test_every_text_is_translated() -> None:
    assert missing() == {}
