"""The life of a trial: asked for by a person, then tried by the worker, or given up with a reason; whoever still wants it asks again."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sunlit.domain.insight.models import Trial
from sunlit.foundation.access import clock, operator, regulates
from sunlit.foundation.lifecycle import Life, Move

ASKED, TRIED, FAILED = "asked", "tried", "failed"

trial = Life(
    "trial",
    Trial,
    [
        Move(
            "ask",
            (),
            ASKED,
            regulates() | operator,
            _("{organisation} asked to try {told} on past purchases ({number})"),
            _("Try it"),
            (),
            "at",
        ),
        Move(
            "finish",
            ASKED,
            TRIED,
            clock,
            _("Trial {number} judged {purchases} purchases again: {changed} otherwise"),
            _("Finish"),
            (),
            "ended_at",
        ),
        Move("fail", ASKED, FAILED, clock, _("Trial {number} was not finished ({code})"), _("Give up"), (), "ended_at"),
    ],
    states={ASKED: _("being tried"), TRIED: _("tried"), FAILED: _("not finished")},
)
