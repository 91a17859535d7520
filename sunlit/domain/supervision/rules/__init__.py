"""What must hold of cases; beside it the score of a price, the plain checks and the classes that are watched."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST, TEXT_CHARS
from sunlit.foundation.kernel.refusals import Problem, Reason
from sunlit.foundation.lifecycle import Case

REASON_MISSING = Reason("WAT-001", _("Give a reason of at least {least} characters: the other side reads it."))
EXPLANATION_MISSING = Reason("WAT-002", _("Explain in at least {least} characters why the offer is as it should be."))
TERM_RUNNING = Reason("WAT-003", _("The supplier has time until {until}."))
TEXT_LONG = Reason("WAT-004", _("At most {most} characters."))
PURCHASES_UNEXPLAINED = Reason("WAT-005", _("Explain in at least {least} characters why these purchases were not made together."))
BUYERS_TERM_RUNNING = Reason("WAT-006", _("The buyer has time until {until}."))


def reason_is_given(case: Case) -> Iterator[Problem]:
    """Whoever decides against the other side says why (政府采购法实施条例 art. 63: records state the facts)."""
    yield from _told(str(case.facts.get("reason", "")), REASON_MISSING, "reason")


def explanation_is_given(case: Case) -> Iterator[Problem]:
    """An explanation is words."""
    yield from _told(str(case.facts.get("explanation", "")), EXPLANATION_MISSING, "explanation")


def purchases_are_explained(case: Case) -> Iterator[Problem]:
    """The buyer's explanation is words too."""
    yield from _told(str(case.facts.get("explanation", "")), PURCHASES_UNEXPLAINED, "explanation")


def buyers_term_is_over(case: Case) -> Iterator[Problem]:
    """Only time makes a case overdue."""
    if case.it.answer_until > case.at:
        yield Problem(BUYERS_TERM_RUNNING, {"until": case.it.answer_until})


def term_is_over(case: Case) -> Iterator[Problem]:
    """Only time makes a case overdue."""
    if case.it.answer_until > case.at:
        yield Problem(TERM_RUNNING, {"until": case.it.answer_until})


def _told(text: str, missing: Reason, on: str) -> Iterator[Problem]:
    if len(text.strip()) < REASON_CHARS_LEAST:
        yield Problem(missing, {"least": REASON_CHARS_LEAST}, on=on)
    elif len(text) > TEXT_CHARS:
        yield Problem(TEXT_LONG, {"most": TEXT_CHARS}, on=on)
