"""The lives of the rulebook: a draft is written by one person and decided by another; an outage is declared by the operator and decided by a regulator."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook.models import OutageReport, RuleDraft
from sunlit.domain.rulebook.rules import drafts as rules
from sunlit.domain.rulebook.rules import outages as outage_rules
from sunlit.foundation.access import Grant, operator, regulates
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import regions
from sunlit.foundation.lifecycle import Life, Move

DRAFT, REVIEW, SENT_BACK, ENACTED, WITHDRAWN = "draft", "review", "sent_back", "enacted", "withdrawn"
OPEN = (DRAFT, REVIEW, SENT_BACK)
REPORTED, CONFIRMED, REFUSED = "reported", "confirmed", "refused"


def _is_of_the_office(actor: Actor, draft: Any) -> bool:
    return actor.organisation_number == draft.office and regulator.allows(actor, draft)


def _is_another_person(actor: Actor, draft: Any) -> bool:
    return actor.user_id != draft.drafter_id and regulator.allows(actor, draft)


def _is_at_the_top(actor: Actor, _report: Any) -> bool:
    return actor.kind == "regulator" and regions.depth(actor.region_path) <= 1 and actor.has("officer", "lead")


regulator = regulates()
office = Grant("drafting office", _is_of_the_office, _("an officer or the lead of the office that drafted it"))
reviewer = Grant("second person", _is_another_person, _("another officer or lead of the region's regulator than who drafted it"))

draft = Life(
    "rule_draft",
    RuleDraft,
    [
        Move(
            "draft",
            (),
            DRAFT,
            regulator,
            _("{organisation} drafted change {number} of {told}"),
            _("Save the draft"),
            (rules.says_why,),
            "drafted_at",
        ),
        Move(
            "revise",
            OPEN,
            DRAFT,
            office,
            _("{organisation} revised change {number} of {told}"),
            _("Revise"),
            (rules.says_why,),
            "drafted_at",
        ),
        Move(
            "hand_in",
            DRAFT,
            REVIEW,
            office,
            _("{organisation} handed in change {number}"),
            _("Hand in for review"),
            (rules.can_still_begin,),
            "handed_in_at",
        ),
        Move(
            "approve",
            REVIEW,
            ENACTED,
            reviewer,
            _("{organisation} approved change {number} of {told}, in force from {effective_from}"),
            _("Approve"),
            (rules.can_still_begin, rules.rests_on_what_holds),
            "decided_at",
        ),
        Move(
            "send_back",
            REVIEW,
            SENT_BACK,
            reviewer,
            _("{organisation} sent change {number} back: {answer}"),
            _("Send back"),
            (rules.answer_is_given,),
            "decided_at",
        ),
        Move("withdraw", OPEN, WITHDRAWN, office, _("{organisation} withdrew change {number}"), _("Withdraw"), (), "decided_at"),
    ],
    states={
        DRAFT: _("being drafted"),
        REVIEW: _("in review"),
        SENT_BACK: _("sent back"),
        ENACTED: _("enacted"),
        WITHDRAWN: _("withdrawn"),
    },
)

top = Grant("top region's regulator", _is_at_the_top, _("an officer or the lead of the top region's regulator"))

outage_report = Life(
    "outage_report",
    OutageReport,
    [
        Move(
            "declare",
            (),
            REPORTED,
            operator,
            _("{organisation} declared an outage from {since} to {until} ({number})"),
            _("Declare the outage"),
            (outage_rules.is_a_time, outage_rules.is_new, outage_rules.is_proved),
            "reported_at",
        ),
        Move(
            "confirm",
            REPORTED,
            CONFIRMED,
            top,
            _("{organisation} confirmed the declared outage {number} from {since} to {until}"),
            _("Confirm the outage"),
            (outage_rules.is_new,),
            "decided_at",
        ),
        Move(
            "refuse",
            REPORTED,
            REFUSED,
            top,
            _("{organisation} did not confirm the declared outage {number}: {reason}"),
            _("Do not confirm"),
            (outage_rules.refusal_says_why,),
            "decided_at",
        ),
    ],
    states={REPORTED: _("outage declared"), CONFIRMED: _("outage confirmed"), REFUSED: _("outage not confirmed")},
)
