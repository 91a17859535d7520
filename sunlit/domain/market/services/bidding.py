"""Bids: one short transaction that locks the lot, judges, writes, and is durable before anybody is told “accepted”.

The place of a bid is dealt out under the lot's lock: the database orders bids, not a clock. The instant that counts against the end is when the bid
came to the server. Whoever sends the same message again (the key) gets the first answer; it makes one bid.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from itertools import groupby
from typing import Any

from django.db import IntegrityError, models, transaction

from sunlit.domain.market.models import Auction, AuctionEntry, AuctionLot
from sunlit.domain.market.queries import auctions as queries
from sunlit.domain.market.queries.auctions import Line
from sunlit.domain.market.rules import auctions as rules
from sunlit.domain.market.rules.auction_events import columns
from sunlit.domain.market.rules.auction_turns import lowest_before, worst_first
from sunlit.domain.market.services.auctions import masked
from sunlit.domain.market.states import auctions as states
from sunlit.foundation import vault
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.kernel.sql import committing, together
from sunlit.foundation.ledger.canonical import iso
from sunlit.foundation.ledger.services import Deed, record_along
from sunlit.foundation.lifecycle import NOT_YOURS
from sunlit.foundation.live import services as live
from sunlit.foundation.live.models import RoomEvent


@dataclass(frozen=True)
class Asked:
    """A bid as it came: by whom, for how much, under which key of the bidder's own, and when."""

    by: Actor
    price: Decimal
    key: str
    at: datetime


@dataclass(frozen=True)
class Accepted:
    """The answer to a bid. `rank` is 0 where nobody sees ranks; `again`: the message had come before, and made that bid."""

    place: int
    price: Decimal
    at: datetime
    rank: int
    ends_at: datetime
    next_price: Decimal
    again: bool = False


Answer = Accepted | Refused

_FLOOR = "底价"  # begins the keys of bids that a floor made: no bidder's own key can look so (`rules.is_key`)


def _columns(model: type[models.Model], *wanted: str) -> tuple[str, ...]:
    """Of all columns those that bidding needs, in the order in which a row is read back."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname in wanted)  # noqa: SLF001 - Django's own way to tell


_LOT = _columns(
    AuctionLot, "id", "auction_id", "position", "cap", "step", "ends_at", "extensions", "bids", "told", "last_at", "low", "leader_id"
)
_AUCTION = _columns(
    Auction, "id", "number", "region_path", "state", "rounds", "opening_minutes", "turn_minutes", "pause_minutes", "starts_at",
    "extension_minutes", "extensions_most", "visibility", "bidders_least",
)  # fmt: skip
_WHICH = "auction_id = (SELECT id FROM market_auction WHERE number = %s) AND position = %s"
_LOCK = f"""
SELECT {", ".join(_LOT)}, set_config('enable_seqscan', 'off', true) FROM market_auctionlot WHERE {_WHICH} FOR UPDATE
"""  # noqa: S608 (our own column names) - a lot grows while plans are kept: what is read fastest of ten bids would be slow with ten thousand
_TERMS = f"SELECT {', '.join(_AUCTION)} FROM market_auction WHERE number = %s"  # noqa: S608 (our own column names)
_READ = f"""
SELECT entry.id, entry.price, entry.place, bidder.mask, bidder.supplier_id, bidder.person_id,
       bidder.left_at IS NULL AND bidder.turned_away_at IS NULL, entry.floor, entry.floor_at
  FROM market_auctionentry entry JOIN market_auctionbidder bidder ON bidder.id = entry.bidder_id
 WHERE entry.lot_id = (SELECT id FROM market_auctionlot WHERE {_WHICH}) ORDER BY entry.id
"""  # noqa: S608 (our own column names)
_MADE = """
SELECT bid.* FROM unnest(%s::text[]) AS asked (key), LATERAL (
       SELECT entry_id, key, place, price, at FROM market_auctionbid WHERE key = asked.key AND lot_id + 0 = %s OFFSET 0) bid
