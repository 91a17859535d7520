"""The life of an order (state_machine.csv, rows `order`; limits of emall_defaults.csv)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.models import Order
from sunlit.domain.market.rules import orders as rules
from sunlit.foundation.access import Grant, clock, holds
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.ledger import sentences
from sunlit.foundation.lifecycle import Life, Move

AWAITING_APPROVAL, PLACED, CONFIRMED = "awaiting_approval", "placed", "confirmed"
PARTLY_DISPATCHED, DISPATCHED, RECEIVED, ACCEPTED = "partly_dispatched", "dispatched", "received", "accepted"
INVOICED, PAYING, PAID, RATED, CLOSED = "invoiced", "paying", "paid", "rated", "closed"
DISAPPROVED, DECLINED, LAPSED, CANCEL_ASKED, CANCELLED = "disapproved", "declined", "lapsed", "cancel_asked", "cancelled"
REJECTED, RETURNING, RETURNED, EXCHANGING = "rejected", "returning", "returned", "exchanging"

UNIT = "unit"  # the mode in which a buying organisation is the seller

ENDED_WITHOUT_DEAL = (DISAPPROVED, DECLINED, LAPSED, CANCELLED, RETURNED)
DEALS = (PAID, RATED, CLOSED)

orderer = holds("orderer", "lead", of="buyer_id")
lead = holds("lead", of="buyer_id")
receiver = holds("receiver", "lead", of="buyer_id")
finance = holds("finance", of="buyer_id")


def _is_unit_that_sells(*roles: str) -> Callable[[Actor, Any], bool]:
    return lambda actor, it: actor.kind == "buyer" and it.mode == UNIT and it.supplier_id == actor.organisation_id and actor.has(*roles)


# A supplier sells by its sales; a unit that sells to another unit (单位直购), by whoever orders and leads there.
sales = holds("sales", "admin", of="supplier_id") | Grant(
    "selling unit's orderer/lead", _is_unit_that_sells("orderer", "lead"), _("orderer or lead of the unit that sells")
)
supplier_finance = holds("finance", "sales", "admin", of="supplier_id") | Grant(
    "selling unit's finance/orderer/lead",
    _is_unit_that_sells("finance", "orderer", "lead"),
    _("finance, orderer or lead of the unit that sells"),
)
reason = (rules.reason_is_given,)

order = Life(
    "order",
    Order,
    [
        # From the checkout to a placed order
        Move(
            "request",
            (),
            AWAITING_APPROVAL,
            orderer,
            _("{actor} of {organisation} asked for approval of order {number} for ¥{total}"),
            _("Ask for approval"),
            rules.PLACING,
        ),
        Move(
            "place",
            (),
            PLACED,
            orderer,
            _("{actor} of {organisation} placed order {number} for ¥{total}"),
            _("Place the order"),
            rules.PLACING,
        ),
        Move(
            "award",
            (),
            PLACED,
            orderer | clock,
            _("Order {number} for ¥{total} was placed with the winner of {origin}"),
            _("Place the order that was won"),
        ),
        Move(
            "settle",
            (),
            RECEIVED,
            orderer,
            _("Order {number} for ¥{total} was made of the settled work order {origin}"),
            _("Settle the work order"),
            (),
            "received_at",
        ),
        Move(
            "approve",
            AWAITING_APPROVAL,
            PLACED,
            lead,
            _("{actor} approved order {number}"),
            _("Approve"),
            (rules.approver_is_not_orderer,),
            "approved_at",
        ),
        Move(
            "disapprove",
            AWAITING_APPROVAL,
            DISAPPROVED,
            lead,
            _("{actor} did not approve order {number}: {reason}"),
            _("Do not approve"),
            reason,
            "ended_at",
        ),
        Move(
            "withdraw",
            (AWAITING_APPROVAL, PLACED),
            CANCELLED,
            orderer,
            _("{actor} withdrew order {number}: {reason}"),
            _("Withdraw"),
            reason,
            "ended_at",
        ),
        # The supplier's answer
        Move(
            "confirm",
            PLACED,
            CONFIRMED,
            sales,
            _("{organisation} confirmed order {number}"),
            _("Confirm"),
            (rules.supplier_stands, rules.in_time_to_confirm),
            "confirmed_at",
        ),
        Move("decline", PLACED, DECLINED, sales, _("{organisation} declined order {number}: {reason}"), _("Decline"), reason, "ended_at"),
        Move(
            "lapse",
            PLACED,
            LAPSED,
            clock,
            _("Order {number} lapsed: the supplier did not answer in time"),
            _("Lapse"),
            (rules.confirm_time_is_over,),
            "ended_at",
        ),
        # Cancellation after confirmation needs both sides
        Move(
            "ask_cancel",
            CONFIRMED,
            CANCEL_ASKED,
            orderer,
            _("{actor} asked to cancel order {number}: {reason}"),
            _("Ask to cancel"),
            reason,
        ),
        Move(
            "agree_cancel",
            CANCEL_ASKED,
            CANCELLED,
            sales,
            _("{organisation} agreed to cancel order {number}"),
            _("Agree to cancel"),
            (),
            "ended_at",
        ),
        Move(
            "refuse_cancel",
            CANCEL_ASKED,
            CONFIRMED,
            sales,
            _("{organisation} did not agree to cancel order {number}: {reason}"),
            _("Do not agree"),
            reason,
        ),
        # Delivery
        Move(
            "dispatch_part",
            (CONFIRMED, PARTLY_DISPATCHED),
            PARTLY_DISPATCHED,
            sales,
            _("{organisation} dispatched a part of order {number}, waybill {waybill}"),
            _("Dispatch a part"),
            rules.DISPATCHING,
        ),
        Move(
            "dispatch",
            (CONFIRMED, PARTLY_DISPATCHED),
            DISPATCHED,
            sales,
            _("{organisation} dispatched order {number}, waybill {waybill}"),
            _("Dispatch"),
            rules.DISPATCHING,
            "dispatched_at",
        ),
        Move(
            "receive",
            DISPATCHED,
            RECEIVED,
            receiver,
            _("{actor} received the goods of order {number}"),
            _("Confirm receipt"),
            (rules.receiver_is_not_orderer,),
            "received_at",
        ),
        # Acceptance, return, exchange
        Move(
            "accept",
            RECEIVED,
            ACCEPTED,
            receiver,
            _("{actor} accepted the goods of order {number} after inspection"),
            _("Accept"),
            (rules.receiver_is_not_orderer,),
            "accepted_at",
        ),
        Move(
            "reject",
            RECEIVED,
            REJECTED,
            receiver,
            _("{actor} rejected the goods of order {number}: {reason}"),
            _("Reject"),
            (rules.receiver_is_not_orderer, rules.reason_is_given),
        ),
        Move(
            "ask_return",
            REJECTED,
            RETURNING,
            receiver,
            _("{actor} sends back the goods of order {number}: {reason}"),
            _("Return the goods"),
            reason,
        ),
        Move(
            "ask_exchange",
            REJECTED,
            EXCHANGING,
            receiver,
            _("{actor} asks for an exchange of the goods of order {number}: {reason}"),
            _("Exchange the goods"),
            reason,
        ),
        Move(
            "take_back",
            RETURNING,
            RETURNED,
            sales,
            _("{organisation} took back the goods of order {number}"),
            _("Confirm the return"),
            (),
            "ended_at",
        ),
        Move(
            "redeliver",
            EXCHANGING,
            DISPATCHED,
            sales,
            _("{organisation} dispatched other goods for order {number}, waybill {waybill}"),
            _("Dispatch other goods"),
            (rules.waybill_is_given,),
            "dispatched_at",
        ),
        # Money
        Move(
            "invoice",
            ACCEPTED,
            INVOICED,
            supplier_finance,
            _("{organisation} invoiced order {number}, invoice {invoice}"),
            _("Invoice"),
            (rules.invoice_matches,),
            "invoiced_at",
        ),
        Move(
            "request_payment",
            INVOICED,
            PAYING,
            finance,
            _("{actor} ordered the payment of order {number}: ¥{total}"),
            _("Pay"),
            (),
            "paying_at",
        ),
        Move(
            "pay",
            PAYING,
            PAID,
            clock,
            _("The bank paid ¥{total} for order {number}, receipt {receipt}"),
            _("Record the payment"),
            (),
            "paid_at",
        ),
        Move("bounce", PAYING, INVOICED, clock, _("The bank did not pay order {number}: {reason}"), _("Record the failure")),
        # The end
        Move("rate", PAID, RATED, orderer, _("{actor} rated the supplier of order {number}: {stars} of 5"), _("Rate"), (), "rated_at"),
        Move("close", (PAID, RATED), CLOSED, clock, _("Order {number} was closed"), _("Close"), (rules.rating_time_is_over,), "ended_at"),
        # Lateness
        Move("remind_supplier", (CONFIRMED, PARTLY_DISPATCHED), None, clock, _("Order {number} is late: the goods were due"), _("Remind")),
        Move(
            "remind_receiver", (DISPATCHED, RECEIVED), None, clock, _("Order {number} is late: receipt or acceptance was due"), _("Remind")
        ),
        Move(
            "remind_buyer_to_answer",
            (AWAITING_APPROVAL, REJECTED),
            None,
            clock,
            _("Order {number} is late: the buyer's answer was due"),
            _("Remind"),
        ),
        Move(
            "remind_supplier_to_answer",
            (CANCEL_ASKED, RETURNING, EXCHANGING),
            None,
            clock,
            _("Order {number} is late: the supplier's answer was due"),
            _("Remind"),
        ),
        Move(
            "remind_supplier_to_invoice",
            ACCEPTED,
            None,
            clock,
            _("Order {number} is late: the supplier's invoice was due"),
            _("Remind"),
        ),
        Move("remind_payer", (ACCEPTED, INVOICED), None, clock, _("Order {number} is late: the payment was due"), _("Remind")),
    ],
    states={
        AWAITING_APPROVAL: _("awaiting approval"),
        PLACED: _("waiting for the supplier"),
        CONFIRMED: _("confirmed"),
        PARTLY_DISPATCHED: _("partly dispatched"),
        DISPATCHED: _("dispatched"),
        RECEIVED: _("received"),
        ACCEPTED: _("accepted"),
        INVOICED: _("invoiced"),
        PAYING: _("payment under way"),
        PAID: _("paid"),
        RATED: _("rated"),
        CLOSED: _("closed"),
        DISAPPROVED: _("not approved"),
        DECLINED: _("declined"),
        LAPSED: _("lapsed"),
        CANCEL_ASKED: _("cancellation asked"),
        CANCELLED: _("cancelled"),
        REJECTED: _("rejected"),
        RETURNING: _("being returned"),
        RETURNED: _("returned"),
        EXCHANGING: _("being exchanged"),
    },
)

sentences.say("order.take_over_many", _("{organisation} took over {count} orders with {number}; digest {digest}"))
