"""What must hold for an intention notice (财库〔2020〕10号; fields of notice_types.json, INTENTION)."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason
from sunlit.foundation.lifecycle import Case

NAME_MISSING = Reason("INT-001", _("Item {row}: give the name of the project."))
OUTLINE_MISSING = Reason("INT-002", _("Item {row}: outline the need: what for, how much, which quality or service, by when."))
BUDGET_WRONG = Reason("INT-003", _("Item {row}: “{amount}” is not an amount in yuan above zero with at most two places."))
MONTH_WRONG = Reason("INT-004", _("Item {row}: “{month}” is not a month, like 2026-09."))
MONTH_PAST = Reason("INT-005", _("Item {row}: {month} is over. Name a month that is still to come."))
NO_ITEMS = Reason("INT-006", _("Fill in at least one item."))
TOO_MANY_ITEMS = Reason("INT-007", _("At most {most} items in one notice: publish another one for the rest."))
TEXT_LONG = Reason("INT-008", _("Item {row}: at most {most} characters."))
REASON_MISSING = Reason("INT-009", _("Give a reason of at least {least} characters: the public reads it."))
PLAN_RESTS_ON_IT = Reason("INT-010", _("Plan {plan} rests on this notice. Withdraw the plan first."), CONFLICT)
ALREADY_CORRECTED = Reason("INT-011", _("This notice has a correction already: {number}."), CONFLICT)
NOTHING_CORRECTED = Reason("INT-012", _("The correction says the same as the notice: change what is wrong, or leave it."))

NOT_TO_CORRECT = Reason("INT-013", _("Only a published notice of your own organisation that still stands can be corrected."), CONFLICT)


def reason_is_given(case: Case) -> Iterator[Problem]:
    """Who takes back what the public was told says why."""
    if len(str(case.facts.get("reason", "")).strip()) < REASON_CHARS_LEAST:
        yield Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason")


def no_plan_rests_on_it(case: Case) -> Iterator[Problem]:
    """A plan that goes on must not lose the notice under it."""
    for plan in case.facts.get("plans", ()):
        yield Problem(PLAN_RESTS_ON_IT, {"plan": plan})


def months_are_to_come(case: Case) -> Iterator[Problem]:
    """An intention speaks of what is still to begin."""
    this_month = local_day(case.at).replace(day=1)
    for position, month in case.facts.get("months", {}).items():
        if month < this_month:
            yield Problem(MONTH_PAST, {"row": position, "month": f"{month:%Y-%m}"}, on=f"month_{position}")


def something_is_corrected(case: Case) -> Iterator[Problem]:
    """A correction that changes nothing would only blur which notice holds."""
    if case.it.corrects_id is not None and case.it.contents_hash == case.facts.get("before"):
        yield Problem(NOTHING_CORRECTED)


def corrects_what_stands(case: Case) -> Iterator[Problem]:
    """A correction speaks of one's own notice, while that one is the last word."""
    old = case.it.corrects
    if old is not None and (old.buyer_id != case.it.buyer_id or old.state != "published"):
        yield Problem(NOT_TO_CORRECT)
