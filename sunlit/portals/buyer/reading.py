"""What buyers' forms and addresses ask for, read strictly."""

from __future__ import annotations

from sunlit.domain.market.rules.orders import QUANTITY_WRONG
from sunlit.foundation.kernel.limits import QUANTITY_MOST
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.doors import Request

ORDERERS = ("orderer", "lead")


def is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def picked(request: Request, name: str) -> int:
    """The row chosen in a field; 0 where nothing was."""
    text = request.POST.get(name, "")
    return int(text) if is_key(text) else 0


def quantity(text: str) -> int:
    if not is_key(text.strip()):
        raise Refused(Problem(QUANTITY_WRONG, {"most": QUANTITY_MOST}, on="quantity"))
    return int(text)


def after(request: Request) -> int | None:
    """The key that the page before ended with."""
    text = request.GET.get("after", "")
    return int(text) if is_key(text) else None
