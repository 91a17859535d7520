"""Verbs of the marketplace: the cart, the life of an order, favourites, and what the clock does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog import services as catalog_services
from sunlit.domain.catalog.models import Offer, Product
from sunlit.domain.market.models import CartLine, CartPlan, Dispatch, Favourite, Order, OrderLine, Return
from sunlit.domain.market.modes.supermarket import moved
from sunlit.domain.market.rules import orders as rules
from sunlit.domain.market.states.orders import UNIT
from sunlit.domain.planning import queries as plans
from sunlit.domain.planning import services as planning
from sunlit.domain.planning.models import Plan
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.clock import end_of_day, local_day
from sunlit.foundation.kernel.limits import CART_LINES, QUANTITY_MOST
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.foundation.lifecycle import move

DUE_A_ROUND = 200

log = structlog.stdlib.get_logger("sunlit.clock")


# The cart


@transaction.atomic
def add_to_cart(offer: Offer, *, quantity: int, direct: bool = False, by: Actor, at: datetime) -> CartLine:
    """Put an offer into the person's cart, or add to what lies there; `direct`: to be bought direct from the manufacturer.

    Refused: ORD-015 not on sale, ORD-017 quantity, ORD-024 cart full, ORD-041 no proof of manufacture in date.
    """
    _whole(quantity)
    if offer.state != "listed":
        raise Refused(Problem(rules.OFFER_GONE, {"title": offer.title, "state": offer.state}, on="quantity"))
    if direct and not catalog.claims_of([offer])[offer.pk].holds_on(local_day(at)):
        raise Refused(Problem(rules.NOT_DIRECT, {"title": offer.title}, on="quantity"))
    mine = CartLine.objects.filter(user_id=by.person, buyer_id=by.party)
    line = mine.select_for_update().filter(offer=offer).first()
    if line is None:
        if mine.count() >= CART_LINES:
            raise Refused(Problem(rules.CART_FULL, {"most": CART_LINES}))
        start = {"quantity": quantity, "price_seen": offer.price, "direct": direct, "added_at": at}
        line, new = CartLine.objects.get_or_create(user_id=by.person, buyer_id=by.party, offer=offer, defaults=start)
        if new:
            return line
    line.quantity = min(line.quantity + quantity, QUANTITY_MOST)
    line.price_seen = offer.price
    line.direct = line.direct or direct
    line.save(update_fields=["quantity", "price_seen", "direct"])
    return line


def buy_ordinarily(line_id: int, *, by: Actor) -> None:
    """What lay in the cart to be bought direct from the manufacturer becomes an ordinary purchase."""
    _my_lines(by).filter(pk=line_id).update(direct=False)


def set_quantity(line_id: int, *, quantity: int, by: Actor) -> None:
    """Change how many are wanted. Refused: ORD-017."""
    _whole(quantity)
    _my_lines(by).filter(pk=line_id).update(quantity=quantity)


def remove_line(line_id: int, *, by: Actor) -> None:
    _my_lines(by).filter(pk=line_id).delete()


def accept_new_prices(seen: Mapping[int, Decimal], *, by: Actor) -> None:
    """The person has seen these prices, by line of the cart; one that changed again meanwhile is told again."""
    for line_id, price in seen.items():
        _my_lines(by).filter(pk=line_id).update(price_seen=price)


def fill_for_plan(it: Plan, *, by: Actor, at: datetime) -> CartPlan:
    """From now on the person's cart is filled for the plan, instead of the one before. Refused: ORD-036 nothing can be ordered for it."""
    if it.buyer_id != by.party or not plans.is_for_orders(it):
        raise Refused(Problem(rules.PLAN_NOT_FOR_ORDERS, {"plan": it.number}, on="plan"))
    made, _new = CartPlan.objects.update_or_create(user_id=by.person, buyer_id=by.party, defaults={"plan": it, "at": at})
    return made


def drop_plan(*, by: Actor) -> None:
    """What lies in the cart is for no plan any more."""
    CartPlan.objects.filter(user_id=by.person, buyer_id=by.party).delete()


def _my_lines(by: Actor) -> QuerySet[CartLine]:
    return CartLine.objects.filter(user_id=by.person, buyer_id=by.party)


def _whole(quantity: int) -> None:
    if not 1 <= quantity <= QUANTITY_MOST:
        raise Refused(Problem(rules.QUANTITY_WRONG, {"most": QUANTITY_MOST}, on="quantity"))


