"""Filling in a template on a page: what was posted, and the button for one more row, which works without scripts."""

from __future__ import annotations

from typing import Any

from sunlit.domain.rulebook.rules.templates import Template, posted
from sunlit.portals.doors import Request

MORE = "_more"  # the button's name; its value is the name of the table that is to get a row


def typed(request: Request, template: Template, prefix: str = "") -> dict[str, Any]:
    """What stands in the fields of the template; give it to `read`, or back to `form` when the page is shown again."""
    return posted(template, dict(request.POST.lists()), prefix)


def wants_a_row(request: Request) -> str:
    """The table that the reader wants another row of: show the form again with `form(..., more=this)` and change nothing."""
    return str(request.POST.get(MORE, "")) if request.method == "POST" else ""
