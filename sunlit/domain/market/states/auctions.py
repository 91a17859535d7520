"""The life of a reverse auction. Whether an open one counts down, runs or is over is told by its instants."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.models import Auction
from sunlit.domain.market.rules import auctions as rules
from sunlit.domain.market.rules.orders import reason_is_given
from sunlit.foundation.access import Grant, clock, holds, regulates
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.ledger import sentences
from sunlit.foundation.lifecycle import Life, Move

DRAFT, OPEN, PAUSED, ENDED, AWARDED = "draft", "open", "paused", "to_confirm", "awarded"
FAILED, WITHDRAWN, VOIDED, DISCARDED = "failed", "withdrawn", "voided", "discarded"
RUNNING = (OPEN, PAUSED)


def _sells(actor: Actor, _subject: Any) -> bool:
    return actor.kind == "supplier" and actor.has("sales", "admin")


author = holds("orderer", "lead", of="buyer_id")
lead = holds("lead", of="buyer_id")
bidder = Grant("a supplier's sales/admin", _sells, _("sales or administrator of a supplier"))
reason = (reason_is_given,)

auction = Life(
    "auction",
    Auction,
    [
        Move("draft", (), DRAFT, author, _("{actor} of {organisation} drafted auction {number}"), _("Draft"), (rules.draft_is_complete,), "created_at"),
        Move("write", DRAFT, None, author, _("{actor} changed the draft of auction {number}"), _("Keep"), (rules.draft_is_complete,)),
        Move("discard", DRAFT, DISCARDED, author, _("{actor} discarded the draft of auction {number}"), _("Discard"), (), "ended_at"),
        Move("publish", DRAFT, OPEN, lead, _("{organisation} announced auction {number}: highest total ¥{total}"), _("Announce"), (rules.draft_is_complete,), "published_at"),
        # Before the bidding
        Move("enter", OPEN, None, bidder, _("Bidder {bidder} was admitted to auction {number}"), _("Enter"), (rules.in_time_to_enter, rules.entry_is_complete)),
        Move("leave", OPEN, None, bidder, _("Bidder {bidder} left auction {number}"), _("Leave"), (rules.bidding_has_not_begun,)),
        Move("turn_away", OPEN, None, lead, _("{organisation} turned bidder {bidder} of auction {number} away: {reason}"), _("Turn away"), (rules.bidding_has_not_begun, *reason)),
        Move("withdraw", OPEN, WITHDRAWN, lead, _("{organisation} withdrew auction {number}: {reason}"), _("Withdraw"), (rules.bidding_has_not_begun, *reason), "ended_at"),
        Move("lack", OPEN, FAILED, clock, _("Auction {number} failed: {admitted} bidders, at least {least} are needed"), _("Fail"), (rules.everybody_is_too_few,), "ended_at"),
        # While it runs
        Move("pause", OPEN, PAUSED, regulates(), _("{actor} of {organisation} paused auction {number}: {reason}"), _("Pause"), reason, "paused_at"),
        Move("resume", PAUSED, OPEN, regulates(), _("{actor} of {organisation} let auction {number} go on; the remaining time was kept"), _("Resume")),
        Move("make_up", (OPEN, PAUSED), None, clock, _("Auction {number} was given back {minutes} minutes that outage {outage} took"), _("Make up for an outage")),
        Move("void", (OPEN, PAUSED, ENDED), VOIDED, regulates(), _("{actor} of {organisation} voided auction {number}: {reason}"), _("Void"), reason, "ended_at"),
        # After the bidding
        Move("close", OPEN, ENDED, clock, _("Auction {number} ended after {bids} bids of {admitted} bidders"), _("End"), (rules.bidding_is_over, rules.something_is_won), "ended_at"),
        Move("fail", OPEN, FAILED, clock, _("Auction {number} failed: in no lot did {least} bidders bid"), _("Fail"), (rules.bidding_is_over, rules.nothing_is_won), "ended_at"),
        Move("explain", ENDED, None, bidder, _("{organisation} explained its price in lot {lot} of auction {number}"), _("Explain the price"), reason),
        Move("refuse", ENDED, None, bidder, _("{organisation} refused lot {lot} of auction {number}: {reason}"), _("Refuse the award"), reason),
        Move("exclude", ENDED, None, lead, _("{actor} passed over bidder {bidder} in lot {lot} of auction {number}: {reason}"), _("Pass over"), reason),
        Move("award", ENDED, AWARDED, lead, _("{organisation} confirmed the result of auction {number}: ¥{won}"), _("Confirm the result"), (rules.something_is_won, rules.winners_stand, rules.low_prices_are_explained), "awarded_at"),
        Move("reopen", (ENDED, AWARDED), ENDED, clock, _("Lot {lot} of auction {number} fell to the next bidder: order {order} came to nothing"), _("Go to the next bidder")),
        Move("give_up", (ENDED, AWARDED), FAILED, clock, _("Auction {number} failed: no bidder is left"), _("Fail"), (rules.nothing_is_won,)),
        Move("run_dry", AWARDED, FAILED, clock, _("Auction {number} failed: no budget is left for the next bidder"), _("Fail"), (rules.nothing_is_won,)),
        Move("keep_rest", (ENDED, AWARDED), AWARDED, clock, _("Of auction {number} only what was ordered before remains"), _("Keep the rest"), (rules.nothing_is_won,)),
        Move("remind", ENDED, None, clock, _("The buyer was reminded to confirm the result of auction {number}: reminder {count}"), _("Remind")),
        Move("report", ENDED, None, clock, _("The regulator was told that the result of auction {number} is not confirmed after {count} reminders"), _("Tell the regulator"), (), "reported_at"),
    ],
    states={
        DRAFT: _("draft"),
        OPEN: _("open"),
        PAUSED: _("paused"),
        ENDED: _("waiting for the buyer"),
        AWARDED: _("awarded"),
        FAILED: _("came to nothing"),
        WITHDRAWN: _("withdrawn"),
        VOIDED: _("voided"),
        DISCARDED: _("discarded"),
    },
)  # fmt: skip

sentences.say("auction.bid", _("Bidder {bidder} bid ¥{price} in lot {lot} of auction {number}"))
sentences.say("auction.bids", _("{count} bids in lot {lot} of auction {number} were written together"))
sentences.say("auction.floor", _("Bidder {bidder} set a sealed floor in lot {lot} of auction {number}"))
sentences.say("auction.lift_floor", _("Bidder {bidder} took its floor in lot {lot} of auction {number} away"))
