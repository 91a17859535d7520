"""Verbs of reverse auctions: draft and announce, enter and leave, pause and resume, end, confirm, and go to the next bidder. Bids are in `bidding`.

Locks are taken auction first, then its lots in their order. A bid locks its lot alone and reads the auction after it has the lock.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import structlog
from django.db import DatabaseError, transaction

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.market.events import AuctionMoved
from sunlit.domain.market.models import Auction, AuctionBidder, AuctionEntry, AuctionLot, Order
from sunlit.domain.market.modes import auction as mode
from sunlit.domain.market.modes.supermarket import terms_of
from sunlit.domain.market.queries import auctions as queries
from sunlit.domain.market.rules import auctions as rules
from sunlit.domain.market.services import decisions
from sunlit.domain.market.states import auctions as states
from sunlit.domain.planning import queries as planning
from sunlit.domain.planning.models import Plan
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import Ruling, Verdict, judge
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.deadlines import MadeUp
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import NAME_CHARS, QUANTITY_MOST, TEXT_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.foundation.kernel.standstill import Standstill, put_off
from sunlit.foundation.ledger.canonical import iso
from sunlit.foundation.lifecycle import digest, move
from sunlit.foundation.live import services as live
from sunlit.foundation.live.models import RoomEvent

OPEN_FORM, ROUNDS = "open", "rounds"
NUMBER: Final = "JJ"  # 竞价
DUE_A_ROUND: Final = 200
MASKED: Final = "masked"  # stands in the public ledger for a bidder until the end
MASKS: Final = range(11, 1000)

log = structlog.stdlib.get_logger("sunlit.clock")


@dataclass(frozen=True)
class LotWish:
    """A lot as the form has it."""

    category: str
    name: str
    quantity: str
    unit: str
    cap: str


@dataclass(frozen=True)
class Wish:
    """An auction as the form has it; figures are still text."""

    title: str
    purpose: str
    requirements: str
    plan: str
    quota_id: int
    address_id: int
    title_id: int
    delivery_days: str
    starts_at: datetime | None
    minutes: str
    step_kind: str
    step: str
    extension_minutes: str
    extensions_most: str
    visibility: str
    lots: Sequence[LotWish]
    form: str = OPEN_FORM


# The buyer before the notice


@transaction.atomic
def draft_auction(wish: Wish, *, by: Actor, at: datetime) -> Auction:
    """Write a draft. Refused: AUC-001 … AUC-008, AUC-037 at their fields."""
    buyer = Organisation.objects.select_related("region").get(pk=by.party)
    read = _Reading(wish, buyer, by, at)
    it = Auction(
        number=new_number(NUMBER, at),
        region_path=buyer.region.path,
        buyer=buyer,
        drafter_id=by.person,
        parties=[buyer.number],
        **read.columns,
    )
    it = move(it, "draft", by=by, at=at, facts={"parties": it.parties, "total": it.total}, handed={"problems": read.problems}, within=True)
    _write_lots(it, read)
    return it


@transaction.atomic
def write_auction(it: Auction, wish: Wish, *, by: Actor, at: datetime, expected: int | None = None) -> Auction:
    """Write the draft anew. Refused as `draft_auction`."""
    read = _Reading(wish, it.buyer, by, at)
    handed = {"problems": read.problems}
    it = move(
        it,
        "write",
        by=by,
        at=at,
        change=read.columns,
        facts={"parties": it.parties, "total": read.columns["total"]},
        handed=handed,
        expected=expected,
    )
    it.lots.all().delete()
    _write_lots(it, read)
    return it


def discard_auction(it: Auction, *, by: Actor, at: datetime, expected: int | None = None) -> Auction:
    return move(it, "discard", by=by, at=at, facts={"parties": it.parties}, expected=expected)


@transaction.atomic
def publish_auction(it: Auction, *, by: Actor, at: datetime, expected: int | None = None) -> Auction:
    """Announce it: from now on its terms stand and the money for the highest prices lies ready.

    Refused: AUC-005 the notice would be too short, AUC-009 it needs a plan, and as a hold is (BUD-001 … , PLN-040 … PLN-043).
    """
    it = Auction.objects.select_for_update(of=("self",)).select_related("buyer__region", "plan", "quota").get(pk=it.pk)
    limits, lots = queries.limits(it.region_path, at), queries.lots_of(it)
    said = list(_rulings(it, lots, at))
    problems = [*_notice_problems(it, limits, at), *(ruling.problem(on="plan") for ruling in said if ruling.verdict == Verdict.REFUSED)]
    assert it.starts_at is not None
    for lot in lots:
        lot.ends_at = it.starts_at + queries.length_of(it, 0)
    terms = _terms(it, lots, limits)
    change = {
        "enter_until": it.starts_at - timedelta(minutes=limits.preparation.n),
        "bidders_least": limits.least.n,
        "rulings": [ruling.to_json() for ruling in said],
        "terms_hash": digest(terms),
    }
    facts = {"total": it.total, "parties": it.parties, "terms": terms}
    it = move(
        it,
        "publish",
        by=by,
        at=at,
        change=change,
        facts=facts,
        handed={"problems": problems},
        announces=_moved("publish"),
        expected=expected,
    )
    AuctionLot.objects.bulk_update(lots, ["ends_at"])
    mode.lay_ready(it, lots, by=by, at=at)
    return it


@transaction.atomic
def withdraw_auction(it: Auction, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Auction:
    """Take the notice back before the bidding; the money is free. Refused: AUC-017 it began, ORD-001 no reason."""
    return _end_without(it, "withdraw", reason=reason, by=by, at=at, expected=expected)


# Bidders


@transaction.atomic
def enter_auction(
    it: Auction,
    *,
    points: Iterable[str],
    products: Mapping[int, tuple[str, str]],
    guarantee: str = "",
    by: Actor,
    at: datetime,
) -> AuctionBidder:
    """A supplier declares its conformity and is admitted under a mask drawn by lot. `products` is {lot: (brand, model)}.

    Refused: AUC-010 too late, AUC-011 … AUC-014 incomplete, AUC-015 entered already, LIF-002 not a supplier's sales.
    """
    it = Auction.objects.select_for_update(of=("self",)).get(pk=it.pk)
    if queries.bidder_of(it, by.organisation_id):
        raise Refused(Problem(rules.ENTERED_ALREADY))
    lots = {lot.position: lot for lot in queries.lots_of(it)}
    chosen = {position: (brand.strip(), model.strip()) for position, (brand, model) in products.items() if position in lots}
    standing = registry.standing(by.party)
    mask = _draw_mask(it)
    told: dict[str, Any] = {
        "standing": standing,
        "standing_told": standing,
        "points": list(points),
        "products": list(chosen.values()),
        "guarantee": guarantee.strip(),
        "guarantee_needed": queries.limits(it.region_path, at).guarantee.value.get("choice") == "needed",
    }
    facts = {"bidder": mask, "lots": sorted(chosen), "parties": it.parties, "declared": sorted(told["points"])}
    it = move(it, "enter", by=masked(by, mask), at=at, facts=facts, handed=told, within=True)
    bidder = AuctionBidder.objects.create(
        auction=it, supplier_id=by.party, mask=mask, person_id=by.person, guarantee=told["guarantee"], entered_at=at
    )
    AuctionEntry.objects.bulk_create(
        [AuctionEntry(lot=lots[position], bidder=bidder, brand=brand, model=model) for position, (brand, model) in sorted(chosen.items())]
    )
    _tell_bidders(it, at)
    return bidder


@transaction.atomic
def leave_auction(it: Auction, *, by: Actor, at: datetime) -> Auction:
    """A bidder takes its entry back before the bidding. Refused: AUC-017, AUC-016."""
    it, lots = _locked(it)
    bidder = queries.bidder_of(it, by.organisation_id)
    if bidder is None or not bidder.admitted:
        raise Refused(Problem(rules.NOT_A_BIDDER))
    facts = {"bidder": bidder.mask, "parties": it.parties}
    it = move(it, "leave", by=masked(by, bidder.mask), at=at, facts=facts, handed=_bids(lots), within=True)
    AuctionBidder.objects.filter(pk=bidder.pk).update(left_at=at)
    _tell_bidders(it, at)
    return it


@transaction.atomic
def turn_away(it: Auction, mask: int, *, reason: str, by: Actor, at: datetime) -> Auction:
    """The buyer does not admit a bidder, with a reason that the supplier reads. Refused: AUC-017 the bidding began, AUC-035, ORD-001."""
    it, lots = _locked(it)
    bidder = AuctionBidder.objects.filter(auction=it, mask=mask, left_at=None, turned_away_at=None).first()
    if bidder is None:
        raise Refused(Problem(rules.UNKNOWN_MASK, on="bidder"))
    told = {"reason": reason.strip(), "bidder": mask}
    announces = _moved("turn_away", reason.strip(), [bidder.supplier_id])
    facts = {**told, "parties": it.parties}
    it = move(it, "turn_away", by=by, at=at, facts=facts, handed=_bids(lots), announces=announces, within=True)
    AuctionBidder.objects.filter(pk=bidder.pk).update(turned_away_at=at, reason=told["reason"])
    _tell_bidders(it, at)
    return it


def masked(by: Actor, mask: int) -> Actor:
    """The bidder as the ledger may tell it before the end: its acts are proved by the mask, and who wore it is told when the auction ends."""
    name = f"竞价方{mask}"
    return replace(by, user_id=None, user_name=name, organisation_number=MASKED, organisation_name=name)


def _draw_mask(it: Auction) -> int:
    taken = set(AuctionBidder.objects.filter(auction=it).values_list("mask", flat=True))
    if len(taken) >= rules.BIDDERS_MOST:
        raise Refused(Problem(rules.ENTRY_OVER, {"until": it.enter_until}))
    return secrets.choice([mask for mask in MASKS if mask not in taken])


# The regulator while it runs


@transaction.atomic
def pause_auction(it: Auction, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Auction:
    """Everything stands still from this instant: no bid is taken, no time runs. Refused: ORD-001 no reason."""
    it, lots = _locked(it)
    told = {"reason": reason.strip()}
    it = move(
        it,
        "pause",
        by=by,
        at=at,
        change=told,
        facts={**told, "parties": it.parties},
        announces=_moved("pause", told["reason"], _suppliers(it)),
        expected=expected,
    )
    _tell(lots, at, {"kind": "pause", "reason": told["reason"]})
    return it


@transaction.atomic
def resume_auction(it: Auction, *, by: Actor, at: datetime, expected: int | None = None) -> Auction:
    """It goes on with exactly the time that was left."""
    it, lots = _locked(it)
    since = it.paused_at or at
    moved = _put_off(it, lots, (since, at), queries.standstills_of(it))
    change = {**moved, "paused_at": None, "reason": ""}
    facts = {"parties": it.parties, "paused_at": iso(since), **_instants(it, lots, moved)}
    it = move(it, "resume", by=by, at=at, change=change, facts=facts, announces=_moved("resume", "", _suppliers(it)), expected=expected)
    _tell(lots, at, {"kind": "resume", "starts_at": iso(moved["starts_at"])})
    return it


@transaction.atomic
def void_auction(it: Auction, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Auction:
    """The regulator voids it: nothing is won, the money is free. Refused: ORD-001 no reason."""
    return _end_without(it, "void", reason=reason, by=by, at=at, expected=expected)


@transaction.atomic
def make_up_for_outage(it: Auction, *, since: datetime, until: datetime, outage: str, at: datetime) -> list[tuple[datetime, datetime]]:
    """An auction that was under way while the platform was away is given back the time that it took, where no pause gives it back;
    returns its ends before and after.

    What lies in a pause that goes on is given back when that ends; what the outage took before it, now.
    """
    it, lots = _locked(it)
    if it.state not in states.RUNNING or it.enter_until is None:
        return []
    known, pausing = queries.standstills_of(it), [(it.paused_at, at)] if it.paused_at else []
    if put_off(it.enter_until, known, pausing) >= until:
        return []  # bidders could still enter after it
    until = min(until, it.paused_at or until)
    before = [lot.ends_at for lot in lots]
    moved = _put_off(it, lots, (since, until), known)
    made_up = [(old, lot.ends_at) for old, lot in zip(before, lots, strict=True) if old and lot.ends_at and old != lot.ends_at]
    if not made_up:
        return []
    facts = {
        "parties": it.parties,
        "outage": outage,
        "since": iso(since),
        "until": iso(until),
        "minutes": round(max(after - old for old, after in made_up).total_seconds() / 60),
        **_instants(it, lots, moved),
    }
    it = move(it, "make_up", by=CLOCK, at=at, change=moved, facts=facts)
    told = {"kind": "pause", "reason": it.reason} if it.paused_at else {"kind": "resume", "starts_at": iso(moved["starts_at"])}
    _tell(lots, at, {**told, "outage": outage})
    return made_up


def make_up_for_outages(*, since: datetime, until: datetime, outage: str, at: datetime) -> list[MadeUp]:
    """Every auction that was under way in an outage; tells the ends that moved."""
    under_way = Auction.objects.filter(state__in=states.RUNNING, enter_until__lt=until, lots__ends_at__gt=since).distinct().order_by("pk")
    return [
        MadeUp("auction", it.number, "ends_at", before, after)
        for it in under_way
        for before, after in make_up_for_outage(it, since=since, until=until, outage=outage, at=at)
    ]


def _put_off(it: Auction, lots: Sequence[AuctionLot], more: Standstill, known: Sequence[Standstill]) -> dict[str, Any]:
    """Every instant that had not come makes room for one more standstill; lots that were over stay over, and what was bid for had begun."""
    assert it.starts_at is not None
    for lot in lots:
        lot.ends_at = lot.ends_at and put_off(lot.ends_at, known, [more])
    AuctionLot.objects.bulk_update(lots, ["ends_at"])
    begun = any(lot.bids for lot in lots)
    instants = (("enter_until", it.enter_until), ("starts_at", it.starts_at))
    return {name: put_off(at, known, [more]) if at and not begun else at for name, at in instants}


def _instants(it: Auction, lots: Sequence[AuctionLot], moved: Mapping[str, Any]) -> dict[str, Any]:
    return {"starts_at": iso(moved["starts_at"]), "ends": {str(lot.position): iso(lot.ends_at) for lot in lots if lot.ends_at}}


# The clock


def fail_auctions_due(at: datetime) -> int:
    """Auctions that too few suppliers entered in time fail; returns how many."""
    return _each(queries.auctions_to_fail(at), lambda it: _lack(it, at))


def close_auctions_due(at: datetime) -> int:
    """Auctions whose time is over get their result; returns how many."""
    return _each(queries.auctions_to_close(at), lambda it: close_auction(it, at=at))


def remind_auctions_due(at: datetime) -> int:
    """Buyers who are late with confirming a result are reminded, until they do. Returns how many."""
    due = decisions.to_remind(Auction.objects.filter(state=states.ENDED), "confirm_until", at)
    return _each(due, lambda it: decisions.remind(Auction.objects.all(), it, facts={"parties": it.parties}, announces=_moved, at=at))


@transaction.atomic
def _lack(it: Auction, at: datetime) -> Auction:
    it, lots = _locked(it)
    facts = {"admitted": len([b for b in queries.bidders_of(it) if b.admitted]), "least": it.bidders_least}
    it = move(it, "lack", by=CLOCK, at=at, facts={**facts, "parties": it.parties}, announces=_moved("lack", suppliers=_suppliers(it)))
    mode.let_go(it, at=at)
    AuctionLot.objects.filter(auction=it).update(outcome="failed")
    _tell(lots, at, {"kind": "failed"})
    return it


@transaction.atomic
def close_auction(it: Auction, *, at: datetime) -> Auction:
    """Establish the result from the rows, once the last lot is over. Refused: AUC-029 it goes on, LIF-001 it is closed already."""
    it, lots = _locked(it)
    for lot in lots:
        lot.winner = queries.next_winner(queries.entries_of(lot), it.bidders_least)
        lot.outcome = "won" if lot.winner else "failed"
    AuctionLot.objects.bulk_update(lots, ["winner", "outcome"])
    result = queries.result_of(it, lots)
    winners = _winners(lots)
    bidders = {str(b.mask): b.supplier.number for b in queries.bidders_of(it) if b.admitted}
    facts = {
        "bids": sum(lot.bids for lot in lots),
        "admitted": len(bidders),
        "least": it.bidders_least,
        "bidders": bidders,
        "winners": winners,
        "result": hashlib.sha256(result.encode()).hexdigest(),
        "parties": [*it.parties, *sorted(told["supplier"] for told in winners)],
    }
    handed = {"ends_at": max(lot.ends_at for lot in lots if lot.ends_at)}
    verb = "close" if winners else "fail"
    change: dict[str, Any] = {"result": result}
    if winners:
        change["confirm_until"] = rulebook.deadline("ra.confirm_limit", start=at, region_path=it.region_path, on=local_day(at))
    it = move(it, verb, by=CLOCK, at=at, change=change, facts=facts, handed=handed, announces=_moved(verb, suppliers=_suppliers(it)))
    if not winners:
        mode.let_go(it, at=at)
    _tell(lots, at, {"kind": "ended" if winners else "failed"})
    return it


# After the bidding


@transaction.atomic
def award_auction(it: Auction, *, explanation: str = "", by: Actor, at: datetime, expected: int | None = None) -> Auction:
    """The buyer confirms: one order a winner, each on the budget that lay ready. Refused: AUC-031 nobody, AUC-032 a price is not explained, AUC-038 suspended."""
    it, lots = _locked(it)
    winners = _winners(lots)
    total = sum((Decimal(told["price"]) * told["quantity"] for told in winners), money.ZERO)
    facts = {"winners": winners, "won": total, "explanation": explanation.strip(), "parties": it.parties}
    handed = {"low": queries.low_prices(it, lots, at), "fallen": _fallen(lots)}
    change = {"explanation": explanation.strip(), "confirm_until": None}
    it = move(
        it, "award", by=by, at=at, change=change, facts=facts, handed=handed, expected=expected, related=("buyer__region", "plan", "quota"),
        announces=_moved("award", suppliers=[told["id"] for told in _told_winners(lots)]),
    )  # fmt: skip
    orders = mode.place_orders(it, [lot for lot in lots if lot.order_id is None], by=by, at=at)
    for lot in lots:
        lot.order = orders.get(lot.pk, lot.order)
    AuctionLot.objects.bulk_update(lots, ["order"])
    _tell(lots, at, {"kind": "awarded"})
    return it


@transaction.atomic
def explain_price(it: Auction, position: int, *, reason: str, by: Actor, at: datetime) -> Auction:
    """The proposed winner explains how its price comes about. Refused: AUC-033 not the winner, ORD-001 nothing said."""
    it, lots = _locked(it)
    _lot, entry = _own_win(lots, position, by)
    told = {"lot": position, "reason": reason.strip()}
    it = move(it, "explain", by=by, at=at, facts={**told, "parties": [*it.parties, by.organisation_number]}, announces=_moved("explain"))
    AuctionEntry.objects.filter(pk=entry.pk).update(explanation=told["reason"])
    return it


@transaction.atomic
def refuse_award(it: Auction, position: int, *, reason: str, by: Actor, at: datetime) -> Auction:
    """The proposed winner does not want it: the next bidder stands in its place. Refused: AUC-033 not the winner, ORD-001."""
    it, lots = _locked(it)
    lot, entry = _own_win(lots, position, by)
    facts = {"lot": position, "reason": reason.strip(), "parties": [*it.parties, by.organisation_number]}
    it = move(it, "refuse", by=by, at=at, facts=facts, announces=_moved("refuse", reason.strip()))
    _pass_over(lot, entry, "refused", reason.strip())
    return _go_on_with_the_rest(it, lots, at)


@transaction.atomic
def exclude_winner(it: Auction, position: int, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Auction:
    """The buyer passes over the proposed winner, whose goods do not conform. Refused: AUC-034 there is none, ORD-001 no reason."""
    it, lots = _locked(it)
    lot = next((each for each in lots if each.position == position), None)
    if lot is None or lot.winner is None or lot.order_id is not None:
        raise Refused(Problem(rules.NOT_WON, {"lot": position}))
    entry = lot.winner
    facts = {"lot": position, "bidder": entry.bidder.mask, "reason": reason.strip(), "parties": it.parties}
    announces = _moved("exclude", reason.strip(), [entry.bidder.supplier_id])
    it = move(it, "exclude", by=by, at=at, facts=facts, announces=announces, expected=expected)
    _pass_over(lot, entry, "excluded", reason.strip())
    return _go_on_with_the_rest(it, lots, at)


@transaction.atomic
def go_to_next(order_number: str, *, at: datetime) -> Auction | None:
    """The winner did not take its order: its lots fall to the next bidder, and money is laid ready again. Asked twice, nothing is left to do.

    Where no money can be laid ready any more, or nobody is left, the auction fails, unless others of its lots wait for the buyer or were ordered.
    """
    order = Order.objects.get(number=order_number)
    found = Auction.objects.filter(lots__order=order).first()
    if found is None:
        return None
    it, lots = _locked(found)
    fallen = [lot for lot in lots if lot.order_id == order.pk]
    if it.state not in (states.ENDED, states.AWARDED) or not fallen:
        return None
    before = [lot for lot in lots if lot.winner and lot.order_id is None]  # fell to the next bidder before, and wait for the buyer
    for lot in fallen:
        assert lot.winner is not None
        _pass_over(lot, lot.winner, "declined", order.reason)
    waiting = [lot for lot in fallen if lot.winner]
    if waiting and _laid_ready(it, [*before, *waiting], at):
        return _reopened(it, fallen, order, at)
    for lot in waiting:
        _fails(lot)
    if before:
        return it
    verb = "keep_rest" if any(lot.order_id for lot in lots) else "run_dry" if waiting else "give_up"
    return move(it, verb, by=CLOCK, at=at, facts=_given_up(it), announces=_moved(verb))


def _laid_ready(it: Auction, lots: Sequence[AuctionLot], at: datetime) -> bool:
    """Whether money lies ready again, under the reference of the next hold and in place of the last; meanwhile somebody else may have used it."""
    try:
        with transaction.atomic():
            if it.state == states.ENDED:
                mode.let_go(it, at=at)
            mode.lay_ready(it, lots, turn=it.holds + 1, by=CLOCK, at=at)
    except Refused:
        return False
    return True


def _reopened(it: Auction, fallen: Sequence[AuctionLot], order: Order, at: datetime) -> Auction:
    facts = {"lot": "、".join(str(lot.position) for lot in fallen), "order": order.number, "parties": it.parties}
    until = rulebook.deadline("ra.confirm_limit", start=at, region_path=it.region_path, on=local_day(at))
    change = {"holds": it.holds + 1, "confirm_until": until, **decisions.AFRESH}
    return move(it, "reopen", by=CLOCK, at=at, change=change, facts=facts, announces=_moved("reopen"))


def _own_win(lots: Sequence[AuctionLot], position: int, by: Actor) -> tuple[AuctionLot, AuctionEntry]:
    for lot in lots:
        proposed = lot.winner if lot.order_id is None else None  # who was given an order answers to that
        if lot.position == position and proposed is not None and proposed.bidder.supplier_id == by.organisation_id:
            return lot, proposed
    raise Refused(Problem(rules.NOT_THE_WINNER))


def _pass_over(lot: AuctionLot, entry: AuctionEntry, how: str, why: str) -> None:
    AuctionEntry.objects.filter(pk=entry.pk).update(passed_over=how, passed_over_why=why)
    least = AuctionLot.objects.values_list("auction__bidders_least", flat=True).get(pk=lot.pk)
    lot.winner = queries.next_winner(queries.entries_of(lot), least)
    lot.order = None
    lot.outcome = "won" if lot.winner else "failed"
    lot.save(update_fields=["winner", "order", "outcome"])


def _fails(lot: AuctionLot) -> None:
    lot.winner, lot.outcome = None, "failed"
    lot.save(update_fields=["winner", "outcome"])


def _go_on_with_the_rest(it: Auction, lots: Sequence[AuctionLot], at: datetime) -> Auction:
    """Where nobody is left to confirm the money goes back: the auction failed, unless another of its lots became an order."""
    if any(lot.winner is not None and lot.order_id is None for lot in lots):
        return it
    verb = "keep_rest" if any(lot.order_id for lot in lots) else "give_up"
    it = move(it, verb, by=CLOCK, at=at, facts=_given_up(it), announces=_moved(verb))
    mode.let_go(it, at=at)
    return it


def _given_up(it: Auction) -> dict[str, Any]:
    return {"winners": [], "parties": it.parties}


def _told_winners(lots: Sequence[AuctionLot]) -> list[dict[str, Any]]:
    return [
        {
            "lot": lot.position,
            "bidder": lot.winner.bidder.mask,
            "supplier": lot.winner.bidder.supplier.number,
            "id": lot.winner.bidder.supplier_id,
            "price": str(lot.winner.price),
            "quantity": lot.quantity,
        }
        for lot in lots
        if lot.winner is not None and lot.order_id is None
    ]


def _fallen(lots: Sequence[AuctionLot]) -> list[str]:
    """Proposed winners that are no longer active suppliers, by name."""
    parties = {lot.winner.bidder.supplier_id: lot.winner.bidder.supplier.name_zh for lot in lots if lot.winner and lot.order_id is None}
    standing = registry.standings(parties)
    return [name for party, name in parties.items() if standing.get(party) != "active"]


def _winners(lots: Sequence[AuctionLot]) -> list[dict[str, Any]]:
    return [{name: value for name, value in told.items() if name != "id"} for told in _told_winners(lots)]


# Behind the verbs


def _locked(it: Auction) -> tuple[Auction, list[AuctionLot]]:
    """The auction and its lots, locked in that order: nobody bids meanwhile."""
    held = Auction.objects.select_for_update(of=("self",)).select_related("buyer__region", "plan", "quota").get(pk=it.pk)
    related = ("category", "order", "leader__bidder", "winner__bidder__supplier")
    lots = AuctionLot.objects.select_for_update(of=("self",)).select_related(*related).filter(auction=held).order_by("position")
    return held, list(lots)


def _end_without(it: Auction, verb: str, *, reason: str, by: Actor, at: datetime, expected: int | None) -> Auction:
    """End an auction that goes on without a result: the state first (it locks and asks), then the money."""
    it, lots = _locked(it)
    told = {"reason": reason.strip()}
    announces = _moved(verb, told["reason"], _suppliers(it))
    facts = {**told, "parties": it.parties}
    it = move(it, verb, by=by, at=at, change=told, facts=facts, handed=_bids(lots), announces=announces, expected=expected)
    mode.let_go(it, at=at)
    _tell(lots, at, {"kind": verb, "reason": told["reason"]})
    return it


def _bids(lots: Sequence[AuctionLot]) -> dict[str, int]:
    """How many fell until now: the lots are locked, so none falls meanwhile."""
    return {"bids": sum(lot.bids for lot in lots)}


def _suppliers(it: Auction) -> list[int]:
    return [bidder.supplier_id for bidder in queries.bidders_of(it) if bidder.admitted]


def _tell(lots: Sequence[AuctionLot], at: datetime, event: Mapping[str, Any]) -> None:
    """Tell the room of each lot, whose rows the caller has locked."""
    for lot in lots:
        lot.told += 1
        room = queries.room_of(lot.auction.number, lot.position)
        ends = {"ends_at": iso(lot.ends_at)} if lot.ends_at else {}
        live.tell_room(room, [RoomEvent(room=room, index=lot.told, at=at, openly={**event, **ends})])
    AuctionLot.objects.bulk_update(lots, ["told"])


def _tell_bidders(it: Auction, at: datetime) -> None:
    """Those who are there changed; where each has turns of its own, so did the end."""
    it, lots = _locked(it)
    if it.rounds and it.starts_at is not None:
        for lot in lots:
            lot.ends_at = it.starts_at + queries.length_of(it, sum(entry.bidder.admitted for entry in queries.entries_of(lot)))
        AuctionLot.objects.bulk_update(lots, ["ends_at"])
    _tell(lots, at, {"kind": "bidders", "bidders": queries.admitted_of([it]).get(it.pk, 0)})


def _moved(verb: str, reason: str = "", suppliers: Sequence[int] = ()) -> Callable[[Auction], list[AuctionMoved]]:
    """The announcement of a verb; `suppliers` are those who are told besides the buyer."""

    def announcements(it: Auction) -> list[AuctionMoved]:
        told = {"number": it.number, "title": it.title, "verb": verb, "reason": reason}
        return [AuctionMoved(**told, buyer_id=it.buyer_id, suppliers=list(suppliers), version=it.version)]

    return announcements


def _each(due: Any, act: Callable[[Auction], Any]) -> int:
    """Act on each due auction in a transaction of its own; one that is broken is told in the log and does not keep the others."""
    done = 0
    for it in due[:DUE_A_ROUND]:
        try:
            act(it)
        except Refused:
            continue
        except DatabaseError:
            raise
        except Exception:
            log.exception("the clock cannot move an auction", auction=it.number)
            continue
        done += 1
    return done


def _terms(it: Auction, lots: Sequence[AuctionLot], limits: queries.Limits) -> dict[str, Any]:
    """What stands from the notice on: everything that a replay needs."""
    assert it.starts_at is not None
    return {
        "starts_at": iso(it.starts_at),
        "least": limits.least.n,
        "extension_minutes": it.extension_minutes,
        "extensions_most": it.extensions_most,
        "visibility": it.visibility,
        "beats": queries.beats(it),
        "rounds": [it.rounds, it.opening_minutes, it.turn_minutes, it.pause_minutes] if it.rounds else [],
        "requirements": digest(it.requirements),
        "lots": [
            {
                "lot": lot.position,
                "category": lot.category.code,
                "name": lot.name,
                "quantity": lot.quantity,
                "unit": lot.unit,
                "cap": str(lot.cap),
                "step": str(lot.step),
                "ends_at": iso(lot.ends_at) if lot.ends_at else "",
            }
            for lot in lots
        ],
    }


def _notice_problems(it: Auction, limits: queries.Limits, at: datetime) -> list[Problem]:
    earliest = queries.earliest_start(it.region_path, at)
    if it.starts_at is None or it.starts_at < earliest:
        return [Problem(rules.STARTS_TOO_EARLY, {"days": limits.notice.n, "earliest": earliest}, on="starts_at")]
    return []


def _rulings(it: Auction, lots: Sequence[AuctionLot], at: datetime) -> Iterable[Ruling]:
    """From the procurement threshold on a purchase belongs to a plan; below it nobody needs one."""
    kind = "services" if all(lot.category.kind == "services" for lot in lots) else "goods"
    rule = rulebook.rule("threshold.procurement", region_path=it.region_path, kind=kind, on=local_day(at))
    ok = it.plan_id is not None or it.total < rule.yuan
    yield judge(rule, ok=ok, hard=True, reason=rules.NO_PLAN, figures={"total": it.total, "threshold": rule.yuan})


def _write_lots(it: Auction, read: _Reading) -> None:
    for lot in read.lots:
        lot.auction = it
    AuctionLot.objects.bulk_create(read.lots)


class _Reading:
    """The form, read: columns and lots as far as they can be made, and every problem at its field."""

    def __init__(self, wish: Wish, buyer: Organisation, by: Actor, at: datetime) -> None:
        self.wish, self.limits = wish, queries.limits(buyer.region.path, at)
        self.problems: list[Problem] = []
        texts = {
            name: self._text(name, most) for name, most in (("title", NAME_CHARS), ("purpose", TEXT_CHARS), ("requirements", TEXT_CHARS))
        }
        step_kind = wish.step_kind if wish.step_kind in ("percent", "yuan") else "percent"
        step = self._step(step_kind)
        self.lots = self._lots(step_kind, step)
        total = sum((lot.total for lot in self.lots), money.ZERO)
        if total > money.MOST:
            self.problems.append(Problem(rules.TOTAL_TOO_HIGH, {"most": money.MOST}, on="lots"))
        self.columns: dict[str, Any] = {
            **texts,
            **self._money(buyer, by, at),
            "delivery_days": self._within_most(wish.delivery_days),
            "starts_at": self._starts_at(),
            "step_kind": step_kind,
            "step": step,
            "visibility": self._visibility(),
            **(self._rounds() if wish.form == ROUNDS else self._open()),
            "total": total or money.FEN,
        }

    def _open(self) -> dict[str, Any]:
        """Everybody bids at any time, for so long."""
        return {
            "rounds": 0,
            "minutes": self._figure("minutes", "duration"),
            "extension_minutes": self._figure("extension_minutes", "extension"),
            "extensions_most": self._extensions_most(),
        }

    def _rounds(self) -> dict[str, Any]:
        """In turns, by the rulebook's timetable: one lot, under everybody's eyes."""
        if len(self.wish.lots) > 1:
            self.problems.append(Problem(rules.ROUNDS_ONE_LOT, on="lots"))
        if self.wish.visibility != rules.BOTH:
            self.problems.append(Problem(rules.ROUNDS_ARE_SEEN, on="visibility"))
        return {
            "rounds": self.limits.rounds.n,
            "turn_minutes": self.limits.turn.n,
            "pause_minutes": self.limits.pause.n,
            "opening_minutes": self.limits.opening.n,
            "minutes": 0,
            "extension_minutes": 0,
            "extensions_most": 0,
        }

    def _text(self, name: str, most: int) -> str:
        text = str(getattr(self.wish, name)).strip()
        if not 1 <= len(text) <= most:
            self.problems.append(Problem(rules.TEXT_MISSING, {"most": most}, on=name))
        return text

    def _money(self, buyer: Organisation, by: Actor, at: datetime) -> dict[str, Any]:
        """Who pays, where it is delivered, who gets the invoice."""
        wish = self.wish
        plan = Plan.objects.filter(number=wish.plan, buyer=buyer).first() if wish.plan else None
        quota = planning.quotas_for_orders(buyer.pk, local_day(at).year).filter(pk=wish.quota_id).first()
        if quota is None or (wish.plan and plan is None):
            self.problems.append(Problem(rules.QUOTA_MISSING, on="quota"))
        try:
            terms = terms_of(quota_id=wish.quota_id, address_id=wish.address_id, title_id=wish.title_id, purpose="", note="", by=by)
        except Refused as refused:
            self.problems += refused.problems
            return {"plan_id": plan.pk if plan else None, "quota_id": wish.quota_id, "delivery": {}, "invoice_title": {}}
        return {
            "plan_id": plan.pk if plan else None,
            "quota_id": wish.quota_id,
            "delivery": dict(terms.delivery),
            "invoice_title": dict(terms.invoice_title),
        }

    def _starts_at(self) -> datetime | None:
        if self.wish.starts_at is None:
            self.problems.append(Problem(rules.START_MISSING, on="starts_at"))
        return self.wish.starts_at

    def _within_most(self, text: str) -> int:
        days = _whole(text)
        if days is None or not 1 <= days <= rules.DELIVERY_DAYS_MOST:
            self.problems.append(Problem(rules.DAYS_WRONG, {"most": rules.DELIVERY_DAYS_MOST}, on="delivery_days"))
            return 1
        return days

    def _figure(self, name: str, limit: str) -> int:
        figure = _whole(getattr(self.wish, name))
        if figure is None or not self.limits.lies_within(limit, Decimal(figure)):
            self._outside(name, limit, getattr(self.wish, name))
            return 1
        return figure

    def _step(self, kind: str) -> Decimal:
        step = _yuan(self.wish.step)
        if step is None or step <= 0 or (kind == "percent" and not self.limits.lies_within("step", step)):
            self._outside("step", "step", self.wish.step)
            return money.FEN
        return step

    def _extensions_most(self) -> int | None:
        text = self.wish.extensions_most.strip()
        most, figure = self.limits.most.value.get("n"), _whole(text)
        if (text and figure is None) or (most is not None and (figure is None or figure > most)) or (figure or 0) > QUANTITY_MOST:
            self._outside("extensions_most", "most", text)
            return None
        return figure

    def _visibility(self) -> str:
        if self.wish.visibility in queries.VISIBILITIES:
            return self.wish.visibility
        self._outside("visibility", "visibility", self.wish.visibility)
        return rules.BOTH

    def _outside(self, name: str, limit: str, value: str) -> None:
        rule = getattr(self.limits, limit)
        self.problems.append(
            Problem(rules.OUT_OF_LIMITS, {"name": rule.name, "value": value or "—", "allowed": rule.allowed_shown}, on=name)
        )

    def _lots(self, kind: str, step: Decimal) -> list[AuctionLot]:
        if not 1 <= len(self.wish.lots) <= rules.LOTS_MOST:
            self.problems.append(Problem(rules.LOTS_WRONG, {"most": rules.LOTS_MOST}, on="lots"))
        found = (self._lot(position, told, kind, step) for position, told in enumerate(self.wish.lots[: rules.LOTS_MOST], 1))
        return [lot for lot in found if lot is not None]

    def _lot(self, position: int, told: LotWish, kind: str, step: Decimal) -> AuctionLot | None:
        category = catalog.category(told.category.strip())
        name, unit = told.name.strip(), told.unit.strip()
        quantity, cap = _whole(told.quantity), _yuan(told.cap)
        if category is None or not category.in_use or not 1 <= len(name) <= NAME_CHARS or not 1 <= len(unit) <= NAME_CHARS:
            self.problems.append(Problem(rules.LOT_INCOMPLETE, {"lot": position}, on=f"name_{position}"))
            return None
        if quantity is None or not 1 <= quantity <= QUANTITY_MOST or cap is None or cap <= 0:
            self.problems.append(Problem(rules.LOT_FIGURES, {"lot": position, "most": QUANTITY_MOST}, on=f"cap_{position}"))
            return None
        counted = {"position": position, "category": category, "name": name, "quantity": quantity, "unit": unit, "cap": cap}
        in_yuan = rules.step_of(kind, step, cap)
        if not self.limits.lies_within("step", in_yuan / cap * 100) and kind == "yuan":
            self._outside("step", "step", self.wish.step)
        return AuctionLot(**counted, step=in_yuan)


def _whole(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


def _yuan(text: str) -> Decimal | None:
    try:
        return money.yuan(text)
    except (money.NotMoney, InvalidOperation):
        return None
