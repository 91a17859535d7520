"""The lives of a unit's offer to other units, and of a request for it: asked with money held, confirmed into an order, or ended with the money free."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.models import UnitOffer, UnitRequest
from sunlit.domain.market.rules import units as rules
from sunlit.foundation.access import clock, holds, regulates
from sunlit.foundation.lifecycle import Life, Move

OFFERED, TAKEN_BACK, HALTED, ENDED = "offered", "withdrawn", "halted", "ended"
REQUESTED, CONFIRMED, REFUSED, WITHDRAWN, LAPSED = "requested", "confirmed", "refused", "withdrawn", "lapsed"
TAKEN = (REQUESTED, CONFIRMED)  # requests whose quantity is gone from the offer

seller_lead = holds("lead", of="seller_id")
buyer = holds("orderer", "lead", of="buyer_id")
reasoned = (rules.reason_is_given,)
ordered = (rules.is_in_order,)

unit_offer = Life(
    "unit_offer",
    UnitOffer,
    [
        Move(
            "publish",
            (),
            OFFERED,
            seller_lead,
            _("{actor} of {organisation} offered “{title}” to other units at ¥{price}, by {basis} {paper}"),
            _("Offer it to other units"),
            ordered,
            "published_at",
        ),
        Move(
            "withdraw",
            OFFERED,
            TAKEN_BACK,
            seller_lead,
            _("{actor} withdrew offer {number} to other units: {reason}"),
            _("Withdraw the offer"),
            reasoned,
            "ended_at",
        ),
        Move(
            "halt",
            OFFERED,
            HALTED,
            regulates(),
            _("{actor} of {organisation} stopped offer {number} to other units: {reason}"),
            _("Stop the offer"),
            reasoned,
            "ended_at",
        ),
        Move(
            "end",
            OFFERED,
            ENDED,
            clock,
            _("The term of offer {number} to other units is over"),
            _("End the offer"),
            (rules.term_is_over,),
            "ended_at",
        ),
    ],
    states={
        OFFERED: _("offered"),
        TAKEN_BACK: _("withdrawn"),
        HALTED: _("stopped by the regulator"),
        ENDED: _("term over"),
    },
)

unit_request = Life(
    "unit_request",
    UnitRequest,
    [
        Move(
            "request",
            (),
            REQUESTED,
            buyer,
            _("{actor} of {organisation} asked {seller} for {quantity} × “{title}”, ¥{amount}"),
            _("Ask the unit for it"),
            ordered,
            "requested_at",
        ),
        Move(
            "confirm",
            REQUESTED,
            CONFIRMED,
            seller_lead,
            _("{actor} of {organisation} confirmed request {number}: order {order}"),
            _("Confirm the request"),
            (rules.answerer_is_not_orderer, rules.is_in_time, rules.is_in_order),
            "ended_at",
        ),
        Move(
            "refuse",
            REQUESTED,
            REFUSED,
            seller_lead,
            _("{actor} of {organisation} refused request {number}: {reason}"),
            _("Refuse the request"),
            reasoned,
            "ended_at",
        ),
        Move(
            "withdraw",
            REQUESTED,
            WITHDRAWN,
            buyer,
            _("{actor} withdrew request {number}: {reason}"),
            _("Withdraw the request"),
            reasoned,
            "ended_at",
        ),
        Move(
            "lapse",
            REQUESTED,
            LAPSED,
            clock,
            _("Request {number} lapsed: the unit did not answer in time"),
            _("Lapse"),
            (rules.time_is_over,),
            "ended_at",
        ),
        Move(
            "give_back",
            REQUESTED,
            LAPSED,
            clock,
            _("Request {number} lapsed with its offer: {reason}"),
            _("Give the money back"),
            (),
            "ended_at",
        ),
    ],
    states={
        REQUESTED: _("waiting for the unit's answer"),
        CONFIRMED: _("confirmed, an order was made of it"),
        REFUSED: _("not granted"),
        WITHDRAWN: _("withdrawn"),
        LAPSED: _("lapsed"),
    },
)
