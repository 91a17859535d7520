"""What the pages about cases of supervision share: the figures in words, the chart of the prices, the filters."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sunlit.domain.supervision import queries
from sunlit.domain.supervision.models import WatchCase
from sunlit.foundation.kernel.clock import local_day


def figures_of(it: WatchCase) -> dict[str, Any]:
    """A case as its page shows it: the sentence, the chart, and the table from which everything can be computed again."""
    told = it.figures
    return {
        "it": it,
        "kind_name": queries.NAMES.get(it.kind, it.kind),
        "severity_name": queries.SEVERITIES.get(it.severity, it.severity),
        "said": queries.sentence(it.kind, told),
        "chart": _chart(it),
        "rows": [
            {"price": Decimal(price), "months": _back(months), "quantity": quantity, "adjusted": adjusted}
            for price, months, quantity, _region, adjusted in told.get("rows", ())
        ],
        "exact": told.get("exact"),
        "basis": told.get("basis"),
        "neighbours": told.get("neighbours", ()),
    }


def last_days(cases: Iterable[WatchCase]) -> dict[int, str]:
    """The last day on which each case can be answered in time."""
    return {it.pk: local_day(it.answer_until - timedelta(microseconds=1)).isoformat() for it in cases if it.answer_until}


def _chart(it: WatchCase) -> dict[str, Any] | None:
    dots = queries.dots(it)
    if dots is None:
        return None
    return {
        "series": [{"name": _("Others"), "values": dots.others}, {"name": _("This offer"), "values": [dots.own]}],
        "level": {"name": _("Median"), "value": dots.median},
        "unit": "¥",
    }


def _back(months: int) -> str:
    return _("asked now") if not months else ngettext("deal, %(num)s month ago", "deal, %(num)s months ago", months) % {"num": months}


def groups() -> list[tuple[str, str]]:
    """The groups of states that a desk asks for."""
    return [
        ("open", _("All open")),
        ("decide", _("Waiting for the regulator")),
        ("answer", _("Waiting for the supplier")),
        ("all", _("All, also closed")),
    ]


def ages() -> list[tuple[str, str]]:
    """How old a case is at least."""
    return [(str(days), ngettext("%(num)s day or older", "%(num)s days or older", days) % {"num": days}) for days in (1, 3, 7, 14, 30)]
