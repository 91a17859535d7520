"""What must hold for dealers and upgrades of the parties to an agreement (110号令, 财库〔2022〕17号 §7). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason
from sunlit.foundation.lifecycle import Case

NO_PARTY = Reason("FWP-001", _("Your organisation is no party to the agreement with this response now."), CONFLICT)
DEALER_UNKNOWN = Reason("FWP-002", _("“{number}” is no active supplier that could deliver for you."))
PAPER_MISSING = Reason("FWP-003", _("Add the paper by which you authorise the dealer."))
DEALER_KNOWN = Reason("FWP-004", _("{name} is named for this response already."), CONFLICT)
SERVICES_THEMSELVES = Reason("FWP-005", _("Services are performed by who agreed on them: dealers deliver goods only."))
DEALER_NOT_ACTIVE = Reason("FWP-006", _("Your organisation is no active supplier of this platform now."), CONFLICT)
REGION_UNKNOWN = Reason("FWP-007", _("“{code}” is no region of this agreement."))
NOT_THERE = Reason("FWP-008", _("{dealer} does not deliver to {region}: choose another dealer, or nobody."))
NOT_BETTER = Reason("FWP-010", _("Compare at least one parameter: what was agreed and what is offered now, in words."))
COMPARISON_GAP = Reason("FWP-011", _("Row {row}: say the parameter, what was agreed and what is offered now."))
DEARER = Reason("FWP-012", _("{price} is above the agreement's price of {most}: an upgrade is never dearer."))
UPGRADE_WAITS = Reason("FWP-013", _("An upgrade of this product waits for the solicitor already."), CONFLICT)
REASON_MISSING = Reason("FWP-014", _("Give a reason of at least {least} characters: the other side reads it."))

PARAMETERS_MOST: Final = 8


def delivers_to(regions: Collection[str], region_path: str) -> bool:
    """Whether who delivers in these regions (none: everywhere under the agreement) delivers to a place."""
    return not regions or not set(regions).isdisjoint(region_path.split("/"))


def is_in_order(case: Case) -> Iterator[Problem]:
    """Every problem that the look at it found."""
    yield from case.facts.get("problems", ())


def reason_is_given(case: Case) -> Iterator[Problem]:
    if len(str(case.facts.get("reason", "")).strip()) < REASON_CHARS_LEAST:
        yield Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason")
