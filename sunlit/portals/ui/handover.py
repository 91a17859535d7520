"""What a supplier, or a unit that sells, types when goods leave and their voucher follows: read strictly, told at its field."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sunlit.domain.catalog.rules.reading import NOT_A_DAY
from sunlit.domain.market.models import OrderLine
from sunlit.domain.market.rules.orders import QUANTITY_WRONG
from sunlit.foundation.kernel.limits import QUANTITY_MOST
from sunlit.foundation.kernel.refusals import Problem, check
from sunlit.portals.doors import Request


def waybill(request: Request) -> dict[str, Any]:
    return {name: request.POST.get(name, "").strip()[:100] for name in ("carrier", "waybill")}


def parcel(request: Request, lines: Iterable[OrderLine]) -> dict[int, int]:
    """{position: quantity}; every quantity that cannot be read is told at its line."""
    texts = {line.position: request.POST.get(f"quantity_{line.position}", "").strip() or "0" for line in lines}
    check(
        Problem(QUANTITY_WRONG, {"most": QUANTITY_MOST}, f"quantity_{position}")
        for position, text in texts.items()
        if not _is_quantity(text)
    )
    return {position: int(text) for position, text in texts.items()}


def still_open(lines: Iterable[OrderLine]) -> dict[int, int]:
    """{position: what no parcel took yet}."""
    return {line.position: line.quantity - line.dispatched for line in lines}


def day(text: str, problems: list[Problem], *, on: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        problems.append(Problem(NOT_A_DAY, {"value": text}, on=on))
        return None


def _is_quantity(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(QUANTITY_MOST))
