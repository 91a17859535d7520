"""What runs in a region now, mode by mode: state, deadline, how many take part, and the money that lies ready. Nothing sealed is read.

A mode takes part by its row in `SOURCES` at the end of this file; one builder makes the rows of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.models import Batch, CallOff, Decided, Framework, Order, Quotation, Stoppable, UnitRequest, WorkOrder
from sunlit.domain.market.queries import auctions
from sunlit.domain.market.queries.auctions import AuctionRow
from sunlit.domain.market.queries.kinds import KINDS
from sunlit.domain.market.queries.rulings import DIRECT
from sunlit.domain.market.states import auctions as auction_life
from sunlit.domain.market.states import batches as batch_life
from sunlit.domain.market.states import calloffs as calloff_life
from sunlit.domain.market.states import frameworks as framework_life
from sunlit.domain.market.states import orders as order_life
from sunlit.domain.market.states import quotations as quotation_life
from sunlit.domain.market.states import units as unit_life
from sunlit.domain.market.states import workorders as work_life
from sunlit.domain.planning import queries as planning
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.money import ZERO

ROWS_MOST: Final = 200  # of one mode on the board
MODES: Final = {mode: kind.label for mode, kind in KINDS.items()}
STOPPED: Final = (quotation_life.SUSPENDED, quotation_life.HALTED, auction_life.PAUSED)


@dataclass(frozen=True)
class Running:
    """One purchase under way. `taking_part` is None where the number is hidden until the opening; `held` is the buyers' money laid ready."""

    mode: str
    number: str
    title: str | Promise
    buyer: Organisation
    region_path: str
    state: str
    label: str | Promise
    until: datetime | None
    next_step: str | Promise
    taking_part: int | None
    held: Decimal
    reason: str = ""
    stands_still: bool = False  # the regulator stopped it
    reminders: int = 0  # how often its buyer was reminded of a decision that is due
    reported: bool = False  # it waits in spite of them: the regulator was told


class Next(NamedTuple):
    """The next instant and what it is; `label` where the state alone does not tell how far it is."""

    until: datetime | None
    step: str | Promise
    label: str | Promise = ""


@dataclass(frozen=True)
class Source:
    """How a mode's running purchases are read: those of a region, what comes next, who takes part, and the references under which money lies.

    What is found is the purchase, or a row that leads to it by `purchase`.
    """

    found: Callable[[str, datetime], Iterable[Any]]
    ahead: Callable[[Any], Next]
    taking_part: Callable[[Any], int | None]
    references: Callable[[Any], list[str]]
    purchase: Callable[[Any], Any] = lambda it: it


def running(region_path: str, *, at: datetime, mode: str = "") -> list[Running]:
    """All that runs in a region and below it: what stands still first, then what waits in spite of reminders, then by the nearest deadline.

    A few queries a mode.
    """
    found = [one for key in SOURCES if mode in ("", key) for one in _rows(key, region_path, at)]
    return sorted(found, key=lambda one: (not one.stands_still, not one.reported, one.until is None, one.until or at, one.number))


def _rows(mode: str, region_path: str, at: datetime) -> Iterator[Running]:
    kind, source = KINDS[mode], SOURCES[mode]
    page = list(source.found(region_path, at))
    held = planning.held_under([reference for row in page for reference in source.references(row)])
    for row in page:
        it, ahead = source.purchase(row), source.ahead(row)
        yield Running(
            mode=mode,
            number=it.number,
            title=kind.title(it),
            buyer=kind.party_of(it),
            region_path=it.region_path,
            state=it.state,
            label=ahead.label or kind.life.states[it.state],
            until=ahead.until,
            next_step=ahead.step,
            taking_part=source.taking_part(row),
            held=sum((held.get(reference, ZERO) for reference in source.references(row)), ZERO),
            reason=it.stop_reason if isinstance(it, Stoppable) else it.reason,
            reminders=it.reminders if isinstance(it, Decided) else 0,
            reported=isinstance(it, Decided) and it.reported_at is not None,
            stands_still=it.state in STOPPED or (isinstance(it, Stoppable) and it.suspended_at is not None),
        )


def _here(region_path: str) -> Q:
    return Q(region_path=region_path) | Q(region_path__startswith=region_path + "/")


# Online quotations


def _quotations(region_path: str, _at: datetime) -> Iterable[Quotation]:
    there = Count("quotes", filter=~Q(quotes__state=quotation_life.WITHDRAWN))
    found = (
        Quotation.objects.filter(_here(region_path), state__in=quotation_life.RUNNING).select_related("buyer__region").annotate(there=there)
    )
    return found.order_by("quote_until", "pk")[:ROWS_MOST]


def _next_of_a_quotation(it: Quotation) -> Next:
    if it.state in (quotation_life.OPENED, quotation_life.HALTED):
        return Next(it.decide_until, _("to be decided until"))
    return Next(it.opens_at, _("opening")) if it.state == quotation_life.CLOSED else Next(it.quote_until, _("quotes until"))


def _who_quotes(it: Any) -> int | None:
    hidden = it.state in (quotation_life.OPEN, quotation_life.SUSPENDED) and not it.count_shown
    return None if hidden else it.there


# Reverse auctions


_STEPS: Final = {"notice": _("entry until"), "countdown": _("bidding begins"), "running": _("bidding ends"), "settling": _("result")}


def _auctions(region_path: str, at: datetime) -> Iterable[AuctionRow]:
    return auctions.auction_rows([*auctions.live_auctions(region_path), *auctions.auctions_to_confirm(region_path)], at)


