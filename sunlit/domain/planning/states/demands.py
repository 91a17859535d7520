"""The life of a demand: written, handed in, reviewed by somebody who did not write in it, settled; later superseded or withdrawn."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from sunlit.domain.planning.models import Demand
from sunlit.domain.planning.rules import demands as rules
from sunlit.domain.planning.rules.surveys import a_survey_is_there
from sunlit.foundation.access import Grant, holds
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.lifecycle import Life, Move

DRAFT, REVIEW, SETTLED, SUPERSEDED, WITHDRAWN = "draft", "review", "settled", "superseded", "withdrawn"
OPEN = (DRAFT, REVIEW)


def _wrote_nothing(actor: Actor, subject: Any) -> bool:
    return actor.user_id is not None and actor.user_id not in subject.drafters


# Members of the review come from procurement, finance, business and supervision; who drafted does not review (财库〔2021〕22号 art. 33).
author = holds("orderer", "lead", of="buyer_id")
reviewer = holds("lead", "finance", "receiver", "orderer", of="buyer_id") & Grant(
    "who did not draft", _wrote_nothing, _("somebody who did not write in it")
)

demand = Life(
    "demand",
    Demand,
    [
        Move("draft", (), DRAFT, author, _("{actor} of {organisation} began demand {number}"), _("Begin")),
        Move("edit", DRAFT, None, author, _("{actor} changed demand {number}"), _("Save"), (), "edited_at"),
        Move("rest_on", DRAFT, None, author, _("{actor} rested demand {number} on survey {survey}"), _("Rest on a survey")),
        Move(
            "hand_in",
            DRAFT,
            REVIEW,
            author,
            _("{actor} handed in demand {number} over {total} for review, with {count} remarks of the rulebook"),
            _("Hand in for review"),
            (rules.is_complete, rules.narrowing_is_explained, a_survey_is_there),
            "handed_in_at",
        ),
        Move("take_back", REVIEW, DRAFT, author, _("{actor} took demand {number} back to change it"), _("Take back")),
        Move(
            "give_back",
            REVIEW,
            DRAFT,
            reviewer,
            _("{actor} gave demand {number} back: {reason}"),
            _("Give back"),
            (rules.why_is_given,),
        ),
        Move(
            "settle",
            REVIEW,
            SETTLED,
            reviewer,
            _("{actor} of {organisation} reviewed and settled demand {number}"),
            _("Settle"),
            (rules.every_point_is_confirmed,),
            "settled_at",
        ),
        Move("supersede", SETTLED, SUPERSEDED, reviewer, _("Demand {number} was superseded by {other}"), _("Supersede"), (), "ended_at"),
        Move(
            "withdraw",
            (DRAFT, REVIEW, SETTLED),
            WITHDRAWN,
            author,
            _("{actor} withdrew demand {number}: {reason}"),
            _("Withdraw"),
            (rules.why_is_given,),
            "ended_at",
        ),
    ],
    states={
        DRAFT: _("draft"),
        REVIEW: _("under internal review"),
        SETTLED: _("settled"),
        SUPERSEDED: _("superseded"),
        WITHDRAWN: _("withdrawn"),
    },
)
