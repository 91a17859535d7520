"""The result of a reverse auction as a document, and its replay from acts alone. Pure: rows and ledger lead to the same bytes, or somebody changed one.

The replay takes nothing for granted: who was admitted, whether each bid was in time and low enough, its place, every extension, pause and winner
are worked out anew from what was told, and what does not follow is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sunlit.domain.market.rules import auctions as rules
from sunlit.domain.market.rules.auction_turns import Turns
from sunlit.foundation.kernel.standstill import Standstill, put_off
from sunlit.foundation.ledger.canonical import canonical, iso

VERSION: Final = 1


class Contradiction(Exception):
    """The acts do not follow from each other."""


@dataclass(frozen=True)
class Act:
    """One act of the ledger about the auction."""

    verb: str
    at: datetime
    facts: Mapping[str, Any]


def document(number: str, bidders: Mapping[int, str], lots: Sequence[Mapping[str, Any]]) -> str:
    """Canonical JSON: the same text for the same result."""
    admitted = [{"bidder": mask, "supplier": bidders[mask]} for mask in sorted(bidders)]
    return canonical({"auction": number, "bidders": admitted, "lots": list(lots), "v": VERSION})


def lot_document(
    *,
    position: int,
    cap: Decimal,
    ends_at: datetime,
    extensions: int,
    bids: Sequence[Mapping[str, Any]],
    ranking: Sequence[int],
    least: int,
) -> dict[str, Any]:
    said = rules.outcome(ranking, least)
    return {
        "lot": position,
        "cap": str(cap),
        "ends_at": iso(ends_at),
        "extensions": extensions,
        "bids": list(bids),
        "ranking": list(ranking),
        "outcome": said,
        "winner": ranking[0] if said == "won" else None,
    }


def bid_document(*, place: int, bidder: int, price: Decimal, at: datetime, by_floor: bool) -> dict[str, Any]:
    return {"place": place, "bidder": bidder, "price": str(price), "at": iso(at), "by_floor": by_floor}


def replay(number: str, acts: Iterable[Act]) -> str:
    """The result document, from the acts in the order in which they were recorded. Raises Contradiction."""
    told = _Replay(number)
    for act in acts:
        told.hear(act)
    return told.result()


@dataclass
class _Lot:
    position: int
    state: rules.LotState
    bids: list[dict[str, Any]] = field(default_factory=list)


class _Replay:
    def __init__(self, number: str) -> None:
        self.number, self.least = number, 0
        self.lots: dict[int, _Lot] = {}
        self.admitted: dict[int, set[int]] = {}  # mask → lots
        self.names: dict[int, str] = {}
        self.running = self.over = False
        self.still: list[Standstill] = []

    def hear(self, act: Act) -> None:
        heard = getattr(self, f"_{act.verb}", None)
        if heard is not None and not self.over:
            heard(act)

    def result(self) -> str:
        if not self.over:
            raise Contradiction(f"{self.number} has not ended")
        if set(self.names) != set(self.admitted):
            raise Contradiction(f"bidders {sorted(self.names)} were named, {sorted(self.admitted)} were admitted")
        return document(self.number, self.names, [self._lot_result(lot) for _position, lot in sorted(self.lots.items())])

    def _lot_result(self, lot: _Lot) -> dict[str, Any]:
        state = lot.state
        return lot_document(
            position=lot.position, cap=state.terms.cap, ends_at=state.ends_at, extensions=state.extensions, bids=lot.bids,
            ranking=state.ranking(), least=self.least,
        )  # fmt: skip

    # Acts, by the name of their verb

    def _publish(self, act: Act) -> None:
        terms = act.facts["terms"]
        self.least, self.running = terms["least"], True
        for told in terms["lots"]:
            of_lot = rules.Terms(
                cap=Decimal(told["cap"]),
                step=Decimal(told["step"]),
                beats=terms["beats"],
                starts_at=_instant(terms["starts_at"]),
                extension=timedelta(minutes=terms["extension_minutes"]),
                extensions_most=terms["extensions_most"],
                turns=_turns(terms.get("rounds", ())),
            )
            self.lots[told["lot"]] = _Lot(told["lot"], rules.LotState(of_lot, _instant(told["ends_at"])))

    def _enter(self, act: Act) -> None:
        if act.facts["bidder"] in self.admitted:
            raise Contradiction(f"bidder {act.facts['bidder']} entered twice")
        self.admitted[act.facts["bidder"]] = set(act.facts["lots"])
        self._seat()

    def _leave(self, act: Act) -> None:
        del self.admitted[act.facts["bidder"]]
        self._seat()

    _turn_away = _leave

    def _seat(self) -> None:
        """Where each has turns of its own, the end follows from how many there are."""
        for lot in self.lots.values():
            turns = lot.state.terms.turns
            if turns is not None:
                lot.state.masks = [mask for mask, lots in self.admitted.items() if lot.position in lots]
                lot.state.ends_at = lot.state.terms.starts_at + turns.length(len(lot.state.masks))

    def _pause(self, _act: Act) -> None:
        self.running = False

    def _resume(self, act: Act) -> None:
        self._put_off(act, _instant(act.facts["paused_at"]), act.at)
        self.running = True

    def _make_up(self, act: Act) -> None:
        self._put_off(act, _instant(act.facts["since"]), _instant(act.facts["until"]))

    def _put_off(self, act: Act, since: datetime, until: datetime) -> None:
        """Every instant that had not come makes room for what stood still, but not the start of what was bid for; what was told must be what follows."""
        begun = any(lot.bids for lot in self.lots.values())
        for lot in self.lots.values():
            state = lot.state
            starts = state.terms.starts_at if begun else put_off(state.terms.starts_at, self.still, [(since, until)])
            ends = put_off(state.ends_at, self.still, [(since, until)])
            if (iso(starts), iso(ends)) != (act.facts["starts_at"], act.facts["ends"][str(lot.position)]):
                raise Contradiction(f"lot {lot.position} was put off by another length than stood still")
            lot.state.terms = rules.Terms(**{**vars(state.terms), "starts_at": starts})
            lot.state.ends_at = ends
        self.still.append((since, until))

    def _bid(self, act: Act) -> None:
        told = act.facts
        self._take(told["lot"], told["place"], told["bidder"], Decimal(told["price"]), act.at, by_floor=told["by_floor"])
        self._ends_as_told(act)

    def _bids(self, act: Act) -> None:
        """Bids that were written together, in their order."""
        told = act.facts
        bids = zip(told["bidders"], told["prices"], told["at"], strict=True)
        for place, (mask, price, at) in enumerate(bids, told["first"]):
            self._take(told["lot"], place, mask, Decimal(price), _instant(at), by_floor=place in told["floors"])
        self._ends_as_told(act)

    def _take(self, position: int, place: int, mask: int, price: Decimal, at: datetime, *, by_floor: bool) -> None:
        lot, what = self.lots[position], f"bid {place} in lot {position}"
        if not self.running or position not in self.admitted.get(mask, ()):
            raise Contradiction(f"{what} while no bid was possible")
        wrong = next(lot.state.problems(mask, price, at), None)
        if wrong is not None:
            raise Contradiction(f"{what} was not lawful: {wrong.code}")
        taken = lot.state.take(mask, price, at, by_floor=by_floor)
        if (taken.place, taken.at) != (place, at):
            raise Contradiction(f"{what} does not follow from those before it")
        lot.bids.append(bid_document(place=place, bidder=mask, price=price, at=at, by_floor=by_floor))

    def _ends_as_told(self, act: Act) -> None:
        state = self.lots[act.facts["lot"]].state
        if (iso(state.ends_at), state.extensions) != (act.facts["ends_at"], act.facts["extensions"]):
            raise Contradiction(f"the end of lot {act.facts['lot']} does not follow from its bids")

    def _close(self, act: Act) -> None:
        self.names = {int(mask): supplier for mask, supplier in act.facts["bidders"].items()}
        self.over = True

    _fail = _close


def _turns(told: Sequence[int]) -> Turns | None:
    if not told:
        return None
    rounds, opening, turn, pause = told
    return Turns(rounds, timedelta(minutes=opening), timedelta(minutes=turn), timedelta(minutes=pause))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
