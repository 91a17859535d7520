"""The template environment of every page: where templates are found, and what they can say."""

from __future__ import annotations

import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from django.templatetags.static import static
from django.utils import translation
from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader
from jinja2.runtime import Macro
from markupsafe import Markup, escape

from sunlit.domain.rulebook.rules import cited
from sunlit.portals.ui import context, filters, placeholders, rulebook, words
from sunlit.portals.ui.addresses import address
from sunlit.portals.ui.columns import col
from sunlit.portals.ui.navigation import place
from sunlit.portals.ui.queries import query

HERE = Path(__file__).parent
BUILT = HERE / "static" / "built"
DRAWINGS_KEPT = 4_096
LOOKED_AT_SECONDS = 1.0
ASSETS_KEPT = 64


def environment(**options: Any) -> Environment:
    """A Jinja2 environment for Django's backend: templates of all portals, gettext, the kit's globals and filters."""
    options = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True, **options, "loader": _loader(options.get("loader"))}
    env = Environment(**options, extensions=["jinja2.ext.i18n", "jinja2.ext.do"])  # noqa: S701  Django's backend passes autoescape=True
    env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=translation.gettext,
        ngettext=translation.ngettext,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
        newstyle=True,
    )
    env.globals.update(_globals())
    env.filters.update(filters.FILTERS)
    return env


def asset(name: str) -> str:
    """Address of a built file, `asset("main.css")`, with a mark of its content so that browsers may keep it for ever."""
    return _asset(name, static, int(time.monotonic() / LOOKED_AT_SECONDS))


@lru_cache(maxsize=ASSETS_KEPT)
def _asset(name: str, addressed: Callable[[str], str], _second: int) -> str:
    """A page names dozens of icons of one file: the file is looked at once a second."""
    path = BUILT / name
    try:
        mark = _mark(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        mark = ""
    return addressed(f"built/{name}") + (f"?v={mark}" if mark else "")


def icon(name: str, size: str = "") -> Markup:
    """A line icon of the sprite, hidden from screen readers: the words beside it say what it means. Sizes: "", "small", "large"."""
    return _icon(f"icon {size}".strip(), asset("icons.svg"), name)


@cache
def _icon(css: str, sprite: str, name: str) -> Markup:
    return Markup('<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(css, sprite, name)


def once() -> Markup:
    """Put into a form that must not be carried out twice: doors.py answers its twin with the first answer."""
    return Markup('<input type="hidden" name="_once" value="{}">').format(secrets.token_urlsafe(18))


def data_block(name: str, data: Any) -> Markup:
    """A JSON block that scripts read; safe in HTML and under a Content-Security-Policy without inline script."""
    text = json.dumps(data, ensure_ascii=False, default=filters.plain)
    for sign in "<>&":  # nothing in it can end the block
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup('<script type="application/json" id="{}">{}</script>').format(name, Markup(text))  # noqa: S704


_drawings: OrderedDict[tuple[Any, ...], Markup] = OrderedDict()
_drawing = Lock()


def drawn(macro: Macro, *facts: Hashable) -> Markup:
    """What the macro makes of these facts, remembered by them and the language: right as long as it looks at nothing else."""
    key = (macro.name, translation.get_language(), *facts)
    with _drawing:
        found = _drawings.get(key)
        if found is not None:
            _drawings.move_to_end(key)
            return found
    found = Markup(macro(*facts))  # noqa: S704  a macro's own output
    with _drawing:
        _drawings[key] = found
        if len(_drawings) > DRAWINGS_KEPT:
            _drawings.popitem(last=False)
    return found


def _loader(given: BaseLoader | None) -> BaseLoader:
    folders = FileSystemLoader(sorted(str(folder) for folder in HERE.parent.glob("*/templates")))
    return ChoiceLoader([given, folders]) if given else folders


def _globals() -> dict[str, Any]:
    return {
        "url": address,
        "static": static,
        "asset": asset,
        "icon": icon,
        "col": col,
        "place": place,
        "query": query,
        "data_block": data_block,
        "drawn": drawn,
        "escape": escape,
        "placeholder": placeholders.placeholder,
        "word": words.word,
        "size_word": words.size_word,
        "state_label": words.state_label,
        "tone": words.tone,
        "mark": words.mark,
        "verb_tone": words.verb_tone,
        "figure": words.figure,
        "figure_shown": words.figure_shown,
        "rested_on": rulebook.rested_on,
        "kind_called": rulebook.kind_called,
        "cited": cited,
        "rule_page": rulebook.page_of,
        "is_law": words.is_law,
        "unit": words.unit,
        "once": once,
        "money": filters.yuan,
        "language": translation.get_language,
        "languages": context.languages,
        "rtl": context.rtl,
        "shell": context.shell,
    }


@cache
def _mark(path: Path, _changed: int) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]
