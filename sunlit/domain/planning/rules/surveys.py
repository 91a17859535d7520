"""What must hold for a demand survey. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.limits import TEXT_CHARS
from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason
from sunlit.foundation.lifecycle import Case

TOO_FEW_INVITED = Reason("SUR-001", _("At least {least} suppliers are asked; {count} are chosen."))
NOT_ACTIVE = Reason("SUR-002", _("“{supplier}” is no active supplier of this platform."))
QUESTIONS_WRONG = Reason("SUR-003", _("Ask at least one question and at most {most}, each of at most {chars} characters."))
TOO_LATE = Reason("SUR-004", _("The time to answer ended on {until}."), CONFLICT)
NOTHING_ANSWERED = Reason("SUR-005", _("Answer at least one question, each in at most {chars} characters."))
TOO_FEW_ANSWERS = Reason(
    "SUR-006", _("{count} of at least {least} respondents have answered: give them more time, or record who answered elsewhere."), CONFLICT
)
SUMMARY_MISSING = Reason("SUR-007", _("Say in at least {least} characters what the survey found."))
OUTSIDE_INCOMPLETE = Reason("SUR-008", _("Name who answered, and add the paper that shows it."))
NOT_A_DRAFT = Reason("SUR-009", _("A survey belongs to a demand that is still being written; {number} is not."), CONFLICT)
OPEN_ALREADY = Reason("SUR-010", _("Survey {number} of this demand is still open."), CONFLICT)
TOO_OLD = Reason("SUR-011", _("Survey {number} ended on {day}; results may be used again for {time}."))
TITLE_MISSING = Reason("SUR-012", _("Give the survey a title of at most {most} characters."))
COUNTED_ALREADY = Reason("SUR-013", _("“{name}” has answered already."), CONFLICT)
SURVEY_MISSING = Reason(
    "SUR-014",
    _(
        "A demand survey is compulsory for this demand (财库〔2021〕22号 art. 11): ask the market first, or rest on a survey not older than {time}."
    ),
)

QUESTIONS_MOST: Final = 20
INVITED_MOST: Final = 200
ANSWER_CHARS: Final = TEXT_CHARS
SUMMARY_CHARS_LEAST: Final = 20
# What a survey is to find out (art. 10): asked unless the buyer writes otherwise.
USUAL_QUESTIONS: Final = (
    _("How has this industry developed, and how is the market supplied?"),
    _("What were the prices of recent deals of the same kind?"),
    _("What running, upgrading, spare parts and consumables may follow?"),
    _("Is anything in the draft demand unsuitable, one-sided or impossible to meet?"),
)


def questions_are_asked(questions: Sequence[str]) -> Iterator[Problem]:
    if not 0 < len(questions) <= QUESTIONS_MOST or any(len(text) > TEXT_CHARS for text in questions):
        yield Problem(QUESTIONS_WRONG, {"most": QUESTIONS_MOST, "chars": TEXT_CHARS}, on="questions")


def enough_are_invited(case: Case) -> Iterator[Problem]:
    """At least three, who stand for the market (art. 10)."""
    count = len(case.it.invited)
    if not case.facts["least"] <= count <= INVITED_MOST:
        yield Problem(TOO_FEW_INVITED, {"least": case.facts["least"], "count": count}, on="suppliers")


def is_in_time(case: Case) -> Iterator[Problem]:
    if case.at >= case.it.answer_until:
        yield Problem(TOO_LATE, {"until": case.it.answer_until})


def something_is_answered(answers: Sequence[str]) -> Iterator[Problem]:
    if not any(answers) or any(len(text) > ANSWER_CHARS for text in answers):
        yield Problem(NOTHING_ANSWERED, {"chars": ANSWER_CHARS}, on="answers")


def enough_have_answered(case: Case) -> Iterator[Problem]:
    if case.facts["count"] < case.facts["least"]:
        yield Problem(TOO_FEW_ANSWERS, {"count": case.facts["count"], "least": case.facts["least"]})


def summary_is_given(case: Case) -> Iterator[Problem]:
    if len(str(case.facts["summary"])) < SUMMARY_CHARS_LEAST:
        yield Problem(SUMMARY_MISSING, {"least": SUMMARY_CHARS_LEAST}, on="summary")


def a_survey_is_there(case: Case) -> Iterator[Problem]:
    """What article 11 names is surveyed, and not too long ago."""
    if case.facts["survey_missing"]:
        yield Problem(SURVEY_MISSING, {"time": case.facts["survey_term"]}, on="survey")
