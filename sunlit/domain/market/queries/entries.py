"""What a supplier handed in, mode by mode: how it stands, what comes next, or what came of it and why. A row of `BOOKS` a mode, one builder for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import BooleanField, ExpressionWrapper, Prefetch, Q, QuerySet
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.models import AuctionBidder, AuctionEntry, BatchBid, CallOff, FrameworkEntry, Quote, WorkOrder
from sunlit.domain.market.queries.kinds import KINDS
from sunlit.domain.market.rules import batches as batch_rules
from sunlit.domain.market.rules import frameworks as framework_rules
from sunlit.domain.market.rules import quotations as quotation_rules
from sunlit.domain.market.states import auctions as auction_life
from sunlit.domain.market.states import batches as batch_life
from sunlit.domain.market.states import calloffs as calloff_life
from sunlit.domain.market.states import frameworks as framework_life
from sunlit.domain.market.states import quotations as quotation_life
from sunlit.domain.market.states import workorders as work_life
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel import money

WON: Final = _("won")
LOST: Final = quotation_life.quote.states[quotation_life.LOST]


@dataclass(frozen=True)
class Entry:
    """What the supplier handed in: how it stands, what comes next, or what came of it and why. `share` is a price in percent of a rate sheet."""

    mode: str
    number: str
    title: str | Promise
    party: Organisation
    at: datetime
    state: str
    label: str | Promise
    over: bool
    until: datetime | None = None  # what comes next
    reason: str | Promise = ""
    price: Decimal | None = None
    share: Decimal | None = None
    rank: int | None = None
    order: str = ""


@dataclass(frozen=True)
class Book:
    """How a supplier's entries of a mode are read: all of them, which of them still run, when each was handed in, and what is told of one."""

    found: Callable[[int], QuerySet[Any]]
    running: Q
    since: str
    told: Callable[[Any, bool], Entry]


def entries_of(mode: str, supplier_id: int, *, over: bool, most: int) -> Iterator[Entry]:
    """The newest first; a fixed number of queries, however many rows."""
    book = BOOKS[mode]
    found = book.found(supplier_id).filter(~book.running if over else book.running)
    for it in found.order_by(f"-{book.since}", "-pk")[:most]:
        yield book.told(it, over)


def _entry(mode: str, purchase: Any, *, outcome: tuple[str, str | Promise], title: str | Promise = "", **told: Any) -> Entry:
    kind, (state, label) = KINDS[mode], outcome
    party, title = kind.party_of(purchase), title or kind.title(purchase)
    return Entry(mode=mode, number=purchase.number, title=title, party=party, state=state, label=label, **told)


def _won_by(winner: Organisation, price: Decimal) -> Promise:
    return format_lazy(_("{winner} won at {price}"), winner=winner.name_zh, price=money.show(price))


# Online quotations


def _quote(it: Quote, over: bool) -> Entry:
    asked = it.quotation
    won = it.state == quotation_life.WON and asked.order is not None
    return _entry(
        "quotation",
        asked,
        outcome=(it.state, quotation_life.quote.states[it.state]),
        at=it.submitted_at,
        over=over,
        until=asked.quote_until if asked.state == quotation_life.OPEN else None,
        reason=_why_of_a_quote(it) if over else it.reason,
        price=it.total,
        order=asked.order.number if won and asked.order else "",
    )


def _why_of_a_quote(it: Quote) -> str | Promise:
    """Why it was excluded, who won, or why the whole came to nothing."""
    asked = it.quotation
    if it.reason or it.state == quotation_life.WON:
        return it.reason
    if asked.state == quotation_life.AWARDED and asked.winner is not None and asked.award is not None:
        return _won_by(asked.winner, asked.award)
    return asked.reason or quotation_rules.CAUSES.get(asked.cause, "")


# Reverse auctions


_LOTS: Final = Prefetch(
    "entries", AuctionEntry.objects.select_related("lot__order", "lot__winner__bidder__supplier").order_by("lot__position"), to_attr="mine"
)


def _bidder(bidder: Any, over: bool) -> Entry:
    it, mine = bidder.auction, bidder.mine
    orders = [one.lot.order.number for one in mine if one.lot.winner_id == one.pk and one.lot.order is not None]
    return _entry(
        "auction",
        it,
        outcome=_auction_outcome(bidder, mine),
        at=bidder.entered_at,
        over=over,
        until=None if over or it.state != auction_life.OPEN else _next_of_an_auction(it),
        reason=_why_of_a_bidder(bidder, mine) if over else "",
        price=sum((one.price * one.lot.quantity for one in mine if one.price is not None), money.ZERO) or None,
        order=orders[0] if orders else "",
    )


