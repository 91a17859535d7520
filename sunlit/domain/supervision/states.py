"""The life of a case: found and notified by the clock, answered by the supplier, decided by the regulator of the region where that was delegated to it, else by one above."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.supervision import rules
from sunlit.domain.supervision.models import SplittingCase, WatchCase
from sunlit.foundation.access import Grant, clock, decides_in, holds, regulates
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger import sentences
from sunlit.foundation.lifecycle import Life, Move

FOUND, NOTIFIED, OVERDUE, EXPLAINED, FROZEN, APPEALED = "found", "notified", "overdue", "explained", "frozen", "appealed"
CORRECTED, CLEARED, RELEASED, DISMISSED, UPHELD = "corrected", "cleared", "released", "dismissed", "upheld"
OPEN = (FOUND, NOTIFIED, OVERDUE, EXPLAINED, FROZEN, APPEALED)
ON_SALE = (FOUND, NOTIFIED, OVERDUE, EXPLAINED)  # open while the offer is on sale: closed when the check no longer finds anything
SETTLED = (CLEARED, RELEASED, DISMISSED)  # what was decided is not found again as long as nothing changes

ABOVE_COUNTIES: Final = frozenset({"prefecture", "province", "nation"})

clerk = holds("catalog", "admin", of="supplier_id")
buyer = holds("orderer", "lead", of="buyer_id")
regulator = regulates()


def _decides_on_cases(actor: Actor, subject: Any) -> bool:
    """For the finance bureau of the prefecture or of one above it, also on cases of the counties; for the county's own, where that was delegated to it
    on the day the case was found (`watch.decides`). Watching is not delegated: every regulator sees the cases of its region.
    """
    if not decides_in(actor, subject.region_path):
        return False
    here = next((region for region in accounts.regions() if region.path == actor.region_path), None)
    return (here is not None and here.level in ABOVE_COUNTIES) or _is_delegated(subject)


def _is_delegated(subject: Any) -> bool:
    try:
        return rulebook.rule("watch.decides", region_path=subject.region_path, on=local_day(subject.found_at)).choice == "county"
    except Refused:  # no pack that knows the row is in force yet: as it was before
        return True


watcher = Grant(
    "officer/lead of the regulator that decides on the case",
    _decides_on_cases,
    _("an officer or the lead of the prefecture's regulator, or of the county's where it was delegated"),
)

case = Life(
    "case",
    WatchCase,
    [
        Move("find", (), FOUND, clock, _("Case {number} was found at offer {offer}"), _("Find"), (), "found_at"),
        Move("notify", FOUND, NOTIFIED, clock, _("The supplier was told of case {number}"), _("Notify"), (), "notified_at"),
        Move(
            "explain",
            (NOTIFIED, OVERDUE),
            EXPLAINED,
            clerk,
            _("{organisation} explained case {number}: {explanation}"),
            _("Explain"),
            (rules.explanation_is_given,),
            "explained_at",
        ),
        Move(
            "correct",
            ON_SALE,
            CORRECTED,
            clock,
            _("Case {number} was put right: nothing is found any more"),
            _("Close as corrected"),
            (),
            "ended_at",
        ),
        Move(
            "fall_due",
            NOTIFIED,
            OVERDUE,
            clock,
            _("The supplier did not answer case {number} in time"),
            _("Note as overdue"),
            (rules.term_is_over,),
            "overdue_at",
        ),
        Move(
            "clear",
            EXPLAINED,
            CLEARED,
            watcher,
            _("{organisation} accepted the explanation of case {number}"),
            _("Accept the explanation"),
            (),
            "ended_at",
        ),
        Move(
            "dismiss",
            (NOTIFIED, OVERDUE, EXPLAINED),
            DISMISSED,
            watcher,
            _("{organisation} dismissed case {number}: {reason}"),
            _("Dismiss as unfounded"),
            (rules.reason_is_given,),
            "ended_at",
        ),
        Move(
            "freeze",
            (NOTIFIED, OVERDUE, EXPLAINED),
            FROZEN,
            watcher,
            _("{organisation} froze the offer of case {number}: {reason}"),
            _("Freeze the offer"),
            (rules.reason_is_given,),
            "frozen_at",
        ),
        Move(
            "appeal",
            FROZEN,
            APPEALED,
            clerk | clock,
            _("Release was asked for in case {number}: {reason}"),
            _("Ask for release"),
            (rules.reason_is_given,),
            "appealed_at",
        ),
        Move(
            "keep_frozen",
            APPEALED,
            FROZEN,
            watcher | clock,
            _("The offer of case {number} stays frozen: {reason}"),
            _("Keep frozen"),
            (rules.reason_is_given,),
        ),
        Move(
            "release",
            (FROZEN, APPEALED),
            RELEASED,
            watcher | clock,
            _("The offer of case {number} was released: {reason}"),
            _("Release"),
            (rules.reason_is_given,),
            "ended_at",
        ),
    ],
    states={
        FOUND: _("found"),
        NOTIFIED: _("waits for the supplier"),
        OVERDUE: _("overdue"),
        EXPLAINED: _("explained"),
        FROZEN: _("offer frozen"),
        APPEALED: _("release asked for"),
        CORRECTED: _("corrected"),
        CLEARED: _("explanation accepted"),
        RELEASED: _("released"),
        DISMISSED: _("unfounded"),
    },
)

WITH_THE_BUYER = (NOTIFIED, OVERDUE, EXPLAINED)

splitting = Life(
    "splitting",
    SplittingCase,
    [
        Move(
            "open",
            (),
            NOTIFIED,
            clock,
            _("Case {number}: purchases of {buyer} look divided, ¥{amount} together; the buyer was told"),
            _("Open"),
            (),
            "found_at",
        ),
        Move(
            "grow",
            WITH_THE_BUYER,
            None,
            clock,
            _("Case {number} goes on: it is ¥{amount} together now"),
            _("Add purchases"),
        ),
        Move(
            "explain",
            (NOTIFIED, OVERDUE),
            EXPLAINED,
            buyer,
            _("{organisation} explained case {number}: {explanation}"),
            _("Explain"),
            (rules.purchases_are_explained,),
            "explained_at",
        ),
        Move(
            "fall_due",
            NOTIFIED,
            OVERDUE,
            clock,
            _("The buyer did not answer case {number} in time"),
            _("Note as overdue"),
            (rules.buyers_term_is_over,),
            "overdue_at",
        ),
        Move(
            "correct",
            WITH_THE_BUYER,
            CORRECTED,
            clock,
            _("Case {number} is over: purchases were taken back, or the budget was adjusted"),
            _("Close as corrected"),
            (),
            "ended_at",
        ),
        Move(
            "clear",
            EXPLAINED,
            CLEARED,
            regulator,
            _("{organisation} accepted the explanation of case {number}"),
            _("Accept the explanation"),
            (),
            "ended_at",
        ),
        Move(
            "dismiss",
            WITH_THE_BUYER,
            DISMISSED,
            regulator,
            _("{organisation} dismissed case {number}: {reason}"),
            _("Dismiss as unfounded"),
            (rules.reason_is_given,),
            "ended_at",
        ),
        Move(
            "uphold",
            (OVERDUE, EXPLAINED),
            UPHELD,
            regulator,
            _("{organisation} found in case {number} that the purchases were divided: {reason}"),
            _("State the splitting"),
            (rules.reason_is_given,),
            "ended_at",
        ),
    ],
    states={
        NOTIFIED: _("waits for the buyer"),
        OVERDUE: _("overdue"),
        EXPLAINED: _("explained"),
        CORRECTED: _("corrected"),
        CLEARED: _("explanation accepted"),
        DISMISSED: _("unfounded"),
        UPHELD: _("splitting stated"),
    },
)

sentences.say("case.find_many", _("{count} cases were found with {number}; digest {digest}"))
sentences.say("case.notify_many", _("Suppliers were told of {count} cases with {number}; digest {digest}"))
sentences.say("case.correct_many", _("{count} cases were put right, as {number} found; digest {digest}"))