"""  # one by one through the index of keys, never the whole lot
_WRITE = """
WITH bid AS (
    SELECT * FROM json_to_recordset(%(bids)s::json) AS it (
           entry_id bigint, place int, price numeric, round smallint, by_floor boolean, key text, person_id bigint, at timestamptz)
), kept AS (
    INSERT INTO market_auctionbid (lot_id, entry_id, place, price, round, by_floor, key, person_id, at)
    SELECT %(lot)s, bid.* FROM bid
), lowered AS (
    UPDATE market_auctionentry entry SET price = last.price, place = last.place
      FROM (SELECT DISTINCT ON (entry_id) entry_id, price, place FROM bid ORDER BY entry_id, place DESC) last WHERE entry.id = last.entry_id
)
UPDATE market_auctionlot
   SET ends_at = %(ends_at)s, extensions = %(extensions)s, bids = %(count)s, told = %(told)s, last_at = %(last_at)s, low = %(low)s, leader_id = %(leader)s
 WHERE id = %(lot)s
"""


def bid(number: str, position: int, *, price: Decimal, key: str, by: Actor, at: datetime) -> Accepted:
    """Bid a unit price in a lot. Refused: AUC-016 … AUC-028, LIF-002 not a supplier's sales."""
    [answer] = bid_many(number, position, [Asked(by, price, key, at)])
    if isinstance(answer, Refused):
        raise answer
    return answer


def bid_many(number: str, position: int, asked: Sequence[Asked]) -> list[Answer]:
    """Take bids in this order, each by itself, in one durable transaction; what is refused changes nothing."""
    return bid_waiting(number, position, lambda: asked)


def bid_waiting(number: str, position: int, take: Callable[[], Sequence[Asked]]) -> list[Answer]:
    """Take the bids that wait when it is their turn: `take` is called once, when the lot is locked, so that all who came meanwhile go together.

    A message that comes again can only be refused, for it bids no lower than itself: its key is looked for among the refused alone. Only a key that is used
    for another price shows itself when the bids are written; then all of them are judged anew, with every key known before.
    """
    taken: list[Asked] = []

    def once() -> Sequence[Asked]:
        taken.extend(take())
        return taken

    try:
        return _bid(number, position, once)
    except IntegrityError:
        return _bid(number, position, lambda: taken, every_key=True)


@transaction.atomic
def _bid(number: str, position: int, take: Callable[[], Sequence[Asked]], *, every_key: bool = False) -> list[Answer]:
    desk = _Desk.open(number, position)
    asked = take()
    if every_key:
        desk.look_for(asked)
    answers = [desk.answer(each) for each in asked]
    refused = [(n, each) for n, (each, answer) in enumerate(zip(asked, answers, strict=True)) if isinstance(answer, Refused)]
    if refused and not every_key:
        desk.look_for([each for _n, each in refused])
        for n, each in refused:
            answers[n] = desk.made_before(each) or answers[n]
    desk.write(last=True)
    return answers


@transaction.atomic
def set_floor(number: str, position: int, *, floor: Decimal, by: Actor, at: datetime) -> Accepted | None:
    """Seal a floor: from now on the platform bids for the supplier, one step below the lowest, down to it. None when it leads already.

    Refused: AUC-027 the floor could not bid any more, AUC-041 by rounds nobody sets one, and as a bid is.
    """
    desk = _Desk.open(number, position)
    if desk.auction.rounds:
        raise Refused(Problem(rules.NO_FLOOR, on="floor"))
    line = desk.line_of(by)
    problems = [Problem(it.reason, it.params, "floor") for it in desk.problems(line.mask, floor, at)]
    if problems and problems[0].reason in (rules.NOT_LOWER, rules.NOT_LOWER_THAN_OWN, rules.ABOVE_CAP):
        problems = [Problem(rules.FLOOR_TOO_HIGH, {"next": max(desk.state.next_price(line.mask), money.ZERO)}, on="floor")]
    check(problems)
    line.floor = vault.shut(str(floor), label=_label(number, position, line.mask))
    line.floor_at = desk.state.when(at)
    AuctionEntry.objects.filter(pk=line.entry).update(floor=line.floor, floor_at=line.floor_at)
    desk.record("auction.floor", line.mask, at)
    made = desk.let_floors_answer(at)
    desk.write()
    mine = [taken for taken in made if taken.bidder == line.mask]
    return desk.accepted(mine[-1]) if mine else None


