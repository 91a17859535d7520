"""Which template holds here and now, and the very version that a paper was begun under.

Templates are rules whose value carries a `template`; their `kind` is the code of a category subtree, the kind of object (goods, services, works), or
"" for all. Of several that fit, the one for the smallest subtree is taken, in it that of the nearest region.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sunlit.domain.rulebook import queries as book
from sunlit.domain.rulebook.models import Rule
from sunlit.domain.rulebook.rules import Rule_
from sunlit.domain.rulebook.rules.templates import NO_TEMPLATE, Template, built
from sunlit.foundation.kernel.refusals import Problem, Refused

__all__ = ["ACCEPTANCE", "DECLARATIONS", "DEMAND", "PREFIX", "among", "chosen", "find", "get", "in_force", "look"]

PREFIX: Final = "template."
DEMAND: Final = "template.demand"
ACCEPTANCE: Final = "template.acceptance"
DECLARATIONS: Final = (
    "template.declaration.sme",
    "template.declaration.welfare",
    "template.declaration.domestic",
    "template.declaration.qualification",
)


def find(key: str, *, region_path: str, on: date, category_path: str = "", kind: str = "") -> Template:
    """The template in force on the day for a category ("A/A02000000/…") or, without one, a kind of object. Refused (TPL-001) when there is none."""
    found = look(key, region_path=region_path, on=on, category_path=category_path, kind=kind)
    if found is None:
        raise Refused(Problem(NO_TEMPLATE, {"key": key, "region": region_path, "day": on}))
    return found


def look(key: str, *, region_path: str, on: date, category_path: str = "", kind: str = "") -> Template | None:
    """As `find`; None when there is none."""
    return chosen(among(key, region_path=region_path, on=on), category_path=category_path, kind=kind)


def among(key: str, *, region_path: str, on: date) -> dict[str, Template]:
    """The templates of a key in force for a region on the day, by what they are for: for whoever chooses for many categories at once."""
    return {rule.kind: _template(rule) for rule in book.kinds_of(key, region_path=region_path, on=on)}


def chosen(templates: Mapping[str, Template], *, category_path: str = "", kind: str = "") -> Template | None:
    """The one for the smallest subtree that the category lies in."""
    return next((templates[place] for place in _kinds(category_path, kind) if place in templates), None)


def get(id: int) -> Template:
    """The version that a paper was begun under, whether or not it still holds."""
    kept = _parsed.get(id)
    if kept is not None:
        return kept[1]
    return _template(book.snapshot(Rule.objects.select_related("region", "pack").get(pk=id)))


def in_force(region_path: str, on: date) -> list[Template]:
    """All templates in force for a region on the day, by key and kind."""
    return [_template(rule) for rule in book.rules_page(region_path, on) if rule.key.startswith(PREFIX)]


_parsed: dict[int, tuple[Mapping[str, Any], Template]] = {}


def _template(rule: Rule_) -> Template:
    """Parsed once: a version never changes; where another database gives the number anew, its content differs."""
    kept = _parsed.get(rule.id)
    if kept is None or kept[0] != rule.value:
        told = {name: getattr(rule, name) for name in ("id", "key", "kind", "region_path", "since", "source", "article", "evidence")}
        kept = _parsed[rule.id] = (rule.value, built(rule.value["template"], **told))
    return kept[1]


def _kinds(category_path: str, kind: str) -> Iterator[str]:
    """From the smallest subtree to everything."""
    codes: Sequence[str] = category_path.split("/") if category_path else ()
    yield from reversed([code for code in codes if len(code) > 1])
    yield kind or _OBJECTS.get(category_path[:1], "")
    yield ""


_OBJECTS: Final = {"A": "goods", "B": "works", "C": "services"}