def _next_of_an_auction(it: Any) -> datetime | None:
    lots = list(it.lots.all())
    ends = [lot.ends_at for lot in lots if lot.ends_at]
    start: datetime | None = it.starts_at
    return max(ends, default=None) if any(lot.bids for lot in lots) else start


def _auction_outcome(bidder: AuctionBidder, mine: Sequence[AuctionEntry]) -> tuple[str, str | Promise]:
    """How the bidder stands, in a state that the pages have a mark for."""
    if bidder.turned_away_at is not None:
        return "refused", _("turned away")
    if bidder.left_at is not None:
        return "withdrawn", _("left")
    if bidder.auction.state == auction_life.AWARDED:
        return ("won", WON) if any(one.lot.winner_id == one.pk for one in mine) else ("lost", LOST)
    return bidder.auction.state, auction_life.auction.states[bidder.auction.state]


def _why_of_a_bidder(bidder: AuctionBidder, mine: Sequence[AuctionEntry]) -> str | Promise:
    """Why it was turned away or passed over, who won the lot that it lost, or why the whole came to nothing."""
    it = bidder.auction
    told = bidder.reason or "; ".join(one.passed_over_why for one in mine if one.passed_over_why) or it.reason
    if told or it.state == auction_life.FAILED:
        return told or _("too few suppliers took part")
    lost = next((one.lot for one in mine if one.lot.winner_id not in (None, one.pk)), None)
    if lost is None or lost.winner is None or lost.winner.price is None or it.state != auction_life.AWARDED:
        return ""
    return _won_by(lost.winner.bidder.supplier, lost.winner.price)


# Framework agreements


def _response(it: FrameworkEntry, over: bool) -> Entry:
    framework, package = it.package.framework, it.package
    ahead: dict[str, datetime | None] = {framework_life.OPEN: framework.respond_until, framework_life.SHORTLISTED: framework.sign_until}
    if it.state == framework_life.APPLIED:
        ahead = {framework_life.IN_FORCE: it.decide_until}
    price = it.price if it.price is not None else it.quoted
    return _entry(
        "framework",
        framework,
        title=format_lazy("{title} · {package}", title=KINDS["framework"].title(framework), package=package.name),
        outcome=(it.state, framework_life.entry.states[it.state]),
        at=it.submitted_at,
        over=over,
        until=None if over else ahead.get(framework.state, framework.valid_until),
        reason=it.reason or it.note or framework_rules.FINDINGS.get(it.finding, "") or (framework.reason if over else ""),
        price=None if package.service else price,
        share=price if package.service else None,
        rank=it.rank,
    )


# Purchases under framework agreements


def _signed(supplier_id: int) -> list[int]:
    return list(FrameworkEntry.objects.filter(supplier_id=supplier_id, signed_at__isnull=False).values_list("pk", flat=True))


def _my_calloffs(supplier_id: int) -> QuerySet[CallOff]:
    mine = _signed(supplier_id)
    answered = Q(bids__entry__in=mine) | Q(entry__in=mine, mode__in=["direct", "rotation"])
    found = CallOff.objects.filter(answered).distinct()
    found = found.annotate(own=ExpressionWrapper(Q(entry__supplier_id=supplier_id), BooleanField()))
    return found.select_related("package__framework", "buyer", "entry__supplier", "outside_supplier")


def _calloff(it: Any, over: bool) -> Entry:
    awarded = it.state == calloff_life.AWARDED
    won = awarded and it.own
    outcome = ("won", WON) if won else ("lost", LOST) if awarded else (it.state, calloff_life.calloff.states[it.state])
    return _entry(
        "calloff",
        it,
        outcome=outcome,
        at=it.begun_at,
        over=over,
        until=None if over else it.answer_until,
        reason=_why_of_a_calloff(it, lost=awarded) if over and not won else "",
        price=it.price if won else None,
        order=it.order_number if won else "",
    )


def _why_of_a_calloff(it: CallOff, *, lost: bool) -> str | Promise:
    winner = it.entry.supplier if it.entry is not None else it.outside_supplier
    return _won_by(winner, it.price) if lost and winner is not None and it.price is not None else it.reason