# Approval within the buyer


def approve(order: Order, *, by: Actor, at: datetime, expected: int | None = None) -> Order:
    """The lead lets the order go to the supplier, whose time to confirm begins. Refused: ORD-004 an own order."""
    until = _deadline("order.supplier_confirm_limit", order, at)
    return _turn(order, "approve", by=by, at=at, expected=expected, change={"confirm_until": until, "approver_id": by.person})


def disapprove(order: Order, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Order:
    """The lead says no; money and stock go back."""
    return _give_up(order, "disapprove", reason=reason, by=by, at=at, expected=expected)


def withdraw(order: Order, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Order:
    """The buyer takes the order back before the supplier confirmed: free of consequences."""
    return _give_up(order, "withdraw", reason=reason, by=by, at=at, expected=expected)


# The supplier's answer


def confirm(order: Order, *, by: Actor, at: datetime, expected: int | None = None) -> Order:
    """The supplier takes the order; it delivers within its own promise, or the rulebook's limit if that is sooner. Refused: ORD-002, ORD-012."""
    promised = end_of_day(local_day(at) + timedelta(days=order.delivery_days))
    until = min(promised, _deadline("order.delivery_limit", order, at))
    standing = (
        registry.standing(order.supplier_id) if order.mode != UNIT else None
    )  # a unit is nobody's supplier and was never admitted as one
    return _turn(order, "confirm", by=by, at=at, expected=expected, change={"deliver_until": until}, handed={"standing": standing})


def decline(order: Order, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Order:
    """The supplier does not take the order; money and stock go back."""
    return _give_up(order, "decline", reason=reason, by=by, at=at, expected=expected)


def ask_cancel(order: Order, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Order:
    """The buyer asks to cancel a confirmed order: the supplier decides."""
    told = {"reason": reason.strip()}
    change = {**told, "answer_until": _deadline("order.cancel_answer_limit", order, at)}
    return _turn(order, "ask_cancel", by=by, at=at, expected=expected, change=change, facts=told)


def agree_cancel(order: Order, *, by: Actor, at: datetime, expected: int | None = None) -> Order:
    """The supplier agrees; money and stock go back."""
    return _give_up(order, "agree_cancel", reason=None, by=by, at=at, expected=expected)


def refuse_cancel(order: Order, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Order:
    """The supplier holds the buyer to the order."""
    return _turn(
        order, "refuse_cancel", by=by, at=at, expected=expected, change={"reason": reason.strip()}, facts={"reason": reason.strip()}
    )


# Delivery


@transaction.atomic
def dispatch(
    order: Order,
    *,
    carrier: str,
    waybill: str,
    parcel: Mapping[int, int],
    paper: File | None = None,
    by: Actor,
    at: datetime,
    expected: int | None = None,
) -> Order:
    """The supplier sends a parcel: `parcel` is {position: quantity}. The order is dispatched when nothing is open any more.

    Refused: ORD-006 no waybill, ORD-033 a waybill used before, ORD-007 an empty parcel, ORD-008 more than is open.
    """
    Order.objects.select_for_update().get(pk=order.pk)
    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    still = {line.position: line.quantity - line.dispatched for line in lines}
    parcel = {position: quantity for position, quantity in parcel.items() if quantity}
    whole = all(parcel.get(position, 0) >= quantity for position, quantity in still.items())
    change = {"receive_until": _deadline("order.receipt_limit", order, at)} if whole else {}
    facts = {"carrier": carrier.strip(), "waybill": waybill.strip(), "parcel": {str(k): v for k, v in parcel.items()}, **_shown(paper)}
    handed = {"parcel": parcel, "open": still, "waybills": _waybills(order)}
    order = _turn(
        order, "dispatch" if whole else "dispatch_part", by=by, at=at, expected=expected, change=change, facts=facts, handed=handed
    )
    Dispatch.objects.create(order=order, carrier=carrier.strip(), waybill=waybill.strip(), contents=facts["parcel"], paper=paper, at=at)
    for line in lines:
        if line.position in parcel:
            OrderLine.objects.filter(pk=line.pk).update(dispatched=F("dispatched") + parcel[line.position])
    return order


def receive(order: Order, *, by: Actor, at: datetime, expected: int | None = None) -> Order:
    """The buyer has the goods in hand. Refused: ORD-005 the person who ordered, where the organisation separates duties."""
    change = {"accept_until": _deadline("order.acceptance_limit", order, at), "receiver_id": by.person}
    return _turn(order, "receive", by=by, at=at, expected=expected, change=change, handed=_duties(order))


@transaction.atomic
def redeliver(
    order: Order, *, carrier: str, waybill: str, paper: File | None = None, by: Actor, at: datetime, expected: int | None = None
) -> Order:
    """The supplier sends other goods in exchange."""
    facts = {"carrier": carrier.strip(), "waybill": waybill.strip(), **_shown(paper)}
    anew = {"received_at": None, "accept_until": None, "reminded": ""}
    change = {"receive_until": _deadline("order.receipt_limit", order, at), **anew}
    order = _turn(order, "redeliver", by=by, at=at, expected=expected, change=change, facts=facts, handed={"waybills": _waybills(order)})
    contents = {str(line.position): line.quantity for line in OrderLine.objects.filter(order=order)}
    Dispatch.objects.create(order=order, carrier=facts["carrier"], waybill=facts["waybill"], contents=contents, paper=paper, at=at)
    Return.objects.filter(order=order, kind="exchange", settled_at=None).update(settled_at=at)
    return order


@transaction.atomic
def take_back(order: Order, *, by: Actor, at: datetime, expected: int | None = None) -> Order:
    """The supplier has the returned goods; money and stock go back, the order ends."""
    order = _give_up(order, "take_back", reason=None, by=by, at=at, expected=expected)
    Return.objects.filter(order=order, kind="return", settled_at=None).update(settled_at=at)
    return order


def mark(
    order: Order,
    verb: str,
    *,
    by: Actor,
    at: datetime,
    expected: int | None = None,
    change: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    handed: Mapping[str, Any] | None = None,
) -> Order:
    """What the contracts desk does to an order: acceptance, return, invoice, payment, rating. Deadlines that begin are set here."""
    begins = {name: _deadline(rule, order, at) for name, rule in _BEGINS.get(verb, {}).items()}
    return _turn(
        order,
        verb,
        by=by,
        at=at,
        expected=expected,
        change={**begins, **(change or {})},
        facts=facts,
        handed={**_duties(order), **(handed or {})},
    )


_BEGINS: dict[str, dict[str, str]] = {
    "accept": {"invoice_until": "order.invoice_limit", "pay_until": "order.payment_limit"},
    "pay": {"rate_until": "order.rating_limit"},
    "rate": {"reply_until": "order.rating_reply_limit"},
    "reject": {"answer_until": "order.return_window"},
    "ask_return": {"answer_until": "order.return_answer_limit"},
    "ask_exchange": {"answer_until": "order.exchange_limit"},
}


# The clock


def lapse_due(at: datetime) -> int:
    """Orders whose supplier did not answer in time lapse; returns how many."""
    due = Order.objects.filter(state="placed", confirm_until__lte=at).order_by("confirm_until", "pk")
    return _each(due, lambda order: _give_up(order, "lapse", reason=None, by=CLOCK, at=at))


def close_due(at: datetime) -> int:
    """Rated orders, and paid orders whose time for a rating is over, are closed; returns how many."""
    rated = Order.objects.filter(state="rated").order_by("pk")
    silent = Order.objects.filter(state="paid", rate_until__lte=at).order_by("pk")
    return sum(_each(due, lambda order: _turn(order, "close", by=CLOCK, at=at)) for due in (rated, silent))


INVOICE: Final = "remind_supplier_to_invoice"
ASKED_TO_INVOICE: Final = "accepted:invoice"
LATE = (
    (("confirmed", "partly_dispatched"), "deliver_until", "remind_supplier"),
    (("dispatched",), "receive_until", "remind_receiver"),
    (("received",), "accept_until", "remind_receiver"),
    (("accepted",), "invoice_until", INVOICE),
    (("accepted", "invoiced"), "pay_until", "remind_payer"),
    (("awaiting_approval", "rejected"), "answer_until", "remind_buyer_to_answer"),
    (("cancel_asked", "returning", "exchanging"), "answer_until", "remind_supplier_to_answer"),
)


def remind_due(at: datetime) -> int:
    """Who is late is reminded, once a stage; nothing is ever accepted or paid silently. Returns how many."""
    total = 0
    for states, field, verb in LATE:
        due = Order.objects.filter(state__in=states, **{f"{field}__lte": at}).exclude(reminded=F("state"))
        if verb == INVOICE:  # its own reminder leaves room for that of the payment, which is due later
            due = due.exclude(reminded=ASKED_TO_INVOICE)
        total += _each(due.order_by(field, "pk"), partial(_remind, verb=verb, at=at))
    return total


def _remind(order: Order, *, verb: str, at: datetime) -> Order:
    return _turn(order, verb, by=CLOCK, at=at, change={"reminded": ASKED_TO_INVOICE if verb == INVOICE else order.state})


def _each(due: QuerySet[Order], act: Callable[[Order], Any]) -> int:
    """Act on each due order in a transaction of its own; one that somebody else moved meanwhile is passed by, and one that is broken
    is told in the log: it does not keep the others from lapsing, being reminded of or closed.
    """
    done = 0
    for order in due[:DUE_A_ROUND]:
        try:
            act(order)
        except Refused:
            continue
        except DatabaseError:
            raise
        except Exception:
            log.exception("the clock cannot move an order", order=order.number)
            continue
        done += 1
    return done


# Favourites


def keep_product(product: Product, *, by: Actor, at: datetime) -> None:
    """Keep a product; one that was merged is kept as what it became."""
    Favourite.objects.get_or_create(buyer_id=by.party, product_id=product.merged_into_id or product.pk, defaults={"at": at})


def drop_product(product: Product, *, by: Actor) -> None:
    Favourite.objects.filter(buyer_id=by.party, product_id=product.merged_into_id or product.pk).delete()


def keep_supplier(supplier: Organisation, *, by: Actor, at: datetime) -> None:
    Favourite.objects.get_or_create(buyer_id=by.party, supplier=supplier, defaults={"at": at})


def drop_supplier(supplier: Organisation, *, by: Actor) -> None:
    Favourite.objects.filter(buyer_id=by.party, supplier=supplier).delete()


@transaction.atomic
def follow_favourites(merged_id: int, into_id: int) -> None:
    """Whoever keeps a product that became part of another keeps the other; asked twice, nothing is left to do."""
    both = Favourite.objects.filter(product_id=into_id, buyer_id=OuterRef("buyer_id"))
    Favourite.objects.filter(Exists(both), product_id=merged_id).delete()
    Favourite.objects.filter(product_id=merged_id).update(product_id=into_id)


# Behind the verbs


def _turn(
    order: Order,
    verb: str,
    *,
    by: Actor,
    at: datetime,
    expected: int | None = None,
    change: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    handed: Mapping[str, Any] | None = None,
) -> Order:
    reason = str((facts or {}).get("reason", ""))
    told = {"parties": order.parties if (change or {}).get("confirm_until") else order.known_to, **(facts or {})}
    return move(order, verb, by=by, at=at, change=change, facts=told, handed=handed, announces=moved(verb, reason), expected=expected)


@transaction.atomic
def _give_up(order: Order, verb: str, *, reason: str | None, by: Actor, at: datetime, expected: int | None = None) -> Order:
    """End the order without a deal: the state first (it locks and asks), then stock and money go back."""
    told = {"reason": reason.strip()} if reason is not None else {}
    order = _turn(order, verb, by=by, at=at, expected=expected, change=told, facts=told)
    if not order.origin:  # what was won took nothing from a shelf
        lines = OrderLine.objects.filter(order=order).values_list("offer_id", "quantity")
        catalog_services.return_stock(dict(lines))
    planning.give_back(reference=f"order/{order.number}", at=at)
    return order


def _shown(paper: File | None) -> dict[str, str]:
    """The paper of a handover, told by its hash."""
    return {"paper": paper.sha256} if paper else {}


def _waybills(order: Order) -> set[str]:
    """Under which waybills parcels of the order went already."""
    return set(Dispatch.objects.filter(order=order).values_list("waybill", flat=True))


def _deadline(rule: str, order: Order, at: datetime) -> datetime:
    return rulebook.deadline(rule, start=at, region_path=order.region_path, on=local_day(order.placed_at))


def _duties(order: Order) -> dict[str, Any]:
    separates = Organisation.objects.values_list("separates_duties", flat=True).get(pk=order.buyer_id)
    return {"separates_duties": separates}
