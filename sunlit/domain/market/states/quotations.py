"""The lives of an online quotation (在线询价) and of the quotes in it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.models import Quotation, Quote
from sunlit.domain.market.rules import quotations as rules
from sunlit.foundation.access import Grant, clock, holds, regulates
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.lifecycle import Life, Move

DRAFT, OPEN, CLOSED, OPENED = "draft", "open", "closed", "opened"
AWARDED, FAILED, CANCELLED, VOIDED, DISCARDED = "awarded", "failed", "cancelled", "voided", "discarded"
SUSPENDED, HALTED = "suspended", "halted"
SEALED, WITHDRAWN, UNREADABLE, UNOPENED = "sealed", "withdrawn", "unreadable", "unopened"
CONFORMING, EXCLUDED, WON, LOST, LAPSED = "conforming", "excluded", "won", "lost", "lapsed"

RUNNING = (OPEN, SUSPENDED, CLOSED, OPENED, HALTED)
ENDED_WITHOUT_AWARD = (FAILED, CANCELLED, VOIDED)


def _sells(actor: Actor, _subject: Any) -> bool:
    return actor.kind == "supplier" and actor.has("sales", "admin")


author = holds("orderer", "lead", of="buyer_id")
sales = holds("sales", "admin", of="supplier_id")
any_supplier = Grant("sales/admin of a supplier", _sells, _("sales or administrator of a supplier"))
regulator = regulates()

quotation = Life(
    "quotation",
    Quotation,
    [
        Move("draft", (), DRAFT, author, _("{actor} of {organisation} drafted quotation {number}"), _("Draft"), stamp="created_at"),
        Move("write", DRAFT, None, author, _("{actor} wrote in quotation {number}"), _("Write")),
        Move("discard", DRAFT, DISCARDED, author, _("{actor} discarded the draft of quotation {number}"), _("Discard"), stamp="ended_at"),
        Move(
            "publish",
            DRAFT,
            OPEN,
            author,
            _("{actor} of {organisation} published quotation {number}: quotes until {until}, at most ¥{ceiling}"),
            _("Publish"),
            (rules.is_lead_where_needed, rules.leaves_time_enough, rules.enough_are_invited),
            "published_at",
        ),
        Move("answer", OPEN, None, author, _("{actor} answered a question about quotation {number}"), _("Answer"), (rules.is_in_time,)),
        Move(
            "extend",
            OPEN,
            None,
            author,
            _("{actor} gave suppliers time to quote for {number} until {until}"),
            _("Give more time"),
            (rules.is_in_time, rules.is_put_off),
        ),
        Move(
            "prolong",
            OPEN,
            None,
            clock,
            _("Too few quotes had come in for {number}: {count} of {least}. They may come in until {until}"),
            _("Prolong"),
            (rules.time_is_over, rules.too_few_came, rules.is_put_off),
        ),
        Move(
            "close",
            OPEN,
            CLOSED,
            clock,
            _("The term to quote for {number} ended: {count} sealed quotes"),
            _("Close"),
            (rules.time_is_over,),
            "closed_at",
        ),
        Move(
            "end",
            OPEN,
            FAILED,
            clock,
            _("Quotation {number} failed: {count} of at least {least} quotes came in. None was opened"),
            _("End"),
            (rules.time_is_over, rules.too_few_came),
            "ended_at",
        ),
        Move("wait", CLOSED, None, clock, _("The opening of {number} waits for the keys of {missing}"), _("Wait for the keys")),
        Move(
            "open_all",
            CLOSED,
            OPENED,
            clock,
            _("All {count} quotes of {number} were opened together"),
            _("Open"),
            (rules.may_be_opened,),
            "opened_at",
        ),
        Move(
            "award",
            OPENED,
            AWARDED,
            author,
            _("{actor} of {organisation} awarded {number} to {winner}: ¥{award}, the lowest of {conforming} conforming quotes"),
            _("Award to the lowest"),
            (rules.is_lead_where_needed, rules.is_judged, rules.enough_conform, rules.winner_stands),
            "ended_at",
        ),
        Move("remind", OPENED, None, clock, _("The buyer was reminded to decide on quotation {number}: reminder {count}"), _("Remind")),
        Move(
            "report",
            OPENED,
            None,
            clock,
            _("The regulator was told that quotation {number} is not decided after {count} reminders"),
            _("Tell the regulator"),
            stamp="reported_at",
        ),
        Move(
            "fail",
            OPENED,
            FAILED,
            author,
            _("{actor} declared quotation {number} failed: {conforming} quotes conform, {least} are needed"),
            _("Declare failed"),
            (rules.is_judged, rules.too_few_conform),
            "ended_at",
        ),
        Move(
            "cancel",
            (OPEN, CLOSED, OPENED),
            CANCELLED,
            author,
            _("{actor} of {organisation} called quotation {number} off: {reason}"),
            _("Terminate the quotation"),
            (rules.reason_is_given,),
            "ended_at",
        ),
        Move(
            "suspend",
            OPEN,
            SUSPENDED,
            regulator,
            _("{actor} of {organisation} suspended quotation {number}: {reason}"),
            _("Suspend the purchase"),
            (rules.reason_is_given,),
            "suspended_at",
        ),
        Move(
            "resume",
            SUSPENDED,
            OPEN,
            regulator,
            _("{actor} of {organisation} let quotation {number} go on: quotes until {until}"),
            _("Let it go on"),
        ),
        Move(
            "halt",
            OPENED,
            HALTED,
            regulator,
            _("{actor} of {organisation} halted the evaluation of {number}: {reason}"),
            _("Halt the evaluation"),
            (rules.reason_is_given,),
            "suspended_at",
        ),
        Move(
            "go_on",
            HALTED,
            OPENED,
            regulator,
            _("{actor} of {organisation} let the evaluation of {number} go on"),
            _("Let it go on"),
        ),
        Move(
            "void",
            RUNNING,
            VOIDED,
            regulator,
            _("{actor} of {organisation} voided quotation {number}: {reason}"),
            _("Void"),
            (rules.reason_is_given,),
            "ended_at",
        ),
    ],
    states={
        DRAFT: _("draft"),
        OPEN: _("open for quotes"),
        SUSPENDED: _("suspended"),
        CLOSED: _("waiting for the opening"),
        OPENED: _("opened, being judged"),
        HALTED: _("evaluation halted"),
        AWARDED: _("awarded"),
        FAILED: _("failed"),
        CANCELLED: _("called off"),
        VOIDED: _("voided"),
        DISCARDED: _("discarded"),
    },
)

quote = Life(
    "quote",
    Quote,
    [
        Move(
            "submit",
            (),
            SEALED,
            sales,
            _("{organisation} handed in sealed quote {number} for {quotation}; digest {digest}"),
            _("Hand in"),
            (rules.is_in_time,),
        ),
        Move(
            "replace",
            (SEALED, WITHDRAWN),
            SEALED,
            sales,
            _("{organisation} replaced its sealed quote {number} for {quotation}; digest {digest}"),
            _("Replace"),
            (rules.is_in_time,),
        ),
        Move(
            "withdraw",
            SEALED,
            WITHDRAWN,
            sales,
            _("{organisation} withdrew its sealed quote {number} for {quotation}; it was destroyed unread"),
            _("Withdraw"),
            (rules.is_in_time,),
        ),
        Move("open", SEALED, OPENED, clock, _("Quote {number} for {quotation} was opened"), _("Open"), stamp="opened_at"),
        Move(
            "spoil",
            SEALED,
            UNREADABLE,
            clock,
            _("Quote {number} for {quotation} could not be opened: {trouble}"),
            _("Cannot be opened"),
            stamp="ended_at",
        ),
        Move(
            "conform",
            (OPENED, EXCLUDED),
            CONFORMING,
            author,
            _("{actor} found that quote {number} conforms"),
            _("Conforms"),
            (rules.meets_what_it_says,),
            "judged_at",
        ),
        Move(
            "exclude",
            (OPENED, CONFORMING),
            EXCLUDED,
            author,
            _("{actor} excluded quote {number}: {reason}"),
            _("Exclude"),
            (rules.reason_is_given,),
            "judged_at",
        ),
        Move("win", CONFORMING, WON, author, _("Quote {number} won {quotation}"), _("Win"), stamp="ended_at"),
        Move("lose", CONFORMING, LOST, author, _("Quote {number} did not win {quotation}"), _("Lose"), stamp="ended_at"),
        Move(
            "return",
            SEALED,
            UNOPENED,
            author | regulator | clock,
            _("Quote {number} was destroyed unopened: {quotation} came to nothing"),
            _("Destroy unopened"),
            stamp="ended_at",
        ),
        Move(
            "lapse",
            (OPENED, CONFORMING),
            LAPSED,
            author | regulator,
            _("Quote {number} lapsed: {quotation} came to nothing"),
            _("Lapse"),
            stamp="ended_at",
        ),
    ],
    states={
        SEALED: _("sealed"),
        WITHDRAWN: _("withdrawn"),
        OPENED: _("opened"),
        UNREADABLE: _("cannot be opened"),
        CONFORMING: _("conforms"),
        EXCLUDED: _("excluded"),
        WON: _("won"),
        LOST: _("did not win"),
        UNOPENED: _("destroyed unopened"),
        LAPSED: _("lapsed"),
    },
)
