"""The life of an intention notice."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sunlit.domain.planning.models import Intention
from sunlit.domain.planning.rules import intentions as rules
from sunlit.foundation.access import holds
from sunlit.foundation.lifecycle import Life, Move

DRAFT, PUBLISHED, REPLACED, WITHDRAWN, DISCARDED = "draft", "published", "replaced", "withdrawn", "discarded"

PUBLIC = (PUBLISHED, REPLACED, WITHDRAWN)

clerk = holds("orderer", "lead", of="buyer_id")
lead = holds("lead", of="buyer_id")

intention = Life(
    "intention",
    Intention,
    [
        Move(
            "draft",
            (),
            DRAFT,
            clerk,
            _("{actor} of {organisation} drafted intention notice {number}"),
            _("Draft"),
            (rules.corrects_what_stands,),
            "created_at",
        ),
        Move("revise", DRAFT, None, clerk, _("{actor} revised intention notice {number}"), _("Save")),
        Move(
            "discard", DRAFT, DISCARDED, clerk, _("{actor} discarded the draft of intention notice {number}"), _("Discard"), (), "ended_at"
        ),
        Move(
            "publish",
            DRAFT,
            PUBLISHED,
            lead,
            _("{organisation} published intention notice {number}: {count} items, ¥{total}"),
            _("Publish"),
            (rules.months_are_to_come, rules.something_is_corrected),
            "published_at",
        ),
        Move(
            "replace",
            PUBLISHED,
            REPLACED,
            lead,
            _("Intention notice {number} was corrected by {correction}"),
            _("Replace by its correction"),
            (),
            "ended_at",
        ),
        Move(
            "withdraw",
            PUBLISHED,
            WITHDRAWN,
            lead,
            _("{organisation} withdrew intention notice {number}: {reason}"),
            _("Withdraw"),
            (rules.reason_is_given, rules.no_plan_rests_on_it),
            "ended_at",
        ),
    ],
    states={
        DRAFT: _("draft"),
        PUBLISHED: _("published"),
        REPLACED: _("corrected by a later notice"),
        WITHDRAWN: _("withdrawn"),
        DISCARDED: _("discarded"),
    },
)
