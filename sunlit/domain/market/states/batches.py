"""The lives of a batch purchase and of a buyer's demand in it: pooled, bid for, confirmed, taken and split into orders, or ended with all money free."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.models import Batch, BatchDemand
from sunlit.domain.market.rules import batches as rules
from sunlit.domain.market.states.stops import stoppable
from sunlit.foundation.access import Grant, clock, holds, regulates
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.lifecycle import Life, Move

COLLECTING, POOLED, BIDDING, COMPARED, OFFERED = "collecting", "pooled", "bidding", "compared", "offered"
AWARDED, FAILED, CANCELLED, VOIDED = "awarded", "failed", "cancelled", "voided"
SUBMITTED, CONFIRMED, ORDERED, WITHDRAWN, LAPSED, RETURNED = "submitted", "confirmed", "ordered", "withdrawn", "lapsed", "returned"

RUNNING = (COLLECTING, POOLED, BIDDING, COMPARED, OFFERED)
OPEN_DEMANDS = (SUBMITTED, CONFIRMED)


def _is_asked(actor: Actor, subject: Any) -> bool:
    return (
        actor.kind == "supplier"
        and subject.entry is not None
        and subject.entry.supplier_id == actor.organisation_id
        and actor.has("sales", "admin")
    )


def _sells(actor: Actor, _subject: Any) -> bool:
    return actor.kind == "supplier" and actor.has("sales", "admin")


author = holds("orderer", "lead", of="solicitor_id")
decider = holds("lead", of="solicitor_id")
asked = Grant("supplier who won", _is_asked, _("sales or administrator of the supplier who won"))
party = Grant("party to the agreement", _sells, _("sales or administrator of a party to the agreement"))
buyer = holds("orderer", "lead", of="buyer_id")
buyer_lead = holds("lead", of="buyer_id")
reasoned = (rules.reason_is_given,)

batch = Life(
    "batch_purchase",
    Batch,
    stoppable(
        [
            Move(
                "open",
                (),
                COLLECTING,
                author,
                _("{organisation} opened batch {number} for period {period}; demands until {until}"),
                _("Open the batch"),
                (rules.is_in_order,),
                "opened_at",
            ),
            Move(
                "close",
                COLLECTING,
                POOLED,
                clock,
                _("{count} buyers' demands were pooled in {number}: {quantity} together"),
                _("Close the period"),
                (rules.time_is_over,),
                "closed_at",
            ),
            Move(
                "publish",
                POOLED,
                BIDDING,
                decider,
                _("{organisation} put {number} out to {count} parties of the agreement; bids until {until}"),
                _("Put out to the parties"),
                (rules.is_in_time, rules.is_in_order),
                "published_at",
            ),
            Move("bid", BIDDING, None, party | clock, _("A bid for {number} came in"), _("Bid"), (rules.is_in_time, rules.is_in_order)),
            Move(
                "compare",
                BIDDING,
                COMPARED,
                clock,
                _("{count} bids for {number} were compared: the lowest is ¥{price} of {supplier}"),
                _("Compare the bids"),
                (rules.time_is_over,),
                "compared_at",
            ),
            Move(
                "exclude",
                COMPARED,
                None,
                decider,
                _("{organisation} excluded the bid of {supplier} for {number}: {ground}. {reason}"),
                _("Exclude the bid"),
                (rules.is_in_time, rules.cause_is_given, rules.reason_is_given),
            ),
            Move(
                "confirm",
                COMPARED,
                OFFERED,
                decider | clock,
                _("The result of {number} was confirmed: {supplier} at ¥{price}; to be taken until {until}"),
                _("Confirm the result"),
            ),
            Move(
                "pass_on",
                OFFERED,
                None,
                asked | clock,
                _("{supplier} did not take {number}: {reason}"),
                _("Decline the orders"),
                reasoned,
            ),
            Move(
                "take",
                OFFERED,
                AWARDED,
                asked,
                _("{supplier} took {number} at ¥{price}: {orders} orders over {quantity} together"),
                _("Take the orders"),
                (),
                "awarded_at",
            ),
            Move("fail", RUNNING, FAILED, clock, _("{number} came to nothing: {why}. All money is free"), _("Fail"), (), "ended_at"),
            Move(
                "cancel",
                (COLLECTING, POOLED, BIDDING),
                CANCELLED,
                decider,
                _("{organisation} cancelled {number}: {reason}"),
                _("Cancel the batch"),
                (*reasoned, rules.is_in_time),
                "ended_at",
            ),
            Move(
                "void",
                RUNNING,
                VOIDED,
                regulates(),
                _("{organisation} voided {number}: {reason}"),
                _("Void the batch"),
                reasoned,
                "ended_at",
            ),
        ],
        RUNNING,
    ),
    states={
        COLLECTING: _("taking demands"),
        POOLED: _("pooled"),
        BIDDING: _("open for bids"),
        COMPARED: _("bids compared"),
        OFFERED: _("offered to the winner"),
        AWARDED: _("ordered"),
        FAILED: _("came to nothing"),
        CANCELLED: _("cancelled"),
        VOIDED: _("voided"),
    },
)

demand = Life(
    "batch_demand",
    BatchDemand,
    [
        Move(
            "submit",
            (),
            SUBMITTED,
            buyer,
            _("{organisation} submitted demand {number} over {quantity} for {batch}; ¥{held} is held"),
            _("Submit the demand"),
            (rules.still_collects, rules.is_in_order),
            "submitted_at",
        ),
        Move(
            "confirm",
            SUBMITTED,
            CONFIRMED,
            buyer_lead,
            _("{actor} of {organisation} confirmed demand {number}"),
            _("Confirm the demand"),
            (rules.still_collects,),
            "confirmed_at",
        ),
        Move(
            "withdraw",
            OPEN_DEMANDS,
            WITHDRAWN,
            buyer,
            _("{organisation} withdrew demand {number}: {reason}"),
            _("Withdraw the demand"),
            (*reasoned, rules.still_collects),
            "ended_at",
        ),
        Move("lapse", SUBMITTED, LAPSED, clock, _("Demand {number} lapsed: it was not confirmed in time"), _("Lapse"), (), "ended_at"),
        Move("order", CONFIRMED, ORDERED, clock, _("Demand {number} became order {order}"), _("Order"), (), "ended_at"),
        Move(
            "give_back",
            OPEN_DEMANDS,
            RETURNED,
            clock,
            _("Nothing came of demand {number}: {why}. Its money is free"),
            _("Give back"),
            (),
            "ended_at",
        ),
    ],
    states={
        SUBMITTED: _("to be confirmed"),
        CONFIRMED: _("confirmed"),
        ORDERED: _("ordered"),
        WITHDRAWN: _("withdrawn"),
        LAPSED: _("lapsed"),
        RETURNED: _("nothing came of it"),
    },
)
