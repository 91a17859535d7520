"""The lives of a framework agreement and of a response to it (110号令): plan, solicitation, review, shortlist, signing, its run and its end."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.models import Framework, FrameworkEntry
from sunlit.domain.market.rules import frameworks as rules
from sunlit.foundation.access import Grant, clock, holds, regulates
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.lifecycle import Life, Move

DRAFT, IN_REVIEW, CLEARED, OPEN, OPENED = "draft", "in_review", "cleared_to_publish", "open", "opened"
SHORTLISTED, IN_FORCE, ENDED, FAILED, CANCELLED, VOIDED = "shortlisted", "in_force", "ended", "failed", "cancelled", "voided"
JOINED = "joined"

SUBMITTED, WITHDRAWN, CONFORMING, NONCONFORMING = "submitted", "withdrawn", "conforming", "nonconforming"
LISTED, ELIMINATED, SIGNED, UNSIGNED, CLEARED_OUT, LEFT = "shortlisted", "eliminated", "signed", "unsigned", "cleared_out", "left"

PUBLIC: Final = (OPEN, OPENED, SHORTLISTED, IN_FORCE, ENDED, FAILED, CANCELLED, VOIDED, JOINED)


def _of_the_solicitor(actor: Actor, subject: Any) -> bool:
    return actor.kind == "buyer" and actor.organisation_id == subject.package.framework.solicitor_id and actor.has("orderer", "lead")


author = holds("orderer", "lead", of="solicitor_id")
decider = holds("lead", of="solicitor_id")
judge = Grant("solicitor's orderer/lead", _of_the_solicitor, _("orderer or lead of the solicitor"))
sales = holds("sales", "admin", of="supplier_id")
reasoned = (rules.reason_is_given,)

framework = Life(
    "framework",
    Framework,
    [
        # The plan
        Move("draft", (), DRAFT, author, _("{actor} of {organisation} began framework {number}"), _("Begin"), (), "created_at"),
        Move("revise", DRAFT, None, author, _("{actor} changed framework {number}"), _("Save")),
        Move(
            "ask_review",
            DRAFT,
            IN_REVIEW,
            decider,
            _("{organisation} asked the finance department to review the plan of framework {number}"),
            _("Ask for the review"),
            (rules.agency_asks, rules.plan_is_in_order),
            "asked_at",
        ),
        Move(
            "approve",
            IN_REVIEW,
            CLEARED,
            regulates(),
            _("{organisation} approved the plan of framework {number}"),
            _("Approve the plan"),
            (),
            "cleared_at",
        ),
        Move(
            "send_back",
            IN_REVIEW,
            DRAFT,
            regulates(),
            _("{organisation} sent the plan of framework {number} back: {reason}"),
            _("Send back"),
            reasoned,
        ),
        Move(
            "file_plan",
            DRAFT,
            CLEARED,
            decider,
            _("{organisation} filed the plan of framework {number}"),
            _("File the plan"),
            (rules.lead_unit_files, rules.plan_is_in_order),
            "cleared_at",
        ),
        # The first stage
        Move(
            "publish",
            CLEARED,
            OPEN,
            decider,
            _("{organisation} solicited framework {number}; responses until {until}"),
            _("Publish the solicitation"),
            (rules.responses_have_time,),
            "published_at",
        ),
        Move(
            "open",
            OPEN,
            OPENED,
            author | clock,
            _("The responses to framework {number} were opened: {count} of {suppliers} suppliers"),
            _("Open the responses"),
            (rules.time_to_respond_is_over,),
            "opened_at",
        ),
        Move(
            "shortlist",
            OPENED,
            SHORTLISTED,
            decider,
            _("{organisation} shortlisted {listed} responses of framework {number}; {eliminated} were eliminated"),
            _("Settle the shortlist"),
            (rules.everything_is_judged, rules.panel_is_complete),
            "listed_at",
        ),
        Move(
            "fail",
            OPENED,
            FAILED,
            decider,
            _("Framework {number} failed: {why}"),
            _("Record the failure"),
            (rules.everything_is_judged, rules.panel_is_complete),
            "ended_at",
        ),
        Move(
            "conclude",
            SHORTLISTED,
            IN_FORCE,
            decider,
            _("{organisation} concluded framework {number} with {signed} suppliers; it runs until {until}"),
            _("Conclude the agreement"),
            (rules.is_of_itself, rules.somebody_signed),
            "signed_at",
        ),
        # Too few are left
        Move(
            "supplement",
            (),
            CLEARED,
            decider,
            _("{organisation} solicits anew for framework {agreement} as {number}: {reason}"),
            _("Solicit anew"),
            (rules.agreement_runs, rules.is_short_of_suppliers, rules.reason_is_given),
            "created_at",
        ),
        Move(
            "join",
            SHORTLISTED,
            JOINED,
            decider,
            _("{signed} suppliers of {number} joined framework {agreement} until {until}"),
            _("Let them join the agreement"),
            (rules.agreement_runs, rules.somebody_signed),
            "signed_at",
        ),
        Move(
            "fall",
            (CLEARED, OPEN, OPENED, SHORTLISTED),
            CANCELLED,
            clock | regulates(),
            _("Solicitation {number} ended with its agreement {agreement}"),
            _("End"),
            (),
            "ended_at",
        ),
        Move(
            "collapse",
            SHORTLISTED,
            FAILED,
            clock,
            _("Nobody signed framework {number} in time: it failed"),
            _("Fail"),
            (rules.nobody_signed_in_time,),
            "ended_at",
        ),
        # Its run
        Move(
            "file",
            (IN_FORCE, JOINED),
            None,
            author,
            _("{organisation} filed the agreement of framework {number}"),
            _("File the agreement"),
            (rules.is_not_filed_yet,),
            "filed_at",
        ),
        Move("end", IN_FORCE, ENDED, clock, _("The term of framework {number} is over"), _("End"), (rules.term_is_over,), "ended_at"),
        Move(
            "cancel",
            (DRAFT, CLEARED, OPEN, OPENED),
            CANCELLED,
            decider,
            _("{organisation} gave framework {number} up: {reason}"),
            _("Give up"),
            reasoned,
            "ended_at",
        ),
        Move(
            "warn",
            (OPEN, OPENED, SHORTLISTED, IN_FORCE),
            None,
            regulates(),
            _("{organisation} warned the solicitor of framework {number}: {reason}"),
            _("Warn"),
            reasoned,
        ),
        Move(
            "void",
            (OPEN, OPENED, SHORTLISTED, IN_FORCE),
            VOIDED,
            regulates(),
            _("{organisation} voided framework {number}: {reason}"),
            _("Void"),
            reasoned,
            "ended_at",
        ),
    ],
    states={
        DRAFT: _("draft"),
        IN_REVIEW: _("under review by the finance department"),
        CLEARED: _("ready for solicitation"),
        OPEN: _("open for responses"),
        OPENED: _("responses under review"),
        SHORTLISTED: _("shortlisted, being signed"),
        IN_FORCE: _("in force"),
        ENDED: _("ended"),
        FAILED: _("failed"),
        CANCELLED: _("given up"),
        VOIDED: _("voided"),
        JOINED: _("joined its agreement"),
    },
)

entry = Life(
    "framework_entry",
    FrameworkEntry,
    [
        Move(
            "submit",
            (),
            SUBMITTED,
            sales | clock,
            _("Response {number} came in"),
            _("Hand in the response"),
            (rules.comes_in_time, rules.response_is_in_order),
            "submitted_at",
        ),
        Move(
            "revise",
            SUBMITTED,
            None,
            sales | clock,
            _("Response {number} was changed"),
            _("Change the response"),
            (rules.comes_in_time, rules.response_is_in_order),
        ),
        Move(
            "withdraw",
            SUBMITTED,
            WITHDRAWN,
            sales | clock,
            _("Response {number} was withdrawn"),
            _("Withdraw the response"),
            (rules.comes_in_time,),
            "ended_at",
        ),
        # Its review
        Move(
            "accept",
            (SUBMITTED, NONCONFORMING),
            CONFORMING,
            judge,
            _("Response {number} conforms"),
            _("It conforms"),
            (rules.framework_is(OPENED), rules.score_is_given),
            "judged_at",
        ),
        Move(
            "exclude",
            (SUBMITTED, CONFORMING),
            NONCONFORMING,
            judge,
            _("Response {number} does not conform: {finding}. {note}"),
            _("It does not conform"),
            (rules.framework_is(OPENED), rules.finding_is_given),
            "judged_at",
        ),
        Move("list", CONFORMING, LISTED, judge, _("Response {number} was shortlisted as number {rank}"), _("Shortlist"), (), "listed_at"),
        Move(
            "eliminate",
            CONFORMING,
            ELIMINATED,
            judge,
            _("Response {number} was eliminated as number {rank}"),
            _("Eliminate"),
            (),
            "ended_at",
        ),
        # Signing and after
        Move(
            "sign",
            LISTED,
            SIGNED,
            sales,
            _("{organisation} signed the agreement for response {number} at ¥{price}"),
            _("Sign the agreement"),
            (rules.framework_is(SHORTLISTED), rules.signs_in_time),
            "signed_at",
        ),
        Move(
            "decline",
            LISTED,
            UNSIGNED,
            sales,
            _("{organisation} does not sign for response {number}: {reason}"),
            _("Do not sign"),
            (rules.framework_is(SHORTLISTED), rules.reason_is_given),
            "ended_at",
        ),
        Move(
            "join",
            SIGNED,
            None,
            judge,
            _("{number} joined framework {agreement} as number {rank}"),
            _("Join"),
        ),
        Move("lapse", LISTED, UNSIGNED, judge | clock, _("Response {number} was not signed in time"), _("Lapse"), (), "ended_at"),
        Move(
            "reduce",
            SIGNED,
            None,
            sales,
            _("{organisation} lowered the price of {number} from ¥{before} to ¥{price}"),
            _("Lower the price"),
            (rules.framework_is(IN_FORCE), rules.price_falls),
        ),
        Move(
            "clear_out",
            SIGNED,
            CLEARED_OUT,
            judge,
            _("{organisation} cleared {number} out of the agreement ({ground}): {reason}"),
            _("Clear out"),
            (rules.framework_is(IN_FORCE), rules.removal_is_named, rules.reason_is_given),
            "ended_at",
        ),
        Move(
            "upgrade",
            SIGNED,
            None,
            judge,
            _("{number} is now {name} for ¥{price} (upgrade {upgrade})"),
            _("Upgrade the product"),
            (rules.framework_is(SHORTLISTED, IN_FORCE),),
        ),
        Move(
            "ask_leave",
            SIGNED,
            None,
            sales,
            _("{organisation} asks to leave the agreement with {number}: {reason}"),
            _("Ask to leave"),
            (rules.framework_is(IN_FORCE), rules.leave_is_not_asked, rules.reason_is_given),
        ),
        Move(
            "keep",
            SIGNED,
            None,
            judge,
            _("{organisation} holds {number} to the agreement: {reason}"),
            _("Do not release"),
            (rules.framework_is(IN_FORCE), rules.leave_is_asked, rules.reason_is_given),
        ),
        Move(
            "release",
            SIGNED,
            LEFT,
            judge,
            _("{organisation} released {number} from the agreement: {reason}"),
            _("Release"),
            (rules.framework_is(IN_FORCE), rules.reason_is_given),
            "ended_at",
        ),
    ],
    states={
        SUBMITTED: _("handed in"),
        WITHDRAWN: _("withdrawn"),
        CONFORMING: _("conforms"),
        NONCONFORMING: _("does not conform"),
        LISTED: _("shortlisted"),
        ELIMINATED: _("eliminated"),
        SIGNED: _("party to the agreement"),
        UNSIGNED: _("not signed"),
        CLEARED_OUT: _("cleared out"),
        LEFT: _("released"),
    },
)
