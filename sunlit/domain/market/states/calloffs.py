"""The life of a purchase under a framework agreement: bids or turns, then the order, or its end without one."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.models import CallOff
from sunlit.domain.market.rules import calloffs as rules
from sunlit.domain.market.states.stops import stoppable
from sunlit.foundation.access import Grant, clock, holds
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.lifecycle import Life, Move

BIDDING, OFFERED, AWARDED, FAILED, WITHDRAWN, VOIDED = "bidding", "offered", "awarded", "failed", "withdrawn", "voided"
LIVE = (BIDDING, OFFERED)


def _is_asked(actor: Actor, subject: Any) -> bool:
    return (
        actor.kind == "supplier"
        and subject.entry is not None
        and subject.entry.supplier_id == actor.organisation_id
        and actor.has("sales", "admin")
    )


def _sells(actor: Actor, _subject: Any) -> bool:
    return actor.kind == "supplier" and actor.has("sales", "admin")


buyer = holds("orderer", "lead", of="buyer_id")
asked = Grant("supplier whose turn it is", _is_asked, _("sales or administrator of the supplier whose turn it is"))
party = Grant("party to the agreement", _sells, _("sales or administrator of a party to the agreement"))
looked_at = (rules.is_in_order,)

calloff = Life(
    "calloff",
    CallOff,
    stoppable(
        [
            Move(
                "select",
                (),
                AWARDED,
                buyer,
                _("{actor} of {organisation} selected {supplier} under framework {framework} for ¥{total}: {reason}"),
                _("Select"),
                looked_at,
                "awarded_at",
            ),
            Move(
                "invite",
                (),
                BIDDING,
                buyer,
                _("{organisation} invited {count} parties of framework {framework} to bid until {until}"),
                _("Invite bids"),
                looked_at,
                "begun_at",
            ),
            Move(
                "ask",
                (),
                OFFERED,
                buyer,
                _("{organisation} asked whose turn it is under framework {framework}; answer until {until}"),
                _("Ask whose turn it is"),
                looked_at,
                "begun_at",
            ),
            Move("bid", BIDDING, None, party | clock, _("A bid for {number} came in"), _("Bid"), (rules.is_in_time, rules.is_in_order)),
            Move(
                "award",
                (BIDDING, OFFERED),
                AWARDED,
                buyer | clock | asked,
                _("{number} went to {supplier} for ¥{total}"),
                _("Award"),
                (rules.is_in_order,),
                "awarded_at",
            ),
            Move(
                "pass_on",
                OFFERED,
                None,
                asked | clock,
                _("The turn passed from {supplier}: {ground}. {note}"),
                _("Refuse the turn"),
                (rules.is_in_order,),
            ),
            Move(
                "fail",
                (BIDDING, OFFERED),
                FAILED,
                buyer | clock | asked,
                _("{number} came to nothing: nobody took it"),
                _("Fail"),
                (),
                "ended_at",
            ),
            Move(
                "withdraw",
                (BIDDING, OFFERED),
                WITHDRAWN,
                buyer,
                _("{organisation} withdrew {number}: {reason}"),
                _("Withdraw the call-off"),
                (rules.reason_is_given, rules.is_in_time),
                "ended_at",
            ),
        ],
        LIVE,
        voided=VOIDED,
        voidable=LIVE,
    ),
    states={
        BIDDING: _("open for bids"),
        OFFERED: _("offered in turn"),
        AWARDED: _("ordered"),
        FAILED: _("came to nothing"),
        WITHDRAWN: _("withdrawn"),
        VOIDED: _("voided"),
    },
)
