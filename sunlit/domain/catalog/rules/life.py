"""What must hold when an offer moves. Pure: each reads only the case it is handed."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason
from sunlit.foundation.lifecycle import Case

REASON_MISSING = Reason("CAT-001", _("Give a reason of at least {least} characters: the other side reads it."))
CORRECTION_OUTDATED = Reason("CAT-095", _("“{name}” is “{now}” by now, not “{before}”: the correction no longer fits."), CONFLICT)
SUPPLIER_NOT_STANDING = Reason("CAT-002", _("The supplier is not active: nothing can be listed now."))


def reason_is_given(case: Case) -> Iterator[Problem]:
    """A refusal, freeze or release says why."""
    if len(str(case.facts.get("reason", "")).strip()) < REASON_CHARS_LEAST:
        yield Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason")


def supplier_stands(case: Case) -> Iterator[Problem]:
    """Only an active supplier lists (电子卖场 entry rules)."""
    if not case.facts.get("supplier_active", False):
        yield Problem(SUPPLIER_NOT_STANDING)


def listing_is_in_order(case: Case) -> Iterator[Problem]:
    """Every problem that the services found against template and price discipline."""
    yield from case.facts.get("problems", ())


def price_is_allowed(case: Case) -> Iterator[Problem]:
    """Every problem that the services found against the price discipline."""
    yield from case.facts.get("problems", ())


def correction_still_fits(case: Case) -> Iterator[Problem]:
    """What is to be corrected is still as it was when the correction was proposed."""
    for key, (before, _after) in case.it.changes.items():
        now = case.facts.get("known", {}).get(key, "")
        if now != before:
            yield Problem(CORRECTION_OUTDATED, {"name": key, "now": now, "before": before})
