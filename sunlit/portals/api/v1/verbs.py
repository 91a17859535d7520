"""What both sides do to an order: one call a verb, each with its own body; the answer is the order as it now stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from django.utils.translation import gettext_noop as _
from ninja import Router
from pydantic import Field

from sunlit.domain.contracts import services as contracts
from sunlit.domain.market import queries as market
from sunlit.domain.market import services as shop
from sunlit.domain.market.models import Order
from sunlit.domain.market.policies import sales_visible_to, visible_to
from sunlit.foundation.kernel.limits import ORDER_LINES
from sunlit.portals.api.keys import Call, Needs
from sunlit.portals.api.shapes import Given, Money, Text, Version
from sunlit.portals.api.v1.orders import OrderWithAll, party_to, whole
from sunlit.portals.doors import found_or_404

router = Router(tags=["verbs"])
WRITE = Needs("orders:write")

Position = Annotated[int, Field(ge=1, le=ORDER_LINES)]
Count = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
Stars = Annotated[int, Field(ge=1, le=5, strict=True)]


class Plain(Given):
    version: Version = None


class Reasoned(Plain):
    reason: Text


class Carried(Plain):
    carrier: Text
    waybill: Text


class Part(Given):
    position: Position
    quantity: Count


class Parcel(Carried):
    contents: list[Part] | None = Field(default=None, max_length=ORDER_LINES, description="Left out: all that is still open.")


class Item(Given):
    position: Position
    quantity: Count
    conforms: bool
    remark: Text = ""


class Inspected(Plain):
    items: list[Item] = Field(max_length=ORDER_LINES, description="Every line of the order, once.")


class Accepted(Inspected):
    remark: Text = ""


class Rejected(Inspected):
    reason: Text


class Invoiced(Plain):
    number: Text
    amount: Money
    issued_on: date


class Rated(Plain):
    quality: Stars
    delivery: Stars
    service: Stars
    comment: Text = ""


def _verb(verb: str, summary: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """POST /orders/{number}/{verb}."""
    return router.post(f"orders/{{number}}/{verb}", auth=WRITE, response=OrderWithAll, operation_id=verb, summary=summary)


def _do(request: Call, number: str, service: Callable[..., object], given: Plain, /, **more: Any) -> OrderWithAll:
    """Load what the caller may see, make the one call, answer with the order as it now stands."""
    service(_seen(request, number), **more, by=request.actor, at=request.now, expected=given.version)
    return whole(party_to(number, request.actor), request.actor)


def _seen(request: Call, number: str) -> Order:
    """What the caller buys, sells or watches, as a supplier or as a unit that delivers to another."""
    own = visible_to(request.actor) | sales_visible_to(request.actor)
    found: Order = found_or_404(own.select_related("buyer", "supplier").filter(number=number).first())
    return found


# The buyer's side


@_verb("approve", _("The lead lets the order go to the supplier"))
def approve(request: Call, number: str, given: Plain) -> OrderWithAll:
    return _do(request, number, shop.approve, given)


@_verb("disapprove", _("The lead says no"))
def disapprove(request: Call, number: str, given: Reasoned) -> OrderWithAll:
    return _do(request, number, shop.disapprove, given, reason=given.reason)


@_verb("withdraw", _("Take the order back before the supplier confirmed"))
def withdraw(request: Call, number: str, given: Reasoned) -> OrderWithAll:
    return _do(request, number, shop.withdraw, given, reason=given.reason)


@_verb("ask_cancel", _("Ask to cancel a confirmed order"))
def ask_cancel(request: Call, number: str, given: Reasoned) -> OrderWithAll:
    return _do(request, number, shop.ask_cancel, given, reason=given.reason)


@_verb("receive", _("The goods are in hand"))
def receive(request: Call, number: str, given: Plain) -> OrderWithAll:
    return _do(request, number, shop.receive, given)


@_verb("accept", _("Accept the delivery line by line"))
def accept(request: Call, number: str, given: Accepted) -> OrderWithAll:
    return _do(request, number, contracts.accept, given, items=_items(given), remark=given.remark)


@_verb("reject", _("Do not accept the delivery"))
def reject(request: Call, number: str, given: Rejected) -> OrderWithAll:
    return _do(request, number, contracts.reject, given, items=_items(given), reason=given.reason)


@_verb("ask_return", _("Send the rejected goods back for the money"))
def ask_return(request: Call, number: str, given: Reasoned) -> OrderWithAll:
    return _do(request, number, contracts.ask_return, given, reason=given.reason)


@_verb("ask_exchange", _("Send the rejected goods back for other ones"))
def ask_exchange(request: Call, number: str, given: Reasoned) -> OrderWithAll:
    return _do(request, number, contracts.ask_exchange, given, reason=given.reason)


@_verb("request_payment", _("Order the payment"))
def request_payment(request: Call, number: str, given: Plain) -> OrderWithAll:
    return _do(request, number, contracts.request_payment, given)


@_verb("rate", _("Rate the supplier"))
def rate(request: Call, number: str, given: Rated) -> OrderWithAll:
    stars = {"quality": given.quality, "delivery": given.delivery, "service": given.service}
    return _do(request, number, contracts.rate, given, **stars, comment=given.comment)


# The supplier's side


@_verb("confirm", _("Take the order"))
def confirm(request: Call, number: str, given: Plain) -> OrderWithAll:
    return _do(request, number, shop.confirm, given)


@_verb("decline", _("Do not take the order"))
def decline(request: Call, number: str, given: Reasoned) -> OrderWithAll:
    return _do(request, number, shop.decline, given, reason=given.reason)


@_verb("agree_cancel", _("Agree to the cancellation"))
def agree_cancel(request: Call, number: str, given: Plain) -> OrderWithAll:
    return _do(request, number, shop.agree_cancel, given)


@_verb("refuse_cancel", _("Hold the buyer to the order"))
def refuse_cancel(request: Call, number: str, given: Reasoned) -> OrderWithAll:
    return _do(request, number, shop.refuse_cancel, given, reason=given.reason)


@_verb("dispatch", _("Send a parcel"))
def dispatch(request: Call, number: str, given: Parcel) -> OrderWithAll:
    return _do(
        request, number, shop.dispatch, given, carrier=given.carrier, waybill=given.waybill, parcel=_contents(request, number, given)
    )


@_verb("redeliver", _("Send other goods in exchange"))
def redeliver(request: Call, number: str, given: Carried) -> OrderWithAll:
    return _do(request, number, shop.redeliver, given, carrier=given.carrier, waybill=given.waybill)


@_verb("take_back", _("The returned goods are back"))
def take_back(request: Call, number: str, given: Plain) -> OrderWithAll:
    return _do(request, number, shop.take_back, given)


@_verb("invoice", _("Record the invoice"))
def invoice(request: Call, number: str, given: Invoiced) -> OrderWithAll:
    told = {"number": given.number, "amount": given.amount, "issued_on": given.issued_on}
    return _do(request, number, contracts.invoice, given, **told)


def _contents(request: Call, number: str, given: Parcel) -> dict[int, int]:
    """What is in the parcel; nothing said means everything that is still open."""
    if given.contents is not None:
        return {part.position: part.quantity for part in given.contents}
    it = _seen(request, number)
    return {line.position: line.quantity - line.dispatched for line in market.lines_of([it]).get(it.pk, [])}


def _items(given: Inspected) -> list[dict[str, Any]]:
    return [item.model_dump() for item in given.items]
