"""What must hold for an outage that the operator declares. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook.rules.drafts import worded
from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason
from sunlit.foundation.kernel.standstill import Standstill, elapsed
from sunlit.foundation.lifecycle import Case

TIME_MISSING = Reason("RUL-034", _("Give the day and the minute."))
ENDS_BEFORE = Reason("RUL-035", _("The outage must end after it began."))
IN_THE_FUTURE = Reason("RUL-036", _("An outage can be declared only when it is over."))
TOO_SHORT = Reason("RUL-037", _("Breaks shorter than {least} minutes are restarts, not outages."))
TOO_LONG = Reason("RUL-038", _("An outage of more than {most} minutes cannot be declared."))
OVERLAPS = Reason("RUL-039", _("Part of this time is known already: {number}, {since} to {until}."), CONFLICT)
PAPER_MISSING = Reason("RUL-040", _("Attach the paper or picture that proves it."))
STILL_SILENT = Reason(
    "RUL-050",
    _("The platform has given no sign since {last}. It proves this break itself, with the next sign; declare what remains then."),
    CONFLICT,
)


def owed(deadline: datetime, away: Standstill, *, still: Sequence[Standstill], suspended: Sequence[Standstill]) -> timedelta:
    """By how much a deadline that an outage harmed is put off, by its own clock, which shows neither outage nor suspension; nothing where it harmed nobody.

    `still`: suspensions that are over, whose length is part of the deadline; `suspended`: one that goes on, whose length will be added when it ends.
    """
    since, back = (elapsed(each, [*still, *suspended]) for each in away)
    length = back - since
    return length if since <= elapsed(deadline, still) < back + length else timedelta()


def is_a_time(case: Case) -> Iterator[Problem]:
    """From when to when: in order, over, and of a length that the rulebook knows."""
    since, until, told = case.it.since, case.it.until, case.facts
    if until <= since:
        yield Problem(ENDS_BEFORE, on="until")
        return
    if until > case.at:
        yield Problem(IN_THE_FUTURE, on="until")
    minutes = (until - since).total_seconds() / 60
    if minutes < told["least"]:
        yield Problem(TOO_SHORT, {"least": told["least"]}, "until")
    if minutes > told["most"]:
        yield Problem(TOO_LONG, {"most": told["most"]}, "until")


def is_new(case: Case) -> Iterator[Problem]:
    """Nothing is put off twice for the same minute: neither for an outage that is known, nor for one that the silence still proves."""
    known, silent = case.facts["known"], case.facts["silent_since"]
    if known is not None:
        yield Problem(OVERLAPS, known, "since")
    if silent is not None:
        yield Problem(STILL_SILENT, {"last": silent}, "until")


def is_proved(case: Case) -> Iterator[Problem]:
    """Told in words, and shown by a file."""
    yield from worded(case.it.evidence, "evidence")
    if case.it.file_id is None:
        yield Problem(PAPER_MISSING, on="file")


def refusal_says_why(case: Case) -> Iterator[Problem]:
    """Who does not believe it says why."""
    yield from worded(str(case.facts["reason"]), "reason")


def times_are_given(since: datetime | None, until: datetime | None) -> Iterator[Problem]:
    """Both ends can be read."""
    for name, given in (("since", since), ("until", until)):
        if given is None:
            yield Problem(TIME_MISSING, on=name)
