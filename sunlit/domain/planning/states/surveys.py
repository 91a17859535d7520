"""The life of a demand survey: open to those invited, then summarised or called off."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from sunlit.domain.planning.models import Survey
from sunlit.domain.planning.rules import surveys as rules
from sunlit.domain.planning.rules.demands import why_is_given
from sunlit.foundation.access import Grant, holds
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.lifecycle import Life, Move

OPEN, SUMMARISED, CANCELLED = "open", "summarised", "cancelled"


def _was_invited(actor: Actor, subject: Any) -> bool:
    return actor.kind == "supplier" and actor.organisation_id in subject.invited and actor.has("sales", "admin")


author = holds("orderer", "lead", of="buyer_id")
respondent = Grant("invited supplier", _was_invited, _("sales or administrator of an invited supplier"))

survey = Life(
    "survey",
    Survey,
    [
        Move(
            "open",
            (),
            OPEN,
            author,
            _("{actor} of {organisation} opened survey {number} on demand {demand} and asked {count} suppliers"),
            _("Ask the market"),
            (rules.enough_are_invited,),
            "opened_at",
        ),
        Move("answer", OPEN, None, respondent, _("{organisation} answered survey {number}"), _("Answer"), (rules.is_in_time,)),
        Move("record", OPEN, None, author, _("{actor} recorded an answer of {name} to survey {number}"), _("Record an answer")),
        Move("extend", OPEN, None, author, _("{actor} gave the respondents of survey {number} time until {until}"), _("Give more time")),
        Move(
            "summarise",
            OPEN,
            SUMMARISED,
            author,
            _("{actor} summarised survey {number} after {count} answers"),
            _("Summarise"),
            (rules.enough_have_answered, rules.summary_is_given),
            "ended_at",
        ),
        Move(
            "cancel",
            OPEN,
            CANCELLED,
            author,
            _("{actor} called survey {number} off: {reason}"),
            _("Call off"),
            (why_is_given,),
            "ended_at",
        ),
    ],
    states={OPEN: _("open"), SUMMARISED: _("summarised"), CANCELLED: _("called off")},
)
