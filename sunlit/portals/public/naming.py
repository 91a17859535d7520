"""How goods are named on public pages: the way down the category tree, and units in the reader's language."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import get_language

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Category
from sunlit.portals.ui.filters import lang


def crumbs(category: Category | None, *, with_last: bool) -> list[tuple[str, str]]:
    """The way from the top to the category, each step a search in it."""
    line = catalog.tree().line(category.code) if category else []
    shown = line if with_last else line[:-1]
    return [(lang(step), f"{reverse('search')}?{urlencode({'category': step.code})}") for step in shown]


def unit_in_words(unit: str, category: Category | None) -> str:
    """The unit in the reader's language, where the category knows its own."""
    english = (get_language() or "").startswith("en")
    return category.unit_en if category and unit == category.unit and category.unit_en and english else unit
