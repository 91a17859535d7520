"""Batch purchasing (批量集中采购) from the end of a period on: pooled, compared, confirmed, taken by the lowest that conforms, split into one order a buyer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import translation

from sunlit.domain.market.models import Batch, BatchDemand, FrameworkDealer, FrameworkEntry, Order
from sunlit.domain.market.modes.supermarket import Terms
from sunlit.domain.market.queries import batches as queries
from sunlit.domain.market.queries import calloffs
from sunlit.domain.market.rules import batches as rules
from sunlit.domain.market.rules import calloffs as calloff_rules
from sunlit.domain.market.services import awards
from sunlit.domain.market.services.batches import (
    MODE,
    RECORD_LANGUAGE,
    awarded_line,
    failed,
    give_back,
    locked,
    moved,
    open_demands,
)
from sunlit.domain.market.services.parties import dealer_named
from sunlit.domain.market.states import batches as states
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.queries import Ruling
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import TEXT_CHARS
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.lifecycle import Case, move
from sunlit.foundation.outbox.events import announce

DUE_A_ROUND: Final = 100
MONEY: Final = ("BUD-", "PLN-")  # refusals of the budget, and of the plan that the money lies ready for


# The clock


def go_on_due(at: datetime) -> int:
    """Every batch whose stage is over goes on to the next, or to its end, and so do those whose agreement was voided or whose winner left it;
    returns how many. Told twice, the second finds nothing to do.
    """
    done = 0
    left = Q(state=states.OFFERED) & ~Q(entry__state="signed")
    due = Q(until__lte=at) | Q(package__framework__state="voided") | left
    goes_on = Q(suspended_at=None) | Q(package__framework__state="voided")
    for it in Batch.objects.filter(due, goes_on, state__in=states.RUNNING).order_by("until", "pk")[:DUE_A_ROUND]:
        try:
            go_on(it, at=at)
        except Refused:  # somebody else moved it meanwhile
            continue
        done += 1
    return done


@transaction.atomic
def go_on(it: Batch, *, at: datetime) -> Batch:
    """The stage that the batch is in is over, by the clock or because its agreement or its winner is gone. Refused: BAT-011 it is not."""
    held = locked(it)
    if held.package.framework.state == "voided" and held.state in states.RUNNING:
        return failed(held, "agreement_ended", at=at)
    gone = held.state == states.OFFERED and held.entry is not None and held.entry.state != "signed"
    if not gone:
        check(rules.time_is_over(Case(held, CLOCK, at, {})))
    match held.state:
        case states.COLLECTING:
            return _closed(held, at)
        case states.POOLED:
            return failed(held, "not_published", at=at)
        case states.BIDDING:
            return _compared(held, at)
        case states.COMPARED:
            return _offered(held, CLOCK, at)
        case states.OFFERED:
            with translation.override(RECORD_LANGUAGE):
                ground = str(calloff_rules.GONE if gone else calloff_rules.SILENT)
            return _passed_on(held, ground, CLOCK, at)
    raise Refused(Problem(rules.TOO_LATE, {"until": held.until}))


# The solicitor


@transaction.atomic
def exclude_bid(it: Batch, *, supplier: str, cause: str, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Batch:
    """A bid that does not conform is left out, with cause and reason; the next lowest is shown then. Where none is left it came to nothing.

    Refused: BAT-015, BAT-016 no cause or reason, BAT-017 no such bid, BAT-010 too late.
    """
    held = locked(it)
    bid = held.bids.select_related("entry__supplier").filter(entry__supplier__number=supplier, cause="").first()
    if bid is None:
        raise Refused(Problem(rules.NO_SUCH_BID, on="supplier"))
    told = {"cause": cause, "reason": reason.strip()[:TEXT_CHARS]}
    with translation.override(RECORD_LANGUAGE):
        ground = str(rules.EXCLUSIONS.get(cause, ""))
    facts = {**told, "supplier": bid.entry.supplier.name_zh, "ground": ground}
    held.bids.filter(pk=bid.pk).update(**told)
    following = queries.lowest(held)
    change = {"entry": following[0], "price": following[1]} if following else {"entry": None, "price": None}
    held = move(held, "exclude", by=by, at=at, change=change, facts=facts, expected=expected, within=True)
    return held if following else failed(held, "none_conforms", at=at)


@transaction.atomic
def confirm_result(it: Batch, *, by: Actor, at: datetime, expected: int | None = None) -> Batch:
    """The lowest conforming bid has won: nobody chooses. Its supplier is asked to take the orders."""
    return _offered(locked(it), by, at, expected)


# The winner


@transaction.atomic
def take_orders(it: Batch, *, dealers: Mapping[str, str] | None = None, by: Actor, at: datetime) -> Batch:
    """The winner takes what was pooled: one order a buyer, each on its own budget. A buyer whose budget is gone meanwhile gets none and is told.

    `dealers`: the number of the dealer that takes the orders for it, by the code of the region that they are delivered in; where none is named, it
    delivers itself. Refused: BAT-010 too late, BAT-018 not its turn; at `dealer_` and the region's code, CAL-020 no dealer of its, FWP-008 it does not
    deliver there, BAT-020 nothing goes there.
    """
    held = locked(it)
    check(rules.is_in_time(Case(held, by, at, {})))
    entry = _whose_turn(held, by)
    assert held.price is not None
    assert entry.price is not None
    price = min(held.price, entry.price)  # a party that lowered its agreement's price since then delivers at that
    assert price <= held.cap, "an order is never above its cap"
    demands = open_demands(held)
    delivers = _who_delivers(entry, demands, dealers or {})
    split = [(demand, _ordered(held, demand, entry, delivers.get(_region(demand)), price, at)) for demand in demands]
    dropped = [demand.buyer_id for demand, order in split if order is None]
    if dropped:
        announce(*moved("drop", buyers=dropped, cause="budget")(held))
    quantity = sum(demand.quantity for demand, order in split if order is not None)
    if not quantity:
        return failed(held, "no_order", at=at)
    facts = {
        "supplier": entry.supplier.name_zh, "price": price, "orders": len(split) - len(dropped), "quantity": quantity, "pooled": held.pooled,
    }  # fmt: skip
    told = moved("take", suppliers=_others(held))
    return move(held, "take", by=by, at=at, change={"ordered": quantity, "price": price}, facts=facts, announces=told, within=True)


@transaction.atomic
def decline_orders(it: Batch, *, reason: str, by: Actor, at: datetime) -> Batch:
    """The winner does not take them and says why; the next lowest moves up. Refused: BAT-010, BAT-016 no reason, BAT-018 not its turn."""
    held = locked(it)
    check(rules.is_in_time(Case(held, by, at, {})))
    _whose_turn(held, by)
    return _passed_on(held, reason.strip()[:TEXT_CHARS], by, at)


# Behind the verbs


def _closed(it: Batch, at: datetime) -> Batch:
    """The period is over: what was confirmed is pooled, what was not lapses with its money free."""
    lapsed = [demand for demand in open_demands(it) if demand.state == states.SUBMITTED]
    for demand in lapsed:
        move(demand, "lapse", by=CLOCK, at=at, change={"cause": "unconfirmed"}, within=True)
        awards.free(demand.reference, at=at)
    if lapsed:
        announce(*moved("lapse", buyers=[demand.buyer_id for demand in lapsed], cause="unconfirmed")(it))
    demands = open_demands(it)
    if not demands:
        return failed(it, "no_demand", at=at)
    if len(calloffs.parties_of(it.package)) < it.least:
        return failed(it, "few_parties", at=at)
    quantity = sum(demand.quantity for demand in demands)
    until = rulebook.deadline("batch.publish_limit", start=at, region_path=it.region_path, on=local_day(at))
    facts = {"count": len(demands), "quantity": quantity}
    change = {"pooled": quantity, "until": until}
    return move(it, "close", by=CLOCK, at=at, change=change, facts=facts, announces=moved("close"), within=True)


def _compared(it: Batch, at: datetime) -> Batch:
    won = queries.lowest(it)
    if won is None:
        return failed(it, "no_bid", at=at)
    entry, price = won
    until = rulebook.deadline("batch.confirm_limit", start=at, region_path=it.region_path, on=local_day(at))
    bids = {bid.entry.supplier.name_zh: bid.price for bid in it.bids.select_related("entry__supplier")}
    facts = {"count": len(bids), "bids": bids, "supplier": entry.supplier.name_zh, "price": price}
    change = {"until": until, "entry": entry, "price": price}
    return move(it, "compare", by=CLOCK, at=at, change=change, facts=facts, announces=moved("compare"), within=True)


def _offered(it: Batch, by: Actor, at: datetime, expected: int | None = None) -> Batch:
    won = queries.lowest(it)
    if won is None:
        return failed(it, "none_conforms", at=at)
    entry, price = won
    until = rulebook.deadline("batch.take_limit", start=at, region_path=it.region_path, on=local_day(at))
    facts = {"supplier": entry.supplier.name_zh, "price": price, "until": until}
    change = {"until": until, "entry": entry, "price": price}
    told = moved("confirm", suppliers=[entry.supplier_id])
    return move(it, "confirm", by=by, at=at, change=change, facts=facts, expected=expected, announces=told, within=True)


def _passed_on(it: Batch, reason: str, by: Actor, at: datetime) -> Batch:
    """The next lowest has the whole time again; where nobody is left it came to nothing."""
    assert it.entry is not None
    facts = {"supplier": it.entry.supplier.name_zh, "reason": reason}
    it.passed = [*it.passed, it.entry.pk]
    following = queries.lowest(it)
    if following is None:
        it = move(it, "pass_on", by=by, at=at, change={"passed": it.passed}, facts=facts, within=True)
        return failed(it, "nobody_takes", at=at)
    entry, price = following
    until = rulebook.deadline("batch.take_limit", start=at, region_path=it.region_path, on=local_day(at))
    change = {"passed": it.passed, "entry": entry, "price": price, "until": until}
    told = moved("pass_on", suppliers=[entry.supplier_id], reason=reason)
    return move(it, "pass_on", by=by, at=at, change=change, facts=facts, announces=told, within=True)


def _whose_turn(it: Batch, by: Actor) -> FrameworkEntry:
    """The winner's entry, as long as it is a party to the agreement. Refused: BAT-018."""
    entry = next((one for one in queries.parties(it) if one.pk == it.entry_id and one.supplier_id == by.organisation_id), None)
    if entry is None or it.state != states.OFFERED:
        raise Refused(Problem(rules.NOT_ASKED))
    return entry


