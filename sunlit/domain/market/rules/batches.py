"""What must hold for a batch purchase: its periods, its demands, its bids, and who is the lowest that conforms. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from sunlit.domain.market.rules.calloffs import Bid, lowest
from sunlit.domain.market.rules.stops import SUSPENDED
from sunlit.foundation.kernel.clock import end_of_day
from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.refusals import CONFLICT, FORBIDDEN, Problem, Reason
from sunlit.foundation.lifecycle import Case

NOT_THE_SOLICITOR = Reason("BAT-001", _("Only the organisation that solicited the agreement opens batches under it."), FORBIDDEN)
NOT_RUNNING = Reason("BAT-002", _("Framework {number} is not in force: nothing can be pooled under it now."), CONFLICT)
PERIOD_WRONG = Reason("BAT-003", _("Choose one of the coming periods of the calendar."))
PERIOD_TAKEN = Reason("BAT-004", _("There is a batch of this package for {period} already: {number}."), CONFLICT)
CONFIGURATION_MISSING = Reason("BAT-005", _("Say what is bought: the configuration that all buyers order alike."))
FEW_PARTIES = Reason("BAT-006", _("{count} parties to the agreement can bid; it takes {least}."), CONFLICT)
QUANTITY_WRONG = Reason("BAT-007", _("The quantity must be a whole number from 1 to {most}."))
DEMAND_TWICE = Reason("BAT-008", _("Your organisation has demand {number} in this batch: withdraw it before you submit another."), CONFLICT)
OUTSIDE_REGION = Reason("BAT-009", _("This batch is for the buyers of its region."))
TOO_LATE = Reason("BAT-010", _("It was possible until {until}."), CONFLICT)
TIME_RUNS = Reason("BAT-011", _("The time runs until {until}."), CONFLICT)
NOT_INVITED = Reason("BAT-012", _("Your organisation is not a party to the agreement for this package."), CONFLICT)
PRICE_WRONG = Reason("BAT-013", _("“{text}” is not an amount in yuan above zero with at most two places."))
ABOVE_PRICE = Reason("BAT-014", _("{price} is above {most}, the most that you may bid: your agreement's price, and the cap of the batch."))
CAUSE_WRONG = Reason("BAT-015", _("Choose why the bid does not conform."))
REASON_SHORT = Reason("BAT-016", _("Give a reason of at least {least} characters: the others read it."))
NO_SUCH_BID = Reason("BAT-017", _("Choose one of the bids that still count."))
NOT_ASKED = Reason("BAT-018", _("It is not your organisation's turn to take the orders."), CONFLICT)
DEMANDS_CLOSED = Reason("BAT-019", _("The period of {number} is closed: demands stay as they are."), CONFLICT)
NOT_DELIVERED_THERE = Reason("BAT-020", _("No demand that waits for an order is delivered in {code}."))

PERIODS: Final = {"month": 1, "quarter": 3, "half_year": 6}  # in months
LETTERS: Final = {"quarter": "Q", "half_year": "H"}
YEAR_MONTHS: Final = 12
SHOWN: Final = 4  # coming periods

EXCLUSIONS: Final[dict[str, str | Promise]] = {
    "below_configuration": _("does not meet the configuration"),
    "cannot_deliver": _("cannot deliver the pooled quantity"),
    "collusion": _("bid in collusion with others"),
}
CAUSES: Final[dict[str, str]] = {  # as they stand in the catalogue of texts
    "no_demand": gettext_noop("no demand was confirmed in time"),
    "few_parties": gettext_noop("too few parties to the agreement are left"),
    "not_published": gettext_noop("it was not put out to the parties in time"),
    "no_bid": gettext_noop("nobody bid"),
    "none_conforms": gettext_noop("no bid conforms"),
    "nobody_takes": gettext_noop("nobody who bid took the orders"),
    "no_order": gettext_noop("no budget is left to order from"),
    "agreement_ended": gettext_noop("the framework agreement was voided"),
    "cancelled": gettext_noop("the solicitor cancelled it"),
    "voided": gettext_noop("the regulator voided it"),
    "unconfirmed": gettext_noop("the demand was not confirmed in time"),
    "budget": gettext_noop("the budget could not be charged when the order was placed"),
}


class Period(NamedTuple):
    """One period of the calendar: demands for it come in until its closing day."""

    code: str
    first: date
    last: date
    demands_until: datetime


def periods(day: date, *, every: str, closing_day: int) -> Iterator[Period]:
    """The periods from the one of this day on, without end."""
    step = PERIODS[every]
    month = day.year * YEAR_MONTHS + (day.month - 1) // step * step
    while True:
        first, following = _first(month), _first(month + step)
        code = f"{first.year}-{first.month:02}" if every == "month" else f"{first.year}-{LETTERS[every]}{(first.month - 1) // step + 1}"
        yield Period(code, first, following - timedelta(days=1), end_of_day(first.replace(day=closing_day)))
        month += step


def coming(day: date, *, every: str, closing_day: int, after: datetime) -> list[Period]:
    """The next periods for which demands come in no sooner than `after`."""
    late_enough = (one for one in periods(day, every=every, closing_day=closing_day) if one.demands_until >= after)
    return list(islice(late_enough, SHOWN))


def conforming(bids: Collection[Bid], caps: dict[int, Decimal], *, cap: Decimal, out: Collection[int]) -> list[Bid]:
    """The bids that count, each at most at the price of its agreement now. `caps` are those of the parties that are left; `out` passed or were excluded."""
    fair = [bid._replace(price=min(bid.price, caps[bid.entry])) for bid in bids if bid.entry in caps and bid.entry not in out]
    return [bid for bid in fair if bid.price <= cap]


def winner(bids: Collection[Bid], caps: dict[int, Decimal], *, cap: Decimal, out: Collection[int]) -> Bid | None:
    """The lowest that conforms; of equals the earlier."""
    return lowest(conforming(bids, caps, cap=cap, out=out))


# Rules of the lives


def is_in_order(case: Case) -> Iterator[Problem]:
    """Every problem that the look at it found."""
    yield from case.facts.get("problems", ())


def is_in_time(case: Case) -> Iterator[Problem]:
    if case.at >= case.it.until:
        yield Problem(TOO_LATE, {"until": case.it.until})


def still_collects(case: Case) -> Iterator[Problem]:
    """Demands come, are confirmed and go while the period runs, and not after its last instant."""
    batch = case.it.batch
    if batch.state != "collecting" or case.at >= batch.until:
        yield Problem(DEMANDS_CLOSED, {"number": batch.number})
    elif batch.suspended_at is not None:
        yield Problem(SUSPENDED, {"number": batch.number, "reason": batch.stop_reason})


def time_is_over(case: Case) -> Iterator[Problem]:
    if case.at < case.it.until:
        yield Problem(TIME_RUNS, {"until": case.it.until})


def reason_is_given(case: Case) -> Iterator[Problem]:
    if len(str(case.facts.get("reason", "")).strip()) < REASON_CHARS_LEAST:
        yield Problem(REASON_SHORT, {"least": REASON_CHARS_LEAST}, on="reason")


def cause_is_given(case: Case) -> Iterator[Problem]:
    if case.facts.get("cause") not in EXCLUSIONS:
        yield Problem(CAUSE_WRONG, on="cause")


def _first(month: int) -> date:
    return date(month // YEAR_MONTHS, month % YEAR_MONTHS + 1, 1)
