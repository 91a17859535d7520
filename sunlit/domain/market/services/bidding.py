"""Bids: one short transaction that locks the lot, judges, writes, and is durable before anybody is told “accepted”.

The place of a bid is dealt out under the lot's lock: the database orders bids, not a clock. The instant that counts against the end is when the bid
came to the server. Whoever sends the same message again (the key) gets the first answer; it makes one bid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from sunlit.domain.market.models import Auction, AuctionBid, AuctionEntry, AuctionLot
from sunlit.domain.market.queries import auctions as queries
from sunlit.domain.market.rules import auctions as rules
from sunlit.domain.market.rules.auction_turns import worst_first
from sunlit.domain.market.services.auctions import masked
from sunlit.domain.market.states import auctions as states
from sunlit.foundation import vault
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.ledger.canonical import iso
from sunlit.foundation.ledger.services import Deed, record_many
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

_BID_DOWN = """
UPDATE market_auctionentry entry SET price = bid.price, place = bid.place
FROM unnest(%s::bigint[], %s::numeric[], %s::int[]) AS bid (id, price, place) WHERE entry.id = bid.id
"""


def bid(number: str, position: int, *, price: Decimal, key: str, by: Actor, at: datetime) -> Accepted:
    """Bid a unit price in a lot. Refused: AUC-016 … AUC-028, LIF-002 not a supplier's sales."""
    [answer] = bid_many(number, position, [Asked(by, price, key, at)])
    if isinstance(answer, Refused):
        raise answer
    return answer


@transaction.atomic
def bid_many(number: str, position: int, asked: Sequence[Asked]) -> list[Answer]:
    """Take bids in this order, each by itself, in one durable transaction; what is refused changes nothing."""
    desk = _Desk.open(number, position)
    desk.know([each.key for each in asked])
    answers = [desk.answer(each) for each in asked]
    desk.write()
    return answers


@transaction.atomic
def set_floor(number: str, position: int, *, floor: Decimal, by: Actor, at: datetime) -> Accepted | None:
    """Seal a floor: from now on the platform bids for the supplier, one step below the lowest, down to it. None when it leads already.

    Refused: AUC-027 the floor could not bid any more, AUC-041 by rounds nobody sets one, and as a bid is.
    """
    desk = _Desk.open(number, position)
    if desk.auction.rounds:
        raise Refused(Problem(rules.NO_FLOOR, on="floor"))
    entry = desk.entry_of(by)
    mask = entry.bidder.mask
    problems = [Problem(it.reason, it.params, "floor") for it in desk.problems(entry, floor, at)]
    if problems and problems[0].reason in (rules.NOT_LOWER, rules.NOT_LOWER_THAN_OWN, rules.ABOVE_CAP):
        problems = [Problem(rules.FLOOR_TOO_HIGH, {"next": max(desk.state.next_price(mask), money.ZERO)}, on="floor")]
    check(problems)
    entry.floor = vault.shut(str(floor), label=_label(desk.auction, desk.lot, mask))
    entry.floor_at = desk.state.when(at)
    entry.save(update_fields=["floor", "floor_at"])
    desk.record("auction.floor", by, mask, at)
    made = desk.let_floors_answer(at)
    desk.write()
    mine = [taken for taken in made if taken.bidder == mask]
    return desk.accepted(mine[-1]) if mine else None


@transaction.atomic
def lift_floor(number: str, position: int, *, by: Actor, at: datetime) -> None:
    """Take the floor away; what it bid stands. Refused: AUC-016."""
    desk = _Desk.open(number, position)
    entry = desk.entry_of(by)
    if entry.floor is not None:
        entry.floor, entry.floor_at = None, None
        entry.save(update_fields=["floor", "floor_at"])
        desk.record("auction.lift_floor", by, entry.bidder.mask, at)
        desk.write()


def floor_of(entry: AuctionEntry) -> Decimal | None:
    """The bidder's own floor, for its own page."""
    if entry.floor is None:
        return None
    return Decimal(vault.opened(bytes(entry.floor), label=_label(entry.bidder.auction, entry.lot, entry.bidder.mask)))


def _label(auction: Auction, lot: AuctionLot, mask: int) -> str:
    return f"{auction.number}/{lot.position}/{mask}"


