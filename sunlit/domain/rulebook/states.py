"""The life of a draft: one person writes it, another approves it or sends it back."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook.models import RuleDraft
from sunlit.domain.rulebook.rules import drafts as rules
from sunlit.foundation.access import Grant, regulates
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.lifecycle import Life, Move

DRAFT, REVIEW, SENT_BACK, ENACTED, WITHDRAWN = "draft", "review", "sent_back", "enacted", "withdrawn"
OPEN = (DRAFT, REVIEW, SENT_BACK)


def _is_of_the_office(actor: Actor, draft: Any) -> bool:
    return actor.organisation_number == draft.office and regulator.allows(actor, draft)


def _is_another_person(actor: Actor, draft: Any) -> bool:
    return actor.user_id != draft.drafter_id and regulator.allows(actor, draft)


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
