"""The life of a procurement plan (state_machine.csv, rows `project`: from the draft of the plan to its filing or approval, and its execution)."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from sunlit.domain.planning.models import Plan
from sunlit.domain.planning.rules import plans as rules
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.access import Grant, decides_in, holds
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.lifecycle import Life, Move

DRAFT, IN_REVIEW, REVIEWED, APPROVAL_ASKED = "draft", "in_review", "reviewed", "approval_asked"
FILED, APPROVED, REFUSED, EXECUTING, DONE, WITHDRAWN = "filed", "approved", "refused", "executing", "done", "withdrawn"

IN_FORCE: Final = (FILED, APPROVED, EXECUTING)
TOLD: Final = (APPROVAL_ASKED, FILED, APPROVED, REFUSED, EXECUTING, DONE)  # what has left the buyer's house
HELD: Final = (APPROVAL_ASKED, *IN_FORCE)  # money lies ready


def _decides_on_methods(actor: Actor, subject: Any) -> bool:
    """Decides for the finance bureau of the prefecture or of one above it, also for projects of the counties (条例23); or for the county's own,
    where that was delegated to it on the day the approval was asked for (条例78).
    """
    return _of_a_prefecture(actor, subject) or (_is_delegated(subject) and decides_in(actor, subject.region_path))


def _is_delegated(subject: Any) -> bool:
    if subject.asked_at is None:
        return False
    try:
        return rulebook.rule("plan.method_approval", region_path=subject.region_path, on=local_day(subject.asked_at)).choice == "county"
    except Refused:
        return False


def _of_a_prefecture(actor: Actor, subject: Any) -> bool:
    here = next((region for region in accounts.regions() if region.path == actor.region_path), None)
    return here is not None and here.level in rules.RANKS and decides_in(actor, subject.region_path)


def _sells(actor: Actor, _subject: Any) -> bool:
    return actor.kind == "supplier" and actor.has("sales", "admin")


author = holds("orderer", "lead", of="buyer_id")
reviewer = holds("lead", "finance", "receiver", "orderer", of="buyer_id")
approver = Grant(
    "officer/lead of the prefecture's finance bureau", _decides_on_methods, _("an officer or the lead of the prefecture's finance bureau")
)
lead_unit = holds("lead", of="lead_unit_id")
any_supplier = Grant("sales or admin of a supplier", _sells, _("the sales staff or the administrator of a supplier"))
reviewing = (rules.reviewer_did_not_draft, rules.points_are_confirmed)
reason = (rules.reason_is_given,)

plan = Life(
    "plan",
    Plan,
    [
        # Within the buyer
        Move("draft", (), DRAFT, author, _("{actor} of {organisation} began plan {number}"), _("Begin"), (), "created_at"),
        Move("revise", DRAFT, None, author, _("{actor} changed plan {number}"), _("Save")),
        Move(
            "hand_in",
            DRAFT,
            IN_REVIEW,
            author,
            _("{actor} handed in plan {number} over ¥{total} for review; remarks of the rulebook: {count}"),
            _("Hand in for review"),
            (rules.is_in_order,),
            "handed_in_at",
        ),
        Move(
            "review",
            IN_REVIEW,
            REVIEWED,
            reviewer,
            _("{actor} of {organisation} reviewed plan {number}"),
            _("Confirm the review"),
            reviewing,
            "reviewed_at",
        ),
        Move(
            "review_key",
            REVIEWED,
            None,
            reviewer,
            _("{actor} of {organisation} carried out the key review of plan {number}"),
            _("Confirm the key review"),
            (rules.is_key_project, *reviewing),
            "key_reviewed_at",
        ),
        Move("take_back", IN_REVIEW, DRAFT, author, _("{actor} took plan {number} back to change it"), _("Take back")),
        Move(
            "send_back",
            (IN_REVIEW, REVIEWED),
            DRAFT,
            reviewer,
            _("{actor} sent plan {number} back: {reason}"),
            _("Send back"),
            (rules.reviewer_did_not_draft, rules.reason_is_given),
        ),
        # The consent of the lead unit (主管预算单位)
        Move(
            "ask_consent",
            REVIEWED,
            None,
            author,
            _("{organisation} asked {lead} for its consent to plan {number}"),
            _("Ask the lead unit"),
            (rules.needs_consent,),
            "consent_asked_at",
        ),
        Move(
            "consent",
            REVIEWED,
            None,
            lead_unit,
            _("{actor} of {organisation} consented to the method of plan {number}"),
            _("Consent"),
            (rules.consent_is_asked,),
            "consented_at",
        ),
        Move(
            "refuse_consent",
            REVIEWED,
            DRAFT,
            lead_unit,
            _("{actor} of {organisation} did not consent to the method of plan {number}: {reason}"),
            _("Refuse the consent"),
            (rules.consent_is_asked, rules.reason_is_given),
        ),
        # A single source is told to the public (条例 art. 38)
        Move(
            "publicise",
            REVIEWED,
            None,
            author,
            _("{organisation} told the public of the single source of plan {number}: {supplier}"),
            _("Publish the notice"),
            (rules.needs_a_notice, rules.notice_is_complete),
            "noticed_at",
        ),
        Move(
            "object",
            REVIEWED,
            None,
            any_supplier,
            _("{organisation} objected to the single source of plan {number}"),
            _("Object"),
            (rules.notice_runs, rules.objection_says_why),
        ),
        Move(
            "answer_objection",
            REVIEWED,
            None,
            author,
            _("{actor} answered the objection of {objector} to the single source of plan {number}"),
            _("Answer the objection"),
            (rules.objection_says_why,),
        ),
        # To the regulator
        Move(
            "file",
            REVIEWED,
            FILED,
            author,
            _("{organisation} filed plan {number} over ¥{total}"),
            _("File the plan"),
            (rules.is_in_order, rules.key_review_is_done, rules.needs_no_approval, rules.consent_is_given),
            "filed_at",
        ),
        Move(
            "ask_approval",
            REVIEWED,
            APPROVAL_ASKED,
            author,
            _("{organisation} asked for the approval of the method of plan {number} over ¥{total}"),
            _("Ask for approval"),
            (rules.is_in_order, rules.key_review_is_done, rules.needs_approval, rules.notice_is_over),
            "asked_at",
        ),
        Move(
            "approve",
            APPROVAL_ASKED,
            APPROVED,
            approver,
            _("{actor} of {organisation} approved the method of plan {number}"),
            _("Approve"),
            (),
            "filed_at",
        ),
        Move(
            "refuse",
            APPROVAL_ASKED,
            REFUSED,
            approver,
            _("{actor} of {organisation} did not approve the method of plan {number}: {reason}"),
            _("Refuse"),
            reason,
        ),
        Move("reopen", REFUSED, DRAFT, author, _("{actor} took plan {number} back to change it"), _("Change it and try again")),
        # Its execution
        Move("begin", (FILED, APPROVED), EXECUTING, author, _("The execution of plan {number} began"), _("Begin"), (), "begun_at"),
        Move("finish", EXECUTING, DONE, author, _("{actor} finished plan {number}: {used} used"), _("Finish"), (), "ended_at"),
        Move(
            "withdraw",
            (DRAFT, IN_REVIEW, REVIEWED, APPROVAL_ASKED, REFUSED, *IN_FORCE),
            WITHDRAWN,
            author,
            _("{actor} of {organisation} withdrew plan {number}: {reason}"),
            _("Withdraw"),
            (rules.reason_is_given, rules.nothing_is_bought),
            "ended_at",
        ),
    ],
    states={
        DRAFT: _("draft"),
        IN_REVIEW: _("under internal review"),
        REVIEWED: _("reviewed"),
        APPROVAL_ASKED: _("waiting for the regulator's approval"),
        FILED: _("filed"),
        APPROVED: _("approved"),
        REFUSED: _("refused"),
        EXECUTING: _("in execution"),
        DONE: _("done"),
        WITHDRAWN: _("withdrawn"),
    },
)
