"""What must hold for a reverse auction, and the lot as it is bid down. Pure: nothing here reads the database or the clock."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from typing import Final

from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.rules.auction_turns import Said, Turns, lowest_before, worst_first
from sunlit.foundation.kernel.limits import NAME_CHARS, REASON_CHARS_LEAST
from sunlit.foundation.kernel.money import FEN, MOST
from sunlit.foundation.kernel.refusals import CONFLICT, FORBIDDEN, Problem, Reason
from sunlit.foundation.lifecycle import Case

TEXT_MISSING = Reason("AUC-001", _("Say it in 1 to {most} characters."))
LOTS_WRONG = Reason("AUC-002", _("An auction has 1 to {most} lots."))
LOT_INCOMPLETE = Reason("AUC-003", _("Lot {lot}: give a name, a unit and one of the categories that are in use."))
LOT_FIGURES = Reason(
    "AUC-004", _("Lot {lot}: the quantity is a whole number from 1 to {most}, the highest unit price an amount in yuan above nothing.")
)
STARTS_TOO_EARLY = Reason(
    "AUC-005", _("The notice stands for at least {days} working days before the bidding: it may start from {earliest} on.")
)
OUT_OF_LIMITS = Reason("AUC-006", _("“{name}”: {value} lies outside what the rulebook allows: {allowed}."))
QUOTA_MISSING = Reason("AUC-007", _("Choose the plan, or the budget quota, that pays for it."))
DAYS_WRONG = Reason("AUC-008", _("The time of delivery is 1 to {most} days."))
NO_PLAN = Reason(
    "AUC-009", _("The highest total {total} reaches the procurement threshold {threshold}: choose the filed plan that it belongs to.")
)
ENTRY_OVER = Reason("AUC-010", _("Bidders could enter until {until}."), CONFLICT)
NOT_DECLARED = Reason("AUC-011", _("Confirm every point of the declaration."))
NOT_ACTIVE = Reason("AUC-012", _("Your organisation is {state} and may not bid now."), FORBIDDEN)
NOTHING_OFFERED = Reason("AUC-013", _("Choose at least one lot and name brand and model of what you would deliver."))
GUARANTEE_MISSING = Reason("AUC-014", _("This region asks for a guarantee: give its reference."))
ENTERED_ALREADY = Reason("AUC-015", _("Your organisation has entered this auction already."), CONFLICT)
NOT_A_BIDDER = Reason("AUC-016", _("Your organisation does not bid in this lot."), FORBIDDEN)
STARTED = Reason("AUC-017", _("The bidding began at {since}: this is no longer possible."), CONFLICT)
NOT_BEGUN = Reason("AUC-018", _("The bidding begins at {since}."), CONFLICT)
OVER = Reason("AUC-019", _("The bidding in this lot ended at {until}."), CONFLICT)
NOT_OPEN = Reason("AUC-020", _("The auction is “{state}”: no bids are taken."), CONFLICT)
PRICE_WRONG = Reason("AUC-021", _("A bid is an amount in yuan above nothing, with at most two places."))
ABOVE_CAP = Reason("AUC-022", _("At most {cap} for one unit may be bid."))
NOT_LOWER = Reason("AUC-023", _("Somebody bid before you: now at most {next} may be bid."), CONFLICT)
NOT_LOWER_THAN_OWN = Reason("AUC-024", _("After your own bid of {own} at most {next} may be bid."))
KEY_TAKEN = Reason("AUC-025", _("This message was already used for a bid of {price}. Look at the page again."), CONFLICT)
KEY_WRONG = Reason("AUC-026", _("A bid carries a key of its own with 8 to {most} characters."))
FLOOR_TOO_HIGH = Reason("AUC-027", _("A floor of more than {next} cannot bid: that is the highest price which may be bid now."))
TOO_FEW = Reason("AUC-028", _("At least {least} bidders are needed; there are {count}."), CONFLICT)
RUNS_STILL = Reason("AUC-029", _("The bidding goes on until {until}."), CONFLICT)
MAY_STILL_COME = Reason("AUC-030", _("Bidders may still enter, until {until}."), CONFLICT)
NOTHING_WON = Reason("AUC-031", _("No lot has a winner any more."), CONFLICT)
LOW_UNEXPLAINED = Reason(
    "AUC-032",
    _(
        "Lot {lot}: {price} is {percent} per cent of the highest price, below the line of {line} per cent. Ask the supplier to explain it, and say why you accept it."
    ),
)
NOT_THE_WINNER = Reason("AUC-033", _("Your organisation is not the proposed winner of this lot."), FORBIDDEN)
NOT_WON = Reason("AUC-034", _("Lot {lot} has no proposed winner."), CONFLICT)
UNKNOWN_MASK = Reason("AUC-035", _("There is no such bidder in this auction."))
HAS_WINNER = Reason("AUC-036", _("A lot has a winner: confirm it or pass over it with reasons."), CONFLICT)
START_MISSING = Reason("AUC-037", _("Say when the bidding starts: day and minute."))
NOT_STANDING = Reason("AUC-038", _("“{supplier}” is no longer an active supplier: pass over it, or wait until it is again."), CONFLICT)
ROUNDS_ONE_LOT = Reason("AUC-039", _("An auction by rounds has one lot: nobody speaks in two at once."))
ROUNDS_ARE_SEEN = Reason(
    "AUC-040", _("In an auction by rounds everybody sees the prices: the order of the turns tells the ranks in any case.")
)
NO_FLOOR = Reason("AUC-041", _("In an auction by rounds nothing bids by itself: bid in your turn."), CONFLICT)
NOT_YOUR_TURN = Reason("AUC-042", _("It is the turn of bidder {bidder}: bid in yours."), CONFLICT)
BETWEEN_ROUNDS = Reason("AUC-043", _("Nobody bids between the rounds: round {round} begins at {since}."), CONFLICT)

TOTAL_TOO_HIGH = Reason("AUC-044", _("All lots at their highest prices come to more than {most}."))

LOTS_MOST: Final = 20
BIDDERS_MOST: Final = 500
DELIVERY_DAYS_MOST: Final = 365
KEY_CHARS: Final = (8, 64)
SETTLING: Final = timedelta(seconds=3)  # a bid that came in time may still wait for its turn when the time is over
LOWEST, OWN = "lowest", "own"
RANK_ONLY, LOW_ONLY, BOTH = "rank_only", "low_only", "own_rank_and_current_low"
POINTS: Final = {  # what a bidder declares
    "requirements": _("The goods and services that we would deliver meet every requirement of the notice."),
    "qualified": _(
        "We have the licences and the capacity to perform, and no serious breach of law in the last three years (政府采购法 art. 22)."
    ),
    "alone": _("We bid alone: we have agreed with nobody on prices and are not led by the same person as another bidder."),
    "binding": _("Every bid binds us; we know that refusing to deliver after winning is recorded."),
}


def step_of(kind: str, step: Decimal, cap: Decimal) -> Decimal:
    """The step in yuan: a percentage of the highest price counts upwards to the fen."""
    return step if kind == "yuan" else max((cap * step / 100).quantize(FEN, ROUND_UP), FEN)


def is_key(text: str) -> bool:
    """A message's own key: signs that every part of the platform can write, for one that cannot be written would keep those that come with it."""
    least, most = KEY_CHARS
    return least <= len(text) <= most and text.isascii() and text.isprintable()