def _next_of_an_auction(row: AuctionRow) -> Next:
    if row.it.state == auction_life.ENDED:
        return Next(row.it.confirm_until, _("to be confirmed until"))
    instants = {"notice": row.it.enter_until, "countdown": row.it.starts_at, "running": row.ends_at}
    return Next(instants.get(row.phase), _STEPS.get(row.phase, ""), auctions.PHASES.get(row.phase, ""))


# Framework agreements: their solicitations, also supplementary ones


def _frameworks(region_path: str, _at: datetime) -> Iterable[Framework]:
    there = Count("packages__entries", filter=~Q(packages__entries__state=framework_life.WITHDRAWN))
    found = Framework.objects.filter(_here(region_path), state__in=_AHEAD).select_related("solicitor__region").annotate(there=there)
    return found.order_by("respond_until", "pk")[:ROWS_MOST]


_AHEAD: Final[dict[str, Callable[[Framework], Next]]] = {
    framework_life.IN_REVIEW: lambda it: Next(it.decide_until, _("review of the plan")),
    framework_life.OPEN: lambda it: Next(it.respond_until, _("responses until")),
    framework_life.OPENED: lambda _it: Next(None, _("the panel judges")),
    framework_life.SHORTLISTED: lambda it: Next(it.sign_until, _("to be signed until")),
}


def _who_responded(it: Any) -> int | None:
    return None if it.state == framework_life.OPEN else it.there


# Purchases under framework agreements


def _calloffs(region_path: str, _at: datetime) -> Iterable[CallOff]:
    found = CallOff.objects.filter(_here(region_path), state__in=(calloff_life.BIDDING, calloff_life.OFFERED))
    return found.select_related("buyer__region", "package").order_by("answer_until", "pk")[:ROWS_MOST]


def _batches(region_path: str, _at: datetime) -> Iterable[Batch]:
    found = Batch.objects.filter(_here(region_path), state__in=batch_life.RUNNING).select_related("solicitor__region", "package")
    return found.prefetch_related("demands").order_by("until", "pk")[:ROWS_MOST]


_BATCH_STEPS: Final = {
    batch_life.COLLECTING: _("demands until"),
    batch_life.POOLED: _("to be put out until"),
    batch_life.BIDDING: _("bids until"),
    batch_life.COMPARED: _("to be confirmed until"),
    batch_life.OFFERED: _("to be taken until"),
}


def _work_orders(region_path: str, _at: datetime) -> Iterable[WorkOrder]:
    found = WorkOrder.objects.filter(_here(region_path), state__in=(work_life.REQUESTED, work_life.QUOTED, *work_life.HOLDING))
    return found.select_related("buyer__region", "package", "target").order_by("answer_until", "pk")[:ROWS_MOST]


def _who_pools(it: Batch) -> int:
    """The buyers while demands come in, then the parties that may bid."""
    return len(it.invited) or sum(demand.state in batch_life.OPEN_DEMANDS for demand in it.demands.all())


_WORK_STEPS: Final = {
    work_life.QUOTED: _("the buyer approves"),
    work_life.APPROVED: _("the supplier carries it out"),
    work_life.SUPPLEMENT: _("the buyer decides on the supplement"),
}


def _next_of_work(it: WorkOrder) -> Next:
    ahead = {work_life.REQUESTED: (it.answer_until, _("answers until")), work_life.EXECUTED: (it.settle_until, _("to be settled until"))}
    until, step = ahead.get(it.state) or (None, _WORK_STEPS[it.state])
    return Next(until, step)


# What one seller alone is asked for. It is stopped where it comes from: the maker's offer is frozen, the unit's offer stopped


def _direct(region_path: str, _at: datetime) -> Iterable[Order]:
    found = Order.objects.filter(_here(region_path), mode=DIRECT, state=order_life.PLACED)
    return found.select_related("buyer__region").prefetch_related("lines").order_by("confirm_until", "pk")[:ROWS_MOST]


def _unit_requests(region_path: str, _at: datetime) -> Iterable[UnitRequest]:
    """Of the region's units, and what these are asked for by others."""
    sold = Q(offer__region_path=region_path) | Q(offer__region_path__startswith=region_path + "/")
    found = UnitRequest.objects.filter(_here(region_path) | sold, state=unit_life.REQUESTED)
    return found.select_related("buyer__region", "offer").order_by("answer_until", "pk")[:ROWS_MOST]


SOURCES: Final[dict[str, Source]] = {
    "quotation": Source(_quotations, _next_of_a_quotation, _who_quotes, lambda it: [f"quotation/{it.number}"]),
    "auction": Source(_auctions, _next_of_an_auction, lambda row: row.bidders, lambda row: [row.it.reference], purchase=lambda row: row.it),
    "framework": Source(_frameworks, lambda it: _AHEAD[it.state](it), _who_responded, lambda _it: []),
    "calloff": Source(
        _calloffs,
        lambda it: Next(it.answer_until, _("answers until")),
        lambda it: len(it.invited) if it.state == calloff_life.BIDDING else 1,
        lambda it: [it.reference],
    ),
    "batch": Source(
        _batches,
        lambda it: Next(it.until, _BATCH_STEPS[it.state]),
        _who_pools,
        lambda it: [demand.reference for demand in it.demands.all() if demand.state in batch_life.OPEN_DEMANDS],
    ),
    "work_order": Source(_work_orders, _next_of_work, lambda _it: 1, lambda it: [it.reference]),
    "direct": Source(_direct, lambda it: Next(it.confirm_until, _("answers until")), lambda _it: 1, lambda it: [f"order/{it.number}"]),
    "unit_request": Source(_unit_requests, lambda it: Next(it.answer_until, _("answers until")), lambda _it: 1, lambda it: [it.reference]),
}
