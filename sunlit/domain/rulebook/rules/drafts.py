"""What must hold for a draft to go on. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook.rules.book import begins_on_a_later_day
from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST, TEXT_CHARS
from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason
from sunlit.foundation.lifecycle import Case

WHY_MISSING = Reason("RUL-030", _("Say why, in at least {least} characters."))
TEXT_LONG = Reason("RUL-031", _("At most {most} characters."))
STALE_BASE = Reason(
    "RUL-032",
    _("“{name}” was changed since this was drafted: it said {then} and now says {now}. Send it back, to be drafted anew."),
    CONFLICT,
)
NO_LONGER = Reason("RUL-033", _("“{name}” no longer has the version that was to be ended."), CONFLICT)


def says_why(case: Case) -> Iterator[Problem]:
    """Who proposes a change says why."""
    yield from worded(str(case.facts["reason"]), "reason")


def answer_is_given(case: Case) -> Iterator[Problem]:
    """Who sends a draft back says what is wrong with it."""
    yield from worded(str(case.facts["answer"]), "answer")


def can_still_begin(case: Case) -> Iterator[Problem]:
    """The wished day still lies far enough ahead; else the draft is sent back for a later one."""
    yield from begins_on_a_later_day(case.it.effective_from, case.at, on="effective_from")


def rests_on_what_holds(case: Case) -> Iterator[Problem]:
    """What was judged is the difference from the version in force; that version must still be the one."""
    told = case.facts
    if told["base"] is not None and told["holds"] is None:
        yield Problem(NO_LONGER, {"name": told["name"]})
    elif told["base"] is not None and told["base"] != told["holds"]:
        yield Problem(STALE_BASE, {name: told[name] for name in ("name", "then", "now")})


def worded(text: str, field: str) -> Iterator[Problem]:
    """Something is said there, and not too much."""
    if len(text) < REASON_CHARS_LEAST:
        yield Problem(WHY_MISSING, {"least": REASON_CHARS_LEAST}, field)
    if len(text) > TEXT_CHARS:
        yield Problem(TEXT_LONG, {"most": TEXT_CHARS}, field)