def _batch_bid(bid: BatchBid, over: bool) -> Entry:
    it = bid.batch
    outcome = _batch_outcome(bid)
    return _entry(
        "batch",
        it,
        outcome=outcome,
        at=bid.at,
        over=over,
        until=None if over else it.until,
        reason=bid.reason or (_why_of_a_batch_bid(bid) if over and outcome[0] != "won" else ""),
        price=bid.price,
    )


def _batch_outcome(bid: BatchBid) -> tuple[str, str | Promise]:
    it = bid.batch
    if bid.cause:
        return "excluded", batch_rules.EXCLUSIONS.get(bid.cause, bid.cause)
    if bid.entry_id in it.passed:
        return "declined", _("not taken")
    if it.state == batch_life.AWARDED:
        return ("won", WON) if it.entry_id == bid.entry_id else ("lost", LOST)
    return it.state, batch_life.batch.states[it.state]


def _why_of_a_batch_bid(bid: BatchBid) -> str | Promise:
    it = bid.batch
    if it.state == batch_life.AWARDED and it.entry is not None and it.price is not None:
        return _won_by(it.entry.supplier, it.price) if it.entry_id != bid.entry_id else ""
    cause = batch_rules.CAUSES.get(it.cause, "")
    return it.reason or (_(cause) if cause else "")


def _work(it: WorkOrder, over: bool) -> Entry:
    settled = it.state == work_life.SETTLED
    return _entry(
        "work_order",
        it,
        outcome=(it.state, work_life.work_order.states[it.state]),
        at=it.requested_at,
        over=over,
        until=it.answer_until if it.state == work_life.REQUESTED else None,
        reason=it.reason if over and not settled else "",
        price=it.settled if settled else it.amount,
        order=it.order_number if settled else "",
    )


_QUOTE_RUNS: Final = Q(state__in=(quotation_life.SEALED, quotation_life.OPENED, quotation_life.CONFORMING)) | Q(
    state=quotation_life.EXCLUDED, quotation__state__in=quotation_life.RUNNING
)
_RESPONSE_RUNS: Final = Q(
    state__in=(framework_life.APPLIED, framework_life.SUBMITTED, framework_life.CONFORMING, framework_life.LISTED, framework_life.SIGNED)
) & ~Q(package__framework__state__in=(framework_life.ENDED, framework_life.FAILED, framework_life.CANCELLED, framework_life.VOIDED))

BOOKS: Final[dict[str, Book]] = {
    "quotation": Book(
        lambda supplier: (
            Quote.objects.filter(supplier_id=supplier)
            .exclude(state=quotation_life.WITHDRAWN)
            .select_related("quotation__buyer", "quotation__order", "quotation__winner")
        ),
        _QUOTE_RUNS,
        "submitted_at",
        _quote,
    ),
    "auction": Book(
        lambda supplier: (
            AuctionBidder.objects.filter(supplier_id=supplier).select_related("auction__buyer").prefetch_related("auction__lots", _LOTS)
        ),
        Q(auction__state__in=(auction_life.OPEN, auction_life.PAUSED, auction_life.ENDED), left_at=None, turned_away_at=None),
        "entered_at",
        _bidder,
    ),
    "framework": Book(
        lambda supplier: (
            FrameworkEntry.objects.filter(supplier_id=supplier)
            .exclude(state=framework_life.WITHDRAWN)
            .select_related("package__framework__solicitor")
        ),
        _RESPONSE_RUNS,
        "submitted_at",
        _response,
    ),
    "calloff": Book(_my_calloffs, Q(state__in=(calloff_life.BIDDING, calloff_life.OFFERED)), "begun_at", _calloff),
    "batch": Book(
        lambda supplier: BatchBid.objects.filter(entry__supplier_id=supplier).select_related(
            "batch__package", "batch__solicitor", "batch__entry__supplier"
        ),
        Q(batch__state__in=batch_life.RUNNING, cause=""),
        "at",
        _batch_bid,
    ),
    "work_order": Book(
        lambda supplier: (
            WorkOrder.objects.filter(entry__supplier_id=supplier)
            .exclude(state=work_life.REQUESTED, edition=0)
            .select_related("package", "buyer", "target")
        ),
        Q(state__in=(work_life.REQUESTED, work_life.QUOTED, *work_life.HOLDING)),
        "requested_at",
        _work,
    ),
}
