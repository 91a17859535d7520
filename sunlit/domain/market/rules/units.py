"""What must hold when units buy from units (单位直购): who offers, on what the price rests, who may ask, and what is left. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.refusals import CONFLICT, FORBIDDEN, Problem, Reason
from sunlit.foundation.lifecycle import Case

# The offer
TITLE_MISSING = Reason("UNI-001", _("Say what is offered, in {least} to {most} characters."))
CATEGORY_UNKNOWN = Reason("UNI-002", _("Choose a category that is in use."))
QUANTITY_WRONG = Reason("UNI-003", _("The quantity must be a whole number from 1 to {most}."))
PRICE_WRONG = Reason("UNI-004", _("“{text}” is no amount in yuan above zero."))
BASIS_MISSING = Reason("UNI-005", _("Say on what the price rests: cost, appraisal or tariff, with the number of its paper."))
ABOVE_BASIS = Reason("UNI-006", _("The price of {price} is above the {basis_amount} of its paper {paper}; at most {most} may be asked."))
APPROVAL_MISSING = Reason("UNI-007", _("State assets are disposed of with an approval: give the number of its document."))
TERM_WRONG = Reason("UNI-008", _("The term must end after today and within {days} days."))
SCOPE_WRONG = Reason("UNI-009", _("Choose your own region or one above it as the area of who may buy."))
DAYS_WRONG = Reason("UNI-010", _("The days to deliver must be a whole number from 0 to {most}."))
# The request
OWN_UNIT = Reason("UNI-020", _("This is your own unit's offer: nobody buys from itself."), FORBIDDEN)
OUT_OF_TERM = Reason("UNI-021", _("The offer is {state} and cannot be asked for any more."), CONFLICT)
OUT_OF_SCOPE = Reason("UNI-022", _("Only units of the area that the offer names may ask for it."), FORBIDDEN)
NOT_ENOUGH = Reason("UNI-023", _("{wanted} wanted, {left} left."), CONFLICT)
ASKED_ALREADY = Reason("UNI-024", _("Your unit asked for this already and waits for the answer: {number}."), CONFLICT)
NEEDS_LEAD = Reason("UNI-025", _("{amount} is above your unit's limit of {limit}: the lead asks for it."), FORBIDDEN)
PURPOSE_SHORT = Reason("UNI-026", _("Say in at least {least} characters what it is for, and why from this unit."))
AMOUNT_TOO_HIGH = Reason("UNI-027", _("It comes to more than {most}."))
# The answer
SAME_PERSON = Reason("UNI-030", _("You asked for it yourself: somebody else must answer for the selling unit."), FORBIDDEN)
TOO_LATE = Reason("UNI-031", _("The answer was due until {until}; the request lapses now."), CONFLICT)
TIME_RUNS = Reason("UNI-032", _("The unit may still answer until {until}."), CONFLICT)
STOPPED = Reason("UNI-033", _("The offer is {state}: nothing of it can be confirmed."), CONFLICT)
REASON_MISSING = Reason("UNI-034", _("Give a reason of at least {least} characters: the other side reads it."))
TERM_RUNS = Reason("UNI-035", _("The offer still stands until {until}."), CONFLICT)

BASES: Final[dict[str, str | Promise]] = {
    "cost": pgettext_lazy("basis of a price", "cost"),
    "appraisal": pgettext_lazy("basis of a price", "appraisal"),
    "tariff": pgettext_lazy("basis of a price", "tariff set by the authorities"),
}
TITLE_LEAST: Final = 2
DAYS_MOST: Final = 365


def is_in_order(case: Case) -> Iterator[Problem]:
    """Everything that was found wrong with what was typed or asked for."""
    yield from case.facts.get("problems", ())


def reason_is_given(case: Case) -> Iterator[Problem]:
    if len(str(case.facts.get("reason", "")).strip()) < REASON_CHARS_LEAST:
        yield Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason")


def answerer_is_not_orderer(case: Case) -> Iterator[Problem]:
    """Nobody deals with oneself, also not in two seats."""
    if case.by.user_id == case.it.orderer_id:
        yield Problem(SAME_PERSON)


def is_in_time(case: Case) -> Iterator[Problem]:
    if case.at >= case.it.answer_until:
        yield Problem(TOO_LATE, {"until": case.it.answer_until})


def time_is_over(case: Case) -> Iterator[Problem]:
    if case.at < case.it.answer_until:
        yield Problem(TIME_RUNS, {"until": case.it.answer_until})


def term_is_over(case: Case) -> Iterator[Problem]:
    if case.at < case.it.valid_until:
        yield Problem(TERM_RUNS, {"until": case.it.valid_until})


def most_asked(basis_amount: Decimal, share: Decimal) -> Decimal:
    """The highest price that the basis carries."""
    return (basis_amount * (1 + share)).quantize(Decimal("0.01"))
