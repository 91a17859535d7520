"""The verbs that a page offers as mere buttons, or as a button with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from sunlit.foundation.lifecycle import Life
from sunlit.portals.doors import Request, found_or_404
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell

Verbs = Mapping[str, Callable[..., Any]]


def carry_out(
    request: Request,
    it: Any,
    life: Life,
    *,
    plain: Verbs,
    reasoned: Verbs,
) -> None:
    """Do what was pushed, with its reason where it needs one, and say that it is done. Any other verb is not here (404)."""
    verb = request.POST.get("verb", "")
    told: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}
    if verb in plain:
        plain[verb](it, **told)
    else:
        found_or_404(reasoned.get(verb))(it, reason=request.POST.get("reason", ""), **told)
    tell(request, _("Done: %(verb)s, %(number)s") % {"verb": life.moves[verb].label, "number": it.number})
