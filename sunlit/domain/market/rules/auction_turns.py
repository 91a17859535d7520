"""The second form of a reverse auction: rounds in fixed turns, the worst first. Pure: who may bid when follows from the end, the bidders and their bids.

    opening │ turn turn turn │ pause │ turn turn turn │ pause │ turn turn turn
              round 1                  round 2                  round 3

In the first round nobody has bid: the masks, which were drawn by lot, give the order. Before every other one it is drawn up anew from the bids made until
then. The timetable hangs on the end of the lot, which pauses and outages put off as a whole: what remains is always what was left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal


@dataclass(frozen=True)
class Turns:
    """How often everybody speaks, and how long everything takes."""

    rounds: int
    opening: timedelta
    turn: timedelta
    pause: timedelta

    def length(self, bidders: int) -> timedelta:
        return self.opening + self.rounds * bidders * self.turn + (self.rounds - 1) * self.pause

    def opens_after(self, number: int, bidders: int) -> timedelta:
        """From the start to the first turn of a round."""
        return self.opening + (number - 1) * (bidders * self.turn + self.pause)

    def at(self, since: timedelta, bidders: int) -> tuple[int, int | None]:
        """The round and the place of the turn within it, so long after the start; in a pause the round that comes, and nobody's turn."""
        if since < self.opening:
            return 1, None
        done, within = divmod(since - self.opening, bidders * self.turn + self.pause)
        if within >= bidders * self.turn:
            return done + 2, None
        return done + 1, within // self.turn


@dataclass(frozen=True)
class Said:
    """A bid as the order of the turns needs it."""

    bidder: int
    price: Decimal
    place: int
    round: int


def worst_first(masks: Iterable[int], lowest: Mapping[int, tuple[Decimal, int]]) -> list[int]:
    """Who has not bid speaks first, in the order of the masks; then from the dearest down, of equal prices the later first: who leads has the last word."""
    silent = sorted(mask for mask in masks if mask not in lowest)
    return [*silent, *sorted((mask for mask in masks if mask in lowest), key=lambda mask: lowest[mask], reverse=True)]


def lowest_before(said: Sequence[Said], number: int) -> dict[int, tuple[Decimal, int]]:
    """Everybody's lowest bid before a round. Each bid of a bidder lies below its own last one."""
    return {it.bidder: (it.price, it.place) for it in said if it.round < number}