@transaction.atomic
def lift_floor(number: str, position: int, *, by: Actor, at: datetime) -> None:
    """Take the floor away; what it bid stands. Refused: AUC-016."""
    desk = _Desk.open(number, position)
    line = desk.line_of(by)
    if line.floor is not None:
        AuctionEntry.objects.filter(pk=line.entry).update(floor=None, floor_at=None)
        desk.record("auction.lift_floor", line.mask, at)
        desk.write()


def floor_of(entry: AuctionEntry) -> Decimal | None:
    """The bidder's own floor, for its own page."""
    if entry.floor is None:
        return None
    label = _label(entry.bidder.auction.number, entry.lot.position, entry.bidder.mask)
    return Decimal(vault.opened(bytes(entry.floor), label=label))


def _label(number: str, position: int, mask: int) -> str:
    return f"{number}/{position}/{mask}"


class _Desk:
    """One lot, locked, with everything that its bids need: asked for in one go and written in one go, however many bids there are."""

    def __init__(self, auction: Auction, lot: AuctionLot, lines: Sequence[Line]) -> None:
        self.auction, self.lot = auction, lot
        self.lines = {line.mask: line for line in lines}
        self.by_supplier = {line.supplier: line for line in lines}
        self.state = queries.lot_state(auction, lot, lines)
        self.ranks = {mask: rank for rank, mask in enumerate(self.state.ranking(), 1)}  # as it stood when the desk was opened
        self.admitted = sum(line.admitted for line in lines)
        self.floors: dict[int, tuple[Decimal, datetime]] | None = None
        self.taken: list[_Row] = []
        self.deeds: list[Deed] = []
        self.made: dict[tuple[int, str], rules.Taken] = {}

    @classmethod
    def open(cls, number: str, position: int) -> _Desk:
        """Lock first, read after: what others committed while we waited is seen. Refused: AUC-016 nobody entered the lot, AUC-020 not announced."""
        which = [number, position]
        with together() as ask:
            lots, terms, entries = ask(_LOCK, which), ask(_TERMS, [number]), ask(_READ, which)
        lot, auction, lines = lots.fetchone(), terms.fetchone(), [Line(*row) for row in entries.fetchall()]
        if lot is None or auction is None or not lines:
            raise Refused(Problem(rules.NOT_A_BIDDER))
        return cls(Auction.from_db("default", _AUCTION, auction), AuctionLot.from_db("default", _LOT, lot[:-1]), lines)

    def look_for(self, asked: Iterable[Asked]) -> None:
        """The bids that these messages made before."""
        keys = [each.key for each in asked if rules.is_key(each.key)]
        with together() as ask:
            made = ask(_MADE, [keys, self.lot.pk])
        masks = {line.entry: line.mask for line in self.lines.values()}
        for entry, key, place, price, at in made.fetchall():
            self.made.setdefault((masks[entry], key), rules.Taken(place, masks[entry], price, at, leads=False, extended=False))

    # Judging

    def answer(self, asked: Asked) -> Answer:
        try:
            line = self.line_of(asked.by)
            if (known := self._known(line, asked)) is not None:
                return known
            check(self.problems(line.mask, asked.price, asked.at))
        except Refused as refused:
            return refused
        taken = self.state.take(line.mask, asked.price, asked.at)
        self._keep(taken, asked.key, asked.by.person)
        self.let_floors_answer(asked.at)
        return self.accepted(taken)

    def made_before(self, asked: Asked) -> Answer | None:
        """What a refused message is answered whose key made a bid before."""
        try:
            return self._known(self.line_of(asked.by), asked)
        except Refused as refused:
            return refused

    def line_of(self, by: Actor) -> Line:
        """The actor's own line. Refused: AUC-016, LIF-002."""
        if not states.bidder.allows(by, self.auction):
            raise Refused(Problem(NOT_YOURS, {"verb": "竞价", "who": states.bidder.label}))
        line = self.by_supplier.get(by.party)
        if line is None or not line.admitted:
            raise Refused(Problem(rules.NOT_A_BIDDER))
        return line

    def problems(self, mask: int, price: Decimal, at: datetime) -> Iterator[Problem]:
        """Why a bid is not taken, the first thing that is wrong."""
        if self.auction.state != states.OPEN:
            yield Problem(rules.NOT_OPEN, {"state": states.auction.states[self.auction.state]})
        elif self._too_few():
            yield Problem(rules.TOO_FEW, {"least": self.auction.bidders_least, "count": self.admitted})
        else:
            yield from self.state.problems(mask, price, at)

    def _too_few(self) -> bool:
        """Whether the auction lacks bidders although nobody has said so yet; those of other lots are counted only where it matters."""
        least = self.auction.bidders_least
        if self.admitted >= least:
            return False
        self.admitted = queries.admitted_of([self.auction]).get(self.auction.pk, 0)
        return self.admitted < least

    def _known(self, line: Line, asked: Asked) -> Accepted | None:
        """The bid that this message made before. Refused: AUC-025 its key made another one, AUC-026 it has none."""
        if not rules.is_key(asked.key):
            raise Refused(Problem(rules.KEY_WRONG, {"most": rules.KEY_CHARS[1]}))
        made = self.made.get((line.mask, asked.key))
        if made is None:
            return None
        if made.price != asked.price:
            raise Refused(Problem(rules.KEY_TAKEN, {"price": made.price}))
        return self.accepted(made, again=True)

    def accepted(self, taken: rules.Taken, *, again: bool = False) -> Accepted:
        rank = 0 if self.auction.visibility == rules.LOW_ONLY else self.state.rank(taken.bidder)
        return Accepted(taken.place, taken.price, taken.at, rank, self.state.ends_at, self.state.next_price(taken.bidder), again)

    # Taking

    def let_floors_answer(self, at: datetime) -> list[rules.Taken]:
        """Sealed floors are opened here, in memory, and bid as far as they must."""
        if self.floors is None:
            self.floors = {mask: self._opened(line, at) for mask, line in self.lines.items() if line.floor is not None and line.admitted}
        if not self.floors:
            return []
        made = []
        for taken in self.state.answer(self.floors, at):
            self._keep(taken, f"{_FLOOR}{taken.place}", self.lines[taken.bidder].person)
            made.append(taken)
        return made

    def _opened(self, line: Line, at: datetime) -> tuple[Decimal, datetime]:
        assert line.floor is not None
        label = _label(self.auction.number, self.lot.position, line.mask)
        return Decimal(vault.opened(bytes(line.floor), label=label)), line.floor_at or at

    def _keep(self, taken: rules.Taken, key: str, person: int) -> None:
        said = self.state.said  # where bidders speak in turns
        row = _Row(taken, key, person, said[-1].round if said else 0, self.state.ends_at, self.state.extensions)
        self.taken.append(row)
        self.made[taken.bidder, key] = taken

    def record(self, act: str, mask: int, at: datetime) -> None:
        """An act of a bidder that is no bid."""
        self.deeds.append(self._deed(act, mask, at, {"lot": self.lot.position, "bidder": mask}))

    def _deed(self, act: str, mask: int, at: datetime, facts: Mapping[str, Any]) -> Deed:
        number = self.auction.number
        return Deed(act, f"auction/{number}", _behind(mask), at, {"number": number, **facts}, self.auction.region_path)

    # Writing

    def write(self, *, last: bool = False) -> None:
        """Everything at once; nothing where nothing was taken. As the `last` thing of the transaction it is durable afterwards."""
        with together() as ask:
            if self.taken:
                ask(_WRITE, {**self._columns(), "bids": json.dumps([self._bid(row) for row in self.taken])})
                live.tell_room(queries.room_of(self.auction.number, self.lot.position), self._events())
                self.deeds.append(self._bids_made())
            record_along(self.deeds)
            if last and (commit := committing()):
                ask(commit, ())

    def _bids_made(self) -> Deed:
        """For the ledger, where all of them act behind a mask: one entry, however many bids there are; everything that a replay works out anew."""
        rows, end = [row.taken for row in self.taken], self.taken[-1]
        told = {"lot": self.lot.position, "ends_at": iso(end.ends_at), "extensions": end.extensions}
        if len(rows) == 1:
            [it] = rows
            return self._deed(
                "auction.bid",
                it.bidder,
                it.at,
                {**told, "place": it.place, "bidder": it.bidder, "price": it.price, "by_floor": it.by_floor},
            )
        told |= {
            "first": rows[0].place, "count": len(rows), "bidders": [it.bidder for it in rows], "prices": [str(it.price) for it in rows],
            "at": [iso(it.at) for it in rows], "floors": [it.place for it in rows if it.by_floor],
        }  # fmt: skip
        return self._deed("auction.bids", end.taken.bidder, end.taken.at, told)

    def _columns(self) -> dict[str, Any]:
        """The lot as it stands now; each round of bids is one event."""
        state = self.state
        self.lot.told += len({row.round for row in self.taken})
        leader = self.lines[state.leader].entry if state.leader is not None else None
        return {
            "lot": self.lot.pk, "ends_at": state.ends_at, "extensions": state.extensions, "count": state.bids, "told": self.lot.told,
            "last_at": state.last_at, "low": state.low, "leader": leader,
        }  # fmt: skip

    def _bid(self, row: _Row) -> dict[str, Any]:
        taken = row.taken
        return {
            "entry_id": self.lines[taken.bidder].entry, "place": taken.place, "price": str(taken.price), "round": row.round,
            "by_floor": taken.by_floor, "key": row.key, "person_id": row.person, "at": taken.at.isoformat(),
        }  # fmt: skip

    def _events(self) -> list[RoomEvent]:
        """What is told of these bids: one event, however many there are; where bidders speak in turns one a round, for each tells the orders to come."""
        rounds = [list(rows) for _round, rows in groupby(self.taken, key=lambda row: row.round)]
        first = self.lot.told - len(rounds) + 1
        return [self._event(index, rows, last=index == self.lot.told) for index, rows in enumerate(rounds, first)]

    def _event(self, index: int, rows: Sequence[_Row], *, last: bool) -> RoomEvent:
        """Seen by each as far as the auction's terms allow before the end."""
        visibility, end = self.auction.visibility, rows[-1]
        openly, inside = columns([row.taken for row in rows], visibility)
        openly |= {"kind": "bids", "ends_at": iso(end.ends_at), "extensions": end.extensions}
        (inside if visibility == rules.RANK_ONLY else openly).update(low=str(self.state.low), next=str(self.state.next_price()))
        if end.round:
            openly |= {"round": end.round, "order": worst_first(self.state.masks, lowest_before(self.state.said, end.round + 1))}
        own = self._own(rows, ranks=last and visibility != rules.LOW_ONLY)
        return RoomEvent(
            room=queries.room_of(self.auction.number, self.lot.position),
            index=index,
            at=end.taken.at,
            openly=openly,
            inside=inside,
            own=own,
        )

    def _own(self, rows: Sequence[_Row], *, ranks: bool) -> dict[str, dict[str, Any]]:
        """What single bidders are told besides: who bid its own prices, and each its new rank where ranks are seen."""
        own: dict[str, dict[str, Any]] = {}
        if ranks:
            now = enumerate(self.state.ranking(), 1)
            own = {str(mask): {"rank": rank} for rank, mask in now if self.ranks.get(mask) != rank}
        for row in rows:
            told = own.setdefault(str(row.taken.bidder), {})
            told.setdefault("mine", []).append(row.mine())
            told["own_next"] = str(self.state.next_price(row.taken.bidder))
        return own


@dataclass(frozen=True, slots=True)
class _Row:
    """A bid that was taken, and how the lot stood after it."""

    taken: rules.Taken
    key: str
    person: int
    round: int
    ends_at: datetime
    extensions: int

    def mine(self) -> dict[str, Any]:
        """For the bidder itself."""
        told = {"place": self.taken.place, "price": str(self.taken.price)}
        return {**told, "by_floor": True} if self.taken.by_floor else told


@cache
def _behind(mask: int) -> Actor:
    """A bidder behind its mask."""
    return masked(Actor(None, "", None, "", "", "supplier", "", frozenset()), mask)
