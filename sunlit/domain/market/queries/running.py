"""What runs in a region now, mode by mode: state, deadline, how many take part, and the money that lies ready. Nothing sealed is read.

A mode takes part by its function in `SOURCES` at the end of this file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.models import CallOff, Quotation
from sunlit.domain.market.queries import auctions
from sunlit.domain.market.queries.workbench import MODES
from sunlit.domain.market.states import auctions as auction_life
from sunlit.domain.market.states import calloffs as calloff_life
from sunlit.domain.market.states import quotations as quotation_life
from sunlit.domain.planning import queries as planning
from sunlit.foundation.accounts.models import Organisation

ROWS_MOST: Final = 200  # of one mode on the board

__all__ = ["MODES", "Running", "running"]


@dataclass(frozen=True)
class Running:
    """One purchase under way. `taking_part` is None where the rulebook hides even the number until the opening; `held` is the buyer's money laid ready."""

    mode: str
    number: str
    title: str
    buyer: Organisation
    region_path: str
    state: str
    label: str | Promise
    until: datetime | None
    next_step: str | Promise
    taking_part: int | None
    most: Decimal
    held: Decimal
    reason: str = ""

    @property
    def stands_still(self) -> bool:
        """The regulator stopped it."""
        return self.state in (quotation_life.SUSPENDED, quotation_life.HALTED, auction_life.PAUSED)


def running(region_path: str, *, at: datetime, mode: str = "") -> list[Running]:
    """All that runs in a region and below it: what stands still first, then by the nearest deadline. A few queries a mode."""
    here = Q(region_path=region_path) | Q(region_path__startswith=region_path + "/")
    found = [one for key, source in SOURCES.items() if mode in ("", key) for one in source(here, region_path, at)]
    return sorted(found, key=lambda one: (not one.stands_still, one.until is None, one.until or at, one.number))


def _quotations(here: Q, _region_path: str, _at: datetime) -> Iterator[Running]:
    taking_part = Count("quotes", filter=~Q(quotes__state=quotation_life.WITHDRAWN))
    found = Quotation.objects.filter(here, state__in=quotation_life.RUNNING).select_related("buyer__region").annotate(there=taking_part)
    page = list(found.order_by("quote_until", "pk")[:ROWS_MOST])
    held = planning.held_under([f"quotation/{it.number}" for it in page])
    for it in page:
        hidden = it.state in (quotation_life.OPEN, quotation_life.SUSPENDED) and not it.count_shown
        until, step = _next_of(it)
        yield Running(
            mode="quotation",
            number=it.number,
            title=it.title,
            buyer=it.buyer,
            region_path=it.region_path,
            state=it.state,
            label=quotation_life.quotation.states[it.state],
            until=until,
            next_step=step,
            taking_part=None if hidden else it.there,
            most=it.ceiling,
            held=held.get(f"quotation/{it.number}", Decimal("0.00")),
            reason=it.reason,
        )


def _next_of(it: Quotation) -> tuple[datetime | None, Promise]:
    """The next instant of a quotation and what it is; while the buyer judges no time runs."""
    if it.state in (quotation_life.OPENED, quotation_life.HALTED):
        return None, _("the buyer judges")
    return (it.opens_at, _("opening")) if it.state == quotation_life.CLOSED else (it.quote_until, _("quotes until"))


def _auctions(_here: Q, region_path: str, at: datetime) -> Iterator[Running]:
    rows = auctions.auction_rows(auctions.live_auctions(region_path), at)
    held = planning.held_under([row.it.reference for row in rows])
    steps = {"notice": _("entry until"), "countdown": _("bidding begins"), "running": _("bidding ends"), "settling": _("result")}
    for row in rows:
        instants = {"notice": row.it.enter_until, "countdown": row.it.starts_at, "running": row.ends_at}
        yield Running(
            mode="auction",
            number=row.it.number,
            title=row.it.title,
            buyer=row.it.buyer,
            region_path=row.it.region_path,
            state=row.it.state,
            label=auctions.PHASES.get(row.phase, auction_life.auction.states[row.it.state]),
            until=instants.get(row.phase),
            next_step=steps.get(row.phase, ""),
            taking_part=row.bidders,
            most=row.it.total,
            held=held.get(row.it.reference, Decimal("0.00")),
            reason=row.it.reason,
        )


def _calloffs(here: Q, _region_path: str, _at: datetime) -> Iterator[Running]:
    live = (calloff_life.BIDDING, calloff_life.OFFERED)
    found = CallOff.objects.filter(here, state__in=live).select_related("buyer__region", "package")
    page = list(found.order_by("answer_until", "pk")[:ROWS_MOST])
    held = planning.held_under([it.reference for it in page])
    for it in page:
        yield Running(
            mode="calloff",
            number=it.number,
            title=f"{it.package.name} × {it.quantity}",
            buyer=it.buyer,
            region_path=it.region_path,
            state=it.state,
            label=calloff_life.calloff.states[it.state],
            until=it.answer_until,
            next_step=_("answers until"),
            taking_part=len(it.invited) if it.state == calloff_life.BIDDING else 1,
            most=it.package.ceiling * it.quantity,
            held=held.get(it.reference, Decimal("0.00")),
        )


SOURCES: Final[dict[str, Callable[[Q, str, datetime], Iterable[Running]]]] = {
    "quotation": _quotations,
    "auction": _auctions,
    "calloff": _calloffs,
}
