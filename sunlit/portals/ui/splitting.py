"""What the pages about cases of splitting share: the case in words, its purchases, the groups of states."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.supervision.models import SplittingCase
from sunlit.domain.supervision.queries import SEVERITIES, splitting
from sunlit.portals.ui.filters import lang


def case_of(it: SplittingCase) -> dict[str, Any]:
    """A case as its page shows it."""
    known = catalog.category(it.category_code)
    return {
        "it": it,
        "kind_name": splitting.NAMES.get(it.kind, it.kind),
        "severity_name": SEVERITIES.get(it.severity, it.severity),
        "ruling": splitting.ruling_of(it),
        "purchases": splitting.purchases_of(it),
        "category": f"{it.category_code} {lang(known)}" if known else it.category_code,
    }


def groups() -> list[tuple[str, str]]:
    """The groups of states that a desk asks for."""
    return [
        ("open", _("All open")),
        ("decide", _("Waiting for the regulator")),
        ("answer", _("Waiting for the buyer")),
        ("all", _("All, also closed")),
    ]
