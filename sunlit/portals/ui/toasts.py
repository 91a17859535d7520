"""Short messages after a deed, kept in the session until the next page shows them."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

KEY = "toasts"
MOST = 5


@dataclass(frozen=True)
class Toast:
    """`tone` is done, now or bad."""

    text: str
    tone: str = "done"


def tell(request: HttpRequest, text: str, tone: str = "done") -> None:
    """Show this on the next page: `tell(request, _("Order %(number)s confirmed") % {...})`."""
    kept = request.session.get(KEY, [])
    request.session[KEY] = [*kept, [str(text), tone]][-MOST:]


def told(request: HttpRequest) -> list[Toast]:
    """What is still to be shown; asking takes it away."""
    session = getattr(request, "session", None)
    return [Toast(*pair) for pair in session.pop(KEY, [])] if session and KEY in session else []