@dataclass(frozen=True)
class Terms:
    """What a lot is bid down under. `beats`: each bid is below the lowest, or, where nobody sees that, below the bidder's own."""

    cap: Decimal
    step: Decimal
    beats: str
    starts_at: datetime
    extension: timedelta
    extensions_most: int | None
    turns: Turns | None = None  # none: everybody bids at any time


@dataclass(frozen=True)
class Speaking:
    """Whose turn it is, and until when; in a pause nobody's, until the round begins."""

    round: int
    bidder: int | None
    until: datetime


@dataclass(frozen=True)
class Taken:
    """An accepted bid: its place in the lot, whether it leads, whether it moved the end."""

    place: int
    bidder: int
    price: Decimal
    at: datetime
    leads: bool
    extended: bool
    by_floor: bool = False


@dataclass
class LotState:
    """A lot at one instant. Bidders are their masks; `own` tells each one's lowest bid with its place."""

    terms: Terms
    ends_at: datetime
    extensions: int = 0
    bids: int = 0
    last_at: datetime | None = None
    low: Decimal | None = None
    leader: int | None = None
    own: dict[int, tuple[Decimal, int]] = field(default_factory=dict)
    masks: Sequence[int] = ()  # everybody who may speak, and what was said: for turns alone
    said: list[Said] = field(default_factory=list)
    ranked: list[tuple[Decimal, int, int]] = field(init=False)  # `own` as price, place, bidder: the best first

    def __post_init__(self) -> None:
        self.ranked = sorted((*bid, bidder) for bidder, bid in self.own.items())

    def next_price(self, bidder: int | None = None) -> Decimal:
        """The highest price that may be bid next, by this bidder or by a newcomer. Nothing or less: no bid is possible any more."""
        prices = [self.terms.cap]
        if self.terms.beats == LOWEST and self.low is not None:
            prices.append(self.low - self.terms.step)
        if bidder in self.own:
            prices.append(self.own[bidder][0] - self.terms.step)
        return min(prices)

    def when(self, at: datetime) -> datetime:
        """The instant of a bid that came at `at`: never before that of the bid before it."""
        return max(at, self.last_at) if self.last_at else at

    def problems(self, bidder: int, price: Decimal, at: datetime) -> Iterator[Problem]:
        """Why this bid is not taken; nothing when it is. It counts when it came, not when its turn came."""
        if at < self.terms.starts_at:
            yield Problem(NOT_BEGUN, {"since": self.terms.starts_at})
        elif at >= self.ends_at:
            yield Problem(OVER, {"until": self.ends_at})
        elif not FEN <= price <= MOST or price != price.quantize(FEN):
            yield Problem(PRICE_WRONG, on="price")
        elif price > self.terms.cap:
            yield Problem(ABOVE_CAP, {"cap": self.terms.cap}, on="price")
        elif price > self.next_price(bidder):
            yield self._not_lower(bidder)
        elif self.terms.turns is not None:
            yield from self._out_of_turn(bidder, self.when(at), self.terms.turns)

    def _out_of_turn(self, bidder: int, at: datetime, turns: Turns) -> Iterator[Problem]:
        now = self.speaking(turns, at)
        if now.bidder is None:
            yield Problem(BETWEEN_ROUNDS, {"round": now.round, "since": now.until})
        elif now.bidder != bidder:
            yield Problem(NOT_YOUR_TURN, {"bidder": now.bidder})

    def begins(self, turns: Turns) -> datetime:
        """When the timetable begins, so that it ends with the lot."""
        return self.ends_at - turns.length(len(self.masks))

    def order(self, turns: Turns, number: int) -> list[int]:
        """In which order the bidders speak in a round; of one that is still to come, as it stands now."""
        return worst_first(self.masks, lowest_before(self.said, number))

    def speaking(self, turns: Turns, at: datetime) -> Speaking:
        begins, count = self.begins(turns), len(self.masks)
        number, place = turns.at(at - begins, count)
        opens = begins + turns.opens_after(number, count)
        if place is None:
            return Speaking(number, None, opens)
        return Speaking(number, self.order(turns, number)[place], opens + (place + 1) * turns.turn)

    def _not_lower(self, bidder: int) -> Problem:
        most = max(self.next_price(bidder), Decimal("0.00"))
        if self.terms.beats == OWN or self.leader == bidder:
            return Problem(NOT_LOWER_THAN_OWN, {"own": self.own[bidder][0], "next": most}, on="price")
        return Problem(NOT_LOWER, {"next": most}, on="price")

    def take(self, bidder: int, price: Decimal, at: datetime, *, by_floor: bool = False) -> Taken:
        """The bid is part of the lot from now on. A new lowest one in the last minutes leaves as many again."""
        at, price = self.when(at), price.quantize(FEN)  # one spelling of an amount, in rows and in the ledger
        leads = self.low is None or price < self.low  # of equal prices the earlier stays ahead
        self.bids += 1
        self.last_at = at
        self._rank(bidder, (price, self.bids))
        if self.terms.turns is not None:
            self.said.append(Said(bidder, price, self.bids, self.speaking(self.terms.turns, at).round))
        extended = False
        if leads:
            self.low, self.leader = price, bidder
            extended = self._extend(at)
        return Taken(self.bids, bidder, price, at, leads, extended, by_floor)

    def _rank(self, bidder: int, bid: tuple[Decimal, int]) -> None:
        if bidder in self.own:
            del self.ranked[self.rank(bidder) - 1]
        self.own[bidder] = bid
        insort(self.ranked, (*bid, bidder))

    def _extend(self, at: datetime) -> bool:
        open_still = self.terms.extensions_most is None or self.extensions < self.terms.extensions_most
        if not open_still or self.ends_at >= at + self.terms.extension:
            return False
        self.ends_at = at + self.terms.extension
        self.extensions += 1
        return True

    def answer(self, floors: Mapping[int, tuple[Decimal, datetime]], at: datetime) -> Iterator[Taken]:
        """What the sealed floors (mask → floor, when it was set) bid against the leader, until none of them can any more.

        The lowest floor wins, of equal ones the earlier. It goes down only as far as it must to be ahead of the strongest of the others; where
        less than a step lies between the two, the leader's goes first.
        """
        while True:
            able = {mask: told for mask, told in floors.items() if told[0] <= self._must(mask)}
            against = {mask: told for mask, told in able.items() if mask != self.leader}
            if not against:
                return
            first = min(able, key=lambda mask: able[mask])
            second = min(against, key=lambda mask: against[mask])
            if first == self.leader and able[first][0] <= against[second][0] - self.terms.step:
                yield self.take(second, against[second][0], at, by_floor=True)  # the leader's answers in the next turn
                continue
            rivals = [floor for mask, (floor, _at) in able.items() if mask != first]
            ahead = min([self._must(first), *(floor - self.terms.step for floor in rivals)])
            yield self.take(first, max(able[first][0], ahead), at, by_floor=True)

    def _must(self, bidder: int) -> Decimal:
        """What a floor must bid to lead."""
        lead = self.terms.cap if self.low is None else self.low - self.terms.step
        return min(lead, self.next_price(bidder))

    def ranking(self) -> list[int]:
        """The bidders by their lowest bids; of equal prices the earlier is ahead."""
        return [bidder for _price, _place, bidder in self.ranked]

    def rank(self, bidder: int) -> int:
        """The place of somebody who has bid in that ranking, from 1."""
        return bisect_left(self.ranked, (*self.own[bidder], bidder)) + 1