def _who_delivers(entry: FrameworkEntry, demands: Sequence[BatchDemand], dealers: Mapping[str, str]) -> dict[str, FrameworkDealer]:
    """The dealers that the winner named, by region."""
    places = {_region(demand): demand.terms["delivery"] for demand in demands}
    found: dict[str, FrameworkDealer] = {}
    problems: list[Problem] = []
    for code, number in dealers.items():
        if not number:
            continue
        if code not in places:
            problems.append(Problem(rules.NOT_DELIVERED_THERE, {"code": code}, on=f"dealer_{code}"))
            continue
        named, wrong = dealer_named(entry, number, to=places[code], on=f"dealer_{code}")
        problems += wrong
        if named is not None:
            found[code] = named
    check(problems)
    return found


def _region(demand: BatchDemand) -> str:
    return str(demand.terms["delivery"]["region"])


def _ordered(
    it: Batch, demand: BatchDemand, entry: FrameworkEntry, dealer: FrameworkDealer | None, price: Decimal, at: datetime
) -> Order | None:
    """One buyer's order at the price that won, with the winner or the dealer that takes it for the winner. Where its budget cannot be charged any
    more it has none, and the others keep theirs.
    """
    days = rulebook.rule("order.delivery_limit", region_path=demand.region_path, on=local_day(at)).n
    try:
        with transaction.atomic():
            order = awards.order_from_award(
                mode=MODE,
                origin=demand.number,
                reference=demand.reference,
                buyer=demand.buyer,
                supplier=dealer.dealer if dealer else entry.supplier,
                orderer_id=demand.orderer_id,
                lines=[awarded_line(it, entry, price, demand.quantity)],
                terms=Terms(quota_id=demand.quota_id, plan=demand.plan.number if demand.plan else "", **demand.terms),
                delivery_days=days,
                rulings=[Ruling.from_json(told) for told in demand.rulings],
                by=CLOCK,
                at=at,
            )
    except Refused as refused:
        if not all(code.startswith(MONEY) for code in refused.codes):
            raise
        give_back(demand, "budget", at=at)
        return None
    change = {"order_number": order.number, "dealer": dealer}
    facts = {"order": order.number, **({"dealer": dealer.dealer.name_zh} if dealer else {})}
    move(demand, "order", by=CLOCK, at=at, change=change, facts=facts, within=True)
    return order


def _others(it: Batch) -> list[int]:
    """Those who bid and did not win."""
    assert it.entry is not None
    return sorted(it.bids.exclude(entry=it.entry).values_list("entry__supplier_id", flat=True))