class _Desk:
    """One lot, locked, with everything that its bids need: three queries to open, five to write, however many bids there are."""

    def __init__(self, lot: AuctionLot, entries: Sequence[AuctionEntry]) -> None:
        self.lot, self.entries = lot, {entry.bidder.mask: entry for entry in entries}
        self.auction = entries[0].bidder.auction  # as it stands now that the lot is ours
        self.by_supplier = {entry.bidder.supplier_id: entry for entry in entries}
        self.state = queries.state_of(self.auction, lot, entries)
        self.admitted = sum(entry.bidder.admitted for entry in entries)
        self.bids: list[AuctionBid] = []
        self.deeds: list[Deed] = []
        self.events: list[RoomEvent] = []
        self.made: dict[tuple[int, str], AuctionBid] = {}

    @classmethod
    def open(cls, number: str, position: int) -> _Desk:
        """Lock first, read after: what others committed while we waited is seen. Refused: AUC-016 nobody entered the lot, AUC-020 not announced."""
        lot = AuctionLot.objects.select_for_update().filter(auction__number=number, position=position).first()
        entries = list(lot.entries.select_related("bidder").order_by("pk")) if lot else []
        if lot is None or not entries:
            raise Refused(Problem(rules.NOT_A_BIDDER))
        auction = Auction.objects.get(pk=lot.auction_id)
        for entry in entries:
            entry.lot, entry.bidder.auction = lot, auction
        return cls(lot, entries)

    def know(self, keys: Sequence[str]) -> None:
        """The bids that these messages made before."""
        self.made = {(it.entry_id, it.key): it for it in AuctionBid.objects.filter(lot=self.lot, key__in=keys)}

    # Judging

    def answer(self, asked: Asked) -> Answer:
        try:
            entry = self.entry_of(asked.by)
            if (known := self._known(entry, asked)) is not None:
                return known
            check(self.problems(entry, asked.price, asked.at))
        except Refused as refused:
            return refused
        taken = self._take(entry.bidder.mask, asked)
        self.let_floors_answer(asked.at)
        return self.accepted(taken)

    def entry_of(self, by: Actor) -> AuctionEntry:
        """The actor's own entry. Refused: AUC-016, LIF-002."""
        if not states.bidder.allows(by, self.auction):
            raise Refused(Problem(NOT_YOURS, {"verb": "竞价", "who": states.bidder.label}))
        entry = self.by_supplier.get(by.party)
        if entry is None or not entry.bidder.admitted:
            raise Refused(Problem(rules.NOT_A_BIDDER))
        return entry

    def problems(self, entry: AuctionEntry, price: Decimal, at: datetime) -> Iterator[Problem]:
        """Why a bid is not taken, the first thing that is wrong."""
        if self.auction.state != states.OPEN:
            yield Problem(rules.NOT_OPEN, {"state": states.auction.states[self.auction.state]})
        elif self._too_few():
            yield Problem(rules.TOO_FEW, {"least": self.auction.bidders_least, "count": self.admitted})
        else:
            yield from self.state.problems(entry.bidder.mask, price, at)

    def _too_few(self) -> bool:
        """Whether the auction lacks bidders although nobody has said so yet; those of other lots are counted only where it matters."""
        least = self.auction.bidders_least
        if self.admitted >= least:
            return False
        self.admitted = queries.admitted_of([self.auction]).get(self.auction.pk, 0)
        return self.admitted < least

    def _known(self, entry: AuctionEntry, asked: Asked) -> Accepted | None:
        """The bid that this message made before. Refused: AUC-025 its key made another one, AUC-026 it has none."""
        least, most = rules.KEY_CHARS
        if not least <= len(asked.key) <= most:
            raise Refused(Problem(rules.KEY_WRONG, {"most": most}))
        made = self.made.get((entry.pk, asked.key))
        if made is None:
            return None
        if made.price != asked.price:
            raise Refused(Problem(rules.KEY_TAKEN, {"price": made.price}))
        taken = rules.Taken(made.place, entry.bidder.mask, made.price, made.at, leads=False, extended=False)
        return self.accepted(taken, again=True)

    def accepted(self, taken: rules.Taken, *, again: bool = False) -> Accepted:
        rank = 0 if self.auction.visibility == rules.LOW_ONLY else self.state.ranking().index(taken.bidder) + 1
        return Accepted(taken.place, taken.price, taken.at, rank, self.state.ends_at, self.state.next_price(taken.bidder), again)

    # Taking

    def _take(self, mask: int, asked: Asked) -> rules.Taken:
        before = self._ranks()
        taken = self.state.take(mask, asked.price, asked.at)
        self._keep(taken, asked.key, asked.by.person, before)
        return taken

    def let_floors_answer(self, at: datetime) -> list[rules.Taken]:
        """Sealed floors are opened here, in memory, and bid as far as they must."""
        sealed = {mask: entry for mask, entry in self.entries.items() if entry.floor is not None and entry.bidder.admitted}
        floors = {
            mask: (Decimal(vault.opened(bytes(entry.floor or b""), label=_label(self.auction, self.lot, mask))), entry.floor_at or at)
            for mask, entry in sealed.items()
        }
        if not floors:
            return []
        made = []
        before = self._ranks()
        for taken in self.state.answer(floors, at):
            self._keep(taken, f"floor:{taken.place}", self.entries[taken.bidder].bidder.person_id, before)
            before = self._ranks()
            made.append(taken)
        return made

    def _ranks(self) -> dict[int, int]:
        return {mask: rank for rank, mask in enumerate(self.state.ranking(), 1)}

    def _keep(self, taken: rules.Taken, key: str, person: int, before: Mapping[int, int]) -> None:
        entry = self.entries[taken.bidder]
        entry.price, entry.place = taken.price, taken.place
        row = AuctionBid(
            lot=self.lot, entry=entry, place=taken.place, price=taken.price, round=self._round(), by_floor=taken.by_floor, key=key,
            person_id=person, at=taken.at,
        )  # fmt: skip
        self.bids.append(row)
        self.made[entry.pk, key] = row
        self.deeds.append(self._deed("auction.bid", taken.bidder, taken.at, self._told(taken)))
        self._tell(taken, before)

    def _round(self) -> int:
        """Of the last bid, where bidders speak in turns."""
        return self.state.said[-1].round if self.state.said else 0

    def record(self, act: str, by: Actor, mask: int, at: datetime) -> None:
        """An act of a bidder that is no bid."""
        self.deeds.append(self._deed(act, mask, at, {"lot": self.lot.position, "bidder": mask}))

    def _deed(self, act: str, mask: int, at: datetime, facts: Mapping[str, Any]) -> Deed:
        told = {"number": self.auction.number, **facts}
        return Deed(act, f"auction/{self.auction.number}", masked(BIDDER, mask), at, told, self.auction.region_path)

    def _told(self, taken: rules.Taken) -> dict[str, Any]:
        told = {"lot": self.lot.position, "place": taken.place, "bidder": taken.bidder, "price": taken.price, "by_floor": taken.by_floor}
        return {**told, "ends_at": iso(self.state.ends_at), "extensions": self.state.extensions}

    def _tell(self, taken: rules.Taken, before: Mapping[int, int]) -> None:
        """One event, seen by each as far as the auction's terms allow before the end."""
        self.lot.told += 1
        visibility = self.auction.visibility
        priced = {"price": str(taken.price), "low": str(self.state.low), "next": str(self.state.next_price())}
        masks = {"bidder": taken.bidder, "by_floor": taken.by_floor}
        openly: dict[str, Any] = {
            "kind": "bid",
            "place": taken.place,
            "ends_at": iso(self.state.ends_at),
            "extensions": self.state.extensions,
        }
        openly |= {"extended": taken.extended, "leads": taken.leads}
        if visibility != rules.RANK_ONLY:
            openly |= priced
        if visibility == rules.BOTH:
            openly |= masks
        if number := self._round():
            openly |= {"round": number, "order": worst_first(self.state.masks, self.state.own)}  # of the rounds to come, as it stands
        room = queries.room_of(self.auction.number, self.lot.position)
        self.events.append(
            RoomEvent(
                room=room,
                index=self.lot.told,
                at=taken.at,
                openly=openly,
                inside={**priced, **masks},
                own=self._own(taken, before, visibility),
            )
        )

    def _own(self, taken: rules.Taken, before: Mapping[int, int], visibility: str) -> dict[str, dict[str, Any]]:
        """What single bidders are told besides: the one who bid its own price, and each its new rank where ranks are seen."""
        own: dict[str, dict[str, Any]] = {}
        if visibility != rules.LOW_ONLY:
            now = self._ranks()
            own = {str(mask): {"rank": rank} for mask, rank in now.items() if before.get(mask) != rank}
        mine = {"mine": str(taken.price), "by_floor": taken.by_floor, "own_next": str(self.state.next_price(taken.bidder))}
        own[str(taken.bidder)] = {**own.get(str(taken.bidder), {}), **mine}
        return own

    # Writing

    def write(self) -> None:
        """Everything at once; nothing where nothing was taken."""
        if self.bids:
            AuctionBid.objects.bulk_create(self.bids)
            touched = list({bid.entry_id: bid.entry for bid in self.bids}.values())
            with connection.cursor() as cursor:
                cursor.execute(_BID_DOWN, [[it.pk for it in touched], [it.price for it in touched], [it.place for it in touched]])
            lot, state = self.lot, self.state
            leader = self.entries[state.leader] if state.leader is not None else None
            AuctionLot.objects.filter(pk=lot.pk).update(
                ends_at=state.ends_at, extensions=state.extensions, bids=state.bids, told=lot.told, last_at=state.last_at, low=state.low,
                leader=leader,
            )  # fmt: skip
            live.tell_room(self.events[0].room, self.events)
        record_many(self.deeds)


BIDDER = Actor(None, "", None, "", "", "supplier", "", frozenset())  # a bidder behind its mask