def outcome(ranking: Sequence[int], least: int) -> str:
    """A lot in which fewer than so many bid fails."""
    return "won" if len(ranking) >= least else "failed"


# Rules of the life


def draft_is_complete(case: Case) -> Iterator[Problem]:
    """Every problem that the form has."""
    yield from case.facts.get("problems", ())


def bidding_has_not_begun(case: Case) -> Iterator[Problem]:
    """What concerns the bidders' entry happens before the first bid may fall; where one fell while this waited for its turn, it is too late."""
    if case.it.starts_at is not None and (case.at >= case.it.starts_at or case.facts["bids"]):
        yield Problem(STARTED, {"since": case.it.starts_at})


def in_time_to_enter(case: Case) -> Iterator[Problem]:
    """Bidders enter before the countdown begins."""
    if case.at >= case.it.enter_until:
        yield Problem(ENTRY_OVER, {"until": case.it.enter_until})


def entry_is_complete(case: Case) -> Iterator[Problem]:
    """An active supplier declares every point, names what it offers, and gives a guarantee where one is asked for."""
    if case.facts["standing"] != "active":
        yield Problem(NOT_ACTIVE, {"state": case.facts["standing_told"]})
    if set(case.facts["points"]) < set(POINTS):
        yield Problem(NOT_DECLARED, on="points")
    if not case.facts["products"] or not all(
        brand and model and max(len(brand), len(model)) <= NAME_CHARS for brand, model in case.facts["products"]
    ):
        yield Problem(NOTHING_OFFERED, on="products")
    if case.facts["guarantee_needed"] and len(case.facts["guarantee"]) < REASON_CHARS_LEAST:
        yield Problem(GUARANTEE_MISSING, on="guarantee")


