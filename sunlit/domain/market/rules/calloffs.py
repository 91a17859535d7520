"""What must hold for a purchase under a framework agreement (110号令, second stage). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.refusals import CONFLICT, Problem, Reason
from sunlit.foundation.lifecycle import Case

NOT_RUNNING = Reason("CAL-001", _("Framework {number} is not in force: nothing can be bought under it now."), CONFLICT)
MODE_NOT_AGREED = Reason("CAL-002", _("This way of buying was not announced for the framework."))
CHOOSE_PARTY = Reason("CAL-003", _("Choose one of the parties to the agreement for this package."))
QUANTITY_WRONG = Reason("CAL-004", _("The quantity must be a whole number from 1 to {most}."))
REASON_SHORT = Reason("CAL-005", _("Say in at least {least} characters why this supplier: price, quality, service or place."))
TOO_LARGE = Reason("CAL-006", _("{total} reaches the procurement threshold of {threshold}: a framework is for small purchases below it."))
NO_PARTY = Reason("CAL-007", _("Nobody is a party to the agreement for this package now."), CONFLICT)
ABOVE_PRICE = Reason("CAL-008", _("{price} is above your agreement's price of {most}."))
PRICE_WRONG = Reason("CAL-009", _("“{text}” is not an amount in yuan above zero with at most two places."))
TOO_LATE = Reason("CAL-010", _("Bids could come in until {until}."), CONFLICT)
TIME_RUNS = Reason("CAL-011", _("The parties may answer until {until}."), CONFLICT)
NOT_INVITED = Reason("CAL-012", _("Your organisation is not asked now."), CONFLICT)
GROUND_MISSING = Reason(
    "CAL-013", _("A turn is refused only for a lawful reason: choose it, and tell the facts in at least {least} characters.")
)
NOT_CHEAPER = Reason("CAL-014", _("{price} is not below {least}, the lowest price of the agreement: buy under it."))
OUTSIDE_UNKNOWN = Reason("CAL-015", _("“{number}” is no active supplier outside the list."))
PROOF_MISSING = Reason("CAL-016", _("Add the paper with the cheaper offer of the same goods."))
NOT_MATCHED = Reason("CAL-017", _("{price} does not match the offer from outside at {most}."))
REASON_MISSING = Reason("CAL-018", _("Give a reason of at least {least} characters: the other side reads it."))
DEALER_WRONG = Reason("CAL-020", _("Choose a dealer that delivers for this supplier, or nobody: then it delivers itself."))

REASON_LEAST: Final = 6
MODES: Final[dict[str, str | Promise]] = {
    "direct": _("Direct selection"),
    "bidding": _("Second bidding"),
    "rotation": _("Rotation"),
    "outside": _("Outside the list"),
}
SILENT: Final = _("no answer in time")
GONE: Final = _("left the agreement")
GROUNDS: Final[dict[str, str | Promise]] = {
    "conflict": _("conflict of interest with the buyer"),
    "force_majeure": _("force majeure"),
    "outside_scope": _("the service asked for lies outside the agreement"),
}


class Bid(NamedTuple):
    """A bid as it is compared."""

    entry: int
    price: Decimal
    came: tuple[object, int]


def lowest(bids: Sequence[Bid]) -> Bid | None:
    """The lowest price wins; of equals the earlier one."""
    return min(bids, key=lambda bid: (bid.price, bid.came), default=None)


def next_in_turn(ranks: Sequence[tuple[int, int]], turns: dict[int, int], passed: Sequence[int]) -> int | None:
    """Whose turn it is: of those who had the fewest turns the best ranked, each once a cycle. `ranks` are (entry, rank)."""
    left = [(turns.get(entry, 0), rank, entry) for entry, rank in ranks if entry not in passed]
    return min(left)[2] if left else None


def is_in_order(case: Case) -> Iterator[Problem]:
    """Every problem that the look at the purchase found."""
    yield from case.facts.get("problems", ())


def is_in_time(case: Case) -> Iterator[Problem]:
    if case.at >= case.it.answer_until:
        yield Problem(TOO_LATE, {"until": case.it.answer_until})


def time_is_over(case: Case) -> Iterator[Problem]:
    if case.at < case.it.answer_until:
        yield Problem(TIME_RUNS, {"until": case.it.answer_until})


def reason_is_given(case: Case) -> Iterator[Problem]:
    if len(str(case.facts.get("reason", "")).strip()) < REASON_CHARS_LEAST:
        yield Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason")


def ground_is_lawful(case: Case) -> Iterator[Problem]:
    """Who refuses its turn without a lawful reason breaks the agreement (110号令)."""
    if case.facts.get("ground") not in GROUNDS or len(str(case.facts.get("note", "")).strip()) < REASON_CHARS_LEAST:
        yield Problem(GROUND_MISSING, {"least": REASON_CHARS_LEAST}, on="ground")
