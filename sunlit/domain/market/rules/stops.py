"""What must hold while a regulator suspends a purchase, and of the verbs with which it does. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason
from sunlit.foundation.lifecycle import Case

SUSPENDED = Reason("STP-001", _("The regulator suspended {number}: {reason}"), CONFLICT)
NOT_SUSPENDED = Reason("STP-002", _("{number} is not suspended: it goes on already."), CONFLICT)
REASON_MISSING = Reason("STP-003", _("Give a reason of at least {least} characters: everybody concerned reads it."))


def goes_on(case: Case) -> Iterator[Problem]:
    """Nothing happens to what is suspended, unless its agreement is over (`over`)."""
    if case.it.suspended_at is not None and not case.facts.get("over"):
        yield Problem(SUSPENDED, {"number": case.it.number, "reason": case.it.stop_reason})


def is_suspended(case: Case) -> Iterator[Problem]:
    if case.it.suspended_at is None:
        yield Problem(NOT_SUSPENDED, {"number": case.it.number})


def reason_is_given(case: Case) -> Iterator[Problem]:
    if len(str(case.facts.get("reason", "")).strip()) < REASON_CHARS_LEAST:
        yield Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason")