def everybody_is_too_few(case: Case) -> Iterator[Problem]:
    """An auction fails before it begins when the time to enter is over and too few are admitted."""
    if case.at < case.it.enter_until:
        yield Problem(MAY_STILL_COME, {"until": case.it.enter_until})
    elif case.facts["admitted"] >= case.it.bidders_least:
        yield Problem(HAS_WINNER)


def bidding_is_over(case: Case) -> Iterator[Problem]:
    """Only time ends an auction."""
    if case.at < case.facts["ends_at"] + SETTLING:
        yield Problem(RUNS_STILL, {"until": case.facts["ends_at"]})


def something_is_won(case: Case) -> Iterator[Problem]:
    """There is somebody to place an order with."""
    if not case.facts["winners"]:
        yield Problem(NOTHING_WON)


def winners_stand(case: Case) -> Iterator[Problem]:
    """A supplier that was suspended meanwhile gets no order."""
    for name in case.facts["fallen"]:
        yield Problem(NOT_STANDING, {"supplier": name})


def nothing_is_won(case: Case) -> Iterator[Problem]:
    """An auction whose lots have a winner does not fail by itself."""
    if case.facts["winners"]:
        yield Problem(HAS_WINNER)


def low_prices_are_explained(case: Case) -> Iterator[Problem]:
    """A price below the rulebook's line is explained by the supplier, and the buyer says why it is accepted (财库〔2026〕2号 by analogy)."""
    if len(case.facts["explanation"]) < REASON_CHARS_LEAST or any(not it["explained"] for it in case.facts["low"]):
        for it in case.facts["low"]:
            yield Problem(
                LOW_UNEXPLAINED, {"lot": it["lot"], "price": it["price"], "percent": it["percent"], "line": it["line"]}, on="explanation"
            )
